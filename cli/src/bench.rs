//! `tacit bench`: a pair, and a served model with many clients, over real connections on this
//! machine.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::channel::mpsc::unbounded;
use serde::Serialize;
use tacit_jobs::{Audience, Command, Detail, Event, Input, Job, Picture, Reveal};
use tacit_meet::{AtDoor, Config, DoorInvite, GuestInvite, LinkSecret, Os, join};
use tacit_session::{Fault, Party as Seat};
use tacit_signaling::{Config as ServerConfig, Server};
use tokio::task::LocalSet;

use crate::arguments::Bench;
use crate::party::{Heard, Party};
use crate::say::Stop;
use crate::serve::{self, House, Terms};

/// The results.
#[derive(Serialize)]
struct Row {
    bench: &'static str,
    model: String,
    clients: usize,
    /// The time of one client alone, from one answer to the next: a complete round, without the
    /// session's set-up.
    pair_ms: f64,
    /// The throughput of all clients together.
    pictures_per_s: f64,
    /// The number of clients that ended with a fault.
    lost: usize,
}

/// The measurements of one client.
#[derive(Default)]
struct Seen {
    /// Milliseconds from one answer to the next.
    rounds: Vec<f64>,
    lost: bool,
}

pub(crate) async fn run(options: Bench) -> Result<(), Stop> {
    let reveal = Reveal { detail: Detail::Label, audience: Audience::Holder, pictures: 1 };
    let (model, _) = serve::read(&options.model, reveal)?;
    let name = options.model.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let listen = ServerConfig { listen: "127.0.0.1:0".into(), ..ServerConfig::default() };
    let server = Server::bind(listen).await.map_err(|trouble| Stop::Usage(trouble.to_string()))?;
    let socket = format!("ws://{}/socket", server.address());
    let serving = tokio::spawn(server.run(std::future::pending()));
    let config =
        Config { socket, ice_servers: Vec::new(), relay_only: false, addresses: vec![Ipv4Addr::LOCALHOST.into()] };

    let (news, mut at_door) = unbounded();
    let door = serve::open(&config.socket, None, &news)?;
    let room = serve::opened(at_door.next().await)?;
    let secret = LinkSecret::new(&mut Os);
    let invite = DoorInvite::new(room, secret);
    let link = invite.link("");
    let terms = Terms {
        model,
        reveal,
        clients: options.clients.into(),
        threads: crate::processors(),
        rounds: u32::MAX,
        bits_per_client: u64::MAX,
        bits_in_all: u64::MAX,
        idle: Duration::from_secs(60),
        stay: Duration::from_secs(86_400),
    };
    let house = House::open(config.clone(), invite, terms, |_| ());
    let usher = async {
        while let Some(event) = at_door.next().await {
            if let AtDoor::Called { ticket } = event {
                house.call(ticket);
            }
        }
    };
    let measured = async {
        let alone = clients(1, &config, &link, options.time / 2).await;
        let together = clients(options.clients.into(), &config, &link, options.time).await;
        (alone, together)
    };
    let (alone, together) = tokio::select! {
        measured = measured => measured,
        () = usher => return Err(Fault::internal("the door closed").into()),
    };
    let rounds: usize = together.iter().map(|seen| seen.rounds.len()).sum();
    let row = Row {
        bench: "serve",
        model: name,
        clients: options.clients.into(),
        pair_ms: median(alone.into_iter().flat_map(|seen| seen.rounds).collect()),
        pictures_per_s: rounds as f64 / options.time.as_secs_f64(),
        lost: together.iter().filter(|seen| seen.lost).count(),
    };
    drop(door);
    house.close().await;
    serving.abort();
    if options.json {
        println!("{}", serde_json::to_string(&row).map_err(|error| Stop::Usage(error.to_string()))?);
    } else {
        println!("{}: one client {:.0} ms from answer to answer", row.model, row.pair_ms);
        println!(
            "{}: {} clients {:.1} pictures a second, {} lost",
            row.model, row.clients, row.pictures_per_s, row.lost
        );
    }
    Ok(())
}

/// Runs `count` clients at once for `time`, each on a thread of its own.
async fn clients(count: usize, config: &Config, link: &str, time: Duration) -> Vec<Seen> {
    let (seen, mut all) = unbounded();
    for _ in 0..count {
        let (config, link, seen) = (config.clone(), link.to_owned(), seen.clone());
        let runtime = tokio::runtime::Handle::current();
        std::thread::spawn(move || {
            runtime.block_on(LocalSet::new().run_until(async {
                let mut mine = Seen::default();
                let end = client(config, &link, time, &mut mine.rounds).await;
                mine.lost = end.inspect_err(|fault| anstream::eprintln!("client: {fault}")).is_err();
                let _ = seen.unbounded_send(mine);
            }));
        });
    }
    drop(seen);
    let mut out = Vec::new();
    while let Some(seen) = all.next().await {
        out.push(seen);
    }
    out
}

/// Runs one client, who checks picture after picture. The time starts with the first answer:
/// everything before is set-up.
async fn client(config: Config, link: &str, time: Duration, rounds: &mut Vec<f64>) -> Result<(), Fault> {
    let invite = GuestInvite::parse(link)?;
    let job = Job::Classify { owner: Seat::Alice };
    let mut party = Party::start(Seat::Bob, job, |open, on| join(config, invite, open, on));
    let mut shape = [0; 3];
    let (mut began, mut last) = (None::<Instant>, None::<Instant>);
    loop {
        let Heard::Told(event) = party.next().await? else { continue };
        match event {
            Event::Proposed { agreement, .. } => {
                party.tell(Command::Accept { hash: agreement.hash() });
                shape = agreement.model.ok_or_else(|| Fault::internal("no model"))?.picture;
            }
            Event::Agreed => {
                let mut pixels = vec![0; shape.iter().product()];
                getrandom::fill(&mut pixels).map_err(|error| Fault::internal(error.to_string()))?;
                let picture = Picture::new(shape, pixels).map_err(|error| Fault::internal(error.to_string()))?;
                party.tell(Command::Input { input: Input::Pictures(vec![picture]) });
            }
            Event::Finished { .. } => {
                let now = Instant::now();
                let began = *began.get_or_insert(now);
                if let Some(last) = last.replace(now) {
                    rounds.push((now - last).as_secs_f64() * 1e3);
                }
                if now - began >= time {
                    party.leave().await;
                    return Ok(());
                }
            }
            _ => {}
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

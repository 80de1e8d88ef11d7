//! `tacit serve`: a model owner for many clients. Each client has a room, a pairing and material of
//! its own.

mod budget;
mod counts;
mod house;
mod link_file;

pub(crate) use house::{House, Terms};

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use tacit_jobs::classify::{Check, MOST_BYTES, open_model};
use tacit_jobs::{Audience, Detail, ModelCard, Reveal};
use tacit_meet::{AtDoor, Door, DoorInvite, Room};
use tacit_session::{Code, Fault, Party as Seat};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::{Serve, Tell};
use crate::files;
use crate::place;
use crate::say::{Stop, Voice};

/// The time for running rounds to end when this program is asked to end.
const GRACE: Duration = Duration::from_secs(10);

/// The delay before a lost door is opened again, at first and at most.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

pub(crate) async fn run(options: Serve, voice: &mut Voice) -> Result<(), Stop> {
    log_to_stderr();
    let reveal = reveal(&options);
    let (model, card) = read(&options.model, reveal)?;
    let of_round = card.opened().of_round;
    for (name, limit) in [("--bits-per-client", Some(options.bits_per_client)), ("--bits-in-all", options.bits_in_all)]
    {
        if let Some(limit) = limit.filter(|limit| *limit < of_round) {
            let what = format!("{name} {limit} allows no round: one opens {of_round} bits. Allow more, or tell less.");
            return Err(Stop::Usage(what));
        }
    }
    let config = place::config(&options.reach.server, &options.reach)?;
    let (room, secret) = match &options.link_file {
        Some(file) => link_file::read_or_make(file)?,
        None => link_file::fresh(),
    };
    let terms = Terms {
        model,
        reveal,
        clients: options.max_clients.into(),
        threads: options.threads.map_or_else(crate::processors, usize::from),
        rounds: options.rounds,
        bits_per_client: options.bits_per_client,
        bits_in_all: options.bits_in_all.unwrap_or(u64::MAX),
        idle: options.idle,
        stay: options.stay,
    };
    let (news, mut at_door) = unbounded();
    let mut door = open(&config.socket, room, &news)?;
    let room = opened(at_door.next().await)?;
    let encoded = secret.encode();
    let invite = DoorInvite::new(room, secret);
    if let Some(file) = &options.link_file {
        link_file::write(file, room, &encoded)?;
    }
    let link = invite.link(&options.reach.server);
    let (tell, mut answered) = unbounded();
    let house = House::open(config.clone(), invite, terms, move |answering| drop(tell.unbounded_send(answering)));
    if let Some(address) = &options.metrics {
        counts::serve(address, Arc::clone(house.counts())).await?;
    }
    voice.json(&serde_json::json!({
        "event": "serving", "link": link, "bits_of_round": of_round, "bits_per_client": options.bits_per_client,
        "bits_in_all": options.bits_in_all,
    }));
    voice.result(&link);
    voice.note("Whoever has this link can have pictures checked. Ctrl-C ends it.");
    let mut wait = AGAIN[0];
    let mut ended = std::pin::pin!(asked_to_end());
    let end = loop {
        let event = tokio::select! {
            event = at_door.next() => event,
            Some(answering) = answered.next() => {
                voice.json(&answering);
                continue;
            }
            () = &mut ended => break Ok(()),
        };
        match event {
            Some(AtDoor::Called { ticket }) => house.call(ticket),
            Some(AtDoor::Open { room: other }) if other == room => {
                tracing::info!("the door is open again");
                wait = AGAIN[0];
            }
            Some(AtDoor::Open { .. }) => {
                let what = "somebody else has this link's number now; serve under a new link";
                break Err(Fault::new(Code::RoomFull, what).into());
            }
            Some(AtDoor::Failed(fault)) => {
                tracing::warn!(code = fault.code.as_str(), seconds = wait.as_secs(), "the door is lost; trying again");
                // A request to end interrupts the wait.
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = &mut ended => break Ok(()),
                }
                wait = (wait * 2).min(AGAIN[1]);
                door = open(&config.socket, Some(room), &news)?;
            }
            None => break Ok(()),
        }
    };
    tracing::info!("ending; rounds that run may finish");
    drop(door);
    if tokio::time::timeout(GRACE, house.close()).await.is_err() {
        tracing::warn!("some clients did not end in time");
    }
    end
}

pub(crate) fn open(socket: &str, room: Option<Room>, news: &UnboundedSender<AtDoor>) -> Result<Door, Fault> {
    let news = news.clone();
    Door::open(socket, room, move |event| drop(news.unbounded_send(event)))
}

/// Returns the number of a door from its first event.
pub(crate) fn opened(event: Option<AtDoor>) -> Result<Room, Fault> {
    match event {
        Some(AtDoor::Open { room }) => Ok(room),
        Some(AtDoor::Failed(fault)) => Err(fault),
        Some(AtDoor::Called { .. }) | None => Err(Fault::internal("a door that did not open")),
    }
}

/// Reads and checks a model file before any client is admitted, and returns it with its card for
/// clients.
pub(crate) fn read(path: &Path, reveal: Reveal) -> Result<(Vec<u8>, ModelCard), Stop> {
    let bytes = files::read(path, MOST_BYTES).map_err(|why| Stop::Usage(format!("{}: {why}", path.display())))?;
    let (plan, _) = open_model(&bytes)?;
    let check = Check { plan: Rc::new(plan), owner: Seat::Alice, reveal };
    check.is_affordable()?;
    Ok((bytes, check.card()))
}

fn reveal(options: &Serve) -> Reveal {
    Reveal {
        detail: match options.tell {
            Tell::Label => Detail::Label,
            Tell::TopThree => Detail::TopThree,
            Tell::Scores => Detail::Scores,
        },
        audience: if options.learn { Audience::Both } else { Audience::Holder },
        pictures: options.pictures,
    }
}

/// Logs lines for the operator: a client appears as a number, never with its data or its address.
fn log_to_stderr() {
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    let ours = Targets::new().with_target("tacit", LevelFilter::INFO);
    // A second logger is of no use.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}

/// Completes at Ctrl-C, or when the system asks the program to end.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

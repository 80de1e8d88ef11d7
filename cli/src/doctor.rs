//! `tacit doctor`: checks that everything that a session needs is available.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::oneshot;
use serde::Serialize;
use tacit_jobs::{Force, Job, Processor};
use tacit_meet::{AtDoor, Config, Door, Event, GuestInvite, Path, host, join};
use tacit_session::{Code, Fault, Party as Seat};

use crate::arguments::Doctor;
use crate::party::{Heard, Party};
use crate::place;
use crate::say::{Stop, Voice};

/// The timeout of one check.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    found: String,
}

pub(crate) async fn run(options: Doctor, voice: &mut Voice) -> Result<(), Stop> {
    let mut tell = |what, found: Result<String, Fault>| {
        let ok = found.is_ok();
        let found = found.unwrap_or_else(|fault| fault.to_string());
        voice.json(&Finding { what, ok, found: found.clone() });
        voice.result(&format!("{} {what:<16} {found}", if ok { "ok " } else { "BAD" }));
        ok
    };
    let threads = crate::processors();
    tell("program", Ok(format!("tacit {}, {threads} threads", env!("CARGO_PKG_VERSION"))));
    tell("adapter", Ok(adapter().await));
    // Without a server no other party can be met, but two parties of this program can still show
    // that packets pass.
    let config = place::config(&options.reach.server, &options.reach)?;
    let server = server(&config).await;
    let reachable = server.is_ok();
    tell("meeting server", server.map(|()| options.reach.server.clone()));
    if !reachable {
        return Err(Fault::from(Code::ServerUnreachable).into());
    }
    let connected =
        tokio::time::timeout(PATIENCE, pair(config)).await.unwrap_or_else(|_| Err(Code::ConnectionFailed.into()));
    match connected {
        Ok((path, rtt_ms)) => {
            let path = if path == Path::Direct { "direct" } else { "relayed" };
            let time = rtt_ms.map_or_else(|| "no time yet".to_owned(), |ms| format!("{ms:.1} ms there and back"));
            tell("connection", Ok(format!("{path} between two parties on this machine, {time}")));
            Ok(())
        }
        Err(fault) => {
            tell("connection", Err(fault.clone()));
            Err(fault.into())
        }
    }
}

/// Returns the name of the graphics processor, and whether it would be used.
async fn adapter() -> String {
    let processor = Processor::cpu();
    let said = Rc::new(RefCell::new(String::new()));
    let heard = Rc::clone(&said);
    processor.watch(move |report| {
        let name = report.adapter.as_deref().unwrap_or("none");
        heard.replace(format!("{name}. {}", report.why));
    });
    let start = std::time::Instant::now();
    let clock = move || start.elapsed().as_secs_f64() * 1e3;
    processor.choose(Force::Nothing, Rc::new(|time| Box::pin(tokio::time::sleep(time))), &clock).await;
    said.take()
}

/// Checks that the server answers and speaks our version.
async fn server(config: &Config) -> Result<(), Fault> {
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let door = Door::open(&config.socket, None, move |event| {
        if let Some(tell) = tell.take() {
            let _ = tell.send(match event {
                AtDoor::Failed(fault) => Err(fault),
                AtDoor::Open { .. } | AtDoor::Called { .. } => Ok(()),
            });
        }
    })?;
    let answer = tokio::time::timeout(PATIENCE, told).await;
    drop(door);
    let unreachable = |_| Fault::from(Code::ServerUnreachable);
    answer.map_err(|_| Fault::from(Code::ServerUnreachable))?.map_err(unreachable)?
}

/// Connects two parties of this program through the server.
async fn pair(config: Config) -> Result<(Path, Option<f64>), Fault> {
    let mut alice = Party::start(Seat::Alice, Job::Millionaires, |open, on| host(config.clone(), open, on));
    let link = loop {
        if let Heard::Met(Event::Invited { invite }) = alice.next().await? {
            break invite.link("");
        }
    };
    let invite = GuestInvite::parse(&link)?;
    let mut bob = Party::start(Seat::Bob, Job::Millionaires, |open, on| join(config.clone(), invite, open, on));
    loop {
        tokio::select! {
            heard = alice.next() => if let Heard::Met(Event::Connected { path, rtt_ms }) = heard? {
                bob.leave().await;
                return Ok((path, rtt_ms));
            },
            heard = bob.next() => drop(heard?),
        }
    }
}

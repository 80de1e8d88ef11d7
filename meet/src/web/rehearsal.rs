//! Both parties in one page: a real peer connection from the page to itself. No server is
//! contacted, and no data leaves the machine.

use std::rc::Rc;

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{AbortHandle, Abortable, try_join};
use tacit_session::{Code, Fault, Party};
use web_sys::RtcDataChannel;

use super::Timer;
use super::peer::{Calls, Peer};
use crate::peer::{FromPeer, Path, State};
use crate::words::{Fingerprint, Nonce, Seen};
use crate::{Config, Description, Event, Os, entropy};

/// The time for the page to connect to itself, in milliseconds.
const PATIENCE: i32 = 30_000;

/// Both ends of a rehearsal's connection. Dropping it closes them.
pub struct Rehearsal {
    task: AbortHandle,
    _timer: Option<Timer>,
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A callback that takes one end of the connection's channel.
pub type OpenChannel = Box<dyn FnOnce(RtcDataChannel)>;

/// Connects the page to itself. Each of `open_channels`, Alice's and Bob's, is called with its end
/// in the task that made it, because only then can it still be given to a worker. `on` gets the
/// events, once for each party: the words, the connection, a fault.
pub fn rehearse(open_channels: [OpenChannel; 2], on: impl Fn(Party, Event) + 'static) -> Rehearsal {
    let on = Rc::new(move |event: &dyn Fn() -> Event| {
        on(Party::Alice, event());
        on(Party::Bob, event());
    });
    let is_connected = Rc::new(std::cell::Cell::new(false));
    let (task, registration) = AbortHandle::new_pair();
    let late = {
        let (on, task, is_connected) = (Rc::clone(&on), task.clone(), Rc::clone(&is_connected));
        move || {
            if !is_connected.get() && !task.is_aborted() {
                task.abort();
                on(&|| Event::Failed(Code::ConnectionLost.into()));
            }
        }
    };
    let connecting = async move {
        let [alice, bob] = open_channels;
        let result = async {
            let (alice, bob) = try_join(End::new(alice), End::new(bob)).await?;
            connect(alice, bob, |words| on(&|| Event::Words { words, confirm: false })).await
        };
        match result.await {
            Ok(_ends) => {
                is_connected.set(true);
                on(&|| Event::Connected { path: Path::Direct, rtt_ms: None });
                // The connection lives as long as this task.
                futures::future::pending::<()>().await;
            }
            Err(fault) => on(&|| Event::Failed(fault.clone())),
        }
    };
    wasm_bindgen_futures::spawn_local(async move {
        // Aborted means that the rehearsal was dropped.
        let _ = Abortable::new(connecting, registration).await;
    });
    Rehearsal { task, _timer: Timer::after(PATIENCE, late) }
}

/// One end, and its events.
struct End {
    peer: Peer,
    news: UnboundedReceiver<FromPeer>,
}

impl End {
    async fn new(open_channel: OpenChannel) -> Result<Self, Fault> {
        let (queue, news) = unbounded();
        let report = move |report| {
            // Sending fails only after the end.
            let _ = queue.unbounded_send(report);
        };
        Ok(Self { peer: Peer::new(&Config::default(), open_channel, report).await?, news })
    }

    /// Forwards this end's candidates to the other until data flows.
    async fn open(&mut self, other: &Calls) -> Result<(), Fault> {
        loop {
            match self.news.next().await {
                Some(FromPeer::Candidate(candidate)) => other.reach(&candidate).await,
                Some(FromPeer::Present) => return Ok(()),
                Some(FromPeer::State(State::Failed | State::Closed) | FromPeer::Gone) | None => {
                    return Err(Code::ConnectionLost.into());
                }
                Some(FromPeer::State(_)) => {}
            }
        }
    }
}

async fn connect(mut alice: End, mut bob: End, say: impl FnOnce([&'static str; 3])) -> Result<(End, End), Fault> {
    let (a, b) = (alice.peer.calls(), bob.peer.calls());
    let offer = a.offer(false).await?;
    let answer = b.apply(&Description::Offer(offer.clone())).await?.ok_or_else(|| Fault::internal("no answer"))?;
    a.apply(&Description::Answer(answer.clone())).await?;
    // Nobody can be in between; the words are made as always, from the two certificates.
    let fingerprint =
        |sdp: &str| Fingerprint::of(sdp).ok_or_else(|| Fault::internal("a description without certificate"));
    let words = Seen {
        key: &entropy::bytes(&mut Os),
        nonces: [Nonce::new(&mut Os), Nonce::new(&mut Os)],
        fingerprints: [fingerprint(&offer)?, fingerprint(&answer)?],
    }
    .words();
    say(words);
    try_join(alice.open(&b), bob.open(&a)).await?;
    Ok((alice, bob))
}

#[cfg(test)]
mod tests {
    use futures::channel::oneshot;
    use tacit_session::Link as _;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;
    use crate::ChannelLink;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    async fn a_page_reaches_itself_and_ends_when_it_is_dropped() {
        let (give_a, alice) = oneshot::channel();
        let (give_b, bob) = oneshot::channel();
        let open = |give: oneshot::Sender<ChannelLink>| -> OpenChannel {
            Box::new(move |channel| drop(give.send(ChannelLink::new(channel))))
        };
        let (say, mut heard) = unbounded();
        let rehearsal = rehearse([open(give_a), open(give_b)], move |party, event| {
            if party == Party::Bob {
                drop(say.unbounded_send(event));
            }
        });
        let (alice, bob) = (alice.await.unwrap(), bob.await.unwrap());
        assert!(matches!(heard.next().await, Some(Event::Words { confirm: false, .. })));
        assert!(matches!(heard.next().await, Some(Event::Connected { path: Path::Direct, .. })));
        let message: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
        let (sent, came) = futures::future::join(alice.send(message.clone()), bob.recv()).await;
        assert_eq!(sent, Ok(()));
        assert!(came.unwrap() == message);
        drop(rehearsal);
        assert!(alice.recv().await.is_err() && bob.recv().await.is_err());
    }
}

//! A link over a network that is slower than the one there is, for rehearsals: what a message costs far away.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures::future::{AbortHandle, Abortable};
use serde::Deserialize;
use tacit_session::{Link, LinkError};

use crate::page::now;
use crate::processor::sleep;

/// What a network is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Network {
    /// Milliseconds from one party to the other.
    pub(crate) latency_ms: f64,
    /// Bytes a millisecond; none where there is no bound.
    #[serde(default)]
    pub(crate) bytes_per_ms: Option<f64>,
}

/// A link as it is, or one whose messages arrive later: by the latency, and by the time that its bytes take one after the other.
pub(crate) struct Paced<L> {
    link: Rc<L>,
    delay: Option<Delay>,
}

struct Delay {
    queue: Rc<RefCell<Queue>>,
    task: AbortHandle,
}

#[derive(Default)]
struct Queue {
    /// What came, and when it is due.
    coming: VecDeque<(f64, Result<Vec<u8>, LinkError>)>,
    waker: Option<Waker>,
}

impl<L: Link + 'static> Paced<L> {
    /// The link as it is.
    pub(crate) fn plain(link: L) -> Self {
        Self { link: Rc::new(link), delay: None }
    }

    /// Over a network like this, which may change at any time.
    pub(crate) fn slow(link: L, network: Rc<Cell<Network>>) -> Self {
        let link = Rc::new(link);
        let queue = Rc::<RefCell<Queue>>::default();
        let (task, registration) = AbortHandle::new_pair();
        let taking = take(Rc::clone(&link), Rc::clone(&queue), network);
        wasm_bindgen_futures::spawn_local(async move {
            // Aborted with the link.
            let _ = Abortable::new(taking, registration).await;
        });
        Self { link, delay: Some(Delay { queue, task }) }
    }
}

/// Takes what comes as soon as it comes, and says when it is due.
async fn take<L: Link>(link: Rc<L>, queue: Rc<RefCell<Queue>>, network: Rc<Cell<Network>>) {
    // When the last message had all of its bytes through.
    let mut free = f64::NEG_INFINITY;
    loop {
        let message = link.recv().await;
        let Network { latency_ms, bytes_per_ms } = network.get();
        let (bytes, is_end) = (message.as_ref().map_or(0, Vec::len) as f64, message.is_err());
        free = free.max(now()) + bytes_per_ms.map_or(0.0, |rate| bytes / rate);
        let mut queue = queue.borrow_mut();
        queue.coming.push_back((free + latency_ms, message));
        if let Some(waker) = queue.waker.take() {
            waker.wake();
        }
        if is_end {
            return;
        }
    }
}

impl Delay {
    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        loop {
            let due = poll_fn(|cx| {
                let mut queue = self.queue.borrow_mut();
                let Some((due, _)) = queue.coming.front() else {
                    queue.waker = Some(cx.waker().clone());
                    return Poll::Pending;
                };
                Poll::Ready(*due)
            })
            .await;
            let left = due - now();
            if left > 0.0 {
                sleep(Duration::from_secs_f64(left / 1e3)).await;
                continue;
            }
            let mut queue = self.queue.borrow_mut();
            // The end stays for whoever asks again.
            if let Some((_, Err(end))) = queue.coming.front() {
                return Err(*end);
            }
            if let Some((_, message)) = queue.coming.pop_front() {
                return message;
            }
        }
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<L: Link> Link for Paced<L> {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        self.link.send(message).await
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        match &self.delay {
            Some(delay) => delay.recv().await,
            None => self.link.recv().await,
        }
    }
}

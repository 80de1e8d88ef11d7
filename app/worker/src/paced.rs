//! A link over a road that is longer than the one there is, for rehearsals: what a message costs far away, and what a run is like
//! when every message waits until somebody lets it through.

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
    pub(crate) bytes_per_ms: Option<f64>,
}

/// What lies between the two parties of a rehearsal. It may change at any time.
pub(crate) struct Road {
    network: Cell<Network>,
    is_shut: Cell<bool>,
    /// Messages that may pass although it is shut.
    passes: Cell<usize>,
    /// Messages that have come and wait.
    waiting: Cell<usize>,
    waker: RefCell<Option<Waker>>,
    /// Hears how many wait, whenever that changes while it is shut.
    tell: Box<dyn Fn(usize)>,
}

impl Road {
    pub(crate) fn new(tell: impl Fn(usize) + 'static) -> Self {
        Self {
            network: Cell::default(),
            is_shut: Cell::default(),
            passes: Cell::default(),
            waiting: Cell::default(),
            waker: RefCell::default(),
            tell: Box::new(tell),
        }
    }

    pub(crate) fn is_like(&self, network: Network) {
        self.network.set(network);
    }

    /// From now on messages wait, or do not.
    pub(crate) fn shut(&self, is_shut: bool) {
        self.is_shut.set(is_shut);
        self.passes.set(0);
        self.wake();
        self.count(self.waiting.get());
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.is_shut.get()
    }

    /// Lets one message through, if one waits.
    pub(crate) fn pass(&self) {
        if self.passes.get() < self.waiting.get() {
            self.passes.set(self.passes.get() + 1);
            self.wake();
        }
    }

    /// Waits until a message may pass.
    async fn open(&self) {
        poll_fn(|cx| {
            let passes = self.passes.get();
            if self.is_shut.get() && passes == 0 {
                self.waker.replace(Some(cx.waker().clone()));
                return Poll::Pending;
            }
            self.passes.set(passes.saturating_sub(1));
            Poll::Ready(())
        })
        .await;
    }

    fn count(&self, waiting: usize) {
        self.waiting.set(waiting);
        if self.is_shut.get() {
            (self.tell)(waiting);
        }
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// A link as it is, or one whose messages arrive later: by the latency, by the time that its bytes take one after the other, and by how
/// long they are held up.
pub(crate) struct Paced<L> {
    link: Rc<L>,
    delay: Option<Delay>,
}

struct Delay {
    road: Rc<Road>,
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

    /// Over a road.
    pub(crate) fn slow(link: L, road: Rc<Road>) -> Self {
        let link = Rc::new(link);
        let queue = Rc::<RefCell<Queue>>::default();
        let (task, registration) = AbortHandle::new_pair();
        let taking = take(Rc::clone(&link), Rc::clone(&queue), Rc::clone(&road));
        wasm_bindgen_futures::spawn_local(async move {
            // Aborted with the link.
            let _ = Abortable::new(taking, registration).await;
        });
        Self { link, delay: Some(Delay { road, queue, task }) }
    }
}

/// Takes what comes as soon as it comes, and says when it is due.
async fn take<L: Link>(link: Rc<L>, queue: Rc<RefCell<Queue>>, road: Rc<Road>) {
    // When the last message had all of its bytes through.
    let mut free = f64::NEG_INFINITY;
    loop {
        let message = link.recv().await;
        let Network { latency_ms, bytes_per_ms } = road.network.get();
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
        road.count(queue.coming.len());
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
            // The end waits for nobody, and stays for whoever asks again.
            if let Some((_, Err(end))) = self.queue.borrow().coming.front() {
                return Err(*end);
            }
            self.road.open().await;
            let mut queue = self.queue.borrow_mut();
            if let Some((_, message)) = queue.coming.pop_front() {
                self.road.count(queue.coming.len());
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

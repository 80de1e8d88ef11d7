//! The resources of a meeting, and how it releases them.

use std::cell::{Cell, RefCell};

use futures::channel::mpsc::UnboundedSender;
use futures::future::AbortHandle;
use tacit_session::{Code, Fault};
use tacit_signaling_messages::Request;

use crate::Introduction;
use crate::desk::Input;
use crate::platform::{Calls, OnLeave, Peer, Socket};

/// All resources of a meeting, kept so that they can be released at any moment.
pub(crate) struct Ties {
    pub(crate) whole: Cell<bool>,
    /// Set if the meeting ended because the page was closed or suspended.
    pub(crate) hidden: Cell<bool>,
    pub(crate) held: RefCell<Held>,
}

/// The resources themselves. All of them end when they are dropped.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) introduction: Option<Introduction>,
    pub(crate) socket: Option<Socket>,
    pub(crate) peer: Option<Peer>,
    pub(crate) _on_leave: Option<OnLeave>,
    /// Dropping it ends the task: its queue then has no sender.
    pub(crate) queue: Option<UnboundedSender<Input>>,
    /// Ends the task also while it waits for the platform.
    pub(crate) task: Option<AbortHandle>,
    pub(crate) hosts: bool,
}

impl Ties {
    /// Says goodbye and closes everything. A second call does nothing.
    pub(crate) fn cut(&self) {
        if !self.whole.replace(false) {
            return;
        }
        // No borrow is held while the browser or the page is being called.
        let mut held = self.held.take();
        if let Some(socket) = &held.socket {
            if let Some(body) = held.introduction.as_mut().and_then(Introduction::farewell) {
                socket.send(&Request::Relay { body });
            }
            if held.hosts {
                socket.send(&Request::Close);
            }
        }
        if let Some(queue) = held.queue.take() {
            queue.close_channel();
        }
        if let Some(task) = held.task.take() {
            task.abort();
        }
    }

    /// Admits a guest that waits at a door.
    pub(crate) fn admit(&self) {
        if let Some(queue) = &self.held.borrow().queue {
            // A queue that is closed belongs to a meeting that has ended.
            let _ = queue.unbounded_send(Input::Admitted);
        }
    }

    pub(crate) fn introduction<T>(&self, f: impl FnOnce(&mut Introduction) -> Result<T, Fault>) -> Result<T, Fault> {
        match &mut self.held.borrow_mut().introduction {
            Some(introduction) => f(introduction),
            None => Err(out_of_turn()),
        }
    }

    pub(crate) fn send(&self, request: &Request) {
        if let Some(socket) = &self.held.borrow().socket {
            socket.send(request);
        }
    }

    pub(crate) fn calls(&self) -> Result<Calls, Fault> {
        self.held.borrow().peer.as_ref().map(Peer::calls).ok_or_else(|| Fault::internal("no peer connection yet"))
    }

    pub(crate) fn words_are_known(&self) -> bool {
        self.held.borrow().introduction.as_ref().is_some_and(|introduction| introduction.words().is_some())
    }
}

/// Returns the fault for a message of the server out of turn.
pub(crate) fn out_of_turn() -> Fault {
    Fault::new(Code::RelayAltered, "a message before the other seat was taken")
}

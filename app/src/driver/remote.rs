//! The way to another person: by an invite, over the server.

use std::any::Any;
use std::cell::RefCell;

use tacit_meet::{Config, GuestInvite, OpenChannel};
use tacit_session::{Fault, Party};

use super::{Way, translate};
use crate::app::Input;
use crate::browser;

/// Hosts a meeting, or comes to one.
#[derive(Default)]
pub(crate) struct Remote {
    /// The invite for the next meeting as a guest.
    guest: RefCell<Option<GuestInvite>>,
}

impl Way for Remote {
    fn keep(&self, invite: GuestInvite) {
        self.guest.replace(Some(invite));
    }

    fn meet(&self, seat: Party, open_channel: OpenChannel, on: Box<dyn Fn(Input)>) -> Box<dyn Any> {
        let config = Config { relay_only: browser::relay_only(), ..Config::default() };
        match (seat, self.guest.take()) {
            (Party::Alice, _) => Box::new(tacit_meet::host(config, open_channel, move |event| on(translate(event)))),
            (Party::Bob, Some(invite)) => {
                Box::new(tacit_meet::join(config, invite, open_channel, move |event| on(translate(event))))
            }
            (Party::Bob, None) => {
                on(Input::Failed(Fault::internal("joined without an invite")));
                Box::new(())
            }
        }
    }
}

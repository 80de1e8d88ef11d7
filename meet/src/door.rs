//! A door: one link for many guests, each of whom gets a meeting of their own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tacit_session::{Code, Fault};
use tacit_signaling_messages::{Reply, Request, Room, Ticket, VERSION};

use crate::platform::Socket;
use crate::signaling::{FromServer, refused};
use crate::ties::out_of_turn;

/// What happens at a door.
pub enum AtDoor {
    /// It is open. A [`DoorInvite`](crate::DoorInvite) with this number leads to it.
    Open {
        /// The number that was asked for, or another if somebody else has that one.
        room: Room,
    },
    /// Somebody rings, and waits until [`answer`](crate::answer()) is called with this.
    Called {
        /// For one answer.
        ticket: Ticket,
    },
    /// It is closed. Nothing comes after this.
    Failed(Fault),
}

/// An open door. Dropping it closes it; meetings that came of it go on.
#[must_use = "dropping a door closes it"]
pub struct Door(Rc<RefCell<Option<Socket>>>);

impl Door {
    /// Opens a door at a server, if possible with the number of before. `socket` is the server's `ws://…` or `wss://…`.
    ///
    /// # Errors
    /// [`Code::ServerUnreachable`] for what is no address. What else goes wrong comes as [`AtDoor::Failed`].
    pub fn open(socket: &str, room: Option<Room>, on: impl FnMut(AtDoor) + 'static) -> Result<Self, Fault> {
        let door = Rc::new(RefCell::new(None::<Socket>));
        let (weak, is_open, on) = (Rc::downgrade(&door), Cell::new(false), RefCell::new(on));
        let opened = Socket::open(socket, move |news| {
            let Some(door) = weak.upgrade().filter(|door| door.borrow().is_some()) else { return };
            let event = match news {
                FromServer::Opened => {
                    if let Some(socket) = &*door.borrow() {
                        socket.send(&Request::Open { version: VERSION, room });
                    }
                    return;
                }
                FromServer::Reply(Reply::Created { room, .. }) if !is_open.replace(true) => AtDoor::Open { room },
                FromServer::Reply(Reply::Called { ticket }) if is_open.get() => AtDoor::Called { ticket },
                FromServer::Reply(Reply::Refused { reason }) => AtDoor::Failed(refused(reason)),
                FromServer::Reply(_) => AtDoor::Failed(out_of_turn()),
                FromServer::Lost => AtDoor::Failed(Code::ServerUnreachable.into()),
            };
            if matches!(event, AtDoor::Failed(_)) {
                door.take();
            }
            (on.borrow_mut())(event);
        })?;
        door.replace(Some(opened));
        Ok(Self(door))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(socket) = self.0.take() {
            socket.send(&Request::Close);
        }
    }
}

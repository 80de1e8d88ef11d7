//! A door: one link for many guests, each of whom gets a meeting of their own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tacit_session::{Code, Fault};
use tacit_signaling_messages::{Reply, Request, Room, Ticket, VERSION};

use crate::platform::Socket;
use crate::signaling::{FromServer, refused};
use crate::ties::out_of_turn;

/// An event at a door.
pub enum AtDoor {
    /// The door is open. A [`DoorInvite`](crate::DoorInvite) with this number leads to it.
    Open {
        /// The requested number, or another one if that is taken.
        room: Room,
    },
    /// A guest rings, and waits until [`answer`](crate::answer()) is called with this ticket.
    Called {
        /// The ticket for one answer.
        ticket: Ticket,
    },
    /// The door is closed. No event follows.
    Failed(Fault),
}

/// An open door. Dropping it closes it; meetings that began at it continue.
#[must_use = "dropping a door closes it"]
pub struct Door(Rc<RefCell<Option<Socket>>>);

impl Door {
    /// Opens a door at a server, if possible with its former number. `socket` is the server's
    /// `ws://…` or `wss://…`.
    ///
    /// # Errors
    /// [`Code::ServerUnreachable`] if `socket` is not an address. Later faults are reported as
    /// [`AtDoor::Failed`].
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

//! The place where the two parties of a rehearsal meet: a page that reaches itself.

use std::cell::RefCell;

use tacit_meet::{Event, OpenChannel, Rehearsal, rehearse};
use tacit_session::Party;

/// One pairing of a page with itself. Dropping it ends the connection.
#[derive(Default)]
pub(crate) struct Stage {
    /// Who is ready for it.
    waiting: RefCell<[Option<Role>; 2]>,
    connection: RefCell<Option<Rehearsal>>,
}

/// What one party does with its end, and who hears of it.
struct Role {
    open_channel: OpenChannel,
    hear: Box<dyn Fn(Event)>,
}

impl Stage {
    /// A party's worker is up; with the second of them it begins.
    pub(crate) fn enter(&self, party: Party, open_channel: OpenChannel, hear: impl Fn(Event) + 'static) {
        self.waiting.borrow_mut()[party as usize] = Some(Role { open_channel, hear: Box::new(hear) });
        let both = {
            let mut waiting = self.waiting.borrow_mut();
            match std::mem::take(&mut *waiting) {
                [Some(alice), Some(bob)] => [alice, bob],
                not_yet => return *waiting = not_yet,
            }
        };
        let [alice, bob] = both;
        let on = move |party, event| match party {
            Party::Alice => (alice.hear)(event),
            Party::Bob => (bob.hear)(event),
        };
        self.connection.replace(Some(rehearse([alice.open_channel, bob.open_channel], on)));
    }
}

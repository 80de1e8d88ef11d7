//! The way to a party in the same page: a page that reaches itself.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tacit_jobs::{Command, Input as OwnInput, ModelFile, Picture};
use tacit_meet::{Event, OpenChannel, Rehearsal, rehearse};
use tacit_session::Party;

use super::{Way, translate};
use crate::app::Input;
use crate::rehearsal::Network;
use crate::worker::Worker;

/// The place where both parties meet: one pairing of a page with itself. Dropping it ends the connection.
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
    fn enter(&self, party: Party, open_channel: OpenChannel, hear: impl Fn(Event) + 'static) {
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

/// One party's way to the stage, and what only a rehearsal knows of it.
pub(crate) struct OnStage {
    stage: Rc<Stage>,
    network: Cell<Network>,
    holds: Cell<bool>,
    kept: RefCell<Kept>,
}

/// Copies of what this side put in last, for whoever looks at everything in between. Wiped when the rehearsal is over.
#[derive(Default)]
struct Kept {
    model: Option<ModelFile>,
    picture: Option<Picture>,
}

impl OnStage {
    pub(crate) fn new(stage: Rc<Stage>) -> Rc<Self> {
        Rc::new(Self { stage, network: Cell::new(Network::ALL[0]), holds: Cell::default(), kept: RefCell::default() })
    }

    /// What network the coming pairing is like.
    pub(crate) fn network(&self, network: Network) {
        self.network.set(network);
    }

    /// Whether messages of the coming pairing wait from the beginning.
    pub(crate) fn hold(&self, holds: bool) {
        self.holds.set(holds);
    }

    /// Copies of the picture and the model that this side put in.
    pub(crate) fn kept(&self) -> (Option<Picture>, Option<ModelFile>) {
        let kept = self.kept.borrow();
        let model = kept.model.as_ref().map(|model| ModelFile(model.0.clone()));
        (kept.picture.as_ref().and_then(copy), model)
    }
}

impl Way for OnStage {
    fn greet(&self, worker: &Worker) {
        worker.post("network", &self.network.get());
        worker.post("hold", &self.holds.get());
    }

    fn meet(&self, seat: Party, open_channel: OpenChannel, on: Box<dyn Fn(Input)>) -> Box<dyn Any> {
        self.stage.enter(seat, open_channel, move |event| on(translate(event)));
        // The stage ends it.
        Box::new(())
    }

    fn passes(&self, command: &Command) {
        let mut kept = self.kept.borrow_mut();
        match command {
            Command::Model { model, .. } => kept.model = Some(ModelFile(model.0.clone())),
            Command::Input { input: OwnInput::Pictures(pictures) } => kept.picture = pictures.first().and_then(copy),
            _ => {}
        }
    }
}

fn copy(picture: &Picture) -> Option<Picture> {
    Picture::new(picture.shape(), picture.pixels().to_vec()).ok()
}

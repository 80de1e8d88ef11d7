//! How far the machines are: what crossed against what the cost model says will cross.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tacit_record::Watch;
use tacit_session::{Cost, Entry, Stage};

use crate::Event;

/// What a piece of work will cost, by stage.
pub(crate) type Plan = Vec<(Stage, Cost)>;

/// Watches a ledger and emits [`Event::Progress`].
pub(crate) struct Progress {
    emit: Rc<dyn Fn(Event)>,
    /// Counts rounds by piece of work, too.
    watch: Option<Watch>,
    stages: RefCell<Vec<(Stage, u64, u64)>>,
    rounds: Cell<u64>,
}

impl Progress {
    pub(crate) fn new(emit: Rc<dyn Fn(Event)>, watch: Option<Watch>) -> Self {
        Self { emit, watch, stages: RefCell::default(), rounds: Cell::default() }
    }

    /// Begins a new piece of work.
    pub(crate) fn begin(&self, plan: Plan) {
        let stages = plan.into_iter().map(|(stage, cost)| (stage, 0, cost.sent + cost.received)).collect();
        *self.stages.borrow_mut() = stages;
        if let Some(watch) = &self.watch {
            watch.begin();
        }
        self.rounds.set(0);
    }

    /// Counts a frame.
    pub(crate) fn record(&self, entry: Entry) {
        let mut stages = self.stages.borrow_mut();
        let Some((stage, done, total)) = stages.iter_mut().find(|(stage, ..)| *stage == entry.stage) else { return };
        *done += entry.bytes as u64;
        self.rounds.set(self.rounds.get() + u64::from(entry.begins_round));
        let event = Event::Progress { stage: *stage, done: *done, total: *total, rounds: self.rounds.get() };
        drop(stages);
        (self.emit)(event);
    }
}

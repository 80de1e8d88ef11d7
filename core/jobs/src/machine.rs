//! The protocol side of a pairing: what all jobs share, for as long as two people are paired.

use std::rc::Rc;

use tacit_compute::Processor;
use tacit_ot::Engine;
use tacit_record::Watch;
use tacit_session::{Cost, Fault, Link, Session, Stage};
use tacit_symmetric::Prg;

use crate::progress::Progress;

/// One party's session, randomness and transfers.
///
/// Both parties call the same methods in the same order, so neither has to ask.
pub struct Machine<L> {
    pub(crate) session: Session<L>,
    pub(crate) rng: Prg,
    pub(crate) engine: Option<Engine>,
    /// Where an owner's products are made.
    pub(crate) processor: Rc<Processor>,
}

impl<L: Link> Machine<L> {
    /// Nothing prepared yet.
    #[must_use]
    pub fn new(session: Session<L>, rng: Prg, processor: Rc<Processor>) -> Self {
        Self { session, rng, engine: None, processor }
    }

    /// Has every frame counted, and told where somebody watches.
    pub(crate) fn observe(&mut self, progress: &Rc<Progress>, watch: Option<Watch>) {
        let progress = Rc::clone(progress);
        self.session.ledger_mut().observe(move |entry, body| {
            progress.record(entry);
            if let Some(watch) = &watch {
                watch.crossed(entry, body);
            }
        });
    }

    /// Sets up the extension, once per pairing. Cost: [`setup_cost`].
    ///
    /// # Errors
    /// The link's, or the peer's.
    pub async fn set_up(&mut self) -> Result<(), Fault> {
        if self.engine.is_none() {
            self.engine = Some(Engine::setup(&mut self.session, &mut self.rng).await?);
        }
        Ok(())
    }

    /// What preparing has cost so far.
    #[must_use]
    pub fn spent_offline(&self) -> Cost {
        self.spent(Stage::is_offline)
    }

    /// What runs have cost so far.
    #[must_use]
    pub fn spent_online(&self) -> Cost {
        self.spent(Stage::is_online)
    }

    fn spent(&self, which: fn(Stage) -> bool) -> Cost {
        let ledger = self.session.ledger();
        Stage::ALL.into_iter().filter(|stage| which(*stage)).map(|stage| ledger.stage(stage)).sum()
    }
}

/// What setting up the extension costs, once per pairing. Part of it travels with the first
/// material.
#[must_use]
pub fn setup_cost() -> Cost {
    Engine::setup_cost()
}

/// What crosses of [`setup_cost`] before the first material.
pub(crate) fn base_cost() -> Cost {
    tacit_ot::base::cost()
}

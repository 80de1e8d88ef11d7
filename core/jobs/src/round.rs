//! What both know of the rounds of a pairing: what was done, what is proposed, and how far its acceptance is.

use std::rc::Rc;

use tacit_nn::Owned;
use tacit_session::{Cost, Party};

use crate::classify::Check;
use crate::talk::Number;
use crate::{Agreement, Amount, Job, Picture, machine, millionaires};

/// What has happened in this pairing, the same on both sides: costs follow from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct History {
    /// The coming round, from 1.
    pub(crate) round: u32,
    /// Comparisons that are left in stock.
    pub(crate) stock: u32,
}

impl History {
    pub(crate) fn new() -> Self {
        Self { round: 1, stock: 0 }
    }

    /// What is prepared for the coming round, and what the round itself costs, by stage, as `party` counts them.
    pub(crate) fn costs(self, party: Party, proposal: &Subject) -> (Cost, Cost) {
        let setup = if self.round == 1 { machine::setup_cost() } else { Cost::default() };
        match proposal {
            Subject::Millionaires => {
                let missing = millionaires::missing(self.stock);
                let refill = if missing > 0 { millionaires::refill_cost(party, missing) } else { Cost::default() };
                (setup + refill, millionaires::compare_cost())
            }
            Subject::Classify(check) => {
                let prepare = check.shown(party, |party| check.prepare_cost(party));
                (setup + prepare, check.shown(party, |party| check.run_cost(party)))
            }
        }
    }

    /// A round on this has begun.
    pub(crate) fn began(&mut self, subject: &Subject) {
        self.round += 1;
        if let Subject::Millionaires = subject {
            // Preparing fills the stock up first; see [`millionaires::missing`].
            self.stock = self.stock + millionaires::missing(self.stock) - 1;
        }
    }
}

/// What a round is about, once everything is known that must be.
#[derive(Clone)]
pub(crate) enum Subject {
    Millionaires,
    Classify(Check),
}

impl Subject {
    pub(crate) fn agreement(&self, history: History, party: Party) -> Agreement {
        let (offline, online) = history.costs(party, self);
        match self {
            Self::Millionaires => Agreement::millionaires(history.round, offline, online),
            Self::Classify(check) => Agreement::classify(history.round, check.owner, check.card(), offline, online),
        }
    }
}

/// What is proposed for the coming round.
pub(crate) struct Proposal {
    pub(crate) number: Number,
    pub(crate) job: Job,
    /// None while a model is waited for.
    pub(crate) subject: Option<Subject>,
    /// Whether this person has been shown the job, and the agreement. The other side may finish a round, and propose or accept
    /// the next, a moment sooner.
    pub(crate) job_shown: bool,
    pub(crate) agreement: Option<Agreement>,
}

/// This person's own model.
#[derive(Clone)]
pub(crate) struct Mine {
    pub(crate) model: Rc<Owned>,
    pub(crate) check: Check,
}

/// One round, from agreement to both inputs.
#[derive(Default)]
pub(crate) struct Round {
    pub(crate) accepted_here: bool,
    pub(crate) accepted_there: bool,
    pub(crate) input: Option<Given>,
    pub(crate) ready_there: bool,
}

/// What this person has put in.
pub(crate) enum Given {
    Amount(Amount),
    Pictures(Vec<Picture>),
    /// The model was there before.
    Model,
}

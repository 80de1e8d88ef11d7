//! The seam between a pairing, which is the same for all jobs, and each job.
//!
//! A pairing knows identifiers, the bytes of an offer, agreements, and pieces of work. It does not
//! know what is offered, put in or computed: a job implements [`Protocol`] and [`Subject`] in its
//! own file and is registered in [`all`].

use std::pin::Pin;
use std::rc::Rc;

use tacit_session::{Cost, Fault, Link, Party};

use crate::progress::Plan;
use crate::{Agreement, Answer, Input, Job, Machine, ModelFile, Reveal, classify, compare};

/// All jobs of this program, as `party` does them in one pairing.
pub(crate) fn all<L: Link + 'static>(party: Party) -> Vec<Rc<dyn Protocol<L>>> {
    vec![Rc::new(compare::Compare::new(party)), Rc::new(classify::Classify::new(party))]
}

/// One job, for the length of a pairing. It keeps what outlasts a round: material in stock, a
/// model.
pub(crate) trait Protocol<L: Link> {
    /// The identifier that names the job on the wire.
    fn id(&self) -> &'static str;

    /// Encodes an offer of `job` from this party, for [`read`](Self::read) on both sides.
    fn offer(&self, job: Job) -> Vec<u8>;

    /// Reads an offer made by the party `by`, which may be this one.
    ///
    /// # Errors
    /// [`PeerBroke`](tacit_session::Code::PeerBroke) where no honest program makes such an offer.
    fn read(self: Rc<Self>, offer: &[u8], by: Party) -> Result<Offer<L>, Fault>;

    /// Makes this party's model the one of the coming rounds of `job`. Returns `false` where the
    /// job takes no model from this party.
    ///
    /// # Errors
    /// [`ModelUnreadable`](tacit_session::Code::ModelUnreadable) or
    /// [`ModelRefused`](tacit_session::Code::ModelRefused); the model before it stays.
    fn take_model(&self, _job: Job, _model: &ModelFile, _reveal: Reveal) -> Result<bool, Fault> {
        Ok(false)
    }

    /// Prepares what every round of this job needs, before anything is agreed on.
    fn warm_up(self: Rc<Self>, machine: Box<Machine<L>>) -> Work<L, Stock>;
}

/// An offer that was read.
pub(crate) struct Offer<L> {
    /// The job and its roles.
    pub(crate) job: Job,
    /// The round that is offered. `None` while the model's owner has not chosen a model.
    pub(crate) subject: Option<Rc<dyn Subject<L>>>,
}

/// One round of a job, once both know what it is about.
pub(crate) trait Subject<L: Link> {
    /// Builds the agreement on the round numbered `round`, with `setup` added to its offline cost.
    fn agreement(&self, round: u32, setup: Cost) -> Agreement;

    /// Whether this party puts in anything after the agreement.
    fn asks_for_input(&self) -> bool;

    /// Checks an input of this party. Returns `false` for an input of another job.
    ///
    /// # Errors
    /// Why the input is refused; the person may give another one.
    fn accepts(&self, input: &Input) -> Result<bool, Fault>;

    /// Whether the material of this round is in stock.
    fn is_prepared(&self) -> bool;

    /// The offline phase of this round.
    fn prepare(self: Rc<Self>, machine: Box<Machine<L>>) -> Work<L, Stock>;

    /// The online phase of this round. `at_layer` is called with the index of each layer that
    /// begins.
    fn run(
        self: Rc<Self>,
        machine: Box<Machine<L>>,
        input: Option<Input>,
        at_layer: Box<dyn Fn(usize)>,
    ) -> Work<L, Answer>;
}

/// A piece of work on the machine, and its declared cost by stage.
pub(crate) struct Work<L, T> {
    pub(crate) plan: Plan,
    pub(crate) done: Running<L, T>,
}

/// A piece of work that is running. It gives the machine back with its result.
pub(crate) type Running<L, T> = Pin<Box<dyn Future<Output = Result<Ended<L, T>, Fault>>>>;

/// The machine, and the result of a piece of work.
pub(crate) type Ended<L, T> = (Box<Machine<L>>, T);

impl<L, T> Work<L, T> {
    pub(crate) fn new(plan: Plan, work: impl Future<Output = Result<Ended<L, T>, Fault>> + 'static) -> Self {
        Self { plan, done: Box::pin(work) }
    }
}

/// Rounds that can start at once.
pub(crate) struct Stock {
    /// In stock now.
    pub(crate) ready: u32,
    /// Kept in stock.
    pub(crate) target: u32,
}

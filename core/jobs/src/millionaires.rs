//! Who is richer: Yao's millionaires, with a stock of material so that a comparison starts at once.

use tacit_ot::Engine;
use tacit_session::{Cost, Fault, Link, Party, Session, Stage};
use tacit_share::material::{self, Material};
use tacit_share::{compare, open};
use tacit_symmetric::Prg;

use crate::progress::Plan;
use crate::{Agreement, Amount, Order};

/// Comparisons whose material is kept in stock.
pub const STOCK: u32 = 8;

/// The stock is filled up after a comparison that leaves this many or fewer.
const LOW: u32 = 2;

/// One party's side of repeated comparisons: the extension state and the stock, for as long as the pairing lives.
///
/// Both parties follow the same rule for refilling, so neither has to ask.
pub struct Millionaires<L> {
    session: Session<L>,
    rng: Prg,
    engine: Option<Engine>,
    stock: Vec<Material>,
}

impl<L: Link> Millionaires<L> {
    /// Nothing prepared yet.
    #[must_use]
    pub fn new(session: Session<L>, rng: Prg) -> Self {
        Self { session, rng, engine: None, stock: Vec::new() }
    }

    /// Comparisons that can start at once.
    #[must_use]
    pub fn ready(&self) -> u32 {
        u32::try_from(self.stock.len()).unwrap_or(u32::MAX)
    }

    /// Whether it is time to [`prepare`](Self::prepare).
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.ready() <= LOW
    }

    /// What preparing has cost so far.
    #[must_use]
    pub fn spent_offline(&self) -> Cost {
        self.spent(Stage::is_offline)
    }

    /// What comparing has cost so far.
    #[must_use]
    pub fn spent_online(&self) -> Cost {
        self.spent(Stage::is_online)
    }

    fn spent(&self, which: fn(Stage) -> bool) -> Cost {
        let ledger = self.session.ledger();
        Stage::ALL.into_iter().filter(|stage| which(*stage)).map(|stage| ledger.stage(stage)).sum()
    }

    /// What the next [`prepare`](Self::prepare) will cost, by stage.
    pub(crate) fn prepare_plan(&self) -> Plan {
        let setup = if self.engine.is_none() { setup_cost() } else { Cost::default() };
        let missing = STOCK - self.ready();
        vec![(Stage::BaseOt, setup), (Stage::Extend, refill_cost(self.session.party(), missing))]
    }

    /// Sets up the extension if there is none, and fills the stock. Cost: [`setup_cost`] once, [`refill_cost`] each time.
    ///
    /// # Errors
    /// The link's, or the peer's.
    pub async fn prepare(&mut self) -> Result<(), Fault> {
        let engine = match &mut self.engine {
            Some(engine) => engine,
            none => none.insert(Engine::setup(&mut self.session, &mut self.rng).await?),
        };
        let missing = STOCK as usize - self.stock.len();
        let mut all = material::prepare(&mut self.session, engine, demand() * missing).await?;
        self.stock.extend((0..missing).map(|_| all.take(demand())));
        Ok(())
    }

    /// Compares this party's amount with the other's; both learn the order. Cost: [`compare_cost`].
    ///
    /// # Errors
    /// The link's, or the peer's; [`Code::Internal`](tacit_session::Code::Internal) when nothing is in stock.
    pub async fn compare(&mut self, amount: &Amount) -> Result<Order, Fault> {
        let material = self.stock.pop().ok_or_else(|| Fault::internal("no material in stock"))?;
        let s = &mut self.session;
        // 1. Shares of x < y and x = y, x at Alice and y at Bob.
        s.enter(Stage::Compare);
        let (less, equal) = compare::less_and_equal(s, material, &[amount.minor_units()]).await?;
        // 2. Open both bits to both: that is what the agreement names.
        s.enter(Stage::Reveal);
        let answer = open::reveal(s, &less.join(&equal)).await?;
        match (answer.get(0), answer.get(1)) {
            (false, true) => Ok(Order::Equal),
            (less, false) if s.lead(true) == less => Ok(Order::They),
            (_, false) => Ok(Order::You),
            (true, true) => Err(Fault::peer("the opened bits say both less and equal")),
        }
    }
}

/// The material of one comparison.
fn demand() -> material::Demand {
    compare::demand(1)
}

/// What setting up the extension costs, once per pairing.
#[must_use]
pub fn setup_cost() -> Cost {
    Engine::setup_cost()
}

/// What preparing material for `n` comparisons costs `party`.
#[must_use]
pub fn refill_cost(party: Party, n: u32) -> Cost {
    material::prepare_cost(party, demand() * n as usize)
}

/// What a comparison costs, opening included.
#[must_use]
pub fn compare_cost() -> Cost {
    compare_plan().into_iter().map(|(_, cost)| cost).sum()
}

/// What a comparison costs, by stage.
pub(crate) fn compare_plan() -> Plan {
    vec![(Stage::Compare, compare::less_and_equal_cost(1)), (Stage::Reveal, open::reveal_cost(2))]
}

/// The agreement on round `round` of a pairing, as `party` counts sent and received.
pub(crate) fn agreement(party: Party, round: u32) -> Agreement {
    // The stock is filled at the start, and again whenever it is low: both know when.
    let offline = match (round - 1) % (STOCK - LOW) {
        _ if round == 1 => setup_cost() + refill_cost(party, STOCK),
        0 => refill_cost(party, STOCK - LOW),
        _ => Cost::default(),
    };
    Agreement::millionaires(round, offline, compare_cost())
}

//! Who is richer: Yao's millionaires, with a stock of material so that a comparison starts at once.

mod explain;
#[cfg(feature = "views")]
pub mod views;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub use explain::explain;
use tacit_session::{Cost, Fault, Link, Party, Session, Stage};
use tacit_share::material;
use tacit_share::{compare, open};

use crate::progress::Plan;
use crate::protocol::{Offer, Protocol, Stock, Subject, Work};
use crate::{Agreement, Amount, Answer, Input, Job, Machine, Order, machine};

/// The identifier of the job.
pub const ID: &str = "compare";

/// Comparisons whose material is kept in stock.
pub const STOCK: u32 = 8;

/// The stock is filled up after a comparison that leaves this many or fewer.
const LOW: u32 = 2;

/// Returns the number of comparisons to prepare where `left` are in stock; 0 while the stock is not
/// low.
#[must_use]
pub fn missing(left: u32) -> u32 {
    if left <= LOW { STOCK - left } else { 0 }
}

/// The comparisons of one party in a pairing, with the material that is in stock.
pub struct Compare {
    party: Party,
    stock: RefCell<Vec<material::Material>>,
    /// Comparisons left in stock after the rounds that have begun, as both sides count them: the
    /// costs of an agreement follow from it.
    left: Cell<u32>,
}

impl Compare {
    /// Nothing is in stock yet.
    #[must_use]
    pub fn new(party: Party) -> Self {
        Self { party, stock: RefCell::default(), left: Cell::default() }
    }

    /// Comparisons that can start at once.
    #[must_use]
    pub fn ready(&self) -> u32 {
        u32::try_from(self.stock.borrow().len()).unwrap_or(u32::MAX)
    }

    /// Fills the stock if it is low. Cost: [`refill_cost`] of what is [`missing`], and that of the
    /// set-up if there was none.
    ///
    /// # Errors
    /// The link's, or the peer's.
    pub async fn fill<L: Link>(&self, machine: &mut Machine<L>) -> Result<(), Fault> {
        machine.set_up().await?;
        let missing = missing(self.ready()) as usize;
        if missing == 0 {
            return Ok(());
        }
        let engine = machine.engine.as_mut().ok_or_else(|| Fault::internal("no transfers were set up"))?;
        let mut all = material::prepare(&mut machine.session, engine, demand() * missing).await?;
        self.stock.borrow_mut().extend((0..missing).map(|_| all.take(demand())));
        Ok(())
    }

    /// Compares this party's amount with the other's; both learn the order. Cost: [`compare_cost`].
    /// Where the opened bits contradict each other the answer is [`Answer::Spoiled`], and
    /// everything goes on as after an order.
    ///
    /// # Errors
    /// The link's, or the peer's; [`Code::Internal`](tacit_session::Code::Internal) when nothing is
    /// in stock.
    pub async fn compare<L: Link>(&self, machine: &mut Machine<L>, amount: &Amount) -> Result<Answer, Fault> {
        let material = self.stock.borrow_mut().pop().ok_or_else(|| Fault::internal("no material in stock"))?;
        Ok(order(&mut machine.session, material, amount).await?.map_or(Answer::Spoiled, Answer::Order))
    }

    /// The cost of [`fill`](Self::fill), by stage.
    fn fill_plan<L: Link>(&self, machine: &Machine<L>) -> Plan {
        let setup = if machine.engine.is_none() { machine::setup_cost() } else { Cost::default() };
        let refill = refill_cost(self.party, missing(self.ready()));
        vec![(Stage::BaseOt, setup), (Stage::Extend, refill)]
    }

    fn filled<L: Link + 'static>(self: Rc<Self>, mut machine: Box<Machine<L>>) -> Work<L, Stock> {
        Work::new(self.fill_plan(&machine), async move {
            self.fill(&mut machine).await?;
            Ok((machine, Stock { ready: self.ready(), target: STOCK }))
        })
    }
}

impl<L: Link + 'static> Protocol<L> for Compare {
    fn id(&self) -> &'static str {
        ID
    }

    fn offer(&self, _job: Job) -> Vec<u8> {
        Vec::new()
    }

    fn read(self: Rc<Self>, offer: &[u8], _by: Party) -> Result<Offer<L>, Fault> {
        if !offer.is_empty() {
            return Err(Fault::peer("malformed offer of a comparison"));
        }
        Ok(Offer { job: Job::Millionaires, subject: Some(self) })
    }

    fn warm_up(self: Rc<Self>, machine: Box<Machine<L>>) -> Work<L, Stock> {
        self.filled(machine)
    }
}

impl<L: Link + 'static> Subject<L> for Compare {
    fn agreement(&self, round: u32, setup: Cost) -> Agreement {
        let missing = missing(self.left.get());
        let refill = if missing > 0 { refill_cost(self.party, missing) } else { Cost::default() };
        Agreement::millionaires(round, setup + refill, compare_cost())
    }

    fn asks_for_input(&self) -> bool {
        true
    }

    fn accepts(&self, input: &Input) -> Result<bool, Fault> {
        Ok(matches!(input, Input::Amount(_)))
    }

    fn is_prepared(&self) -> bool {
        missing(self.ready()) == 0
    }

    fn prepare(self: Rc<Self>, machine: Box<Machine<L>>) -> Work<L, Stock> {
        self.filled(machine)
    }

    fn run(
        self: Rc<Self>,
        mut machine: Box<Machine<L>>,
        input: Option<Input>,
        _at_layer: Box<dyn Fn(usize)>,
    ) -> Work<L, Answer> {
        // The stock was filled up before the round.
        self.left.set(self.left.get() + missing(self.left.get()) - 1);
        Work::new(compare_plan(), async move {
            let Some(Input::Amount(amount)) = input else { return Err(Fault::internal("an input to another job")) };
            let answer = self.compare(&mut machine, &amount).await?;
            Ok((machine, answer))
        })
    }
}

/// The comparison itself; see [`Compare::compare`]. `None` where the opened bits say both less and
/// equal.
pub(crate) async fn order<L: Link>(
    s: &mut Session<L>,
    material: material::Material,
    amount: &Amount,
) -> Result<Option<Order>, Fault> {
    // 1. Shares of x < y and x = y, x at Alice and y at Bob.
    s.enter(Stage::Compare);
    let (less, equal) = compare::less_and_equal(s, material, &[amount.minor_units()]).await?;
    // 2. Open both bits to both: that is what the agreement names.
    s.enter(Stage::Reveal);
    let answer = open::reveal(s, &less.join(&equal)).await?;
    Ok(read(s.party(), [answer.get(0), answer.get(1)]))
}

/// What `[x < y, x = y]` says to a party.
fn read(party: Party, opened: [bool; 2]) -> Option<Order> {
    match opened {
        [false, true] => Some(Order::Equal),
        [less, false] if less == (party == Party::Alice) => Some(Order::They),
        [_, false] => Some(Order::You),
        [true, true] => None,
    }
}

/// The bits that say this to a party: the inverse of [`read`].
#[cfg(feature = "views")]
pub(crate) fn opened(party: Party, order: Order) -> [bool; 2] {
    let less = (order == Order::They) == (party == Party::Alice);
    [less && order != Order::Equal, order == Order::Equal]
}

/// The material of one comparison.
pub(crate) fn demand() -> material::Demand {
    compare::demand(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opened_bits_are_read_as_they_are_meant() {
        for party in [Party::Alice, Party::Bob] {
            for order in [Order::You, Order::They, Order::Equal] {
                assert_eq!(read(party, opened(party, order)), Some(order));
            }
        }
        assert_eq!(opened(Party::Alice, Order::They), [true, false], "x < y");
        assert_eq!(opened(Party::Bob, Order::You), [true, false], "x < y");
        assert_eq!(read(Party::Alice, [true, true]), None);
    }
}

//! The material of a run, out of many extensions that overlap.
//!
//! *Computes*: the random products that each piece of [`demand`] takes. A party begins several portions of transfers
//! before it finishes the first: while one message travels it computes the next, and a client makes use of the time in which
//! the owner multiplies. *From*: the engine ([`tacit_ot`]) and the pieces name their own sources. *Security*: theirs; messages
//! are the same in the same order, only sooner, and none depends on an input. *Cost*: [`cost`]. *Deviations*: none.

use std::collections::VecDeque;

use tacit_model::Plan;
use tacit_ot::{Begun, Engine};
use tacit_session::{Cost, Fault, Link, Party, Session};

use crate::demand::{self, Material, Piece};
use crate::run::Task;

/// Transfers that are made with one message each way: half a megabyte.
const PORTION: usize = 1 << 17;

/// Portions that are begun and not finished, at most: 16 MB here, and 4 MB that wait at the other side.
const AHEAD: usize = 8;

/// How many of `n` portions are begun before portion `done` is finished.
fn begun_before(done: usize, n: usize) -> usize {
    n.min(done + AHEAD)
}

/// Portions that become material one after the other.
pub(crate) struct Supply {
    /// Each with the number of its piece.
    portions: Vec<(usize, Piece)>,
    begun: VecDeque<Begun>,
    /// How many portions are finished.
    done: usize,
}

impl Supply {
    /// All that a run takes. Nothing is begun.
    pub(crate) fn new(plan: &Plan, task: Task) -> Self {
        Self { portions: portions(plan, task), begun: VecDeque::new(), done: 0 }
    }

    /// Begins as many portions as may be under way at once. Only speaks.
    pub(crate) async fn begin<L: Link>(&mut self, s: &mut Session<L>, engine: &mut Engine) -> Result<(), Fault> {
        let to = begun_before(self.done, self.portions.len());
        for (_, portion) in &self.portions[self.done + self.begun.len()..to] {
            let (_, as_receiver) = portion.transfers().of(s.party());
            self.begun.push_back(engine.begin(s, as_receiver).await?);
        }
        Ok(())
    }

    /// Finishes all portions: the material, piece by piece.
    pub(crate) async fn finish<L: Link>(
        mut self,
        s: &mut Session<L>,
        engine: &mut Engine,
    ) -> Result<Vec<Material>, Fault> {
        let party = s.party();
        let mut materials: Vec<Material> = Vec::new();
        while let Some(&(piece, portion)) = self.portions.get(self.done) {
            self.begin(s, engine).await?;
            let begun = self.begun.pop_front().ok_or_else(|| Fault::internal("a portion that was never begun"))?;
            let (as_sender, _) = portion.transfers().of(party);
            let mut pool = engine.finish(s, begun, as_sender).await?;
            self.done += 1;
            let material = portion.material(party, &mut pool);
            match materials.get_mut(piece) {
                Some(first) => first.append(&material),
                None => materials.push(material),
            }
        }
        Ok(materials)
    }
}

/// What [`Supply::finish`] costs. `early` says that this party [began](Supply::begin) at an earlier time, `spoke` that the
/// last message before is its own and was not yet answered.
pub(crate) fn cost(party: Party, plan: &Plan, task: Task, early: bool, mut spoke: bool) -> Cost {
    let portions = portions(plan, task);
    let costs: Vec<Cost> = portions
        .iter()
        .map(|(_, portion)| {
            let (as_sender, as_receiver) = portion.transfers().of(party);
            Engine::extend_cost(as_sender, as_receiver)
        })
        .collect();
    let mut total = Cost::default();
    let mut begun = if early { begun_before(0, costs.len()) } else { 0 };
    for (done, cost) in costs.iter().enumerate() {
        let to = begun_before(done, costs.len());
        spoke |= costs[begun..to].iter().any(|cost| cost.sent > 0);
        begun = to;
        // A word said and not answered before the next message comes makes that a round.
        let rounds = u64::from(cost.received > 0 && std::mem::take(&mut spoke));
        total += Cost { rounds, ..*cost };
    }
    total
}

/// All portions of all pieces, in the order in which they are spent.
fn portions(plan: &Plan, task: Task) -> Vec<(usize, Piece)> {
    let pieces = plan.steps.iter().flat_map(|step| demand::of_step(step, task.batch));
    let pieces = pieces.chain(demand::of_answer(plan, task));
    pieces.enumerate().flat_map(|(i, piece)| piece.portions(PORTION).map(move |portion| (i, portion))).collect()
}

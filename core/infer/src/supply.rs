//! The material of a run, made by several OT extensions that overlap.
//!
//! *Computes*: the random transfers and triples that each piece of [`demand`] takes. A party begins
//! several portions before it finishes the first: it computes the next message while one travels,
//! and the client uses the time in which the owner multiplies. *From*: the engine ([`tacit_ot`])
//! and the pieces name their own sources. *Security*: that of the engine and the pieces. The
//! messages are the same in the same order, only sent sooner, and none depends on an input. *Cost*:
//! [`cost`]. *Deviations*: none.

use std::collections::VecDeque;

use tacit_model::Plan;
use tacit_ot::{Begun, Engine};
use tacit_session::{Cost, Fault, Link, Party, Session};

use crate::demand::{self, Material, Piece};
use crate::run::Task;

/// The number of transfers that one message each way makes: half a megabyte.
const PORTION: usize = 1 << 17;

/// The most portions that are begun and not finished: 16 MB at this party, and 4 MB that wait at
/// the other.
const AHEAD: usize = 8;

/// The number of `n` portions that are begun before portion `done` is finished.
fn begun_before(done: usize, n: usize) -> usize {
    n.min(done + AHEAD)
}

/// The portions of a run, which become material one after the other.
pub(crate) struct Supply {
    /// All portions, each with the index of its piece.
    portions: Vec<(usize, Piece)>,
    begun: VecDeque<Begun>,
    /// The number of finished portions.
    done: usize,
}

impl Supply {
    /// All portions of a run. Begins none of them.
    pub(crate) fn new(plan: &Plan, task: Task) -> Self {
        Self { portions: portions(plan, task), begun: VecDeque::new(), done: 0 }
    }

    /// Begins as many portions as may overlap. Sends and does not receive.
    pub(crate) async fn begin<L: Link>(&mut self, s: &mut Session<L>, engine: &mut Engine) -> Result<(), Fault> {
        let to = begun_before(self.done, self.portions.len());
        for (_, portion) in &self.portions[self.done + self.begun.len()..to] {
            let (_, as_receiver) = portion.transfers().of(s.party());
            self.begun.push_back(engine.begin(s, as_receiver).await?);
        }
        Ok(())
    }

    /// Finishes all portions. Returns the material of each piece.
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

/// The cost of [`Supply::finish`]. `early`: this party [began](Supply::begin) earlier. `spoke`: a
/// send of this party is still pending, that is, not yet followed by a receive.
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
        // A pending send makes the next receive a round.
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

//! The cost of both phases: bytes and rounds, exactly as the ledger counts them.

use tacit_model::{Plan, StepOp};
use tacit_rlwe::{Context, Packing};
use tacit_session::{Cost, Party, Stage};
use tacit_share::linear::{self, Role};
use tacit_share::{activation, open, rank, truncate};

use crate::demand::{self, Piece};
use crate::prepare::packings;
use crate::run::{Task, Told};
use crate::supply;

/// The cost of [`prepare`](crate::prepare::prepare) by stage, for `party` in `role`.
///
/// Does not include the base OTs.
#[must_use]
pub fn prepare(party: Party, role: Role, context: &Context, plan: &Plan, task: Task) -> Vec<(Stage, Cost)> {
    let batch = task.batch as u64;
    let layers: Vec<Packing> = packings(plan).collect();
    let answers: Cost = layers.iter().map(|packing| linear::prepare_cost(role, context, packing) * batch).sum();
    let owner = if role == Role::Owner { party } else { party.other() };
    let keys = linear::nonce_cost(role) + linear::key_cost(role, context) * task.keys(owner) as u64;
    let keys = if layers.is_empty() { Cost::default() } else { keys };
    // The client sends all requests at once, and its key follows the owner's nonce: one round. For
    // the owner the nonce starts the first round, and every response except the last another.
    let rounds = match role {
        Role::Client => u64::from(!layers.is_empty()),
        Role::Owner => layers.len() as u64 * batch,
    };
    // The client begins the transfers while it waits. The owner's last response is a pending send.
    let asked = !layers.is_empty();
    let spoke = role == Role::Owner && asked;
    let transfers = supply::cost(party, plan, task, role == Role::Client && asked, spoke);
    vec![(Stage::Correlate, Cost { rounds, ..answers + keys }), (Stage::Extend, transfers)]
}

/// The cost of [`run`](crate::run::run) by stage.
#[must_use]
pub fn run(party: Party, role: Role, plan: &Plan, task: Task) -> Vec<(Stage, Cost)> {
    let step = |step: &tacit_model::Step| {
        let linear = match &step.op {
            StepOp::Linear { shape, .. } => linear::apply_cost(role, shape, task.batch),
            _ => Cost::default(),
        };
        let bits = match step.op {
            StepOp::Linear { truncate, .. } | StepOp::Average { truncate, .. } => truncate,
            _ => 0,
        };
        linear + demand::of_step(step, task.batch).into_iter().map(|piece| spend(party, piece, bits)).sum()
    };
    let answer = demand::of_answer(plan, task).map_or_else(Cost::default, |piece| spend(party, piece, 0));
    let opened = match task.told {
        Told::First | Told::Three => open::reveal_to_cost(party, task.to, task.batch * task.told.bits(plan.logits())),
        Told::Scores => {
            let cost = open::reveal_words_to_cost(party, task.to, task.batch * plan.logits());
            // If the last layer is linear and not truncated, the scores are the first message that
            // the client receives after its masked input.
            let last = plan.steps.last().map(|step| step.op);
            let waits = role == Role::Client && matches!(last, Some(StepOp::Linear { truncate: 0, .. }));
            Cost { rounds: cost.rounds.max(u64::from(waits && cost.received > 0)), ..cost }
        }
    };
    let infer = plan.steps.iter().map(step).sum::<Cost>() + answer;
    vec![(Stage::Infer, infer), (Stage::Reveal, opened)]
}

/// The online cost of a piece.
fn spend(party: Party, piece: Piece, bits: u32) -> Cost {
    match piece {
        Piece::Truncate { n } => truncate::truncate_cost(party, bits, n),
        Piece::Activate { width, n } => activation::relu_cost(party, width, n),
        Piece::First { lists } => rank::places_cost::<1>(party, lists),
        Piece::Three { lists } => rank::places_cost::<3>(party, lists),
    }
}

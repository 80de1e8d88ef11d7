//! The ideal functionality of [`prepare`](crate::prepare): a dealer, for tests in which one program
//! plays both parties.
//!
//! The dealer knows every mask and the model, so it is never used between two people; see
//! [`tacit_share::ideal`]. A run on dealt material has the same messages, except that sums of
//! linear layers are never one off. The dealer saves the lattice encryption and the base OTs.

use tacit_compute::Kernels;
use tacit_model::{Plan, StepOp, Weights};
use tacit_ot::Engine;
use tacit_ot::ideal::deal as transfers;
use tacit_session::lockstep::QueueLink;
use tacit_session::{Fault, Party, Session};
use tacit_share::ideal;
use tacit_share::linear::Role;
use tacit_symmetric::Prg;

use crate::demand;
use crate::prepare::{Linear, Prepared};
use crate::run::Task;

/// This party's part of the material that a dealer with this seed deals for one run. The dealer
/// knows the weights.
///
/// # Errors
/// Never, because nothing is sent.
///
/// # Panics
/// When the weights belong to another plan.
pub async fn deal(
    s: &mut Session<QueueLink>,
    kernels: &impl Kernels,
    plan: &Plan,
    weights: &Weights,
    role: Role,
    task: Task,
    seed: [u8; 32],
) -> Result<Prepared, Fault> {
    let mut rng = Prg::from_seed(seed);
    // 1. Random transfers, and the material that is made of them.
    let ((from_alice, to_bob), (from_bob, to_alice)) = (transfers(rng.bytes()), transfers(rng.bytes()));
    let (sender, receiver) = match s.party() {
        Party::Alice => (from_alice, to_alice),
        Party::Bob => (from_bob, to_bob),
    };
    let mut engine = Engine::new(sender, receiver);
    let mut pieces = Vec::new();
    let all = plan.steps.iter().flat_map(|step| demand::of_step(step, task.batch));
    for piece in all.chain(demand::of_answer(plan, task)) {
        let (as_sender, as_receiver) = piece.transfers().of(s.party());
        let mut pool = engine.extend(s, as_sender, as_receiver).await?;
        pieces.push(piece.material(s.party(), &mut pool));
    }
    // 2. The linear steps.
    let shapes = plan.steps.iter().filter_map(|step| match step.op {
        StepOp::Linear { shape, .. } => Some(shape),
        _ => None,
    });
    let (mut owners, mut clients) = (Vec::new(), Vec::new());
    for (shape, layer) in shapes.zip(&weights.layers) {
        let words = layer.words();
        let dealt = (0..task.batch).map(|_| ideal::linear(s, kernels, &shape, &words, &mut rng));
        let (owner, client) = dealt.unzip();
        owners.push(owner);
        clients.push(client);
    }
    let linear = match role {
        Role::Owner => Linear::Owner(owners),
        Role::Client => Linear::Client(clients),
    };
    Ok(Prepared { task, linear, pieces })
}

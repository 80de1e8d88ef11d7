//! The form of every message of a [run](crate::run).

use tacit_model::{Plan, StepOp};
use tacit_session::Party;
use tacit_share::form::{self, Form};
use tacit_share::linear::Role;
use tacit_share::rank::{self, Lists};

use crate::demand::{Piece, of_answer, of_step};
use crate::run::Task;

/// The forms of the messages that `party` receives in a run, in order.
#[must_use]
pub fn received(party: Party, role: Role, plan: &Plan, task: Task) -> Vec<Form> {
    let mut forms = Vec::new();
    for step in &plan.steps {
        if let StepOp::Linear { shape, .. } = &step.op {
            forms.extend(form::layers(role, shape, task.batch));
        }
        for piece in of_step(step, task.batch) {
            match piece {
                Piece::Truncate { n } => forms.push(form::truncations(party, step.truncates(), n)),
                Piece::Activate { width, n } => forms.extend(form::activations(party, width, n)),
                Piece::First { .. } | Piece::Three { .. } => unreachable!("of the answer only"),
            }
        }
    }
    let told = match of_answer(plan, task) {
        Some(Piece::First { lists }) => ranked::<1>(party, lists, &mut forms),
        Some(Piece::Three { lists }) => ranked::<3>(party, lists, &mut forms),
        _ => form::words(task.batch * plan.logits()),
    };
    forms.extend(task.to.is(party).then_some(told));
    forms
}

/// Adds the forms of ranking to `forms`. Returns the form of the answer.
fn ranked<const W: usize>(party: Party, lists: Lists, forms: &mut Vec<Form>) -> Form {
    forms.extend(form::places::<W>(party, lists));
    form::bits(rank::indices_len(lists, W))
}

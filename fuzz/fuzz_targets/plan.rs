//! A plan from a peer: it has one encoding, and can be costed for whatever task it affords.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tacit_infer::{Task, Told, cost};
use tacit_model::Plan;
use tacit_rlwe::Context;
use tacit_session::Party;
use tacit_share::linear::Role;
use tacit_share::open::To;

fuzz_target!(|bytes: &[u8]| {
    let Ok(plan) = Plan::decode(bytes) else { return };
    assert_eq!(plan.encode(), bytes);
    for (batch, told) in [(1, Told::First), (4, Told::Three), (16, Told::Scores)] {
        let task = Task { batch, told, to: To::Both };
        if task.is_affordable(&plan) {
            for (party, role) in [(Party::Alice, Role::Client), (Party::Bob, Role::Owner)] {
                let _ = cost::prepare(party, role, Context::shared(), &plan, task);
                let _ = cost::run(party, role, &plan, task);
            }
        }
    }
});

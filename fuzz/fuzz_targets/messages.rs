//! Whole runs of every protocol of a picture check and a comparison, one party altered: it seals
//! what it sends.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use tacit_compute::Cpu;
use tacit_fuzz::{altered, model};
use tacit_infer::prepare::{self, Tools};
use tacit_infer::run::{self, Input};
use tacit_infer::{Owned, Task, Told};
use tacit_model::Plan;
use tacit_model::quantise::quantise;
use tacit_ot::Engine;
use tacit_rlwe::Context;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Fault, Party, Session};
use tacit_share::open::{self, To};
use tacit_share::{compare, material};
use tacit_symmetric::Prg;

thread_local! {
    /// A small model, made ready once.
    static MODEL: Rc<(Plan, Owned)> = {
        let Ok((plan, weights)) = quantise(&model()) else { panic!("a model that can be run") };
        let owned = Owned::new(Context::shared(), &Cpu, &plan, &weights);
        Rc::new((plan, owned))
    };
}

async fn party(mut s: Session<QueueLink>, told: Told) -> Result<(), Fault> {
    let s = &mut s;
    let small = MODEL.with(Rc::clone);
    let (plan, owned) = &*small;
    let tools = Tools { context: Context::shared(), compute: &Cpu };
    let mut rng = Prg::from_seed([s.party() as u8; 32]);
    let mut engine = Engine::setup(s, &mut rng).await?;
    let material = material::prepare(s, &mut engine, compare::demand(1)).await?;
    let (less, _) = compare::less_and_equal(s, material, &[7]).await?;
    open::reveal(s, &less).await?;
    let (owner, task) = (s.party() == Party::Bob, Task { batch: 1, told, to: To::Both });
    let model = owner.then_some(owned);
    let prepared = prepare::prepare(s, &tools, &mut engine, plan, model, task, &mut rng).await?;
    let input = model.map_or(Input::Pictures(&[9; 16]), Input::Model);
    run::run(s, &tools, prepared, plan, input, |_| {}).await.map(drop)
}

fuzz_target!(|bytes: &[u8]| {
    let told = match bytes.first().map_or(0, |byte| byte >> 1) % 3 {
        0 => Told::First,
        1 => Told::Three,
        _ => Told::Scores,
    };
    let (_, tamper) = altered(bytes);
    // Neither panics and neither waits for ever; `lockstep` finds out both.
    let _ = lockstep::run_with(&tamper, async |s| party(s, told).await, async |s| party(s, told).await);
});

//! How precise whole numbers are, on models with random weights; `-- --nocapture` prints the
//! figures.

use tacit_compute::Cpu;
use tacit_model::calibrate::calibrate;
use tacit_model::float::Evaluator;
use tacit_model::quantise::quantise;
use tacit_model::{Model, Plan, bench, plain};

/// The largest error of a logit over some pictures, and the largest logit.
fn errors(name: &str, mut model: Model) -> (Plan, f32, f32) {
    let pictures = bench::pictures(model.input, 8, 100);
    let ceilings = calibrate(&mut model, pictures.iter().map(Vec::as_slice), 2.0).unwrap();
    let (plan, weights) = quantise(&model).unwrap();
    let evaluator = Evaluator::new(&model).unwrap();
    let (mut error, mut largest) = (0f32, 0f32);
    for picture in bench::pictures(model.input, 24, 200) {
        let whole = plain::logits(&plan, &weights, &Cpu, &picture);
        for (x, y) in evaluator.logits(&picture).iter().zip(whole) {
            error = error.max((x - y as f32 / (plan.fraction as f32).exp2()).abs());
            largest = largest.max(x.abs());
        }
    }
    println!("{name}: error {error:.5}, largest logit {largest:.2}, ceilings {ceilings:?}");
    for step in &plan.steps {
        println!("  {:8} {:>9} {:?}", step.name, step.output.to_string(), step.op);
    }
    println!("  fraction {}, width of differences {}", plan.fraction, plan.logits_width());
    (plan, error, largest)
}

#[test]
fn m1_is_precise() {
    for seed in 1..4 {
        let (_, error, _) = errors("m1", bench::m1(seed));
        assert!(error <= 0.003, "{error}");
    }
}

#[test]
fn m2_is_precise() {
    for seed in 1..3 {
        let (_, error, _) = errors("m2", bench::m2(seed));
        assert!(error <= 0.014, "{error}");
    }
}

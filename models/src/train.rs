//! Training from a fixed seed.
//!
//! By hand and not on a framework: the networks are so small that a framework's bookkeeping is most of the work. On one
//! core candle 0.11 takes about ten times as long for a step.

use std::time::Instant;

use fastrand::Rng;

use crate::data::{PIXELS, Pictures};
use crate::net::{Net, Score};
use crate::parameter::Adam;
use crate::recipe::{BATCH, Recipe};

/// The share of all steps in which the rate rises.
const WARM_UP: f32 = 0.05;
/// Batches whose statistics the average of the weights is normalised by in the end.
const SETTLE: usize = 300;

/// Trains a network and says how it goes.
pub(crate) fn train(recipe: &Recipe, mut pictures: Pictures) -> Net {
    let judged = pictures.split_off(recipe.held_out);
    let mut rng = Rng::with_seed(recipe.seed);
    let mut net = Net::new(recipe, &mut rng);
    let mut order: Vec<usize> = (0..pictures.len()).collect();
    let (mut batch, batches) = (Batch::default(), pictures.len() / BATCH);
    let mut step = 0;
    let start = Instant::now();
    for epoch in 1..=recipe.epochs {
        rng.shuffle(&mut order);
        let mut score = Score::default();
        for some in order.chunks_exact(BATCH) {
            step += 1;
            batch.fill(recipe, &pictures, some, &mut rng);
            let rate = recipe.rate * share(step as f32 / (recipe.epochs * batches) as f32);
            let adam = Adam { rate, decay: recipe.decay, step };
            let one = net.learn(&batch.input, &batch.labels, recipe.smoothing, adam);
            score.loss += one.loss;
            score.right += one.right;
        }
        let seen = (batches * BATCH) as f32;
        let (loss, right) = (score.loss / seen, 100.0 * score.right as f32 / seen);
        let seconds = start.elapsed().as_secs_f32();
        eprint!("epoch {epoch:3}/{}  loss {loss:.4}  right, as changed {right:.2} %", recipe.epochs);
        if judged.len() > 0 {
            // The average needs statistics of its own; those of the weights go on from where they are.
            let seen = net.statistics();
            net.swap_average();
            settle(&mut net, recipe, &pictures, &mut rng.clone(), SETTLE / 4);
            eprint!("  held out {:.2} %", accuracy(&net, recipe, &judged));
            net.swap_average();
            net.set_statistics(seen);
        }
        eprintln!("  {seconds:.0} s");
    }
    net.swap_average();
    settle(&mut net, recipe, &pictures, &mut rng, SETTLE);
    net
}

/// The rate of learning at some share of the way: up in a line, down in a cosine.
fn share(way: f32) -> f32 {
    if way < WARM_UP {
        way / WARM_UP
    } else {
        (1.0 + (std::f32::consts::PI * (way - WARM_UP) / (1.0 - WARM_UP)).cos()) / 2.0
    }
}

/// Measures anew what the batch normalisations see, as weights that were averaged have never seen anything.
fn settle(net: &mut Net, recipe: &Recipe, pictures: &Pictures, rng: &mut Rng, batches: usize) {
    let mut batch = Batch::default();
    for i in 1..=batches {
        let some: Vec<usize> = (0..BATCH).map(|_| rng.usize(..pictures.len())).collect();
        batch.fill(recipe, pictures, &some, rng);
        // This makes the mean of all.
        net.forward(&batch.input, 1.0 / i as f32);
    }
}

#[derive(Default)]
struct Batch {
    input: Vec<f32>,
    labels: Vec<usize>,
}

impl Batch {
    fn fill(&mut self, recipe: &Recipe, pictures: &Pictures, some: &[usize], rng: &mut Rng) {
        self.input.resize(some.len() * PIXELS, 0.0);
        for (&i, out) in some.iter().zip(self.input.chunks_exact_mut(PIXELS)) {
            recipe.augment.apply(pictures.pixels(i), rng, out);
        }
        self.labels.clear();
        self.labels.extend(some.iter().map(|&i| pictures.label(i)));
    }
}

/// The share of labels that are right, in per cent.
fn accuracy(net: &Net, recipe: &Recipe, pictures: &Pictures) -> f32 {
    let model = crate::export::model(net, recipe).expect("what we export holds together");
    let judge = tacit_model::float::Evaluator::new(&model).expect("what we export holds together");
    let right =
        (0..pictures.len()).filter(|&i| crate::check::top(&judge.logits(pictures.pixels(i))) == pictures.label(i));
    100.0 * right.count() as f32 / pictures.len() as f32
}

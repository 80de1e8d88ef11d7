//! What a model is worth: its accuracy on pictures that it has never seen, in real numbers and in whole ones, and what it
//! costs two parties.

use anyhow::{Context, Result};
use tacit_compute::Cpu;
use tacit_model::float::Evaluator;
use tacit_model::quantise::quantise;
use tacit_model::{Model, Plan, plain};

use crate::data::{CLASSES, Pictures};
use crate::strokes;

/// The place of the largest; the first of several.
pub(crate) fn top(logits: &[f32]) -> usize {
    (0..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best })
}

/// What came of the pictures.
#[derive(Default)]
pub(crate) struct Figures {
    pictures: usize,
    float: usize,
    fixed: usize,
    disagree: usize,
    /// How many there are of each kind, and how many of them whole numbers get right.
    each: [(usize, usize); CLASSES],
    /// The largest difference of a logit between real and whole numbers, and the largest logit.
    error: f32,
    largest: f32,
}

/// Runs a model on pictures, in real numbers and as two parties would.
pub(crate) fn check(model: &Model, pictures: &Pictures) -> Result<(Plan, Figures)> {
    let evaluator = Evaluator::new(model)?;
    let (plan, weights) = quantise(model).context("the model cannot be run by two parties")?;
    let unit = (plan.fraction as f32).exp2();
    let mut figures = Figures { pictures: pictures.len(), ..Figures::default() };
    for i in 0..pictures.len() {
        let (pixels, label) = (pictures.pixels(i), pictures.label(i));
        let real = evaluator.logits(pixels);
        let whole = plain::logits(&plan, &weights, &Cpu, pixels);
        for (x, &y) in real.iter().zip(&whole) {
            figures.error = figures.error.max((x - y as f32 / unit).abs());
            figures.largest = figures.largest.max(x.abs());
        }
        let (real, whole) = (top(&real), plain::top(&whole));
        figures.float += usize::from(real == label);
        figures.fixed += usize::from(whole == label);
        figures.each[label].0 += 1;
        figures.each[label].1 += usize::from(whole == label);
        figures.disagree += usize::from(real != whole);
    }
    Ok((plan, figures))
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = |n: usize| 100.0 * n as f32 / self.pictures as f32;
        writeln!(f, "on {} test pictures", self.pictures)?;
        writeln!(f, "  float accuracy  {:.2} %", share(self.float))?;
        writeln!(f, "  fixed accuracy  {:.2} %", share(self.fixed))?;
        let each = self.each.map(|(all, right)| format!("{:.1}", 100.0 * right as f32 / all as f32));
        writeln!(f, "  of each label   {}", each.join(" "))?;
        writeln!(f, "  labels that differ between the two  {}", self.disagree)?;
        write!(f, "  largest error of a logit  {:.5}, largest logit {:.2}", self.error, self.largest)
    }
}

/// Of a thousand digits that were drawn with a mouse, so to speak: how many are told, and each digit's share of a hundred.
pub(crate) fn drawn(model: &Model) -> Result<(usize, [usize; CLASSES])> {
    let evaluator = Evaluator::new(model)?;
    let mut rng = fastrand::Rng::with_seed(0);
    let right: [usize; CLASSES] = std::array::from_fn(|digit| {
        (0..100).filter(|_| top(&evaluator.logits(&strokes::draw(digit, &mut rng))) == digit).count()
    });
    Ok((right.iter().sum(), right))
}

/// How many numbers were learned.
pub(crate) fn parameters(model: &Model) -> usize {
    model.nodes.iter().map(|node| node.op.parameters()).sum()
}

/// How many bytes a page has to load.
pub(crate) fn compressed(file: &[u8]) -> Result<usize> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &file[..], &mut out, &brotli::enc::BrotliEncoderParams::default())?;
    Ok(out.len())
}

/// The steps of a plan, as a table for a card.
pub(crate) fn table(plan: &Plan) -> String {
    let mut table = String::from("| step | output | comparisons | |\n|---|---|---|---|\n");
    for step in &plan.steps {
        table.push_str(&format!("| {} | {} | {} | `{:?}` |\n", step.name, step.output, step.comparisons(), step.op));
    }
    let comparisons: usize = plan.steps.iter().map(tacit_model::Step::comparisons).sum();
    table + &format!("{comparisons} comparisons; logits have {} fraction bits", plan.fraction)
}

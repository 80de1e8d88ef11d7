//! What the bundled models are worth: `cargo xtask eval` runs this and says where the data lies.
//!
//! `eval FILE.tacit SOURCE DIR COMPUTE`, where SOURCE is `mnist` or `fashion-mnist`, DIR holds a
//! folder of that name and COMPUTE is `gpu`, `cpu` or `auto` for whichever is faster, prints one
//! JSON object:
//!
//! - `images`, `float_accuracy`, `fixed_accuracy`: all test pictures, in real numbers and by the
//!   oracle, in per cent.
//! - `secure_images`, `agree`, `ties`, `disagree`: the first of them in real runs between two
//!   parties, who are on one thread but do everything that two browsers do. A label that is not the
//!   oracle's is a tie if one unit for each truncation and each sum can explain it ([`ties`]), and
//!   else it disagrees.
//! - `logit_error`, `logit_slack`: the first batch once more, with all scores opened: by how much
//!   one differs from the oracle's at most, and by how much one may, in the model's own unit.
//!
//! Where a label disagrees or a score differs by more than it may, the command fails.

use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use futures::executor::block_on;
use tacit_compute::{Cpu, Force, Processor};
use tacit_infer::prepare::{self, Tools};
use tacit_infer::run::{self, Input};
use tacit_infer::{Answer, Owned, Task, Told};
use tacit_model::float::Evaluator;
use tacit_model::quantise::quantise;
use tacit_model::{Plan, Weights, file, plain};
use tacit_ot::Engine;
use tacit_rlwe::Context;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Party, Session};
use tacit_share::open::To;
use tacit_symmetric::Prg;

#[expect(dead_code, reason = "training, which it was written for, needs more of it")]
#[path = "../../../../models/src/data.rs"]
mod data;
mod ties;

use data::Pictures;
use ties::Slack;

/// Pictures in secure runs.
const SAMPLE: usize = 500;
/// Pictures in one run.
const BATCH: usize = 50;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, source, folder, compute] = &arguments[..] else { bail!("usage: eval FILE.tacit SOURCE DIR COMPUTE") };
    let path = Path::new(path);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let source = match source.as_str() {
        "mnist" => data::MNIST,
        "fashion-mnist" => data::FASHION,
        _ => bail!("SOURCE is mnist or fashion-mnist"),
    };
    let processor = processor(compute)?;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let model = file::read(&bytes).with_context(|| format!("{} is no model", path.display()))?;
    let pictures = source.test(&data::folder(Some(Path::new(folder)), &source)?)?;

    let evaluator = Evaluator::new(&model)?;
    let (plan, weights) = quantise(&model)?;
    ensure!(plan.input.len() == data::PIXELS, "{name} takes other pictures than these");
    let (mut float, mut oracle) = (0, Vec::with_capacity(pictures.len()));
    for start in (0..pictures.len()).step_by(BATCH) {
        let batch = start..pictures.len().min(start + BATCH);
        let is_right = |i: &usize| largest(&evaluator.logits(pictures.pixels(*i))) == pictures.label(*i);
        float += batch.clone().filter(is_right).count();
        let pixels: Vec<u8> = batch.flat_map(|i| pictures.pixels(i)).copied().collect();
        oracle.extend(block_on(plain::logits_of_all(&plan, &weights, &processor, &pixels)));
    }
    let fixed = (0..pictures.len()).filter(|&i| plain::top(&oracle[i]) == pictures.label(i)).count();

    let slack = Slack::new(&plan, &weights);
    let secure = Secure { plan: &plan, weights: &weights, pictures: &pictures, slack, processor: &processor };
    let Labels { images, agree, ties, disagree } = secure.labels(&oracle);
    let (error, explained) = secure.largest_error(&oracle);
    let share = |n: usize| 100.0 * n as f64 / pictures.len() as f64;
    let real = |n: f64| n / f64::from(plan.fraction).exp2();
    let slack = secure.slack.logits().iter().copied().fold(0.0, f64::max);
    println!(
        r#"{{"model":"{name}","images":{},"float_accuracy":{:.2},"fixed_accuracy":{:.2},"secure_images":{images},"agree":{agree},"ties":{ties},"disagree":{disagree},"logit_error":{:.6},"logit_slack":{:.6}}}"#,
        pictures.len(),
        share(float),
        share(fixed),
        real(error),
        real(slack),
    );
    ensure!(disagree == 0, "{name}: {disagree} secure runs disagree with the oracle, and not by ties");
    ensure!(explained, "{name}: a score of a secure run is farther from the oracle's than truncations explain");
    Ok(())
}

/// What computes, as it was asked for; says which it is.
fn processor(compute: &str) -> Result<Processor> {
    let force = match compute {
        "gpu" => Force::Gpu,
        "cpu" => Force::Cpu,
        "auto" => Force::Nothing,
        _ => bail!("COMPUTE is gpu, cpu or auto"),
    };
    let processor = Processor::cpu();
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1e3;
    block_on(processor.choose(force, Rc::new(|_| Box::pin(std::future::pending())), &clock));
    let report = processor.report();
    eprintln!("{}", report.why);
    ensure!(force != Force::Gpu || !report.uses.is_empty(), "there is no graphics processor to insist on");
    Ok(processor)
}

fn largest(logits: &[f32]) -> usize {
    (0..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best })
}

/// Real runs between two parties.
struct Secure<'a> {
    plan: &'a Plan,
    weights: &'a Weights,
    pictures: &'a Pictures,
    slack: Slack,
    processor: &'a Processor,
}

/// What came of the labels.
#[derive(Default)]
struct Labels {
    images: usize,
    agree: usize,
    ties: usize,
    disagree: usize,
}

impl Secure<'_> {
    /// The sample's labels, as the product tells them, against the oracle's.
    fn labels(&self, oracle: &[Vec<i32>]) -> Labels {
        let sample = SAMPLE.min(oracle.len());
        let mut labels = Labels { images: sample, ..Labels::default() };
        for (answer, logits) in self.run(sample, Told::First).iter().zip(oracle) {
            let Answer::Places(places) = answer else { panic!("labels were asked for") };
            let (label, told) = (plain::top(logits), places[0]);
            if told == label {
                labels.agree += 1;
            } else if self.slack.is_tie(logits, label, told) {
                labels.ties += 1;
            } else {
                labels.disagree += 1;
            }
        }
        labels
    }

    /// The largest difference of a score from the oracle's over one batch, and whether what may be
    /// off explains all of them.
    fn largest_error(&self, oracle: &[Vec<i32>]) -> (f64, bool) {
        let (mut largest, mut explained) = (0f64, true);
        for (answer, logits) in self.run(BATCH.min(oracle.len()), Told::Scores).iter().zip(oracle) {
            let Answer::Scores(scores) = answer else { panic!("scores were asked for") };
            for ((score, logit), slack) in scores.iter().zip(logits).zip(self.slack.logits()) {
                let error = f64::from(score.abs_diff(*logit));
                largest = largest.max(error);
                explained &= error <= *slack;
            }
        }
        (largest, explained)
    }

    /// The client's answers for the first pictures, batch by batch in one pairing.
    fn run(&self, sample: usize, told: Told) -> Vec<Answer> {
        let client = async |s: Session<QueueLink>| self.party(s, sample, told).await;
        let (_, answers) = lockstep::run(client, client);
        answers
    }

    /// One party's side: Alice has the model, Bob the pictures.
    async fn party(&self, mut s: Session<QueueLink>, sample: usize, told: Told) -> Vec<Answer> {
        const HONEST: &str = "both parties are honest and their link is whole";
        let (context, party, plan) = (Context::new(), s.party(), self.plan);
        let tools = Tools { context: &context, compute: self.processor };
        let owned = (party == Party::Alice).then(|| Owned::new(&context, &Cpu, plan, self.weights));
        let mut rng = Prg::from_seed([party as u8 + 1; 32]);
        let mut engine = Engine::setup(&mut s, &mut rng).await.expect(HONEST);
        let mut answers = Vec::new();
        for start in (0..sample).step_by(BATCH) {
            let batch = start..sample.min(start + BATCH);
            let task = Task { batch: batch.len(), told, to: To::One(Party::Bob) };
            let model = owned.as_ref();
            let prepared =
                prepare::prepare(&mut s, &tools, &mut engine, plan, model, task, &mut rng).await.expect(HONEST);
            let pixels: Vec<u8> = batch.flat_map(|i| self.pictures.pixels(i)).copied().collect();
            let input = model.map_or(Input::Pictures(&pixels), Input::Model);
            let answer = run::run(&mut s, &tools, prepared, plan, input, |_| {}).await.expect(HONEST);
            answers.extend(answer.into_iter().flatten());
        }
        answers
    }
}

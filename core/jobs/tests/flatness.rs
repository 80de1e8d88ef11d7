//! What a model's owner receives while a picture goes through the model is noise, whatever the
//! picture is; and so is what the picture's owner receives, whatever the model is.

use std::cell::RefCell;
use std::rc::Rc;

use tacit_compute::Cpu;
use tacit_infer::run::{self, Input};
use tacit_infer::{Owned, Task, Told, forms, ideal};
use tacit_model::quantise::quantise;
use tacit_model::{Model, Node, Op, Plan, Shape, Weights, bench};
use tacit_record::flatness::{Histogram, chi_squared, p_value, two_samples, uniform_bits};
use tacit_rlwe::Context;
use tacit_session::lockstep::{self, QueueLink, Tamper};
use tacit_session::{HEADER, Party, Session};
use tacit_share::form::Form;
use tacit_share::linear::Role;
use tacit_share::open::To;

/// Runs of each picture. A bit that is one in 60 of 100 instead of 50 is found: its χ² is about
/// 4·0.1²·1024 = 41, and P(χ²_1 ≥ 41) is 1.5·10^−10, which is below [`LEVEL`] shared among 6,000
/// tests.
const RUNS: u32 = 1024;

/// How likely [`suspect`] is to suspect something where nothing is wrong, by Bonferroni's
/// inequality. Seeds are fixed.
const LEVEL: f64 = 1e-6;

/// A convolution, a ReLU with a ceiling, a maximum and a dense layer, on pictures of 4 × 4.
fn small(seed: u8) -> Model {
    let nodes = vec![
        Node::new("conv", bench::convolution(1, 2, 3, 1, 0), &[0]),
        Node::new("relu", Op::Relu { ceiling: Some(1.0) }, &[1]),
        Node::new("pool", Op::MaxPool { size: 2, stride: 2 }, &[2]),
        Node::new("flat", Op::Flatten, &[3]),
        Node::new("dense", bench::dense(seed, 2, 3), &[4]),
    ];
    let labels = ["a", "b", "c"].map(Into::into).into();
    Model { name: "small".into(), input: Shape::new(1, 4, 4), labels, nodes }
}

struct Case {
    plan: Plan,
    weights: Weights,
    owned: Owned,
    context: Context,
    task: Task,
}

impl Case {
    fn new(model: &Model, told: Told, to: To) -> Self {
        let (plan, weights) = quantise(model).unwrap();
        let context = Context::new();
        let owned = Owned::new(&context, &Cpu, &plan, &weights);
        Self { plan, weights, owned, context, task: Task { batch: 1, told, to } }
    }

    fn role(&self, party: Party, owner: Party) -> Role {
        if party == owner { Role::Owner } else { Role::Client }
    }

    fn forms(&self, party: Party, owner: Party) -> Vec<Form> {
        forms::received(party, self.role(party, owner), &self.plan, self.task)
    }

    /// The bodies that each party receives in a run.
    fn run(&self, owner: Party, picture: &[u8], seed: [u8; 32]) -> [Vec<Vec<u8>>; 2] {
        let received: Rc<RefCell<[Vec<Vec<u8>>; 2]>> = Rc::default();
        let sink = Rc::clone(&received);
        let tamper: Tamper = Rc::new(RefCell::new(move |from: Party, _, frame: Vec<u8>| {
            sink.borrow_mut()[from.other() as usize].push(frame[HEADER..].to_vec());
            vec![frame]
        }));
        let party = async |mut s: Session<QueueLink>| {
            let role = self.role(s.party(), owner);
            let tools = tacit_infer::prepare::Tools { context: &self.context, compute: &Cpu };
            let prepared = ideal::deal(&mut s, &Cpu, &self.plan, &self.weights, role, self.task, seed).await.unwrap();
            let input = if role == Role::Owner { Input::Model(&self.owned) } else { Input::Pictures(picture) };
            run::run(&mut s, &tools, prepared, &self.plan, input, |_| ()).await.unwrap()
        };
        lockstep::run_with(&tamper, party, party);
        received.take()
    }

    /// The meaningful bits that a party receives in each of many runs, as bits; and all of them in
    /// one histogram.
    fn received(&self, party: Party, owner: Party, picture: &[u8], kind: u8) -> (Vec<Vec<bool>>, Histogram) {
        let forms = self.forms(party, owner);
        let mut histogram = Histogram::default();
        let run = |run: u32| {
            let mut seed = [kind; 32];
            seed[..4].copy_from_slice(&run.to_le_bytes());
            let bodies = self.run(owner, picture, seed)[party as usize].clone();
            assert_eq!(
                bodies.iter().map(Vec::len).collect::<Vec<_>>(),
                forms.iter().map(Form::bytes).collect::<Vec<_>>()
            );
            let mut all = Vec::new();
            for (form, body) in forms.iter().zip(&bodies) {
                assert!(uniform_bits(form.tag));
                histogram.add_formed(form, body);
                for (group, bits) in form.of(body) {
                    all.extend((0..bits).map(|bit| group[bit / 8] >> (bit % 8) & 1 == 1));
                }
            }
            all
        };
        ((0..RUNS).map(run).collect(), histogram)
    }
}

/// What tells two lists of bits apart, or one of them from uniform bits: every bit against a fair
/// coin in both lists, and between them every two neighbours, and four from every third bit on.
fn suspect(one: &[Vec<bool>], two: &[Vec<bool>]) -> Vec<String> {
    let counts = |views: &[Vec<bool>], at: usize, n: usize| {
        let mut counts = vec![0; 1 << n];
        views.iter().for_each(|bits| counts[(0..n).fold(0, |value, i| value | usize::from(bits[at + i]) << i)] += 1);
        counts
    };
    let n = one[0].len();
    let mut tests = Vec::new();
    for at in 0..n {
        for views in [one, two] {
            tests.push((format!("bit {at}"), p_value(chi_squared(&counts(views, at, 1)), 1)));
        }
        for width in [2, 4] {
            if at + width <= n && at.is_multiple_of(width - 1) {
                let (x, degrees) = two_samples(&counts(one, at, width), &counts(two, at, width));
                tests.push((format!("{width} bits from {at}"), p_value(x, degrees)));
            }
        }
    }
    let level = LEVEL / tests.len() as f64;
    tests.into_iter().filter(|(_, p)| *p < level).map(|(name, p)| format!("{name}: {p:e}")).collect()
}

fn picture(seed: u8) -> Vec<u8> {
    bench::pictures(Shape::new(1, 4, 4), 1, seed).remove(0)
}

fn is_flat(histogram: &Histogram) {
    assert!(histogram.total() > 100_000);
    assert!(histogram.p_value() > LEVEL, "{}: {:?}", histogram.p_value(), histogram.counts());
}

#[test]
fn forms_are_those_of_the_messages() {
    for told in [Told::First, Told::Three, Told::Scores] {
        for to in [To::One(Party::Alice), To::One(Party::Bob), To::Both] {
            let case = Case::new(&small(3), told, to);
            for owner in [Party::Alice, Party::Bob] {
                let bodies = case.run(owner, &picture(1), [1; 32]);
                for party in [Party::Alice, Party::Bob] {
                    let forms = case.forms(party, owner);
                    let lengths: Vec<_> = bodies[party as usize].iter().map(Vec::len).collect();
                    assert_eq!(
                        forms.iter().map(Form::bytes).collect::<Vec<_>>(),
                        lengths,
                        "{told:?}, {to:?}, {owner:?}"
                    );
                    for (form, body) in forms.iter().zip(&bodies[party as usize]) {
                        let set: u32 = body.iter().map(|byte| byte.count_ones()).sum();
                        let meant = form.of(body).map(|(group, bits)| {
                            (0..bits).map(|bit| u32::from(group[bit / 8] >> (bit % 8) & 1)).sum::<u32>()
                        });
                        assert_eq!(meant.sum::<u32>(), set, "what fills a byte is zero");
                    }
                }
            }
        }
    }
}

/// Black, white and a drawn picture, and whichever party the owner is.
#[test]
fn what_the_models_owner_receives_stays_flat_as_the_picture_changes() {
    let case = Case::new(&small(3), Told::First, To::Both);
    for owner in [Party::Alice, Party::Bob] {
        let (black, flat) = case.received(owner, owner, &[0; 16], 1);
        is_flat(&flat);
        for (other, kind) in [(vec![255; 16], 2), (picture(5), 3)] {
            let (other, flat) = case.received(owner, owner, &other, kind);
            is_flat(&flat);
            assert_eq!(suspect(&black, &other), [""; 0], "{owner:?}");
        }
    }
}

/// Two models of one plan.
#[test]
fn what_the_pictures_owner_receives_stays_flat_as_the_model_changes() {
    let [one, mut two] = [3, 3].map(|seed| Case::new(&small(seed), Told::First, To::One(Party::Alice)));
    two.weights.layers.iter_mut().for_each(|layer| layer.weights.iter_mut().for_each(|w| *w = -*w));
    two.owned = Owned::new(&two.context, &Cpu, &two.plan, &two.weights);
    let client = Party::Bob;
    let [(one, flat), (two, flat_too)] =
        [(one, 1), (two, 2)].map(|(case, kind)| case.received(client, client.other(), &picture(5), kind));
    is_flat(&flat);
    is_flat(&flat_too);
    assert_eq!(suspect(&one, &two), [""; 0]);
}

/// The test is one that fails.
#[test]
fn what_is_not_noise_is_suspected() {
    let case = Case::new(&small(3), Told::First, To::Both);
    let (flat, _) = case.received(Party::Alice, Party::Alice, &[0; 16], 1);
    let (other, _) = case.received(Party::Alice, Party::Alice, &picture(5), 2);
    let blamed = |what: &str, views: &[Vec<bool>], why: &str| {
        let found = suspect(&flat, views);
        assert!(found.iter().any(|found| found.starts_with(why)), "{what}: {found:?}");
    };
    let changed = |change: fn(&mut Vec<bool>, u32)| {
        let mut views = other.clone();
        views.iter_mut().zip(0..).for_each(|(bits, run)| change(bits, run));
        views
    };
    blamed("a bit that is one in 60 of 100", &changed(|bits, run| bits[200] |= run % 5 == 0), "bit 200");
    blamed("two bits under one mask", &changed(|bits, _| bits[33] = bits[32]), "2 bits from 32");
    blamed("four bits that add up", &changed(|bits, _| bits[33] = bits[30] ^ bits[31] ^ bits[32]), "4 bits from 30");
    // The first message is the picture under its mask.
    let spent_again = |picture: &[u8]| -> Vec<Vec<bool>> {
        let [received, _] = case.run(Party::Alice, picture, [1; 32]);
        let bits = received[0].iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect();
        vec![bits; RUNS as usize]
    };
    assert!(!suspect(&spent_again(&[0; 16]), &spent_again(&picture(5))).is_empty(), "material that is spent again");
}

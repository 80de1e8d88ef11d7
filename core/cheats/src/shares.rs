//! Shares that lie: an altered party turns the function into another one, and learns of its value
//! what is opened.
//!
//! In *MUSE* (Lehmkuhl, Mishra, Srinivasan, Popa 2021) a client adds errors of its choice to its
//! shares between the layers, reads linear equations in the weights out of the scores, and has the
//! model after a few hundred of them. The errors are not caught here either; a label gives ⌈log2 L⌉
//! bits, whatever the function has become.

use std::cell::RefCell;
use std::rc::Rc;

use tacit_jobs::{Answer, Audience, Job, Order, Prediction, Reveal};
use tacit_model::{Model, Node, Op, Shape, file};
use tacit_session::damage;
use tacit_session::lockstep::Tamper;
use tacit_session::{Party, Tag};
use tacit_symmetric::Prg;

use crate::gain::Play;
use crate::people::{Puts, meet};
use crate::{Attack, seed_of};

/// A client that steers one unit of the last layer through the model, and reads which label that
/// unit speaks for.
pub const STEER: Attack =
    Attack { name: "shares: weights by steering the network (MUSE)", allowed: 4.0, runs: 256, few: 6, play: steer };

/// An owner that bends the opened label, so that it is none for some pictures, and looks how the
/// other program goes on.
pub const SPOIL: Attack = Attack { name: "shares: a label that is none", allowed: 0.0, runs: 128, few: 6, play: spoil };

/// A party that flips a bit of what it sends of a comparison, and reads the answer: another
/// predicate of the amount than agreed.
pub const COMPARE: Attack =
    Attack { name: "shares: a bent comparison", allowed: 2.0, runs: 512, few: 16, play: compare };

/// Units before the last layer.
const UNITS: usize = 6;

/// A model of two dense layers, whose last one lets unit `unit` speak for label `speaks_for[unit]`.
pub(crate) fn model(labels: usize, speaks_for: &[usize]) -> Vec<u8> {
    let first = Op::Dense {
        outputs: UNITS,
        weights: (0..4 * UNITS).map(|i| (i % 3) as f32 / 4.0).collect(),
        bias: vec![0.1; UNITS],
    };
    let mut weights = vec![0.0; labels * UNITS];
    speaks_for.iter().enumerate().for_each(|(unit, label)| weights[label * UNITS + unit] = 1.0);
    let last = Op::Dense { outputs: labels, weights, bias: vec![0.0; labels] };
    let nodes = vec![
        Node::new("flat", Op::Flatten, &[0]),
        Node::new("first", first, &[1]),
        Node::new("relu", Op::Relu { ceiling: Some(2.0) }, &[2]),
        Node::new("last", last, &[3]),
    ];
    let labels = (0..labels).map(|label| label.to_string()).collect();
    let model = Model { name: "model".into(), input: Shape::new(1, 2, 2), labels, nodes };
    file::write(&model).expect("a small model")
}

/// The first label of the first answer, if there is one.
fn label(answers: &[Answer]) -> Option<usize> {
    let Answer::Predictions(predictions) = answers.first()? else { return None };
    match predictions.first()? {
        Prediction::Labels { ranked, .. } => ranked.first().copied(),
        Prediction::Spoiled => None,
    }
}

fn steer(seed: u64) -> Play {
    let (labels, mut prg) = (16, Prg::from_seed(seed_of(seed, 0)));
    let speaks_for: Vec<usize> = (0..UNITS).map(|_| prg.next_u64() as usize % labels).collect();
    // The client's masked input of the last layer, with a large number in the place of one unit.
    let mut layers = 0;
    let tamper = damage::altered(Party::Bob, move |_, tag, body| {
        if tag == Tag::MaskedLayer {
            layers += 1;
            if layers == 2 {
                let (unit, _) = body.as_chunks_mut::<4>();
                unit[0] = u32::from_le_bytes(unit[0]).wrapping_add(1 << 10).to_le_bytes();
            }
        }
    });
    let puts = [Puts::Model(model(labels, &speaks_for), Reveal::default()), Puts::Picture([1, 2, 2], vec![0; 4])];
    let [_, (answers, _)] = meet(&tamper, Job::Classify { owner: Party::Alice }, puts, 1, seed);
    Play::Saw { secret: speaks_for[0] as u64, view: label(&answers).map_or(u64::MAX, |label| label as u64) }
}

fn spoil(seed: u64) -> Play {
    let labels = 10;
    // The owner flips the highest bit of the label, which makes a label of 2 to 7 none.
    let mut opened = 0;
    let bend = damage::altered(Party::Alice, move |_, tag, body| {
        if tag == Tag::OpenBits {
            opened += 1;
            if opened == 1 {
                body[0] ^= 8;
            }
        }
    });
    // Its view: the kinds, lengths and order of all that comes, and the words of the control
    // messages.
    let view = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&view);
    let tamper: Tamper = Rc::new(RefCell::new(move |from, index, frame: Vec<u8>| {
        if from == Party::Bob {
            let is_word = frame[0] == Tag::Control as u8;
            sink.borrow_mut().push((frame[0], frame.len(), if is_word { frame.clone() } else { Vec::new() }));
        }
        (*bend.borrow_mut())(from, index, frame)
    }));
    // Unit 0 is the largest and speaks for a label that only this run has: the picture, in effect.
    let wanted = seed as usize % labels;
    let reveal = Reveal { audience: Audience::Holder, ..Reveal::default() };
    let puts = [Puts::Model(model(labels, &[wanted; UNITS]), reveal), Puts::Picture([1, 2, 2], vec![200; 4])];
    let [_, (answers, _)] = meet(&tamper, Job::Classify { owner: Party::Alice }, puts, 2, 0);
    assert_eq!(answers.len(), 2, "the round after a spoiled one goes on");
    let is_none = label(&answers).is_none();
    assert_eq!(is_none, (2..8).contains(&wanted), "the lie has its effect");
    let view = view.borrow().iter().fold(0u64, |hash, frame| {
        let bytes = format!("{frame:?}");
        bytes.bytes().fold(hash, |hash, byte| hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte))
    });
    Play::Saw { secret: u64::from(is_none), view }
}

fn compare(seed: u64) -> Play {
    let mut prg = Prg::from_seed(seed_of(seed, 0));
    let amount = prg.next_u64() % 16;
    // At the leaves, where the other side's input is met.
    let mut lied = false;
    let tamper = damage::altered(Party::Bob, move |_, tag, body| {
        if tag == Tag::MaskedInputs && !std::mem::replace(&mut lied, true) {
            body[0] ^= 4;
        }
    });
    let [_, (answers, _)] = meet(&tamper, Job::Millionaires, [Puts::Amount(amount), Puts::Amount(8)], 1, seed);
    let view = match answers.first() {
        Some(Answer::Order(Order::You)) => 0,
        Some(Answer::Order(Order::They)) => 1,
        Some(Answer::Order(Order::Equal)) => 2,
        _ => 3,
    };
    Play::Saw { secret: amount, view }
}

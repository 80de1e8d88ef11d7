//! Two whole programs with persons who agree to everything.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::mpsc::unbounded;
use tacit_compute::Processor;
use tacit_jobs::{Amount, Answer, Command, Event, Input, Job, ModelFile, Pairing, Picture, Reveal, pairing};
use tacit_session::lockstep::{self, QueueLink, Tamper};
use tacit_session::{Fault, Party};

use crate::seed_of;

/// A person's input.
#[derive(Clone)]
pub(crate) enum Puts {
    /// An amount, round after round.
    Amount(u64),
    /// A model file, and what is told of its answers.
    Model(Vec<u8>, Reveal),
    /// A picture of this shape, round after round.
    Picture([usize; 3], Vec<u8>),
}

/// Runs one program whose person agrees to everything and leaves after some rounds: the answers,
/// and how it ended.
pub(crate) async fn live(
    link: QueueLink,
    seat: Party,
    job: Job,
    puts: Puts,
    rounds: usize,
    seed: u64,
) -> (Vec<Answer>, Fault) {
    let answers = Rc::new(RefCell::new(Vec::new()));
    let (diary, given) = (Rc::clone(&answers), Cell::new(false));
    let (commands, receiver) = unbounded();
    let pairing = Pairing { seat, confirm_words: false, job, record: false };
    let emit = move |event: Event| {
        let command = match (event, &puts) {
            (Event::Offered { .. }, Puts::Model(file, reveal)) if !given.replace(true) => {
                Some(Command::Model { model: ModelFile(file.clone()), reveal: *reveal })
            }
            (Event::Proposed { .. }, _) if diary.borrow().len() == rounds => Some(Command::Cancel),
            (Event::Proposed { agreement, .. }, _) => Some(Command::Accept { hash: agreement.hash() }),
            (Event::Agreed, Puts::Amount(amount)) => {
                let amount = Amount::from_minor_units(*amount).expect("an amount");
                Some(Command::Input { input: Input::Amount(amount) })
            }
            (Event::Agreed, Puts::Picture(shape, pixels)) => {
                let picture = Picture::new(*shape, pixels.clone()).expect("a picture");
                Some(Command::Input { input: Input::Pictures(vec![picture]) })
            }
            (Event::Finished { outcome }, _) => {
                diary.borrow_mut().push(outcome.answer);
                None
            }
            _ => None,
        };
        // A program that has ended hears nothing.
        command.map(|command| commands.unbounded_send(command));
    };
    let fault =
        pairing::run(link, pairing, seed_of(seed, 8 + seat as u8), Rc::new(Processor::cpu()), receiver, emit).await;
    (answers.take(), fault)
}

/// Both programs of one session, with what crosses going through `tamper`: Alice's answers and end,
/// and Bob's.
pub(crate) fn meet(tamper: &Tamper, job: Job, puts: [Puts; 2], rounds: usize, seed: u64) -> [(Vec<Answer>, Fault); 2] {
    let (a, b) = lockstep::queues_with(tamper);
    let [hers, his] = puts;
    let (alice, bob) =
        lockstep::join(live(a, Party::Alice, job, hers, rounds, seed), live(b, Party::Bob, job, his, rounds, seed));
    [alice, bob]
}

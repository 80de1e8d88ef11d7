//! A peer who knows the frames and their checks, and says what it likes: whatever that is, the program ends with a
//! fault. It does not panic, wait for ever, or hand out an answer that its person has not agreed to.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::mpsc::unbounded;
use proptest::collection::vec;
use proptest::prelude::*;
use tacit_compute::Processor;
use tacit_jobs::{Amount, Command, Event, Input, Job, Pairing, pairing};
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Code, Malformed, Message, Party, Session, Tag};

/// A body of any content under a tag, with the check that belongs to it.
struct Forged<const INDEX: usize>(Vec<u8>);

impl<const INDEX: usize> Message for Forged<INDEX> {
    const TAG: Tag = Tag::ALL[INDEX];
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn decode(_: &[u8], (): ()) -> Result<Self, Malformed> {
        Err(Malformed)
    }
}

async fn forge(s: &mut Session<Rc<QueueLink>>, index: usize, body: Vec<u8>) -> bool {
    macro_rules! one_of {
        ($($index:literal)+) => {
            match index {
                $($index => s.send(&Forged::<$index>(body)).await,)+
                _ => unreachable!("a tag of the registry"),
            }
        };
    }
    const { assert!(Tag::ALL.len() == 17) };
    one_of!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16).is_ok()
}

/// Bodies of the lengths that the protocol has, and of others.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        Just(0usize),
        Just(1),
        Just(2),
        Just(3),
        Just(8),
        Just(12),
        Just(32),
        Just(33),
        Just(3072),
        Just(4096),
        0usize..9000
    ];
    (length, any::<u8>(), any::<[u8; 8]>()).prop_map(|(length, first, rest)| {
        let mut body: Vec<u8> = rest.iter().copied().cycle().take(length).collect();
        if let Some(byte) = body.first_mut() {
            *byte = first % 7;
        }
        body
    })
}

proptest! {
    #[test]
    fn whatever_a_peer_says_the_program_ends_with_a_fault(
        hello in any::<bool>(),
        script in vec((0usize..Tag::ALL.len(), body()), 0..12),
    ) {
        let (alice, bob) = lockstep::queues();
        let (commands, receiver) = unbounded();
        let events = Rc::new(RefCell::new(Vec::new()));
        let diary = Rc::clone(&events);
        let pairing = Pairing { seat: Party::Alice, confirm_words: false, job: Job::Millionaires, record: false };
        // The most trusting person there is.
        let program = pairing::run(alice, pairing, [1; 32], Rc::new(Processor::cpu()), receiver, move |event| {
            let command = match event {
                Event::Proposed { .. } => Some(Command::Accept),
                Event::Agreed => Amount::from_minor_units(5).ok().map(|amount| Command::Input { input: Input::Amount(amount) }),
                _ => None,
            };
            if let Some(command) = command {
                commands.unbounded_send(command).unwrap();
            }
            diary.borrow_mut().push(event);
        });
        let peer = async {
            let link = Rc::new(bob);
            let [mut control, mut protocol] = [0, 1].map(|_| Session::new(Party::Bob, Rc::clone(&link)));
            if hello {
                forge(&mut control, 0, vec![0, 2, 0]).await;
            }
            for (index, body) in script {
                let lane = if index == 0 { &mut control } else { &mut protocol };
                if !forge(lane, index, body).await {
                    return;
                }
            }
        };
        // Lockstep panics if the program waits for ever.
        let (fault, ()) = lockstep::join(program, peer);
        let expected = [Code::PeerBroke, Code::PeerLeft, Code::VersionsDiffer, Code::PeerCancelled, Code::PeerDeclined, Code::WordsDiffer, Code::Stalled];
        prop_assert!(expected.contains(&fault.code), "{}", fault);
        let events = events.borrow();
        let answered = events.iter().any(|event| matches!(event, Event::Finished { .. }));
        prop_assert!(!answered);
    }
}

//! A peer who knows the frames and their checks, and says what it likes: whatever that is, the
//! program ends with a fault. It does not panic, wait for ever, or hand out an answer that its
//! person has not agreed to.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::mpsc::unbounded;
use proptest::collection::vec;
use proptest::prelude::*;
use tacit_compute::Processor;
use tacit_jobs::{Amount, Command, Event, Input, Job, Pairing, pairing};
use tacit_model::quantise::quantise;
use tacit_model::{Model, Node, Op, Shape, bench};
use tacit_session::damage::Raw;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Code, Fault, Party, Session, Tag};

/// A message on the control lane, whatever it is.
type Heard = Raw<{ Tag::Control as u8 }>;

async fn forge(s: &mut Session<Rc<QueueLink>>, index: usize, body: Vec<u8>) -> bool {
    macro_rules! one_of {
        ($($index:literal)+) => {
            match index {
                $($index => s.send(&Raw::<{ Tag::ALL[$index] as u8 }>(body)).await,)+
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
            *byte = first % 8;
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
            let command = match &event {
                Event::Proposed { agreement, .. } => Some(Command::Accept { hash: agreement.hash() }),
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
                // The program's own version and jobs, which it has just said.
                for _ in 0..2 {
                    let Ok(Raw(said)) = control.recv::<Heard>(()).await else { return };
                    forge(&mut control, 0, said).await;
                }
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

/// The next message on the control lane; those of the protocol are passed over.
async fn hear(control: &mut Session<QueueLink>) -> Vec<u8> {
    loop {
        match control.recv::<Heard>(()).await {
            Ok(Raw(talk)) => return talk,
            Err(fault) => assert_eq!(fault.code, Code::PeerBroke, "{fault}"),
        }
    }
}

/// The first bytes of messages on the control lane.
const ACCEPT: u8 = 2;
const PROPOSE: u8 = 5;
const KNOWS: u8 = 6;

/// A peer that has said hello, that it knows `jobs`, and heard what is proposed.
async fn greeted(link: QueueLink, jobs: &[&str]) -> Session<QueueLink> {
    let mut control = Session::new(Party::Bob, link);
    let hello = hear(&mut control).await;
    control.send(&Raw::<{ Tag::Control as u8 }>(hello)).await.unwrap();
    assert_eq!(hear(&mut control).await[0], KNOWS);
    let ids = jobs.iter().flat_map(|id| [&[id.len() as u8], id.as_bytes()].concat());
    let knows = [KNOWS, jobs.len() as u8].into_iter().chain(ids).collect();
    control.send(&Raw::<{ Tag::Control as u8 }>(knows)).await.unwrap();
    assert_eq!(hear(&mut control).await[0], PROPOSE);
    control
}

/// What this program knows.
const ALL: [&str; 2] = ["compare", "classify"];

/// A proposal of the job called `id`.
fn proposal(count: u8, id: &str, offer: &[u8]) -> Heard {
    Raw([&[PROPOSE, count, 0, 0, 0, 0, id.len() as u8][..], id.as_bytes(), offer].concat())
}

/// Bob's proposal of a check under his model of so many labels: what is told of one picture, to
/// whose it is.
fn offer(count: u8, detail: u8, labels: usize) -> Heard {
    let model = Model {
        name: "small".into(),
        input: Shape::new(1, 4, 4),
        labels: (0..labels).map(|label| label.to_string()).collect(),
        nodes: vec![Node::new("flat", Op::Flatten, &[0]), Node::new("dense", bench::dense(1, 16, labels), &[1])],
    };
    let plan = quantise(&model).unwrap().0.encode();
    proposal(count, "classify", &[&[1, detail, 0, 1][..], &plan].concat())
}

/// Scores of 32 labels would open more than one lattice secret may carry: no honest program
/// proposes that.
#[test]
fn a_proposal_beyond_what_a_secret_may_carry_is_a_fault() {
    for (labels, is_shown) in [(31, true), (32, false)] {
        let (alice, bob) = lockstep::queues();
        let (commands, receiver) = unbounded();
        let shown = Rc::new(RefCell::new(0));
        let count = Rc::clone(&shown);
        let pairing = Pairing { seat: Party::Alice, confirm_words: false, job: Job::Millionaires, record: false };
        let program = pairing::run(alice, pairing, [1; 32], Rc::new(Processor::cpu()), receiver, move |event| {
            if let Event::Proposed { agreement, .. } = event
                && agreement.model.is_some()
            {
                *count.borrow_mut() += 1;
                commands.unbounded_send(Command::Decline).unwrap();
            }
        });
        let peer = async {
            let mut control = greeted(bob, &ALL).await;
            control.send(&offer(2, 2, labels)).await.unwrap();
            // Its last word, whatever it is.
            hear(&mut control).await;
        };
        let (fault, ()) = lockstep::join(program, peer);
        let expected = if is_shown { (Code::Declined, 1) } else { (Code::PeerBroke, 0) };
        assert_eq!((fault.code, *shown.borrow()), expected, "{labels} labels");
    }
}

/// The peer proposes other terms just before the person accepts. What was on the screen is not what
/// would be accepted, so nothing is, and the new terms are shown again.
#[test]
fn an_acceptance_is_of_what_was_shown() {
    let (alice, bob) = lockstep::queues();
    let (commands, receiver) = unbounded();
    let hashes = Rc::new(RefCell::new(Vec::new()));
    let shown = Rc::clone(&hashes);
    let pairing = Pairing { seat: Party::Alice, confirm_words: false, job: Job::Millionaires, record: false };
    let program = pairing::run(alice, pairing, [1; 32], Rc::new(Processor::cpu()), receiver, move |event| {
        let Event::Proposed { agreement, .. } = event else { return };
        let mut shown = shown.borrow_mut();
        shown.push(agreement.hash());
        let accept = |hash| commands.unbounded_send(Command::Accept { hash }).unwrap();
        match shown[..] {
            // A comparison, a label, scores: the click was meant for the label, and comes when the
            // program knows better.
            [_, label, _] => accept(label),
            [_, _, _, again] => accept(again),
            _ => {}
        }
    });
    let peer = async {
        let mut control = greeted(bob, &ALL).await;
        for (count, detail) in [(2, 0), (3, 2)] {
            control.send(&offer(count, detail, 2)).await.unwrap();
        }
        loop {
            let talk = hear(&mut control).await;
            if talk[0] == ACCEPT {
                return talk;
            }
        }
    };
    let (_, accepted) = lockstep::join(program, peer);
    let hashes = hashes.borrow();
    let [_, label, scores, again] = hashes[..] else { panic!("{} agreements", hashes.len()) };
    assert!(label != scores && scores == again);
    assert_eq!(accepted[1..], [&[3, 0, 0, 0, 0][..], &scores].concat());
}

/// The events shown to a trusting person, who proposes `instead` after a refusal and stops when a
/// round is agreed on.
fn shown(link: QueueLink, instead: Option<Job>, peer: impl Future<Output = ()>) -> (Vec<Event>, Fault) {
    let (commands, receiver) = unbounded();
    let events = Rc::new(RefCell::new(Vec::new()));
    let diary = Rc::clone(&events);
    let pairing = Pairing { seat: Party::Alice, confirm_words: false, job: Job::Millionaires, record: false };
    let program = pairing::run(link, pairing, [1; 32], Rc::new(Processor::cpu()), receiver, move |event| {
        let command = match &event {
            Event::Refused { .. } => instead.map(|job| Command::Offer { job }),
            Event::Proposed { agreement, .. } => Some(Command::Accept { hash: agreement.hash() }),
            Event::Agreed => Some(Command::Cancel),
            _ => None,
        };
        diary.borrow_mut().push(event);
        command.into_iter().for_each(|command| commands.unbounded_send(command).unwrap());
    });
    let (fault, ()) = lockstep::join(program, peer);
    (events.take(), fault)
}

/// Why a proposal was refused, the first time.
fn refusal(events: &[Event]) -> &Fault {
    let fault = events.iter().find_map(|event| if let Event::Refused { fault } = event { Some(fault) } else { None });
    fault.expect("a refusal")
}

/// A newer program proposes a job that this one does not know: the person is told which, and the
/// comparison that was proposed before is agreed on under the new number.
#[test]
fn a_job_that_is_not_known_is_refused_and_the_session_goes_on() {
    let (alice, bob) = lockstep::queues();
    let peer = async {
        let mut control = greeted(bob, &["compare", "both"]).await;
        control.send(&proposal(2, "both", b"Do we both like it?")).await.unwrap();
        // Said before it is heard that nothing came of the proposal.
        let acceptance = loop {
            let talk = hear(&mut control).await;
            if talk[0] == ACCEPT && talk[1] == 2 {
                break talk;
            }
        };
        control.send(&Raw::<{ Tag::Control as u8 }>(acceptance)).await.unwrap();
        hear(&mut control).await;
    };
    let (events, fault) = shown(alice, None, peer);
    assert_eq!(fault.code, Code::Cancelled, "{fault}");
    let refused = refusal(&events);
    assert_eq!(refused.code, Code::VersionsDiffer);
    assert!(refused.detail.as_ref().is_some_and(|detail| detail.contains("this program") && detail.contains("“both”")));
    assert!(events.iter().any(|event| matches!(event, Event::Agreed)));
}

/// An older program does not know the job that this one proposes: the person is told, nothing is
/// begun, and may propose something else.
#[test]
fn a_job_that_the_peer_does_not_know_is_not_begun() {
    let (alice, bob) = lockstep::queues();
    let peer = async {
        let mut control = greeted(bob, &["classify"]).await;
        let other = hear(&mut control).await;
        assert_eq!((other[0], &other[7..15]), (PROPOSE, &b"classify"[..]));
    };
    let (events, fault) = shown(alice, Some(Job::Classify { owner: Party::Bob }), peer);
    assert_eq!(fault.code, Code::PeerLeft, "{fault}");
    let refused = refusal(&events);
    assert_eq!(refused.code, Code::VersionsDiffer);
    assert!(refused.detail.as_ref().is_some_and(|detail| detail.contains("other") && detail.contains("“compare”")));
    let is_begun = |event: &Event| matches!(event, Event::Proposed { .. } | Event::Offered { job: Job::Millionaires });
    assert!(!events.iter().any(is_begun));
}

//! Two whole programs against each other, each with a person who answers events.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use tacit_compute::Processor;
use tacit_jobs::compare::{compare_cost, refill_cost};
use tacit_jobs::machine::setup_cost;
use tacit_jobs::{Amount, Answer, Command, Event, Input, Job, Order, Outcome, Pairing, Transcript, pairing};
use tacit_record::{NoTranscript, OwnInput, Record, Timed};
use tacit_session::damage::{self, Damage};
use tacit_session::lockstep::{self, QueueLink, Tamper};
use tacit_session::{Code, Cost, Direction, Fault, Party, Stage, Tag};

mod support;

/// What a person does when they are shown an event.
type Person = Box<dyn Fn(&Event, &UnboundedSender<Command>)>;

/// Everything one person was shown, and why it ended.
struct Diary {
    events: Vec<Event>,
    end: Fault,
}

impl Diary {
    fn outcomes(&self) -> Vec<Outcome> {
        self.events
            .iter()
            .filter_map(|e| if let Event::Finished { outcome } = e { Some(outcome.clone()) } else { None })
            .collect()
    }

    fn orders(&self) -> Vec<Order> {
        self.outcomes()
            .iter()
            .map(|outcome| match outcome.answer {
                Answer::Order(order) => order,
                _ => panic!("a comparison tells an order"),
            })
            .collect()
    }
}

async fn live(link: QueueLink, pairing: Pairing, person: Person) -> Diary {
    let events = Rc::new(RefCell::new(Vec::new()));
    let diary = Rc::clone(&events);
    let (commands, receiver) = unbounded();
    let seed = [pairing.seat as u8 + 1; 32];
    let end = pairing::run(link, pairing, seed, Rc::new(Processor::cpu()), receiver, move |event| {
        person(&event, &commands);
        diary.borrow_mut().push(event);
    })
    .await;
    let events = events.take();
    assert!(matches!(events.last(), Some(Event::Ended { fault }) if *fault == end));
    Diary { events, end }
}

fn meet(confirm_words: bool, tamper: Option<&Tamper>, alice: Person, bob: Person) -> (Diary, Diary) {
    let (a, b) = match tamper {
        Some(tamper) => lockstep::queues_with(tamper),
        None => lockstep::queues(),
    };
    let seat = |seat| Pairing { seat, confirm_words, job: Job::Millionaires, record: true };
    lockstep::join(live(a, seat(Party::Alice), alice), live(b, seat(Party::Bob), bob))
}

/// Accepts everything, puts in one amount a round, and stops after the last.
fn willing(amounts: &[u64]) -> Person {
    let left = RefCell::new(VecDeque::from_iter(amounts.iter().copied()));
    Box::new(move |event, commands| {
        let say = |command| commands.unbounded_send(command).unwrap();
        match event {
            Event::PeerPresent => say(Command::ConfirmWords),
            Event::Proposed { .. } if left.borrow().is_empty() => say(Command::Cancel),
            Event::Proposed { agreement, .. } => say(Command::Accept { hash: agreement.hash() }),
            Event::Agreed => {
                let amount = left.borrow_mut().pop_front().unwrap();
                say(Command::Input { input: Input::Amount(Amount::from_minor_units(amount).unwrap()) });
            }
            _ => {}
        }
    })
}

/// Like [`willing`] with endless fives, but says `command` when `when` comes.
fn unwilling(when: fn(&Event) -> bool, command: fn() -> Command) -> Person {
    let otherwise = willing(&[5; 30]);
    Box::new(move |event, commands| {
        if when(event) {
            commands.unbounded_send(command()).unwrap();
        } else {
            otherwise(event, commands);
        }
    })
}

#[test]
fn who_is_richer_many_times_over_with_one_set_up() {
    let alice = [0, 1, Amount::MAX, Amount::MAX, 0, 125_000, 7, 7, 7, 7, 7, 7, 7, 7, 7, 1, 2, 3, 4, 5];
    let bob = [0, 0, 0, Amount::MAX, Amount::MAX, 125_001, 6, 7, 8, 6, 7, 8, 6, 7, 8, 5, 4, 3, 2, 1];
    for confirm in [false, true] {
        let (a, b) = meet(confirm, None, willing(&alice), willing(&bob));
        let order = |x: u64, y: u64| match x.cmp(&y) {
            std::cmp::Ordering::Greater => Order::You,
            std::cmp::Ordering::Less => Order::They,
            std::cmp::Ordering::Equal => Order::Equal,
        };
        assert_eq!(a.orders(), alice.iter().zip(bob).map(|(x, y)| order(*x, y)).collect::<Vec<_>>());
        assert_eq!(b.orders(), alice.iter().zip(bob).map(|(x, y)| order(y, *x)).collect::<Vec<_>>());
        let setups = a.events.iter().filter(|e| matches!(e, Event::Progress { stage, .. } if *stage == Stage::BaseOt));
        assert_eq!(setups.count(), 6, "three messages each way, once");
    }
}

/// As in `pictures.rs`: a comparison's opened bits that contradict each other stay at home.
#[test]
fn wrong_shares_of_an_order_show_nothing_to_whoever_sent_them() {
    for cheat in [Party::Alice, Party::Bob] {
        let victim = cheat.other();
        let play = |mask: u64| {
            let (tamper, sent) = support::wrong_opening(cheat, mask);
            let (a, b) = meet(false, Some(&tamper), willing(&[5, 1]), willing(&[7, 1]));
            let diary = if victim == Party::Alice { a } else { b };
            let answers: Vec<_> = diary.outcomes().into_iter().map(|outcome| outcome.answer).collect();
            (answers, support::of(&sent, victim))
        };
        let (_, sent) = play(0);
        // Bit 0 is less, which holds; bit 1 is equal.
        let [order, other] = match victim {
            Party::Alice => [Order::They, Order::You],
            Party::Bob => [Order::You, Order::They],
        };
        let first = [Answer::Order(order), Answer::Order(other), Answer::Spoiled, Answer::Order(Order::Equal)];
        for (mask, first) in first.into_iter().enumerate() {
            let (answers, sent_now) = play(mask as u64);
            assert_eq!(answers, [first, Answer::Order(Order::Equal)], "{cheat:?} sends {mask:02b}");
            assert!(sent == sent_now, "{victim:?} answers {cheat:?}'s {mask:02b} otherwise");
        }
    }
}

#[test]
fn costs_are_declared_measured_and_agreed_on() {
    let (a, b) = meet(false, None, willing(&[1]), willing(&[2]));
    for (diary, party) in [(a, Party::Alice), (b, Party::Bob)] {
        let [outcome] = &diary.outcomes()[..] else { panic!("one round") };
        assert_eq!(outcome.online, compare_cost());
        assert_eq!(outcome.offline, setup_cost() + refill_cost(party, tacit_jobs::compare::STOCK));
        let agreement = diary
            .events
            .iter()
            .find_map(|e| if let Event::Proposed { agreement, .. } = e { Some(agreement) } else { None });
        let agreement = agreement.unwrap();
        assert_eq!((agreement.online, agreement.offline), (outcome.online, outcome.offline));
    }
    assert_eq!(compare_cost().rounds, 8);
    assert!(compare_cost().sent <= 400 && compare_cost().received <= 400);
    let cold = setup_cost() + refill_cost(Party::Alice, tacit_jobs::compare::STOCK) + compare_cost();
    assert!(cold.sent + cold.received <= 60_000, "{cold:?}");
}

#[test]
fn no_input_is_taken_before_both_have_accepted() {
    // Alice tries to put in an amount at once, and accepts only when Bob has.
    let shown = Cell::new(None);
    let alice: Person = Box::new(move |event, commands| {
        let say = |command| commands.unbounded_send(command).unwrap();
        match event {
            Event::Proposed { agreement, .. } if agreement.round == 1 => {
                shown.set(Some(agreement.hash()));
                say(Command::Input { input: Input::Amount(Amount::from_minor_units(1).unwrap()) });
            }
            Event::PeerAccepted => say(Command::Accept { hash: shown.get().unwrap() }),
            Event::Agreed => say(Command::Input { input: Input::Amount(Amount::from_minor_units(9).unwrap()) }),
            Event::Finished { .. } => say(Command::Cancel),
            _ => {}
        }
    });
    let (a, b) = meet(false, None, alice, willing(&[5, 5]));
    assert_eq!((a.orders(), b.orders()), (vec![Order::You], vec![Order::They]));
}

#[test]
fn a_typed_code_waits_for_both_to_confirm_the_words() {
    // Bob never confirms; Alice, who has accepted and could put in an amount, is not let.
    let silent: Person = Box::new(|event, commands| {
        let say = |command| commands.unbounded_send(command).unwrap();
        match event {
            Event::Proposed { agreement, .. } => say(Command::Accept { hash: agreement.hash() }),
            Event::Stock { .. } => say(Command::WordsDiffer),
            _ => {}
        }
    });
    let (a, b) = meet(true, None, willing(&[5]), silent);
    for diary in [a, b] {
        assert!(!diary.events.contains(&Event::Agreed));
        assert_eq!(diary.end.code, Code::WordsDiffer);
    }
}

#[test]
fn whoever_stops_is_heard() {
    type Case = (fn(&Event) -> bool, fn() -> Command, Code, Code);
    let cases: [Case; 6] = [
        (|e| matches!(e, Event::PeerPresent), || Command::Cancel, Code::Cancelled, Code::PeerCancelled),
        (|e| matches!(e, Event::Proposed { .. }), || Command::Decline, Code::Declined, Code::PeerDeclined),
        (|e| matches!(e, Event::Agreed), || Command::Cancel, Code::Cancelled, Code::PeerCancelled),
        (|e| matches!(e, Event::PeerReady), || Command::Cancel, Code::Cancelled, Code::PeerCancelled),
        (|e| matches!(e, Event::Started), || Command::Cancel, Code::Cancelled, Code::PeerCancelled),
        (|e| matches!(e, Event::Started), || Command::Stalled, Code::Stalled, Code::Stalled),
    ];
    for (when, command, here, there) in cases {
        let (a, b) = meet(false, None, unwilling(when, command), willing(&[5; 30]));
        assert_eq!((a.end.code, b.end.code), (here, there));
        let (a, b) = meet(false, None, willing(&[5; 30]), unwilling(when, command));
        assert_eq!((a.end.code, b.end.code), (there, here));
    }
}

/// Every frame of a whole session, damaged in every way, in both directions: a fault on at least
/// one side, and never a panic or a wait without end (`lockstep` panics on that); never a wrong
/// answer, unless a well-formed frame was forged.
#[test]
fn a_hostile_peer_gets_a_fault_and_nothing_else() {
    let session = |tamper: &Tamper| meet(false, Some(tamper), willing(&[3]), willing(&[4]));
    let frames = damage::frames(session);
    // The others belong to picture checks; see `pictures.rs`.
    for tag in Tag::ALL.into_iter().filter(|tag| (*tag as u8) < Tag::MaskedDigits as u8) {
        assert!(frames.iter().any(|frame| frame.tag == tag), "{} does not cross", tag.name());
    }
    for &frame in &frames {
        let is_control = frame.tag == Tag::Control;
        let is_last = !frames.iter().any(|other| {
            other.from == frame.from && other.index > frame.index && (other.tag == Tag::Control) == is_control
        });
        // The last word of whoever leaves has nobody to hurt.
        if is_last && is_control {
            continue;
        }
        let broken =
            [Damage::CutShort, Damage::Extended, Damage::FlippedLast].map(|damage| damage::broken(frame, damage));
        let forged = [Damage::CutShort, Damage::Halved, Damage::Emptied, Damage::Extended];
        let forged = forged.map(|damage| damage::forged(frame, damage));
        let replaced = [
            damage::replaced(frame, |_| vec![Vec::new()]),
            damage::replaced(frame, |mut frame| {
                frame[0] ^= 1;
                vec![frame]
            }),
            damage::replaced(frame, |frame| vec![vec![frame[0]; 1 << 20]]),
        ];
        // An answer that comes twice has come.
        let repeated = (!is_last).then(|| damage::replaced(frame, |frame| vec![frame.clone(), frame]));
        for (nth, tamper) in broken.into_iter().chain(forged).chain(replaced).chain(repeated).enumerate() {
            let (a, b) = session(&tamper);
            let victim = if frame.from == Party::Alice { &b } else { &a };
            assert_eq!(victim.end.code, Code::PeerBroke, "{frame:?}, damage {nth}");
            for (diary, order) in [(&a, Order::They), (&b, Order::You)] {
                assert!(diary.orders().iter().all(|got| *got == order), "a wrong answer: {frame:?}, damage {nth}");
            }
        }
    }
}

#[test]
fn another_version_is_told_apart_from_a_broken_peer() {
    // Whatever comes from Bob first is taken for the hello of version 99, with a fitting check, by
    // Alice's program.
    let alice = live_against(|mut s| {
        Box::pin(async move {
            struct Future(u16);
            impl tacit_session::Message for Future {
                const TAG: Tag = Tag::Control;
                type Shape = ();
                fn encode(&self) -> Vec<u8> {
                    [&[0][..], &self.0.to_le_bytes()].concat()
                }
                fn decode(_: &[u8], (): ()) -> Result<Self, tacit_session::Malformed> {
                    Ok(Self(0))
                }
            }
            s.send(&Future(99)).await.unwrap();
            let _ = s.recv::<Future>(()).await;
            let _ = s.recv::<Future>(()).await;
        })
    });
    assert_eq!(alice.end.code, Code::VersionsDiffer);
}

/// Alice's program against something that is no program of ours.
fn live_against(
    bob: impl FnOnce(tacit_session::Session<QueueLink>) -> std::pin::Pin<Box<dyn Future<Output = ()>>>,
) -> Diary {
    let (a, b) = lockstep::queues();
    let pairing = Pairing { seat: Party::Alice, confirm_words: false, job: Job::Millionaires, record: false };
    let peer = bob(tacit_session::Session::new(Party::Bob, b));
    lockstep::join(live(a, pairing, willing(&[1])), peer).0
}

/// The record of everything that crossed, as a host program keeps it.
fn record(diary: &Diary) -> Record {
    let mut record = Record::default();
    for event in &diary.events {
        if let Event::Crossed { crossing } = event {
            record.push(Timed { at: record.len() as f64 / 3.0, crossing: crossing.clone() });
        }
    }
    record
}

#[test]
fn what_crossed_is_told_counted_and_explained() {
    let (a, b) = meet(false, None, willing(&[5, 7]), willing(&[6, 7]));
    let (alice, bob) = (record(&a), record(&b));
    for (diary, record) in [(&a, &alice), (&b, &bob)] {
        let last = diary.outcomes().pop().unwrap();
        let spent = |stages: &[Stage]| stages.iter().map(|s| record.totals()[s].cost).sum::<Cost>();
        assert_eq!(spent(&[Stage::Compare, Stage::Reveal]), compare_cost() * 2);
        assert_eq!(spent(&[Stage::BaseOt, Stage::Extend]), last.offline);
        assert_eq!(
            record.messages().iter().map(|m| m.crossing.index).collect::<Vec<_>>(),
            Vec::from_iter(0..record.len())
        );
    }
    // What one sent is what the other received, in the same order.
    for (from, to) in [(&alice, &bob), (&bob, &alice)] {
        let bodies = |record: &Record, direction, talk: bool| {
            let of = |m: &&Timed| m.crossing.direction == direction && (m.crossing.stage == Stage::Talk) == talk;
            let body = |m: &Timed| (m.crossing.tag, m.crossing.bytes, m.crossing.body.clone());
            record.messages().iter().filter(of).map(body).collect::<Vec<_>>()
        };
        for talk in [true, false] {
            let (sent, received) = (bodies(from, Direction::Sent, talk), bodies(to, Direction::Received, talk));
            // Whoever leaves says so, and does not wait for the other's last words.
            let both = sent.len().min(received.len());
            assert_eq!(sent[..both], received[..both]);
            assert!(talk || sent.len() == received.len());
        }
    }
    // The two opened bits of each comparison are the answer, and an eighth round.
    let opened: Vec<_> = alice
        .messages()
        .iter()
        .filter(|m| m.crossing.tag == Tag::OpenBits)
        .map(|m| &m.crossing)
        .collect::<Vec<_>>()
        .chunks(2)
        .map(|pair| (pair[1].round, tacit_record::opened(pair[0], pair[1]).unwrap()))
        .collect();
    assert_eq!(opened, [(8, vec![true, false]), (8, vec![false, true])]);
}

#[test]
fn a_transcript_comes_back_as_it_was_and_a_changed_one_does_not() {
    let (a, _) = meet(false, None, willing(&[5]), willing(&[6]));
    let record = record(&a);
    let outcome = a.outcomes().pop();
    let written =
        Transcript::new(Party::Alice, Job::Millionaires, Some(OwnInput("5.00".into())), None, outcome, &record);
    let text = written.to_json();
    let read = Transcript::from_json(&text).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.record(), record);
    assert!(!format!("{read:?}").contains("5.00"), "whoever logs a transcript logs no input");

    // One that is written while messages are still coming is read again, too.
    let mut behind = Record::default();
    behind.extend(record.since(0, 7));
    let early = Transcript::new(Party::Alice, Job::Millionaires, None, None, None, &behind);
    assert_eq!(Transcript::from_json(&early.to_json()).as_ref(), Ok(&early));

    assert_eq!(Transcript::from_json(""), Err(NoTranscript::Foreign));
    assert_eq!(Transcript::from_json("{\"format\":\"tacit\"}"), Err(NoTranscript::Foreign));
    let newer = text.replacen("\"version\":2", "\"version\":3", 1);
    assert_eq!(Transcript::from_json(&newer), Err(NoTranscript::Version(3)));
    // Every single character of the content counts.
    let begins = text.find("\"content\":").unwrap() + 10;
    for at in (begins..text.len() - 1).step_by(97) {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            matches!(Transcript::from_json(&changed), Err(NoTranscript::Changed | NoTranscript::Foreign)),
            "character {at}"
        );
    }
    // Whoever computes the hash anew must still say what can be.
    let lies = [
        ("\"direction\":\"sent\",\"bytes\":", "\"direction\":\"sent\",\"bytes\":1"),
        ("\"index\":3,", "\"index\":4,"),
        ("\"begins_round\":true", "\"begins_round\":false"),
        ("\"messages\":", "\"mess\":"),
    ];
    for (what, instead) in lies {
        let content = text[begins..text.len() - 1].replacen(what, instead, 1);
        let hash = blake3::hash(content.as_bytes()).to_hex();
        let forged = format!(r#"{{"format":"tacit-transcript","version":2,"blake3":"{hash}","content":{content}}}"#);
        assert!(matches!(Transcript::from_json(&forged), Err(NoTranscript::Contradicts(_))), "{what}");
    }
}

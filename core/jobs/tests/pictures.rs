//! Picture checks between two whole programs: who learns what, changes of mind, changes of place,
//! and models that are refused.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use tacit_compute::{Cpu, Processor};
use tacit_jobs::classify::Check;
use tacit_jobs::{
    Agreement, Answer, Audience, Command, Detail, Event, Input, Job, MOST_PICTURES, ModelFile, Outcome, Pairing,
    Picture, Prediction, Reveal, pairing,
};
use tacit_model::quantise::quantise;
use tacit_model::{Model, Node, Op, Shape, bench, file, plain};
use tacit_session::damage::{self, Damage};
use tacit_session::lockstep::{self, QueueLink, Tamper};
use tacit_session::{Code, Cost, Fault, Party, Tag};

mod support;

type Person = Box<dyn Fn(&Event, &UnboundedSender<Command>)>;

fn network(name: &str, labels: usize) -> Model {
    Model {
        name: name.into(),
        input: Shape::new(1, 6, 6),
        labels: (0..labels).map(|label| format!("label {label}")).collect(),
        nodes: vec![
            Node::new("conv", bench::convolution(1, 3, 3, 1, 0), &[0]),
            Node::new("relu", Op::Relu { ceiling: Some(2.0) }, &[1]),
            Node::new("pool", Op::MaxPool { size: 2, stride: 2 }, &[2]),
            Node::new("flat", Op::Flatten, &[3]),
            Node::new("dense", bench::dense(3, 12, labels), &[4]),
        ],
    }
}

fn model_file(model: &Model) -> ModelFile {
    ModelFile(file::write(model).unwrap())
}

fn picture(seed: u8) -> Picture {
    let pixels = bench::pictures(Shape::new(1, 6, 6), 1, seed).remove(0);
    Picture::new([1, 6, 6], pixels).unwrap()
}

/// The labels in the order that the oracle has for so many pixels.
fn ranked_pixels(model: &Model, pixels: &[u8]) -> Vec<usize> {
    let model = file::read(&file::write(model).unwrap()).unwrap();
    let (plan, weights) = quantise(&model).unwrap();
    let logits = plain::logits(&plan, &weights, &Cpu, pixels);
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by_key(|&label| (-logits[label], label));
    order
}

/// Likewise for [`picture`].
fn ranked(model: &Model, seed: u8) -> Vec<usize> {
    ranked_pixels(model, picture(seed).pixels())
}

/// The answer that tells the first label of [`picture`].
fn label(model: &Model, seed: u8) -> Answer {
    Answer::Predictions(vec![Prediction::Labels { ranked: vec![ranked(model, seed)[0]], scores: None }])
}

async fn live(link: QueueLink, seat: Party, job: Job, person: Person) -> (Vec<Event>, Fault) {
    let events = Rc::new(RefCell::new(Vec::new()));
    let diary = Rc::clone(&events);
    let (commands, receiver) = unbounded();
    let pairing = Pairing { seat, confirm_words: false, job, record: true };
    let end = pairing::run(link, pairing, [seat as u8 + 1; 32], Rc::new(Processor::cpu()), receiver, move |event| {
        person(&event, &commands);
        diary.borrow_mut().push(event);
    })
    .await;
    (events.take(), end)
}

fn meet(job: Job, alice: Person, bob: Person) -> [(Vec<Event>, Fault); 2] {
    meet_over(lockstep::queues(), job, alice, bob)
}

fn meet_over((a, b): (QueueLink, QueueLink), job: Job, alice: Person, bob: Person) -> [(Vec<Event>, Fault); 2] {
    // A guest's own idea of the job counts for nothing.
    let (alice, bob) = lockstep::join(live(a, Party::Alice, job, alice), live(b, Party::Bob, Job::Millionaires, bob));
    [alice, bob]
}

fn outcomes(events: &[Event]) -> Vec<Outcome> {
    let outcome = |event: &Event| if let Event::Finished { outcome } = event { Some(outcome.clone()) } else { None };
    events.iter().filter_map(outcome).collect()
}

fn answers(events: &[Event]) -> Vec<Answer> {
    outcomes(events).into_iter().map(|outcome| outcome.answer).collect()
}

fn agreements(events: &[Event]) -> Vec<Agreement> {
    let agreement =
        |event: &Event| if let Event::Proposed { agreement, .. } = event { Some(*agreement.clone()) } else { None };
    events.iter().filter_map(agreement).collect()
}

/// Accepts everything; gives `model` when it is to own one, and a picture a round, 1, 2, 3, …;
/// stops after so many answers.
fn willing(seat: Party, model: Model, reveal: Reveal, rounds: usize) -> Person {
    let (done, given, shown) = (Cell::new(0), Cell::new(0u8), RefCell::new(None));
    Box::new(move |event, commands| {
        let say = |command| commands.unbounded_send(command).unwrap();
        match event {
            Event::Offered { job } => {
                shown.replace(Some(*job));
                if *job == (Job::Classify { owner: seat }) {
                    say(Command::Model { model: model_file(&model), reveal });
                }
            }
            Event::Proposed { .. } if done.get() == rounds => say(Command::Cancel),
            Event::Proposed { agreement, .. } => say(Command::Accept { hash: agreement.hash() }),
            Event::Agreed if *shown.borrow() != Some(Job::Classify { owner: seat }) => {
                given.set(given.get() + 1);
                say(Command::Input { input: Input::Pictures(vec![picture(given.get())]) });
            }
            Event::Finished { .. } => done.set(done.get() + 1),
            _ => {}
        }
    })
}

#[test]
fn the_label_goes_to_whom_it_is_promised_and_the_next_round_is_warm() {
    let model = network("small", 4);
    for owner in [Party::Alice, Party::Bob] {
        let person = |seat| willing(seat, network("small", 4), Reveal::default(), 3);
        let [alice, bob] = meet(Job::Classify { owner }, person(Party::Alice), person(Party::Bob));
        let (keeper, holder) = if owner == Party::Alice { (alice, bob) } else { (bob, alice) };
        assert_eq!(answers(&keeper.0), vec![Answer::Nothing; 3]);
        let labels: Vec<Answer> = (1..4).map(|seed| label(&model, seed)).collect();
        assert_eq!(answers(&holder.0), labels);
        // What was agreed on is what was measured, and only the first round pays for the set-up and
        // the key.
        for events in [&keeper.0, &holder.0] {
            let agreements = agreements(events);
            let mut before = Cost::default();
            for (outcome, agreement) in outcomes(events).into_iter().zip(&agreements) {
                let offline = outcome.offline - before;
                assert_eq!((offline.sent, offline.received), (agreement.offline.sent, agreement.offline.received));
                assert_eq!(outcome.online, agreement.online);
                before = outcome.offline;
            }
            assert!(agreements[0].offline.sent > agreements[1].offline.sent);
            assert_eq!(agreements[1].offline, agreements[2].offline);
        }
        let layers = holder.0.iter().filter(|event| matches!(event, Event::Layer { .. })).count();
        assert_eq!(layers, 3 * agreements(&holder.0)[0].model.as_ref().unwrap().layers.len());
    }
}

#[test]
fn more_is_told_where_more_was_agreed_on() {
    let model = network("small", 4);
    for (detail, audience) in [(Detail::TopThree, Audience::Both), (Detail::Scores, Audience::Holder)] {
        let reveal = Reveal { detail, audience, pictures: 1 };
        let person = |seat| willing(seat, network("small", 4), reveal, 1);
        let [alice, bob] = meet(Job::Classify { owner: Party::Alice }, person(Party::Alice), person(Party::Bob));
        let [owner, holder] = [&alice, &bob].map(|(events, _)| answers(events).remove(0));
        if audience == Audience::Both {
            assert_eq!(owner, holder);
        } else {
            assert_eq!(owner, Answer::Nothing);
        }
        let Answer::Predictions(mut predictions) = holder else { panic!("labels were asked for") };
        let Prediction::Labels { ranked: got, scores } = predictions.remove(0) else { panic!("a label") };
        assert!(predictions.is_empty());
        assert_eq!(got, ranked(&model, 1)[..if detail == Detail::Scores { 4 } else { 3 }]);
        assert_eq!(scores.map(|scores| scores.len()), (detail == Detail::Scores).then_some(4));
    }
}

/// Two pictures where three were agreed on: their owner learns of both, and whoever may learn as
/// much as was agreed on gets no hint which place was empty but the answer to a black picture.
#[test]
fn several_pictures_go_through_at_once() {
    let model = network("small", 4);
    for (audience, places) in [(Audience::Holder, 3), (Audience::Both, 3), (Audience::Holder, MOST_PICTURES)] {
        let reveal = Reveal { detail: Detail::TopThree, audience, pictures: places };
        let owner = willing(Party::Alice, network("small", 4), reveal, 1);
        let holder: Person = {
            let willing = willing(Party::Bob, network("none", 2), reveal, 1);
            Box::new(move |event, commands| match event {
                Event::Agreed => {
                    for count in [0, usize::from(places) + 1, 2] {
                        let pictures = (0..count).map(|i| picture(i as u8 + 1)).collect();
                        commands.unbounded_send(Command::Input { input: Input::Pictures(pictures) }).unwrap();
                    }
                }
                event => willing(event, commands),
            })
        };
        let [alice, bob] = meet(Job::Classify { owner: Party::Alice }, owner, holder);
        let prediction = |ranked: Vec<usize>| Prediction::Labels { ranked: ranked[..3].to_vec(), scores: None };
        let two = vec![prediction(ranked(&model, 1)), prediction(ranked(&model, 2))];
        assert_eq!(answers(&bob.0), [Answer::Predictions(two.clone())]);
        let refused = bob.0.iter().filter(|event| matches!(event, Event::Refused { .. })).count();
        assert_eq!(refused, 2, "none, and more than may be");
        match (&answers(&alice.0)[..], audience) {
            ([Answer::Nothing], Audience::Holder) => {}
            ([Answer::Predictions(all)], Audience::Both) => {
                let black = ranked_pixels(&model, &[0; 36]);
                assert_eq!((&all[..2], &all[2..]), (&two[..], &[prediction(black)][..]));
            }
            (other, _) => panic!("{other:?}"),
        }
        for events in [&alice.0, &bob.0] {
            let (outcome, agreement) = (&outcomes(events)[0], &agreements(events)[0]);
            assert_eq!(outcome.online, agreement.online);
            let bytes = |cost: Cost| (cost.sent, cost.received);
            assert_eq!(bytes(outcome.offline), bytes(agreement.offline));
        }
        let agreement = &agreements(&bob.0)[0];
        assert!(agreement.bob.puts_in.starts_with(&format!("up to {places} grey pictures")), "{agreement:?}");
    }
}

#[test]
fn they_change_places_and_then_compare_amounts() {
    let person = |seat: Party| -> Person {
        let willing =
            willing(seat, network(if seat == Party::Alice { "hers" } else { "his" }, 4), Reveal::default(), 9);
        let rounds = Cell::new(0);
        Box::new(move |event, commands| {
            let say = |command| commands.unbounded_send(command).unwrap();
            match (rounds.get(), event) {
                (_, Event::Finished { .. }) => rounds.set(rounds.get() + 1),
                // After the first round both want the same change; Alice's counts.
                (1, Event::Proposed { agreement, .. }) if agreement.job == (Job::Classify { owner: Party::Alice }) => {
                    say(Command::Offer { job: Job::Classify { owner: Party::Bob } });
                }
                (2, Event::Proposed { agreement, .. }) if agreement.job != Job::Millionaires => {
                    if seat == Party::Bob {
                        say(Command::Offer { job: Job::Millionaires });
                    }
                }
                (2, Event::Agreed) => {
                    let amount = tacit_jobs::Amount::from_minor_units(5 + seat as u64).unwrap();
                    say(Command::Input { input: Input::Amount(amount) });
                }
                (3, Event::Proposed { .. }) => say(Command::Cancel),
                _ => willing(event, commands),
            }
        })
    };
    let [alice, bob] = meet(Job::Classify { owner: Party::Alice }, person(Party::Alice), person(Party::Bob));
    let label = |answer: &Answer| matches!(answer, Answer::Predictions(_));
    let [hers, his] = [&alice, &bob].map(|(events, _)| answers(events));
    assert!(hers[0] == Answer::Nothing && label(&his[0]), "{hers:?} {his:?}");
    assert!(label(&hers[1]) && his[1] == Answer::Nothing, "{hers:?} {his:?}");
    use tacit_jobs::Order;
    assert_eq!((&hers[2], &his[2]), (&Answer::Order(Order::They), &Answer::Order(Order::You)));
}

#[test]
fn a_model_can_be_changed_until_its_owner_has_accepted() {
    let owner: Person = {
        let willing = willing(Party::Alice, network("first", 4), Reveal::default(), 1);
        Box::new(move |event, commands| match event {
            Event::Proposed { agreement, .. } if agreement.model.as_ref().unwrap().name == "first" => {
                let model = model_file(&network("second", 3));
                commands.unbounded_send(Command::Model { model, reveal: Reveal::default() }).unwrap();
            }
            event => willing(event, commands),
        })
    };
    let holder = willing(Party::Bob, network("none", 2), Reveal::default(), 1);
    let [alice, bob] = meet(Job::Classify { owner: Party::Alice }, owner, holder);
    // Bob accepted the first one at once; that acceptance is void.
    let names: Vec<String> = agreements(&bob.0).into_iter().take(2).map(|a| a.model.unwrap().name).collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(answers(&bob.0), [label(&network("second", 3), 1)]);
    assert_eq!(alice.1.code, Code::Cancelled);
}

#[test]
fn what_cannot_be_run_is_refused_and_nothing_is_lost() {
    // Without ceilings, what could add up in so many layers is more than 32 bits hold.
    let mut steep = network("steep", 4);
    steep.nodes = vec![Node::new("flat", Op::Flatten, &[0])];
    for layer in 0..14 {
        let value = steep.nodes.len();
        let inputs = if layer == 0 { 36 } else { 64 };
        steep.nodes.push(Node::new(&format!("dense {layer}"), bench::dense(layer, inputs, 64), &[value]));
        steep.nodes.push(Node::new(&format!("relu {layer}"), Op::Relu { ceiling: None }, &[value + 1]));
    }
    steep.nodes.push(Node::new("last", bench::dense(9, 64, 4), &[steep.nodes.len()]));
    let mut cut = file::write(&network("cut", 4)).unwrap();
    cut.truncate(cut.len() - 1);
    // One such picture is well within the limits.
    let wide = Model {
        name: "wide".into(),
        input: Shape::new(1, 64, 64),
        labels: vec!["one".into()],
        nodes: vec![
            Node::new("conv", bench::convolution(1, 32, 3, 1, 1), &[0]),
            Node::new("relu", Op::Relu { ceiling: None }, &[1]),
            Node::new("mean", Op::AveragePool { size: 64, stride: 64 }, &[2]),
            Node::new("flat", Op::Flatten, &[3]),
            Node::new("dense", bench::dense(3, 32, 1), &[4]),
        ],
    };
    let at_once = |pictures| Reveal { pictures, ..Reveal::default() };
    let refused = RefCell::new(vec![
        (ModelFile(vec![1, 2, 3]), at_once(1)),
        (ModelFile(cut), at_once(1)),
        (model_file(&steep), at_once(1)),
        (model_file(&wide), at_once(MOST_PICTURES)),
    ]);
    let owner: Person = {
        let willing = willing(Party::Alice, network("good", 4), Reveal::default(), 1);
        Box::new(move |event, commands| {
            let say = |command| commands.unbounded_send(command).unwrap();
            let next = refused.borrow_mut().pop();
            match (event, next) {
                (Event::Offered { .. } | Event::Refused { .. }, Some((model, reveal))) => {
                    say(Command::Model { model, reveal });
                }
                (Event::Refused { .. }, None) => {
                    say(Command::Model { model: model_file(&network("good", 4)), reveal: Reveal::default() });
                }
                (event, next) => {
                    refused.borrow_mut().extend(next);
                    willing(event, commands);
                }
            }
        })
    };
    // The first picture has another shape; the second is taken.
    let holder: Person = {
        let willing = willing(Party::Bob, network("none", 2), Reveal::default(), 1);
        Box::new(move |event, commands| match event {
            Event::Agreed => {
                let wrong = Picture::new([1, 5, 5], vec![0; 25]).unwrap();
                commands.unbounded_send(Command::Input { input: Input::Pictures(vec![wrong]) }).unwrap();
                willing(event, commands);
            }
            event => willing(event, commands),
        })
    };
    let [alice, bob] = meet(Job::Classify { owner: Party::Alice }, owner, holder);
    let codes = |events: &[Event]| -> Vec<Fault> {
        events
            .iter()
            .filter_map(|e| if let Event::Refused { fault } = e { Some(fault.clone()) } else { None })
            .collect()
    };
    let hers = codes(&alice.0);
    let [wide, steep, cut, noise] = &hers[..] else { panic!("{hers:?} of {:?}", alice.0) };
    assert_eq!(wide.code, Code::ModelRefused);
    assert!(wide.detail.as_ref().is_some_and(|detail| detail.contains("choose fewer")), "{wide:?}");
    assert_eq!([steep.code, cut.code, noise.code], [Code::ModelRefused, Code::ModelUnreadable, Code::ModelUnreadable]);
    assert!(
        steep.detail.as_ref().is_some_and(|detail| detail.contains("dense") || detail.contains("last")),
        "{steep:?}"
    );
    assert_eq!(codes(&bob.0).iter().map(|fault| fault.code).collect::<Vec<_>>(), [Code::PictureRefused]);
    assert!(matches!(answers(&bob.0)[..], [Answer::Predictions(_)]));
}

fn round(detail: Detail, pictures: u8) -> Reveal {
    Reveal { detail, audience: Audience::Holder, pictures }
}

/// What the owner's program says of a model that it does not propose.
fn refused(model: &Model, reveal: Reveal) -> Option<Fault> {
    let owner: Person = {
        let willing = willing(Party::Alice, model.duplicate(), reveal, 1);
        Box::new(move |event, commands| match event {
            Event::Refused { .. } | Event::Proposed { .. } => commands.unbounded_send(Command::Cancel).unwrap(),
            event => willing(event, commands),
        })
    };
    let holder = willing(Party::Bob, network("none", 2), reveal, 1);
    let [alice, bob] = meet(Job::Classify { owner: Party::Alice }, owner, holder);
    assert_eq!(alice.1.code, Code::Cancelled);
    let fault =
        alice.0.into_iter().find_map(|event| if let Event::Refused { fault } = event { Some(fault) } else { None });
    assert!(fault.is_none() || agreements(&bob.0).is_empty(), "nothing was proposed");
    fault
}

/// Runs a round, and holds the first label against the oracle's.
fn runs(model: &Model, reveal: Reveal) {
    let person = |seat| willing(seat, model.duplicate(), reveal, 1);
    let [_, bob] = meet(Job::Classify { owner: Party::Alice }, person(Party::Alice), person(Party::Bob));
    let [Answer::Predictions(predictions)] = &answers(&bob.0)[..] else { panic!("an answer, not {:?}", bob.1) };
    let Prediction::Labels { ranked: told, .. } = &predictions[0] else { panic!("labels") };
    assert_eq!(told[0], ranked(model, 1)[0]);
}

/// Two honest programs never propose a round that their link does not carry.
#[test]
fn the_most_labels_of_a_round_run_and_more_are_refused_before_the_agreement() {
    let labels = |labels| network("labels", labels);
    for (n, detail, pictures) in [
        (256, Detail::Label, 1),
        (256, Detail::TopThree, 1),
        (128, Detail::TopThree, 4),
        (64, Detail::Label, 16),
        (64, Detail::TopThree, 16),
    ] {
        runs(&labels(n), round(detail, pictures));
    }
    for (n, detail, pictures, most) in [
        (256, Detail::Label, 16, 1),
        (256, Detail::TopThree, 16, 1),
        (224, Detail::Label, 16, 1),
        (208, Detail::TopThree, 16, 1),
        (129, Detail::Label, 4, 3),
        (65, Detail::Label, 16, 15),
        (65, Detail::TopThree, 16, 15),
    ] {
        let fault = refused(&labels(n), round(detail, pictures)).expect("a refusal");
        assert_eq!(fault.code, Code::ModelRefused);
        let says = format!("It is too large for {pictures} pictures in one round; choose fewer: at most {most}.");
        assert_eq!(fault.detail, Some(says), "{n} labels");
    }
}

/// Likewise for layers, whose questions all wait at the owner's while it multiplies.
#[test]
fn the_most_ciphertexts_of_a_round_run_and_more_are_refused_before_the_agreement() {
    let layers = |width| Model {
        name: "wide".into(),
        input: Shape::new(1, 6, 6),
        labels: vec!["one".into(), "two".into()],
        nodes: vec![
            Node::new("flat", Op::Flatten, &[0]),
            Node::new("first", bench::dense(1, 36, width), &[1]),
            Node::new("last", bench::dense(2, width, 2), &[2]),
        ],
    };
    let is_affordable = |width| {
        let (plan, _) = quantise(&layers(width)).unwrap();
        Check { plan: Rc::new(plan), owner: Party::Alice, reveal: round(Detail::Label, 16) }.is_affordable().is_ok()
    };
    let most = (1..).map(|n| 64 * n).take_while(|&width| is_affordable(width)).last().expect("one that is affordable");
    runs(&layers(most), round(Detail::Label, 16));
    let fault = refused(&layers(most + 64), round(Detail::Label, 16)).expect("a refusal");
    assert!(fault.detail.is_some_and(|detail| detail.contains("too large for 16 pictures")));
}

/// An altered program sends wrong shares of the answer, in every way there is. The other person
/// gets another answer or none, and the altered program gets nothing: what is sent to it, and when,
/// is the same to the byte, and the next round works.
#[test]
fn wrong_shares_of_an_answer_show_nothing_to_whoever_sent_them() {
    let labels = 3;
    let (first, second) = (label(&network("small", labels), 1), label(&network("small", labels), 2));
    let Answer::Predictions(right) = &first else { panic!("a label") };
    let [Prediction::Labels { ranked, .. }] = &right[..] else { panic!("a label") };
    for cheat in [Party::Alice, Party::Bob] {
        let victim = cheat.other();
        let play = |mask: u64| {
            let (tamper, sent) = support::wrong_opening(cheat, mask);
            let reveal = Reveal { audience: Audience::Both, ..Reveal::default() };
            let person = |seat| willing(seat, network("small", labels), reveal, 2);
            let both = lockstep::queues_with(&tamper);
            let [alice, bob] =
                meet_over(both, Job::Classify { owner: Party::Alice }, person(Party::Alice), person(Party::Bob));
            let events = if victim == Party::Alice { alice.0 } else { bob.0 };
            (answers(&events), support::of(&sent, victim))
        };
        let (honest, sent) = play(0);
        assert_eq!(honest, [first.clone(), second.clone()]);
        for mask in 1..4 {
            let (got, sent_now) = play(mask);
            let index = ranked[0] ^ mask as usize;
            let prediction = if index < labels {
                Prediction::Labels { ranked: vec![index], scores: None }
            } else {
                Prediction::Spoiled
            };
            assert_eq!(got, [Answer::Predictions(vec![prediction]), second.clone()], "{cheat:?} sends {mask:02b}");
            assert!(sent == sent_now, "{victim:?} answers {cheat:?}'s {mask:02b} otherwise");
        }
    }
}

/// Three labels that are not different, or one that does not exist, are no answer; the others of
/// the round are.
#[test]
fn three_labels_are_spoiled_as_one_is() {
    let labels = 5;
    let reveal = Reveal { detail: Detail::TopThree, audience: Audience::Holder, pictures: 2 };
    let play = |mask: u64| {
        let (tamper, sent) = support::wrong_opening(Party::Alice, mask);
        let person = |seat| willing(seat, network("small", labels), reveal, 1);
        let both = lockstep::queues_with(&tamper);
        let [_, bob] = meet_over(both, Job::Classify { owner: Party::Alice }, person(Party::Alice), person(Party::Bob));
        let Answer::Predictions(mut all) = answers(&bob.0).remove(0) else { panic!("three labels") };
        (all.remove(0), support::of(&sent, Party::Bob))
    };
    let (honest, sent) = play(0);
    let Prediction::Labels { ranked, .. } = honest else { panic!("three labels") };
    // Place by place, bit by bit, picture by picture.
    let mask = |place: usize, from: usize, to: usize| {
        (0..3).map(|bit| ((from ^ to) as u64 >> bit & 1) << (2 * (3 * place + bit))).sum::<u64>()
    };
    let other = (0..labels).find(|label| !ranked.contains(label)).unwrap();
    for (to, is_spoiled) in [(ranked[0], true), (5, true), (7, true), (other, false)] {
        let (got, sent_now) = play(mask(2, ranked[2], to));
        let expected = Prediction::Labels { ranked: vec![ranked[0], ranked[1], to], scores: None };
        assert_eq!(got, if is_spoiled { Prediction::Spoiled } else { expected });
        assert!(sent == sent_now, "Bob answers otherwise");
    }
}

/// The owner's program proposes no more than one key may carry, and the other one takes no such
/// proposal.
#[test]
fn no_more_is_opened_than_one_lattice_secret_may_carry() {
    let reveal = |detail, pictures| Reveal { detail, audience: Audience::Both, pictures };
    let first = |labels, reveal| {
        let owner: Person = {
            let willing = willing(Party::Alice, network("small", labels), reveal, 1);
            Box::new(move |event, commands| match event {
                Event::Refused { .. } => commands.unbounded_send(Command::Cancel).unwrap(),
                event => willing(event, commands),
            })
        };
        let holder = willing(Party::Bob, network("none", 2), reveal, 1);
        let [alice, _] = meet(Job::Classify { owner: Party::Alice }, owner, holder);
        alice.0.into_iter().find_map(|event| match event {
            Event::Refused { fault } => Some(Err(fault)),
            Event::Proposed { agreement, .. } => Some(Ok(agreement.model.unwrap().opened().of_round)),
            _ => None,
        })
    };
    assert_eq!(first(31, reveal(Detail::Scores, 1)).unwrap(), Ok(992));
    // A key for each picture.
    assert_eq!(first(31, reveal(Detail::Scores, 4)).unwrap(), Ok(3968));
    assert_eq!(first(32, reveal(Detail::TopThree, 16)).unwrap(), Ok(240));
    let fault = first(32, reveal(Detail::Scores, 1)).unwrap().unwrap_err();
    assert_eq!(fault.code, Code::ModelRefused);
    assert!(
        fault.detail.as_ref().is_some_and(|detail| detail.contains("1024 bits") && detail.contains("tell the label"))
    );
}

/// Every frame of a whole session cut short and sealed again, in both directions: its receiver ends
/// with a fault, and nobody gets an answer that is not the right one.
#[test]
fn a_hostile_peer_gets_a_fault_and_nothing_else() {
    let model = network("small", 4);
    let reveal = Reveal { detail: Detail::Scores, audience: Audience::Both, pictures: 2 };
    let session = |reveal, tamper: &Tamper| {
        let person = |seat| willing(seat, network("small", 4), reveal, 1);
        let queues = lockstep::queues_with(tamper);
        meet_over(queues, Job::Classify { owner: Party::Alice }, person(Party::Alice), person(Party::Bob))
    };
    let mut tags = Vec::new();
    for reveal in [Reveal::default(), reveal] {
        let frames = damage::frames(|watch| session(reveal, watch));
        tags.extend(frames.iter().map(|frame| frame.tag));
        let last = |party| frames.iter().filter(|frame| frame.from == party).map(|frame| frame.index).max();
        for &frame in &frames {
            // The last words of whoever leaves have nobody to hurt.
            if frame.tag == Tag::Control && last(frame.from) <= Some(frame.index + 1) {
                continue;
            }
            let [alice, bob] = session(reveal, &damage::forged(frame, Damage::CutShort));
            let victim = if frame.from == Party::Alice { &bob } else { &alice };
            assert_eq!(victim.1.code, Code::PeerBroke, "{frame:?}");
            for answer in answers(&alice.0).into_iter().chain(answers(&bob.0)) {
                if let Answer::Predictions(got) = answer {
                    let Prediction::Labels { ranked: got, .. } = &got[0] else { panic!("{frame:?}") };
                    assert_eq!(got[0], ranked(&model, 1)[0], "a wrong answer: {frame:?}");
                }
            }
        }
    }
    let comparisons = [Tag::MaskedInputs];
    for tag in Tag::ALL.into_iter().filter(|tag| !comparisons.contains(tag)) {
        assert!(tags.contains(&tag), "{} does not cross", tag.name());
    }
}

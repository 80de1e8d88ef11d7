use tacit_jobs::{self as jobs, Agreement, Audience, Detail, Event, ModelCard, Outcome, Prediction};
use tacit_session::{Cost, Stage};

use super::*;

const WORDS: [&str; 3] = ["copper", "violin", "seven"];

fn worker(model: &mut Model, at: f64, event: Event) -> Vec<Act> {
    model.update(Input::Worker(Box::new(Stamped { at, event })))
}

/// What the worker says of it.
fn proposed(agreement: Agreement) -> Event {
    let hash = agreement.hash();
    Event::Proposed { agreement: Box::new(agreement), hash }
}

fn agreement(round: u32) -> Agreement {
    Agreement::millionaires(round, Cost::default(), Cost::default())
}

fn outcome(order: Order) -> Outcome {
    Outcome { round: 1, answer: jobs::Answer::Order(order), online: Cost::default(), offline: Cost::default() }
}

fn amount() -> Amount {
    Amount::from_minor_units(5).unwrap()
}

fn is_command(acts: &[Act], wanted: fn(&Command) -> bool) -> bool {
    acts.iter().any(|act| matches!(act, Act::Command(command) if wanted(command)))
}

fn retires(acts: &[Act]) -> bool {
    acts.iter().any(|act| matches!(act, Act::Retire))
}

/// A host that has met a guest who opened the link.
fn paired() -> Model {
    let mut model = Model::new();
    assert!(matches!(model.update(Input::Start(Job::Millionaires))[..], [Act::Host]));
    assert_eq!(model.screen, Screen::Invite);
    model.update(Input::Invited(InviteText { link: "l".into(), code: "c".into() }));
    model.update(Input::PeerArrived);
    assert_eq!(model.screen, Screen::Meet);
    let acts = model.update(Input::Words { words: WORDS, confirm: false });
    assert!(matches!(acts[..], [Act::Pair(Pairing { seat: Party::Alice, confirm_words: false, .. })]));
    model
}

fn agreed() -> Model {
    let mut model = paired();
    worker(&mut model, 1.0, proposed(agreement(1)));
    assert_eq!(model.screen, Screen::Agree);
    assert!(is_command(&model.update(Input::Accept), |c| matches!(c, Command::Accept { .. })));
    worker(&mut model, 2.0, Event::PeerAccepted);
    worker(&mut model, 2.0, Event::Agreed);
    assert_eq!(model.screen, Screen::Amount);
    model
}

fn answered(order: Order) -> Model {
    let mut model = agreed();
    assert!(is_command(&model.update(Input::Compare(amount())), |c| matches!(c, Command::Input { .. })));
    assert_eq!(model.screen, Screen::Run);
    worker(&mut model, 10.0, Event::Started);
    worker(&mut model, 17.5, Event::Finished { outcome: outcome(order) });
    assert_eq!(model.screen, Screen::Result);
    model
}

#[test]
fn a_session_goes_through_every_screen_in_order_and_times_the_answer() {
    let model = answered(Order::You);
    let answer = model.session.unwrap().answer.unwrap();
    assert_eq!((answer.outcome.answer, answer.online_ms), (jobs::Answer::Order(Order::You), 7.5));
}

#[test]
fn the_second_round_is_offered_on_the_result_and_accepted_once() {
    let mut model = answered(Order::They);
    assert!(model.update(Input::Compare(amount())).is_empty(), "an amount counts only where it is asked for");
    worker(&mut model, 20.0, proposed(agreement(2)));
    assert_eq!(model.screen, Screen::Result);
    assert!(is_command(&model.update(Input::Accept), |c| matches!(c, Command::Accept { .. })));
    assert!(model.update(Input::Accept).is_empty());
    worker(&mut model, 21.0, Event::Agreed);
    assert_eq!(model.screen, Screen::Amount);
    assert_eq!(model.session.unwrap().ready, Both::default());
}

#[test]
fn an_answer_stays_when_the_other_person_leaves_and_what_is_wrong_is_still_said() {
    for code in [Code::PeerLeft, Code::PeerCancelled, Code::ConnectionLost] {
        let mut model = answered(Order::You);
        assert!(retires(&model.update(Input::Failed(code.into()))));
        assert_eq!((model.screen, model.said.as_str()), (Screen::Result, code.headline()));
        model.update(Input::Failed(Code::Internal.into()));
        let session = model.session.as_ref().unwrap();
        assert_eq!(session.over.as_ref().map(|fault| fault.code), Some(code), "the first reason counts");
        assert!(!is_command(&model.update(Input::Leave), |_| true), "there is nobody to tell");
        assert_eq!((model.screen, model.notice), (Screen::Home, None));
    }
    let mut model = answered(Order::You);
    model.update(Input::Failed(Code::PeerBroke.into()));
    assert_eq!(model.screen, Screen::Failure);
}

#[test]
fn preparing_is_timed_from_its_first_progress_to_the_stock_and_added_up() {
    let mut model = paired();
    let progress = |done| Event::Progress { stage: Stage::BaseOt, done, total: 10, rounds: 1 };
    let stock = |ready| Event::Stock { ready, target: 8, spent: Cost::default() };
    worker(&mut model, 100.0, progress(0));
    worker(&mut model, 130.0, progress(10));
    worker(&mut model, 150.0, stock(8));
    worker(&mut model, 900.0, progress(0));
    worker(&mut model, 910.0, stock(8));
    worker(&mut model, 990.0, stock(7));
    let stock = model.session.unwrap().stock;
    assert_eq!((stock.ms, stock.ready, stock.work), (60.0, 7, None));
}

#[test]
fn words_are_confirmed_once_and_only_after_a_typed_code() {
    let mut model = paired();
    assert!(model.update(Input::ConfirmWords).is_empty());
    let mut model = Model::new();
    assert!(matches!(model.update(Input::Join { typed: None })[..], [Act::Join]));
    model.update(Input::Words { words: WORDS, confirm: true });
    assert!(is_command(&model.update(Input::ConfirmWords), |c| matches!(c, Command::ConfirmWords)));
    assert!(model.update(Input::ConfirmWords).is_empty());
}

#[test]
fn the_agreement_waits_until_both_have_confirmed_the_words() {
    for i_am_first in [true, false] {
        let mut model = Model::new();
        model.update(Input::Join { typed: None });
        model.update(Input::Words { words: WORDS, confirm: true });
        worker(&mut model, 1.0, proposed(agreement(1)));
        assert_eq!(model.screen, Screen::Meet);
        if i_am_first {
            model.update(Input::ConfirmWords);
            assert_eq!(model.screen, Screen::Meet);
            worker(&mut model, 2.0, Event::PeerConfirmedWords);
        } else {
            worker(&mut model, 2.0, Event::PeerConfirmedWords);
            assert_eq!(model.screen, Screen::Meet);
            model.update(Input::ConfirmWords);
        }
        assert_eq!(model.screen, Screen::Agree);
    }
}

#[test]
fn words_that_differ_end_it_at_once_and_tell_the_other_side() {
    let mut model = Model::new();
    model.update(Input::Join { typed: None });
    model.update(Input::Words { words: WORDS, confirm: true });
    let acts = model.update(Input::WordsDiffer);
    assert!(is_command(&acts, |c| matches!(c, Command::WordsDiffer)) && retires(&acts));
    assert_eq!(model.failure.unwrap().fault.code, Code::WordsDiffer);
}

#[test]
fn the_first_failure_is_the_one_that_is_shown() {
    let mut model = agreed();
    assert!(retires(&worker(&mut model, 3.0, Event::Ended { fault: Code::PeerLeft.into() })));
    assert!(model.update(Input::Failed(Code::ConnectionLost.into())).is_empty());
    assert!(worker(&mut model, 4.0, Event::Agreed).is_empty());
    assert_eq!(model.screen, Screen::Failure);
    let failed = Failed { fault: Code::PeerLeft.into(), seat: Party::Alice, job: Job::Millionaires };
    assert_eq!(model.failure, Some(failed));
}

#[test]
fn what_the_person_did_themselves_is_no_alarm() {
    let mut model = agreed();
    let acts = model.update(Input::Leave);
    assert!(is_command(&acts, |c| matches!(c, Command::Cancel)) && retires(&acts));
    assert_eq!((model.screen, model.failure.is_none(), model.notice.is_some()), (Screen::Home, true, true));

    let mut model = agreed();
    worker(&mut model, 3.0, Event::Ended { fault: Code::Cancelled.into() });
    assert_eq!((model.screen, model.notice.is_some()), (Screen::Home, true));
}

#[test]
fn whoever_waits_while_the_host_is_out_of_reach_is_told_so() {
    let mut model = Model::new();
    model.update(Input::Start(Job::Millionaires));
    model.update(Input::Away(true));
    let away = |model: &Model| model.session.as_ref().map(|session| session.away);
    assert_eq!((model.screen, away(&model), model.said.is_empty()), (Screen::Invite, Some(true), false));
    model.update(Input::Away(false));
    assert_eq!((model.screen, away(&model)), (Screen::Invite, Some(false)));

    // A code that was typed while nobody was there can be typed again.
    let mut model = Model::new();
    model.update(Input::Join { typed: Some(7) });
    model.update(Input::Away(true));
    assert_eq!((model.screen, away(&model)), (Screen::Meet, Some(true)));
    model.update(Input::Leave);
    assert!(!model.has_used(7));
}

#[test]
fn a_link_that_is_no_invite_fails_without_a_session() {
    let mut model = Model::new();
    assert!(model.update(Input::Failed(Code::InviteMalformed.into())).is_empty());
    assert_eq!(model.screen, Screen::Failure);
    model.update(Input::GoHome);
    assert_eq!((model.screen, model.failure), (Screen::Home, None));
}

#[test]
fn a_new_session_retires_the_old_one_first() {
    let mut model = agreed();
    assert!(matches!(model.update(Input::Join { typed: None })[..], [Act::Retire, Act::Join]));
}

#[test]
fn only_a_running_job_asks_before_it_is_left() {
    let mut model = agreed();
    assert!(!model.job_runs());
    model.update(Input::Compare(amount()));
    assert!(!model.job_runs(), "the other person may take their time");
    worker(&mut model, 9.0, Event::Started);
    assert!(model.job_runs());
    assert!(!answered(Order::Equal).job_runs());
}

#[test]
fn both_screens_show_the_same_sign() {
    assert_eq!((sign(Order::You, Party::Alice), sign(Order::They, Party::Bob)), ('>', '>'));
    assert_eq!((sign(Order::They, Party::Alice), sign(Order::You, Party::Bob)), ('<', '<'));
    assert_eq!(sign(Order::Equal, Party::Bob), '=');
}

#[test]
fn no_share_of_work_is_more_than_all_of_it() {
    let work = |done, total| Work { stage: Stage::Extend, done, total, rounds: 0 }.fraction();
    assert_eq!([work(0, 0), work(5, 10), work(11, 10)], [0.0, 0.5, 1.0]);
}

const CHECK: Job = Job::Classify { owner: Party::Alice };
const TURNED: Job = Job::Classify { owner: Party::Bob };

fn card(reveal: Reveal) -> ModelCard {
    ModelCard {
        name: "digits".into(),
        labels: ["0", "1", "2"].map(Into::into).to_vec(),
        picture: [1, 28, 28],
        layers: vec!["convolution 1".into(), "dense 1".into()],
        comparisons: 9,
        plan: [7; 32],
        reveal,
    }
}

fn check(round: u32, owner: Party, reveal: Reveal) -> Event {
    let (offline, online) = (Cost::default(), Cost::default());
    proposed(Agreement::classify(round, owner, card(reveal), offline, online))
}

fn model_file() -> Input {
    Input::Model { model: ModelFile(vec![1, 2, 3]), reveal: Reveal::default() }
}

fn picture() -> Picture {
    Picture::new([1, 28, 28], vec![0; 28 * 28]).unwrap()
}

fn labels(round: u32) -> Event {
    let answer = jobs::Answer::Predictions(vec![Prediction::Labels { ranked: vec![2], scores: None }]);
    Event::Finished { outcome: Outcome { round, answer, online: Cost::default(), offline: Cost::default() } }
}

/// A couple that has met to check a picture, seen by one of them; Alice has the model.
fn checking(seat: Party) -> Model {
    let mut model = Model::new();
    model.update(if seat == Party::Alice { Input::Start(CHECK) } else { Input::Join { typed: None } });
    let acts = model.update(Input::Words { words: WORDS, confirm: false });
    if seat == Party::Alice {
        assert!(matches!(acts[..], [Act::Pair(Pairing { job: CHECK, .. })]));
    }
    worker(&mut model, 1.0, Event::Offered { job: CHECK });
    assert_eq!(model.screen, Screen::Model);
    model
}

/// The same, when both have accepted.
fn checking_on(seat: Party) -> Model {
    let mut model = checking(seat);
    worker(&mut model, 2.0, check(1, Party::Alice, Reveal::default()));
    assert_eq!(model.screen, Screen::Agree);
    model.update(Input::Accept);
    worker(&mut model, 3.0, Event::PeerAccepted);
    worker(&mut model, 3.0, Event::Agreed);
    model
}

/// The same, with an answer.
fn checked(seat: Party) -> Model {
    let mut model = checking_on(seat);
    match seat {
        Party::Alice => drop(worker(&mut model, 4.0, Event::PeerReady)),
        Party::Bob => drop(model.update(Input::Check(vec![picture()]))),
    }
    worker(&mut model, 5.0, Event::Started);
    worker(&mut model, 6.0, Event::Layer { index: 1 });
    assert_eq!((model.screen, model.session.as_ref().unwrap().layer), (Screen::Run, Some(1)));
    worker(&mut model, 9.0, labels(1));
    assert_eq!(model.screen, Screen::Result);
    model
}

fn next(model: &Model) -> Next {
    model.session.as_ref().unwrap().next()
}

#[test]
fn a_guest_learns_from_the_offer_what_it_is_about() {
    let model = checking(Party::Bob);
    assert_eq!(model.session.unwrap().role(), Some(Role::Holder));
    let model = checking(Party::Alice);
    assert_eq!(model.session.unwrap().role(), Some(Role::Owner));
}

#[test]
fn words_that_are_not_known_hold_up_the_model_too() {
    let mut model = Model::new();
    model.update(Input::Join { typed: None });
    model.update(Input::Words { words: WORDS, confirm: true });
    worker(&mut model, 1.0, Event::Offered { job: CHECK });
    assert_eq!(model.screen, Screen::Meet);
    model.update(Input::ConfirmWords);
    worker(&mut model, 2.0, Event::PeerConfirmedWords);
    assert_eq!(model.screen, Screen::Model);
}

#[test]
fn a_model_is_sent_once_and_only_by_its_owner() {
    let mut model = checking(Party::Alice);
    assert!(is_command(&model.update(model_file()), |c| matches!(c, Command::Model { .. })));
    assert!(model.update(model_file()).is_empty(), "the first one is being looked at");
    assert!(checking(Party::Bob).update(model_file()).is_empty());
}

#[test]
fn a_refused_model_can_be_followed_by_another() {
    let mut model = checking(Party::Alice);
    model.update(model_file());
    let fault = Fault::new(Code::ModelRefused, "dense 1: too wide");
    worker(&mut model, 2.0, Event::Refused { fault: fault.clone() });
    let session = model.session.as_ref().unwrap();
    assert_eq!((model.screen, &session.refusal, session.model_is_sent), (Screen::Model, &Some(fault), false));
    model.update(model_file());
    assert_eq!(model.session.as_ref().unwrap().refusal, None);
    worker(&mut model, 3.0, check(1, Party::Alice, Reveal::default()));
    assert_eq!(model.screen, Screen::Agree);
}

#[test]
fn only_the_holder_is_asked_for_a_picture() {
    assert_eq!(checking_on(Party::Bob).screen, Screen::Picture);
    let model = checking_on(Party::Alice);
    assert_eq!((model.screen, model.session.unwrap().ready), (Screen::Run, Both { me: true, peer: false }));
}

#[test]
fn a_picture_counts_once_and_where_it_is_asked_for() {
    let mut model = checking_on(Party::Bob);
    assert!(model.update(Input::Compare(amount())).is_empty());
    assert!(is_command(&model.update(Input::Check(vec![picture()])), |c| matches!(c, Command::Input { .. })));
    assert!(model.update(Input::Check(vec![picture()])).is_empty());
    worker(&mut model, 4.0, Event::Refused { fault: Code::PictureRefused.into() });
    assert_eq!(model.screen, Screen::Picture);
    assert!(!model.update(Input::Check(vec![picture()])).is_empty(), "another one after a refusal");
}

#[test]
fn several_pictures_are_kept_for_their_owner_to_see_until_the_next_round() {
    let mut model = checking(Party::Bob);
    let reveal = Reveal { pictures: 4, ..Reveal::default() };
    worker(&mut model, 2.0, check(1, Party::Alice, reveal));
    model.update(Input::Accept);
    worker(&mut model, 3.0, Event::Agreed);
    assert_eq!(model.session.as_ref().unwrap().takes(), 4);
    model.update(Input::Check(vec![picture(), picture()]));
    let kept = |model: &Model| {
        let checked = &model.session.as_ref().unwrap().checked;
        (0..4).filter(|index| checked.get(*index).is_some()).count()
    };
    assert_eq!(kept(&model), 2);
    worker(&mut model, 4.0, Event::Started);
    worker(&mut model, 5.0, labels(1));
    assert_eq!((model.screen, kept(&model)), (Screen::Result, 2));
    worker(&mut model, 6.0, check(2, Party::Alice, reveal));
    worker(&mut model, 7.0, Event::Agreed);
    assert_eq!(kept(&model), 0);
    // One picture need not be told from others.
    assert_eq!(kept(&checked(Party::Bob)), 0);
}

#[test]
fn a_job_that_one_page_does_not_know_leaves_the_terms_as_they_were() {
    let mut model = checking(Party::Bob);
    let unknown =
        || Event::Refused { fault: Fault::new(Code::VersionsDiffer, "this program does not know “both”") };
    let terms = || check(1, Party::Alice, Reveal::default());
    worker(&mut model, 2.0, terms());
    model.update(Input::Accept);
    worker(&mut model, 3.0, unknown());
    worker(&mut model, 3.0, terms());
    let session = model.session.as_ref().unwrap();
    assert_eq!((session.accepted, session.has_changed), (Both::default(), false));
    assert!(session.unknown_job.as_ref().is_some_and(|why| why.contains("both")));
    // Where nothing else was proposed there is nothing to go on with.
    let mut model = paired();
    worker(&mut model, 1.0, unknown());
    assert_eq!(model.screen, Screen::Failure);
    assert_eq!(model.failure.map(|failed| failed.fault.code), Some(Code::VersionsDiffer));
}

#[test]
fn terms_that_change_have_to_be_accepted_anew() {
    let mut model = checking(Party::Bob);
    worker(&mut model, 2.0, check(1, Party::Alice, Reveal::default()));
    model.update(Input::Accept);
    let changed = worker(
        &mut model,
        3.0,
        check(1, Party::Alice, Reveal { detail: Detail::Scores, audience: Audience::Both, pictures: 1 }),
    );
    let session = model.session.as_ref().unwrap();
    assert_eq!((session.accepted, session.has_changed), (Both::default(), true));
    assert!(model.update(Input::Accept).is_empty(), "a click that was meant for other terms");
    assert!(matches!(changed[..], [Act::Settle(1)]));
    // They changed twice within a second.
    let again = worker(&mut model, 3.5, check(1, Party::Alice, Reveal { pictures: 4, ..Reveal::default() }));
    assert!(matches!(again[..], [Act::Settle(2)]));
    model.update(Input::Settled(1));
    assert!(model.update(Input::Accept).is_empty(), "the first change has settled, the second has not");
    model.update(Input::Settled(2));
    let shown = model.session.as_ref().unwrap().agreement.as_ref().unwrap().hash();
    let acts = model.update(Input::Accept);
    assert!(matches!(acts[..], [Act::Command(Command::Accept { hash })] if hash == shown));
}

/// An offer without a model in between does not make a click count.
#[test]
fn terms_that_come_after_another_offer_settle_first() {
    let mut model = checking(Party::Bob);
    worker(&mut model, 2.0, check(1, Party::Alice, Reveal::default()));
    worker(&mut model, 3.0, Event::Offered { job: CHECK });
    assert_eq!(model.screen, Screen::Model);
    worker(&mut model, 3.1, check(1, Party::Alice, Reveal { detail: Detail::Scores, ..Reveal::default() }));
    assert_eq!(model.screen, Screen::Agree);
    assert!(model.update(Input::Accept).is_empty());
    model.update(Input::Settled(1));
    assert!(!model.update(Input::Accept).is_empty());
}

#[test]
fn places_change_before_this_person_has_accepted() {
    let mut model = checking(Party::Alice);
    worker(&mut model, 2.0, check(1, Party::Alice, Reveal::default()));
    let acts = model.update(Input::ChangePlaces);
    assert!(is_command(&acts, |c| matches!(c, Command::Offer { job: TURNED })));
    assert!(model.update(Input::ChangePlaces).is_empty(), "one offer at a time");
    worker(&mut model, 3.0, Event::Offered { job: TURNED });
    let session = model.session.as_ref().unwrap();
    assert_eq!((model.screen, session.role(), &session.agreement), (Screen::Model, Some(Role::Holder), &None));
    worker(&mut model, 4.0, check(1, Party::Bob, Reveal::default()));
    model.update(Input::Settled(1));
    model.update(Input::Accept);
    assert!(model.update(Input::ChangePlaces).is_empty());
    assert!(agreed().update(Input::ChangePlaces).is_empty(), "a comparison has no places");
}

#[test]
fn the_same_again_is_accepted_on_the_result() {
    for seat in [Party::Alice, Party::Bob] {
        let mut model = checked(seat);
        assert_eq!(next(&model), Next::Unknown);
        worker(&mut model, 10.0, check(2, Party::Alice, Reveal::default()));
        assert_eq!((model.screen, next(&model)), (Screen::Result, Next::Same));
        assert!(is_command(&model.update(Input::Accept), |c| matches!(c, Command::Accept { .. })));
    }
}

#[test]
fn other_terms_than_before_are_looked_at_before_they_are_accepted() {
    let mut model = checked(Party::Bob);
    worker(&mut model, 10.0, check(2, Party::Alice, Reveal { audience: Audience::Both, ..Reveal::default() }));
    assert_eq!((model.screen, next(&model)), (Screen::Result, Next::Other));
    model.update(Input::GoOn);
    assert_eq!(model.screen, Screen::Agree);
    assert!(model.update(Input::Accept).is_empty(), "a second click is not meant for what is shown now");
}

#[test]
fn nobody_is_taken_away_from_an_answer() {
    let mut model = checked(Party::Bob);
    worker(&mut model, 10.0, check(2, Party::Alice, Reveal::default()));
    worker(&mut model, 11.0, Event::Offered { job: TURNED });
    assert_eq!((model.screen, next(&model)), (Screen::Result, Next::Other));
    let answer = model.session.as_ref().unwrap().answer.as_ref().unwrap();
    assert!(answer.agreement.as_ref().unwrap().model.is_some(), "what the answer means stays known");
    model.update(Input::GoOn);
    assert_eq!((model.screen, model.session.as_ref().unwrap().role()), (Screen::Model, Some(Role::Owner)));

    let mut model = checked(Party::Alice);
    worker(&mut model, 10.0, check(2, Party::Alice, Reveal::default()));
    assert!(!model.update(Input::ChangePlaces).is_empty());
    worker(&mut model, 11.0, Event::Offered { job: TURNED });
    assert_eq!(model.screen, Screen::Model, "whoever asked for it goes at once");
}

#[test]
fn an_owner_may_keep_the_model_after_all() {
    let mut model = checking(Party::Alice);
    worker(&mut model, 2.0, check(1, Party::Alice, Reveal::default()));
    model.update(Input::ChooseModel);
    assert_eq!(model.screen, Screen::Model);
    model.update(Input::GoOn);
    assert_eq!(model.screen, Screen::Agree);
    model.update(Input::Accept);
    model.update(Input::ChooseModel);
    assert_eq!(model.screen, Screen::Agree, "what was accepted stays");
}

#[test]
fn a_failed_check_begins_again_as_a_check() {
    let mut model = checking_on(Party::Alice);
    worker(&mut model, 4.0, Event::Ended { fault: Code::PeerLeft.into() });
    assert_eq!(model.failure.unwrap().job, CHECK);
}

/// A false host that says "wrong" has had one guess at the code's words; typed again, it would have
/// another.
#[test]
fn a_code_under_which_somebody_was_met_is_not_taken_again() {
    let mut model = Model::new();
    model.update(Input::Join { typed: Some(7) });
    model.update(Input::Failed(Code::ServerUnreachable.into()));
    assert!(!model.has_used(7), "nobody was there, so nobody had a guess");
    for end in [Code::CodeWrong, Code::PeerLeft, Code::Stalled, Code::RelayAltered] {
        let mut model = Model::new();
        model.update(Input::Join { typed: Some(7) });
        model.update(Input::PeerArrived);
        model.update(Input::Failed(end.into()));
        assert!(model.has_used(7) && !model.has_used(8), "{end:?}");
    }
    let mut model = Model::new();
    model.update(Input::Join { typed: None });
    model.update(Input::PeerArrived);
    model.update(Input::Failed(Code::CodeWrong.into()));
    assert!(!model.has_used(7), "a link's secret cannot be guessed");
}

use tacit_session::Cost;

use super::*;

const WORDS: [&str; 3] = ["copper", "violin", "seven"];

fn worker(model: &mut Model, at: f64, event: Event) -> Vec<Act> {
    model.update(Input::Worker(Box::new(Stamped { at, event })))
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
    assert!(matches!(model.update(Input::Start)[..], [Act::Host]));
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
    worker(&mut model, 1.0, Event::Proposed { agreement: agreement(1) });
    assert_eq!(model.screen, Screen::Agree);
    assert!(is_command(&model.update(Input::Accept), |c| matches!(c, Command::Accept)));
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
    worker(&mut model, 20.0, Event::Proposed { agreement: agreement(2) });
    assert_eq!(model.screen, Screen::Result);
    assert!(is_command(&model.update(Input::Accept), |c| matches!(c, Command::Accept)));
    assert!(model.update(Input::Accept).is_empty());
    worker(&mut model, 21.0, Event::Agreed);
    assert_eq!(model.screen, Screen::Amount);
    assert_eq!(model.session.unwrap().ready, Both::default());
}

#[test]
fn preparing_is_timed_from_its_first_progress_to_the_stock_and_added_up() {
    let mut model = paired();
    let progress = |done| Event::Progress { stage: Stage::BaseOt, done, total: 10 };
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
    assert!(matches!(model.update(Input::Join)[..], [Act::Join]));
    model.update(Input::Words { words: WORDS, confirm: true });
    assert!(is_command(&model.update(Input::ConfirmWords), |c| matches!(c, Command::ConfirmWords)));
    assert!(model.update(Input::ConfirmWords).is_empty());
}

#[test]
fn the_agreement_waits_until_both_have_confirmed_the_words() {
    for i_am_first in [true, false] {
        let mut model = Model::new();
        model.update(Input::Join);
        model.update(Input::Words { words: WORDS, confirm: true });
        worker(&mut model, 1.0, Event::Proposed { agreement: agreement(1) });
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
    model.update(Input::Join);
    model.update(Input::Words { words: WORDS, confirm: true });
    let acts = model.update(Input::WordsDiffer);
    assert!(is_command(&acts, |c| matches!(c, Command::WordsDiffer)) && retires(&acts));
    assert_eq!(model.failure.unwrap().0.code, Code::WordsDiffer);
}

#[test]
fn the_first_failure_is_the_one_that_is_shown() {
    let mut model = agreed();
    assert!(retires(&worker(&mut model, 3.0, Event::Ended { fault: Code::PeerLeft.into() })));
    assert!(model.update(Input::Failed(Code::ConnectionLost.into())).is_empty());
    assert!(worker(&mut model, 4.0, Event::Agreed).is_empty());
    assert_eq!(model.screen, Screen::Failure);
    assert_eq!(model.failure, Some((Code::PeerLeft.into(), Party::Alice)));
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
    assert!(matches!(model.update(Input::Join)[..], [Act::Retire, Act::Join]));
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
    let work = |done, total| Work { stage: Stage::Extend, done, total }.fraction();
    assert_eq!([work(0, 0), work(5, 10), work(11, 10)], [0.0, 0.5, 1.0]);
}

//! Damages every message of every lesson in every way, from either party. The receiver faults and
//! names the party at fault, or reads a wrong number if the frame is well-formed. No party panics
//! or waits for ever.

use tacit_lessons::party::{Aside, Held, Report, Task, play};
use tacit_lessons::{Clock, answers, faults, paillier, richer, shamir, shares, transfer, triple};
use tacit_session::damage::{self, Damage, Frame};
use tacit_session::lockstep::{self, Tamper};
use tacit_session::{Code, Party};
use tacit_symmetric::Prg;

/// A lesson's name, and the tasks of a run.
type Lesson = (&'static str, fn() -> [Task; 2]);

const LESSONS: [Lesson; 9] = [
    ("shares", || shares::scaling(Clock::new(100), 12, 5, 3).tasks),
    ("multiply", || triple::multiplying(triple::CLOCK, triple::example(), triple::X, triple::Y).tasks),
    ("shamir", || shamir::meeting([65, 15]).unwrap().tasks),
    ("transfer", || transfer::transferring(*b"AB", true).tasks),
    ("richer", || richer::comparing(4, &[[11, 13]]).tasks),
    ("answers", || answers::searching(255).tasks),
    ("break", || faults::bending().tasks),
    ("toy", || paillier::adding().tasks),
    ("predict", || paillier::predicting_under(128).tasks),
];

/// Plays both parties; every frame passes through `tamper`.
fn played(tasks: [Task; 2], tamper: &Tamper) -> [Report; 2] {
    let (alice, bob) = lockstep::queues_with(tamper);
    let mut prgs = [Prg::from_seed([1; 32]), Prg::from_seed([2; 32])];
    let ([hers, his], [a, b]) = (tasks, &mut prgs);
    let (alice, bob) =
        lockstep::join(play(Party::Alice, alice, hers, a, Aside::SILENT), play(Party::Bob, bob, his, b, Aside::SILENT));
    [alice, bob]
}

/// All frames of an undamaged run.
fn frames(tasks: fn() -> [Task; 2]) -> Vec<Frame> {
    damage::frames(|watch| {
        let reports = played(tasks(), watch);
        assert!(Report::are_settled(&reports) && !Report::are_cut_off(&reports));
    })
}

#[test]
fn a_frame_that_is_damaged_on_its_way_is_the_peers_fault() {
    for (lesson, tasks) in LESSONS {
        for frame in frames(tasks) {
            let damaged = [
                ("cut short", damage::broken(frame, Damage::CutShort)),
                ("flipped", damage::broken(frame, Damage::FlippedLast)),
                ("extended", damage::broken(frame, Damage::Extended)),
                ("emptied", damage::replaced(frame, |_| vec![Vec::new()])),
            ];
            for (name, tamper) in damaged {
                let reports = played(tasks(), &tamper);
                let code = reports[frame.from.other() as usize].held.as_ref().err().map(|fault| fault.code);
                assert_eq!(code, Some(Code::PeerBroke), "{lesson}: {frame:?}, {name}");
                assert!(!Report::are_settled(&reports), "{lesson}: {frame:?}, {name}");
            }
        }
    }
}

#[test]
fn a_repeated_frame_is_the_peers_fault() {
    for (lesson, tasks) in LESSONS {
        let frames = frames(tasks);
        for &frame in &frames {
            let reports = played(tasks(), &damage::replaced(frame, |frame| vec![frame.clone(), frame]));
            let code = reports[frame.from.other() as usize].held.as_ref().err().map(|fault| fault.code);
            // No party receives after the last message; the next run on the same link would fault.
            let is_last = !frames.iter().any(|other| other.from == frame.from && other.index > frame.index);
            assert!(code == Some(Code::PeerBroke) || is_last && code.is_none(), "{lesson}: {frame:?}: {code:?}");
        }
    }
}

#[test]
fn a_forged_frame_is_the_peers_fault_or_a_wrong_number() {
    for (lesson, tasks) in LESSONS {
        for frame in frames(tasks) {
            for damage in Damage::ALL {
                // The sender of the forged frame may be the one that detects the damage, from the
                // reply; it blames its peer.
                for report in played(tasks(), &damage::forged(frame, damage)) {
                    let is_fine = match report.held {
                        Ok(Held::Scale(held)) => held.opened < 100,
                        Ok(Held::Multiply(_, opened)) => opened < 100,
                        Ok(_) => true,
                        Err(fault) => matches!(fault.code, Code::PeerBroke | Code::PeerLeft),
                    };
                    assert!(is_fine, "{lesson}: {frame:?}, {damage:?}");
                }
            }
        }
    }
}

#[test]
fn tasks_and_reports_pass_through_bytes() {
    for (lesson, tasks) in LESSONS {
        let read = |task: &Task| postcard::from_bytes(&postcard::to_allocvec(task).unwrap()).unwrap();
        let honest = || damage::altered(Party::Alice, |_, _, _| {});
        let reports = played(tasks().each_ref().map(read), &honest());
        assert_eq!(reports, played(tasks(), &honest()), "{lesson}");
        let first = frames(tasks)[0];
        let cut = played(tasks(), &damage::broken(first, Damage::CutShort));
        for report in reports.into_iter().chain(cut) {
            let bytes = postcard::to_allocvec(&report).unwrap();
            assert_eq!(postcard::from_bytes::<Report>(&bytes), Ok(report), "{lesson}");
        }
    }
}

#[test]
fn no_party_is_told_the_others_input() {
    // Alice's task is the same whatever Bob's input is, and vice versa.
    let bytes = |tasks: [Task; 2]| tasks.map(|task| postcard::to_allocvec(&task).unwrap());
    let compared = |x, y| bytes(richer::comparing(4, &[[x, y]]).tasks);
    let transferred = |letters, choice| bytes(transfer::transferring(letters, choice).tasks);
    let searched = |his| bytes(answers::searching(his).tasks);
    let scaled = |x| bytes(shares::scaling(Clock::new(100), x, 5, 3).tasks);
    assert_eq!(compared(11, 13)[0], compared(11, 2)[0]);
    assert_eq!(compared(11, 13)[1], compared(4, 13)[1]);
    assert_ne!(compared(11, 13), compared(4, 2));
    assert_eq!(transferred(*b"AB", true)[0], transferred(*b"AB", false)[0]);
    assert_eq!(transferred(*b"AB", true)[1], transferred(*b"XY", true)[1]);
    assert_eq!(searched(1)[0], searched(1000)[0]);
    assert_eq!(scaled(12)[1], scaled(70)[1]);
}

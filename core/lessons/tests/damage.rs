//! Every message of every lesson, damaged in every way, on its way from either party: whoever gets it faults and says whose fault it
//! is, or reads a wrong number where a right frame with a wrong number came; nobody panics and nobody waits for ever.

use std::cell::RefCell;
use std::rc::Rc;

use tacit_lessons::party::{Aside, Held, Report, Task, play};
use tacit_lessons::{Clock, answers, faults, paillier, richer, shamir, shares, transfer, triple};
use tacit_session::lockstep::{self, Tamper};
use tacit_session::{Code, HEADER, Party};
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

/// Plays both, with what `tamper` makes of each frame.
fn played(tasks: [Task; 2], tamper: impl FnMut(Party, usize, Vec<u8>) -> Vec<Vec<u8>> + 'static) -> [Report; 2] {
    let tamper: Tamper = Rc::new(RefCell::new(tamper));
    let (alice, bob) = lockstep::queues_with(&tamper);
    let mut prgs = [Prg::from_seed([1; 32]), Prg::from_seed([2; 32])];
    let ([hers, his], [a, b]) = (tasks, &mut prgs);
    let (alice, bob) =
        lockstep::join(play(Party::Alice, alice, hers, a, Aside::SILENT), play(Party::Bob, bob, his, b, Aside::SILENT));
    [alice, bob]
}

/// Both parties' reports on a run without damage.
fn honest(tasks: fn() -> [Task; 2]) -> [Report; 2] {
    let reports = played(tasks(), |_, _, frame| vec![frame]);
    assert!(Report::are_settled(&reports) && !Report::are_cut_off(&reports));
    reports
}

#[test]
fn what_is_damaged_on_its_way_is_the_peers_fault() {
    type Damage = fn(Vec<u8>) -> Vec<Vec<u8>>;
    let damages: [(&str, Damage); 5] = [
        ("flipped", |mut frame| {
            *frame.last_mut().unwrap() ^= 1;
            vec![frame]
        }),
        ("cut short", |mut frame| {
            frame.pop();
            vec![frame]
        }),
        ("extended", |mut frame| {
            frame.push(0);
            vec![frame]
        }),
        ("emptied", |_| vec![vec![]]),
        ("repeated", |frame| vec![frame.clone(), frame]),
    ];
    for (lesson, tasks) in LESSONS {
        let sent = honest(tasks).map(|report| report.sent.len());
        for from in [Party::Alice, Party::Bob] {
            for at in 0..sent[from as usize] {
                for (name, damage) in damages {
                    let reports =
                        played(
                            tasks(),
                            move |party, index, frame| {
                                if (party, index) == (from, at) { damage(frame) } else { vec![frame] }
                            },
                        );
                    let victim = reports[from.other() as usize].held.as_ref();
                    let code = victim.err().map(|fault| fault.code);
                    let is_last = at + 1 == sent[from as usize];
                    // Behind the last message nobody listens any more: the next run on such a link would fault.
                    if !(name == "repeated" && is_last && code.is_none()) {
                        assert_eq!(code, Some(Code::PeerBroke), "{lesson}: {from:?}'s {at}, {name}");
                        assert!(!Report::are_settled(&reports), "{lesson}: {from:?}'s {at}, {name}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_a_peer_forges_is_its_fault_or_a_wrong_number() {
    for (lesson, tasks) in LESSONS {
        let sent = honest(tasks).map(|report| report.sent);
        for from in [Party::Alice, Party::Bob] {
            for at in 0..sent[from as usize].len() {
                for byte in [0x01, 0x80, 0xFF] {
                    let mut check = crc32fast::Hasher::new();
                    // Its check is right, and so is that of all that follows.
                    let reports = played(tasks(), move |party, index, mut frame| {
                        if party == from {
                            if index == at {
                                frame[HEADER..].iter_mut().step_by(3).for_each(|body| *body ^= byte);
                            }
                            check.update(&frame[..1]);
                            check.update(&frame[HEADER..]);
                            frame[1..HEADER].copy_from_slice(&check.clone().finalize().to_le_bytes());
                        }
                        vec![frame]
                    });
                    // Whoever is answered with nonsense may be the one who notices, and then it does not know better.
                    for report in reports {
                        let is_fine = match report.held {
                            Ok(Held::Scale(held)) => held.opened < 100,
                            Ok(Held::Multiply(_, opened)) => opened < 100,
                            Ok(_) => true,
                            Err(fault) => matches!(fault.code, Code::PeerBroke | Code::PeerLeft),
                        };
                        assert!(is_fine, "{lesson}: {from:?}'s {at}, {byte:#04x}");
                    }
                }
            }
        }
    }
}

#[test]
fn tasks_and_reports_pass_through_bytes() {
    for (lesson, tasks) in LESSONS {
        let read = |task: &Task| postcard::from_bytes(&postcard::to_allocvec(task).unwrap()).unwrap();
        let reports = played(tasks().each_ref().map(read), |_, _, frame| vec![frame]);
        assert_eq!(reports, honest(tasks), "{lesson}");
        let cut = played(tasks(), |_, _, mut frame| {
            frame.pop();
            vec![frame]
        });
        for report in reports.into_iter().chain(cut) {
            let bytes = postcard::to_allocvec(&report).unwrap();
            assert_eq!(postcard::from_bytes::<Report>(&bytes), Ok(report), "{lesson}");
        }
    }
}

#[test]
fn no_party_is_told_the_others_input() {
    // What Alice's program gets is the same whatever Bob has, and the other way round.
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

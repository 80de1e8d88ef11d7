//! Altered parties: each runs the real protocol against an honest party and deviates in one place.
//! The tests count how often the deviation passes, and check what it reveals.

use tacit_ring::Bits;
use tacit_session::damage::Raw;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Code, Fault, Session, Tag};
use tacit_symmetric::{Block, Blocks};

use crate::Engine;
use crate::base::COUNT;
use crate::extension::{RandomCotReceiver as _, RandomCotSender as _};
use crate::soft_spoken::{self, Expansion, SACRIFICED, SoftSpokenReceiver, SoftSpokenSender, plane_bytes};
use crate::suite::{FIELDS, soft_spoken};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Transfers of an extension, without the sacrificed ones.
const N: usize = 40;

/// Runs per field; the largest field is the slowest.
fn runs(k: usize) -> u32 {
    if k == 8 { 300 } else { 400 }
}

/// The counts of a binomial distribution without tails of probability 2^-30 on either side.
fn likely(n: u32, p: f64) -> std::ops::RangeInclusive<u32> {
    let mut term = (1.0 - p).powi(n as i32);
    let mut terms = Vec::new();
    for x in 0..=n {
        terms.push(term);
        term *= f64::from(n - x) / f64::from(x + 1) * p / (1.0 - p);
    }
    let unlikely = |terms: &mut dyn Iterator<Item = &f64>| {
        let mut tail = 0.0;
        terms
            .take_while(|term| {
                tail += **term;
                tail < 2f64.powi(-30)
            })
            .count() as u32
    };
    unlikely(&mut terms.iter())..=n - unlikely(&mut terms.iter().rev())
}

/// An extension receiver who is honest in the first extension and alters the second.
async fn lie(
    mut s: Session<QueueLink>,
    mut receiver: SoftSpokenReceiver,
    alter: impl FnOnce(&mut Expansion),
) -> (Bits, Blocks, Session<QueueLink>) {
    receiver.extend(&mut s, N).await.unwrap();
    let mut expansion = receiver.expand(N);
    alter(&mut expansion);
    let (choices, t) = receiver.correct(&mut s, expansion).await.unwrap();
    (choices, t, s)
}

/// An honest extension sender. Returns the rows of the second extension.
async fn believe(mut s: Session<QueueLink>, sender: &mut SoftSpokenSender) -> Result<Blocks, Fault> {
    sender.extend(&mut s, N).await?;
    sender.extend(&mut s, N).await
}

/// Flips bit `i` of the correction of tree `j`, which is not the first.
fn flip(expansion: &mut Expansion, j: usize, i: usize) {
    expansion.corrections[(j - 1) * plane_bytes(N) + i / 8] ^= 1 << (i % 8);
}

/// Flips every bit of the correction of tree `j`.
fn flip_all(expansion: &mut Expansion, j: usize) {
    (0..N + SACRIFICED).for_each(|i| flip(expansion, j, i));
}

/// The `k` bits of `delta` that belong to tree `j`.
fn part(delta: Block, k: usize, j: usize) -> u64 {
    (0..k).fold(0, |part, b| part | delta.bit(j * k + b) << b)
}

/// The block with `part` in the place of tree `j`.
fn at(k: usize, j: usize, part: u64) -> Block {
    Block::from_bytes((u128::from(part) << (j * k)).to_le_bytes())
}

/// Runs `alter` with a tree and a guess at its part of `Δ`, for many `Δ`. A run passes exactly when
/// the guess is right, and then the receiver's altered rows are correct.
fn guesses(k: usize, alter: impl Fn(&mut Expansion, usize, u64)) {
    let n = runs(k);
    let mut passed = 0;
    for run in 0..n {
        let (mut sender, receiver) = soft_spoken(k, run);
        let delta = sender.delta();
        let (j, guess) = (1 + run as usize % (COUNT / k - 1), u64::from(run / 7) % (1 << k));
        let (sent, (choices, t, _)) = lockstep::run(
            async |s| believe(s, &mut sender).await,
            async |s| lie(s, receiver, |expansion| alter(expansion, j, guess)).await,
        );
        assert_eq!(sent.is_ok(), part(delta, k, j) == guess, "k = {k}, run {run}");
        match sent {
            Ok(q) => {
                passed += 1;
                for i in 0..N {
                    assert!(t[i] == q[i] ^ delta.when(u64::from(choices.get(i))), "k = {k}, run {run}, transfer {i}");
                }
            }
            Err(fault) => assert_eq!(fault.code, Code::PeerBroke),
        }
    }
    let likely = likely(n, 0.5f64.powi(k as i32));
    assert!(likely.contains(&passed), "k = {k}: {passed} of {n} passed, not {likely:?}");
}

/// One flipped bit, with rows altered to match a guess at `Δ_j`: caught with probability 1 − 2^-k.
#[test]
fn a_flipped_bit_is_a_guess_at_k_bits() {
    for k in FIELDS {
        guesses(k, |expansion, j, guess| {
            flip(expansion, j, 3);
            expansion.t[3] ^= at(k, j, guess);
        });
    }
}

/// All bits of one tree flipped.
#[test]
fn a_flipped_tree_is_a_guess_at_k_bits() {
    for k in FIELDS {
        guesses(k, |expansion, j, guess| {
            flip_all(expansion, j);
            expansion.t.iter_mut().for_each(|t| *t ^= at(k, j, guess));
        });
    }
}

/// A flip in a sacrificed row is caught like any other.
#[test]
fn sacrificed_rows_are_checked() {
    for k in FIELDS {
        guesses(k, |expansion, j, guess| {
            flip(expansion, j, N + SACRIFICED - 1);
            expansion.t[N + SACRIFICED - 1] ^= at(k, j, guess);
        });
    }
}

/// Flips in several trees require guesses at all of them.
#[test]
fn more_trees_are_more_bits_to_guess() {
    let (k, n) = (2, 600);
    let mut passed = 0;
    for run in 0..n {
        let (mut sender, receiver) = soft_spoken(k, run);
        let (sent, _) = lockstep::run(
            async |s| believe(s, &mut sender).await,
            async |s| lie(s, receiver, |expansion| [3, 9].map(|j| flip(expansion, j, j)).into_iter().collect()).await,
        );
        passed += u32::from(sent.is_ok());
    }
    let likely = likely(n, 1.0 / 16.0);
    assert!(likely.contains(&passed), "{passed} of {n} passed, not {likely:?}");
}

/// The attack on the semi-honest protocol: flip one bit of a correction, and learn 4 bits of Δ from
/// whether the transfer gives correct results. Now the engine fails before any output unless the 4
/// bits equal the guess, and it stays unusable.
#[test]
fn reading_delta_bit_by_bit_ends_the_pairing() {
    let (k, n) = (soft_spoken::FIELD_BITS, 200);
    let mut outputs = 0;
    for run in 0..n {
        let (sender, _) = soft_spoken(k, 2 * run);
        let (_, her_receiver) = soft_spoken(k, 2 * run + 1);
        let (delta, (mut his_sender, receiver)) =
            (sender.delta(), (soft_spoken(k, 2 * run + 1).0, soft_spoken(k, 2 * run).1));
        let (alice, _) = lockstep::run(
            async |mut s| {
                let mut engine = Engine::new(sender, her_receiver);
                engine.extend(&mut s, N, N).await.unwrap();
                let pool = engine.extend(&mut s, N, N).await;
                // After a failed check the engine refuses, and sends nothing.
                let before = s.ledger().total();
                let after = engine.extend(&mut s, 0, N).await.map(|_| ()).map_err(|fault| fault.code);
                assert_eq!(pool.is_ok(), after != Err(Code::Internal));
                assert_eq!(pool.is_ok(), s.ledger().total() != before);
                pool.map(|_| ()).map_err(|fault| fault.code)
            },
            async |mut s| {
                let mut receiver = receiver;
                receiver.extend(&mut s, N).await.unwrap();
                his_sender.extend(&mut s, N).await.unwrap();
                let mut expansion = receiver.expand(N);
                flip(&mut expansion, 5, 0);
                receiver.correct(&mut s, expansion).await.unwrap();
                his_sender.extend(&mut s, N).await.unwrap();
                s
            },
        );
        assert_eq!(alice, if part(delta, k, 5) == 0 { Ok(()) } else { Err(Code::PeerBroke) });
        outputs += u32::from(alice.is_ok());
    }
    let likely = likely(n, 1.0 / 16.0);
    assert!(likely.contains(&outputs), "{outputs} of {n} runs gave an output, not {likely:?}");
}

/// Extensions that overlap are checked one by one: those before the altered one give transfers,
/// those behind it do not.
#[test]
fn an_overlapping_extension_is_checked_before_it_gives_transfers() {
    let (sender, mut receiver) = soft_spoken(soft_spoken::FIELD_BITS, 5);
    let (_, her_receiver) = soft_spoken(soft_spoken::FIELD_BITS, 6);
    // A tree for which the guess 0 is wrong.
    let delta = sender.delta();
    let j = (1..COUNT / soft_spoken::FIELD_BITS).find(|&j| part(delta, soft_spoken::FIELD_BITS, j) != 0).unwrap();
    let (finished, _) = lockstep::run(
        async |mut s| {
            let mut engine = Engine::new(sender, her_receiver);
            let mut begun = Vec::new();
            for _ in 0..4 {
                begun.push(engine.begin(&mut s, N).await.unwrap());
            }
            let mut finished = Vec::new();
            for begun in begun {
                let pool = engine.finish(&mut s, begun, N).await;
                finished.push(pool.map(|pool| pool.left_as_sender()).map_err(|fault| fault.code));
            }
            let begun = engine.begin(&mut s, N).await.map(|_| 0).map_err(|fault| fault.code);
            finished.push(begun);
            finished
        },
        async |mut s| {
            receiver.extend(&mut s, N).await.unwrap();
            for altered in [false, true, false] {
                let mut expansion = receiver.expand(N);
                if altered {
                    flip(&mut expansion, j, 0);
                }
                receiver.correct(&mut s, expansion).await.unwrap();
            }
            s
        },
    );
    let refused = Err(Code::Internal);
    assert_eq!(finished, [Ok(N), Ok(N), Err(Code::PeerBroke), refused, refused]);
}

/// A forged correction.
type Forged = Raw<{ Tag::ChoiceCorrections as u8 }>;

/// A forged message for the trees.
type ForgedTrees = Raw<{ Tag::PuncturedTrees as u8 }>;

/// A change of any bit of the correction or the check, without a new check, is always caught.
#[test]
fn a_wrong_check_is_always_noticed() {
    for k in FIELDS {
        let length = soft_spoken::correction_bytes(k, N);
        let check = 8 * (length - soft_spoken::CHECK_BYTES);
        let correction = [0, check / 2, check.saturating_sub(1)].into_iter().filter(|bit| *bit < check);
        for bit in correction.chain((check..8 * length).step_by(13)) {
            let (mut sender, mut receiver) = soft_spoken(k, 1);
            let (sent, _) = lockstep::run(
                async |mut s| sender.extend(&mut s, N).await,
                async |mut s| {
                    // Take an honest receiver's messages from a link of its own.
                    let (mine, other) = lockstep::queues();
                    let (mut mine, mut other) = (Session::new(s.party(), mine), Session::new(s.party().other(), other));
                    receiver.extend(&mut mine, N).await.unwrap();
                    let Raw(mut body) = other.recv::<Forged>(()).await.unwrap();
                    body[bit / 8] ^= 1 << (bit % 8);
                    s.send(&Raw::<{ Tag::ChoiceCorrections as u8 }>(body)).await.unwrap();
                    let trees = other.recv::<ForgedTrees>(()).await.unwrap();
                    s.send(&trees).await.unwrap();
                    s
                },
            );
            assert_eq!(
                sent.err().map(|fault| fault.code),
                Some(Code::PeerBroke),
                "k = {k}, bit {bit} of {length} bytes"
            );
        }
    }
}

/// One wrong correction of a tree makes leaves depend on one bit of Δ: caught for one of its two
/// values. A wrong sum or digest is always caught.
#[test]
fn an_inconsistent_tree_is_a_guess_at_one_bit() {
    for k in [2, 4, 8] {
        let n = runs(k) / 2;
        let mut passed = 0;
        for run in 0..n {
            let (mut sender, mut receiver) = soft_spoken(k, run);
            let (j, level, side) = (run as usize % (COUNT / k), run as usize % (k - 1), (run / 2 % 2) as usize);
            if let Some(trees) = &mut receiver.unsent {
                trees.trees[j].0[level][side] ^= Block::new([0, 1 << 40]);
            }
            let delta = sender.delta();
            let (sent, received) = lockstep::run(
                async |mut s| sender.extend(&mut s, N).await,
                async |mut s| {
                    let received = receiver.extend(&mut s, N).await.unwrap();
                    (received, s)
                },
            );
            // The side of the level's sibling, whose sum the puncturer uses.
            let wanted = 1 ^ delta.bit(j * k + k - 2 - level);
            assert_eq!(sent.is_ok(), wanted != side as u64, "k = {k}, run {run}");
            match sent {
                Ok(q) => {
                    passed += 1;
                    let ((choices, t), _) = received;
                    assert!((0..N).all(|i| t[i] == q[i] ^ delta.when(u64::from(choices.get(i)))));
                }
                Err(fault) => assert_eq!(fault.code, Code::PeerBroke),
            }
        }
        let likely = likely(n, 0.5);
        assert!(likely.contains(&passed), "k = {k}: {passed} of {n} passed, not {likely:?}");

        let mutations: [fn(&mut soft_spoken::PuncturedTrees); 3] = [
            |trees| trees.digest[7] ^= 1,
            |trees| trees.trees[1].1[0] ^= Block::new([1, 0]),
            |trees| trees.trees.swap(0, 1),
        ];
        for mutate in mutations {
            let (mut sender, mut receiver) = soft_spoken(k, 3);
            mutate(receiver.unsent.as_mut().unwrap());
            let (sent, _) = lockstep::run(
                async |mut s| sender.extend(&mut s, N).await,
                async |mut s| {
                    receiver.extend(&mut s, N).await.unwrap();
                    s
                },
            );
            assert_eq!(sent.err().map(|fault| fault.code), Some(Code::PeerBroke), "k = {k}");
        }
    }
}

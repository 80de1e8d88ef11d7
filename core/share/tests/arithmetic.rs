//! Protocols on shared words, over transfers from the ideal functionality: right for random shapes
//! and extreme values, exactly as dear as declared, and unharmed by any damage to any message.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use tacit_compute::{Convolution, Cpu, Kernels as _, Resident};
use tacit_ot::ideal::{IdealReceiver, IdealSender, deal};
use tacit_ot::{Engine, Pool};
use tacit_rlwe::{Context, Packing, Weights};
use tacit_session::damage::{self, Damage};
use tacit_session::lockstep::{self, QueueLink, Tamper};
use tacit_session::{Cost, Fault, HEADER, Party, Session, Tag};
use tacit_share::linear::{self, Role};
use tacit_share::material::Transfers;
use tacit_share::multiplex::{self, Multipliers};
use tacit_share::open::{To, reveal_to, reveal_to_cost, reveal_words_to, reveal_words_to_cost};
use tacit_share::rank::{self, Lists};
use tacit_share::{Shared, Words, activation, sign, truncate};
use tacit_symmetric::Prg;

type Queue = Session<QueueLink>;

/// Ideal transfers, as many as asked for; they cost nothing.
async fn pool(s: &mut Queue, transfers: Transfers) -> Pool {
    let ((from_alice, to_bob), (from_bob, to_alice)) = (deal([1; 32]), deal([2; 32]));
    let (sender, receiver): (IdealSender, IdealReceiver) = match s.party() {
        Party::Alice => (from_alice, to_alice),
        Party::Bob => (from_bob, to_bob),
    };
    let (as_sender, as_receiver) = transfers.of(s.party());
    Engine::new(sender, receiver).extend(s, as_sender, as_receiver).await.unwrap()
}

/// This party's halves of these words: random ones at Bob.
fn halves(party: Party, words: &[u32]) -> Words {
    let mut prg = Prg::from_seed([7; 32]);
    let random = words.iter().map(|word| (word, prg.next_u64() as u32));
    Words::from_input(match party {
        Party::Alice => random.map(|(word, half)| word.wrapping_sub(half)).collect(),
        Party::Bob => random.map(|(_, half)| half).collect(),
    })
}

fn bit_halves(party: Party, bits: &[bool]) -> Shared {
    let mut prg = Prg::from_seed([8; 32]);
    let half = bits.iter().map(|bit| (bit, prg.next_u64() & 1 == 1));
    Shared::from_input(&match party {
        Party::Alice => half.map(|(bit, half)| bit ^ half).collect(),
        Party::Bob => half.map(|(_, half)| half).collect(),
    })
}

async fn open_words(s: &mut Queue, x: &Words) -> Result<Vec<u32>, Fault> {
    Ok(reveal_words_to(s, To::Both, x).await?.unwrap().to_vec())
}

/// Runs one program on both sides, and holds what it cost to what was declared.
#[expect(clippy::needless_pass_by_value, reason = "a program is written where it is run")]
fn both<T>(run: impl AsyncFn(&mut Queue) -> Result<(T, Cost), Fault>) -> (T, T) {
    let side = async |mut s: Queue| run(&mut s).await.unwrap();
    let ((alice, a), (bob, b)) = lockstep::run(side, side);
    assert_eq!((a.sent, a.received), (b.received, b.sent), "what one sends the other receives");
    (alice, bob)
}

/// The program's result, and that its cost is the declared one.
async fn held<T>(s: &mut Queue, declared: Cost, before: Cost, result: T) -> (T, Cost) {
    let measured = s.ledger().total() - before;
    assert_eq!(measured, declared, "{:?}", s.party());
    (result, measured)
}

fn signed(width: u32) -> impl Strategy<Value = i32> {
    let limit = 1i64 << (width - 1);
    prop_oneof![
        (-limit..limit).prop_map(|x| x as i32),
        Just(0),
        Just(-1),
        Just(1),
        Just((limit - 1) as i32),
        Just(-limit as i32)
    ]
}

fn words_of_a_width() -> impl Strategy<Value = (u32, Vec<i32>)> {
    (2..33u32).prop_flat_map(|width| (Just(width), vec(signed(width), 1..70)))
}

async fn relu(s: &mut Queue, x: &[u32], width: u32) -> Result<(Vec<u32>, Cost), Fault> {
    let n = x.len();
    let mut pool = pool(s, activation::Material::transfers(width, n)).await;
    let material = activation::Material::from_pool(s.party(), &mut pool, width, n);
    assert_eq!((pool.left_as_sender(), pool.left_as_receiver()), (0, 0), "what was asked for is spent");
    let before = s.ledger().total();
    let result = activation::relu(s, material, &halves(s.party(), x), width).await?;
    let (result, cost) = held(s, activation::relu_cost(s.party(), width, n), before, result).await;
    Ok((open_words(s, &result).await?, cost))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn relu_of_any_width((width, x) in words_of_a_width()) {
        let words: Vec<u32> = x.iter().map(|&x| x as u32).collect();
        let (alice, bob) = both(async |s| relu(s, &words, width).await);
        let expected: Vec<u32> = x.iter().map(|&x| x.max(0) as u32).collect();
        prop_assert_eq!(&alice, &expected);
        prop_assert_eq!(&bob, &expected);
    }

    #[test]
    fn signs_of_words_that_are_appended_in_portions((width, x) in words_of_a_width(), cut in any::<prop::sample::Index>()) {
        let words: Vec<u32> = x.iter().map(|&x| x as u32).collect();
        let at = cut.index(words.len());
        let (alice, bob) = both(async |s| {
            let n = words.len();
            let transfers = sign::Material::transfers(width, at) + sign::Material::transfers(width, n - at);
            let mut pool = pool(s, transfers).await;
            let mut material = sign::Material::from_pool(s.party(), &mut pool, width, at);
            material.append(&sign::Material::from_pool(s.party(), &mut pool, width, n - at));
            let before = s.ledger().total();
            let result = sign::is_negative(s, material, &halves(s.party(), &words), width).await?;
            let (result, cost) = held(s, sign::sign_cost(s.party(), width, n), before, result).await;
            let bits = reveal_to(s, To::Both, &result).await?.unwrap();
            Ok((bits.iter().collect::<Vec<_>>(), cost))
        });
        let expected: Vec<bool> = x.iter().map(|&x| x < 0).collect();
        prop_assert_eq!(&alice, &expected);
        prop_assert_eq!(&bob, &expected);
    }

    #[test]
    fn the_larger_of_two(pairs in vec((signed(20), signed(20)), 1..50)) {
        let [x, y]: [Vec<u32>; 2] = [0, 1].map(|i| pairs.iter().map(|&(x, y)| [x, y][i] as u32).collect());
        let (alice, _) = both(async |s| {
            let n = pairs.len();
            let mut pool = pool(s, activation::Material::transfers(21, n)).await;
            let material = activation::Material::from_pool(s.party(), &mut pool, 21, n);
            let (x, y) = (halves(s.party(), &x), halves(s.party(), &y));
            let result = activation::larger(s, material, &x, &y, 21).await?;
            Ok((open_words(s, &result).await?, Cost::default()))
        });
        prop_assert_eq!(alice, pairs.iter().map(|&(x, y)| x.max(y) as u32).collect::<Vec<_>>());
    }

    #[test]
    fn a_bit_chooses_a_word_and_becomes_one(rows in vec((any::<bool>(), any::<u32>()), 1..100)) {
        let (z, x): (Vec<bool>, Vec<u32>) = rows.iter().copied().unzip();
        let (alice, _) = both(async |s| {
            let n = rows.len();
            let mut pool = pool(s, Multipliers::transfers(2 * n)).await;
            let (one, two) = (Multipliers::from_pool(&mut pool, n), Multipliers::from_pool(&mut pool, n));
            let (z, x) = (bit_halves(s.party(), &z), halves(s.party(), &x));
            let before = s.ledger().total();
            let chosen = multiplex::select(s, one, &z, &x).await?;
            let words = multiplex::to_words(s, two, &z).await?;
            let declared = multiplex::select_cost(n) * 2;
            let ((chosen, words), cost) = held(s, declared, before, (chosen, words)).await;
            Ok(((open_words(s, &chosen).await?, open_words(s, &words).await?), cost))
        });
        let expected = |f: fn(&(bool, u32)) -> u32| rows.iter().map(f).collect::<Vec<_>>();
        prop_assert_eq!(alice, (expected(|&(z, x)| if z { x } else { 0 }), expected(|&(z, _)| u32::from(z))));
    }

    #[test]
    fn truncation_rounds_to_a_neighbour(bits in 1..30u32, x in vec(signed(31), 1..100)) {
        let limit = (1i32 << 30) - (1 << bits) - 1;
        let x: Vec<i32> = x.into_iter().map(|x| x.clamp(-limit, limit)).collect();
        let words: Vec<u32> = x.iter().map(|&x| x as u32).collect();
        let (alice, bob) = both(async |s| {
            let n = words.len();
            let mut pool = pool(s, truncate::Material::transfers(n)).await;
            let mut material = truncate::Material::from_pool(s.party(), &mut pool, n / 2);
            material.append(&truncate::Material::from_pool(s.party(), &mut pool, n - n / 2));
            let before = s.ledger().total();
            let result = truncate::truncate(s, material, &halves(s.party(), &words), bits).await?;
            let (result, cost) = held(s, truncate::truncate_cost(s.party(), bits, n), before, result).await;
            Ok((open_words(s, &result).await?, cost))
        });
        prop_assert_eq!(&alice, &bob);
        for (x, got) in x.iter().zip(alice) {
            let (down, got) = (x >> bits, got as i32);
            let whole = x & ((1 << bits) - 1) == 0;
            prop_assert!(got == down || (got == down + 1 && !whole), "{} by {}: {}", x, bits, got);
        }
    }

    #[test]
    fn places_in_order_with_ties((count, len) in (1..4usize, 1..12usize), seed: u64) {
        let mut prg = Prg::from_seed([3; 32]).fork(&seed.to_le_bytes());
        let words: Vec<u32> = (0..count * len).map(|_| (prg.next_u64() % 7) as u32).map(|x| x.wrapping_sub(3)).collect();
        let lists = Lists { count, len, width: 5 };
        let (winners, first) = both(async |s| places::<1>(s, lists, &words).await).0;
        let (three, top) = both(async |s| places::<3>(s, lists, &words).await).0;
        for list in 0..count {
            let row = &words[list * len..][..len];
            let mut order: Vec<usize> = (0..len).collect();
            order.sort_by_key(|&i| (-(row[i] as i32), i));
            for (place, bits) in winners.iter().chain(&three).enumerate() {
                let place = place.saturating_sub(1);
                let who: Vec<usize> = (0..len).filter(|i| bits[i * count + list]).collect();
                prop_assert_eq!(who, order.get(place).copied().into_iter().collect::<Vec<_>>(), "place {}", place);
            }
            order.truncate(3);
            prop_assert_eq!(&first[list], &Some(order[..1].to_vec()));
            prop_assert_eq!(&top[list], &Some(order));
        }
    }

    #[test]
    fn linear_layers_of_some_pictures(
        (channels, size, filters, kernel) in (1..4usize, 3..9usize, 1..5usize, 1..4usize),
        padding in 0..2usize, n in 1..4usize, owner_is_alice: bool, seed: u64,
    ) {
        let shape = Convolution { channels, height: size, width: size, filters, kernel: [kernel; 2], stride: 1, padding };
        let mut prg = Prg::from_seed([3; 32]).fork(&seed.to_le_bytes());
        let weights: Vec<i32> = (0..shape.weights()).map(|_| (prg.next_u64() % 2001) as i32 - 1000).collect();
        let bias: Vec<u32> = (0..filters).map(|_| prg.next_u64() as u32).collect();
        let x: Vec<u32> = (0..n * shape.inputs()).map(|_| prg.next_u64() as u32).collect();
        let owner = if owner_is_alice { Party::Alice } else { Party::Bob };
        let (alice, bob) = both(async |s| layer(s, owner, &shape, &weights, &bias, &x).await);
        let unsigned: Vec<u32> = weights.iter().map(|&w| w as u32).collect();
        let mut expected = Vec::new();
        for x in x.chunks_exact(shape.inputs()) {
            let mut out = vec![0; shape.outputs()];
            Cpu.convolve(&shape, &unsigned, x, &mut out);
            let rows = out.chunks_exact_mut(shape.positions()).zip(&bias);
            rows.for_each(|(row, bias)| row.iter_mut().for_each(|y| *y = y.wrapping_add(*bias)));
            expected.extend(out);
        }
        prop_assert_eq!(&alice, &bob);
        // Rarely one off.
        prop_assert!(alice.iter().zip(&expected).all(|(x, y)| x.wrapping_sub(*y).wrapping_add(1) <= 2));
    }
}

/// Opened places, one bit for each word; and what their indices say.
type Places = (Vec<Vec<bool>>, Vec<Option<Vec<usize>>>);

async fn places<const W: usize>(s: &mut Queue, lists: Lists, words: &[u32]) -> Result<(Places, Cost), Fault> {
    let mut pool = pool(s, rank::Material::<W>::transfers(lists)).await;
    let material = rank::Material::<W>::from_pool(s.party(), &mut pool, lists);
    assert_eq!((pool.left_as_sender(), pool.left_as_receiver()), (0, 0), "what was asked for is spent");
    let before = s.ledger().total();
    let result = rank::places(s, material, lists, &halves(s.party(), words)).await?;
    let (result, cost) = held(s, rank::places_cost::<W>(s.party(), lists), before, result).await;
    let mut opened = Vec::new();
    for bits in &result {
        opened.push(reveal_to(s, To::Both, bits).await?.unwrap().iter().collect());
    }
    let indices = rank::indices(lists, &result);
    assert_eq!(indices.len(), rank::indices_len(lists, W));
    let indices = reveal_to(s, To::Both, &indices).await?.unwrap();
    Ok(((opened, rank::read_indices(lists, W, &indices)), cost))
}

async fn layer(
    s: &mut Queue,
    owner: Party,
    shape: &Convolution,
    weights: &[i32],
    bias: &[u32],
    x: &[u32],
) -> Result<(Vec<u32>, Cost), Fault> {
    let (context, packing) = (Context::new(), Packing::convolution(shape).unwrap());
    let mut rng = Prg::from_seed([s.party() as u8; 32]);
    let n = x.len() / shape.inputs();
    let share = halves(s.party(), x);
    let role = if s.party() == owner { Role::Owner } else { Role::Client };
    let before = s.ledger().total();
    let result = match role {
        Role::Owner => {
            let transformed = Weights::new(&context, &Cpu, &packing, weights);
            let origin = linear::send_nonce(s, &mut rng).await?;
            let key = linear::receive_key(s, &context, origin).await?;
            let mut material = Vec::new();
            for _ in 0..n {
                material.push(linear::answer(s, &context, &Cpu, &key, &packing, &transformed, &mut rng).await?);
            }
            let weights: Vec<u32> = weights.iter().map(|&w| w as u32).collect();
            linear::receive_input(s, &Cpu, material, shape, &Resident::new(weights.into()), bias, &share).await?
        }
        Role::Client => {
            let origin = linear::receive_nonce(s).await?;
            let key = linear::send_key(s, &context, &Cpu, origin, &mut rng).await?;
            let mut asked = Vec::new();
            for _ in 0..n {
                asked.push(linear::ask(s, &context, &Cpu, &key, &packing, &mut rng).await?);
            }
            let mut material = Vec::new();
            for r in asked {
                material.push(linear::receive_products(s, &context, &Cpu, &key, &packing, r).await?);
            }
            linear::send_input(s, material, &share).await?
        }
    };
    let once = linear::nonce_cost(role) + linear::key_cost(role, &context) + linear::apply_cost(role, shape, n);
    // The client asks everything at once; the key answers the owner's nonce, and each later message
    // an answer of the owner's.
    let rounds = if role == Role::Client { 1 } else { n as u64 + 1 };
    let declared = Cost { rounds, ..once + linear::prepare_cost(role, &context, &packing) * n as u64 };
    let (result, cost) = held(s, declared, before, result).await;
    Ok((open_words(s, &result).await?, cost))
}

#[test]
fn one_party_learns_and_the_other_does_not() {
    let words = [1, 2, u32::MAX];
    for learner in [Party::Alice, Party::Bob] {
        let (alice, bob) = both(async |s| {
            let x = halves(s.party(), &words);
            let z = bit_halves(s.party(), &[true, false, true]);
            let (to, before) = (To::One(learner), s.ledger().total());
            let opened = reveal_words_to(s, to, &x).await?.map(|opened| opened.to_vec());
            let bits = reveal_to(s, to, &z).await?.map(|bits| bits.iter().collect::<Vec<_>>());
            let declared = reveal_words_to_cost(s.party(), to, 3) + reveal_to_cost(s.party(), to, 3);
            Ok(held(s, declared, before, opened.zip(bits)).await)
        });
        let told = Some((words.to_vec(), vec![true, false, true]));
        assert_eq!((alice, bob), if learner == Party::Alice { (told, None) } else { (None, told) });
    }
}

/// Truncation is without bias: over many sharings of one number the mean is the exact quotient.
#[test]
fn truncation_is_right_on_average() {
    let (bits, n) = (10, 1 << 14);
    for x in [300i32, -300, 5000, -1] {
        let (sum, _) = both(async |s| {
            let mut pool = pool(s, truncate::Material::transfers(n)).await;
            let material = truncate::Material::from_pool(s.party(), &mut pool, n);
            let result = truncate::truncate(s, material, &halves(s.party(), &vec![x as u32; n]), bits).await?;
            let sum: i64 = open_words(s, &result).await?.into_iter().map(|y| i64::from(y as i32)).sum();
            Ok((sum, Cost::default()))
        });
        // Eight standard deviations of a coin, at most ½/√n each.
        let mean = sum as f64 / n as f64;
        assert!((mean - f64::from(x) / 1024.0).abs() < 4.0 / (n as f64).sqrt(), "{x}: {mean}");
    }
}

/// Received bits are balanced whatever the words are: with other transfers each time, every bit of
/// every message is one about half of the time.
#[test]
fn what_is_sent_is_balanced_whatever_the_words_are() {
    for word in [0u32, 1, u32::MAX, 0x7fff, 0xffff_8000] {
        let ones: Rc<RefCell<Vec<Vec<u32>>>> = Rc::default();
        let runs = 300u32;
        for seed in 0..runs {
            let sink = Rc::clone(&ones);
            let tamper: Tamper = Rc::new(RefCell::new(move |party, index, message: Vec<u8>| {
                let mut ones = sink.borrow_mut();
                let message_of = 2 * index + party as usize;
                if ones.len() <= message_of {
                    ones.resize(message_of + 1, Vec::new());
                }
                let ones = &mut ones[message_of];
                ones.resize((message.len() - HEADER) * 8, 0);
                for (bit, ones) in ones.iter_mut().enumerate() {
                    *ones += u32::from(message[HEADER + bit / 8] >> (bit % 8) & 1);
                }
                vec![message]
            }));
            let side = async |mut s: Queue| {
                let ((from_alice, to_bob), (from_bob, to_alice)) =
                    (deal([seed as u8; 32]), deal([seed as u8 ^ 0xff; 32]));
                let (sender, receiver) = match s.party() {
                    Party::Alice => (from_alice, to_alice),
                    Party::Bob => (from_bob, to_bob),
                };
                let mut engine = Engine::new(sender, receiver);
                // Seeds end at 256; later runs go further along.
                for _ in 0..=seed / 256 {
                    engine.extend(&mut s, 64, 64).await.unwrap();
                }
                let (as_sender, as_receiver) = activation::Material::transfers(16, 8).of(s.party());
                let mut pool = engine.extend(&mut s, as_sender, as_receiver).await.unwrap();
                let material = activation::Material::from_pool(s.party(), &mut pool, 16, 8);
                // The halves themselves are fixed: only material may hide them.
                let half = if s.party() == Party::Alice { word } else { 0 };
                activation::relu(&mut s, material, &Words::from_input(vec![half; 8]), 16).await.unwrap();
            };
            lockstep::run_with(&tamper, side, side);
        }
        for (message, ones) in ones.borrow().iter().enumerate() {
            for (bit, &ones) in ones.iter().enumerate() {
                // Bits that fill a last byte are always zero.
                let fair = ones.abs_diff(runs / 2) < 60;
                assert!(fair || ones == 0, "message {message}, bit {bit}: {ones} of {runs} for {word:#x}");
            }
        }
    }
}

#[test]
fn every_damaged_frame_is_the_peers_fault_or_a_wrong_number() {
    let shape = Convolution { channels: 1, height: 4, width: 4, filters: 2, kernel: [3; 2], stride: 1, padding: 0 };
    let program = async |s: &mut Queue| -> Result<(), Fault> {
        relu(s, &[5, 6, 7], 12).await?;
        let mut pool = pool(s, truncate::Material::transfers(3)).await;
        let material = truncate::Material::from_pool(s.party(), &mut pool, 3);
        truncate::truncate(s, material, &halves(s.party(), &[1, 2, 3]), 5).await?;
        places::<3>(s, Lists { count: 1, len: 4, width: 8 }, &[1, 2, 3, 4]).await?;
        layer(s, Party::Bob, &shape, &[1; 18], &[1, 2], &[7; 16]).await?;
        Ok(())
    };
    let side = async |mut s: Queue| program(&mut s).await;
    let kinds = damage::every(&Damage::ALL, |tamper| lockstep::run_with(tamper, side, side));
    let tags = [Tag::MaskedDigits, Tag::MaskedTables, Tag::MaskedFactors, Tag::MaskedOperands, Tag::MaskedLayer];
    for tag in tags.into_iter().chain([Tag::PublicKey, Tag::Encrypted, Tag::Multiplied]) {
        assert!(kinds.iter().any(|frame| frame.tag == tag), "{} does not cross", tag.name());
    }
}

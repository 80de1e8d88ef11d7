//! Nobody tells the simulator from the protocol, and whoever could be told would be.

use tacit_ring::Bits;
use tacit_session::{Direction, HEADER, Stage, Tag};
use tacit_share::material::PrivateProducts;

use super::*;
use tacit_record::flatness::{Histogram, chi_squared, p_value, two_samples, uniform_bits};

/// Views of each kind. A bit that is one in 57 of 100 instead of 50 is then found (see [`LEVEL`]):
/// its χ² is about 4·0.07²·2048 = 40, and P(χ²_1 ≥ 40) is 3·10^−10.
const RUNS: u32 = 2048;

/// How likely [`suspect`] is to suspect something where nothing is wrong. It makes some 1,100
/// tests, so by Bonferroni's inequality each of them may do so with a probability of 10^−6/1,100,
/// whatever they have to do with each other. Seeds are fixed: a test that passes once passes for
/// ever.
const LEVEL: f64 = 1e-6;

fn amount(units: u64) -> Amount {
    Amount::from_minor_units(units).unwrap()
}

fn seed(kind: u8, run: u32) -> [u8; 32] {
    let mut seed = [kind; 32];
    seed[..4].copy_from_slice(&run.to_le_bytes());
    seed
}

/// Equal, extremes, neighbours that differ in one bit or in all.
fn inputs() -> [(u64, u64); 5] {
    [(70_000, 70_000), (0, Amount::MAX), (Amount::MAX, 0), (1 << 40, (1 << 40) - 1), (12_344, 12_345)]
}

fn order(party: Party, (x, y): (u64, u64)) -> Order {
    let (mine, theirs) = if party == Party::Alice { (x, y) } else { (y, x) };
    match mine.cmp(&theirs) {
        std::cmp::Ordering::Less => Order::They,
        std::cmp::Ordering::Equal => Order::Equal,
        std::cmp::Ordering::Greater => Order::You,
    }
}

fn own(party: Party, (x, y): (u64, u64)) -> Amount {
    amount(if party == Party::Alice { x } else { y })
}

fn reals(party: Party, (x, y): (u64, u64)) -> Vec<View> {
    let (x, y) = (amount(x), amount(y));
    (0..RUNS).map(|run| real(party, &x, &y, seed(1, run))).collect()
}

fn made_up(party: Party, inputs: (u64, u64)) -> Vec<View> {
    let own = own(party, inputs);
    (0..RUNS).map(|run| simulated(party, &own, order(party, inputs), seed(2, run))).collect()
}

/// Every meaningful bit that went one way, one message behind the other.
fn bits(view: &View, direction: Direction) -> Vec<bool> {
    view.messages.iter().filter(|seen| seen.direction == direction).flat_map(Seen::meaningful).collect()
}

/// How often each value of some bits of a view occurs.
fn counts(views: &[[Vec<bool>; 2]], pick: &[(Direction, usize)]) -> Vec<u64> {
    let mut counts = vec![0; 1 << pick.len()];
    for view in views {
        let value = pick.iter().rev().fold(0, |value, &(direction, at)| {
            value << 1 | usize::from(view[usize::from(direction == Direction::Received)][at])
        });
        counts[value] += 1;
    }
    counts
}

/// What tells two lists of views apart, or one of them from uniform bits.
///
/// χ² tests: every bit that is received against a fair coin, in both lists; and between the lists
/// every four bits and every two neighbours of what is received, every received bit together with
/// the bit that was sent at the same place, and what is received last together with the party's own
/// half.
fn suspect(one: &[View], two: &[View]) -> Vec<String> {
    let form = |view: &View| -> Vec<(Stage, Tag, Direction, usize, usize)> {
        view.messages.iter().map(|m| (m.stage, m.tag, m.direction, m.body.len(), m.bits)).collect()
    };
    let first = form(&one[0]);
    if one.iter().chain(two).any(|view| form(view) != first) {
        return vec!["messages of another form".into()];
    }
    assert!(first.iter().all(|&(_, tag, ..)| uniform_bits(tag)));
    let lists = [one, two].map(|views| -> Vec<_> {
        views.iter().map(|view| [Direction::Sent, Direction::Received].map(|direction| bits(view, direction))).collect()
    });
    let [one, two] = &lists;
    let received = |at| (Direction::Received, at);
    let sent = |at| (Direction::Sent, at);
    let n = one[0][1].len();
    let mut tests: Vec<(String, f64)> = Vec::new();
    for (list, name) in lists.iter().zip(["first", "second"]) {
        for at in 0..n {
            let p = p_value(chi_squared(&counts(list, &[received(at)])), 1);
            tests.push((format!("bit {at} of the {name}"), p));
        }
    }
    let mut same = |name: String, pick: &[(Direction, usize)]| {
        let (x, degrees) = two_samples(&counts(one, pick), &counts(two, pick));
        tests.push((name, p_value(x, degrees)));
    };
    for at in (0..n - 3).step_by(4) {
        same(format!("four bits from {at}"), &[0, 1, 2, 3].map(|i| received(at + i)));
    }
    for at in 0..n - 1 {
        same(format!("neighbours from {at}"), &[received(at), received(at + 1)]);
    }
    for at in 0..n {
        same(format!("bit {at} and the one sent"), &[received(at), sent(at)]);
    }
    same("the last message and the own half".into(), &[received(n - 2), received(n - 1), sent(n - 2), sent(n - 1)]);
    let level = LEVEL / tests.len() as f64;
    tests.into_iter().filter(|(_, p)| *p < level).map(|(name, _)| name).collect()
}

#[test]
fn nothing_tells_the_simulator_from_the_protocol() {
    for party in [Party::Alice, Party::Bob] {
        for inputs in inputs() {
            let (reals, made_up) = (reals(party, inputs), made_up(party, inputs));
            let answer = order(party, inputs);
            assert!(reals.iter().chain(&made_up).all(|view| view.answer == answer), "{party:?}, {inputs:?}");
            assert_eq!(suspect(&reals, &made_up), [""; 0], "{party:?}, {inputs:?}");
            for views in [reals, made_up] {
                let mut histogram = Histogram::default();
                views.iter().flat_map(|view| &view.messages).for_each(|seen| histogram.add(seen));
                // 510 bits a view. Twenty histograms are looked at.
                assert_eq!(histogram.total(), u64::from(RUNS) * 510 / 4);
                assert!(histogram.p_value() * 20.0 > LEVEL, "{party:?}, {inputs:?}: {}", histogram.p_value());
            }
        }
    }
}

/// What one party sees of two amounts of the other that have the same order: no difference.
#[test]
fn nothing_tells_one_amount_of_the_other_from_another() {
    let (small, large) = (reals(Party::Alice, (5_000, 5_001)), reals(Party::Alice, (5_000, Amount::MAX)));
    assert_eq!(suspect(&small, &large), [""; 0]);
}

#[test]
fn a_view_has_the_form_of_the_protocol() {
    let view = real(Party::Bob, &amount(3), &amount(4), [1; 32]);
    let received: Vec<_> = view.messages.iter().filter(|seen| seen.direction == Direction::Received).collect();
    let tags = [[Tag::MaskedInputs].as_slice(), &[Tag::MaskedOperands; 6], &[Tag::OpenBits]].concat();
    assert_eq!(received.iter().map(|seen| seen.tag).collect::<Vec<_>>(), tags);
    assert_eq!(received.iter().map(|seen| seen.bits).collect::<Vec<_>>(), [64, 96, 48, 24, 12, 6, 3, 2]);
    assert!(view.messages.iter().all(|seen| (seen.stage == Stage::Reveal) == (seen.tag == Tag::OpenBits)));
    assert!(view.messages.iter().all(|seen| seen.body.len() == seen.bits.div_ceil(8)));
    let cost = compare::compare_cost();
    let body = |direction| -> usize {
        view.messages.iter().filter(|seen| seen.direction == direction).map(|seen| seen.body.len() + HEADER).sum()
    };
    assert_eq!([cost.sent, cost.received], [Direction::Sent, Direction::Received].map(|d| body(d) as u64));
    let padding = |seen: &Seen| seen.body.iter().map(|byte| byte.count_ones() as usize).sum::<usize>();
    assert!(view.messages.iter().all(|seen| padding(seen) == seen.meaningful().filter(|bit| *bit).count()));
}

#[test]
fn the_same_seed_makes_the_same_view() {
    let (x, y) = (amount(9), amount(8));
    assert_eq!(real(Party::Bob, &x, &y, [1; 32]), real(Party::Bob, &x, &y, [1; 32]));
    assert_eq!(simulated(Party::Bob, &y, Order::They, [1; 32]), simulated(Party::Bob, &y, Order::They, [1; 32]));
}

const CASE: (u64, u64) = (12_344, 12_345);

/// Views of a broken simulator: of one that works, changed in what the party receives in message
/// `message` of either side.
fn broken(message: usize, change: impl Fn(&mut Prg, &[u8], &mut Seen)) -> Vec<View> {
    let mut rng = Prg::from_seed([9; 32]);
    let mut views = made_up(Party::Alice, CASE);
    for view in &mut views {
        let mut of_message = view.messages.chunks_exact_mut(2).nth(message).unwrap().iter_mut();
        let (sent, received) = (of_message.next().unwrap(), of_message.next().unwrap());
        assert_eq!((sent.direction, received.direction), (Direction::Sent, Direction::Received));
        change(&mut rng, &sent.body, received);
    }
    views
}

/// The test is one that fails.
#[test]
fn broken_simulators_are_suspected() {
    let reals = reals(Party::Alice, CASE);
    let blamed = |what: &str, views: &[View], why: &str| {
        let found = suspect(&reals, views);
        assert!(found.iter().any(|found| found.starts_with(why)), "{what}: {found:?}");
    };
    blamed("zeros", &broken(3, |_, _, seen| seen.body.fill(0)), "bit 208 of the second");
    blamed("an echo", &broken(0, |_, sent, seen| seen.body.copy_from_slice(sent)), "bit 0 and the one sent");
    let ignorant = broken(7, |rng, _, seen| seen.body = vec![(rng.next_u64() & 3) as u8]);
    blamed("no regard to the answer", &ignorant, "the last message and the own half");
    // One in 58 of a hundred views: set in one of six, whatever it was.
    let lopsided = broken(5, |rng, _, seen| seen.body[0] |= u8::from(rng.next_u64().is_multiple_of(6)));
    blamed("a bit that is a little too often one", &lopsided, "bit 244 of the second");
    blamed("a bit too few", &broken(2, |_, _, seen| seen.bits -= 1), "messages of another form");
    let x = amount(CASE.0);
    let wrong: Vec<_> = (0..RUNS).map(|run| simulated(Party::Alice, &x, Order::Equal, seed(2, run))).collect();
    blamed("another answer", &wrong, "the last message and the own half");
}

/// Material of which every private product serves two places: the answers stay right, and the masks
/// are used twice.
fn twice(s: &Session<QueueLink>, seed: [u8; 32]) -> Material {
    let Material { private, pairs } = ideal::deal(s, compare::demand(), seed);
    let double = |bits: &Bits| Bits::from_fn(bits.len(), |i| bits.get(i / 2));
    let private = match &private {
        PrivateProducts::Alice { s, u } => PrivateProducts::Alice { s: double(s), u: double(u) },
        PrivateProducts::Bob { delta, v } => PrivateProducts::Bob { delta: double(delta), v: double(v) },
    };
    Material { private, pairs }
}

#[test]
fn broken_protocols_are_suspected() {
    let made_up = made_up(Party::Alice, CASE);
    let blamed = |what: &str, material: &dyn Fn(&Session<QueueLink>, u32) -> Material, why: &str| {
        let (x, y) = (amount(CASE.0), amount(CASE.1));
        let views: Vec<_> = (0..RUNS).map(|run| real_on(Party::Alice, &x, &y, |s| material(s, run))).collect();
        assert!(views.iter().all(|view| view.answer == Order::They), "{what}: nobody sees it by the answer");
        let found = suspect(&views, &made_up);
        assert!(found.iter().any(|found| found.starts_with(why)), "{what}: {found:?}");
    };
    let spent_again = |s: &Session<QueueLink>, _| ideal::deal(s, compare::demand(), [7; 32]);
    blamed("material that is spent again", &spent_again, "bit 0 of the first");
    blamed("masks that are used twice", &|s, run| twice(s, seed(1, run)), "neighbours from 0");
}

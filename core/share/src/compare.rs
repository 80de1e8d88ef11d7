//! Comparison of private numbers.

use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Party, Session, Tag};
use zeroize::Zeroizing;

use crate::material::{Demand, Material};
use crate::{Shared, and, tree};

/// Bits of the numbers that are compared.
pub const WIDTH: usize = 64;

/// Shares of `x < y` and of `x = y`, for `n` pairs of 64-bit numbers: Alice has the `x`, Bob the
/// `y`.
///
/// *Computes*: `g_i = ¬x_i·y_i` by [`and::private`], `p_i = ¬x_i ⊕ y_i` locally, then
/// [`tree::fold`], whose one tree yields both answers. *From*: Garay, Schoenmakers, Villegas 2007
/// (the tree); Yao 1982 (the problem). *Security*: semi-honest, that of its parts: everything sent
/// is under one-time masks. *Cost*: [`less_and_equal_cost`]: 7 rounds. *Deviations*: leaves come
/// from private ANDs (one transfer instead of two).
///
/// # Errors
/// Those of its parts.
///
/// # Panics
/// When the material is not that of [`demand`]`(n)`.
pub async fn less_and_equal<L: Link>(
    s: &mut Session<L>,
    material: Material,
    mine: &[u64],
) -> Result<(Shared, Shared), Fault> {
    let Material { private, pairs } = material;
    // ¬x at Alice and y at Bob serve as inputs of g and as shares of p.
    let words: Zeroizing<Vec<u64>> = match s.party() {
        Party::Alice => mine.iter().map(|x| !x).collect::<Vec<_>>().into(),
        Party::Bob => mine.to_vec().into(),
    };
    let input = planes(&words);
    let generate = and::private(s, private, &input).await?;
    let propagate = Shared::from_input(&input);
    tree::fold(s, pairs, mine.len(), generate, propagate).await
}

/// The bits of all words, the least significant ones first.
fn planes(words: &[u64]) -> Bits {
    (0..WIDTH).flat_map(|bit| words.iter().map(move |word| word >> bit & 1 == 1)).collect()
}

/// The cost of [`less_and_equal`] on `n` pairs.
#[must_use]
pub fn less_and_equal_cost(n: usize) -> Cost {
    and::private_cost(WIDTH * n) + tree::fold_cost(WIDTH, n)
}

/// The messages of [`less_and_equal`] on `n` pairs: each party sends all of them, and how many bits
/// each has.
pub fn messages(n: usize) -> impl Iterator<Item = (Tag, usize)> {
    let layers = tree::layers(WIDTH).map(move |nodes| (Tag::MaskedOperands, 3 * nodes * n));
    std::iter::once((Tag::MaskedInputs, WIDTH * n)).chain(layers)
}

/// The material that [`less_and_equal`] on `n` pairs spends.
#[must_use]
pub fn demand(n: usize) -> Demand {
    Demand { private: WIDTH * n, pairs: tree::fold_triples(WIDTH, n) }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use proptest::prelude::*;
    use tacit_session::damage::{self, Damage};
    use tacit_session::lockstep::{self, QueueLink, Tamper};

    use super::*;
    use crate::ideal;
    use crate::open::{reveal, reveal_cost};

    /// Runs the protocol over dealt material and opens both answers.
    async fn party(mut s: Session<QueueLink>, numbers: &[u64]) -> Result<(Vec<(bool, bool)>, Cost), Fault> {
        let n = numbers.len();
        let material = ideal::deal(&s, demand(n), [7; 32]);
        let (less, equal) = less_and_equal(&mut s, material, numbers).await?;
        let measured = s.ledger().total();
        let opened = reveal(&mut s, &less.join(&equal)).await?;
        Ok(((0..n).map(|i| (opened.get(i), opened.get(n + i))).collect(), measured))
    }

    fn close_pairs() -> impl Strategy<Value = (u64, u64)> {
        // Most random pairs differ in the top bits; these differ anywhere or nowhere.
        (any::<u64>(), any::<u64>(), 0u32..65).prop_map(|(x, y, shift)| (x, x ^ y.checked_shr(shift).unwrap_or(0)))
    }

    proptest! {
        #[test]
        fn answers_are_those_of_plain_comparison(pairs in proptest::collection::vec(close_pairs(), 1..40)) {
            let (x, y): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
            let (alice, bob) = lockstep::run(async |s| party(s, &x).await, async |s| party(s, &y).await);
            let expected: Vec<_> = pairs.iter().map(|(x, y)| (x < y, x == y)).collect();
            let declared = less_and_equal_cost(pairs.len());
            prop_assert!(alice.as_ref().is_ok_and(|got| *got == (expected.clone(), declared)));
            prop_assert!(bob.as_ref().is_ok_and(|got| *got == (expected, declared)));
        }
    }

    #[test]
    fn extremes_and_neighbours() {
        let x = [0, u64::MAX, 0, 1, 1 << 63, (1 << 63) - 1, 5];
        let y = [0, u64::MAX, u64::MAX, 0, (1 << 63) - 1, 1 << 63, 6];
        let (alice, _) = lockstep::run(async |s| party(s, &x).await, async |s| party(s, &y).await);
        let expected: Vec<_> = x.iter().zip(&y).map(|(x, y)| (x < y, x == y)).collect();
        assert_eq!(alice.unwrap().0, expected);
    }

    #[test]
    fn one_comparison_costs_what_the_documentation_says() {
        let cost = less_and_equal_cost(1) + reveal_cost(2);
        assert_eq!(cost.rounds, 8);
        // 8 headers; 64 masked inputs; 3 bits for each of 63 nodes, layer by layer; 2 answers.
        assert_eq!(cost.sent, 8 * 5 + 8 + (12 + 6 + 3 + 2 + 1 + 1) + 1);
        assert_eq!(demand(1), Demand { private: 64, pairs: 63 });
    }

    #[test]
    fn every_damaged_frame_is_the_peers_fault_or_a_wrong_answer() {
        let run = |tamper: &Tamper| {
            lockstep::run_with(tamper, async |s| party(s, &[3]).await, async |s| party(s, &[4]).await)
        };
        let kinds = damage::every(&Damage::ALL, run);
        for tag in [Tag::MaskedInputs, Tag::MaskedOperands, Tag::OpenBits] {
            assert!(kinds.iter().any(|frame| frame.tag == tag), "{} does not cross", tag.name());
        }
    }

    /// What one party sees of equal inputs and of different ones comes from the same distribution:
    /// with material from another seed each time, every bit that is sent is one about half of the
    /// time, whatever the inputs are.
    #[test]
    fn what_is_sent_is_balanced_whatever_the_inputs_are() {
        for (x, y) in [(0, 0), (0, u64::MAX), (u64::MAX, 0), (0x5555, 0xAAAA)] {
            let ones = Rc::new(RefCell::new([0u32; 64 + 63 * 3]));
            let runs = 200u8;
            for seed in 0..runs {
                let sink = Rc::clone(&ones);
                let tamper: Tamper = Rc::new(RefCell::new(move |from, i, message: Vec<u8>| {
                    if from == Party::Alice {
                        // Where this layer's bits begin, and how many there are.
                        let (start, len) = (0..i).fold((0, 64), |(start, len), layer| (start + len, 3 * (32 >> layer)));
                        for bit in 0..len {
                            let body = &message[tacit_session::HEADER..];
                            sink.borrow_mut()[start + bit] += u32::from(body[bit / 8] >> (bit % 8) & 1);
                        }
                    }
                    vec![message]
                }));
                let run = async |mut s: Session<QueueLink>, number| {
                    let material = ideal::deal(&s, demand(1), [seed; 32]);
                    less_and_equal(&mut s, material, &[number]).await.map(|_| ())
                };
                let (a, b) = lockstep::run_with(&tamper, async |s| run(s, x).await, async |s| run(s, y).await);
                assert!(a.is_ok() && b.is_ok());
            }
            // Six standard deviations of a fair coin: no bit of 253 gets there by chance.
            for (bit, ones) in ones.borrow().iter().enumerate() {
                assert!((58..=142).contains(ones), "bit {bit} was one in {ones} of {runs} runs, inputs {x} and {y}");
            }
        }
    }
}

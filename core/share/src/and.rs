//! AND gates, bit-sliced: one message for a whole layer.

use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Session};

use crate::Shared;
use crate::material::{PrivateProducts, Triples};
use crate::wire::{MaskedInputs, MaskedOperands};

/// Shares of `a·b`, bit by bit, where Alice knows `a` and Bob knows `b`.
///
/// *Computes*: a random product `s·δ = u ⊕ v` is moved to the inputs: with `d = a ⊕ s` and `e = b ⊕
/// δ`, `a·b = (u ⊕ a·e) ⊕ (v ⊕ d·δ)`; the first bracket is Alice's, the second Bob's. *From*:
/// Beaver 1991; the product is a random oblivious transfer (Goldreich–Micali–Wigderson 1987).
/// *Security*: semi-honest, perfect given fresh products: `s` and `δ` are one-time pads of the
/// inputs. *Cost*: [`private_cost`]. *Deviations*: none.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
///
/// # Panics
/// If the number of products is not the number of bits: an error in the caller's plan.
pub async fn private<L: Link>(s: &mut Session<L>, products: PrivateProducts, mine: &Bits) -> Result<Shared, Fault> {
    // 1. Both send their input under its mask.
    let masked = mine ^ products.mask();
    let theirs = s.exchange(&MaskedInputs(masked.duplicate()), mine.len()).await?.0;
    // 2. The rest is local.
    Ok(Shared(match &products {
        PrivateProducts::Alice { u, .. } => u ^ &(mine & &theirs),
        PrivateProducts::Bob { delta, v } => v ^ &(&theirs & delta),
    }))
}

/// The cost of [`private`] on `n` bits.
#[must_use]
pub fn private_cost(n: usize) -> Cost {
    Cost::exchange(Bits::bytes_for(n))
}

/// Shares of `x·y_1, …, x·y_W`, bit by bit, all of them shared.
///
/// *Computes*: opens `d = x ⊕ a` once and every `e_j = y_j ⊕ b_j`; then `x·y_j = c_j ⊕ d·b_j ⊕
/// e_j·a ⊕ d·e_j`. *From*: Beaver 1991. *Security*: semi-honest, perfect given unspent triples,
/// which are taken by value. *Cost*: [`and_cost`]. *Deviations*: the `W` products share one operand
/// and so one opening of it, with triples whose `a` is shared in the same way.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
///
/// # Panics
/// If the number of triples is not the number of bits: an error in the caller's plan.
pub async fn and<const W: usize, L: Link>(
    s: &mut Session<L>,
    triples: Triples<W>,
    x: &Shared,
    y: [&Shared; W],
) -> Result<[Shared; W], Fault> {
    let Triples { a, b, c } = triples;
    let n = x.len();
    // 1. Open d and every e_j in one message.
    let mut masked = &x.0 ^ &a;
    for (y, b) in y.iter().zip(&b) {
        masked.append(&(&y.0 ^ b));
    }
    let theirs = s.exchange(&MaskedOperands(masked.duplicate()), masked.len()).await?.0;
    let mut opened = &masked ^ &theirs;
    let d = opened.take_front(n);
    // 2. The rest is local; one of the two adds the public product.
    Ok(std::array::from_fn(|j| {
        let e = opened.slice(j * n..(j + 1) * n);
        let mut z = &c[j] ^ &(&d & &b[j]);
        z ^= &(&e & &a);
        if s.lead(true) {
            z ^= &(&d & &e);
        }
        Shared(z)
    }))
}

/// The cost of [`and`] of width `w` on `n` bits.
#[must_use]
pub fn and_cost(w: usize, n: usize) -> Cost {
    Cost::exchange(Bits::bytes_for((1 + w) * n))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tacit_session::lockstep;
    use tacit_symmetric::Prg;

    use super::*;
    use crate::ideal;
    use crate::open::reveal;
    use tacit_session::Party;

    fn bits_of(list: &[bool]) -> Bits {
        Bits::from_fn(list.len(), |i| list[i])
    }

    proptest! {
        #[test]
        fn shared_and_of_any_width(rows in proptest::collection::vec(any::<[bool; 8]>(), 0..150)) {
            // Columns: the halves of x, y_1, y_2, y_3.
            let column = |j: usize| bits_of(&rows.iter().map(|row| row[j]).collect::<Vec<_>>());
            let party = async |mut s: tacit_session::Session<lockstep::QueueLink>| {
                let side = usize::from(s.party() == Party::Bob);
                let mut prg = Prg::from_seed([3; 32]);
                let mut random = |n: usize| Bits::from_words((0..n.div_ceil(64)).map(|_| prg.next_u64()).collect(), n);
                let triples = ideal::triples::<3>(rows.len(), &mut random).into_iter().nth(side).unwrap();
                let [x, y1, y2, y3] = [0, 2, 4, 6].map(|j| Shared(column(j + side)));
                let products = and(&mut s, triples, &x, [&y1, &y2, &y3]).await.unwrap();
                assert_eq!(s.ledger().total(), and_cost(3, rows.len()));
                let mut opened = Vec::new();
                for product in &products {
                    opened.push(reveal(&mut s, product).await.unwrap());
                }
                opened
            };
            let (alice, bob) = lockstep::run(party, party);
            let x = &column(0) ^ &column(1);
            for (j, (a, b)) in alice.iter().zip(&bob).enumerate() {
                let y = &column(2 + 2 * j) ^ &column(3 + 2 * j);
                let expected = &x & &y;
                prop_assert!(*a == expected && *b == expected);
            }
        }

        #[test]
        fn private_and(rows in proptest::collection::vec(any::<(bool, bool)>(), 0..150)) {
            let n = rows.len();
            let party = async |mut s: tacit_session::Session<lockstep::QueueLink>| {
                let demand = crate::material::Demand { private: n, pairs: 0 };
                let material = ideal::deal(&s, demand, [9; 32]);
                let mine = Bits::from_fn(n, |i| if s.party() == Party::Alice { rows[i].0 } else { rows[i].1 });
                let product = private(&mut s, material.private, &mine).await.unwrap();
                assert_eq!(s.ledger().total(), private_cost(n));
                reveal(&mut s, &product).await.unwrap()
            };
            let (alice, bob) = lockstep::run(party, party);
            let expected = Bits::from_fn(n, |i| rows[i].0 && rows[i].1);
            prop_assert!(alice == expected && bob == expected);
        }
    }
}

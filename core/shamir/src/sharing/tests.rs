use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::MERSENNE_61;

fn prg(seed: u64) -> Prg {
    Prg::from_seed([12; 32]).fork(&seed.to_le_bytes())
}

fn points(field: Field, points: &[(u64, u64)]) -> Vec<Share> {
    points.iter().map(|&(x, y)| Share::new(field, x, y).unwrap()).collect()
}

fn plain(shares: &[Share]) -> Vec<(u64, u64)> {
    shares.iter().map(|share| (share.x, share.y)).collect()
}

/// The error of what has no `Debug`.
fn error<T>(result: Result<T, Error>) -> Error {
    result.err().expect("an error")
}

/// All choices of `size` out of 0..`of`.
fn choices(of: usize, size: usize) -> Vec<Vec<usize>> {
    let all = (0..1u32 << of).filter(|set| set.count_ones() as usize == size);
    all.map(|set| (0..of).filter(|i| set >> i & 1 == 1).collect()).collect()
}

#[test]
fn known_answers() {
    // 65 + 15x, modulo a prime beyond all that comes up, then modulo one that is not.
    let field = Field::new(257).unwrap();
    let shares = share_with(field, &[65, 15], 4).unwrap();
    assert_eq!(plain(&shares), [(1, 80), (2, 95), (3, 110), (4, 125)]);
    let field = Field::new(101).unwrap();
    let shares = share_with(field, &[65, 15], 4).unwrap();
    assert_eq!(plain(&shares), [(1, 80), (2, 95), (3, 9), (4, 24)]);
    for pair in choices(4, 2) {
        let pair: Vec<_> = pair.iter().map(|&i| (shares[i].x, shares[i].y)).collect();
        assert_eq!(*recover(field, 2, &points(field, &pair)).unwrap(), 65);
    }
    // 1234 + 166x + 94x², the example of many textbooks, modulo 1613.
    let field = Field::new(1613).unwrap();
    let shares = share_with(field, &[1234, 166, 94], 6).unwrap();
    assert_eq!(plain(&shares), [(1, 1494), (2, 329), (3, 965), (4, 176), (5, 1188), (6, 775)]);
}

/// Of `K − 1` shares, how often each combination comes up over all polynomials of a secret.
fn seen(field: Field, secret: u64, k: usize, holders: &[usize]) -> BTreeMap<Vec<(u64, u64)>, usize> {
    let (p, mut seen) = (field.modulus(), BTreeMap::new());
    for mut rest in 0..p.pow(k as u32 - 1) {
        let mut coefficients = vec![secret];
        for _ in 1..k {
            coefficients.push(rest % p);
            rest /= p;
        }
        let shares = plain(&share_with(field, &coefficients, p as usize - 1).unwrap());
        *seen.entry(holders.iter().map(|&i| shares[i]).collect()).or_default() += 1;
    }
    seen
}

#[test]
fn fewer_than_k_shares_are_uniform_whatever_the_secret() {
    for (p, k) in [(2, 1), (3, 2), (5, 2), (5, 3), (5, 4), (7, 3), (11, 2)] {
        let field = Field::new(p).unwrap();
        for size in 1..k {
            for holders in choices(p as usize - 1, size) {
                let first = seen(field, 0, k, &holders);
                // Every combination, and each as often.
                assert_eq!(first.len() as u64, p.pow(size as u32));
                assert!(first.values().all(|&times| times as u64 == p.pow((k - 1 - size) as u32)));
                for secret in 1..p {
                    assert!(seen(field, secret, k, &holders) == first, "{p} {k} {holders:?} {secret}");
                }
            }
        }
        // While K of them tell.
        for holders in choices(p as usize - 1, k) {
            let all = (0..p).flat_map(|secret| seen(field, secret, k, &holders).into_keys());
            assert_eq!(all.collect::<std::collections::BTreeSet<_>>().len() as u64, p.pow(k as u32));
        }
    }
}

#[test]
fn coefficients_are_drawn_uniformly() {
    // 3 of 4 modulo 5: each of the 25 pairs that two holders may see comes up some 100 times of
    // 2500, whatever the secret.
    let (field, mut rng) = (Field::new(5).unwrap(), prg(2));
    for secret in 0..5 {
        for pair in choices(4, 2) {
            let mut seen = BTreeMap::new();
            for _ in 0..2500 {
                let shares = share(field, secret, 3, 4, &mut rng).unwrap();
                *seen.entry((shares[pair[0]].y, shares[pair[1]].y)).or_insert(0) += 1;
            }
            assert!(seen.len() == 25 && seen.values().all(|times| (50..150).contains(times)), "{secret} {pair:?}");
        }
    }
}

/// Sizes of a sharing: modulus, K, N, and which shares come together, some more than K perhaps, in
/// any order.
fn sharings() -> impl Strategy<Value = (Field, usize, usize, Vec<usize>)> {
    let moduli = prop::sample::select(vec![13, 257, 65_537, (1 << 60) - 93, MERSENNE_61]);
    (moduli, 1..12usize).prop_flat_map(|(p, n)| {
        (1..=n).prop_flat_map(move |k| {
            let holders = subsequence((0..n).collect::<Vec<_>>(), k..=n).prop_shuffle();
            holders.prop_map(move |holders| (Field::new(p).unwrap(), k, n, holders))
        })
    })
}

proptest! {
    #[test]
    fn any_k_recover((field, k, n, holders) in sharings(), secret: u64, seed: u64) {
        let secret = secret % field.modulus();
        let shares = plain(&share(field, secret, k, n, &mut prg(seed)).unwrap());
        prop_assert_eq!(shares.len(), n);
        let some: Vec<_> = holders.iter().map(|&i| shares[i]).collect();
        prop_assert_eq!(*recover(field, k, &points(field, &some)).unwrap(), secret);
        let few = error(recover(field, k, &points(field, &some[..k - 1])));
        prop_assert_eq!(few, Error::TooFew { have: k - 1, need: k });
    }

    #[test]
    fn a_wrong_share_is_noticed_where_there_are_more(
        (field, k, n, holders) in sharings(), secret: u64, seed: u64, wrong: Index, by: u64,
    ) {
        let (p, secret) = (field.modulus(), secret % field.modulus());
        let shares = plain(&share(field, secret, k, n, &mut prg(seed)).unwrap());
        let mut some: Vec<_> = holders.iter().map(|&i| shares[i]).collect();
        let y = &mut some[wrong.index(holders.len())].1;
        *y = field.add(*y, by % (p - 1) + 1);
        let recovered = recover(field, k, &points(field, &some));
        if holders.len() > k {
            prop_assert_eq!(error(recovered), Error::Inconsistent);
        } else {
            prop_assert!(*recovered.unwrap() != secret);
        }
    }

    #[test]
    fn interpolation_finds_the_polynomial((field, k, n, holders) in sharings(), numbers: [u64; 12], x: u64) {
        let coefficients: Vec<_> = numbers[..k].iter().map(|c| c % field.modulus()).collect();
        let shares = plain(&share_with(field, &coefficients, n).unwrap());
        let mut some: Vec<_> = holders.iter().map(|&i| shares[i]).collect();
        let found = interpolate(field, &points(field, &some)).unwrap();
        prop_assert!(found.coefficients()[..k] == coefficients && found.coefficients()[k..].iter().all(|&c| c == 0));
        let polynomial = Polynomial::new(field, &coefficients).unwrap();
        let x = x % field.modulus();
        prop_assert_eq!(found.at(field, x), polynomial.at(field, x));
        // K − 1 shares and any secret at all give a polynomial.
        some.truncate(k - 1);
        let guess = field.add(coefficients[0], 1);
        some.push((0, guess));
        let other = interpolate(field, &points(field, &some)).unwrap();
        prop_assert_eq!(other.coefficients()[0], guess);
        prop_assert!(some.iter().all(|&(x, y)| other.at(field, x) == y));
    }

    #[test]
    fn sums_are_shared_by_sums((field, k, n, _) in sharings(), a: u64, b: u64, c: u64, seed: u64) {
        let (a, b, c) = (a % field.modulus(), b % field.modulus(), c % field.modulus());
        let mut rng = prg(seed);
        let [of_a, of_b] = [a, b].map(|secret| share(field, secret, k, n, &mut rng).unwrap());
        let sums: Vec<_> = of_a.iter().zip(&of_b).map(|(a, b)| add(field, a, b).unwrap()).collect();
        prop_assert_eq!(*recover(field, k, &sums).unwrap(), field.add(a, b));
        let more: Vec<_> = of_a.iter().map(|a| add_plain(field, a, c).unwrap()).collect();
        prop_assert_eq!(*recover(field, k, &more).unwrap(), field.add(a, c));
        let times: Vec<_> = of_a.iter().map(|a| multiply_plain(field, a, c).unwrap()).collect();
        prop_assert_eq!(*recover(field, k, &times).unwrap(), field.mul(a, c));
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let (field, mut rng) = (Field::new(7).unwrap(), prg(1));
    let mut sharing = |secret, k, n| error(share(field, secret, k, n, &mut rng));
    assert_eq!(sharing(3, 3, 2), Error::Threshold { k: 3, n: 2 });
    assert_eq!(sharing(3, 0, 2), Error::Threshold { k: 0, n: 2 });
    assert_eq!(sharing(3, 2, 7), Error::TooMany);
    assert_eq!(sharing(7, 2, 6), Error::Range);
    assert_eq!(error(share_with(field, &[], 2)), Error::Threshold { k: 0, n: 2 });
    assert_eq!(error(share_with(field, &[1, 7], 2)), Error::Range);
    assert_eq!(error(Polynomial::new(field, &[0, 7])), Error::Range);
    for (x, y) in [(7, 0), (0, 7), (u64::MAX, 1)] {
        assert_eq!(error(Share::new(field, x, y)), Error::Range);
    }
    let recovering = |k, some: &[_]| error(recover(field, k, &points(field, some)));
    assert_eq!(recovering(0, &[(1, 1)]), Error::Threshold { k: 0, n: 1 });
    assert_eq!(recovering(2, &[(1, 1)]), Error::TooFew { have: 1, need: 2 });
    assert_eq!(recovering(2, &[(1, 1), (1, 1)]), Error::SameX(1));
    assert_eq!(recovering(2, &[(1, 1), (2, 1), (2, 3)]), Error::SameX(2));
    assert_eq!(recovering(2, &[(1, 1), (0, 1)]), Error::Zero);
    assert_eq!(recovering(2, &[(1, 1), (2, 1), (3, 2)]), Error::Inconsistent);
    assert_eq!(error(interpolate(field, &[])), Error::TooFew { have: 0, need: 1 });
    // Shares of a larger field.
    let large = points(Field::default(), &[(1, 100), (2, 3)]);
    assert_eq!(error(recover(field, 2, &large)), Error::Range);
    assert_eq!(error(interpolate(field, &large)), Error::Range);
    assert_eq!(error(add(field, &large[0], &large[1])), Error::DifferentX);
    for result in
        [add(field, &large[0], &large[0]), add_plain(field, &large[0], 1), multiply_plain(field, &large[1], 7)]
    {
        assert_eq!(error(result), Error::Range);
    }
}

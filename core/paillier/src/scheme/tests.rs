use proptest::prelude::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::{BITS, MORE_BITS, Number};

fn number(x: u64) -> Number {
    Number::from(x)
}

/// The key of a lesson: p = 5, q = 7, g = 36.
fn lesson() -> SecretKey {
    SecretKey::from_primes(&number(5), &number(7), &number(36)).unwrap()
}

fn prg(seed: u64) -> Prg {
    Prg::from_seed([11; 32]).fork(&seed.to_le_bytes())
}

#[test]
fn known_answers() {
    let key = lesson();
    let public = key.public();
    assert_eq!((public.n(), public.n_squared()), (&number(35), &number(1225)));
    assert_eq!((key.lambda(), key.mu()), (&number(12), &number(3)));
    let encrypt = |m, r| public.encrypt_with(&number(m), &number(r)).unwrap();
    let (a, b) = (encrypt(5, 2), encrypt(5, 4));
    assert_eq!((a.value(), b.value()), (&number(718), &number(674)));
    let sum = public.add(&a, &b).unwrap();
    assert_eq!((sum.value(), &sum), (&number(57), &encrypt(10, 8)));
    let double = public.multiply_plain(&a, &number(2)).unwrap();
    assert_eq!((double.value(), &double), (&number(1024), &encrypt(10, 4)));
    assert_eq!(double, public.add(&a, &a).unwrap());
    for (c, m) in [(&a, 5), (&b, 5), (&sum, 10), (&double, 10)] {
        assert!(*key.decrypt(c).unwrap() == number(m));
    }
}

#[test]
fn every_message_under_every_r() {
    // g = 36 takes the short way, 71 = 2n + 1 and 2 the long one.
    for g in [36, 71, 2] {
        let key = SecretKey::from_primes(&number(5), &number(7), &number(g)).unwrap();
        let public = key.public();
        let mut seen = std::collections::BTreeSet::new();
        for m in 0..35 {
            for r in (1..35).filter(|r| r % 5 != 0 && r % 7 != 0) {
                let c = public.encrypt_with(&number(m), &number(r)).unwrap();
                assert_eq!(*key.decrypt(&c).unwrap(), number(m));
                seen.insert(c.to_bytes(public));
            }
        }
        assert_eq!(seen.len(), 35 * 24, "all units modulo n², each once");
    }
}

/// All homomorphisms on random messages.
fn homomorphisms(key: &SecretKey, rng: &mut Prg) {
    let (public, mut messages) = (key.public(), prg(rng.next_u64()));
    let n = public.odd_n().as_nz_ref();
    let mut message = || Number::random_mod_vartime(&mut Random(&mut messages), n);
    let (a, b) = (message(), message());
    let (ca, cb) = (public.encrypt(&a, rng).unwrap(), public.encrypt(&b, rng).unwrap());
    let is = |c: &Ciphertext, m: &Number| {
        assert!(*key.decrypt(c).unwrap() == *m);
        let bytes = c.to_bytes(public);
        assert!(bytes.len() == 2 * public.bytes() && Ciphertext::from_bytes(public, &bytes).as_ref() == Ok(c));
    };
    is(&ca, &a);
    is(&public.add(&ca, &cb).unwrap(), &a.add_mod(&b, n));
    is(&public.add_plain(&ca, &b).unwrap(), &a.add_mod(&b, n));
    is(&public.multiply_plain(&ca, &b).unwrap(), &a.mul_mod(&b, n));
    let again = public.rerandomise(&ca, rng).unwrap();
    is(&again, &a);
    assert!(public.n().bit_width() < 32 || again != ca, "r is fresh");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn toys_are_homomorphic(half in 5..40u32, seed: u64) {
        let mut rng = prg(seed);
        let key = SecretKey::toy(2 * half, &mut rng).unwrap();
        prop_assert_eq!(key.public().n().bit_width(), 2 * half);
        homomorphisms(&key, &mut rng);
    }

    #[test]
    fn chosen_primes_are_homomorphic(p in 0..54usize, q in 0..54usize, g: u64, seed: u64) {
        let primes: Vec<_> = (2..256).filter(|x| (2..*x).all(|y| x % y != 0)).collect();
        let (p, q): (u64, u64) = (primes[p], primes[q]);
        let (n, g) = (p * q, g % (p * p * q * q));
        let key = SecretKey::from_primes(&number(p), &number(q), &number(g));
        // The conditions once more, by trial.
        let common = n.is_multiple_of(2) || (q - 1).is_multiple_of(p) || (p - 1).is_multiple_of(q);
        let power_of = |base: u64, times: u64| (0..times).fold(1, |x, _| base * x % (n * n));
        let power = |times| power_of(g, times);
        let expected = if p == q {
            Some(Error::SamePrime)
        } else if common {
            Some(Error::CommonFactor)
        } else if g.is_multiple_of(p) || g.is_multiple_of(q)
            || [n / p, n / q].into_iter().any(|part| power((p - 1) * (q - 1) * part) == 1) {
            Some(Error::Generator)
        } else {
            None
        };
        prop_assert_eq!(key.as_ref().err().copied(), expected);
        if let Ok(key) = key {
            homomorphisms(&key, &mut prg(seed));
            let (m, r) = (seed % n, (1..n).rev().find(|r| r % p != 0 && r % q != 0).unwrap());
            let c = key.public().encrypt_with(&number(m), &number(r)).unwrap();
            prop_assert_eq!(c.value(), &number(power(m) * power_of(r, n) % (n * n)));
        }
    }

    #[test]
    fn signs_go_there_and_back(x: i128, small in -17..=17i128) {
        let key = SecretKey::toy(256, &mut prg(1)).unwrap();
        let public = key.public();
        prop_assert_eq!(public.to_signed(&public.signed(x / 2).unwrap()), Some(x / 2));
        prop_assert_eq!(lesson().public().to_signed(&lesson().public().signed(small).unwrap()), Some(small));
    }
}

#[test]
fn real_keys_are_homomorphic() {
    let mut rng = prg(2);
    // Primes of 1536 bits take too long where words have 32 bits.
    for bits in if cfg!(target_arch = "wasm32") { vec![BITS] } else { vec![BITS, MORE_BITS] } {
        let key = SecretKey::generate(bits, &mut rng).unwrap();
        assert_eq!((key.public().n().bit_width(), key.public().bytes()), (bits, bits as usize / 8));
        homomorphisms(&key, &mut rng);
        let public = key.public();
        let minus = public.encrypt(&public.signed(-3).unwrap(), &mut rng).unwrap();
        let product = public.multiply_plain(&minus, &public.signed(-5).unwrap()).unwrap();
        assert_eq!(*key.decrypt_signed(&product).unwrap(), 15);
        assert!(PublicKey::from_bytes(bits, &public.to_bytes()).as_ref() == Ok(public));
    }
}

#[test]
fn keys_that_cannot_be() {
    let refused = |p, q, g| SecretKey::from_primes(&number(p), &number(q), &number(g)).err();
    for (p, q, g, error) in [
        (4, 7, 36, Error::NotPrime("p")),
        (5, 1, 36, Error::NotPrime("q")),
        (5, 0, 36, Error::NotPrime("q")),
        (7, 7, 50, Error::SamePrime),
        (2, 7, 15, Error::CommonFactor),
        (3, 7, 22, Error::CommonFactor),
        (5, 7, 0, Error::Generator),
        (5, 7, 1, Error::Generator),
        (5, 7, 35, Error::Generator),
        (5, 7, 1225, Error::Generator),
        (5, 7, 1226, Error::Generator),
        // 1 + 5n: its order is 7.
        (5, 7, 176, Error::Generator),
    ] {
        assert_eq!(refused(p, q, g), Some(error), "{p} {q} {g}");
    }
    for bits in [0, 512, 1024, 2046, 2047, 4096] {
        assert!(SecretKey::generate(bits, &mut prg(3)).is_err_and(|error| error == Error::Bits), "{bits}");
    }
    for bits in [0, 8, 11, 1026, 2048] {
        assert!(SecretKey::toy(bits, &mut prg(3)).is_err_and(|error| error == Error::Bits), "{bits}");
    }
    for (n, g) in [(36, 37), (1, 0), (13, 14), (35, 0), (35, 7), (35, 1225), (0, 1)] {
        assert_eq!(PublicKey::new(&number(n), &number(g)), Err(Error::PublicKey), "{n} {g}");
    }
}

#[test]
fn numbers_that_cannot_be() {
    let key = lesson();
    let public = key.public();
    let c = public.encrypt_with(&number(5), &number(2)).unwrap();
    for m in [35, 36, u64::MAX] {
        assert_eq!(public.encrypt(&number(m), &mut prg(4)), Err(Error::Message));
        assert_eq!(public.add_plain(&c, &number(m)), Err(Error::Message));
        assert_eq!(public.multiply_plain(&c, &number(m)), Err(Error::Message));
    }
    for r in [0, 5, 14, 35, 36, u64::MAX] {
        assert_eq!(public.encrypt_with(&number(1), &number(r)), Err(Error::Randomness));
        assert_eq!(public.rerandomise_with(&c, &number(r)), Err(Error::Randomness));
    }
    for value in [0, 5, 49, 1220, 1225, 1226, u64::MAX] {
        assert_eq!(Ciphertext::new(public, &number(value)), Err(Error::Ciphertext));
    }
    for x in [18, -18, i128::MAX, i128::MIN] {
        assert!(public.signed(x).is_err_and(|error| error == Error::Signed));
    }
    // Under a longer key.
    let other = SecretKey::toy(64, &mut prg(5)).unwrap();
    let foreign = other.public().encrypt(&number(5), &mut prg(6)).unwrap();
    assert_eq!(public.add(&c, &foreign), Err(Error::Ciphertext));
    assert_eq!(public.rerandomise(&foreign, &mut prg(6)), Err(Error::Ciphertext));
    assert!(key.decrypt(&foreign).is_err_and(|error| error == Error::Ciphertext));
    // A unit modulo n² of another n that is none here: 5 is prime to 11·13.
    let foreign = SecretKey::from_primes(&number(11), &number(13), &number(144)).unwrap();
    let foreign = Ciphertext::new(foreign.public(), &number(5)).unwrap();
    assert!(key.decrypt(&foreign).is_err_and(|error| error == Error::Ciphertext));
}

#[test]
fn bytes_that_cannot_be() {
    let public = lesson().public().clone();
    let bytes = public.to_bytes();
    assert_eq!(bytes, [35, 0, 36]);
    assert_eq!(PublicKey::from_bytes(6, &bytes), Ok(public.clone()));
    for (bits, bytes) in [(6, &bytes[..2]), (5, &bytes), (7, &bytes), (6, &[34, 0, 35]), (6, &[35, 0, 35]), (0, &[])] {
        assert_eq!(PublicKey::from_bytes(bits, bytes), Err(Error::PublicKey));
    }
    for bytes in [&[][..], &[1], &[0, 0], &[0, 5], &[4, 201], &[255, 255], &[0, 0, 1]] {
        assert_eq!(Ciphertext::from_bytes(&public, bytes), Err(Error::Ciphertext));
    }
}

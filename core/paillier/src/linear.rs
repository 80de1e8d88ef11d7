//! A linear model on numbers that its owner does not see.
//!
//! *Computes*: the client has features x, the owner has weights w and a bias b; the client gets
//! w·x + b exactly, in fixed point, and the owner gets nothing. *From*: the homomorphisms of
//! Paillier 1999; the protocol is the scalar product of Goethals, Laur, Lipmaa, Mielikäinen 2004
//! with b in place of a random share. *Security*: semi-honest, and what that means is below.
//! *Cost*: a ciphertext for each feature there, one back; the client takes one power with n as
//! exponent for each feature and one to decrypt, the owner a short power for each feature and one
//! with n as exponent. *Deviations*: powers with the sizes of the weights are collected in two
//! products by the weights' signs, the second of which is inverted, where n − |w| as exponent would
//! take sixty times as long.
//!
//! # What each learns
//!
//! Both know the number of features and the [`Format`].
//!
//! The *owner* sees ciphertexts under the client's key, and learns nothing of x as long as the
//! [scheme](crate::scheme) holds.
//!
//! The *client* sees one ciphertext whose r is fresh, so that it learns w·x + b and nothing else of
//! w and b, whatever its computing power. That is a lot: from the answers to one question more than
//! there are features it computes the whole model, and features such as 1, 2¹⁶, 2³² make a single
//! answer show several weights one behind the other. The owner cannot see which features were asked
//! for, so it can only count the questions.
//!
//! A party that deviates from the protocol can do more: an owner may answer with anything, and a
//! client may send a key made for the purpose.
//!
//! ```
//! use tacit_paillier::linear::{self, Format, Model};
//! use tacit_paillier::SecretKey;
//! use tacit_symmetric::Prg;
//!
//! let (mut client, mut owner) = (Prg::from_seed([1; 32]), Prg::from_seed([2; 32]));
//! let format = Format { fraction: 4, bits: 12 };
//! let key = SecretKey::toy(64, &mut client).unwrap();
//! let request = linear::request(key.public(), format, &[1.5, -2.0], &mut client).unwrap();
//! let model = Model::new(format, &[0.5, 3.0], 10.0).unwrap();
//! let response = linear::respond(key.public(), &model, &request, &mut owner).unwrap();
//! assert_eq!(*linear::finish(&key, format, &response).unwrap(), 4.75);
//! ```

use crypto_bigint::modular::BoxedMontyForm;
use crypto_bigint::{BoxedUint, Choice, CtSelect as _};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::{Ciphertext, Error, PublicKey, SecretKey};

/// How numbers are written, which both know: in units of 2^−`fraction`, below 2^`bits` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Bits behind the point, at most `bits`.
    pub fraction: u32,
    /// Bits of the size of a feature and of a weight, from 1 to 48. A bias may have twice as many.
    pub bits: u32,
}

/// The owner's secret: weights in units of 2^−fraction, and a bias in units of 2^−2·fraction.
pub struct Model {
    format: Format,
    weights: Zeroizing<Vec<i64>>,
    bias: Zeroizing<i128>,
}

impl Format {
    /// Whether w·x + b of so many features fits under this key.
    ///
    /// # Errors
    /// [`Error::Bounds`] when it might not.
    pub fn check(self, public: &PublicKey, features: usize) -> Result<(), Error> {
        let Self { fraction, bits } = self;
        // Each product and the bias are below 2^(2·bits), and sums stay below 2^126.
        if !(1..=48).contains(&bits) || fraction > bits || features >= 1 << 29 {
            return Err(Error::Bounds);
        }
        let most = (features as u128 + 1) << (2 * bits);
        if BoxedUint::from(most) > public.half() { Err(Error::Bounds) } else { Ok(()) }
    }

    /// x in units of 2^−`places`, if it is below 2^`bits` of them.
    fn units(places: u32, bits: u32, x: f64) -> Result<i128, Error> {
        let units = (x * 2f64.powi(places as i32)).round();
        // No comparison holds for what is not a number.
        if units.abs() < 2f64.powi(bits as i32) { Ok(units as i128) } else { Err(Error::TooLarge) }
    }

    /// A feature or a weight, in units.
    fn encode(self, x: f64) -> Result<i64, Error> {
        Self::units(self.fraction, self.bits, x).map(|units| units as i64)
    }
}

impl Model {
    /// A model of these weights and this bias, rounded to units.
    ///
    /// # Errors
    /// [`Error::Bounds`] for a format that cannot be, [`Error::TooLarge`] for numbers that it does
    /// not hold.
    pub fn new(format: Format, weights: &[f64], bias: f64) -> Result<Self, Error> {
        let Format { fraction, bits } = format;
        if !(1..=48).contains(&bits) || fraction > bits {
            return Err(Error::Bounds);
        }
        let bias = Zeroizing::new(Format::units(2 * fraction, 2 * bits, bias)?);
        let mut units = Zeroizing::new(Vec::with_capacity(weights.len()));
        for &weight in weights {
            units.push(format.encode(weight)?);
        }
        Ok(Self { format, weights: units, bias })
    }

    /// The number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.weights.len()
    }

    /// w·x + b in the clear, for comparison: exactly what the client gets.
    ///
    /// # Errors
    /// [`Error::Count`], [`Error::TooLarge`].
    pub fn plain(&self, features: &[f64]) -> Result<Zeroizing<f64>, Error> {
        if features.len() != self.features() {
            return Err(Error::Count);
        }
        let mut sum = self.bias.clone();
        for (&w, &x) in self.weights.iter().zip(features) {
            *sum += i128::from(w) * i128::from(self.format.encode(x)?);
        }
        Ok(value(self.format, *sum))
    }
}

/// The client's message: each feature, encrypted.
///
/// # Errors
/// [`Error::Bounds`], [`Error::TooLarge`].
pub fn request(public: &PublicKey, format: Format, features: &[f64], rng: &mut Prg) -> Result<Vec<Ciphertext>, Error> {
    format.check(public, features.len())?;
    let encrypt = |&x: &f64| public.encrypt(&*public.signed(format.encode(x)?.into())?, rng);
    features.iter().map(encrypt).collect()
}

/// The owner's answer: w·x + b, encrypted.
///
/// # Errors
/// [`Error::Count`], [`Error::Bounds`], [`Error::Ciphertext`] for a request under another key.
pub fn respond(public: &PublicKey, model: &Model, request: &[Ciphertext], rng: &mut Prg) -> Result<Ciphertext, Error> {
    if request.len() != model.features() {
        return Err(Error::Count);
    }
    model.format.check(public, request.len())?;
    // 1. Π c^|w|, in one product for each sign. Which of them is not told by time: the other one is
    // multiplied by 1.
    let one = BoxedMontyForm::one(&public.square);
    let (mut plus, mut minus) = (Zeroizing::new(one.clone()), Zeroizing::new(one.clone()));
    for (c, &w) in request.iter().zip(model.weights.iter()) {
        let size = Zeroizing::new(BoxedUint::from(w.unsigned_abs()));
        let power = public.power(public.own(c)?, &size, model.format.bits);
        let negative = Choice::from_u8_lsb((w < 0).into());
        *plus *= BoxedMontyForm::ct_select(&power, &one, negative);
        *minus *= BoxedMontyForm::ct_select(&one, &power, negative);
    }
    // 2. The quotient of the two, and the bias.
    let minus = minus.invert().into_option().ok_or(Error::Ciphertext)?;
    let sum = Ciphertext::new(public, &(&*plus * &minus).retrieve())?;
    let sum = public.add_plain(&sum, &*public.signed(*model.bias)?)?;
    // 3. So that the client sees a fresh encryption.
    public.rerandomise(&sum, rng)
}

/// The client's output: w·x + b.
///
/// # Errors
/// [`Error::Ciphertext`], [`Error::Signed`] when the response is under another key, or no sum of
/// such numbers.
pub fn finish(key: &SecretKey, format: Format, response: &Ciphertext) -> Result<Zeroizing<f64>, Error> {
    Ok(value(format, *key.decrypt_signed(response)?))
}

/// Units of 2^−2·fraction as a number.
fn value(format: Format, units: i128) -> Zeroizing<f64> {
    Zeroizing::new(units as f64 / 2f64.powi(2 * format.fraction as i32))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    /// The whole protocol, and the same in the clear.
    fn both(key: &SecretKey, format: Format, weights: &[f64], bias: f64, features: &[f64]) -> Result<[f64; 2], Error> {
        let (mut client, mut owner) = (Prg::from_seed([3; 32]), Prg::from_seed([4; 32]));
        let model = Model::new(format, weights, bias)?;
        let request = request(key.public(), format, features, &mut client)?;
        let response = respond(key.public(), &model, &request, &mut owner)?;
        Ok([*finish(key, format, &response)?, *model.plain(features)?])
    }

    #[test]
    fn a_known_model() {
        let key = SecretKey::toy(64, &mut Prg::from_seed([5; 32])).unwrap();
        let format = Format { fraction: 4, bits: 12 };
        assert_eq!(both(&key, format, &[0.5, 3.0], 10.0, &[1.5, -2.0]), Ok([4.75; 2]));
        assert_eq!(both(&key, format, &[], -1.0, &[]), Ok([-1.0; 2]));
        assert_eq!(both(&key, format, &[0.0, -1.0], 0.0, &[1.0, 1.0]), Ok([-1.0; 2]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn encrypted_is_plain(
            pairs in prop::collection::vec((-1000f64..1000.0, -1000f64..1000.0), 0..6),
            bias in -1e6f64..1e6, seed: u64,
        ) {
            let key = SecretKey::toy(128, &mut Prg::from_seed([6; 32]).fork(&seed.to_le_bytes())).unwrap();
            let (weights, features): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let [secure, plain] = both(&key, Format { fraction: 16, bits: 26 }, &weights, bias, &features).unwrap();
            prop_assert_eq!(secure, plain);
            let exact: f64 = weights.iter().zip(&features).map(|(w, x)| w * x).sum::<f64>() + bias;
            prop_assert!((secure - exact).abs() < 0.1, "rounding to units: {} and {}", secure, exact);
        }
    }

    #[test]
    fn the_largest_numbers_of_every_format_fit_or_are_refused() {
        for bits in [1, 2, 3, 5, 8] {
            let format = Format { fraction: 0, bits };
            let largest = f64::from((1 << bits) - 1);
            let key = SecretKey::toy(2 * bits + 8, &mut Prg::from_seed([7; 32])).unwrap();
            let mut fitting = 0;
            for count in 0..200 {
                if format.check(key.public(), count).is_ok() {
                    fitting = count;
                }
            }
            assert!(fitting > 0 && format.check(key.public(), fitting + 1) == Err(Error::Bounds));
            for sign in [1.0, -1.0] {
                let bias = sign * (4f64.powi(bits as i32) - 1.0);
                let (weights, features) = (vec![sign * largest; fitting], vec![largest; fitting]);
                let expected = sign * largest * largest * fitting as f64 + bias;
                assert_eq!(both(&key, format, &weights, bias, &features), Ok([expected; 2]), "{bits}");
            }
        }
    }

    #[test]
    fn the_answer_is_any_encryption_of_the_sum() {
        // 1 by the weight or by the bias, from this request or that: all encryptions of 1 come up.
        let number = |x: u32| crate::Number::from(x);
        let key = SecretKey::from_primes(&number(5), &number(7), &number(36)).unwrap();
        let (public, format) = (key.public(), Format { fraction: 0, bits: 1 });
        let units = (1..35).filter(|r| r % 5 != 0 && r % 7 != 0);
        let all: BTreeSet<_> =
            units.map(|r| public.encrypt_with(&number(1), &number(r)).unwrap().to_bytes(public)).collect();
        for (x, weight, bias) in [(1.0, 1.0, 0.0), (-1.0, -1.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, 1.0)] {
            let mut rng = Prg::from_seed([8; 32]);
            let request = request(public, format, &[x], &mut rng).unwrap();
            let model = Model::new(format, &[weight], bias).unwrap();
            let answers = (0..600).map(|_| respond(public, &model, &request, &mut rng).unwrap().to_bytes(public));
            assert!(answers.collect::<BTreeSet<_>>() == all, "{x} {weight} {bias}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let key = SecretKey::toy(64, &mut Prg::from_seed([9; 32])).unwrap();
        let format = Format { fraction: 4, bits: 12 };
        let wrong = |weights: &[f64], bias, features: &[f64]| both(&key, format, weights, bias, features).unwrap_err();
        assert_eq!(wrong(&[1.0], 0.0, &[1.0, 2.0]), Error::Count);
        for large in [256.0, -256.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(wrong(&[large], 0.0, &[1.0]), Error::TooLarge);
            assert_eq!(wrong(&[1.0], 0.0, &[large]), Error::TooLarge);
            assert_eq!(wrong(&[1.0], large * 256.0, &[1.0]), Error::TooLarge);
        }
        for format in
            [Format { fraction: 13, bits: 12 }, Format { fraction: 0, bits: 0 }, Format { fraction: 0, bits: 49 }]
        {
            assert!(Model::new(format, &[], 0.0).is_err_and(|error| error == Error::Bounds));
            assert_eq!(format.check(key.public(), 1), Err(Error::Bounds));
        }
        assert_eq!(Format { fraction: 0, bits: 32 }.check(key.public(), 1), Err(Error::Bounds));
    }
}

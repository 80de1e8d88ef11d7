//! Shamir's secret sharing: of N shares, any K give the secret, and fewer give nothing.
//!
//! *Computes*: the secret is f(0) of a polynomial f of degree below K, whose other coefficients are
//! random; share x is the point (x, f(x)). K points determine f, and so the secret. *From*:
//! Shamir 1979. *Security*: perfect; K − 1 shares are uniform, whatever the secret, against anybody
//! with any computing power. Not against those who hand in wrong shares: they change the secret
//! that is recovered, unless there are more than K to tell. *Cost*: a share is as large as the
//! secret; N·K products to share, K² to recover. *Deviations*: none.
//!
//! Numbers are those of a [`Field`] of prime order. [`over_integers`] does the same without a
//! modulus, to show why there has to be one.
//!
//! ```
//! use tacit_shamir::{Field, recover, share};
//! use tacit_symmetric::Prg;
//!
//! let field = Field::default();
//! let mut shares = share(field, 65, 3, 5, &mut Prg::from_seed([1; 32])).unwrap();
//! shares.truncate(3);
//! assert_eq!(*recover(field, 3, &shares).unwrap(), 65);
//! ```

mod field;
pub mod over_integers;
mod sharing;

pub use field::{Field, MERSENNE_61};
pub use sharing::{Polynomial, Share, add, add_plain, interpolate, multiply_plain, recover, share, share_with};

/// An error in numbers or points, and the values that would be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A modulus.
    #[error("{0} is not a prime; take 7, 11, 101, 65537 or another one")]
    NotPrime(u64),
    /// A modulus.
    #[error("{0} is too large; a modulus is below 2^61")]
    TooLarge(u64),
    /// A secret, a coefficient or a coordinate.
    #[error("the number is out of range; it has to be below the modulus")]
    Range,
    /// K and N.
    #[error("{k} of {n} cannot be; at least 1 of 1, and no more are needed than there are")]
    Threshold {
        /// The number of shares needed.
        k: usize,
        /// The number of shares.
        n: usize,
    },
    /// N and the modulus.
    #[error("so many shares need a modulus larger than their number")]
    TooMany,
    /// Points.
    #[error("too few points: {have} are here, {need} are needed")]
    TooFew {
        /// The number of shares present.
        have: usize,
        /// The number of shares needed.
        need: usize,
    },
    /// Points.
    #[error("two points have the same x = {0}; each share counts once")]
    SameX(u64),
    /// Shares to be added.
    #[error("these are shares of different holders; only shares with the same x can be added")]
    DifferentX,
    /// A share.
    #[error("no share has x = 0, for there the secret is")]
    Zero,
    /// Points.
    #[error("the points do not lie on one polynomial of so low a degree; at least one of them is wrong")]
    Inconsistent,
    /// Numbers without a modulus.
    #[error("the numbers become too large")]
    Overflow,
}

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

//! Values that neither party holds alone, and gates on them.
//!
//! A [`Shared`] vector of bits is the XOR of what Alice and Bob hold. Linear gates are local; an
//! AND spends material that [`material`] made beforehand out of random oblivious transfers. Only
//! [`open`] turns shares into values.
//!
//! [`Words`] are shared as a sum modulo 2^32; products with what both know are local, and what
//! multiplies them with shared bits is again made of transfers.
//!
//! | protocol | computes | rounds |
//! |---|---|---|
//! | [`and::private`] | shares of `a·b`, `a` at Alice, `b` at Bob | 1 |
//! | [`and::and`] | shares of `x·y_1, …, x·y_W`, all shared | 1 |
//! | [`tree::fold`] | the carry tree over (generate, propagate) pairs | log2 of the width |
//! | [`compare::less_and_equal`] | shares of `x < y` and `x = y` | 1 + log2 of the width |
//! | [`digit::carries`] | shares of what adding private digits generates and propagates | 2 |
//! | [`sign::is_negative`] | shares of `x < 0` for shared words | 2 + log2 of the digits |
//! | [`multiplex::select`] | shares of `z·x`, a shared bit times a shared word | 1 |
//! | [`activation`] | ReLU, with or without a ceiling; the larger of two words | that of signs, and 1 |
//! | [`truncate::truncate`] | shares of `x/2^f`, rounded | 1 |
//! | [`rank`] | which of some words is the largest, or the place of each in order | that of signs, and a few |
//! | [`linear`] | shares of `W·x + b` where one party knows `W` | 1, and 1 before |
//! | [`open`] | the values themselves, to one or to both | 1 |

pub mod activation;
pub mod and;
pub mod compare;
pub mod digit;
pub mod form;
#[cfg(any(test, feature = "ideal"))]
pub mod ideal;
pub mod linear;
pub mod material;
pub mod measure;
pub mod multiplex;
pub mod open;
mod product;
pub mod rank;
mod shared;
pub mod sign;
#[cfg(any(test, feature = "ideal"))]
pub mod simulate;
pub mod tree;
pub mod truncate;
mod wire;
mod words;

pub use shared::Shared;
pub use words::Words;

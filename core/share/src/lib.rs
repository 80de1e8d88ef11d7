//! Values that neither party holds alone, and gates on them.
//!
//! A [`Shared`] vector of bits is the XOR of what Alice and Bob hold. Linear gates are local; an AND spends
//! material that [`material`] made beforehand out of random oblivious transfers. Only [`open`] turns shares into values.
//!
//! | protocol | computes | rounds |
//! |---|---|---|
//! | [`and::private`] | shares of `a·b`, `a` at Alice, `b` at Bob | 1 |
//! | [`and::and`] | shares of `x·y_1, …, x·y_W`, all shared | 1 |
//! | [`tree::fold`] | the carry tree over (generate, propagate) pairs | log2 of the width |
//! | [`compare::less_and_equal`] | shares of `x < y` and `x = y` | 1 + log2 of the width |
//! | [`open::reveal`] | the bits themselves, to both | 1 |

pub mod and;
pub mod compare;
#[cfg(test)]
mod ideal;
pub mod material;
pub mod measure;
pub mod open;
mod shared;
pub mod tree;
mod wire;

pub use shared::Shared;

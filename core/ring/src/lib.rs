//! The values that protocols compute on: for now, packed bits.

mod bits;

pub use bits::Bits;

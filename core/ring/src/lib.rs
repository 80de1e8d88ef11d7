//! The values that protocols compute on: packed bits, and the rings Z_2^32 and Z_2^64 with fixed
//! point in them.

mod bits;
mod fixed;
pub mod packed;
mod tensor;
mod word;

pub use bits::Bits;
pub use fixed::{Fixed, OutOfRange};
pub use tensor::Tensor;
pub use word::Word;

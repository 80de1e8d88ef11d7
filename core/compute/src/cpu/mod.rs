//! The processor as a back end.

mod scalar;
#[cfg(target_arch = "wasm32")]
mod simd128;
mod tiles;

pub use scalar::Scalar;
#[cfg(not(target_arch = "wasm32"))]
pub use scalar::Scalar as Cpu;
#[cfg(target_arch = "wasm32")]
pub use simd128::Simd128;
#[cfg(target_arch = "wasm32")]
pub use simd128::Simd128 as Cpu;

//! What is inside a sealed message: one letter has one encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tacit_meet::fuzz::letter(bytes));

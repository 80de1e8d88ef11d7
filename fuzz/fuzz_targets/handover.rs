//! What a page and its worker hand each other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tacit_jobs::handover::unpack;
use tacit_jobs::{Command, Input, Picture, Stamped};
use tacit_record::Slice;

fuzz_target!(|bytes: &[u8]| {
    drop(unpack::<Command>(bytes));
    drop(unpack::<Input>(bytes));
    drop(unpack::<Stamped>(bytes));
    drop(unpack::<Slice>(bytes));
    if let Ok(picture) = unpack::<Picture>(bytes) {
        assert_eq!(picture.shape().iter().product::<usize>(), picture.pixels().len());
    }
});

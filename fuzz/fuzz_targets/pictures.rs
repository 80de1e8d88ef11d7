//! The first look at a picture file, before any decoder gets it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tacit_picture::inspect;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((width, height)) = inspect(bytes) {
        assert!(width > 0 && height > 0);
    }
});

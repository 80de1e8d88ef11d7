//! A model file, as it is and with a hash that is right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tacit_model::Why;
use tacit_model::file::{read, write};

fuzz_target!(|bytes: &[u8]| {
    let head = b"tacit model\n\x01";
    let length = u32::try_from(bytes.len()).expect("less than 4 GB");
    let mut file = [head, &length.to_le_bytes()[..], bytes].concat();
    file.extend(*blake3::hash(&file).as_bytes());
    for file in [bytes, &file] {
        if let Ok(model) = read(file) {
            // The exponent of a layer may be written otherwise: then weights far below the smallest
            // one that a file of ours holds are refused.
            match write(&model) {
                Ok(again) => assert!(read(&again).is_ok()),
                Err(invalid) => assert_eq!(invalid.why, Why::TooSmall, "{invalid}"),
            }
        }
    }
});

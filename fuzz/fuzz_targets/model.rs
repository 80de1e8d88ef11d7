//! A model file, as it is and with a hash that is right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tacit_model::file::{read, write};

fuzz_target!(|bytes: &[u8]| {
    let head = b"tacit model\n\x01";
    let length = u32::try_from(bytes.len()).expect("less than 4 GB");
    let mut file = [head, &length.to_le_bytes()[..], bytes].concat();
    file.extend(*blake3::hash(&file).as_bytes());
    for file in [bytes, &file] {
        if let Ok(model) = read(file) {
            // Weights that are written otherwise may be the same ones.
            let again = write(&model).expect("what was read is a model");
            assert!(read(&again).is_ok());
        }
    }
});

//! A transcript, as it is and with a hash that is right: what reads back is written alike, and can
//! be looked at.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tacit_jobs::Transcript;
use tacit_record::meaning;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let sealed = format!(r#"{{"format":"tacit-transcript","version":2,"blake3":"{hash}","content":{text}}}"#);
    for text in [text, &sealed] {
        let Ok(transcript) = Transcript::from_json(text) else { continue };
        let again = Transcript::from_json(&transcript.to_json()).expect("what was read can be written");
        assert_eq!(again.to_json(), transcript.to_json());
        for message in transcript.record().messages() {
            let _ = meaning(&message.crossing, transcript.seat);
        }
    }
});

//! Whatever a party or the server sends: no panic, and what is understood is said again in the same words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tacit_signaling_messages::{Reply, Request};

fn check<M: Serialize + DeserializeOwned + PartialEq>(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<M>(bytes) else { return };
    let written = serde_json::to_vec(&message).expect("what was read can be written");
    assert!(serde_json::from_slice::<M>(&written).is_ok_and(|again| again == message));
}

fuzz_target!(|bytes: &[u8]| {
    check::<Request>(bytes);
    check::<Reply>(bytes);
});

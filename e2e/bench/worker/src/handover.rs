//! What the product's page and its worker hand each other, for a script that stands in the page's place: JSON with the script, bytes
//! with the worker.

use serde::de::DeserializeOwned;
use tacit_jobs::handover::{pack, unpack};
use tacit_jobs::{Command, Event, Pairing, Stamped};
use wasm_bindgen::prelude::*;

/// The bytes of a `pair` or a `command`.
///
/// # Errors
/// In words, when the JSON is none of this kind.
#[wasm_bindgen]
pub fn packed(kind: &str, json: &str) -> Result<Vec<u8>, String> {
    match kind {
        "pair" => Ok(pack(&read::<Pairing>(json)?).to_vec()),
        "command" => Ok(pack(&read::<Command>(json)?).to_vec()),
        _ => Err(format!("{kind} is no kind that a person's page sends")),
    }
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

/// The `command` that accepts what an `event` proposes.
///
/// # Errors
/// In words, when the bytes are no event or propose nothing.
#[wasm_bindgen]
pub fn acceptance(bytes: &[u8]) -> Result<Vec<u8>, String> {
    match unpack::<Stamped>(bytes).map_err(|_| "an event that cannot be read")?.event {
        Event::Proposed { agreement, .. } => Ok(pack(&Command::Accept { hash: agreement.hash() }).to_vec()),
        _ => Err("an event that proposes nothing".into()),
    }
}

/// The JSON of an `event`.
///
/// # Errors
/// In words, when the bytes are none.
#[wasm_bindgen]
pub fn event(bytes: &[u8]) -> Result<String, String> {
    let stamped: Stamped = unpack(bytes).map_err(|_| "an event that cannot be read")?;
    serde_json::to_string(&stamped).map_err(|error| error.to_string())
}

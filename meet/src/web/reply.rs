//! Parses the server's replies with the browser's own JSON parser: Serde's would add several
//! kilobytes to a page's first load.

use js_sys::{Array, JSON, Reflect};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};
use tacit_signaling_messages::{Body, IceServer, Refusal, Reply, Room, Ticket};
use wasm_bindgen::{JsCast as _, JsValue};

/// Parses a text frame; `None` if it is not a reply.
pub(crate) fn parse(text: &str) -> Option<Reply> {
    let said = JSON::parse(text).ok()?;
    let text = |name| text_of(&said, name);
    Some(match text("type")?.as_str() {
        "created" => Reply::Created { room: room(&said)?, ticket: text("ticket").map(Ticket) },
        "resumed" => Reply::Resumed,
        "joined" => Reply::Joined { ice: servers(&said)?, away: get(&said, "away").is_truthy() },
        "peer-joined" => Reply::PeerJoined { ice: servers(&said)? },
        "ringing" => Reply::Ringing,
        "called" => Reply::Called { ticket: Ticket(text("ticket")?) },
        "relay" => Reply::Relay { body: Body(text("body")?) },
        "knocked" => Reply::Knocked,
        "peer-left" => Reply::PeerLeft,
        "refused" => Reply::Refused { reason: refusal(&text("reason")?)? },
        _ => return None,
    })
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn text_of(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}

fn room(said: &JsValue) -> Option<Room> {
    let number = get(said, "room").as_f64()?;
    let whole = number as u32;
    (f64::from(whole) == number).then_some(Room(whole))
}

fn refusal(name: &str) -> Option<Refusal> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    Refusal::deserialize(name).ok()
}

/// Returns the ICE servers; an empty list if the reply names none.
fn servers(said: &JsValue) -> Option<Vec<IceServer>> {
    let list = get(said, "ice");
    if list.is_undefined() {
        return Some(Vec::new());
    }
    let server = |server: JsValue| {
        let urls: Array = get(&server, "urls").dyn_into().ok()?;
        Some(IceServer {
            urls: urls.iter().map(|url| url.as_string()).collect::<Option<_>>()?,
            username: text_of(&server, "username"),
            credential: text_of(&server, "credential"),
        })
    };
    list.dyn_into::<Array>().ok()?.iter().map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn replies_are_read_as_the_server_writes_them() {
        let server = |username: Option<&str>| IceServer {
            urls: vec!["stun:a".into(), "turn:b".into()],
            username: username.map(str::to_owned),
            credential: username.map(str::to_owned),
        };
        let replies = [
            Reply::Created { room: Room(u32::MAX), ticket: None },
            Reply::Created { room: Room(7), ticket: Some(Ticket("ticket".into())) },
            Reply::Resumed,
            Reply::Joined { ice: Vec::new(), away: true },
            Reply::Joined { ice: vec![server(None), server(Some("\"ä\n"))], away: false },
            Reply::PeerJoined { ice: vec![server(Some(""))] },
            Reply::Ringing,
            Reply::Called { ticket: Ticket("ticket".into()) },
            Reply::Relay { body: Body("AQAB".into()) },
            Reply::Knocked,
            Reply::PeerLeft,
        ];
        for reply in replies.into_iter().chain(Refusal::ALL.map(|reason| Reply::Refused { reason })) {
            let text = serde_json::to_string(&reply).unwrap();
            assert_eq!(parse(&text), Some(reply), "{text}");
        }
        for bad in [
            "",
            "null",
            "7",
            "[]",
            "{}",
            r#"{"type":"own"}"#,
            r#"{"type":"created"}"#,
            r#"{"type":"created","room":-1}"#,
            r#"{"type":"created","room":1.5}"#,
            r#"{"type":"created","room":4294967296}"#,
            r#"{"type":"joined","ice":7}"#,
            r#"{"type":"joined","ice":[{"urls":[7]}]}"#,
            r#"{"type":"refused","reason":"mood"}"#,
            r#"{"type":"relay","body":7}"#,
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}

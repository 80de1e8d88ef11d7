//! What a relay delivers in an introduction: to a host, to a guest, and to two who have met.
#![no_main]

use base64ct::{Base64UrlUnpadded, Encoding as _};
use libfuzzer_sys::fuzz_target;
use tacit_fuzz::{Bytes, Same};
use tacit_meet::{Action, GuestInvite, Introduction, Invite, Room};
use tacit_signaling_messages::Body;

/// What an introduction wants to be sent.
fn sent(actions: Vec<Action>) -> Vec<Body> {
    actions.into_iter().filter_map(|action| if let Action::Send(body) = action { Some(body) } else { None }).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let choice = bytes.byte();
    let invite = Invite::new(Room(7), &mut Same(1));
    let text = if choice & 1 == 0 { invite.code() } else { invite.link("x") };
    let mut host = Introduction::host(&invite, Same(2));
    let (mut guest, hello) = Introduction::guest(&GuestInvite::parse(&text).expect("an invite"), Same(3));
    // So many messages of theirs arrive as they were, to and fro.
    let (mut to_host, mut to_guest) = (sent(vec![hello]), Vec::new());
    for _ in 0..choice >> 1 & 3 {
        to_guest = to_host.drain(..).flat_map(|body| sent(host.on_peer(&body).unwrap_or_default())).collect();
        to_host = to_guest.drain(..).flat_map(|body| sent(guest.on_peer(&body).unwrap_or_default())).collect();
    }
    drop(to_guest);
    while !bytes.is_done() {
        let kind = bytes.byte();
        let party = if kind & 1 == 0 { &mut host } else { &mut guest };
        let piece = bytes.piece();
        let _ = match kind >> 1 & 3 {
            0 => party.on_peer(&Body(Base64UrlUnpadded::encode_string(piece))),
            1 => party.on_peer(&Body(String::from_utf8_lossy(piece).into_owned())),
            _ => party.describe(&String::from_utf8_lossy(piece)),
        };
        let _ = (party.words(), party.out_of_time());
    }
    let _ = (host.farewell(), guest.farewell());
});

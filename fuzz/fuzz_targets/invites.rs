//! Links and codes that somebody pasted or typed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tacit_fuzz::Same;
use tacit_meet::{GuestInvite, Introduction, LinkSecret, complete};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(invite) = GuestInvite::parse(text) {
        let _ = Introduction::guest(&invite, Same(1));
    }
    if let Some(secret) = LinkSecret::decode(text) {
        assert_eq!(secret.encode(), text);
    }
    assert!(complete(text).count() <= 2048);
});

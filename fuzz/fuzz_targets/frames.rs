//! Frames as they come off a link: lanes, headers, checks.
#![no_main]

use futures::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use tacit_fuzz::Peer;
use tacit_session::damage::Raw;
use tacit_session::{Party, Session, Tag, lanes};

fuzz_target!(|bytes: &[u8]| {
    let (control, protocol, pump) = lanes(Peer::new(bytes));
    pump.run().now_or_never().expect("the link has an end");
    for lane in [control, protocol] {
        let mut s = Session::new(Party::Alice, lane);
        while s.recv::<Raw<{ Tag::OpenBits as u8 }>>(()).now_or_never().expect("so has a lane").is_ok() {}
    }
});

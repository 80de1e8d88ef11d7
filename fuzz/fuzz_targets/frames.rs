//! Frames as they come off a link: lanes, headers, checks.
#![no_main]

use futures::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use tacit_fuzz::Peer;
use tacit_session::{Malformed, Message, Party, Session, Tag, lanes};

struct Any(Vec<u8>);

impl Message for Any {
    const TAG: Tag = Tag::OpenBits;
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        Ok(Self(body.to_vec()))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let (control, protocol, pump) = lanes(Peer::new(bytes));
    pump.run().now_or_never().expect("the link has an end");
    for lane in [control, protocol] {
        let mut s = Session::new(Party::Alice, lane);
        while s.recv::<Any>(()).now_or_never().expect("so has a lane").is_ok() {}
    }
});

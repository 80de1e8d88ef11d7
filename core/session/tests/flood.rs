//! A peer that sends endless short frames to a party that does not read fills no memory.

use std::cell::Cell;
use std::rc::Rc;

use futures::FutureExt as _;
use tacit_measure::heap::Counting;
use tacit_session::{Link, LinkError, Tag, lanes};

#[global_allocator]
static HEAP: Counting = Counting::new();

/// The other side: the same frame, as often as it is asked, and how often that was.
struct Endless {
    frame: Vec<u8>,
    sent: Rc<Cell<usize>>,
}

impl Link for Endless {
    async fn send(&self, _: Vec<u8>) -> Result<(), LinkError> {
        Ok(())
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        self.sent.set(self.sent.get() + 1);
        Ok(self.frame.clone())
    }
}

/// One test, since there is one heap.
#[test]
fn endless_frames_end_the_link_before_they_fill_memory() {
    for tag in [Tag::Control, Tag::OpenBits] {
        for length in [1, 5, 6, 64, 4096, 1 << 20] {
            let sent = Rc::new(Cell::new(0));
            let frame = [&[tag as u8][..], &vec![0; length - 1]].concat();
            let (_control, _protocol, pump) = lanes(Endless { frame, sent: Rc::clone(&sent) });
            let (error, peak) = HEAP.peak_of(|| pump.run().now_or_never().expect("it never waits"));
            let short = length < tacit_session::HEADER;
            assert_eq!(error, if short { LinkError::Foreign } else { LinkError::Flooded }, "{length} bytes");
            assert!(peak < 36 << 20, "{peak} bytes for {} frames of {length} bytes", sent.get());
        }
    }
}

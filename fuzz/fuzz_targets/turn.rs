//! Datagrams from strangers, before the TURN library gets them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tacit_signaling::fuzz::datagram(bytes));

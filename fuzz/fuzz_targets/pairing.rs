//! A pairing whose other side says anything: hellos, proposals with plans, acceptances, and what
//! its protocols have.
#![no_main]

use std::rc::Rc;

use futures::FutureExt as _;
use futures::channel::mpsc;
use libfuzzer_sys::fuzz_target;
use tacit_compute::Processor;
use tacit_fuzz::Peer;
use tacit_jobs::{Command, Event, Job, Pairing, pairing};
use tacit_session::Party;

fuzz_target!(|bytes: &[u8]| {
    let (choice, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let seat = if choice & 1 == 0 { Party::Alice } else { Party::Bob };
    let job = if choice & 2 == 0 { Job::Millionaires } else { Job::Classify { owner: Party::Bob } };
    let pairing = Pairing { seat, confirm_words: choice & 4 != 0, job, record: choice & 8 != 0 };
    // This person agrees to everything, and twice to what was shown.
    let (say, commands) = mpsc::unbounded();
    drop(say.unbounded_send(Command::ConfirmWords));
    let emit = move |event| {
        if let Event::Proposed { agreement, .. } = event {
            let hash = agreement.hash();
            (0..2).for_each(|_| drop(say.unbounded_send(Command::Accept { hash })));
        }
    };
    let run = pairing::run(Peer::new(bytes), pairing, [7; 32], Rc::new(Processor::cpu()), commands, emit);
    run.now_or_never().expect("the other side leaves, and that ends it");
});

//! For the fuzz targets: what reads bytes from strangers and is called by nothing outside of this
//! crate.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Runtime;

use crate::turn::Gate;

/// Decides what becomes of a datagram that came to the TURN server.
///
/// # Panics
/// When there is no runtime or no socket to be had.
pub fn datagram(bytes: &[u8]) {
    static GATE: OnceLock<(Runtime, Arc<Gate>)> = OnceLock::new();
    let (runtime, gate) = GATE.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime");
        let gate = runtime.block_on(Gate::closed()).expect("a socket on loopback");
        (runtime, gate)
    });
    let _inside = runtime.enter();
    gate.try_judge(bytes);
}

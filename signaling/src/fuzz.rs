//! Entry points for the fuzz targets: readers of bytes from strangers that nothing outside of this
//! crate calls.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Runtime;

use crate::turn::Gate;

/// Decides how the TURN server handles a received datagram.
///
/// # Panics
/// If no runtime or socket is available.
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

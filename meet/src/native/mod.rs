//! The native platform for meetings: tokio's sockets and timers, and WebRTC by the `webrtc` crate.
//!
//! A meeting lives on one thread, as in a browser: start it inside a
//! [`LocalSet`](tokio::task::LocalSet). The runtime handles the packets: one with several threads
//! handles them while this thread computes.

mod channel;
mod peer;
mod socket;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures::future::{AbortHandle, Abortable};
use tokio_util::task::TaskTracker;

pub use channel::{Channel, ChannelLink};
pub(crate) use peer::{Calls, Peer, supported};
pub use peer::{RECEIVE_WINDOW, SEND_BUFFER};
pub(crate) use socket::{Socket, parse_reply};

/// Tasks that must finish before the program may end: sockets, and closing connections.
static FAREWELLS: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);

/// Waits until all goodbyes are sent, inside the [`LocalSet`](tokio::task::LocalSet) of the
/// meetings, all of which have ended. The peers of a program that ends before have to detect it by
/// themselves.
pub async fn farewells() {
    FAREWELLS.close();
    FAREWELLS.wait().await;
}

/// Runs a task on any thread, after its owner was dropped.
fn finish(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(FAREWELLS.spawn_on(task, &runtime));
    }
}

/// Starts a task on this thread.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    drop(tokio::task::spawn_local(task));
}

/// Starts a task on this thread that can be aborted.
fn spawn_abortable(task: impl Future<Output = ()> + 'static) -> AbortHandle {
    let (handle, registration) = AbortHandle::new_pair();
    // Abortion is the other way to end.
    spawn(async move {
        let _ = Abortable::new(task, registration).await;
    });
    handle
}

/// Returns a monotonic time in milliseconds.
pub(crate) fn now_ms() -> f64 {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

/// A scheduled call; dropping it cancels it.
pub(crate) struct Timer(AbortHandle);

impl Timer {
    /// Calls `f` after `ms` milliseconds.
    pub(crate) fn after(ms: i32, f: impl FnOnce() + 'static) -> Option<Self> {
        let wait = Duration::from_millis(ms.try_into().unwrap_or(0));
        Some(Self(spawn_abortable(async move {
            tokio::time::sleep(wait).await;
            f();
        })))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A program is not suspended like a page: it ends, and drops its meetings.
pub(crate) struct OnLeave;

impl OnLeave {
    pub(crate) fn new(_: impl Fn() + 'static) -> Self {
        Self
    }
}

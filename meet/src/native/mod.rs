//! A machine without a browser as a platform for meetings: tokio's sockets and timers, and WebRTC by the `webrtc` crate.
//!
//! A meeting lives on one thread, like in a browser: start it inside a [`LocalSet`](tokio::task::LocalSet). The packets themselves
//! are the runtime's business: on one with several threads they are looked after while this thread computes.

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

/// What has to say goodbye before the program may end: every socket, and what closes connections.
static FAREWELLS: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);

/// Waits until every goodbye has been said, inside the [`LocalSet`](tokio::task::LocalSet) of the meetings, all of which have ended. A
/// program that ends before leaves its peers to find out by themselves.
pub async fn farewells() {
    FAREWELLS.close();
    FAREWELLS.wait().await;
}

/// Finishes something on any thread, after what it belongs to was dropped.
fn finish(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(FAREWELLS.spawn_on(task, &runtime));
    }
}

/// Starts a task of this thread.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    drop(tokio::task::spawn_local(task));
}

/// Starts a task of this thread that may be ended from outside.
fn spawn_abortable(task: impl Future<Output = ()> + 'static) -> AbortHandle {
    let (handle, registration) = AbortHandle::new_pair();
    // Aborted is the other way to end.
    spawn(async move {
        let _ = Abortable::new(task, registration).await;
    });
    handle
}

/// Milliseconds on a clock.
pub(crate) fn now_ms() -> f64 {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

/// A call that is due later, unless this is dropped.
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

/// A program is not put away like a page: it ends, and drops its meetings.
pub(crate) struct OnLeave;

impl OnLeave {
    pub(crate) fn new(_: impl Fn() + 'static) -> Self {
        Self
    }
}

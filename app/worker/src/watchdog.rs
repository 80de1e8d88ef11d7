//! The clock that `core` does not have: machines that are silent for too long are in trouble.

use std::cell::Cell;
use std::rc::Rc;

use tacit_jobs::Event;
use wasm_bindgen::prelude::*;

use crate::page::{now, scope};

/// How long machines may be silent, in milliseconds. A connection that broke is tried again for 30 s meanwhile, so
/// this is a little longer.
const PATIENCE: f64 = 40_000.0;

/// How often it looks, in milliseconds.
const EVERY: i32 = 1_000;

/// Calls back once when machines that should be at work have shown no event for [`PATIENCE`].
///
/// Events are frequent, and a timer for each of them would not be free: they only leave the time.
pub(crate) struct Watchdog {
    /// When the machines showed themselves, while they are at work.
    seen: Rc<Cell<Option<f64>>>,
    interval: Option<i32>,
    _look: Closure<dyn FnMut()>,
}

impl Watchdog {
    /// While messages are held up on purpose, the time does not pass.
    pub(crate) fn new(is_held: impl Fn() -> bool + 'static, mut bark: impl FnMut() + 'static) -> Self {
        let seen = Rc::new(Cell::new(None));
        let last = Rc::clone(&seen);
        let look = Closure::<dyn FnMut()>::new(move || {
            if is_held() {
                last.set(last.get().map(|_| now()));
            } else if last.get().is_some_and(|seen| now() - seen > PATIENCE) {
                last.set(None);
                bark();
            }
        });
        let callback = look.as_ref().unchecked_ref();
        let interval = scope().set_interval_with_callback_and_timeout_and_arguments_0(callback, EVERY).ok();
        Self { seen, interval, _look: look }
    }

    /// Starts the time anew.
    pub(crate) fn wind(&self) {
        self.seen.set(Some(now()));
    }

    /// Winds, stops or leaves the clock alone, as the event tells.
    pub(crate) fn observe(&self, event: &Event) {
        match event.machines_at_work() {
            Some(true) => self.wind(),
            Some(false) => self.seen.set(None),
            None => {}
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if let Some(interval) = self.interval {
            scope().clear_interval_with_handle(interval);
        }
    }
}

//! The clock that `core` does not have: machines that are silent for too long are in trouble.

use std::cell::Cell;

use tacit_jobs::Event;
use wasm_bindgen::prelude::*;

use crate::page::scope;

/// How long machines may be silent, in milliseconds. A connection that broke is tried again for 30 s meanwhile, so
/// this is a little longer.
const PATIENCE: i32 = 40_000;

/// Calls back once when machines that should be at work have shown no event for [`PATIENCE`].
pub(crate) struct Watchdog {
    timer: Cell<Option<i32>>,
    bark: Closure<dyn FnMut()>,
}

impl Watchdog {
    pub(crate) fn new(bark: impl FnMut() + 'static) -> Self {
        Self { timer: Cell::new(None), bark: Closure::new(bark) }
    }

    /// Starts the time anew.
    pub(crate) fn wind(&self) {
        self.stop();
        let callback = self.bark.as_ref().unchecked_ref();
        self.timer.set(scope().set_timeout_with_callback_and_timeout_and_arguments_0(callback, PATIENCE).ok());
    }

    /// Winds, stops or leaves the clock alone, as the event tells.
    pub(crate) fn observe(&self, event: &Event) {
        match event.machines_at_work() {
            Some(true) => self.wind(),
            Some(false) => self.stop(),
            None => {}
        }
    }

    fn stop(&self) {
        if let Some(timer) = self.timer.take() {
            scope().clear_timeout_with_handle(timer);
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop();
    }
}

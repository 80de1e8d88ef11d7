//! The clock that `core` does not have: machines that are silent for too long are in trouble.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use tacit_jobs::Event;
use wasm_bindgen::prelude::*;

use crate::page::{now, scope};

/// How long machines may be silent, in milliseconds. A connection that broke is tried again for 30 s meanwhile, so
/// this is a little longer.
const PATIENCE: f64 = 40_000.0;

/// Calls back once when machines that should be at work have shown no event for [`PATIENCE`].
pub(crate) struct Watchdog(Rc<Inner>);

struct Inner {
    /// When the machines showed themselves, while they are at work.
    seen: Cell<Option<f64>>,
    /// The timer is set once and looks again later, because events are frequent and timers are not free.
    timer: Cell<Option<i32>>,
    look: OnceCell<Closure<dyn FnMut()>>,
}

impl Watchdog {
    pub(crate) fn new(mut bark: impl FnMut() + 'static) -> Self {
        let inner = Rc::new(Inner { seen: Cell::new(None), timer: Cell::new(None), look: OnceCell::new() });
        let weak = Rc::downgrade(&inner);
        inner.look.get_or_init(|| {
            Closure::new(move || {
                let Some(inner) = weak.upgrade() else { return };
                inner.timer.set(None);
                let Some(seen) = inner.seen.get() else { return };
                let left = seen + PATIENCE - now();
                if left > 0.0 {
                    inner.look_in(left);
                } else {
                    inner.seen.set(None);
                    bark();
                }
            })
        });
        Self(inner)
    }

    /// Starts the time anew.
    pub(crate) fn wind(&self) {
        self.0.seen.set(Some(now()));
        if self.0.timer.get().is_none() {
            self.0.look_in(PATIENCE);
        }
    }

    /// Winds, stops or leaves the clock alone, as the event tells.
    pub(crate) fn observe(&self, event: &Event) {
        match event.machines_at_work() {
            Some(true) => self.wind(),
            Some(false) => self.0.seen.set(None),
            None => {}
        }
    }
}

impl Inner {
    fn look_in(&self, milliseconds: f64) {
        let Some(look) = self.look.get() else { return };
        let callback = look.as_ref().unchecked_ref();
        let set = scope().set_timeout_with_callback_and_timeout_and_arguments_0(callback, milliseconds.ceil() as i32);
        self.timer.set(set.ok());
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if let Some(timer) = self.0.timer.take() {
            scope().clear_timeout_with_handle(timer);
        }
    }
}

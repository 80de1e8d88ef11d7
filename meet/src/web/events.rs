//! Calls from the browser that end when their owner is dropped.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};

/// A pending call of `setTimeout`.
pub(crate) struct Timer {
    id: i32,
    _call: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls `f` after `ms` milliseconds. Returns `None` where there is no window.
    pub(crate) fn after(ms: i32, f: impl FnOnce() + 'static) -> Option<Self> {
        let call = Closure::once(f);
        let window = web_sys::window()?;
        let id = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                call.as_ref().unchecked_ref::<js_sys::Function>(),
                ms,
            )
            .ok()?;
        Some(Self { id, _call: call })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}

/// A listener on a target of events, for as long as it lives.
pub(crate) struct Listener {
    target: web_sys::EventTarget,
    name: &'static str,
    call: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    pub(crate) fn new(target: &web_sys::EventTarget, name: &'static str, f: impl FnMut(JsValue) + 'static) -> Self {
        let call = Closure::new(f);
        // Fails for no existing target; a missing listener would show at once in every test.
        let _ = target.add_event_listener_with_callback(name, call.as_ref().unchecked_ref());
        Self { target: target.clone(), name, call }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.call.as_ref().unchecked_ref());
    }
}

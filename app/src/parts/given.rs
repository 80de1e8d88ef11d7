//! Files that are dropped anywhere on the page, or pasted, while a screen waits for one.

use leptos::ev;
use leptos::prelude::*;
use web_sys::File;

use crate::browser::image::dropped;

/// Calls `take` with such files, at least one, for as long as the component that asks is there.
pub(crate) fn on_files(take: impl Fn(Vec<File>) + Clone + 'static) {
    let pasted = take.clone();
    let listeners = [
        // A file that misses its field must not replace the page.
        window_event_listener(ev::dragover, |event| event.prevent_default()),
        window_event_listener(ev::drop, move |event| {
            event.prevent_default();
            let files = dropped(event.data_transfer());
            if !files.is_empty() {
                take(files);
            }
        }),
        window_event_listener(ev::paste, move |event| {
            let files = dropped(event.clipboard_data());
            if !files.is_empty() {
                event.prevent_default();
                pasted(files);
            }
        }),
    ];
    let listeners = StoredValue::new_local(Some(listeners));
    on_cleanup(move || {
        if let Some(listeners) = listeners.try_update_value(Option::take).flatten() {
            listeners.into_iter().for_each(WindowListenerHandle::remove);
        }
    });
}

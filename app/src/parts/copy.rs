//! A button that copies a text, and says so.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser;

/// How long the button says what happened.
const SAYS: Duration = Duration::from_secs(3);

#[component]
pub(crate) fn Copy(
    /// What the button is called.
    label: &'static str,
    class: &'static str,
    /// What it copies.
    text: Signal<String>,
) -> impl IntoView {
    let said = RwSignal::new(None::<&'static str>);
    let copy = move |_| {
        spawn_local(async move {
            let worked = browser::copy(&text.get_untracked()).await;
            said.try_set(Some(if worked { "Copied" } else { "Select it and copy" }));
            let silent = move || {
                said.try_set(None);
            };
            set_timeout(silent, SAYS);
        });
    };
    view! {
        <button type="button" class=class on:click=copy>
            <span aria-live="polite">{move || said.get().unwrap_or(label)}</span>
        </button>
    }
}

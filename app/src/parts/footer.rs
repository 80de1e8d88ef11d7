//! The foot of every screen: which build this is, where its source is, and what it protects.

use leptos::prelude::*;

use crate::parts::promises::Promises;

/// The commit that this was built from, where it was known.
const COMMIT: Option<&str> = option_env!("TACIT_COMMIT");
/// Where the source can be read, where that was known.
const SOURCE: Option<&str> = option_env!("TACIT_SOURCE_URL");

#[component]
pub(crate) fn Footer() -> impl IntoView {
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let open = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.show_modal().ok();
        }
    };
    let build = format!("Tacit {} · {}", env!("CARGO_PKG_VERSION"), COMMIT.unwrap_or("unknown commit"));
    view! {
        <footer class="foot">
            <p class="mono soft">
                {build}
                {SOURCE.map(|url| view! { " · "<a href=url rel="noreferrer">"Source"</a> })}
            </p>
            <button type="button" class="quiet" on:click=open>"What this protects"</button>
            <Promises dialog/>
        </footer>
    }
}

//! The foot of every screen: which build this is, where its source is, and what it protects.

use leptos::prelude::*;

use tacit_parts::build::Build;

use crate::parts::promises::Promises;

#[component]
pub(crate) fn Footer() -> impl IntoView {
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let open = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.show_modal().ok();
        }
    };
    view! {
        <footer class="foot">
            <Build/>
            <button type="button" class="quiet" on:click=open>"What this protects"</button>
            <Promises dialog/>
        </footer>
    }
}

//! The mark: two inks, and where they overlap.

use leptos::prelude::*;

#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 46 30" aria-hidden="true" focusable="false">
            <circle class="mark-alice" cx="15" cy="15" r="15"/>
            <circle class="mark-bob" cx="31" cy="15" r="15"/>
        </svg>
    }
}

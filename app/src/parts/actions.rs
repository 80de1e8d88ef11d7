//! A row of buttons: the one black button of a screen, and others beside it.

use leptos::prelude::*;

#[component]
pub(crate) fn Actions(children: Children) -> impl IntoView {
    view! { <div class="actions">{children()}</div> }
}

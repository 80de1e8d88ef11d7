//! A part of a lesson under its own heading.

use leptos::prelude::*;

#[component]
pub(crate) fn Section(title: &'static str, #[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class=format!("part {class}")>
            <h2>{title}</h2>
            {children()}
        </section>
    }
}

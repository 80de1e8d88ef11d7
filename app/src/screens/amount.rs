//! Amount: one field, what was understood, and what is wrong with it in words.

use leptos::html::Input as Field;
use leptos::prelude::*;
use tacit_jobs::{Amount as Money, AmountError};

use crate::app::Input;
use crate::page::page;
use crate::parts::gauge::Gauge;
use crate::parts::heading::Heading;

#[component]
pub(crate) fn Amount() -> impl IntoView {
    let page = page();
    let peer_is_ready = page.of_session(|session| session.ready.peer);
    let field = NodeRef::<Field>::new();
    // What was understood, and what was wrong when the person asked to compare. What was typed stays in the field alone.
    let understood = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<AmountError>);
    let read = move || Money::parse(&field.get_untracked().map(|field| field.value()).unwrap_or_default());
    let typed = move |_| {
        error.set(None);
        understood.set(read().ok().map(|amount| amount.to_text()));
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match read() {
            Ok(amount) => {
                if let Some(field) = field.get_untracked() {
                    field.set_value("");
                }
                understood.set(None);
                page.send(Input::Compare(amount));
            }
            Err(wrong) => {
                error.set(Some(wrong));
                if let Some(field) = field.get_untracked() {
                    field.focus().ok();
                }
            }
        }
    };
    view! {
        <div class="two">
            <div class="stack">
                <div>
                    <Heading>"Put in what you have"</Heading>
                    <p class="lead">
                        "Use the same currency, both of you. Your amount stays in this browser; what crosses is noise."
                    </p>
                </div>
                <form class="card stack amount-form" novalidate on:submit=submit>
                    <label for=page.id("amount")>"Your amount"</label>
                    <input
                        id=page.id("amount")
                        class="amount"
                        type="text"
                        inputmode="decimal"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        placeholder="1,250.00"
                        aria-describedby=page.id("amount-error amount-echo")
                        aria-invalid=move || error.get().is_some().to_string()
                        node_ref=field
                        on:input=typed
                    />
                    <p class="echo" id=page.id("amount-echo")>
                        {move || match understood.get() {
                            Some(text) => format!("Understood as {text}"),
                            None => "Any currency sign and any separators are fine.".into(),
                        }}
                    </p>
                    <p class="wrong" id=page.id("amount-error") role="alert">
                        {move || error.get().map(|error| error.to_string())}
                    </p>
                    <div class="actions"><button type="submit" class="main">"Compare"</button></div>
                </form>
            </div>
            <div class="stack">
                <Gauge/>
                <p class="waiting">
                    <span class="pulse" class:still=move || peer_is_ready.get() aria-hidden="true"></span>
                    {move || {
                        if peer_is_ready.get() {
                            "The other person has put theirs in. It waits for yours."
                        } else {
                            "The other person is still choosing."
                        }
                    }}
                </p>
            </div>
        </div>
    }
}

//! Amount: one field, what was understood, and what is wrong with it in words.

use crate::app::Input;
use crate::page::page;
use crate::parts::gauge::Gauge;
use crate::parts::heading::Heading;
use leptos::ev::{ClipboardEvent, DragEvent};
use leptos::html::Input as Field;
use leptos::prelude::*;
use web_sys::DataTransfer;

#[component]
pub(crate) fn Amount() -> impl IntoView {
    let page = page();
    let peer_is_ready = page.of_session(|session| session.ready.peer);
    let field = NodeRef::<Field>::new();
    // The text that was typed stays in the field alone.
    let error = RwSignal::new(None::<String>);
    // Whether the person asked to compare what is being read.
    let submitted = StoredValue::new(false);
    let read = move |submits| {
        submitted.set_value(submits);
        error.set(None);
        page.read_amount(&field.get_untracked().map(|field| field.value()).unwrap_or_default());
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        read(true);
    };
    // A field of one line would join two cells of a table into one number.
    let keep_apart = move |given: Option<DataTransfer>| {
        let text = given.and_then(|given| given.get_data("text").ok()).unwrap_or_default();
        let cells = text.split(['\n', '\r', '\t']).filter(|cell| !cell.trim().is_empty()).collect::<Vec<_>>();
        let field = field.get_untracked().filter(|_| cells.len() > 1);
        if let Some(field) = &field {
            field.set_range_text(&cells.join(" | ")).ok();
            read(false);
        }
        field.is_some()
    };
    let paste = move |event: ClipboardEvent| {
        if keep_apart(event.clipboard_data()) {
            event.prevent_default();
        }
    };
    let drop_text = move |event: DragEvent| {
        if keep_apart(event.data_transfer()) {
            event.prevent_default();
        }
    };
    Effect::new(move |_| {
        if page.understood.with(Option::is_none) || !submitted.try_update_value(std::mem::take).unwrap_or_default() {
            return;
        }
        match page.understood.try_update(Option::take).flatten() {
            Some(Ok(amount)) => {
                if let Some(field) = field.get_untracked() {
                    field.set_value("");
                }
                page.send(Input::Compare(amount));
            }
            Some(Err(wrong)) => {
                error.set(Some(wrong));
                if let Some(field) = field.get_untracked() {
                    field.focus().ok();
                }
            }
            None => {}
        }
    });
    on_cleanup(move || drop(page.understood.try_set(None)));
    let echo = move || {
        page.understood.with(|understood| match understood {
            Some(Ok(amount)) => format!("Understood as {}", amount.to_text()),
            _ => "Any currency sign and any separators are fine.".into(),
        })
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
                        on:input=move |_| read(false)
                        on:paste=paste
                        on:drop=drop_text
                    />
                    <p class="echo" id=page.id("amount-echo")>
                        {echo}
                    </p>
                    <p class="wrong" id=page.id("amount-error") role="alert">
                        {move || error.get()}
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

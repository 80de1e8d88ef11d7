//! Saving a transcript: this party's own view, and its input only if the person writes it in.

use leptos::html::{Dialog, Input as Field};
use leptos::prelude::*;
use tacit_jobs::Transcript;
use tacit_record::OwnInput;

use crate::browser;
use crate::page::Page;

#[component]
pub(crate) fn Save(page: Page) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let field = NodeRef::<Field>::new();
    let open = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.show_modal().ok();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        if let Some(field) = field.get_untracked() {
            field.set_value("");
        }
    };
    let save = move |_| {
        let input =
            field.get_untracked().map(|field| field.value()).filter(|text| !text.trim().is_empty()).map(OwnInput);
        let transcript = page.model.with_untracked(|model| {
            let session = model.session.as_ref()?;
            let answer = session.answer.as_ref();
            let agreement = answer.and_then(|answer| answer.agreement.clone()).or_else(|| session.agreement.clone());
            let outcome = answer.map(|answer| answer.outcome.clone());
            let of = |record: &_| Transcript::new(session.seat, session.job, input, agreement, outcome, record);
            Some(page.wire.with_untracked(of))
        });
        if let Some(transcript) = transcript {
            browser::save("tacit-transcript.json", "application/json", &transcript.to_json());
        }
        close();
    };
    view! {
        <button type="button" class="quiet" on:click=open>"Save the transcript"</button>
        <dialog class="dialog small" node_ref=dialog aria-labelledby=page.id("save-title")>
            <h2 id=page.id("save-title")>"Save what you saw"</h2>
            <p>
                "The file holds every message as this side saw it, what was agreed on, and the answer, but not what you put in."
            </p>
            <label for=page.id("save-input")>"Write it in all the same (a secret; leave it empty)"</label>
            <input id=page.id("save-input") class="save-input" type="text" autocomplete="off" node_ref=field/>
            <div class="actions">
                <button type="button" class="main" on:click=save>"Save"</button>
                <button type="button" class="second" on:click=move |_| close()>"Cancel"</button>
            </div>
        </dialog>
    }
}

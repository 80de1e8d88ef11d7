//! The head of every screen: who we are, how the two are connected, and how near they are to an answer.

use leptos::prelude::*;

use crate::app::{Input, Screen};
use crate::page::page;
use crate::parts::badge::Badge;
use crate::parts::mark::Mark;
use crate::parts::seam::Seam;
use crate::parts::words::HeaderWords;

#[component]
pub(crate) fn Header() -> impl IntoView {
    let page = page();
    let screen = page.screen();
    let in_session = page.of_session(|_| true);
    // A result has its own button to leave.
    let offers_leave = move || in_session.get() && screen.get() != Screen::Result;
    let dialog = page.stop;
    let is_check = page.of_session(|session| session.role().is_some());
    let title = move || if is_check.get() { "Stop the picture check?" } else { "Stop the comparison?" };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <header class="head">
            <div class="head-row">
                <p class="brand"><Mark/> "Tacit"</p>
                <div class="head-session">
                    <Show when=move || in_session.get()>
                        <Badge/>
                        <HeaderWords/>
                    </Show>
                    <Show when=offers_leave>
                        <button type="button" class="quiet" on:click=move |_| page.leave()>"Leave"</button>
                    </Show>
                </div>
            </div>
            <Show when=move || in_session.get()>
                <Seam/>
            </Show>
            <dialog class="dialog small" node_ref=dialog aria-labelledby="stop-title">
                <h2 id="stop-title">{title}</h2>
                <p>"Machines are at work on it. The other person will be told that you stopped."</p>
                <div class="actions">
                    <button type="button" class="main" on:click=move |_| { close(); page.send(Input::Leave) }>
                        "Stop it"
                    </button>
                    <button type="button" class="second" on:click=move |_| close()>"Keep going"</button>
                </div>
            </dialog>
        </header>
    }
}

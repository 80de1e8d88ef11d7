//! The three words that are the same on both screens.

use leptos::prelude::*;

use crate::app::Screen;
use crate::page::page;

/// The words, each on its own: the first in Alice's ink, the last in Bob's.
#[component]
pub(crate) fn Words() -> impl IntoView {
    let words = page().of_session(|session| session.words);
    view! {
        <p class="words" data-testid="words">
            {move || {
                words.get().map(|[first, second, third]| {
                    view! {
                        <span class="word in-alice">{first}</span>
                        " "
                        <span class="word">{second}</span>
                        " "
                        <span class="word in-bob">{third}</span>
                    }
                })
            }}
        </p>
    }
}

/// The words in the page's head, from when the screen has moved on.
#[component]
pub(crate) fn HeaderWords() -> impl IntoView {
    let page = page();
    let screen = page.screen();
    let words = page.of_session(|session| session.words);
    let shows = move || words.get().is_some() && !matches!(screen.get(), Screen::Invite | Screen::Meet);
    view! {
        <Show when=shows>
            <p class="head-words">
                <b data-testid="words">{move || words.get().unwrap_or_default().join(" · ")}</b>
                <span class="soft">"same on both screens"</span>
            </p>
        </Show>
    }
}

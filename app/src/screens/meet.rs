//! Meet: the other person is there, and three words say that nobody is in between.

use leptos::prelude::*;
use tacit_session::Party;

use crate::app::Input;
use crate::page::page;
use crate::parts::actions::Actions;
use crate::parts::heading::Heading;
use crate::parts::words::Words;

#[component]
pub(crate) fn Meet() -> impl IntoView {
    let page = page();
    let has_words = page.of_session(|session| session.words.is_some());
    let must_confirm = page.of_session(|session| session.must_confirm);
    view! {
        <div class="narrow">
            {move || match (has_words.get(), must_confirm.get()) {
                (false, _) => view! { <Arriving/> }.into_any(),
                (true, true) => view! { <Confirm/> }.into_any(),
                (true, false) => view! { <Known/> }.into_any(),
            }}
        </div>
    }
}

/// Before there are words.
#[component]
fn Arriving() -> impl IntoView {
    let met = page().of_session(|session| session.met || session.seat == Party::Alice);
    let rings = page().of_session(|session| session.rings);
    let away = page().of_session(|session| session.away);
    let heading = move || match (rings.get(), away.get(), met.get()) {
        (true, ..) => "Waiting for a place",
        (_, true, _) => "Waiting for the other person",
        (.., true) => "You are both here",
        (.., false) => "Entering the session",
    };
    let lead = move || match (rings.get(), away.get()) {
        (true, _) => "This link leads to a program that serves many, and it is busy with others.",
        (_, true) => "Their connection dropped. It goes on by itself when they are back.",
        _ => "Your browsers are finding a way to each other.",
    };
    let patience = move || match (rings.get(), away.get()) {
        (true, _) => "It is your turn as soon as there is a place.",
        (_, true) => "Stay here for two minutes.",
        _ => "This takes a few seconds.",
    };
    view! {
        <Heading>{heading}</Heading>
        <p class="lead">{lead}</p>
        <p class="waiting"><span class="pulse" aria-hidden="true"></span>{patience}</p>
    }
}

/// After a typed code: both compare.
#[component]
fn Confirm() -> impl IntoView {
    let page = page();
    let confirmed = page.of_session(|session| session.confirmed);
    view! {
        <Heading>"Same three words on their screen?"</Heading>
        <Words/>
        <p class="lead">"If they differ, someone is in between. Stop, and tell each other by phone."</p>
        <Show
            when=move || confirmed.get().me
            fallback=move || {
                view! {
                    <Actions>
                        <button type="button" class="main" on:click=move |_| page.send(Input::ConfirmWords)>
                            "They are the same"
                        </button>
                        <button type="button" class="second" on:click=move |_| page.send(Input::WordsDiffer)>
                            "They differ"
                        </button>
                    </Actions>
                    <Show when=move || confirmed.get().peer>
                        <p class="soft">"The other person says they are the same."</p>
                    </Show>
                }
            }
        >
            <p class="waiting">
                <span class="pulse" aria-hidden="true"></span>
                {move || if confirmed.get().peer { "You both confirmed." } else { "You confirmed. Waiting for the other person." }}
            </p>
            <Actions>
                <button type="button" class="second" on:click=move |_| page.send(Input::WordsDiffer)>
                    "They differ"
                </button>
            </Actions>
        </Show>
    }
}

/// After a whole link: the words are shown, and nothing needs to be pressed.
#[component]
fn Known() -> impl IntoView {
    view! {
        <Heading>"You have met"</Heading>
        <Words/>
        <p class="lead">"Both screens show these words. Your browsers are preparing the agreement."</p>
    }
}

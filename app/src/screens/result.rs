//! Result: the answer, large, and exactly what it told.

use leptos::prelude::*;
use tacit_jobs::{Answer as Told, Order};
use tacit_session::{Cost, Party};

use crate::app::{Answer, Both, Input, sign};
use crate::page::page;
use crate::parts::heading::Heading;
use crate::parts::noise::NoiseSign;
use crate::text;

#[component]
pub(crate) fn Result() -> impl IntoView {
    let page = page();
    let answer = page.of_session(|session| session.answer.clone().map(|answer| (answer, session.seat)));
    let security = page.of_session(|session| session.agreement.as_ref().map(|agreement| agreement.security.clone()));
    view! {
        {move || answer.get().map(|(answer, seat)| view! { <Opened answer seat/> })}
        <div class="two result-rest">
            <div class="stack">
                <p class="lead">{move || answer.get().map(|(answer, _)| told(answer.outcome.round))}</p>
                <p class="soft">{move || security.get()}</p>
                <Again/>
            </div>
            {move || answer.get().map(|(answer, _)| view! { <Figures answer/> })}
        </div>
    }
}

/// The sign, in register, and the answer in words.
#[component]
fn Opened(answer: Answer, seat: Party) -> impl IntoView {
    let Told::Order(order) = answer.outcome.answer else { return ().into_any() };
    let (name, headline) = match order {
        Order::You => ("you", "You have\nmore."),
        Order::They => ("they", "They have\nmore."),
        Order::Equal => ("equal", "You have\nthe same."),
    };
    let [left, right] = if seat == Party::Alice { ["You", "They"] } else { ["They", "You"] };
    view! {
        <div class="opened">
            <Heading class="riso">
                <span data-testid="outcome" data-outcome=name data-text=headline>{headline}</span>
            </Heading>
            <figure class="verdict" aria-hidden="true">
                <span class="verdict-name in-alice">{left}</span>
                <NoiseSign sign=sign(order, seat)/>
                <span class="verdict-name in-bob">{right}</span>
            </figure>
        </div>
    }
}

/// What the answer told, in all rounds so far.
fn told(round: u32) -> String {
    match round {
        0 | 1 => "You both learned only this. Another round would tell one more fact.".into(),
        n => format!("You both learned only this. It is fact number {n}; each further round tells one more."),
    }
}

/// Once more, or leave.
#[component]
fn Again() -> impl IntoView {
    let page = page();
    let answered = page.of_session(|session| session.answer.as_ref().map(|answer| answer.outcome.round));
    // The next round is on offer once the worker has proposed it.
    let is_offered = page.of_session(|session| {
        let answered = session.answer.as_ref().map_or(0, |answer| answer.outcome.round);
        session.agreement.as_ref().is_some_and(|agreement| agreement.round > answered)
    });
    let accepted = page.of_session(|session| session.accepted);
    let note = move || match (is_offered.get(), accepted.get()) {
        (false, _) => "",
        (true, Both { me: true, .. }) => "Waiting for the other person.",
        (true, Both { peer: true, .. }) => "The other person wants to compare again, on the same terms.",
        (true, _) => "On the same terms. It starts at once: everything is prepared.",
    };
    let waits = move || accepted.get().me && is_offered.get();
    view! {
        <div class="actions" data-round=move || answered.get()>
            <button
                type="button"
                class="main"
                disabled=move || !is_offered.get() || accepted.get().me
                on:click=move |_| page.send(Input::Accept)
            >
                "Compare again"
            </button>
            <button type="button" class="second" on:click=move |_| page.send(Input::Leave)>"Leave"</button>
        </div>
        <p class="waiting small">
            <span class="pulse" class:still=move || !waits() aria-hidden="true"></span>
            {note}
        </p>
    }
}

/// What it took.
#[component]
fn Figures(answer: Answer) -> impl IntoView {
    let words = page().of_session(|session| session.words);
    let Answer { outcome, online_ms, offline_ms } = answer;
    let bytes = |cost: Cost| text::bytes(cost.sent + cost.received);
    let prepared = format!("{} · {}", text::duration(offline_ms), bytes(outcome.offline));
    let answered = format!(
        "{} · {} · {}",
        text::duration(online_ms),
        bytes(outcome.online),
        text::count(outcome.online.rounds, "round", "rounds")
    );
    view! {
        <dl class="figures ruled">
            <div><dt>"prepared"</dt><dd class="mono">{prepared}</dd></div>
            <div><dt>"answered"</dt><dd class="mono">{answered}</dd></div>
            <div><dt>"round"</dt><dd class="mono">{outcome.round}</dd></div>
            <div><dt>"words"</dt><dd class="mono">{move || words.get().unwrap_or_default().join(" · ")}</dd></div>
        </dl>
    }
}

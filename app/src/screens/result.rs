//! Result: the answer, large, and exactly what it told.

use leptos::prelude::*;
use tacit_jobs::{Answer as Told, Audience, Order, Prediction};
use tacit_session::{Code, Cost, Party};

use crate::app::{Answer, Both, Input, Next, Role, Session, sign};
use crate::page::page;
use crate::parts::computes_on::ComputesOn;
use crate::parts::heading::Heading;
use crate::parts::labels::Labels;
use crate::parts::noise::NoiseSign;
use crate::parts::predictions::{self, Predictions};
use crate::parts::wire::Wire;
use crate::screens::agree::Cautions;
use crate::screens::model::Otherwise;
use crate::text;

#[component]
pub(crate) fn Result() -> impl IntoView {
    let page = page();
    let answer = page.of_session(|session| session.answer.clone());
    let agreement = Signal::derive(move || answer.get()?.agreement);
    view! {
        {move || answer.get().map(|answer| view! { <Opened answer/> })}
        <div class="two result-rest">
            <div class="stack">
                <p class="lead">{move || answer.get().map(|answer| told(&answer))}</p>
                <Cautions agreement/>
                <Again/>
            </div>
            {move || answer.get().map(|answer| view! { <Figures answer/> })}
        </div>
        <Wire/>
    }
}

/// The answer in words, with what belongs to it.
#[component]
fn Opened(answer: Answer) -> impl IntoView {
    let card = answer.agreement.and_then(|agreement| agreement.model);
    match (answer.outcome.answer, card) {
        (Told::Order(order), _) => view! { <Compared order/> }.into_any(),
        (Told::Spoiled, _) => view! { <Spoiled/> }.into_any(),
        (Told::Predictions(predictions), Some(card)) if card.reveal.pictures == 1 => {
            view! { <Predicted labels=card.labels predictions/> }.into_any()
        }
        (Told::Predictions(predictions), Some(card)) => {
            let checked = page().of_session(|session| session.checked.clone()).get_untracked();
            let labels: Vec<_> =
                predictions.iter().map(|prediction| predictions::first(&card.labels, prediction)).collect();
            let outcome = labels.join(", ");
            let headline = text::count(labels.len() as u64, "answer.", "answers.");
            let text = headline.clone();
            view! {
                <div class="opened several">
                    <Heading class="riso">
                        <span data-testid="outcome" data-outcome=outcome data-text=headline>{text}</span>
                    </Heading>
                    <Predictions labels=card.labels predictions checked/>
                </div>
            }
            .into_any()
        }
        (Told::Nothing | Told::Predictions(_), _) => {
            let headline = "They have\nthe answer.";
            view! {
                <div class="opened">
                    <Heading class="riso">
                        <span data-testid="outcome" data-outcome="nothing" data-text=headline>{headline}</span>
                    </Heading>
                </div>
            }
            .into_any()
        }
    }
}

/// What is there instead of an answer when the other program sent wrong values.
#[component]
fn Spoiled() -> impl IntoView {
    let headline = "No valid\nanswer.";
    view! {
        <div class="opened">
            <Heading class="riso">
                <span data-testid="outcome" data-outcome="spoiled" data-text=headline>{headline}</span>
            </Heading>
            <p class="lead">{SPOILED}</p>
        </div>
    }
}

/// What happened, and what to do.
const SPOILED: &str = "The other program sent wrong values. It was not told so. If you do not trust them, leave.";

/// What one picture shows.
#[component]
fn Predicted(labels: Vec<String>, mut predictions: Vec<Prediction>) -> impl IntoView {
    predictions.pop().map(|prediction| {
        let label = predictions::first(&labels, &prediction);
        let Prediction::Labels { ranked, scores } = prediction else { return view! { <Spoiled/> }.into_any() };
        let text = label.clone();
        // A single character is set as large as the page allows.
        let class = if label.chars().count() == 1 { "riso single" } else { "riso" };
        view! {
            <div class="opened">
                <Heading class>
                    <span class="riso-before">"The picture shows "</span>
                    <bdi data-testid="outcome" data-outcome=label.clone() data-text=label>{text}</bdi>
                </Heading>
                <Labels labels ranked scores/>
            </div>
        }
        .into_any()
    })
}

/// Who is richer: the sign, in register, and the answer in words.
#[component]
fn Compared(order: Order) -> impl IntoView {
    let seat = page().of_session(|session| Some(session.seat)).get_untracked().unwrap_or(Party::Alice);
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

/// What the answer told, and to whom, in all rounds so far.
fn told(answer: &Answer) -> String {
    let card = answer.agreement.as_ref().and_then(|agreement| agreement.model.as_ref());
    let only = match (&answer.outcome.answer, card.map(|card| card.reveal.audience)) {
        (Told::Nothing, _) => return "You learned nothing: not what they put in, not even the answer.".into(),
        (Told::Spoiled, _) => return "Nothing that was agreed on is known to you.".into(),
        (_, Some(Audience::Holder)) => {
            "Only you learned this. They learned nothing: not what you put in, not even the answer."
        }
        _ => "You both learned only this.",
    };
    match (answer.outcome.round, card.map_or(1, |card| card.reveal.pictures)) {
        (0 | 1, 1) => format!("{only} Another round would tell one more fact."),
        (_, 1) => format!("{only} Each round tells one fact; this was round {}.", answer.outcome.round),
        (n, _) => format!("{only} Each picture is one fact, and this was round {n}; another would tell more."),
    }
}

/// Once more, otherwise, or leave.
#[component]
fn Again() -> impl IntoView {
    let page = page();
    let answered = page.of_session(|session| session.answer.as_ref().map(|answer| answer.outcome.round));
    let next = page.of_session(Session::next);
    let role = page.of_session(Session::role);
    let accepted = page.of_session(|session| session.accepted);
    let has_model = page.of_session(|session| session.agreement.is_some());
    let takes = page.of_session(Session::takes);
    let waits = move || accepted.get().me && next.get() != Next::Unknown;
    let label = move || match (next.get(), role.get()) {
        (Next::Other, _) => "Go on",
        (_, None) => "Compare again",
        (_, Some(_)) if takes.get() > 1 => "Check more pictures",
        (_, Some(_)) => "Check another picture",
    };
    let go = move |_| page.send(if next.get_untracked() == Next::Other { Input::GoOn } else { Input::Accept });
    let note = move || note(next.get(), role.get(), accepted.get(), has_model.get());
    // May ask for something else, as long as the coming round is not accepted.
    let may_change = move || next.get() == Next::Same && role.get().is_some() && !accepted.get().me;
    let over = page.of_session(|session| session.over.as_ref().map(|fault| fault.code));
    let again = move || {
        view! {
        <div class="actions" data-round=move || answered.get()>
            <button
                type="button"
                class="main"
                disabled=move || next.get() == Next::Unknown || accepted.get().me
                on:click=go
            >
                {label}
            </button>
            <button type="button" class="second" on:click=move |_| page.send(Input::Leave)>"Leave"</button>
        </div>
        <p class="waiting small">
            <span class="pulse" class:still=move || !waits() aria-hidden="true"></span>
            {note}
        </p>
        <Show when=may_change>
            <Otherwise/>
        </Show>
        }
    };
    let done = move |code: Code| {
        view! {
            <div class="actions" data-over=code.as_str()>
                <button type="button" class="main" on:click=move |_| page.send(Input::Leave)>"Done"</button>
            </div>
            <p class="waiting small">
                <span class="pulse still" aria-hidden="true"></span>
                {format!("{} The answer stays here until you leave.", code.headline())}
            </p>
        }
    };
    move || match over.get() {
        None => again().into_any(),
        Some(code) => done(code).into_any(),
    }
}

/// What is said beside the buttons.
fn note(next: Next, role: Option<Role>, accepted: Both, has_model: bool) -> &'static str {
    match (next, role, accepted) {
        (Next::Unknown, ..) => "",
        (_, _, Both { me: true, .. }) => "Waiting for the other person.",
        (Next::Other, Some(Role::Owner), _) if !has_model => {
            "The other person wants to change places: you would bring the model."
        }
        (Next::Other, Some(Role::Holder), _) if !has_model => {
            "The other person wants to change places: you would bring the picture."
        }
        (Next::Other, ..) => "The other person proposes other terms. You will see them first.",
        (Next::Same, None, Both { peer: true, .. }) => "The other person wants to compare again, on the same terms.",
        (Next::Same, Some(_), Both { peer: true, .. }) => "The other person wants another check, on the same terms.",
        (Next::Same, ..) => "On the same terms. Nothing needs to be set up again.",
    }
}

/// What it took.
#[component]
fn Figures(answer: Answer) -> impl IntoView {
    let words = page().of_session(|session| session.words);
    let Answer { outcome, online_ms, offline_ms, .. } = answer;
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
            <div><dt>"prepared"</dt><dd class="mono" data-ms-of="prepared" data-ms=offline_ms>{prepared}</dd></div>
            <div><dt>"answered"</dt><dd class="mono" data-ms-of="answered" data-ms=online_ms>{answered}</dd></div>
            <div><dt>"round"</dt><dd class="mono">{outcome.round}</dd></div>
            <div><dt>"words"</dt><dd class="mono">{move || words.get().unwrap_or_default().join(" · ")}</dd></div>
            <ComputesOn/>
        </dl>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_that_are_not_the_same_are_never_called_the_same() {
        for role in [None, Some(Role::Owner), Some(Role::Holder)] {
            for has_model in [true, false] {
                for peer in [true, false] {
                    let text = note(Next::Other, role, Both { me: false, peer }, has_model);
                    assert!(!text.contains("same terms") && !text.is_empty(), "{text}");
                }
            }
        }
    }
}

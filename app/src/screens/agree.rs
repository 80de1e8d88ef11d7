//! Agree: who puts in what, who learns what, and what it costs, before anything moves.

use leptos::prelude::*;
use tacit_jobs::{Agreement, ModelCard, Terms};
use tacit_session::{Cost, Party};

use crate::app::{Input, Session};
use crate::page::page;
use crate::parts::actions::Actions;
use crate::parts::computes_on::ComputesOn;
use crate::parts::gauge::Gauge;
use crate::parts::heading::Heading;
use crate::parts::labels::names;
use crate::screens::model::Otherwise;
use crate::text;

/// What computing on one hidden comparison takes, with the share of the layers around it, on an ordinary machine.
const COMPARISON_MS: f64 = 0.005;

#[component]
pub(crate) fn Agree() -> impl IntoView {
    let page = page();
    let accepted = page.of_session(|session| session.accepted);
    let role = page.of_session(Session::role);
    let has_changed = page.of_session(|session| session.has_changed);
    let unknown_job = page.of_session(|session| session.unknown_job.clone());
    let settled = page.of_session(|session| session.settled);
    view! {
        <div class="two">
            <div class="stack">
                <div>
                    <Heading>"Before anything moves"</Heading>
                    <p class="lead">"Both of you must accept exactly this."</p>
                </div>
                <Show when=move || has_changed.get()>
                    <p class="notice">"The other person changed the terms. Look again."</p>
                </Show>
                {move || {
                    unknown_job
                        .get()
                        .map(|why| {
                            view! {
                                <p class="notice">
                                    "One of you proposed something else, but " {why}
                                    ". Reload that page to update it. The terms are as they were; accept them again."
                                </p>
                            }
                        })
                }}
                <TermsTable/>
                <Show
                    when=move || accepted.get().me
                    fallback=move || {
                        view! {
                            <Actions>
                                <button
                                    type="button"
                                    class="main"
                                    aria-disabled=move || (!settled.get()).then_some("true")
                                    on:click=move |_| page.send(Input::Accept)
                                >
                                    "Accept"
                                </button>
                                <button type="button" class="second" on:click=move |_| page.send(Input::Decline)>
                                    "Not this"
                                </button>
                            </Actions>
                            <Show when=move || role.get().is_some()>
                                <Otherwise/>
                            </Show>
                        }
                    }
                >
                    <p class="waiting">
                        <span class="pulse" aria-hidden="true"></span>
                        "You accepted. Waiting for the other person."
                    </p>
                    <Actions>
                        <button type="button" class="second" on:click=move |_| page.send(Input::Decline)>
                            "Not this"
                        </button>
                    </Actions>
                </Show>
            </div>
            <div class="stack">
                <Gauge/>
                <ModelFacts/>
                <Estimate/>
            </div>
        </div>
    }
}

/// The agreement, a column for each of the two: Alice's left, Bob's right.
#[component]
fn TermsTable() -> impl IntoView {
    let page = page();
    let agreement = page.of_session(|session| session.agreement.clone());
    let seat = page.of_session(|session| Some(session.seat));
    let accepted = page.of_session(|session| session.accepted);
    let name = move |party| if seat.get() == Some(party) { "You" } else { "They" };
    let accepts = move |party| if seat.get() == Some(party) { accepted.get().me } else { accepted.get().peer };
    let row = move |label: &'static str, read: fn(&Terms) -> &String| {
        let cell = move |party| {
            agreement.with(|agreement| agreement.as_ref().map(|agreement| read(agreement.terms(party)).clone()))
        };
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td data-who=move || name(Party::Alice)>{move || cell(Party::Alice)}</td>
                <td data-who=move || name(Party::Bob)>{move || cell(Party::Bob)}</td>
            </tr>
        }
    };
    let accepting = move |party| {
        view! {
            <span class="stamp" class:given=move || accepts(party)>
                {move || if accepts(party) { "accepted" } else { "not yet" }}
            </span>
        }
    };
    view! {
        <section class="card terms-card" aria-labelledby=page.label("terms-title")>
            <h2 id=page.id("terms-title")>{move || agreement.with(|agreement| agreement.as_ref().map(|a| a.title.clone()))}</h2>
            <table class="terms">
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col" class="in-alice">{move || name(Party::Alice)}</th>
                        <th scope="col" class="in-bob">{move || name(Party::Bob)}</th>
                    </tr>
                </thead>
                <tbody>
                    {row("put in", |terms| &terms.puts_in)}
                    {row("learn", |terms| &terms.learns)}
                    {row("can see", |terms| &terms.sees)}
                    <tr>
                        <th scope="row">"accept"</th>
                        <td data-who=move || name(Party::Alice)>{accepting(Party::Alice)}</td>
                        <td data-who=move || name(Party::Bob)>{accepting(Party::Bob)}</td>
                    </tr>
                </tbody>
            </table>
            <Cautions agreement/>
        </section>
    }
}

/// What an altered program on the other side could do, sentence by sentence.
#[component]
pub(crate) fn Cautions(#[prop(into)] agreement: Signal<Option<Agreement>>) -> impl IntoView {
    let seat = page().of_session(|session| Some(session.seat));
    let cautions = move || {
        let seat = seat.get()?;
        agreement.with(|agreement| agreement.as_ref().map(|agreement| agreement.cautions(seat).join(" ")))
    };
    view! { <p class="soft" data-testid="cautions">{cautions}</p> }
}

/// What both know of the model, where there is one.
#[component]
fn ModelFacts() -> impl IntoView {
    let card = page().of_session(|session| session.agreement.as_ref()?.model.clone());
    let facts = |card: Box<ModelCard>| {
        let [channels, height, width] = card.picture;
        let colours = if channels == 1 { "grey" } else { "in colour" };
        let opened = card.opened().of_picture;
        let hidden = text::thousands(comparisons(&card));
        view! {
            <section class="card" aria-labelledby=page().label("model-title")>
                <h2 id=page().id("model-title")>"The model “" <bdi>{card.name}</bdi> "”"</h2>
                <dl class="figures">
                    <div><dt>"takes"</dt><dd>{format!("{width} × {height} pixels, {colours}")}</dd></div>
                    <div><dt>"can say"</dt><dd>{names(card.labels, ", ")}</dd></div>
                    <div><dt>"hidden comparisons"</dt><dd class="mono">{hidden}</dd></div>
                    <div><dt>"opened of each picture"</dt><dd class="mono">{text::count(opened, "bit", "bits")}</dd></div>
                </dl>
                <details>
                    <summary>{text::count(card.layers.len() as u64, "layer", "layers")}</summary>
                    <ol class="layer-names">{card.layers.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ol>
                </details>
            </section>
        }
    };
    move || card.get().map(facts)
}

/// What it will cost.
#[component]
fn Estimate() -> impl IntoView {
    let estimate = page().of_session(estimate);
    let is_check = page().of_session(|session| session.role().is_some());
    // Material for comparisons is a stock for many rounds.
    let prepare = move || if is_check.get() { "to prepare" } else { "to prepare, once" };
    let of = move |read: fn(Estimates) -> String| move || estimate.get().map(read).unwrap_or_default();
    view! {
        <section class="card" aria-labelledby=page().label("estimate-title")>
            <h2 id=page().id("estimate-title")>"What it takes"</h2>
            <dl class="figures">
                <div><dt>{prepare}</dt><dd class="mono">{of(|e| e.prepare)}</dd></div>
                <div><dt>"to answer"</dt><dd class="mono">{of(|e| e.answer)}</dd></div>
                <div><dt>"on this connection"</dt><dd class="mono">{of(|e| e.time)}</dd></div>
                <ComputesOn/>
            </dl>
        </section>
    }
}

#[derive(Clone, PartialEq)]
struct Estimates {
    prepare: String,
    answer: String,
    time: String,
}

fn estimate(session: &Session) -> Option<Estimates> {
    let agreement = session.agreement.as_ref()?;
    let size = |cost: Cost| {
        format!("{} · {}", text::bytes(cost.sent + cost.received), text::count(cost.rounds, "round", "rounds"))
    };
    let rtt = session.route.as_ref().and_then(|route| route.rtt_ms);
    Some(Estimates {
        prepare: size(agreement.offline),
        answer: size(agreement.online),
        time: match rtt {
            Some(rtt) => format!("about {}", text::duration(answer_ms(agreement, rtt))),
            None => "not measured yet".into(),
        },
    })
}

/// Hidden comparisons of a whole round.
fn comparisons(model: &ModelCard) -> u64 {
    model.comparisons * u64::from(model.reveal.pictures)
}

/// In a round both speak at once, so that it takes half a round trip; the rest is a little computing.
fn answer_ms(agreement: &Agreement, rtt_ms: f64) -> f64 {
    let comparisons = agreement.model.as_ref().map_or(0, |model| comparisons(model));
    1.0 + COMPARISON_MS * comparisons as f64 + agreement.online.rounds as f64 * rtt_ms / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_counts_half_a_round_trip_for_each_round() {
        let online = Cost { sent: 300, received: 300, rounds: 9 };
        assert_eq!(answer_ms(&Agreement::millionaires(1, Cost::default(), online), 20.0), 91.0);
    }
}

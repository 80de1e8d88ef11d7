//! Run: what has been done, and what machines are doing now.

use leptos::prelude::*;
use tacit_session::Stage;

use crate::app::{Role, Session, Work};
use crate::page::page;
use crate::parts::gauge::{Bar, Gauge, stage_name};
use crate::parts::heading::Heading;
use crate::parts::wire::Wire;
use crate::text;

/// How far one line of the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    Now,
    Later,
}

impl State {
    fn of(is_done: bool, is_now: bool) -> Self {
        match (is_done, is_now) {
            (true, _) => Self::Done,
            (false, true) => Self::Now,
            (false, false) => Self::Later,
        }
    }
}

#[component]
pub(crate) fn Run() -> impl IntoView {
    let page = page();
    let runs = page.of_session(Session::runs);
    let role = page.of_session(Session::role);
    let work = page.of_session(|session| session.work);
    let lines = page.of_session(lines);
    let layers = page.of_session(layers);
    let line = |(state, text): (State, String)| {
        let (class, note) = match state {
            State::Done => ("done", "done"),
            State::Now => ("now", "now"),
            State::Later => ("later", ""),
        };
        view! { <li class=class><span>{text}</span><span class="mono soft">{note}</span></li> }
    };
    let bar_name = if role.get_untracked().is_some() { "Picture check" } else { "Comparison" };
    view! {
        <div class="two">
            <div class="stack">
                <div>
                    <Heading>{move || heading(runs.get(), role.get())}</Heading>
                    <p class="lead">{move || lead(runs.get(), role.get())}</p>
                </div>
                <ol class="card progress">{move || lines.get().into_iter().map(line).collect_view()}</ol>
                <div class="actions">
                    <button type="button" class="second" on:click=move |_| page.leave()>"Cancel"</button>
                </div>
            </div>
            <div class="stack">
                <Gauge/>
                <Show when=move || runs.get()>
                    <section class="card gauge-card" aria-labelledby=page.label("work-title")>
                        <h2 id=page.id("work-title")>"Crossing now"</h2>
                        <Bar label=bar_name fraction=Signal::derive(move || work.get().map_or(0.0, Work::fraction))/>
                        <p class="gauge-line mono">
                            <span>{move || work.get().map(|work| stage_name(work.stage))}</span>
                            <span>{move || work.get().map(crossed)}</span>
                        </p>
                    </section>
                </Show>
                <Show when=move || !layers.with(Vec::is_empty)>
                    <section class="card" aria-labelledby=page.label("layers-title")>
                        <h2 id=page.id("layers-title")>"Layer by layer"</h2>
                        <ol class="progress layers">{move || layers.get().into_iter().map(line).collect_view()}</ol>
                    </section>
                </Show>
            </div>
        </div>
        <Wire/>
    }
}

fn heading(runs: bool, role: Option<Role>) -> &'static str {
    match (runs, role) {
        (true, None) => "Comparing",
        (true, Some(_)) => "Checking",
        (false, None) => "Your amount is in",
        (false, Some(Role::Holder)) => "Your picture is in",
        (false, Some(Role::Owner)) => "Your model is in",
    }
}

fn lead(runs: bool, role: Option<Role>) -> &'static str {
    match (runs, role) {
        (true, _) => "What crosses between your browsers now is noise to both of you.",
        (false, Some(Role::Owner)) => "It waits in your own browser for their picture. You will never see that.",
        (false, _) => "It is no longer on this page. It waits in your own browser for theirs.",
    }
}

fn crossed(work: Work) -> String {
    let rounds = text::count(work.rounds, "round", "rounds");
    format!("{} of {} · {rounds}", text::bytes(work.done), text::bytes(work.total))
}

fn lines(session: &Session) -> Vec<(State, String)> {
    let reveals = session.work.is_some_and(|work| work.stage == Stage::Reveal);
    let is_stocked = session.stock.ready > 0 || session.runs();
    let (mine, theirs, at_work) = match session.role() {
        None => ("Your amount", "Their amount", "Comparing, bit by bit"),
        Some(Role::Holder) => ("Your picture", "Their model", "Through the model, layer by layer"),
        Some(Role::Owner) => ("Your model", "Their picture", "Through the model, layer by layer"),
    };
    let line = |state, text: &str| (state, text.to_owned());
    vec![
        line(State::of(session.ready.me, false), mine),
        line(State::of(session.ready.peer, true), theirs),
        line(State::of(is_stocked, true), "Prepared material"),
        line(State::of(reveals, session.runs()), at_work),
        line(State::of(false, reveals), "Opening the answer, and only the answer"),
    ]
}

/// The layers of the model, where there is one, and how far the picture has come.
fn layers(session: &Session) -> Vec<(State, String)> {
    let Some(card) = session.agreement.as_ref().and_then(|agreement| agreement.model.as_ref()) else {
        return Vec::new();
    };
    let reveals = session.work.is_some_and(|work| work.stage == Stage::Reveal);
    let at = if reveals { Some(card.layers.len()) } else { session.layer.filter(|_| session.runs()) };
    let state = |i: usize| State::of(at.is_some_and(|at| i < at), at == Some(i));
    card.layers.iter().enumerate().map(|(i, name)| (state(i), name.clone())).collect()
}

//! Run: what has been done, and what machines are doing now.

use leptos::prelude::*;
use tacit_session::Stage;

use crate::app::{Session, Work};
use crate::page::page;
use crate::parts::gauge::{Bar, Gauge, stage_name};
use crate::parts::heading::Heading;
use crate::text;

/// How far one line of the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    Now,
    Later,
}

#[component]
pub(crate) fn Run() -> impl IntoView {
    let page = page();
    let runs = page.of_session(Session::runs);
    let work = page.of_session(|session| session.work);
    let lines = page.of_session(lines);
    let heading = move || if runs.get() { "Comparing" } else { "Your amount is in" };
    let lead = move || {
        if runs.get() {
            "What crosses between your browsers now is noise to both of you."
        } else {
            "It is no longer on this page. It waits in your own browser for theirs."
        }
    };
    let line = |(state, text): (State, &'static str)| {
        let (class, note) = match state {
            State::Done => ("done", "done"),
            State::Now => ("now", "now"),
            State::Later => ("later", ""),
        };
        view! { <li class=class><span>{text}</span><span class="mono soft">{note}</span></li> }
    };
    view! {
        <div class="two">
            <div class="stack">
                <div>
                    <Heading>{heading}</Heading>
                    <p class="lead">{lead}</p>
                </div>
                <ol class="card progress">{move || lines.get().into_iter().map(line).collect_view()}</ol>
            </div>
            <div class="stack">
                <Gauge/>
                <Show when=move || runs.get()>
                    <section class="card gauge-card" aria-labelledby="work-title">
                        <h2 id="work-title">"Crossing now"</h2>
                        <Bar
                            label="Comparison"
                            fraction=Signal::derive(move || work.get().map_or(0.0, Work::fraction))
                        />
                        <p class="gauge-line mono">
                            <span>{move || work.get().map(|work| stage_name(work.stage))}</span>
                            <span>{move || work.get().map(crossed)}</span>
                        </p>
                    </section>
                </Show>
            </div>
        </div>
    }
}

fn crossed(work: Work) -> String {
    format!("{} of {}", text::bytes(work.done), text::bytes(work.total))
}

fn lines(session: &Session) -> Vec<(State, &'static str)> {
    let reveals = session.work.is_some_and(|work| work.stage == Stage::Reveal);
    let is_stocked = session.stock.ready > 0 || session.runs();
    let one = |done, now| {
        if done {
            State::Done
        } else if now {
            State::Now
        } else {
            State::Later
        }
    };
    vec![
        (one(session.ready.me, false), "Your amount"),
        (one(session.ready.peer, true), "Their amount"),
        (one(is_stocked, true), "Prepared material"),
        (one(reveals, session.runs()), "Comparing, bit by bit"),
        (one(false, reveals), "Opening the answer, and only the answer"),
    ]
}

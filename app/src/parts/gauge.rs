//! The gauge: how much is prepared before any input exists.

use leptos::prelude::*;
use tacit_session::Stage;

use crate::app::{Stock, Work};
use crate::page::page;
use crate::text;

#[component]
pub(crate) fn Gauge() -> impl IntoView {
    let stock = page().of_session(|session| session.stock);
    let is_check = page().of_session(|session| session.role().is_some());
    let is_ready = move || stock.get().ready > 0 && stock.get().work.is_none();
    // The owner of a model that was agreed on has nothing more to do.
    let is_done = page().of_session(|session| session.ready.me);
    let title = move || match (is_ready(), is_done.get()) {
        (true, false) => "Ready before you are",
        (true, true) => "Ready before they are",
        (false, false) => "Getting ready while you decide",
        (false, true) => "Getting ready",
    };
    let depends = move || match is_check.get() {
        true => "This part does not depend on the picture.",
        false => "This part does not depend on what you will put in.",
    };
    view! {
        <section class="card gauge-card" aria-labelledby=page().label("gauge-title")>
            <h2 id=page().id("gauge-title")>{title}</h2>
            <p class="soft">{depends}</p>
            <Bar
                label="Preparation"
                fraction=Signal::derive(move || fraction(stock.get()))
            />
            <p class="gauge-line mono">
                <span>{move || stage(stock.get(), is_check.get())}</span>
                <span>{move || amount(stock.get())}</span>
            </p>
        </section>
    }
}

/// A bar from Alice's ink to Bob's.
#[component]
pub(crate) fn Bar(label: &'static str, fraction: Signal<f64>) -> impl IntoView {
    let percent = move || format!("{:.0}", 100.0 * fraction.get());
    view! {
        <div
            class="bar"
            role="progressbar"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=percent
        >
            <div class="bar-fill" style=("--done", move || format!("{}%", percent()))></div>
        </div>
    }
}

/// What machines are doing in this stage, as people say it.
pub(crate) fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Talk => "talking",
        Stage::BaseOt => "first transfers",
        Stage::Extend => "more transfers",
        Stage::Correlate => "encrypted products",
        Stage::Compare => "comparing",
        Stage::Infer => "through the layers",
        Stage::Reveal => "opening the answer",
    }
}

fn fraction(stock: Stock) -> f64 {
    match stock.work {
        Some(work) => work.fraction(),
        None if stock.ready > 0 => 1.0,
        None => 0.0,
    }
}

fn stage(stock: Stock, is_check: bool) -> String {
    let (one, many) = if is_check { ("check", "checks") } else { ("comparison", "comparisons") };
    match stock.work {
        Some(work) => stage_name(work.stage).into(),
        None if stock.ready > 0 => format!("{} in stock", text::count(stock.ready.into(), one, many)),
        None if is_check => "waiting for the agreement".into(),
        None => "waiting for the connection".into(),
    }
}

fn amount(stock: Stock) -> String {
    match stock.work {
        Some(Work { done, total, .. }) => format!("{} of {}", text::bytes(done), text::bytes(total)),
        None if stock.ready > 0 => text::duration(stock.ms),
        None => String::new(),
    }
}

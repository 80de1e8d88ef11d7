//! What it comes to, stage by stage, and whether that is what was declared.

use leptos::prelude::*;
use tacit_session::{Cost, Stage};

use super::Track;
use crate::parts::gauge::stage_name;
use crate::text;

#[component]
pub(crate) fn Totals(track: Track) -> impl IntoView {
    let rows = Memo::new(move |_| {
        let of = |record: &tacit_record::Record| {
            record.totals().iter().map(|(stage, totals)| (*stage, totals.messages, totals.cost)).collect::<Vec<_>>()
        };
        track.record.with(of)
    });
    let bytes = |cost: Cost| cost.sent + cost.received;
    let stack = move || {
        let rows = rows.get();
        let all: u64 = rows.iter().map(|(.., cost)| bytes(*cost)).sum();
        let of = |which: fn(Stage) -> bool| -> u64 {
            rows.iter().filter(|(stage, ..)| which(*stage)).map(|(.., cost)| bytes(*cost)).sum()
        };
        let (offline, online) = (of(Stage::is_offline), of(Stage::is_online));
        let percent = |n: u64| if all == 0 { 0.0 } else { 100.0 * n as f64 / all as f64 };
        view! {
            <div class="stacked" role="img" aria-label=format!("Before the inputs: {}. After: {}.", text::bytes(offline), text::bytes(online))>
                <i class="offline" style=("width", format!("{:.2}%", percent(offline)))></i>
                <i class="online" style=("width", format!("{:.2}%", percent(online).max(if online > 0 { 1.0 } else { 0.0 })))></i>
            </div>
            <p class="stacked-key small">
                <span class="offline">{format!("before the inputs {}", text::bytes(offline))}</span>
                <span class="online">{format!("after {}", text::bytes(online))}</span>
            </p>
        }
    };
    let row = move |(stage, messages, cost): (Stage, u64, Cost)| {
        view! {
            <tr>
                <th scope="row">{stage_name(stage)}</th>
                <td>{text::thousands(messages)}</td>
                <td>{text::bytes(bytes(cost))}</td>
                <td>{cost.rounds}</td>
            </tr>
        }
    };
    view! {
        <section class="card totals" aria-label="What it comes to">
            {stack}
            <div class="scroll">
                <table class="plain mono">
                    <thead>
                        <tr>
                            <th scope="col">"stage"</th>
                            <th scope="col">"messages"</th>
                            <th scope="col">"bytes"</th>
                            <th scope="col">"rounds"</th>
                        </tr>
                    </thead>
                    <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <Declared track/>
        </section>
    }
}

/// Declared beside measured, for the last round.
#[component]
fn Declared(track: Track) -> impl IntoView {
    move || {
        let [declared, measured] = track.cost.get()?;
        let said = |cost: Cost| format!("{} B, {} rounds", text::thousands(cost.sent + cost.received), cost.rounds);
        let verdict = if declared == measured { "Equal, as always." } else { "They differ: please report this." };
        Some(view! {
            <p class="small declared" data-equal=(declared == measured).to_string()>
                {format!("This round: declared {}; measured {}. {verdict}", said(declared), said(measured))}
            </p>
        })
    }
}

//! The messages in order. Only those that are in sight are on the page, however many there are.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use tacit_record::Timed;
use tacit_session::Party;

use super::{Track, ink, name};
use crate::text;

/// Pixels of one line; the style sheet says the same.
const LINE: f64 = 44.0;

/// Lines that are kept above and below those in sight.
const MARGIN: usize = 6;

#[component]
pub(crate) fn List(track: Track) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    let shown = track.shown;
    let (top, height) = (RwSignal::new(0.0), RwSignal::new(400.0));
    let look = move || {
        if let Some(list) = node.get_untracked() {
            top.set(f64::from(list.scroll_top()));
            height.set(f64::from(list.client_height()));
        }
    };
    let in_sight = Memo::new(move |_| {
        let first = (top.get() / LINE) as usize;
        let count = (height.get() / LINE).ceil() as usize;
        (first.saturating_sub(MARGIN), first + count + MARGIN)
    });
    let row_of = move |index: u64| {
        let place = track.record.with_untracked(|record| record.place_of(index))?;
        shown.with_untracked(|shown| shown.binary_search(&place).ok())
    };
    // The chosen one comes into sight.
    Effect::new(move |_| {
        let (Some(list), Some(row)) = (node.get(), track.chosen.get().and_then(row_of)) else { return };
        let (above, below) = (row as f64 * LINE, (row as f64 + 1.0) * LINE);
        let (top, height) = (f64::from(list.scroll_top()), f64::from(list.client_height()));
        if above < top {
            list.set_scroll_top(above as i32);
        } else if below > top + height {
            list.set_scroll_top((below - height) as i32);
        }
    });
    let keys = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => Some(1),
            "ArrowUp" => Some(-1),
            "PageDown" => Some(10),
            "PageUp" => Some(-10),
            "Home" => Some(isize::MIN),
            "End" => Some(isize::MAX),
            _ => None,
        };
        if let Some(step) = step {
            event.prevent_default();
            track.step(step);
        }
    };
    let start = Memo::new(move |_| track.record.with(|record| record.messages().front().map_or(0.0, |first| first.at)));
    let line = move |row: usize, message: &Timed| {
        let crossing = &message.crossing;
        let index = crossing.index;
        let sender = track.sender(crossing.direction);
        let arrow = if sender == Party::Alice { "→" } else { "←" };
        let round = if crossing.round == 0 { String::new() } else { crossing.round.to_string() };
        let at = text::duration((message.at - start.get()).max(0.0));
        view! {
            <div
                class=format!("wire-line {}", ink(sender))
                class:chosen=move || track.chosen.get() == Some(index)
                role="option"
                id=format!("wire-{index}")
                aria-selected=move || (track.chosen.get() == Some(index)).to_string()
                style=("--row", row.to_string())
                on:click=move |_| track.toggle(index)
            >
                <span class="wire-number">{index + 1}</span>
                <span class="wire-arrow" aria-hidden="true">{arrow}</span>
                <span class="wire-name">
                    <span class="unseen">{format!("{} sends ", name(sender))}</span>
                    {crossing.tag.name()}
                </span>
                <span class="wire-bytes">{text::bytes(crossing.bytes)}</span>
                <span class="wire-round">{round}</span>
                <span class="wire-time">{at}</span>
            </div>
        }
    };
    let lines = move || {
        let (from, to) = in_sight.get();
        shown.with(|shown| {
            track.record.with(|record| {
                let rows = shown.iter().enumerate().take(to).skip(from);
                let rows = rows.filter_map(|(row, place)| record.messages().get(*place).map(|m| line(row, m)));
                rows.collect_view()
            })
        })
    };
    let count = move || shown.with(Vec::len);
    view! {
        <div class="wire-head mono" aria-hidden="true">
            <span>"#"</span>
            <span></span>
            <span>"message"</span>
            <span>"bytes"</span>
            <span>"round"</span>
            <span>"time"</span>
        </div>
        <div
            class="wire-list mono"
            role="listbox"
            aria-label="Messages"
            aria-activedescendant=move || track.chosen.get().map(|index| format!("wire-{index}"))
            tabindex="0"
            node_ref=node
            data-count=count
            on:scroll=move |_| look()
            on:focus=move |_| look()
            on:keydown=keys
        >
            <div class="wire-lines" style=("--rows", move || count().to_string())>
                {lines}
            </div>
            <Show when=move || count() == 0>
                <p class="soft wire-none">"Nothing has crossed yet."</p>
            </Show>
        </div>
    }
}

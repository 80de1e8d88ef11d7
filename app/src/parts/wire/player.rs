//! Message by message: back, step, play, pause; and messages of one stage only.

use std::time::Duration;

use leptos::prelude::*;
use tacit_session::Stage;

use super::{Track, name};
use crate::parts::gauge::stage_name;

/// How long a message is shown while playing.
const EACH: Duration = Duration::from_millis(900);

impl Track {
    /// Chooses another message, so many further on among those that are shown, the extremes being the first and the last; whether there
    /// is one.
    pub(crate) fn step(self, step: isize) -> bool {
        let next = self.record.with_untracked(|record| {
            self.shown.with_untracked(|shown| {
                let last = shown.len().checked_sub(1)?;
                let place = self.chosen.get_untracked().and_then(|index| record.place_of(index));
                let row = place.map(|place| shown.binary_search(&place).unwrap_or_else(|row| row.min(last)));
                let row = match row {
                    _ if step == isize::MIN => 0,
                    _ if step == isize::MAX => last,
                    Some(row) => row.saturating_add_signed(step).min(last),
                    None if step < 0 => last,
                    None => 0,
                };
                record.messages().get(shown[row]).map(|message| message.crossing.index)
            })
        });
        let moves = next.is_some() && next != self.chosen.get_untracked();
        if moves {
            self.chosen.set(next);
        }
        moves
    }
}

#[component]
pub(crate) fn Player(track: Track) -> impl IntoView {
    let plays = RwSignal::new(false);
    let said = move || {
        track.of_chosen(|_, message| {
            let crossing = &message.crossing;
            let sender = track.sender(crossing.direction);
            format!(
                "Message {}: {} to {}, {}.",
                crossing.index + 1,
                name(sender),
                name(sender.other()),
                crossing.tag.name()
            )
        })
    };
    let interval = StoredValue::new(None::<IntervalHandle>);
    let pause = move || {
        plays.set(false);
        if let Some(handle) = interval.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    };
    let play = move || {
        plays.set(true);
        track.step(1);
        let tick = move || {
            if !track.step(1) {
                pause();
            }
        };
        interval.set_value(set_interval_with_handle(tick, EACH).ok());
    };
    on_cleanup(move || {
        if let Some(handle) = interval.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    });
    let step = move |by| {
        pause();
        track.step(by);
    };
    let is_empty = move || track.shown.with(Vec::is_empty);
    let stages = Memo::new(move |_| track.record.with(|record| record.totals().keys().copied().collect::<Vec<_>>()));
    let chip = move |stage: Option<Stage>| {
        let choose = move |_| {
            pause();
            track.stage.set(stage);
        };
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=move || (track.stage.get() == stage).to_string()
                on:click=choose
            >
                {stage.map_or("all", stage_name)}
            </button>
        }
    };
    view! {
        <div class="player">
            <div class="player-keys" role="group" aria-label="Message by message">
                <button type="button" class="key" disabled=is_empty on:click=move |_| step(isize::MIN)>
                    "First"
                </button>
                <button type="button" class="key" disabled=is_empty on:click=move |_| step(-1)>"Back"</button>
                <button
                    type="button"
                    class="key play"
                    disabled=is_empty
                    on:click=move |_| if plays.get_untracked() { pause() } else { play() }
                >
                    {move || if plays.get() { "Pause" } else { "Play" }}
                </button>
                <button type="button" class="key" disabled=is_empty on:click=move |_| step(1)>"Step"</button>
            </div>
            <div class="player-stages" role="group" aria-label="Stages">
                {chip(None)}
                {move || stages.get().into_iter().map(|stage| chip(Some(stage))).collect_view()}
            </div>
            <p class="unseen" role="status">{said}</p>
        </div>
    }
}

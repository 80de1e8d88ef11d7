//! Holding the run: every message waits on its way until the person lets it through.

use leptos::prelude::*;
use tacit_session::Party;

use crate::page::Page;
use crate::parts::wire::{Track, name};

#[component]
pub(crate) fn Hold(sides: [Page; 2], track: Track, holds: RwSignal<bool>) -> impl IntoView {
    let [alice, bob] = sides;
    // Who was served last: where a message waits on both sides, they take turns.
    let last = StoredValue::new(Party::Bob);
    let follows = StoredValue::new(false);
    let waiting = move || (alice.waiting.get(), bob.waiting.get());
    let pass = move |_| {
        let to = match (alice.waiting.get_untracked(), bob.waiting.get_untracked()) {
            (0, 0) => return,
            (_, 0) => Party::Alice,
            (0, _) => Party::Bob,
            _ => last.get_value().other(),
        };
        last.set_value(to);
        follows.set_value(true);
        sides[to as usize].pass();
    };
    // What has crossed by it is what one sees.
    Effect::new(move |_| {
        let newest = track.record.with(|record| record.messages().back().map(|message| message.crossing.index));
        if holds.get_untracked() && follows.get_value() && newest.is_some() {
            track.stage.set(None);
            track.chosen.set(newest);
        }
    });
    let said = move || match waiting() {
        (0, 0) => "Nothing is on its way.".into(),
        (to_alice, to_bob) => {
            let to = |n: usize, party| (n > 0).then(|| format!("{n} to {}", name(party)));
            let both: Vec<String> =
                [to(to_alice, Party::Alice), to(to_bob, Party::Bob)].into_iter().flatten().collect();
            format!("On the way: {}.", both.join(", "))
        }
    };
    view! {
        <div class="hold" class:away=move || !holds.get() role="group" aria-label="Hold the run">
            <button type="button" class="main" disabled=move || waiting() == (0, 0) on:click=pass>
                "Let the next one through"
            </button>
            <p class="small soft" role="status">{said}</p>
        </div>
    }
}

//! The wire: every message that crossed, what it says, and what whoever got it can make of it.

mod detail;
mod list;
mod player;
mod save;
mod spread;
mod totals;

pub(crate) use detail::Sees;
pub(crate) use list::List;
pub(crate) use player::Player;
pub(crate) use save::Save;
pub(crate) use spread::Spread;
pub(crate) use totals::Totals;

use std::time::Duration;

use leptos::prelude::*;
use tacit_record::{Record, Timed};
use tacit_session::{Cost, Direction, Party, Stage};

use crate::page::{Page, page};

/// How often an open wire asks what is new.
const EVERY: Duration = Duration::from_millis(100);

/// What is looked at: a record, whose it is, and the message that is chosen.
#[derive(Clone, Copy)]
pub(crate) struct Track {
    pub(crate) record: RwSignal<Record>,
    /// Whose record it is.
    pub(crate) seat: Signal<Party>,
    /// Messages of this stage only.
    pub(crate) stage: RwSignal<Option<Stage>>,
    /// What the last round was declared to cost, and did.
    cost: Signal<Option<[Cost; 2]>>,
    /// The chosen message, by its place among all.
    pub(crate) chosen: RwSignal<Option<u64>>,
    /// The messages that are shown, by their place among those that are kept.
    shown: Memo<Vec<usize>>,
}

impl Track {
    /// Of one party's page.
    pub(crate) fn of(page: Page) -> Self {
        let seat = page.of_session(|session| Some(session.seat));
        let cost = page.of_session(|session| {
            let answer = session.answer.as_ref()?;
            Some([answer.agreement.as_ref()?.online, answer.outcome.online])
        });
        Self::new(page.wire, Signal::derive(move || seat.get().unwrap_or(Party::Alice)), cost.into())
    }

    pub(crate) fn new(record: RwSignal<Record>, seat: Signal<Party>, cost: Signal<Option<[Cost; 2]>>) -> Self {
        let stage = RwSignal::new(None);
        let shown = Memo::new(move |_| {
            let stage = stage.get();
            let is_shown = |message: &Timed| stage.is_none_or(|stage| message.crossing.stage == stage);
            record.with(|record| {
                let messages = record.messages().iter().enumerate();
                messages.filter(|(_, message)| is_shown(message)).map(|(place, _)| place).collect()
            })
        });
        Self { record, seat, stage, cost, chosen: RwSignal::new(None), shown }
    }

    /// Chooses a message, or none where it was chosen already.
    fn toggle(self, index: u64) {
        self.chosen.update(|chosen| *chosen = if *chosen == Some(index) { None } else { Some(index) });
    }

    /// Something of the chosen message.
    fn of_chosen<T>(self, read: impl Fn(&Record, &Timed) -> T) -> Option<T> {
        let index = self.chosen.get()?;
        self.record.with(|record| Some(read(record, record.messages().get(record.place_of(index)?)?)))
    }

    /// Who sent a message of this record.
    fn sender(self, direction: Direction) -> Party {
        let seat = self.seat.get();
        if direction == Direction::Sent { seat } else { seat.other() }
    }
}

/// Keeps asking what is new on a page's wire, for as long as the component that asks is there.
pub(crate) fn follow(page: Page) {
    page.ask_wire();
    if let Ok(interval) = set_interval_with_handle(move || page.keep_asking(), EVERY) {
        on_cleanup(move || interval.clear());
    }
}

/// What crossed in this session, folded away until somebody wants to see it.
#[component]
pub(crate) fn Wire() -> impl IntoView {
    let page = page();
    // In a rehearsal the wire has a place of its own.
    (page.side.is_none()).then(|| {
        let is_open = page.shows_wire;
        view! {
            <section class="wire-tab">
                <button
                    type="button"
                    class="second"
                    aria-expanded=move || is_open.get().to_string()
                    on:click=move |_| is_open.update(|open| *open = !*open)
                >
                    {move || if is_open.get() { "Close the wire" } else { "See what crossed" }}
                </button>
                {move || is_open.get().then(|| view! { <Open/> })}
            </section>
        }
    })
}

#[component]
fn Open() -> impl IntoView {
    let page = page();
    follow(page);
    view! { <Panel track=Track::of(page)/> <Save page/> }
}

/// One side's wire: what it comes to, the messages, and the chosen one.
#[component]
pub(crate) fn Panel(track: Track) -> impl IntoView {
    let mine = track.seat;
    view! {
        <div class="wire-panel">
            <div class="wire-left stack">
                <Player track/>
                <List track/>
                <Totals track/>
            </div>
            <div class="stack">
                <Sees track party=mine/>
                {move || view! { <Spread record=track.record party=mine.get()/> }}
            </div>
        </div>
    }
}

/// A party's name, in a sentence.
pub(crate) fn name(party: Party) -> &'static str {
    match party {
        Party::Alice => "Alice",
        Party::Bob => "Bob",
    }
}

/// The class that gives a party's ink.
pub(crate) fn ink(party: Party) -> &'static str {
    match party {
        Party::Alice => "alice",
        Party::Bob => "bob",
    }
}

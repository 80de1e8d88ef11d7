//! The chosen message, as one of the two sees it: what it is, its bytes, and what they can compute from it.

use std::borrow::Cow;

use leptos::prelude::*;
use tacit_parts::Ink;
use tacit_parts::formula::Formula;
use tacit_parts::histogram::Histogram;
use tacit_record::{Crossing, Meaning, Record, Timed, meaning, opened, says};
use tacit_session::{Direction, Party};

use super::{Track, ink, name};
use crate::text;

/// Bytes of a body that are shown at first.
const FIRST: usize = 64;

/// How far from a message its counterpart of the same round is looked for.
const NEAR: u64 = 6;

/// What a party sees of the chosen message.
#[derive(Clone, PartialEq)]
struct Seen {
    crossing: Crossing,
    sender: Party,
    meaning: Meaning,
    says: Cow<'static, str>,
    /// What is opened by it, where the other half is at hand.
    opened: Option<Vec<bool>>,
}

#[component]
pub(crate) fn Sees(track: Track, party: Signal<Party>) -> impl IntoView {
    let seen = Memo::new(move |_| track.of_chosen(|record, message| look(track, record, message)));
    let none = move || {
        view! { <p class="soft">"Choose a message, or step through them: here is what it says."</p> }
    };
    let show = move |seen: Seen| {
        let Seen { crossing, sender, meaning, says, opened } = seen;
        let receiver = sender.other();
        let who = move || {
            if party.get() == sender {
                format!("{} sends", name(sender))
            } else {
                format!("{} receives", name(receiver))
            }
        };
        let tells = move || {
            if party.get() == receiver {
                view! {
                    <dt>{format!("What {} can compute from it", name(receiver))}</dt>
                    <dd>{meaning.tells}</dd>
                }
                .into_any()
            } else {
                view! {
                    <dt>{format!("What {} learns by sending it", name(sender))}</dt>
                    <dd>"Nothing: it is made of what is here already."</dd>
                }
                .into_any()
            }
        };
        view! {
            <p class=format!("sees-way small {}", ink(sender))>
                {who} " · " {text::bytes(crossing.bytes)}
                {(crossing.round > 0).then(|| format!(" · round {}", crossing.round))}
            </p>
            <h2>{crossing.tag.name()}</h2>
            {(!meaning.formula.is_empty()).then(|| view! { <p class="sees-formula"><Formula text=meaning.formula/></p> })}
            <p>{says}</p>
            <dl class="sees-list">
                <dt>"Protocol"</dt>
                <dd>{meaning.protocol}</dd>
                {tells}
                {opened.map(|bits| view! { <dt>"Opened, both halves together"</dt><dd><Bits bits/></dd> })}
                {crossing.spread.map(|spread| view! { <One spread sender/> })}
                <dt>"The bytes"</dt>
                <dd><Body crossing/></dd>
            </dl>
        }
    };
    view! {
        <section class="card sees" aria-label=move || format!("What {} sees", name(party.get()))>
            {move || match seen.get() {
                Some(seen) => show(seen).into_any(),
                None => none().into_any(),
            }}
        </section>
    }
}

fn look(track: Track, record: &Record, message: &Timed) -> Seen {
    let crossing = message.crossing.clone();
    let sender = track.sender(crossing.direction);
    let near = record.messages().iter().map(|other| &other.crossing).filter(|other| {
        other.tag == crossing.tag && other.round == crossing.round && other.index.abs_diff(crossing.index) <= NEAR
    });
    let opened =
        near.filter(|other| other.direction != crossing.direction).find_map(|other| match crossing.direction {
            Direction::Received => opened(other, &crossing),
            Direction::Sent => opened(&crossing, other),
        });
    let seat = track.seat.get();
    let says = says(record, &crossing, seat, &tacit_jobs::EXPLAIN);
    Seen { meaning: meaning(&crossing, seat), says, sender, opened, crossing }
}

/// Values of four bits below which a drawing of them says nothing.
const FEW: u32 = 80;

/// How evenly the bits of one message are spread, where there are enough of them.
#[component]
fn One(spread: [u32; 16], sender: Party) -> impl IntoView {
    let ink = match sender {
        Party::Alice => Ink::Alice,
        Party::Bob => Ink::Bob,
    };
    (spread.iter().sum::<u32>() >= FEW).then(|| {
        view! {
            <dt>"This message alone, four bits at a time"</dt>
            <dd><Histogram counts=spread.to_vec() of="This message" ink first="0000" last="1111"/></dd>
        }
    })
}

/// Bits in groups of eight.
#[component]
fn Bits(bits: Vec<bool>) -> impl IntoView {
    let text: Vec<String> =
        bits.chunks(8).map(|group| group.iter().map(|bit| if *bit { '1' } else { '0' }).collect()).collect();
    view! { <code class="bits" data-testid="opened">{text.join(" ")}</code> }
}

/// The bytes themselves, as far as they are kept.
#[component]
fn Body(crossing: Crossing) -> impl IntoView {
    let all = RwSignal::new(false);
    let length = crossing.body.len();
    let cut = u64::try_from(length).is_ok_and(|kept| kept * 8 < crossing.bits);
    let hex = move || {
        let shown = if all.get() { &crossing.body[..] } else { crossing.body.get(..FIRST).unwrap_or(&crossing.body) };
        shown.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
    };
    view! {
        <code class="hex">{hex}</code>
        <Show when=move || FIRST < length && !all.get()>
            <button type="button" class="quiet" on:click=move |_| all.set(true)>
                {format!("Show {length} bytes")}
            </button>
        </Show>
        {cut.then(|| view! { <p class="soft small">"The first bytes; the rest was not kept."</p> })}
    }
}

//! How often each value of four bits came in what a party received: flat, whatever the inputs are.

use leptos::prelude::*;
use tacit_parts::Ink;
use tacit_parts::figure::Figure;
use tacit_parts::histogram::{Histogram, summary};
use tacit_record::Record;
use tacit_session::{Party, Stage};

use super::name;

#[component]
pub(crate) fn Spread(record: RwSignal<Record>, party: Party) -> impl IntoView {
    let online = RwSignal::new(false);
    let counts = Memo::new(move |_| {
        let is_counted = |stage: Stage| !online.get() || stage.is_online();
        record.with(|record| {
            let totals = record.totals().iter().filter(|(stage, _)| is_counted(**stage));
            let sum = totals.fold([0u64; 16], |mut sum, (_, totals)| {
                sum.iter_mut().zip(totals.spread).for_each(|(sum, n)| *sum += n);
                sum
            });
            sum.map(|n| u32::try_from(n).unwrap_or(u32::MAX)).to_vec()
        })
    });
    let of = format!("What {} received, four bits at a time", name(party));
    let caption = {
        let of = of.clone();
        Signal::derive(move || counts.with(|counts| summary(&of, counts)))
    };
    let ink = match party {
        Party::Alice => Ink::Alice,
        Party::Bob => Ink::Bob,
    };
    view! {
        <section class="card spread" data-testid="spread">
            <h2>{format!("Everything {} received", name(party))}</h2>
            <Figure name="what-came" caption>
                <Histogram counts of ink first="0000" last="1111"/>
            </Figure>
            <label class="choice small">
                <input type="checkbox" prop:checked=move || online.get() on:change=move |_| online.update(|on| *on = !*on)/>
                "Only what depends on the inputs"
            </label>
        </section>
    }
}

//! How often each value of four bits came in what a party received: flat, whatever the inputs are.

use leptos::prelude::*;
use tacit_jobs::Record;
use tacit_session::{Party, Stage};

use super::{ink, name};
use crate::text;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 96.0;

#[component]
pub(crate) fn Spread(record: RwSignal<Record>, party: Signal<Party>) -> impl IntoView {
    let online = RwSignal::new(false);
    let counts = Memo::new(move |_| {
        let is_counted = |stage: Stage| !online.get() || stage.is_online();
        record.with(|record| {
            let mut sum = [0u64; 16];
            for (_, totals) in record.totals().iter().filter(|(stage, _)| is_counted(**stage)) {
                sum.iter_mut().zip(totals.spread).for_each(|(sum, n)| *sum += n);
            }
            sum
        })
    });
    let total = move || counts.get().iter().sum::<u64>();
    let bars = move || {
        let counts = counts.get();
        let expected = (total() as f64 / 16.0).max(1.0);
        let step = WIDTH / 16.0;
        counts
            .iter()
            .enumerate()
            .map(|(value, n)| {
                let height = (*n as f64 / expected * HEIGHT / 2.0).min(HEIGHT);
                view! {
                    <rect x=value as f64 * step + 1.5 y=HEIGHT - height width=step - 3.0 height=height rx="2">
                        <title>{format!("{value:x}: {n} times")}</title>
                    </rect>
                }
            })
            .collect_view()
    };
    let summary = move || {
        let (counts, total) = (counts.get(), total());
        if total == 0 {
            return "Nothing yet.".to_owned();
        }
        let (least, most) = (counts.iter().min().unwrap_or(&0), counts.iter().max().unwrap_or(&0));
        let share = |n: &u64| 1600.0 * *n as f64 / total as f64;
        format!(
            "{} values of four bits. Were it perfectly even, each bar would be at 100 %; they are between {:.0} and {:.0} %.",
            text::thousands(total),
            share(least),
            share(most)
        )
    };
    view! {
        <section class="card spread">
            <h3>{move || format!("Everything {} received", name(party.get()))}</h3>
            <svg
                class=move || ink(party.get())
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                role="img"
                aria-label="How often each value of four bits came"
            >
                {bars}
                <line class="even" x1="0" x2=WIDTH y1=HEIGHT / 2.0 y2=HEIGHT / 2.0/>
            </svg>
            <p class="soft small" data-testid="spread" data-total=total>{summary}</p>
            <label class="choice small">
                <input type="checkbox" prop:checked=move || online.get() on:change=move |_| online.update(|on| *on = !*on)/>
                "Only what depends on the inputs"
            </label>
        </section>
    }
}

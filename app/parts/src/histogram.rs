//! How often each value came, beside what pure chance makes of it.

use leptos::prelude::*;

use crate::Ink;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 200.0;
/// Room for the labels below.
const BASE: f64 = 26.0;

/// Bars for the counts of `of` (“Bob’s share”), and the line where all would be if every value were as likely. `first` and
/// `last` name the values at the ends.
#[component]
pub fn Histogram(
    #[prop(into)] counts: Signal<Vec<u32>>,
    #[prop(into)] of: Signal<String>,
    ink: Ink,
    #[prop(into)] first: Signal<String>,
    #[prop(into)] last: Signal<String>,
) -> impl IntoView {
    let words = move || counts.with(|counts| summary(&of.get(), counts));
    let level = move || counts.with(|counts| HEIGHT - BASE - expected(counts) * scale(counts));
    let bars = move || {
        counts.with(|counts| {
            let (wide, scale) = (WIDTH / counts.len().max(1) as f64, scale(counts));
            let gap = (wide * 0.14).clamp(1.0, 6.0);
            let bar = |(at, count): (usize, &u32)| {
                let high = f64::from(*count) * scale;
                let x = at as f64 * wide + gap / 2.0;
                view! { <rect class="bin" x=x y=HEIGHT - BASE - high width=wide - gap height=high rx="2"/> }
            };
            counts.iter().enumerate().map(bar).collect_view()
        })
    };
    view! {
        <svg
            class=format!("histogram {}", ink.class())
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            role="img"
            aria-label=words
        >
            <line class="axis" x1="0" x2=WIDTH y1=HEIGHT - BASE y2=HEIGHT - BASE/>
            {bars}
            <line class="expected" x1="0" x2=WIDTH y1=level y2=level/>
            <text class="tick" x="0" y=HEIGHT - 6.0>{move || first.get()}</text>
            <text class="tick" x=WIDTH y=HEIGHT - 6.0 text-anchor="end">{move || last.get()}</text>
        </svg>
    }
}

/// How many a bin has if all are as likely.
fn expected(counts: &[u32]) -> f64 {
    counts.iter().map(|count| f64::from(*count)).sum::<f64>() / counts.len().max(1) as f64
}

/// Units of the drawing for one count: what is flat lies in the middle, and nothing leaves the top.
fn scale(counts: &[u32]) -> f64 {
    let most = counts.iter().copied().max().unwrap_or(0);
    (HEIGHT - BASE) / (1.8 * expected(counts)).max(1.04 * f64::from(most)).max(1.0)
}

/// What the histogram shows, in words.
#[must_use]
pub fn summary(of: &str, counts: &[u32]) -> String {
    let total: u64 = counts.iter().copied().map(u64::from).sum();
    if total == 0 {
        return format!("{of}: nothing was drawn yet.");
    }
    let (least, most) = (counts.iter().min().unwrap_or(&0), counts.iter().max().unwrap_or(&0));
    let verdict = if is_flat(counts) { "As flat as chance makes it." } else { "Not flat." };
    let total = crate::text::thousands(total);
    format!(
        "{of}: {total} draws in {} bins, from {least} to {most} each; all equal would be {:.0}. {verdict}",
        counts.len(),
        expected(counts)
    )
}

/// Whether chance makes such counts of equally likely bins: Pearson's χ² within five of its standard deviations.
#[must_use]
pub fn is_flat(counts: &[u32]) -> bool {
    let expected = expected(counts);
    let squares: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2)).sum();
    let freedom = counts.len().saturating_sub(1) as f64;
    expected > 0.0 && squares / expected <= freedom + 5.0 * (2.0 * freedom).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_is_told_from_uneven() {
        assert!(is_flat(&[100; 16]));
        assert!(is_flat(&[96, 104, 110, 91, 99, 103, 88, 109]));
        assert!(!is_flat(&[0, 0, 400, 400, 0, 0]));
        assert!(!is_flat(&[100, 100, 100, 200]));
        assert!(!is_flat(&[]) && !is_flat(&[0; 16]));
    }

    #[test]
    fn the_summary_says_what_one_sees() {
        assert_eq!(
            summary("Bob’s share", &[98, 102]),
            "Bob’s share: 200 draws in 2 bins, from 98 to 102 each; all equal would be 100. As flat as chance makes it."
        );
        assert!(summary("It", &[1000, 0]).ends_with("Not flat."));
        assert_eq!(summary("It", &[0; 16]), "It: nothing was drawn yet.");
    }

    #[test]
    fn no_bar_leaves_the_drawing() {
        for counts in [&[0; 4][..], &[1, 1000], &[7; 16], &[]] {
            let scale = scale(counts);
            assert!(counts.iter().all(|count| f64::from(*count) * scale <= HEIGHT - BASE));
        }
    }
}

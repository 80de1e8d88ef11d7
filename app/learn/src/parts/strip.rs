//! Numbers from 0 on, and which of them are still possible.

use leptos::prelude::*;

const WIDTH: f64 = 720.0;

#[component]
pub(crate) fn Strip(
    /// Whether each number is possible.
    #[prop(into)]
    left: Signal<Vec<bool>>,
    /// The same in words.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let marks = move || {
        left.with(|left| {
            let wide = (WIDTH - 8.0) / left.len().max(1) as f64;
            let mark = |(at, _): (usize, &bool)| {
                let x = 4.0 + at as f64 * wide;
                view! { <rect class="mark-left" x=x y="8" width=wide * 0.72 height="44" rx="1.5"/> }
            };
            left.iter().enumerate().filter(|(_, left)| **left).map(mark).collect_view()
        })
    };
    view! {
        <svg class="strip" viewBox=format!("0 0 {WIDTH} 84") role="img" aria-label=move || label.get()>
            <line class="axis" x1="4" x2=WIDTH - 4.0 y1="58" y2="58"/>
            {marks}
            <text class="tick" x="4" y="78">"0"</text>
            <text class="tick" x=WIDTH - 4.0 y="78" text-anchor="end">
                {move || left.with(|left| left.len().saturating_sub(1))}
            </text>
        </svg>
    }
}

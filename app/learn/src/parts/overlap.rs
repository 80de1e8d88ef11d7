//! Two discs, each with a share. Moved together, they show the number where they overlap.

use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

/// How far a disc's middle may be from the middle, and where it begins; in hundredths of the field's width.
const APART: f64 = 30.0;
/// How far apart the middles may be for the number to show.
const TOGETHER: f64 = 22.0;
/// Where both lie when they are laid together.
const TOUCHING: f64 = 9.0;
/// One press of an arrow key.
const STEP: f64 = 6.0;

#[component]
pub(crate) fn Overlap(
    /// What stands on the discs.
    #[prop(into)]
    shares: Signal<[String; 2]>,
    /// What shows where they overlap.
    #[prop(into)]
    number: Signal<String>,
) -> impl IntoView {
    let places = RwSignal::new([-APART, APART]);
    let hold = RwSignal::new(None::<(usize, f64, f64, f64)>);
    let together = Memo::new(move |_| {
        let [a, b] = places.get();
        (b - a).abs() <= TOGETHER
    });
    let keep = |index: usize, at: f64| if index == 0 { at.clamp(-APART, 0.0) } else { at.clamp(0.0, APART) };
    let disc = move |index: usize| {
        let (who, class) = [("Alice’s share", "disc alice"), ("Bob’s share", "disc bob")][index];
        let label = move || format!("{who}: {}", shares.with(|shares| shares[index].clone()));
        let down = move |event: PointerEvent| {
            let disc = event_target::<web_sys::Element>(&event);
            let width =
                disc.closest(".overlap").ok().flatten().map_or(1.0, |field| field.get_bounding_client_rect().width());
            hold.set(Some((index, places.get_untracked()[index], f64::from(event.client_x()), width / 100.0)));
            disc.set_pointer_capture(event.pointer_id()).ok();
        };
        let drag = move |event: PointerEvent| {
            if let Some((held, from, x, unit)) = hold.get_untracked()
                && held == index
            {
                let at = keep(index, from + (f64::from(event.client_x()) - x) / unit);
                places.update(|places| places[index] = at);
            }
        };
        let release = move |_: PointerEvent| hold.set(None);
        let keys = move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowLeft" => -STEP,
                "ArrowRight" => STEP,
                _ => return,
            };
            event.prevent_default();
            places.update(|places| places[index] = keep(index, places[index] + by));
        };
        // Enter, or a press where dragging is hard: both together, or apart again.
        let press = move |event: web_sys::MouseEvent| {
            if event.detail() == 0 {
                places.set(if together.get_untracked() { [-APART, APART] } else { [-TOUCHING, TOUCHING] });
            }
        };
        let held = move || hold.get().is_some_and(|(held, ..)| held == index);
        view! {
            <button
                type="button"
                class=class
                class:held=held
                aria-label=label
                aria-describedby="overlap-hint"
                style=("--x", move || format!("{:.2}", places.get()[index]))
                on:pointerdown=down
                on:pointermove=drag
                on:pointerup=release
                on:pointercancel=release
                on:click=press
                on:keydown=keys
            >
                <span>{move || shares.with(|shares| shares[index].clone())}</span>
            </button>
        }
    };
    let shown = move || if together.get() { number.get() } else { String::new() };
    view! {
        <div class="overlap" class:together=move || together.get()>
            {disc(0)} {disc(1)}
            <p class="overlap-number" aria-hidden="true" data-testid="overlap">{shown}</p>
        </div>
        <p class="mono soft" id="overlap-hint">
            "Move the discs together: drag, arrow keys, or Enter."
        </p>
        <p class="unseen" role="status">
            {move || together.get().then(|| format!("Together they show {}.", number.get()))}
        </p>
    }
}

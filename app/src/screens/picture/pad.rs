//! The pad: drawn on with a mouse, a finger, a pen, or the arrow keys.

use js_sys::{Array, Function, Reflect};
use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, KeyboardEvent, PointerEvent};

use super::easel::Easel;
use crate::browser::image;
use crate::page::page;
use tacit_parts::Scheme;
use tacit_picture::{Drawing, Point};

/// Pixels of the canvas on each side. What the model sees does not depend on it.
const SIDE: f64 = 840.0;
/// What an arrow key moves, in sides of the pad; with Shift it is finer.
const STEP: f32 = 1.0 / 28.0;
const FINE_STEP: f32 = STEP / 4.0;

/// How wide the pen draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pen {
    Thin,
    Medium,
    Thick,
}

impl Pen {
    const ALL: [(Pen, &'static str); 3] = [(Pen::Thin, "thin"), (Pen::Medium, "medium"), (Pen::Thick, "thick")];

    /// The middle one leaves strokes as wide as MNIST has them when a digit fills most of the pad.
    fn radius(self) -> f32 {
        match self {
            Self::Thin => 0.028,
            Self::Medium => 0.043,
            Self::Thick => 0.09,
        }
    }
}

/// The pen that the arrow keys move.
#[derive(Clone, Copy, PartialEq)]
struct Cursor {
    x: f32,
    y: f32,
    is_down: bool,
}

#[component]
pub(super) fn Pad(easel: Easel) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let pen = RwSignal::new(Pen::Medium);
    let cursor = RwSignal::new(Cursor { x: 0.5, y: 0.5, is_down: false });
    // Which finger draws: a second one draws nothing.
    let pointer = RwSignal::new(None::<i32>);
    let is_blank = Memo::new(move |_| easel.with_drawing(Drawing::is_empty));
    let Scheme(scheme) = expect_context();
    Effect::new(move |_| {
        // The ink is another one in the dark.
        scheme.track();
        easel.with_drawing(|drawing| canvas.get().and_then(|canvas| paint(&canvas, drawing)));
    });

    let down = move |event: PointerEvent| {
        if pointer.get_untracked().is_some() || event.button() != 0 {
            return;
        }
        pointer.set(Some(event.pointer_id()));
        let pad: HtmlCanvasElement = event_target(&event);
        pad.set_pointer_capture(event.pointer_id()).ok();
        cursor.update(|cursor| cursor.is_down = false);
        easel.draw(|drawing| drawing.begin(point(&pad, &event, pen.get_untracked())));
    };
    let drag = move |event: PointerEvent| {
        if pointer.get_untracked() == Some(event.pointer_id()) {
            let pad: HtmlCanvasElement = event_target(&event);
            let points = coalesced(&event).into_iter().map(|event| point(&pad, &event, pen.get_untracked()));
            easel.draw(|drawing| points.for_each(|point| drawing.extend(point)));
        }
    };
    let lift = move |event: PointerEvent| {
        if pointer.get_untracked() == Some(event.pointer_id()) {
            pointer.set(None);
        }
    };
    let key = move |event: KeyboardEvent| {
        let step = if event.shift_key() { FINE_STEP } else { STEP };
        let with_control = event.ctrl_key() || event.meta_key();
        let (dx, dy) = match event.key().as_str() {
            "ArrowLeft" => (-step, 0.0),
            "ArrowRight" => (step, 0.0),
            "ArrowUp" => (0.0, -step),
            "ArrowDown" => (0.0, step),
            " " => {
                event.prevent_default();
                cursor.update(|cursor| cursor.is_down = !cursor.is_down);
                if let Cursor { x, y, is_down: true } = cursor.get_untracked() {
                    let radius = pen.get_untracked().radius();
                    easel.draw(|drawing| drawing.begin(Point { x, y, radius }));
                }
                return;
            }
            "Backspace" => return undo(&event, easel, cursor),
            "z" if with_control => return undo(&event, easel, cursor),
            _ => return,
        };
        event.prevent_default();
        cursor.update(|Cursor { x, y, .. }| (*x, *y) = ((*x + dx).clamp(0.0, 1.0), (*y + dy).clamp(0.0, 1.0)));
        if let Cursor { x, y, is_down: true } = cursor.get_untracked() {
            let radius = pen.get_untracked().radius();
            easel.draw(|drawing| drawing.extend(Point { x, y, radius }));
        }
    };
    let clear = move |_| {
        cursor.update(|cursor| cursor.is_down = false);
        easel.draw(|drawing| *drawing = Drawing::new());
    };
    let pens = Pen::ALL.map(|(this, name)| {
        view! {
            <label class="choice">
                <input type="radio" name=page().id("pen") prop:checked=move || pen.get() == this on:change=move |_| pen.set(this)/>
                {name}
            </label>
        }
    });
    view! {
        <div class="pad-frame" class:blank=move || is_blank.get() class:drawing=move || cursor.get().is_down>
            <canvas
                class="pad"
                data-testid="pad"
                node_ref=canvas
                width=SIDE
                height=SIDE
                tabindex="0"
                role="application"
                aria-label="Drawing pad"
                aria-describedby=page().id("pad-keys")
                on:pointerdown=down
                on:pointermove=drag
                on:pointerup=lift
                on:pointercancel=lift
                on:lostpointercapture=lift
                on:keydown=key
            ></canvas>
            <span class="pad-hint" aria-hidden="true">"Draw here"</span>
            <span
                class="pad-cursor"
                aria-hidden="true"
                style=("--x", move || format!("{:.2}%", 100.0 * cursor.get().x))
                style=("--y", move || format!("{:.2}%", 100.0 * cursor.get().y))
                style=("--pen", move || format!("{:.2}%", 200.0 * pen.get().radius()))
            ></span>
        </div>
        <div class="pad-tools">
            <fieldset class="choices">
                <legend class="unseen">"Pen"</legend>
                {pens}
            </fieldset>
            <span class="pad-undo">
                <button
                    type="button"
                    class="quiet"
                    disabled=move || is_blank.get()
                    on:click=move |_| easel.draw(Drawing::undo)
                >
                    "Undo"
                </button>
                <button type="button" class="quiet" disabled=move || is_blank.get() on:click=clear>"Clear"</button>
            </span>
        </div>
        <p class="soft note pad-keys" id=page().id("pad-keys")>
            "By keyboard: arrow keys move the pen, Space puts it down or lifts it, Backspace takes a stroke back."
        </p>
        <p class="unseen" role="status">
            {move || if cursor.get().is_down { "The pen is down." } else { "" }}
        </p>
    }
}

fn undo(event: &KeyboardEvent, easel: Easel, cursor: RwSignal<Cursor>) {
    event.prevent_default();
    cursor.update(|cursor| cursor.is_down = false);
    easel.draw(Drawing::undo);
}

/// Where on the pad it happened. A pen that feels how hard it is pressed draws wider or thinner.
fn point(pad: &HtmlCanvasElement, event: &PointerEvent, pen: Pen) -> Point {
    let frame = pad.get_bounding_client_rect();
    let part = |at: i32, start: f64, length: f64| ((f64::from(at) - start) / length.max(1.0)) as f32;
    let pressure = if event.pointer_type() == "pen" && event.pressure() > 0.0 { event.pressure() } else { 0.5 };
    Point {
        x: part(event.client_x(), frame.left(), frame.width()),
        y: part(event.client_y(), frame.top(), frame.height()),
        radius: pen.radius() * (0.6 + 0.8 * pressure),
    }
}

/// Every place on the way since the last event, where the browser knows them.
fn coalesced(event: &PointerEvent) -> Vec<PointerEvent> {
    let get = Reflect::get(event, &"getCoalescedEvents".into()).ok().and_then(|get| get.dyn_into::<Function>().ok());
    let events = get.and_then(|get| get.call0(event).ok()).map(|events| Array::from(&events));
    let events: Vec<PointerEvent> =
        events.iter().flat_map(Array::iter).filter_map(|event| event.dyn_into().ok()).collect();
    if events.is_empty() { vec![event.clone()] } else { events }
}

/// Draws all strokes in the canvas's own text colour. `None` when the browser cannot draw.
fn paint(canvas: &HtmlCanvasElement, drawing: &Drawing) -> Option<()> {
    let ink = window().get_computed_style(canvas).ok()??.get_property_value("color").ok()?;
    let context = image::context(canvas)?;
    context.clear_rect(0.0, 0.0, SIDE, SIDE);
    context.set_stroke_style_str(&ink);
    context.set_line_cap("round");
    let at = |length: f32| f64::from(length) * SIDE;
    for stroke in drawing.strokes() {
        let first = stroke.first()?;
        for (from, to) in [first].into_iter().chain(stroke).zip(stroke) {
            context.begin_path();
            context.set_line_width(at(from.radius + to.radius));
            context.move_to(at(from.x), at(from.y));
            // A line of no length has round ends all the same.
            context.line_to(at(to.x), at(to.y));
            context.stroke();
        }
    }
    Some(())
}

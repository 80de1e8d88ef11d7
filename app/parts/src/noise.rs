//! Two squares of noise that show a sign where they overlap: a true visual secret sharing, drawn with fresh randomness.

use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, KeyboardEvent, PointerEvent};

use crate::Scheme;
use crate::browser;
use crate::secret_sharing::{DOTS, Share, shares};

/// Within so many pixels of the sign a square that is let go makes both slide into register.
const SNAP: f64 = 2.0;
/// How far a square can be moved from the middle, in pixels of the sign.
const REACH: f64 = 14.0;
/// Where the squares lie before they are touched, in pixels of the sign from the middle.
const APART: [Place; 2] = [Place { x: -5.0, y: -2.0 }, Place { x: 5.0, y: 2.0 }];

/// Where a square lies, in pixels of the sign from the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    x: f64,
    y: f64,
}

impl Place {
    fn moved(self, x: f64, y: f64) -> Self {
        let keep = |at: f64| at.clamp(-REACH, REACH);
        Self { x: keep(self.x + x), y: keep(self.y + y) }
    }

    fn is_near(self, other: Self) -> bool {
        (self.x - other.x).abs() <= SNAP && (self.y - other.y).abs() <= SNAP
    }

    /// On the grid, so that dots meet dots.
    fn rounded(self) -> Self {
        Self { x: self.x.round(), y: self.y.round() }
    }
}

/// A finger or a mouse on a square.
#[derive(Clone, Copy)]
struct Hold {
    square: usize,
    from: Place,
    x: f64,
    y: f64,
    moved: bool,
}

/// The squares of the home page, to play with.
#[component]
pub fn Noise() -> impl IntoView {
    let draw_sign = || ['<', '=', '>'][usize::from(browser::random_bytes()()) % 3];
    let sign = RwSignal::new(draw_sign());
    let shares = Memo::new(move |_| draw(sign.get()));
    let shares = Signal::from(shares);
    let start = if browser::wants_less_motion() { [Place::default(); 2] } else { APART };
    let places = RwSignal::new(start);
    let hold = RwSignal::new(None::<Hold>);
    let in_register = Memo::new(move |_| hold.get().is_none() && places.get()[0] == places.get()[1]);

    let toggle = move || {
        places.update(|places| *places = if places[0] == places[1] { APART } else { [Place::default(); 2] });
    };
    let renew = move |_| {
        // Also when the sign is the same again, the noise is new.
        sign.set(draw_sign());
        places.set(APART);
    };
    let square = move |index: usize| {
        let name = ["Alice’s share. Noise.", "Bob’s share. Noise."][index];
        let class = ["square alice", "square bob"][index];
        let was_dragged = RwSignal::new(false);
        let down = move |event: PointerEvent| {
            let from = places.get_untracked()[index];
            let (x, y) = (event.client_x().into(), event.client_y().into());
            was_dragged.set(false);
            hold.set(Some(Hold { square: index, from, x, y, moved: false }));
            event_target::<web_sys::Element>(&event).set_pointer_capture(event.pointer_id()).ok();
        };
        let drag = move |event: PointerEvent| {
            let Some(Hold { square, from, x, y, moved }) = hold.get_untracked() else { return };
            if square != index {
                return;
            }
            let pixel = pixel_size(&event_target(&event));
            let (dx, dy) = (f64::from(event.client_x()) - x, f64::from(event.client_y()) - y);
            // A press that trembles is still a press.
            let moves = moved || dx.hypot(dy) > 4.0;
            if moves {
                hold.set(Some(Hold { square, from, x, y, moved: true }));
                places.update(|places| places[index] = from.moved(dx / pixel, dy / pixel));
            }
        };
        let release = move |_: PointerEvent| {
            if let Some(Hold { square, moved, .. }) = hold.get_untracked()
                && square == index
            {
                was_dragged.set(moved);
                places.update(|places| {
                    let near = moved && places[0].is_near(places[1]);
                    *places = if near { [Place::default(); 2] } else { places.map(Place::rounded) };
                });
                hold.set(None);
            }
        };
        let press = move |_| {
            if !was_dragged.get_untracked() {
                toggle();
            }
            was_dragged.set(false);
        };
        let step = move |event: KeyboardEvent| {
            let (x, y) = match event.key().as_str() {
                "ArrowLeft" => (-1.0, 0.0),
                "ArrowRight" => (1.0, 0.0),
                "ArrowUp" => (0.0, -1.0),
                "ArrowDown" => (0.0, 1.0),
                _ => return,
            };
            event.prevent_default();
            places.update(|places| places[index] = places[index].moved(x, y));
        };
        let held = move || hold.get().is_some_and(|hold| hold.square == index && hold.moved);
        view! {
            <button
                type="button"
                class=class
                class:held=held
                aria-label=name
                aria-describedby="noise-hint"
                style=("--x", move || format!("{:.3}", places.get()[index].x))
                style=("--y", move || format!("{:.3}", places.get()[index].y))
                on:pointerdown=down
                on:pointermove=drag
                on:pointerup=release
                on:pointercancel=release
                on:click=press
                on:keydown=step
            >
                <Dots shares index/>
            </button>
        }
    };
    let sign_name = move || match sign.get() {
        '<' => "less than",
        '>' => "greater than",
        _ => "equal",
    };
    view! {
        <figure class="noise" class:registered=move || in_register.get()>
            <div class="squares">{square(0)} {square(1)}</div>
            <figcaption>
                <p class="mono soft" aria-hidden="true">
                    {move || {
                        if in_register.get() {
                            format!("In register they show {}. Apart, neither tells.", sign.get())
                        } else {
                            "Two shares, each pure noise. Lay one over the other.".into()
                        }
                    }}
                </p>
                <p class="unseen" id="noise-hint">
                    "Arrow keys move this share, Enter lays it over the other one."
                </p>
                <p class="unseen" role="status">
                    {move || in_register.get().then(|| format!("In register. Together they show the sign {}.", sign_name()))}
                </p>
                <button type="button" class="quiet" on:click=renew>"Fresh noise"</button>
            </figcaption>
        </figure>
    }
}

/// The squares of a result: they come into register by themselves and show the sign that was opened.
#[component]
pub fn NoiseSign(sign: char) -> impl IntoView {
    let shares = Signal::stored(draw(sign));
    view! {
        <div class="noise coming" aria-hidden="true">
            <div class="squares">
                <div class="square alice"><Dots shares index=0/></div>
                <div class="square bob"><Dots shares index=1/></div>
            </div>
        </div>
    }
}

/// Two shares with fresh randomness.
fn draw(sign: char) -> [Share; 2] {
    shares(sign, browser::random_bytes())
}

/// One share, in the ink of its party.
#[component]
fn Dots(shares: Signal<[Share; 2]>, index: usize) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let Scheme(scheme) = expect_context();
    Effect::new(move |_| {
        // The ink is another one in the dark.
        scheme.track();
        if let Some(canvas) = canvas.get() {
            shares.with(|shares| paint(&canvas, &shares[index]));
        }
    });
    view! { <canvas node_ref=canvas width=DOTS height=DOTS></canvas> }
}

/// Draws the inked dots in the canvas's own text colour. `None` when the browser cannot draw: then nothing is shown.
fn paint(canvas: &HtmlCanvasElement, share: &[bool]) -> Option<()> {
    let ink = window().get_computed_style(canvas).ok()??.get_property_value("color").ok()?;
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let side = DOTS as f64;
    context.clear_rect(0.0, 0.0, side, side);
    context.set_fill_style_str(&ink);
    for (at, _) in share.iter().enumerate().filter(|(_, inked)| **inked) {
        context.fill_rect((at % DOTS) as f64, (at / DOTS) as f64, 1.0, 1.0);
    }
    Some(())
}

/// The size of one of the sign's pixels on the screen.
fn pixel_size(square: &web_sys::Element) -> f64 {
    square.get_bounding_client_rect().width() / (DOTS / 2) as f64
}

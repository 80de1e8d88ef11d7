//! The precision lens: after a rehearsed picture check, what whole numbers and encryption changed, layer by layer.

use std::rc::Rc;

use leptos::prelude::*;
use tacit_jobs::handover;
use tacit_jobs::rehearsal::{LayerLens, Lens as Seen, Look};
use tacit_session::Fault;

use crate::driver::OnStage;
use crate::page::page;

/// The fewest and the most bits behind the point that can be tried.
const BITS: [i32; 2] = [0, 14];

/// What one side put in as the picture, and the other as the model.
#[component]
pub(crate) fn Lens(ways: StoredValue<[Rc<OnStage>; 2], LocalStorage>) -> impl IntoView {
    let page = page();
    let answered = page.of_session(|session| session.answer.as_ref().map(|answer| answer.outcome.round));
    let bits = RwSignal::new(None::<i32>);
    let busy = RwSignal::new(false);
    let seen = page.lens;
    Effect::new(move |_| {
        seen.track();
        busy.set(false);
    });
    // Of another picture it says nothing.
    Effect::new(move |_| {
        let _ = answered.get();
        seen.set(None);
    });
    let look = move || {
        let [(picture, model), (others_picture, others_model)] =
            ways.with_value(|ways| ways.each_ref().map(|way| way.kept()));
        let (Some(picture), Some(model)) = (picture.or(others_picture), model.or(others_model)) else { return };
        busy.set(true);
        page.post("look", &Look { model, picture, fraction_bits: bits.get_untracked() });
    };
    let slide = move |event: leptos::ev::Event| bits.set(event_target_value(&event).parse().ok());
    let labels = page.of_session(|session| {
        let agreement = session.answer.as_ref().and_then(|answer| answer.agreement.as_ref());
        agreement.and_then(|agreement| agreement.model.as_ref()).map(|model| model.labels.clone()).unwrap_or_default()
    });
    let said = move || match bits.get() {
        None => "as chosen for this model".to_owned(),
        Some(bits) => format!("{bits} everywhere"),
    };
    view! {
        <Show when=move || answered.get().is_some()>
            <section class="card lens" aria-labelledby="lens-title">
                <h2 id="lens-title">"Layer by layer, three times"</h2>
                <p class="small soft">
                    "In real numbers, in whole numbers in the clear, and under encryption. Only in a rehearsal can anybody look: you \
                     have both the picture and the model."
                </p>
                <label class="lens-bits small">
                    "Bits behind the point: " <b>{said}</b>
                    <input
                        type="range"
                        min=BITS[0].to_string()
                        max=BITS[1].to_string()
                        prop:value=move || bits.get().unwrap_or(8).to_string()
                        on:input=slide
                        on:change=move |_| look()
                    />
                </label>
                <div class="actions">
                    <button type="button" class="second" disabled=move || busy.get() on:click=move |_| { bits.set(None); look() }>
                        {move || if busy.get() { "Looking" } else { "Look, with the bits as chosen" }}
                    </button>
                </div>
                <div aria-live="polite">
                    {move || seen.get().map(|packed| match read(&packed) {
                        Ok(seen) => view! { <Layers seen labels=labels.get_untracked()/> }.into_any(),
                        Err(fault) => view! { <p class="wrong" data-testid="lens-broke">{broke(&fault)}</p> }.into_any(),
                    })}
                </div>
            </section>
        </Show>
    }
}

/// What the worker packed.
fn read(bytes: &[u8]) -> Result<Seen, Fault> {
    handover::unpack(bytes).unwrap_or_else(|_| Err(Fault::internal("worker: a look that cannot be read")))
}

fn broke(fault: &Fault) -> String {
    let why = fault.detail.clone().unwrap_or_else(|| fault.code.headline().into());
    format!("So it cannot be run: {why}")
}

#[component]
fn Layers(seen: Seen, labels: Vec<String>) -> impl IntoView {
    let label = |place: usize| labels.get(place).cloned().unwrap_or_else(|| place.to_string());
    let [float, fixed, secure] = [seen.float, seen.fixed, seen.secure].map(label);
    let agree = seen.float == seen.fixed && seen.fixed == seen.secure;
    let verdict = if agree { "All three say the same." } else { "They do not say the same any more." };
    let row = |layer: LayerLens| {
        let part = |difference: f64| if layer.largest > 0.0 { 100.0 * difference / layer.largest } else { 0.0 };
        let headroom = layer.proven.max(1).ilog2() as f64 - layer.seen.max(1).ilog2() as f64;
        view! {
            <tr>
                <th scope="row">{layer.name.clone()}</th>
                <td>{figure(layer.largest)}</td>
                <td>{format!("{:.3} %", part(layer.rounding.largest))}</td>
                <td>{format!("{:.3} %", part(layer.truncation.largest))}</td>
                <td>{format!("{headroom:.0}")}</td>
            </tr>
        }
    };
    view! {
        <p data-testid="lens-says" data-agree=agree.to_string()>
            "Real numbers: " <bdi>{float}</bdi> ". Whole numbers: " <bdi>{fixed}</bdi> ". Encrypted: " <bdi>{secure}</bdi> ". "
            {verdict}
        </p>
        <div class="scroll">
            <table class="plain mono">
                <caption class="unseen">"Largest differences, of the largest value of each layer"</caption>
                <thead>
                    <tr>
                        <th scope="col">"layer"</th>
                        <th scope="col">"largest"</th>
                        <th scope="col">"rounding"</th>
                        <th scope="col">"encryption"</th>
                        <th scope="col">"bits of room"</th>
                    </tr>
                </thead>
                <tbody>{seen.layers.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        <p class="small soft">
            "Rounding: whole against real numbers. Encryption: what truncating shares changed, at most one unit a layer. Room: how far \
             the numbers stay from what is proven for every picture."
        </p>
    }
}

fn figure(x: f64) -> String {
    if x >= 100.0 { format!("{x:.0}") } else { format!("{x:.2}") }
}

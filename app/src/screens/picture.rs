//! Picture: draw one, or choose one; beside it, the very pixels that the model will get.

use leptos::html::Canvas;
use leptos::prelude::*;
use tacit_jobs::ModelCard;

use crate::app::Input;
use crate::browser::image;
use crate::page::page;
use crate::parts::gauge::Gauge;
use crate::parts::heading::Heading;
use crate::parts::labels::names;
use crate::parts::thumbnail::{rgba, thumbnail};
use tacit_picture::Fit;

mod easel;
mod pad;
mod sources;

use easel::Easel;
use pad::Pad;
use sources::Sources;

#[component]
pub(crate) fn Picture() -> impl IntoView {
    let page = page();
    let card = page.model.with_untracked(|model| model.session.as_ref()?.agreement.as_ref()?.model.clone());
    // Both have accepted a model: there is one.
    card.map(|card| view! { <Making card=*card/> })
}

#[component]
fn Making(card: ModelCard) -> impl IntoView {
    let page = page();
    let fit = Fit::natural(card.picture, &card.labels);
    let places = usize::from(card.reveal.pictures);
    let easel = Easel::new(card.picture, places, fit);
    let refusal = page.model.with_untracked(|model| model.session.as_ref()?.refusal.clone());
    easel.wrong.set(refusal.map(|fault| [fault.code.headline(), fault.code.next_step()].join(" ")));
    let [_, height, width] = card.picture;
    let heading = match fit {
        Fit::Writing if card.labels.iter().all(|label| label.parse::<u8>().is_ok()) => "Draw a digit",
        Fit::Writing => "Write one character",
        Fit::Thing | Fit::Whole => "Choose a picture",
    };
    // What is not written is rather photographed.
    let draws_second = fit != Fit::Writing;
    let check = move |_| {
        let pictures = easel.finish();
        if pictures.is_empty() {
            easel.wrong.set(Some("There is nothing to check yet. Draw something, or choose a picture.".into()));
        } else {
            page.send(Input::Check(pictures));
        }
    };
    let check_text = move || match easel.count() {
        0 | 1 => "Check it".to_owned(),
        n => format!("Check all {n}"),
    };
    let add = move |_| {
        easel.keep();
    };
    let stays = match places {
        1 => "Your picture stays in this browser.".to_owned(),
        n => format!("This round takes up to {n} pictures. They stay in this browser."),
    };
    let (known, between) = known(&card.labels);
    view! {
        <div class="two picture">
            <div class="stack">
                <div>
                    <Heading>{heading}</Heading>
                    <p class="lead">
                        "The model “" <bdi>{card.name}</bdi> "” knows " {names(known, between)} ". " {stays}
                    </p>
                </div>
                {draws_second.then(|| view! { <Sources easel/> })}
                <section class="card stack" aria-label="Your picture">
                    <Show when=move || easel.has_photo.get() fallback=move || view! { <Pad easel/> }>
                        <Preview easel/>
                    </Show>
                </section>
            </div>
            <div class="stack">
                <section class="card stack seen-card" aria-labelledby=page.label("seen-title")>
                    <div class="seen-head">
                        <h2 id=page.id("seen-title")>"What the model will see"</h2>
                        <p class="soft">{format!("{width} × {height} pixels, and nothing else.")}</p>
                    </div>
                    <Seen easel/>
                    <p class="soft note" data-testid="doubts" role="status">{move || easel.doubts()}</p>
                    <Preparing easel/>
                    <p class="wrong" id=page.id("picture-error") role="alert">{move || easel.wrong.get()}</p>
                    <div class="actions">
                        <button type="button" class="main" on:click=check>{check_text}</button>
                        {(places > 1).then(|| view! {
                            <button
                                type="button"
                                class="second"
                                disabled=move || !easel.has_room() || easel.pixels().is_none()
                                on:click=add
                            >
                                "Add another"
                            </button>
                        })}
                    </div>
                </section>
                {(places > 1).then(|| view! { <Tray easel/> })}
                {(!draws_second).then(|| view! { <Sources easel/> })}
                <Gauge/>
            </div>
        </div>
    }
}

/// What a model can tell, in a few words.
fn known(labels: &[String]) -> (Vec<String>, &'static str) {
    match labels {
        [first, .., last] if labels.iter().all(|label| label.chars().count() == 1) => {
            (vec![first.clone(), last.clone()], " to ")
        }
        labels => (labels.to_vec(), ", "),
    }
}

/// The photo, as it was chosen.
#[component]
fn Preview(easel: Easel) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move |_| {
        easel.with_photo(|photo| {
            canvas.get().and_then(|canvas| image::show(&canvas, photo.width, photo.height(), &photo.rgba))
        });
    });
    view! {
        <canvas class="pad photo" node_ref=canvas role="img" aria-label="Your picture"></canvas>
        <div class="pad-tools">
            <button type="button" class="quiet" on:click=move |_| easel.remove_photo()>"Draw instead"</button>
        </div>
    }
}

/// The pixels of the model's view, enlarged.
#[component]
fn Seen(easel: Easel) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let [channels, height, width] = easel.shape;
    let is_blank = RwSignal::new(true);
    Effect::new(move |_| {
        let pixels = easel.pixels();
        is_blank.set(pixels.is_none());
        let pixels = pixels.unwrap_or_else(|| vec![0; channels * height * width]);
        if let Some(canvas) = canvas.get() {
            image::show(&canvas, width, height, &rgba(&pixels, height * width));
        }
    });
    let label = move || if is_blank.get() { "Nothing yet" } else { "Your picture as the model gets it" };
    view! { <canvas class="seen" data-testid="seen" node_ref=canvas role="img" aria-label=label></canvas> }
}

/// What was put aside, to be checked together.
#[component]
fn Tray(easel: Easel) -> impl IntoView {
    let places = easel.places;
    let kept = Memo::new(move |_| easel.with_kept(<[_]>::len));
    let one = move |index: usize| {
        view! {
            <li>
                {easel.with_kept(|kept| kept.get(index).map(thumbnail))}
                <button
                    type="button"
                    class="quiet"
                    aria-label=format!("Remove picture {}", index + 1)
                    on:click=move |_| easel.discard(index)
                >
                    "Remove"
                </button>
            </li>
        }
    };
    view! {
        <section class="card stack" aria-labelledby=page().label("tray-title")>
            <h2 id=page().id("tray-title")>"In this round"</h2>
            <p class="soft note" role="status">
                {move || format!("{} of {places} pictures. They are checked together.", easel.count())}
            </p>
            <ol class="tray">
                {move || {
                    easel.with_kept(|_| ());
                    untrack(|| (0..kept.get()).map(one).collect_view())
                }}
            </ol>
        </section>
    }
}

/// How the picture is prepared, where there is a choice.
#[component]
fn Preparing(easel: Easel) -> impl IntoView {
    let is_grey = easel.shape[0] == 1;
    let choice = move |fit: Fit, name: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=page().id("fit")
                    prop:checked=move || easel.fit.get() == fit
                    on:change=move |_| easel.fit.set(fit)
                />
                {name}
            </label>
        }
    };
    let has_photo = easel.has_photo;
    view! {
        <Show when=move || Fit::is_choice(easel.shape)>
            <fieldset class="choices">
                <legend class="soft note">"Prepare it as"</legend>
                {choice(Fit::Writing, "writing")}
                {choice(Fit::Thing, "a thing")}
                {choice(Fit::Whole, "the whole picture")}
            </fieldset>
        </Show>
        <Show when=move || is_grey && has_photo.get()>
            <label class="choice">
                <input
                    type="checkbox"
                    prop:checked=move || easel.is_inverted()
                    on:change=move |event| easel.inverted.set(Some(event_target_checked(&event)))
                />
                "Invert: dark becomes bright"
            </label>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_knows_is_said_shortly() {
        let labels = |labels: &[&str]| labels.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(known(&labels(&["0", "1", "9"])), (labels(&["0", "9"]), " to "));
        assert_eq!(known(&labels(&["coat", "bag"])), (labels(&["coat", "bag"]), ", "));
    }
}

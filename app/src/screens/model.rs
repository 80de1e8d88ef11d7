//! Model: its owner chooses it and what it tells; the other person waits.

use leptos::html::Input as Field;
use leptos::prelude::*;
use tacit_jobs::classify::MOST_BYTES;
use tacit_jobs::{Audience, Detail, MOST_PICTURES, ModelFile, Reveal};
use tacit_session::{Code, Fault};
use wasm_bindgen_futures::spawn_local;

use crate::app::{Input, Role, Session};
use crate::browser::image;
use crate::page::page;
use crate::parts::gauge::Gauge;
use crate::parts::given::on_files;
use crate::parts::heading::Heading;

/// A model that comes with the page.
struct Bundled {
    /// In `models/`, and what it is called.
    name: &'static str,
    knows: &'static str,
    /// What it is worth, from its card in `models/`, and its size.
    facts: &'static str,
}

const BUNDLED: [Bundled; 2] = [
    Bundled { name: "digits", knows: "One handwritten digit, 0 to 9.", facts: "99.3 % right · 80 kB" },
    Bundled {
        name: "clothes",
        knows: "One piece of clothing, a bag or a shoe, of ten kinds.",
        facts: "91.3 % right · 107 kB",
    },
];

/// Which one is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Bundled(usize),
    Mine,
}

#[component]
pub(crate) fn Model() -> impl IntoView {
    let role = page().of_session(Session::role);
    move || match role.get() {
        Some(Role::Owner) => view! { <Choosing/> }.into_any(),
        _ => view! { <Waiting/> }.into_any(),
    }
}

/// What the picture's owner sees meanwhile.
#[component]
fn Waiting() -> impl IntoView {
    view! {
        <div class="two">
            <div class="stack">
                <div>
                    <Heading>"They choose a model"</Heading>
                    <p class="lead">
                        "You will see what it is, what it tells and to whom, before you accept anything. Nothing is asked \
                         of you yet."
                    </p>
                </div>
                <p class="waiting">
                    <span class="pulse" aria-hidden="true"></span>
                    "The other person is choosing a model."
                </p>
                <Otherwise/>
            </div>
            <div class="stack"><Gauge/></div>
        </div>
    }
}

/// What else the coming round may be: whoever has the model gets the picture, or its owner takes another one.
#[component]
pub(crate) fn Otherwise() -> impl IntoView {
    let page = page();
    let role = page.of_session(Session::role);
    let has_model = page.of_session(|session| session.agreement.is_some());
    view! {
        <div class="otherwise">
            <Show when=move || role.get() == Some(Role::Owner) && has_model.get()>
                <button type="button" class="quiet" on:click=move |_| page.send(Input::ChooseModel)>
                    "Another model"
                </button>
            </Show>
            <button type="button" class="quiet" on:click=move |_| page.send(Input::ChangePlaces)>
                "Change places"
            </button>
        </div>
    }
}

#[component]
fn Choosing() -> impl IntoView {
    let page = page();
    let file = NodeRef::<Field>::new();
    let choice = RwSignal::new(Choice::Bundled(0));
    let detail = RwSignal::new(Detail::default());
    let audience = RwSignal::new(Audience::default());
    let pictures = RwSignal::new(Reveal::default().pictures);
    let is_loading = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let is_sent = page.of_session(|session| session.model_is_sent);
    let refusal = page.of_session(|session| session.refusal.clone());
    let may_keep = page.of_session(|session| session.agreement.is_some());
    let is_busy = move || is_loading.get() || is_sent.get();
    let dropped = StoredValue::new_local(None::<web_sys::File>);
    let dropped_name = RwSignal::new(None::<String>);
    // Whether something else was chosen since the last one was refused.
    let is_other = RwSignal::new(false);
    Effect::new(move |_| {
        pictures.track();
        is_other.set(true);
    });
    let select = move |chosen: Choice| {
        wrong.set(None);
        is_other.set(true);
        choice.set(chosen);
    };
    on_files(move |files| {
        dropped_name.set(files.first().map(web_sys::File::name));
        dropped.set_value(files.into_iter().next());
        select(Choice::Mine);
    });
    let chosen = move |_| {
        dropped.set_value(None);
        dropped_name.set(None);
        select(Choice::Mine);
    };
    let propose = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_loading.get_untracked() || is_sent.get_untracked() {
            return;
        }
        wrong.set(None);
        is_other.set(false);
        is_loading.set(true);
        let mine = dropped.get_value().or_else(|| image::chosen(&file.get_untracked()?).into_iter().next());
        let choice = choice.get_untracked();
        let reveal = Reveal {
            detail: detail.get_untracked(),
            audience: audience.get_untracked(),
            pictures: pictures.get_untracked(),
        };
        spawn_local(async move {
            let bytes = match choice {
                Choice::Bundled(index) => {
                    let path = format!("/models/{}.tacit", BUNDLED[index].name);
                    image::fetch(&path).await.ok_or("This model did not load. Check your network, then try again.")
                }
                Choice::Mine => read(mine).await,
            };
            // The screen may be gone.
            if is_loading.try_set(false).is_some() {
                return;
            }
            match bytes {
                Ok(bytes) => page.send(Input::Model { model: ModelFile(bytes), reveal }),
                Err(why) => wrong.set(Some(why.into())),
            }
        });
    };
    let bundled = BUNDLED.iter().enumerate().map(|(index, model)| {
        let this = Choice::Bundled(index);
        view! {
            <label class="card option">
                <input
                    type="radio"
                    name=page.id("model")
                    aria-label=model.name
                    aria-describedby=format!("about-{}", model.name)
                    prop:checked=move || choice.get() == this
                    on:change=move |_| select(this)
                />
                <span class="option-text">
                    <span class="option-name">{model.name}</span>
                    <span class="soft" id=format!("about-{}", model.name)>
                        {model.knows} " " <span class="mono option-facts">{model.facts}</span>
                    </span>
                </span>
            </label>
        }
    });
    let message = move || {
        let refusal = refusal.get().filter(|_| !is_other.get());
        wrong.get().or_else(|| refusal.map(|fault| refused(&fault)))
    };
    view! {
        <form class="two" novalidate on:submit=propose>
            <div class="stack">
                <div>
                    <Heading>"Choose your model"</Heading>
                    <p class="lead">
                        "Its weights stay in this browser. They will see its name, its labels, its layers and their sizes."
                    </p>
                </div>
                <fieldset class="stack options">
                    <legend class="unseen">"Model"</legend>
                    {bundled.collect_view()}
                    <div class="card option">
                        <input
                            type="radio"
                            id=page.id("model-mine")
                            name=page.id("model")
                            prop:checked=move || choice.get() == Choice::Mine
                            on:change=move |_| select(Choice::Mine)
                        />
                        <span class="option-text">
                            <label class="option-name" for=page.id("model-mine")>"A model of mine"</label>
                            <span class="soft">"A .tacit file of at most 16 MiB. Choose it, or drop it here."</span>
                            <span class="file-field">
                                <label for=page.id("model-file")>"Model file"</label>
                                <input
                                    id=page.id("model-file")
                                    class="file"
                                    type="file"
                                    accept=".tacit"
                                    aria-describedby=page.id("model-error")
                                    node_ref=file
                                    on:change=chosen
                                />
                            </span>
                            {move || dropped_name.get().map(|name| view! { <span class="mono">{name}</span> })}
                        </span>
                    </div>
                </fieldset>
            </div>
            <div class="stack">
                <section class="card stack" aria-labelledby=page.label("reveal-title")>
                    <h2 id=page.id("reveal-title")>"What it tells"</h2>
                    <Radios
                        legend="They put in a picture. What comes out?"
                        name=page.id("detail")
                        value=detail
                        options=&[
                            (Detail::Label, "The label that fits best"),
                            (Detail::TopThree, "The three labels that fit best"),
                            (Detail::Scores, "The score of every label"),
                        ]
                    />
                    <p class="soft note" data-testid="opened-bits">{move || opened_bits(detail.get())}</p>
                    <Radios
                        legend="Who learns it?"
                        name=page.id("audience")
                        value=audience
                        options=&[(Audience::Holder, "Only whose picture it is"), (Audience::Both, "Both of you")]
                    />
                    <Radios
                        legend="How many pictures in one round?"
                        name=page.id("pictures")
                        value=pictures
                        options=&[(1, "One"), (4, "Up to four"), (MOST_PICTURES, "Up to sixteen")]
                    />
                    <p class="soft note">"Several at once take less time for each. Each answer tells a little about your model."</p>
                </section>
                <p class="wrong" id=page.id("model-error") role="alert">{message}</p>
                <div class="actions">
                    <button type="submit" class="main" disabled=is_busy>"Propose it"</button>
                    <Show when=move || may_keep.get()>
                        <button type="button" class="second" on:click=move |_| page.send(Input::GoOn)>
                            "Keep the one you have"
                        </button>
                    </Show>
                </div>
                <Show when=move || !may_keep.get()>
                    <Otherwise/>
                </Show>
                <Show when=is_busy>
                    <p class="waiting small">
                        <span class="pulse" aria-hidden="true"></span>
                        "Your program looks at the model."
                    </p>
                </Show>
            </div>
        </form>
    }
}

/// One of a few.
#[component]
fn Radios<T: Copy + PartialEq + Send + Sync + 'static>(
    legend: &'static str,
    name: String,
    value: RwSignal<T>,
    options: &'static [(T, &'static str)],
) -> impl IntoView {
    let option = move |&(this, text): &(T, &'static str)| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=name.clone()
                    prop:checked=move || value.get() == this
                    on:change=move |_| value.set(this)
                />
                {text}
            </label>
        }
    };
    view! {
        <fieldset class="choices down">
            <legend>{legend}</legend>
            {options.iter().map(option).collect_view()}
        </fieldset>
    }
}

/// What an altered program on the other side could learn, under a model with ten labels as the
/// bundled ones have.
fn opened_bits(detail: Detail) -> &'static str {
    match detail {
        Detail::Label => "With ten labels, an altered program learns at most 4 bits of your model from each picture.",
        Detail::TopThree => {
            "With ten labels, an altered program learns at most 12 bits of your model from each picture."
        }
        Detail::Scores => {
            "With ten labels, an altered program learns at most 320 bits of your model from each picture. We recommend the label alone: 4."
        }
    }
}

/// The bytes of the person's own file.
async fn read(file: Option<web_sys::File>) -> Result<Vec<u8>, &'static str> {
    let file = file.ok_or("Choose a model file first.")?;
    if file.size() > MOST_BYTES as f64 {
        return Err("This file has more than 16 MiB. Take a smaller model.");
    }
    image::bytes(&file).await.ok_or("This file cannot be read. Choose it again.")
}

/// Why a model was not taken, and what to do.
fn refused(fault: &Fault) -> String {
    let (headline, next) = (fault.code.headline(), fault.code.next_step());
    match (fault.code, &fault.detail) {
        // The detail says what is wrong and what to do.
        (Code::ModelRefused | Code::ModelUnreadable, Some(detail)) => format!("{headline} {detail}"),
        (_, Some(detail)) => format!("{headline} {next} ({detail})"),
        (_, None) => format!("{headline} {next}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_learned_is_named_for_every_choice() {
        for detail in Detail::ALL {
            let bits = format!("at most {} bits of your model from each picture", detail.bits(10));
            assert!(opened_bits(detail).contains(&bits), "{detail:?}");
        }
        assert!(opened_bits(Detail::Scores).contains("recommend the label alone"));
    }

    #[test]
    fn a_refusal_names_the_layer_and_says_what_to_do() {
        let refusal = refused(&Fault::new(Code::ModelRefused, "dense 1: its sums do not fit; halve its weights."));
        assert!(refusal.contains("dense 1") && !refusal.contains("below"), "{refusal}");
        let refusal = refused(&Fault::new(Code::ModelUnreadable, "It is damaged. Copy it anew."));
        assert!(refusal.ends_with("that Tacit can read. It is damaged. Copy it anew."), "{refusal}");
        let refusal = refused(&Fault::new(Code::Internal, "no memory"));
        assert!(refusal.ends_with("(no memory)"), "{refusal}");
    }
}

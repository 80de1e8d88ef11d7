//! A transcript that was saved, message by message. Nobody is asked, and no peer is needed.

use leptos::html::Input as Field;
use leptos::prelude::*;
use tacit_jobs::{Answer, Job, Order, Transcript};
use tacit_record::{NoTranscript, OwnInput, Record};
use tacit_session::Party;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::parts::heading::Heading;
use crate::parts::wire::{Panel, Track, name};

/// The largest file that is read.
const MOST: f64 = 64e6;

#[component]
pub(crate) fn Replay() -> impl IntoView {
    let field = NodeRef::<Field>::new();
    let opened = RwSignal::new(None::<Transcript>);
    let wrong = RwSignal::new(None::<String>);
    let record = RwSignal::new(Record::default());
    let seat = Signal::derive(move || opened.with(|t| t.as_ref().map_or(Party::Alice, |t| t.seat)));
    let cost = Signal::derive(move || {
        opened.with(|transcript| {
            let transcript = transcript.as_ref()?;
            Some([transcript.agreement.as_ref()?.online, transcript.outcome.as_ref()?.online])
        })
    });
    let track = Track::new(record, seat, cost);
    let take = move |_| {
        let Some(file) = field.get_untracked().and_then(|field| field.files()).and_then(|files| files.get(0)) else {
            return;
        };
        wrong.set(None);
        spawn_local(async move {
            let text = if file.size() > MOST { None } else { JsFuture::from(file.text()).await.ok() };
            let text = text.and_then(|text| text.as_string());
            match text.ok_or(NoTranscript::Foreign).and_then(|text| Transcript::from_json(&text)) {
                Ok(transcript) => {
                    track.chosen.set(None);
                    track.stage.set(None);
                    record.set(transcript.record());
                    opened.set(Some(transcript));
                }
                // What was open stays.
                Err(why) => wrong.set(Some(refusal(&why))),
            }
        });
    };
    view! {
        <div class="replay stack">
            <div>
                <Heading class="large">"What was seen"</Heading>
                <p class="lead">
                    "A transcript holds what one party saw, and nothing of the other. It is opened here, in this browser, and goes nowhere."
                </p>
            </div>
            <div class="card stack">
                <label for="transcript">"Transcript"</label>
                <input
                    id="transcript"
                    type="file"
                    accept=".json,application/json"
                    aria-describedby="transcript-error"
                    node_ref=field
                    on:change=take
                />
                <p class="wrong" id="transcript-error" role="alert">{move || wrong.get()}</p>
            </div>
            {move || opened.get().map(|transcript| view! {
                <p class="lead" data-testid="about">{about(&transcript)}</p>
                <Panel track/>
            })}
        </div>
    }
}

fn refusal(why: &NoTranscript) -> String {
    let what = why.to_string();
    let mut letters = what.chars();
    let what: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let then = match why {
        NoTranscript::Foreign => "Choose a file that was saved here.",
        NoTranscript::Version(_) => "Open it where it was saved.",
        NoTranscript::Changed | NoTranscript::Contradicts(_) => {
            "Nothing of it is shown. Ask whoever gave it to you for the file as it was."
        }
    };
    format!("{what}. {then}")
}

/// Whose view it is, and what came out.
fn about(transcript: &Transcript) -> String {
    let whose = name(transcript.seat);
    let what = match transcript.job {
        Job::Millionaires => "a comparison",
        Job::Classify { .. } => "a picture check",
    };
    let came = match transcript.outcome.as_ref().map(|outcome| &outcome.answer) {
        Some(Answer::Order(Order::You)) => format!("{whose} had more."),
        Some(Answer::Order(Order::They)) => format!("{whose} had less."),
        Some(Answer::Order(Order::Equal)) => "Both had the same.".into(),
        Some(Answer::Predictions(_)) => format!("{whose} learned what the picture shows."),
        Some(Answer::Nothing) => format!("{whose} learned nothing."),
        Some(Answer::Spoiled) => format!("{whose} got no valid answer: the other program sent wrong values."),
        None => "There was no answer yet.".into(),
    };
    let input = transcript
        .input
        .as_ref()
        .map_or_else(String::new, |OwnInput(input)| format!(" {whose}'s input, as it was written in: {input}."));
    format!("{whose}'s view of {what}. {came}{input}")
}

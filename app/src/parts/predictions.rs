//! What a model said of several pictures.

use leptos::prelude::*;
use tacit_jobs::Prediction;

use crate::app::Checked;
use crate::parts::labels::Labels;
use crate::parts::thumbnail::thumbnail;

/// One after the other, in the order in which they were put in; with the picture where it is this person's own.
#[expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]
#[component]
pub(crate) fn Predictions(labels: Vec<String>, predictions: Vec<Prediction>, checked: Checked) -> impl IntoView {
    let one = |(index, prediction): (usize, Prediction)| {
        let first = first(&labels, &prediction);
        let more = match prediction {
            Prediction::Labels { ranked, scores } if ranked.len() > 1 => Some(view! {
                <details>
                    <summary>{if scores.is_some() { "all scores" } else { "first three" }}</summary>
                    <Labels labels=labels.clone() ranked scores/>
                </details>
            }),
            Prediction::Labels { .. } | Prediction::Spoiled => None,
        };
        view! {
            <li>
                <span class="soft mono">{index + 1}</span>
                {checked.get(index).map(thumbnail)}
                <bdi class="prediction">{first}</bdi>
                {more}
            </li>
        }
    };
    view! { <ol class="predictions">{predictions.into_iter().enumerate().map(one).collect_view()}</ol> }
}

/// The label that fits best.
pub(crate) fn first(labels: &[String], prediction: &Prediction) -> String {
    match prediction {
        Prediction::Labels { ranked, .. } => {
            ranked.first().and_then(|first| labels.get(*first)).cloned().unwrap_or_default()
        }
        Prediction::Spoiled => "no valid answer".into(),
    }
}

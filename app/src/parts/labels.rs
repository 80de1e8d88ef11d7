//! All that a model can say, and what it said.

use leptos::prelude::*;

/// One label, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    label: String,
    /// The place among what was told, from 1.
    place: Option<usize>,
    /// The score as a part of the range of all scores, and in figures.
    score: Option<(f64, String)>,
}

/// Every label in the model's order; what was told stands out by size, weight and a number.
#[expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]
#[component]
pub(crate) fn Labels(labels: Vec<String>, ranked: Vec<usize>, scores: Option<Vec<f64>>) -> impl IntoView {
    let has_scores = scores.is_some();
    let lines = lines(labels, &ranked, scores.as_deref());
    let line = |Line { label, place, score }: Line| {
        let class = if place == Some(1) { "chosen" } else { "" };
        let place = place.map(|place| {
            let name = match place {
                1 => "fits best",
                2 => "second",
                3 => "third",
                _ => "",
            };
            view! { <span class="label-place mono">{name}</span> }
        });
        let score = score.map(|(part, figure)| {
            view! {
                <span class="label-bar" aria-hidden="true">
                    <span style=("--part", format!("{:.1}%", 100.0 * part))></span>
                </span>
                <span class="label-score mono">{figure}</span>
            }
        });
        view! { <li class=class><bdi class="label-name">{label}</bdi>{place}{score}</li> }
    };
    view! {
        <figure class="labels-figure">
            <ul class="labels" class:scored=has_scores aria-label="Everything the model can say">
                {lines.into_iter().map(line).collect_view()}
            </ul>
            <figcaption class="soft note">
                {if has_scores { "Every label with its score, as agreed." } else { "Everything the model can say." }}
            </figcaption>
        </figure>
    }
}

/// Names one after the other, each in its own direction of writing.
pub(crate) fn names(names: Vec<String>, between: &'static str) -> impl IntoView {
    let name = |(index, name)| view! { {(index > 0).then_some(between)} <bdi>{name}</bdi> };
    names.into_iter().enumerate().map(name).collect_view()
}

fn lines(labels: Vec<String>, ranked: &[usize], scores: Option<&[f64]>) -> Vec<Line> {
    let [low, high] = [f64::min, f64::max].map(|extreme| scores.unwrap_or_default().iter().copied().reduce(extreme));
    let line = |(index, label)| {
        let place = ranked.iter().position(|told| *told == index);
        let score = place.and_then(|place| scores?.get(place).copied()).map(|score| {
            let (low, high) = (low.unwrap_or(score), high.unwrap_or(score));
            let part = if high > low { (score - low) / (high - low) } else { 1.0 };
            // A minus sign, not a dash.
            (part, format!("{score:.2}").replace('-', "−"))
        });
        // A whole ranking is told by the scores; three places are enough to name.
        Line { label, place: place.map(|place| place + 1).filter(|place| *place <= 3), score }
    };
    labels.into_iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["a", "b", "c", "d"].map(Into::into).to_vec()
    }

    #[test]
    fn what_was_told_keeps_its_place_and_the_rest_has_none() {
        let places = |ranked: &[usize]| lines(labels(), ranked, None).into_iter().map(|l| l.place).collect::<Vec<_>>();
        assert_eq!(places(&[2]), [None, None, Some(1), None]);
        assert_eq!(places(&[3, 0, 1]), [Some(2), Some(3), None, Some(1)]);
        assert_eq!(places(&[9]), [None; 4], "a place that is not there breaks nothing");
    }

    #[test]
    fn bars_reach_from_the_lowest_score_to_the_highest() {
        let lines = lines(labels(), &[1, 3, 0, 2], Some(&[4.0, 1.5, -0.5, -1.0]));
        let scores: Vec<_> = lines.into_iter().map(|line| line.score.unwrap()).collect();
        let wanted = [(0.1, "−0.50"), (1.0, "4.00"), (0.0, "−1.00"), (0.5, "1.50")];
        assert_eq!(scores, wanted.map(|(part, figure)| (part, figure.to_owned())));
        let same = super::lines(labels(), &[0, 1], Some(&[2.0, 2.0]));
        assert_eq!(same[0].score, Some((1.0, "2.00".into())));
    }
}

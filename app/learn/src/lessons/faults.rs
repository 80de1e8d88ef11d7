//! Break it: what is noticed, and what is not.

use leptos::prelude::*;
use tacit_lessons::faults::{Harm, bending, harming, lying};
use tacit_lessons::party::Run;
use tacit_lessons::richer::Compared;
use tacit_session::Fault;

use crate::parts::note::{Note, TeachersNote};
use crate::parts::played::{played, shown};

/// What Alice, or somebody between the two, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Harm(Harm),
    Lie,
    Bend,
}

const DEEDS: [(Deed, &str, &str); 7] = [
    (Deed::Harm(Harm::None), "Nothing", "Alice has 11 and Bob 13, and both follow the protocol."),
    (Deed::Harm(Harm::Flip), "Flip a bit", "One bit of Alice’s first message is flipped on its way."),
    (Deed::Harm(Harm::Short), "Send too little", "The last byte of her first message is missing."),
    (Deed::Harm(Harm::Twice), "Send it twice", "Her first message arrives a second time."),
    (
        Deed::Harm(Harm::Cheat),
        "Cheat, to read Bob’s secret",
        "Alice’s program is altered: in the transfers it asks for this and for that at once, and its messages look in order.",
    ),
    (Deed::Lie, "Lie about the input", "Alice has 11 and puts in 15."),
    (Deed::Bend, "Bend the opening", "Both share 42. Alice adds one to the half that she shows."),
];

/// What came of it.
struct Outcome {
    noticed: bool,
    headline: String,
    detail: String,
}

/// What is played for a deed, and what Bob, who is not at fault, sees of it.
fn doing(deed: Deed) -> Run<Outcome> {
    let came = |run: Compared| match run.bob {
        Err(fault) => Outcome::fault(&fault),
        Ok(answers) => Outcome::answer(answers.first() == Some(&[true, false])),
    };
    match deed {
        Deed::Harm(harm) => harming(harm).map(came),
        Deed::Lie => lying().map(|run| match run.bob.as_deref() {
            Ok([[false, false]]) => Outcome::unseen(
                "Alice has more.",
                "It is the right answer to a wrong input. No protocol can know what somebody really has; only papers, signatures or \
                 trust can.",
            ),
            _ => Outcome::unseen("?", ""),
        }),
        Deed::Bend => bending().map(|[hers, his]| {
            Outcome::unseen(
                format!("Bob reads {his}."),
                format!(
                    "Alice reads {hers}, the truth. Her frame was in order, so nothing stops it: this is what “semi-honest” leaves open. \
                     Protocols with authenticated shares catch it, at a price."
                ),
            )
        }),
    }
}

impl Outcome {
    fn unseen(headline: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { noticed: false, headline: headline.into(), detail: detail.into() }
    }

    fn answer(less: bool) -> Self {
        let headline = if less { "Bob has more." } else { "Bob has not more." };
        Self::unseen(headline, "That is the truth, and all that either of them learns.")
    }

    fn fault(fault: &Fault) -> Self {
        Self {
            noticed: true,
            headline: fault.code.headline().into(),
            detail: format!(
                "Seen by Bob’s program: {}. It stops, wipes everything, and never tries again by itself.",
                fault.detail.clone().unwrap_or_default()
            ),
        }
    }
}

#[component]
pub(crate) fn Faults() -> impl IntoView {
    let chosen = RwSignal::new(0usize);
    let option = |(at, (_, name, about)): (usize, &(Deed, &'static str, &'static str))| {
        let about_id = format!("deed-{at}");
        view! {
            <label class="card option deed">
                <input
                    type="radio"
                    name="deed"
                    aria-label=*name
                    aria-describedby=about_id.clone()
                    prop:checked=move || chosen.get() == at
                    on:change=move |_| chosen.set(at)
                />
                <span class="option-text">
                    <span class="option-name">{*name}</span>
                    <span class="soft" id=about_id>{*about}</span>
                </span>
            </label>
        }
    };
    let came = played(move || Ok(doing(DEEDS[chosen.get()].0)));
    let verdict = move |outcome: &Outcome| {
        let verdict = match (DEEDS[chosen.get_untracked()].0, outcome.noticed) {
            (Deed::Harm(Harm::None), _) => "nothing to notice",
            (_, true) => "noticed",
            _ => "not noticed",
        };
        view! {
            <p class=if outcome.noticed { "stamp-verdict noticed" } else { "stamp-verdict" } data-testid="verdict">{verdict}</p>
            <p class="came">{outcome.headline.clone()}</p>
            <p>{outcome.detail.clone()}</p>
        }
    };
    view! {
        <div class="break">
            <fieldset class="deeds">
                <legend class="unseen">"What to do to the protocol"</legend>
                {DEEDS.iter().enumerate().map(option).collect_view()}
            </fieldset>
            <div class="card stack break-came" role="status">{shown(came, verdict)}</div>
        </div>
        <p class="lead">
            "Tacit protects each of you from a curious partner, and from accidents on the way. A partner who cheats on purpose can \
             spoil the answer, but learns at most the bits that the agreement names; lies in the transfers are caught."
        </p>
        <TeachersNote note=note()/>
    }
}

fn note() -> Note {
    Note {
        aim: "Know what a semi-honest protocol promises: secrecy against the curious, no right answer against cheats.",
        script: &[
            "Let the class vote before each press: will it be noticed?",
            "Flip a bit: each frame carries a check over all that was sent before.",
            "Cheat: the frames are in order now, because an altered program wrote their checks. Why is it caught?",
            "Lie about the input: whose fault is the wrong answer?",
            "Bend the opening: Alice alone learns the truth. Compare with a scale on which she keeps a thumb.",
            "Ask for which uses this is good enough: two friends? Two banks?",
        ],
        questions: &[
            (
                "Why does the check not stop a cheat?",
                "It is no secret: who writes a false message can write its check as well.",
            ),
            (
                "How are the transfers checked?",
                "Alice must say a sum of her choices that Bob’s program draws after she has made them. Only one set of choices \
                 fits it; a guess at his secret is a bet, and the first lost bet ends it all.",
            ),
            (
                "What would stop a bent opening?",
                "Shares that carry a tag under a shared key, so that a bent half has a wrong tag; or a commitment before the opening.",
            ),
            ("Can any protocol stop a lie about the input?", "No. It is a correct run with another input."),
        ],
    }
}

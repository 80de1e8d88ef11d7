//! What the answer itself gives away.

use leptos::prelude::*;
use tacit_lessons::answers::{Question, WIDTH, searching};
use tacit_parts::figure::Figure;
use tacit_parts::text;

use crate::parts::note::{Note, TeachersNote};
use crate::parts::played::played;
use crate::parts::section::Section;
use crate::parts::strip::Strip;

/// Bob's number, to begin with.
const HIS: u64 = 620;
/// Alice's number in a round of several people, Bob's, and what each other person has.
const HERS: usize = 60;
const BOBS: usize = 40;
const OTHERS: usize = 50;
/// The largest that a person can have.
const MOST: usize = 100;

#[component]
pub(crate) fn Answers() -> impl IntoView {
    view! {
        <Search/>
        <Section title="Few people, few secrets">
            <p class="lead">
                "Several people add up their numbers, and only the sum comes out. Alice knows the sum and her own number, 60. What can \
                 Bob’s be?"
            </p>
            <Sum/>
        </Section>
        <TeachersNote note=note()/>
    }
}

/// The same comparison again and again, with another input each time.
#[component]
fn Search() -> impl IntoView {
    let his = RwSignal::new(HIS);
    let asked = RwSignal::new(0usize);
    let came = played(move || Ok(searching(his.get())));
    let questions = move || came.with(|came| came.as_ref().and_then(|came| came.clone().ok())).unwrap_or_default();
    let known = move || questions().into_iter().take(asked.get()).collect::<Vec<Question>>();
    let range = move || known().last().map_or((0, (1 << WIDTH) - 1), |last| (last.least, last.most));
    let is_over = move || asked.get() > 0 && asked.get() == questions().len();
    let slide = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            his.set(value);
            asked.set(0);
        }
    };
    // The first question may be asked while the two are still on their way.
    let next =
        move |_| asked.set(if is_over() { 0 } else { (asked.get_untracked() + 1).min(questions().len().max(1)) });
    let say = move || {
        let (least, most) = range();
        match known().last() {
            None if asked.get() > 0 => "Alice asks.".to_owned(),
            None => {
                "Bob’s number is one of 1,024. Alice asks whether hers is less, and puts in what she likes.".to_owned()
            }
            Some(_) if least == most => format!("After {} answers Alice knows it: {least}.", asked.get()),
            Some(last) => format!(
                "Is {} less than Bob’s? {}. So it lies between {least} and {most}: {} are left.",
                last.asked,
                if last.less { "Yes" } else { "No" },
                text::thousands(most - least + 1)
            ),
        }
    };
    let x = |number: u64| 4.0 + number as f64 / 1024.0 * 712.0;
    let bars = move || {
        let bar = |(at, question): (usize, Question)| {
            let (from, to) = (x(question.least), x(question.most + 1));
            let y = 30.0 + 20.0 * at as f64;
            view! {
                <rect class="bar-left" x=from y=y width=(to - from).max(3.0) height="14" rx="3"/>
                <circle class="bar-asked" cx=x(question.asked) cy=y + 7.0 r="4"/>
            }
        };
        known().into_iter().enumerate().map(bar).collect_view()
    };
    view! {
        <div class="bench" data-testid="search" data-over=move || is_over().to_string()>
            <div class="bench-say"><p class="say" role="status">{say}</p></div>
            <div class="slide">
                <label for="his">"Bob’s number"</label>
                <input id="his" type="range" min="0" max="1023" step="1" prop:value=move || his.get().to_string() on:input=slide/>
                <output class="slide-value" for="his">{move || his.get()}</output>
            </div>
            <Figure
                name="binary-search"
                caption="Each bar is what is left after one answer. Each answer is one bit, and a number below 1,024 has ten."
            >
                <svg class="search" viewBox="0 0 720 262" role="img" aria-label=say>
                    <rect class="bar-left all" x="4" y="10" width="712" height="14" rx="3"/>
                    {bars}
                    <line class="axis" x1="4" x2="716" y1="236" y2="236"/>
                    <text class="tick" x="4" y="256">"0"</text>
                    <text class="tick" x="716" y="256" text-anchor="end">"1,023"</text>
                </svg>
            </Figure>
            <div class="bench-keys">
                <button type="button" class="main" on:click=next>
                    {move || if is_over() { "Start over" } else { "Ask once more" }}
                </button>
                <p class="mono soft">{move || text::count(known().len() as u64, "answer", "answers")}</p>
            </div>
        </div>
        <p class="lead">
            "Every single comparison was run with the real gates, and gave away nothing but its answer. Ten answers together are the \
             number. So Tacit counts the rounds and says with every one that another would tell one more fact; and both have to accept each."
        </p>
    }
}

/// A sum over few and over many people.
#[component]
fn Sum() -> impl IntoView {
    let people = RwSignal::new(2usize);
    let left = Memo::new(move |_| {
        let others = people.get() - 2;
        let rest = BOBS + OTHERS * others;
        (0..=MOST).map(|his| his <= rest && rest - his <= MOST * others).collect::<Vec<_>>()
    });
    let count = move || left.get().iter().filter(|left| **left).count();
    let words = move || match count() {
        1 => format!("The sum is {}. Only one number is left: {BOBS}.", HERS + BOBS),
        n => format!("The sum is {}. {n} of {} numbers are left.", HERS + BOBS + OTHERS * (people.get() - 2), MOST + 1),
    };
    let slide = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            people.set(value);
        }
    };
    view! {
        <div class="slide">
            <label for="people">"People"</label>
            <input id="people" type="range" min="2" max="5" step="1" prop:value=move || people.get().to_string() on:input=slide/>
            <output class="slide-value" for="people">{move || people.get()}</output>
        </div>
        <p class="verdict-line" role="status" data-testid="sum">{words}</p>
        <Figure name="small-sets" caption="What Bob’s number can be. Among two people a sum is no secret at all, however it was computed.">
            <Strip left label=Signal::derive(words)/>
        </Figure>
    }
}

fn note() -> Note {
    Note {
        aim: "A protocol hides everything but the answer. What the answer says is for people to decide, before they agree.",
        script: &[
            "Play “guess my number” with the class: below 1,024, only more or less. Count the questions.",
            "Do the same here. What crossed was noise each time; what was learnt was the number.",
            "Ask what Alice learns if she puts in 0 and both have the same.",
            "Slide the people from 2 to 5. From how many on is a sum harmless?",
            "Let the class name questions whose answer says more than it seems to.",
        ],
        questions: &[
            ("Why ten questions?", "Each halves what is left, and two to the tenth is 1,024."),
            (
                "Could the protocol forbid it?",
                "It can count rounds and ask both people each time. It cannot know what they know already.",
            ),
            ("Is a sum over three people safe?", "Not if two of them talk to each other: then it is a sum over two."),
        ],
    }
}

//! Shares: a number in two halves.

use leptos::prelude::*;
use tacit_lessons::Clock;
use tacit_lessons::shares::{Scaled, again, on_the_clock, scaling, without_a_clock};
use tacit_parts::Ink;
use tacit_parts::figure::Figure;
use tacit_parts::formula::Formula;
use tacit_parts::histogram::Histogram;
use tacit_session::Party;

use crate::lessons::prg;
use crate::parts::bench::Step;
use crate::parts::note::{Note, TeachersNote};
use crate::parts::overlap::Overlap;
use crate::parts::played::{bench, played};
use crate::parts::section::Section;

const TEN: Clock = Clock::new(10);
const DRAWS: usize = 2000;

#[component]
pub(crate) fn Shares() -> impl IntoView {
    let twelve = played(|| Ok(scaling(Clock::new(100), 12, 5, 3)));
    view! {
        {bench(twelve, "Twelve, times three", steps)}
        <Section title="On a clock">
            <p class="lead">
                "Plain numbers would give something away. So Tacit counts on a clock: after the last hour comes 0 again. Here it \
                 has ten hours, and 7 and 8 are 5."
            </p>
            <ClockShares/>
        </Section>
        <Section title="Why a clock">
            <p class="lead">
                "Draw Alice’s half two thousand times, in this page alone, and look at what Bob gets. Then change the number."
            </p>
            <Draws/>
        </Section>
        <TeachersNote note=note()/>
    }
}

/// 12 = 5 + 7, times 3. The clock of a hundred hours does not come round.
fn steps(run: &Scaled) -> Vec<Step> {
    let (alice, bob) = (run.alice, run.bob);
    vec![
        Step::new("Alice has a number, and shows it to nobody.").alice("x", 12),
        Step::new("She draws the first half at random and hands Bob what is missing. Seven: that could be any number.")
            .formula("12 = \\alice{5} + \\bob{7}")
            .alice("x_A", alice.share)
            .sends(Party::Alice, "x_B", run.crossed[0].numbers()[0])
            .bob("x_B", bob.share),
        Step::new("Both multiply by three, each alone. Nothing crosses.")
            .formula("3·\\alice{5} = \\alice{15} and 3·\\bob{7} = \\bob{21}")
            .alice("3·x_A", alice.multiple)
            .bob("3·x_B", bob.multiple),
        Step::new("Now they show each other their halves, and both know the answer.")
            .formula("\\alice{15} + \\bob{21} = 36")
            .sends(Party::Alice, "3·x_A", run.crossed[1].numbers()[0])
            .sends(Party::Bob, "3·x_B", run.crossed[2].numbers()[0])
            .answer("Three times twelve is", alice.opened),
    ]
}

/// 5 = 7 + 8 on a clock of ten, to move together and to share anew.
#[component]
fn ClockShares() -> impl IntoView {
    let shares = RwSignal::new([7, 8]);
    let sum = move || {
        let [a, b] = shares.get();
        TEN.add(a, b)
    };
    let formula = move || {
        let [a, b] = shares.get();
        format!("\\alice{{{a}}} + \\bob{{{b}}} = {} = {} mod 10", a + b, sum())
    };
    let anew = move |_| {
        let mut prg = prg();
        // Other ones, so that one sees a change.
        shares.update(|shares| {
            let before = *shares;
            while *shares == before {
                *shares = again(TEN, before, &mut prg);
            }
        });
    };
    view! {
        <div class="card stack clock">
            <Overlap
                shares=Signal::derive(move || shares.get().map(|share| share.to_string()))
                number=Signal::derive(move || sum().to_string())
            />
            <p class="say-formula" data-testid="clock-sum"><Formula text=Signal::derive(formula)/></p>
            <p>
                "Alice adds a random number and Bob takes it away: both halves are new, and the number is the same. Whoever \
                 saw one of the old halves knows nothing of the new ones."
            </p>
            <div class="actions">
                <button type="button" class="second" on:click=anew>"New halves"</button>
            </div>
        </div>
    }
}

/// What Bob gets in many draws, on a clock and without one.
#[component]
fn Draws() -> impl IntoView {
    let number = RwSignal::new(5u64);
    let clock = Memo::new(move |_| on_the_clock(TEN, number.get(), DRAWS, &mut prg()));
    let plain = Memo::new(move |_| without_a_clock(10, number.get(), DRAWS, &mut prg()));
    let slide = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            number.set(value);
        }
    };
    view! {
        <div class="slide">
            <label for="number">"Alice’s number"</label>
            <input id="number" type="range" min="0" max="9" step="1" prop:value=move || number.get().to_string() on:input=slide/>
            <output class="slide-value" for="number">{move || number.get()}</output>
        </div>
        <div class="pair">
            <Figure
                name="shares-on-a-clock"
                caption="On a clock of ten: flat, whatever the number is. Bob’s half says nothing."
            >
                <Histogram counts=clock of="Bob’s half on a clock" ink=Ink::Bob first="0" last="9"/>
            </Figure>
            <Figure
                name="shares-without-a-clock"
                caption="Plain numbers: the heap moves with the number. A half of 9 means that the number is 9."
            >
                <Histogram counts=plain of="Bob’s half as a plain number" ink=Ink::Bob first="−9" last="9"/>
            </Figure>
        </div>
    }
}

fn note() -> Note {
    Note {
        aim: "Each half alone is as likely under every number, so it says nothing; and sums and known multiples need no message.",
        script: &[
            "Ask a pupil for a number below 100. Write a random number on a card for Alice, the rest on a card for Bob.",
            "Go through the four steps. Before the last one: what does Bob know by now?",
            "Move the discs together on the clock of ten. Take new halves, again and again: the number stays.",
            "Slide Alice’s number from 0 to 9. The left picture stays flat, the right one moves.",
            "Let two pupils do it with dice: one rolls a ten-sided die, the other subtracts on the clock.",
        ],
        questions: &[
            (
                "Bob holds 7. What is Alice’s number?",
                "Nobody can say. For each number there is exactly one half of Alice’s that fits, and all are as likely.",
            ),
            (
                "Why does multiplying by three need no message?",
                "Three times a sum is the sum of three times each part.",
            ),
            (
                "Could they multiply two shared numbers in the same way?",
                "No: (a + b)(c + d) has the parts ad and bc, and nobody holds both factors. That is the next lesson.",
            ),
            (
                "Why not real numbers?",
                "There is no uniform choice among all of them, so the size of a half gives something away.",
            ),
        ],
    }
}

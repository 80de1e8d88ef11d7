//! Multiply: Beaver's triple.

use leptos::prelude::*;
use tacit_lessons::triple::{CLOCK, Multiplied, NEXT, X, Y, example, multiplying, opened};
use tacit_parts::Ink;
use tacit_parts::figure::Figure;
use tacit_parts::formula::Formula;
use tacit_parts::histogram::Histogram;
use tacit_session::Party;

use crate::lessons::prg;
use crate::parts::bench::Step;
use crate::parts::note::{Note, TeachersNote};
use crate::parts::played::{Came, bench, played};
use crate::parts::section::Section;

const DRAWS: usize = 2000;

#[component]
pub(crate) fn Multiply() -> impl IntoView {
    let first = played(|| Ok(multiplying(CLOCK, example(), X, Y)));
    view! {
        {bench(first, "Six times seven", six_times_seven)}
        <Section title="What the opened numbers say">
            <p class="lead">
                "Both now know d and e. They are the inputs under masks that nobody knows. Multiply two thousand times in this \
                 page alone, each time with a new triple, and see which d is opened."
            </p>
            <Opened/>
        </Section>
        <Section title="Use the triple twice">
            <p class="lead">"A mask hides one number. Here Alice’s next number is 10, and nobody makes a new triple."</p>
            <Reuse first/>
        </Section>
        <TeachersNote note=note()/>
    }
}

fn six_times_seven(run: &Multiplied) -> Vec<Step> {
    let [hers, his] = example();
    let (alice, bob) = (run.alice, run.bob);
    let both = |numbers: [u64; 2]| format!("{}, {}", numbers[0], numbers[1]);
    vec![
        Step::new("Alice’s number 6 and Bob’s number 7 lie in halves on both sides, on a clock of a hundred hours.")
            .formula("6 = \\alice{81} + \\bob{25} and 7 = \\alice{40} + \\bob{67} mod 100")
            .alice("x_A", X[0])
            .alice("y_A", Y[0])
            .bob("x_B", X[1])
            .bob("y_B", Y[1]),
        Step::new(
            "Before, when there were no inputs yet, a triple was made: two random numbers and their product, in halves. Nobody \
             knows them. (This page deals it. In Tacit the two make it themselves, out of oblivious transfers.)",
        )
        .formula("c = a·b mod 100")
        .alice("a_A", hers.a)
        .alice("b_A", hers.b)
        .alice("c_A", hers.c)
        .bob("a_B", his.a)
        .bob("b_B", his.b)
        .bob("c_B", his.c),
        Step::new("Each takes its halves of the masks away, and both say what is left.")
            .formula("d = x - a and e = y - b")
            .sends(Party::Alice, "d_A, e_A", both(alice.sent))
            .sends(Party::Bob, "d_B, e_B", both(bob.sent)),
        Step::new("Now both know d and e, and neither x nor y: the masks are still unknown.")
            .formula("d = \\alice{11} + \\bob{83} = 94 and e = \\alice{37} + \\bob{61} = 98")
            .alice("d, e", both([alice.d, alice.e]))
            .bob("d, e", both([bob.d, bob.e])),
        Step::new("The rest is sums, each alone. What both know, only Alice adds.")
            .formula("x·y = c + d·b + e·a + d·e")
            .alice("z_A", alice.share)
            .bob("z_B", bob.share),
        Step::new("They show their halves of the product.")
            .formula("\\alice{44} + \\bob{98} = 142 = 42 mod 100")
            .sends(Party::Alice, "z_A", alice.share)
            .sends(Party::Bob, "z_B", bob.share)
            .answer("Six times seven is", run.opened),
    ]
}

/// Which d is opened, for two inputs.
#[component]
fn Opened() -> impl IntoView {
    let six = opened(6, DRAWS, &mut prg());
    let ten = opened(10, DRAWS, &mut prg());
    view! {
        <div class="pair">
            <Figure name="opened-six" caption="Alice’s number is 6: every d is as likely.">
                <Histogram counts=Signal::stored(six) of="d for the input 6" ink=Ink::Alice first="0" last="99"/>
            </Figure>
            <Figure name="opened-ten" caption="Alice’s number is 10: the same picture. So d says nothing about it.">
                <Histogram counts=Signal::stored(ten) of="d for the input 10" ink=Ink::Alice first="0" last="99"/>
            </Figure>
        </div>
    }
}

/// The same triple for two products.
#[component]
fn Reuse(first: Came<Multiplied>) -> impl IntoView {
    let done = RwSignal::new(false);
    let second = played(|| Ok(multiplying(CLOCK, example(), NEXT, Y)));
    let of = |came: Came<Multiplied>| came.with(|came| came.as_ref()?.as_ref().ok().map(|run| run.bob.d));
    view! {
        <div class="card stack">
            <div class="actions">
                <button type="button" class="second" disabled=move || done.get() on:click=move |_| done.set(true)>
                    "Reuse the triple"
                </button>
            </div>
            <div class="leak" class:open=move || done.get() role="status" data-testid="reuse">
                {move || {
                    let (first, second) = (of(first)?, of(second)?);
                    let difference = CLOCK.sub(second, first);
                    done.get().then(|| {
                        view! {
                            <p class="say-formula">
                                <Formula text=format!("d = {first} and then d′ = {second}")/>
                            </p>
                            <p class="say-formula">
                                <Formula text=format!("d′ - d = {second} - {first} = {difference} = 10 - 6")/>
                            </p>
                            <p>
                                "The mask falls out. Bob now knows that Alice’s second number is "
                                <b>{difference}</b>
                                " more than her first; if he learns one of them, he has both. In Tacit a triple is spent by value: \
                                 the program that would use it twice does not compile."
                            </p>
                        }
                    })
                }}
            </div>
        </div>
    }
}

fn note() -> Note {
    Note {
        aim: "A product of shared numbers becomes sums once two masked numbers are opened; a mask is good for one use.",
        script: &[
            "Write (a + b)(c + d) on the board and underline ad and bc: nobody holds both factors.",
            "Go through the six steps. Stop at the third: what crossed, and what can each of them conclude from it?",
            "Let the class check the last formula: put in d = x − a and e = y − b.",
            "Show the two flat pictures: d is as likely to be anything, for 6 and for 10.",
            "Press “Reuse the triple”, and let them find out what Bob has learned.",
        ],
        questions: &[
            (
                "Why may everybody see d?",
                "d = x − a, and a is uniform and unknown to both: d is uniform whatever x is.",
            ),
            (
                "Who makes the triple?",
                "Here the page. Tacit’s two parties make it with oblivious transfers, so nobody has to be trusted.",
            ),
            ("What does a second use give away?", "The difference of the two inputs: 98 − 94 = 4 = 10 − 6."),
            ("Why does only Alice add d·e?", "Both know it. If both added it, it would be in the sum twice."),
        ],
    }
}

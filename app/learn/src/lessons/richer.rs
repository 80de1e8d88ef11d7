//! Who is richer, gate by gate.

use leptos::prelude::*;
use tacit_lessons::Crossed;
use tacit_lessons::richer::{Compared, Node, comparing, gates};
use tacit_parts::figure::Figure;
use tacit_parts::formula::Formula;
use tacit_parts::text;
use tacit_session::{Party, Tag};

use crate::parts::bench::Step;
use crate::parts::note::{Note, TeachersNote};
use crate::parts::played::{bench, played, shown};
use crate::parts::section::Section;

const WIDTH: usize = 4;
const HERS: u64 = 11;
const HIS: u64 = 13;
/// What two people can have who have one bit each.
const CASES: [[u64; 2]; 4] = [[0, 0], [0, 1], [1, 0], [1, 1]];

#[component]
pub(crate) fn Richer() -> impl IntoView {
    let one_bit = played(|| Ok(comparing(1, &CASES)));
    let four = played(|| Ok(comparing(WIDTH, &[[HERS, HIS]])));
    view! {
        <Section title="One bit">
            <p class="lead">
                "Alice has 0 or 1, Bob has 0 or 1. He has more in just one case of four: hers is 0 and his is 1."
            </p>
            {shown(one_bit, one_bit_table)}
        </Section>
        <Section title="Four bits">
            {bench(four, "Eleven and thirteen", four_bits)}
        </Section>
        <Section title="The tree">
            <p class="lead">
                "Change both numbers and watch the gates. Nobody sees these values while the protocol runs: each is the XOR of two noisy \
                 halves. Only the last pair is opened."
            </p>
            <Tree/>
        </Section>
        <TeachersNote note=note()/>
    }
}

/// All four cases, each compared for real.
fn one_bit_table(run: &Compared) -> impl IntoView + use<> {
    let mut answers = run.alice.clone().unwrap_or_default().into_iter();
    let rows = CASES.map(|[x, y]| {
        let yes = |bit: bool| if bit { "yes" } else { "no" };
        let [less, equal] = answers.next().map_or(["?"; 2], |answer| answer.map(yes));
        view! { <tr><td class="in-a">{x}</td><td class="in-b">{y}</td><td>{less}</td><td>{equal}</td></tr> }
    });
    view! {
        <div class="card stack">
            <p class="say-formula"><Formula text="g = ¬\\alice{x}·\\bob{y} and p = ¬\\alice{x} ⊕ \\bob{y}"/></p>
            <div class="scroll">
                <table class="plain truth">
                    <thead>
                        <tr><th scope="col">"Alice’s x"</th><th scope="col">"Bob’s y"</th><th scope="col">"g: x < y"</th><th scope="col">"p: x = y"</th></tr>
                    </thead>
                    <tbody>{rows.into_iter().collect_view()}</tbody>
                </table>
            </div>
            <p>"Equality is an XOR, which each does alone on the halves. Less is an AND, which takes one message each way."</p>
        </div>
    }
}

/// The bits of a message, the first on the right, as one writes numbers.
fn bits(crossed: &[Crossed], tag: Tag, from: Party, nth: usize, len: usize) -> String {
    let message = crossed.iter().filter(|message| message.tag == Some(tag) && message.from == from).nth(nth);
    let body = message.map(Crossed::body).unwrap_or_default();
    (0..len)
        .rev()
        .map(|at| if body.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1) { '1' } else { '0' })
        .collect()
}

fn four_bits(run: &Compared) -> Vec<Step> {
    let sent = |tag, from, nth, len| bits(&run.crossed, tag, from, nth, len);
    let both = |step: Step, name: &str, tag, nth, len| {
        step.sends(Party::Alice, name, sent(tag, Party::Alice, nth, len)).sends(
            Party::Bob,
            name,
            sent(tag, Party::Bob, nth, len),
        )
    };
    let answer = if run.alice == Ok(vec![[true, false]]) { "Bob" } else { "?" };
    vec![
        Step::new(format!(
            "Alice has 11 and Bob has 13, each as four bits. Before, the two made what the ANDs spend out of oblivious transfers: {} crossed \
             for it.",
            text::bytes(run.prepared() as u64)
        ))
        .alice("x", "1011")
        .bob("y", "1101"),
        both(
            Step::new("For each pair of bits: is hers less (g), are they equal (p)? The ANDs send every bit under a one-time mask.")
                .formula("g_i = ¬x_i·y_i and p_i = ¬x_i ⊕ y_i"),
            "'masked bits'",
            Tag::MaskedInputs,
            0,
            4,
        )
        .alice("g, p 'in halves'", "noise")
        .bob("g, p 'in halves'", "noise"),
        both(
            Step::new("Neighbours are joined: the higher bits decide, unless they are equal; then the lower ones do. Two gates of three masked bits.")
                .formula("G = G_h ⊕ P_h·G_l and P = P_h·P_l"),
            "'tree, level 1'",
            Tag::MaskedOperands,
            0,
            6,
        ),
        both(Step::new("Once more: one pair is left for the whole number.").formula("G = G_h ⊕ P_h·G_l and P = P_h·P_l"), "'tree, level 2'", Tag::MaskedOperands, 1, 3),
        both(
            Step::new("Only this pair is opened: less, and not equal.").formula("G = 1 and P = 0"),
            "'halves of the answer'",
            Tag::OpenBits,
            0,
            2,
        )
        .answer("More has", answer),
    ]
}

/// The gates of any two numbers.
#[component]
fn Tree() -> impl IntoView {
    let numbers = RwSignal::new([HERS, HIS]);
    let slider = move |index: usize, label: &'static str, id: &'static str| {
        let slide = move |event| {
            if let Ok(value) = event_target_value(&event).parse() {
                numbers.update(|numbers| numbers[index] = value);
            }
        };
        view! {
            <div class="slide">
                <label for=id>{label}</label>
                <input id=id type="range" min="0" max="15" step="1" prop:value=move || numbers.get()[index].to_string() on:input=slide/>
                <output class="slide-value" for=id>{move || numbers.get()[index]}</output>
            </div>
        }
    };
    let layers = Memo::new(move |_| {
        let [x, y] = numbers.get();
        gates(WIDTH, x, y)
    });
    let verdict = move || {
        let [x, y] = numbers.get();
        match layers.get().last().map(|root| root[0]) {
            Some(Node { generate: true, .. }) => format!("G is 1: {x} is less than {y}."),
            Some(Node { propagate: true, .. }) => format!("P is 1: {x} and {y} are equal."),
            _ => format!("Neither: {x} is more than {y}."),
        }
    };
    let drawing = move || {
        let [x, y] = numbers.get();
        let place = |layer: usize, at: usize| {
            let wide = (1 << layer) as f64;
            // The highest bit on the left, as one writes numbers.
            let middle = at as f64 * wide + (wide - 1.0) / 2.0;
            (90.0 + (3.0 - middle) * 180.0, 130.0 + 100.0 * layer as f64)
        };
        let layers = layers.get();
        let edges = (1..layers.len()).flat_map(|layer| {
            (0..layers[layer - 1].len()).map(move |at| {
                let ((x1, y1), (x2, y2)) = (place(layer - 1, at), place(layer, at / 2));
                view! { <line class="edge" x1=x1 y1=y1 + 26.0 x2=x2 y2=y2 - 26.0/> }
            })
        });
        let nodes = layers.iter().enumerate().flat_map(|(layer, nodes)| {
            nodes.iter().enumerate().map(move |(at, node)| {
                let (cx, cy) = place(layer, at);
                let class = match (node.generate, node.propagate) {
                    (true, _) => "gate less",
                    (_, true) => "gate equal",
                    _ => "gate more",
                };
                view! {
                    <rect class=class x=cx - 82.0 y=cy - 26.0 width="164" height="52" rx="12"/>
                    <text class=format!("{class} gate-name") x=cx y=cy + 9.0 text-anchor="middle">
                        {format!("g {} · p {}", u8::from(node.generate), u8::from(node.propagate))}
                    </text>
                }
            })
        });
        let leaves = (0..WIDTH).map(|at| {
            let (cx, _) = place(0, at);
            view! {
                <text class="leaf alice" x=cx - 20.0 y="66" text-anchor="middle">{x >> at & 1}</text>
                <text class="leaf bob" x=cx + 20.0 y="66" text-anchor="middle">{y >> at & 1}</text>
            }
        });
        view! { {leaves.collect_view()} {edges.collect_view()} {nodes.collect_view()} }
    };
    view! {
        <div class="slides">{slider(0, "Alice has", "hers")} {slider(1, "Bob has", "his")}</div>
        <p class="verdict-line" role="status" data-testid="richer">{verdict}</p>
        <Figure name="carry-tree" caption="Each pair of bits on top, the higher ones on the left; below, what the gates come to.">
            <svg class="tree" viewBox="0 20 720 350" role="img" aria-label=verdict>{drawing}</svg>
        </Figure>
    }
}

fn note() -> Note {
    Note {
        aim: "Any question can be put as ANDs and XORs; XORs are free, ANDs take a message, and the order of gates gives the rounds.",
        script: &[
            "One bit first: let the class find the formula for “less” from the four cases.",
            "How do people compare 1011 and 1101? From the left, until one bit differs. The tree does the same, but all at once.",
            "Go through the five steps. What is on the wire? What did each of them learn?",
            "Slide the numbers and ask which gate decides.",
            "Tacit compares 64 bits in the same way: one round for the leaves, six for the tree, one for the answer.",
        ],
        questions: &[
            ("Why is XOR free?", "Each takes the XOR of its own halves; the halves of the result are right."),
            (
                "How many rounds do 64 bits take?",
                "The tree halves: 64, 32, 16, 8, 4, 2, 1. Six layers, and one before and one after: eight.",
            ),
            (
                "Could Bob read Alice’s bits off the wire?",
                "No: each goes under a mask that is used once, so what he sees is as likely for every number of hers.",
            ),
        ],
    }
}

//! Paillier: sums under encryption.

use futures::future::{AbortHandle, abortable};
use leptos::prelude::*;
use tacit_lessons::paillier::{BIAS, Done, FLAT, Piece, Toy, WEIGHTS, adding, predicting};
use tacit_parts::formula::Formula;
use tacit_parts::text;
use tacit_session::Party;

use crate::parties::Parties;
use crate::parts::bench::Step;
use crate::parts::note::{Note, TeachersNote};
use crate::parts::played::{bench, played};
use crate::parts::section::Section;

#[component]
pub(crate) fn Paillier() -> impl IntoView {
    let toy = played(|| Ok(adding()));
    view! {
        {bench(toy, "Five and five", five_and_five)}
        <Section title="With a real key">
            <p class="lead">
                "A key of 35 hides nothing. One of 2048 bits does, and takes its time: the primes are looked for at random. Alice’s program \
                 does it now; Bob’s gets the public half and what she seals."
            </p>
            <Real/>
        </Section>
        <Section title="A private prediction">
            <p class="lead">
                "With sums and known multiples Bob can compute a whole linear model on what he cannot read: here the price of Alice’s \
                 flat. He never sees the flat, and she never sees his weights."
            </p>
            <div class="card stack">
                <p class="say-formula"><Formula text="price = w_1·rooms + w_2·metres + w_3·floor + b"/></p>
                <p class="say-formula"><Formula text=format!("{}·\\alice{{{}}} + {}·\\alice{{{}}} - {}·\\alice{{{}}} + {BIAS} = {}", WEIGHTS[0], FLAT[0], WEIGHTS[1], FLAT[1], -WEIGHTS[2], FLAT[2], price())/></p>
                <p>
                    "Each feature goes over as a ciphertext; Bob raises each to the power of his weight and multiplies. One ciphertext comes \
                     back. It is the last part of the list above."
                </p>
                <p>
                    "What it gives away: four well-chosen questions, and Alice has the whole model. Tacit’s picture check uses lattice \
                     encryption and shares instead, which are faster by far and only open a label."
                </p>
            </div>
        </Section>
        <TeachersNote note=note()/>
    }
}

fn price() -> f64 {
    WEIGHTS.iter().zip(FLAT).map(|(weight, feature)| weight * feature).sum::<f64>() + BIAS
}

fn five_and_five(toy: &Toy) -> Vec<Step> {
    let [n, square] = toy.n;
    let [g, lambda, mu] = toy.key;
    vec![
        Step::new("Alice multiplies two primes, 5 and 7. In a real key they have three hundred digits each, and nobody finds them again.")
            .formula(format!("n = 5·7 = {n} and g = n + 1 = {g}"))
            .alice("n, g", format!("{n}, {g}"))
            .alice("λ, μ", format!("{lambda}, {mu}")),
        Step::new("She seals her number 5 with a random 2, and sends it with her public key.")
            .formula(format!("Enc(m; r) = g^m·r^n mod n^2 so Enc(5; 2) = {} mod {square}", toy.hers))
            .alice("m", 5)
            .sends(Party::Alice, "n, g", format!("{n}, {g}"))
            .sends(Party::Alice, "Enc(5; 2)", toy.hers),
        Step::new("Bob cannot read it. He seals his own 5 with another random number: the same five looks quite different.")
            .formula(format!("Enc(5; 4) = {}", toy.his))
            .bob("hers", toy.hers)
            .bob("'his five'", toy.his),
        Step::new("He multiplies the two. What is inside is added.")
            .formula(format!("{}·{} = {} = Enc(5 + 5; 2·4) mod {square}", toy.hers, toy.his, toy.sum))
            .bob("product", toy.sum),
        Step::new("And he squares hers. What is inside is doubled.")
            .formula(format!("{}^2 = {} = Enc(10; 4) mod {square}", toy.hers, toy.double))
            .bob("square", toy.double),
        Step::new("Both go back, and only Alice can open them.")
            .sends(Party::Bob, "Enc(10; 8)", toy.sum)
            .sends(Party::Bob, "Enc(10; 4)", toy.double)
            .formula("Dec(c) = L(c^λ)·μ mod n where L(u) = \\frac{u - 1}{n}")
            .alice("opened", format!("{}, {}", toy.read[0], toy.read[1]))
            .answer("Inside of both is", toy.read[0]),
    ]
}

/// Keys, sums and a prediction, between the two.
#[component]
fn Real() -> impl IntoView {
    let parties = expect_context::<Parties>();
    let heard = RwSignal::new(Vec::<Done>::new());
    let state = RwSignal::new(State::Idle);
    let playing = StoredValue::new_local(None::<AbortHandle>);
    let start = move |_| {
        heard.set(Vec::new());
        state.set(State::Works);
        let hear = move |piece: Done| {
            // Two programs speak, and either may be heard first.
            heard.try_update(|heard| {
                heard.push(piece);
                heard.sort_by_key(|piece| piece.piece);
            });
        };
        let (played, handle) = abortable(parties.play_long(predicting(), hear));
        playing.set_value(Some(handle));
        leptos::task::spawn_local(async move {
            if let Ok(result) = played.await {
                state.try_set(if result.is_ok() { State::Done } else { State::Refused });
            }
        });
    };
    // Nobody waits for a key any more when the lesson is left.
    on_cleanup(move || {
        playing.try_update_value(|playing| {
            if let Some(playing) = playing.take() {
                playing.abort();
            }
        });
    });
    let row = |piece: Done| {
        let size = piece.bytes.map(text::bytes).unwrap_or_default();
        let read = piece.read.map(|read| format!("= {}", number(read))).unwrap_or_default();
        let (name, class) = match piece.by {
            Party::Alice => ("Alice", "in-alice"),
            Party::Bob => ("Bob", "in-bob"),
        };
        let time = if piece.ms < 0.05 { format!("{:.2} µs", piece.ms * 1e3) } else { text::duration(piece.ms) };
        view! {
            <tr>
                <th scope="row">{piece.piece.what()} " " <span class=class>{name}</span></th>
                <td class="mono">{read}</td>
                <td class="mono">{size}</td>
                <td class="mono">{time}</td>
            </tr>
        }
    };
    let status = move || match state.get() {
        State::Idle => String::new(),
        State::Refused => "This browser did not do it: it starts no worker, or the worker broke.".into(),
        State::Works => match heard.get().last() {
            None => "Looking for two primes of 1024 bits.".into(),
            Some(piece) => format!("Done: {}.", piece.piece.what()),
        },
        State::Done => heard.with(|heard| compared(heard)),
    };
    view! {
        <div class="card stack" data-testid="real" data-state=move || state.get().name()>
            <div class="actions">
                <button type="button" class="second" disabled=move || state.get() == State::Works on:click=start>
                    {move || if state.get() == State::Done { "Once more, with another key" } else { "Make a real key" }}
                </button>
            </div>
            <p class="waiting" role="status">
                <span class="pulse" class:still=move || state.get() != State::Works aria-hidden="true"></span>
                {status}
            </p>
            <Show when=move || !heard.get().is_empty()>
                <div class="scroll">
                    <table class="plain real">
                        <thead>
                            <tr><th scope="col">"what"</th><th scope="col">"read"</th><th scope="col">"size"</th><th scope="col">"time"</th></tr>
                        </thead>
                        <tbody>{move || heard.get().into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </Show>
        </div>
    }
}

/// What the sum took in both ways: sealed, added and opened, or on shares.
fn compared(heard: &[Done]) -> String {
    let took = |what: Piece| heard.iter().find(|piece| piece.piece == what).map_or(0.0, |piece| piece.ms);
    let sealed: f64 = [Piece::Hers, Piece::His, Piece::Sum, Piece::SumRead].into_iter().map(took).sum();
    let shared = took(Piece::Shares).max(1e-6);
    format!(
        "All done. The sum took {} under encryption, and {} times less on shares.",
        text::duration(sealed),
        text::thousands((sealed / shared) as u64 / 1000 * 1000)
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Works,
    Done,
    Refused,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Works => "works",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// Whole numbers with commas, others with their decimals.
fn number(x: f64) -> String {
    if x.fract() == 0.0 && x >= 0.0 { text::thousands(x as u64) } else { format!("{x}") }
}

fn note() -> Note {
    Note {
        aim: "Whoever has only the public key can add and multiply by known numbers, and reads nothing.",
        script: &[
            "Compare with a locked letter box: anybody can put in, only the owner takes out. Here one can even add inside.",
            "Go through the six steps. Let the class check 718·674 modulo 1225 with a calculator.",
            "Ask why the same 5 gave 718 and 674, and what would happen without the random numbers.",
            "Make a real key and read the sizes and times; compare the last line.",
            "Look at the price of the flat: who knows what at the end?",
        ],
        questions: &[
            (
                "Why must r be random?",
                "Without it each number has one ciphertext, and Bob could seal all small numbers and compare.",
            ),
            (
                "Can Bob multiply two sealed numbers?",
                "No. Only sums and known multiples; products of two sealed numbers need more, such as shares and triples.",
            ),
            (
                "What does Alice learn from one price?",
                "One sum of Bob’s weights. From four prices of well-chosen flats she can solve for all of them.",
            ),
            (
                "Why does Tacit use shares for most of its work?",
                "A sum on shares costs a fraction of a microsecond and four bytes; here it takes far more of both.",
            ),
        ],
    }
}

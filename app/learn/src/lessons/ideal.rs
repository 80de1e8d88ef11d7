//! Ideal and real: what secure means.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use tacit_jobs::Order;
use tacit_jobs::compare::views::View;
use tacit_lessons::ideal::{Protocol, Round, Score, Strategy, both, received};
use tacit_parts::Ink;
use tacit_parts::figure::Figure;
use tacit_parts::histogram::Histogram;
use tacit_parts::text;
use tacit_record::flatness::Histogram as Counted;
use tacit_record::view::Seen;
use tacit_session::{Direction, Party};

use crate::lessons::prg;
use crate::parts::note::{Note, TeachersNote};
use crate::parts::section::Section;

/// As many guesses does the page make when it is asked to.
const MANY: u32 = 1000;
/// And as many at a time, so that the page does not stand still meanwhile.
const AT_A_TIME: u32 = 50;
/// Below so many guesses a probability says little.
const ENOUGH: u32 = 10;
/// As many views of each kind go into a histogram.
const VIEWS: usize = 200;

#[component]
pub(crate) fn IdealAndReal() -> impl IntoView {
    view! {
        <Section title="Two worlds">
            <Worlds/>
        </Section>
        <Section title="Which is real?">
            <p class="lead">
                "Two lists of what Alice sees. One comes from the real protocol, run with a Bob whose amount nobody shows you. The other was \
                 made up by a program that knows Alice’s amount and the answer, and no Bob at all. → is what she sends, ← what comes in."
            </p>
            <Game/>
        </Section>
        <Section title="Everything that comes in">
            <p class="lead">
                "All bits that Alice receives, in two hundred views of each kind, four by four. If the protocol is secure, both pictures are flat."
            </p>
            <Everything/>
        </Section>
        <TeachersNote note=note()/>
    }
}

/// Who tells the two the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    Ideal,
    Real,
}

/// The same two amounts in both worlds.
#[component]
fn Worlds() -> impl IntoView {
    let world = RwSignal::new(World::Ideal);
    let amounts = RwSignal::new([1_250u64, 2_400]);
    let views = Memo::new(move |_| {
        let [x, y] = amounts.get();
        both(x * 100, y * 100, &mut prg())
    });
    let option = move |this: World, name: &'static str, about: &'static str| {
        let about_id = format!("world-{name}");
        view! {
            <label class="card option">
                <input
                    type="radio"
                    name="world"
                    aria-label=name
                    aria-describedby=about_id.clone()
                    prop:checked=move || world.get() == this
                    on:change=move |_| world.set(this)
                />
                <span class="option-text">
                    <span class="option-name">{name}</span>
                    <span class="soft" id=about_id>{about}</span>
                </span>
            </label>
        }
    };
    let slider = move |at: usize, name: &'static str, id: &'static str| {
        let slide = move |event| {
            if let Ok(value) = event_target_value(&event).parse() {
                amounts.update(|amounts| amounts[at] = value);
            }
        };
        view! {
            <div class="slide">
                <label for=id>{name}</label>
                <input id=id type="range" min="0" max="5000" step="50" prop:value=move || amounts.get()[at].to_string() on:input=slide/>
                <output class="slide-value" for=id>{move || text::thousands(amounts.get()[at])}</output>
            </div>
        }
    };
    let answer = |view: &View| said(view.answer, view.party);
    let lists = move || {
        let is_real = world.get() == World::Real;
        views.get().map(|views| {
            views
                .into_iter()
                .zip(amounts.get())
                .map(|(view, amount)| {
                    let (name, class) = who(view.party);
                    let crossed = if is_real { view.messages.as_slice() } else { &[] };
                    let many = crossed.len();
                    view! {
                        <section class="card sight" aria-label=format!("{name} sees") data-messages=many>
                            <h3 class=class>{format!("{name} sees")}</h3>
                            <dl class="sight-ends">
                                <div><dt>"the own amount"</dt><dd>{text::thousands(amount)}</dd></div>
                                <div><dt>"the answer"</dt><dd>{answer(&view)}</dd></div>
                            </dl>
                            {crossings(view.party, crossed)}
                        </section>
                    }
                })
                .collect_view()
        })
    };
    let say = move || match world.get() {
        World::Ideal => {
            "Ideal: both whisper their amount to a third party whom both trust, and it tells them the order. Each sees two things."
        }
        World::Real => "Real: nobody is trusted. Each sees the same two things, and sixteen messages.",
    };
    view! {
        <fieldset class="toggle">
            <legend class="unseen">"In which world"</legend>
            {option(World::Ideal, "Ideal", "A third party whom both trust. It does not exist.")}
            {option(World::Real, "Real", "The protocol that Tacit runs. No third party.")}
        </fieldset>
        <div class="slides">{slider(0, "Alice has", "hers")} {slider(1, "Bob has", "his")}</div>
        <Figure name="ideal-and-real" caption=Signal::derive(move || say().to_owned())>
            {move || drawing(world.get(), amounts.get())}
        </Figure>
        <p class="unseen" role="status">{say}</p>
        <div class="sights">{lists}</div>
        <div class="stack">
            <p class="came">"Secure means: all of the long list can be made up out of the short one."</p>
            <p class="lead">
                "Whoever could do that learns nothing from the messages that the answer had not told already. Below, a program does it. \
                 In this lesson Alice and Bob run in one program, because they play by the thousand."
            </p>
        </div>
    }
}

/// Alice on the left, Bob on the right, and between them whom they trust, or what crosses.
fn drawing(world: World, amounts: [u64; 2]) -> impl IntoView {
    let [hers, his] = amounts.map(text::thousands);
    let between = match world {
        World::Ideal => view! {
            <circle class="head-third" cx="360" cy="66" r="46"/>
            <text x="360" y="142" text-anchor="middle">"whom both trust"</text>
            <path class="line-alice" d="M186 112 L296 78 m-18 -6 l18 6 l-12 15"/>
            <path class="line-bob" d="M534 112 L424 78 m18 -6 l-18 6 l12 15"/>
            <path class="line-third" d="M340 174 L196 174 m15 -11 l-15 11 l15 11 M380 174 L524 174 m-15 -11 l15 11 l-15 11"/>
            <text class="small-text" x="222" y="74" text-anchor="middle">{hers}</text>
            <text class="small-text" x="498" y="74" text-anchor="middle">{his}</text>
            <text class="small-text" x="360" y="206" text-anchor="middle">"only the order"</text>
        }
        .into_any(),
        World::Real => view! {
            <path class="line-alice" d="M200 114 L520 114 m-15 -11 l15 11 l-15 11"/>
            <path class="line-bob" d="M520 158 L200 158 m15 -11 l-15 11 l15 11"/>
            <text class="small-text" x="360" y="94" text-anchor="middle">"8 messages, 255 bits"</text>
            <text class="small-text" x="360" y="192" text-anchor="middle">"8 messages, 255 bits"</text>
        }
        .into_any(),
    };
    let label = match world {
        World::Ideal => {
            "Alice and Bob each give their amount to a third party between them, and get the order from it."
        }
        World::Real => "Alice and Bob send each other eight messages. There is nobody between them.",
    };
    view! {
        <svg class="world" viewBox="66 0 588 222" role="img" aria-label=label>
            <circle class="head-alice" cx="130" cy="134" r="52"/>
            <circle class="head-bob" cx="590" cy="134" r="52"/>
            <text x="130" y="214" text-anchor="middle">"Alice"</text>
            <text x="590" y="214" text-anchor="middle">"Bob"</text>
            {between}
        </svg>
    }
}

fn who(party: Party) -> (&'static str, &'static str) {
    match party {
        Party::Alice => ("Alice", "alice"),
        Party::Bob => ("Bob", "bob"),
    }
}

/// What a party's program says.
fn said(answer: Order, party: Party) -> &'static str {
    match (answer, party) {
        (Order::Equal, _) => "both have the same",
        (Order::You, Party::Alice) | (Order::They, Party::Bob) => "Alice has more",
        (Order::They, Party::Alice) | (Order::You, Party::Bob) => "Bob has more",
    }
}

/// Every message that a party sees, as bits, the first bit on the right, as one writes numbers.
fn crossings(party: Party, messages: &[Seen]) -> Option<impl IntoView + use<>> {
    let item = |seen: &Seen| {
        let (way, arrow, from) = match seen.direction {
            Direction::Sent => ("sent", "→", party),
            Direction::Received => ("received", "←", party.other()),
        };
        let mut bits: Vec<char> = seen.meaningful().map(|bit| if bit { '1' } else { '0' }).collect();
        bits.reverse();
        let (count, bits) = (bits.len(), bits.into_iter().collect::<String>());
        view! {
            <li class=format!("crossing {}", who(from).1) data-way=way>
                <span class="way" aria-hidden="true">{arrow} " "</span>
                <span class="unseen">{format!("{way} {}, {count} bits", seen.tag.name())}</span>
                <span class="bits" aria-hidden="true">{bits}</span>
            </li>
        }
    };
    (!messages.is_empty()).then(|| view! { <ul class="crossings">{messages.iter().map(item).collect_view()}</ul> })
}

const PROTOCOLS: [(Protocol, &str, &str, bool); 3] = [
    (Protocol::Whole, "The protocol", "A fresh mask for every bit.", false),
    (Protocol::Shared, "A mask for two bits", "In the first message each mask serves twice.", true),
    (Protocol::Bare, "No masks at all", "Every mask is zero. The answers stay right.", true),
];

const STRATEGIES: [(Strategy, &str); 5] = [
    (Strategy::Ones, "more ones"),
    (Strategy::Zeros, "fewer ones"),
    (Strategy::First, "the first bit is 0"),
    (Strategy::Run, "the longest run of equal bits"),
    (Strategy::Pairs, "more equal bits, two by two"),
];

fn name(protocol: Protocol) -> &'static str {
    PROTOCOLS.iter().find(|(this, ..)| *this == protocol).map_or("", |(_, name, ..)| name)
}

/// Which protocol runs.
#[component]
fn Which(protocol: RwSignal<Protocol>, group: &'static str, legend: &'static str) -> impl IntoView {
    let option = |(this, name, about, is_broken): &'static (Protocol, &'static str, &'static str, bool)| {
        let about_id = format!("{group}-{this:?}");
        view! {
            <label class="card option">
                <input
                    type="radio"
                    name=group
                    aria-label=*name
                    aria-describedby=about_id.clone()
                    prop:checked=move || protocol.get() == *this
                    on:change=move |_| protocol.set(*this)
                />
                <span class="option-text">
                    <span class="option-name">{*name}</span>
                    <span class="soft" id=about_id>{is_broken.then(|| view! { <span class="broken-mark">"broken on purpose "</span> })} {*about}</span>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="toggle">
            <legend class="unseen">{legend}</legend>
            {PROTOCOLS.iter().map(option).collect_view()}
        </fieldset>
    }
}

/// A probability, as one says it.
fn probability(p: f64) -> String {
    match p {
        p if p >= 0.995 => "more than 99 %".into(),
        p if p >= 0.0095 => format!("{:.0} %", p * 100.0),
        p if p >= 0.001 => format!("{:.1} %", p * 100.0),
        p if p >= 1e-6 => format!("1 in {}", text::thousands((1.0 / p).round() as u64)),
        _ => "less than 1 in a million".into(),
    }
}

/// The score in words.
fn tally(score: Score) -> String {
    let Score { right, of } = score;
    let (so_many, of_all) = (text::thousands(right.into()), text::thousands(of.into()));
    let mut words = format!("{so_many} of {of_all} right; pure guessing gives {}.", f64::from(of) / 2.0);
    if of >= ENOUGH {
        words += &format!(" The probability that guessing does at least so well is {}.", probability(score.luck()));
    }
    words
}

/// Guess, be told, guess again.
#[component]
fn Game() -> impl IntoView {
    let protocol = RwSignal::new(Protocol::Whole);
    let round = RwSignal::new(Round::draw(Protocol::Whole, &mut prg()));
    let guess = RwSignal::new(None::<usize>);
    let score = RwSignal::new(Score::default());
    let another = move || {
        guess.set(None);
        round.set(Round::draw(protocol.get_untracked(), &mut prg()));
    };
    // Another protocol is another game.
    Effect::new(move |before: Option<Protocol>| {
        let now = protocol.get();
        if before.is_some_and(|before| before != now) {
            score.set(Score::default());
            another();
        }
        now
    });
    let pick = move |at: usize| {
        if guess.get_untracked().is_none() {
            guess.set(Some(at));
            score.update(|score| score.add(round.with_untracked(|round| round.real == at)));
        }
    };
    let keys = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "1" => pick(0),
            "2" => pick(1),
            _ => return,
        }
        event.prevent_default();
    };
    let sight = move |at: usize| {
        let verdict = move || {
            guess.get()?;
            Some(if round.with(|round| round.real == at) { "real" } else { "made up" })
        };
        view! {
            <section
                class="card sight"
                class:was-real=move || verdict() == Some("real")
                aria-label=format!("View {}", at + 1)
            >
                <h3>{at + 1}</h3>
                {move || round.with(|round| crossings(Party::Alice, &round.views[at].messages))}
                <p class="said">{verdict}</p>
            </section>
        }
    };
    let known = move || {
        round.with(|round| {
            let units = round.own;
            let own = format!("{}.{:02}", text::thousands(units / 100), units % 100);
            view! {
                <div><dt>"Alice has"</dt><dd>{own}</dd></div>
                <div><dt>"the answer"</dt><dd>{said(round.answer, Party::Alice)}</dd></div>
            }
        })
    };
    let say = move || match guess.get() {
        None if score.get().of == 0 => {
            "Take a look, then guess: by the buttons, or by the keys 1 and 2 while the focus is on one of them.".into()
        }
        None => tally(score.get()),
        Some(at) => {
            let real = round.with(|round| round.real);
            let right = if at == real { "Right" } else { "Wrong" };
            format!("{right}: {} is real. {}", real + 1, tally(score.get()))
        }
    };
    let button = move |at: usize| {
        view! {
            <button
                type="button"
                class="second"
                aria-disabled=move || guess.get().is_some().to_string()
                on:click=move |_| pick(at)
            >
                {format!("{} is real", at + 1)}
            </button>
        }
    };
    view! {
        <Which protocol group="game" legend="What to guess at"/>
        <div class="game" role="group" aria-label="Which is real?" data-real=move || guess.get().map(|_| round.with(|round| round.real + 1)) on:keydown=keys>
            <dl class="sight-ends">{known}</dl>
            <div class="sights">{sight(0)} {sight(1)}</div>
            <div class="bench-keys">
                {button(0)} {button(1)}
                <button type="button" class="main" on:click=move |_| another()>"Another pair"</button>
            </div>
            <p class="say said-line" role="status" data-testid="score">{say}</p>
        </div>
        <Many protocol/>
    }
}

/// What came of a strategy against a protocol.
type Tried = [[Option<Score>; STRATEGIES.len()]; PROTOCOLS.len()];

/// A thousand guesses by one rule.
#[component]
fn Many(protocol: RwSignal<Protocol>) -> impl IntoView {
    let chosen = RwSignal::new(0usize);
    let tried = RwSignal::new(Tried::default());
    let left = RwSignal::new(0u32);
    let said = RwSignal::new(String::new());
    let row_of = |protocol: Protocol| PROTOCOLS.iter().position(|(this, ..)| *this == protocol).unwrap_or_default();
    let start = move |_| {
        if left.get_untracked() > 0 {
            return;
        }
        left.set(MANY);
        said.set(String::new());
        let (by, against) = (chosen.get_untracked(), protocol.get_untracked());
        go_on(by, against, Score::default(), left, move |score| {
            tried.update(|tried| tried[row_of(against)][by] = Some(score));
            said.set(format!("{}, by “{}”: {}", name(against), STRATEGIES[by].1, tally(score)));
        });
    };
    let option = move |(at, (_, name)): (usize, &(Strategy, &'static str))| {
        view! {
            <label class="choice">
                <input type="radio" name="strategy" prop:checked=move || chosen.get() == at on:change=move |_| chosen.set(at)/>
                {*name}
            </label>
        }
    };
    let rows = move || {
        let tried = tried.get();
        STRATEGIES
            .iter()
            .enumerate()
            .map(|(by, (_, name))| {
                let cells = tried.map(|of| match of[by] {
                    None => view! { <td class="soft">"–"</td> }.into_any(),
                    Some(score) => {
                        let class = if score.luck() < 1e-6 { "wins" } else { "" };
                        view! { <td class=class>{text::thousands(score.right.into())}</td> }.into_any()
                    }
                });
                view! { <tr><th scope="row">{*name}</th>{cells.into_iter().collect_view()}</tr> }
            })
            .collect_view()
    };
    view! {
        <div class="card stack">
            <h3>"Guess for me"</h3>
            <p>"Choose a rule. The page takes the view that it fits better for the real one, a thousand times, each time with two new views."</p>
            <fieldset class="plain-set">
                <legend>"It is real if it has"</legend>
                {STRATEGIES.iter().enumerate().map(option).collect_view()}
            </fieldset>
            <div class="bench-keys">
                <button type="button" class="second" aria-disabled=move || (left.get() > 0).to_string() on:click=start>
                    "Guess 1,000 times"
                </button>
                <p class="mono soft">{move || match left.get() { 0 => String::new(), left => format!("{} to go", text::thousands(left.into())) }}</p>
            </div>
            <p role="status" data-testid="many">{move || said.get()}</p>
            <div class="scroll">
                <table class="plain tried">
                    <caption class="unseen">"How many of 1,000 guesses were right"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"right, of 1,000"</th>
                            {PROTOCOLS.iter().map(|(_, name, ..)| view! { <th scope="col">{*name}</th> }).collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
}

/// Guesses some more, and goes on after a moment. It ends when the lesson was left.
fn go_on(by: usize, against: Protocol, mut score: Score, left: RwSignal<u32>, done: impl Fn(Score) + 'static) {
    set_timeout(
        move || {
            score.play(against, STRATEGIES[by].0, AT_A_TIME, &mut prg());
            match left.try_update(|left| {
                *left = left.saturating_sub(AT_A_TIME);
                *left
            }) {
                None => {}
                Some(0) => done(score),
                Some(_) => go_on(by, against, score, left, done),
            }
        },
        std::time::Duration::ZERO,
    );
}

/// Histograms of everything received.
#[component]
fn Everything() -> impl IntoView {
    let protocol = RwSignal::new(Protocol::Whole);
    let counted = Memo::new(move |_| received(protocol.get(), VIEWS, &mut prg()));
    let counts = move |at: usize| {
        counted.with(|counted| {
            counted[at].counts().iter().map(|n| u32::try_from(*n).unwrap_or(u32::MAX)).collect::<Vec<_>>()
        })
    };
    let caption = move |at: usize, what: &'static str| {
        counted.with(|counted| {
            let p = Counted::p_value(&counted[at]);
            format!("{what}: p {}. So likely are fair coins to look at least so uneven.", short(p))
        })
    };
    view! {
        <Which protocol group="everything" legend="What to count"/>
        <div class="pair">
            <Figure name="received-real" caption=Signal::derive(move || caption(0, "Real views"))>
                <Histogram counts=Signal::derive(move || counts(0)) of="Received in real views" ink=Ink::Bob first="0000" last="1111"/>
            </Figure>
            <Figure name="received-made-up" caption=Signal::derive(move || caption(1, "Made-up views"))>
                <Histogram counts=Signal::derive(move || counts(1)) of="Received in made-up views" ink=Ink::Both first="0000" last="1111"/>
            </Figure>
        </div>
    }
}

/// A p-value in two figures, with its sign.
fn short(p: f64) -> String {
    if p >= 0.005 { format!("= {p:.2}") } else { "< 0.005".into() }
}

fn note() -> Note {
    Note {
        aim: "Secure means: what a party sees could be made up from its own input and the answer. A simulator is the proof.",
        script: &[
            "Start in the ideal world. What does each learn? Only what the answer says; nobody can do better.",
            "Change to the real one. The list is long. Does Alice know more now?",
            "Let the class guess by a show of hands, ten times. Compare with heads and tails.",
            "Let the page guess a thousand times by rules that the class chooses. Then without masks: the rules win at once.",
            "Say it in one sentence: what I could have made up myself told me nothing.",
        ],
        questions: &[
            (
                "Why may the simulator know the answer?",
                "The third party in the ideal world tells it as well. Only what is seen besides has to be made up.",
            ),
            (
                "We lost a thousand games. Is that a proof?",
                "No. Another rule might win. The proof says why none can: each bit that comes in lies under a mask that is used once.",
            ),
            (
                "With no masks the answers are right. Who would notice?",
                "Nobody, by the answers. So security has to be proved, and cannot be tested by using it.",
            ),
            (
                "Does the real Tacit have a dealer for its masks?",
                "No. On this page the program deals them; two people make theirs by oblivious transfer, as good as dealt to whoever cannot break that.",
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_said_as_people_say_them() {
        assert_eq!(
            [1.0, 0.62, 0.011, 0.002, 0.0001, 1e-9].map(probability),
            ["more than 99 %", "62 %", "1 %", "0.2 %", "1 in 10,000", "less than 1 in a million"]
        );
    }

    #[test]
    fn a_probability_is_told_after_ten_guesses() {
        assert_eq!(tally(Score { right: 3, of: 5 }), "3 of 5 right; pure guessing gives 2.5.");
        assert_eq!(
            tally(Score { right: 9, of: 10 }),
            "9 of 10 right; pure guessing gives 5. The probability that guessing does at least so well is 1 %."
        );
    }
}

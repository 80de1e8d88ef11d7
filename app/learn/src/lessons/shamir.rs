//! Shamir: pieces, of which any few are enough.

use leptos::prelude::*;
use tacit_lessons::shamir::{Met, PRIME, left_in_the_field, left_over_integers, meeting, points, secret};
use tacit_parts::figure::Figure;
use tacit_session::Party;

use crate::parts::bench::Step;
use crate::parts::note::{Note, TeachersNote};
use crate::parts::played::{bench, played};
use crate::parts::section::Section;
use crate::parts::strip::Strip;

/// A polynomial for each K: the secret is always 65.
const POLYNOMIALS: [&[i64]; 3] = [&[65, 15], &[65, 30, -5], &[65, 50, -24, 3]];
/// The least K.
const FEWEST: usize = 2;
/// Slopes that the page draws from when there is no prime.
const STEEPEST: i32 = 20;

#[component]
pub(crate) fn Shamir() -> impl IntoView {
    let met = played(|| meeting([65, 15]));
    view! {
        {bench(met, "Two of four", two)}
        <Section title="Any K of N">
            <p class="lead">
                "A line is fixed by two points, a parabola by three. Choose whose shares come together, and see what is still possible."
            </p>
            <Plot/>
        </Section>
        <Section title="Why a prime">
            <p class="lead">
                "Bob holds (2, 95) and wonders about the secret. Each mark is a secret that is still possible."
            </p>
            <Left/>
        </Section>
        <TeachersNote note=note()/>
    }
}

fn two(met: &Met) -> Vec<Step> {
    let all = points(POLYNOMIALS[0], 4).unwrap_or_default();
    let point = |(x, y): (u64, u64)| format!("({x}, {y})");
    let all: Vec<String> = all.iter().map(|(x, y)| format!("({x}, {y})")).collect();
    vec![
        Step::new("Someone has a secret, 65, and draws a line through (0, 65) with a random slope: 15.")
            .formula("f(x) = 65 + 15·x mod 127"),
        Step::new(format!("Four people get a point each: {}. Two of them are Alice and Bob.", all.join(", ")))
            .formula("f(1) = \\alice{80}, f(2) = \\bob{95}, f(3) = 110, f(4) = 125")
            .alice("'her share'", point(met.alice))
            .bob("'his share'", point(met.bob)),
        Step::new("One point says nothing: through it goes a line to every secret. Two points fix the line. They show them to each other.")
            .sends(Party::Alice, "f(1)", point(met.alice))
            .sends(Party::Bob, "f(2)", point(met.bob)),
        Step::new("Both go back from 2 over 1 to 0.")
            .formula("f(0) = 2·\\alice{80} - \\bob{95} = 65")
            .answer("The secret is", met.secret),
    ]
}

/// The plotted polynomial, or those that are still possible.
#[component]
fn Plot() -> impl IntoView {
    let fewest = RwSignal::new(FEWEST);
    let people = RwSignal::new(4usize);
    let here = RwSignal::new([true, false, false, false, false, false]);
    let shares = Memo::new(move |_| points(POLYNOMIALS[fewest.get() - FEWEST], people.get()).unwrap_or_default());
    let chosen = Memo::new(move |_| {
        let here = here.get();
        shares.get().into_iter().enumerate().filter(|(at, _)| here[*at]).map(|(_, share)| share).collect::<Vec<_>>()
    });
    let found = Memo::new(move |_| secret(fewest.get(), &chosen.get()).ok());
    let verdict = move || match found.get() {
        Some(secret) => format!("{} shares of at least {}: the secret is {secret}.", chosen.get().len(), fewest.get()),
        None => format!(
            "{} of {} that are needed: every secret is still possible.",
            tacit_parts::text::count(chosen.get().len() as u64, "share", "shares"),
            fewest.get()
        ),
    };
    let range = move |label: &'static str, id: &'static str, signal: RwSignal<usize>, least: usize, most: usize| {
        let slide = move |event| {
            if let Ok(value) = event_target_value(&event).parse() {
                signal.set(value);
            }
        };
        view! {
            <div class="slide">
                <label for=id>{label}</label>
                <input id=id type="range" min=least max=most step="1" prop:value=move || signal.get().to_string() on:input=slide/>
                <output class="slide-value" for=id>{move || signal.get()}</output>
            </div>
        }
    };
    let boxes = move || {
        let share = |(at, (x, y)): (usize, (i64, i64))| {
            view! {
                <label class="choice">
                    <input
                        type="checkbox"
                        prop:checked=move || here.get()[at]
                        on:change=move |_| here.update(|here| here[at] = !here[at])
                    />
                    <span class="mono">{format!("({x}, {y})")}</span>
                </label>
            }
        };
        shares.get().into_iter().enumerate().map(share).collect_view()
    };
    view! {
        <div class="card stack">
            <div class="slides">
                {range("K, how many are needed", "fewest", fewest, FEWEST, 4)}
                {range("N, how many there are", "people", people, 4, 6)}
            </div>
            <fieldset class="choices plain-set">
                <legend>"Who is here"</legend>
                {boxes}
            </fieldset>
            <p class="verdict-line" role="status" data-testid="shamir">{verdict}</p>
        </div>
        <Figure
            name="shamir"
            caption=Signal::derive(move || {
                if found.get().is_some() {
                    "Enough points: one polynomial goes through them, and it meets the axis in the secret.".to_owned()
                } else {
                    "Too few points: some of the polynomials that go through them. Each has another secret.".to_owned()
                }
            })
        >
            <svg class="plot" viewBox="0 0 720 380" role="img" aria-label=verdict>
                {move || drawing(fewest.get(), &shares.get(), &chosen.get(), found.get())}
            </svg>
        </Figure>
    }
}

/// From the numbers to the drawing.
fn place(x: f64, y: f64) -> (f64, f64) {
    (60.0 + 100.0 * x, 340.0 - 2.1 * y)
}

/// What Lagrange's polynomial through `points` is at `x`.
fn through(points: &[(f64, f64)], x: f64) -> f64 {
    let term = |(i, (xi, yi)): (usize, &(f64, f64))| {
        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
        yi * others.map(|(_, (xj, _))| (x - xj) / (xi - xj)).product::<f64>()
    };
    points.iter().enumerate().map(term).sum()
}

/// The polynomial through `points`, as far as it is on the paper.
fn curve(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let mut drawn = false;
    for step in 0..=256 {
        let x = f64::from(step) / 40.0;
        let (x, y) = place(x, through(points, x));
        let inside = (6.0..=340.0).contains(&y);
        if inside {
            path += &format!("{}{x:.1},{y:.1} ", if drawn { "L" } else { "M" });
        }
        drawn = inside;
    }
    path
}

fn drawing(fewest: usize, shares: &[(i64, i64)], chosen: &[(i64, i64)], found: Option<i64>) -> impl IntoView + use<> {
    let known: Vec<(f64, f64)> = chosen.iter().map(|(x, y)| (*x as f64, *y as f64)).collect();
    let curves: Vec<_> = match found {
        Some(_) => vec![(curve(&known[..fewest]), "curve found")],
        None => [5.0, 35.0, 65.0, 95.0, 125.0]
            .into_iter()
            .map(|secret| {
                let mut points = known.clone();
                points.push((0.0, secret));
                (curve(&points), "curve possible")
            })
            .collect(),
    };
    let dots = shares.iter().map(|(x, y)| {
        let here = chosen.iter().any(|(other, _)| other == x);
        let (cx, cy) = place(*x as f64, *y as f64);
        let ink = match (here, x) {
            (false, _) => "dot away",
            (_, 1) => "dot alice",
            (_, 2) => "dot bob",
            _ => "dot other",
        };
        let name = here.then(|| format!("({x}, {y})"));
        view! {
            <circle class=ink cx=cx cy=cy r="9"/>
            <text class="dot-name" x=cx y=cy - 18.0 text-anchor="middle">{name}</text>
        }
    });
    let (axis_x, axis_y) = place(0.0, 0.0);
    let secret = found.map(|secret| {
        let (cx, cy) = place(0.0, secret as f64);
        view! {
            <circle class="dot secret" cx=cx cy=cy r="11"/>
            <text class="secret-name" x=cx + 22.0 y=cy + 34.0>{secret}</text>
        }
    });
    let ticks = (0..=6).map(|x| {
        let (at, _) = place(f64::from(x), 0.0);
        view! { <text class="tick" x=at y="366" text-anchor="middle">{x}</text> }
    });
    view! {
        <line class="axis" x1=axis_x x2="700" y1=axis_y y2=axis_y/>
        <line class="axis" x1=axis_x x2=axis_x y1="10" y2=axis_y/>
        {ticks.collect_view()}
        {curves.into_iter().map(|(d, class)| view! { <path class=class d=d/> }).collect_view()}
        {dots.collect_view()}
        {secret}
    }
}

/// Which secrets one share leaves, with and without a prime.
#[component]
fn Left() -> impl IntoView {
    let plain = left_over_integers((2, 95), STEEPEST).unwrap_or_default();
    let field = left_in_the_field((2, 95)).unwrap_or_default();
    let count = |left: &[bool]| left.iter().filter(|left| **left).count();
    let (few, all) = (count(&plain), count(&field));
    view! {
        <Figure
            name="secrets-left-plain"
            caption=format!("Plain numbers, slopes from 0 to {STEEPEST}: {few} of {PRIME} secrets are left, and all of them odd.")
        >
            <Strip left=Signal::stored(plain) label=format!("{few} of {PRIME} secrets are possible, all odd")/>
        </Figure>
        <Figure
            name="secrets-left-prime"
            caption=format!("Modulo the prime {PRIME}, any slope: all {all} secrets are left, each as likely. That is what “says nothing” means.")
        >
            <Strip left=Signal::stored(field) label=format!("All {all} secrets are possible")/>
        </Figure>
        <p class="soft">
            "Modulo a prime every number but 0 can be divided by, so any two points have exactly one line. The line comes round like a \
             clock’s hand, and nothing of its direction is seen in a single point."
        </p>
    }
}

fn note() -> Note {
    Note {
        aim: "K points fix a polynomial of degree below K, and K − 1 points leave every secret as likely as before.",
        script: &[
            "Draw (1, 80) on the board and let the class draw lines through it: which secrets can it belong to?",
            "Go through the four steps; let the class find 65 from any other two of the four points.",
            "Set K to 3. With two shares here, ask for the secret; then let a third one come.",
            "Show the two strips. Why are only odd secrets left without a prime? (95 minus twice a slope.)",
            "Give each of four pupils a point on a card, and let two of them open the “safe”.",
        ],
        questions: &[
            (
                "You hold (3, 110). What is the secret?",
                "It cannot be said: for each secret there is one line through both points.",
            ),
            ("What if a share is lost?", "Nothing, as long as K are left. What if K − 1 are stolen? Nothing either."),
            ("Why 127?", "It is a prime above every number here, so the four shares are the same as without it."),
            (
                "What if somebody brings a wrong share?",
                "The recovered number is wrong and nobody notices, unless more than K shares are there to compare.",
            ),
        ],
    }
}

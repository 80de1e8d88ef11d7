//! The lessons, in order.

use leptos::prelude::*;

mod answers;
mod faults;
mod ideal;
mod multiply;
mod paillier;
mod richer;
mod shamir;
mod shares;
mod transfer;

/// What the list says of a lesson.
pub(crate) struct Lesson {
    /// Its name in the address.
    pub(crate) slug: &'static str,
    pub(crate) title: &'static str,
    pub(crate) line: &'static str,
}

/// Every lesson.
pub(crate) const LESSONS: &[Lesson] = &[
    Lesson {
        slug: "shares",
        title: "Two halves of a number",
        line: "Each half is noise, together they are the number, and both can compute before they meet.",
    },
    Lesson {
        slug: "multiply",
        title: "Multiply what nobody sees",
        line: "Sums are free. A product takes one message each, and something random made beforehand.",
    },
    Lesson {
        slug: "paillier",
        title: "Add what you cannot read",
        line: "Paillier’s encryption: Bob computes on Alice’s sealed numbers, and never opens them.",
    },
    Lesson {
        slug: "shamir",
        title: "Any two of four",
        line: "A secret in pieces: a few of them give all of it, and fewer give nothing at all.",
    },
    Lesson {
        slug: "transfer",
        title: "One of two boxes",
        line: "Bob opens one letter of two, and Alice does not learn which. Everything else can be made of this.",
    },
    Lesson {
        slug: "richer",
        title: "Who is richer, gate by gate",
        line: "One bit, four bits, a tree: what the comparison really sends.",
    },
    Lesson {
        slug: "answers",
        title: "What the answer gives away",
        line: "Everything is hidden but the answer. Ask often enough, and that is enough.",
    },
    Lesson {
        slug: "break",
        title: "Break it",
        line: "Flip a bit, send too little, lie. What is noticed, and what no protocol of this kind can notice.",
    },
    Lesson {
        slug: "ideal",
        title: "Ideal and real",
        line: "Secure means: nobody can tell what you see from what could be made up without the other one.",
    },
];

/// The lesson of this name.
pub(crate) fn show(slug: &str) -> AnyView {
    match slug {
        "shares" => shares::Shares().into_any(),
        "paillier" => paillier::Paillier().into_any(),
        "transfer" => transfer::Transfer().into_any(),
        "richer" => richer::Richer().into_any(),
        "answers" => answers::Answers().into_any(),
        "break" => faults::Faults().into_any(),
        "ideal" => ideal::IdealAndReal().into_any(),
        "shamir" => shamir::Shamir().into_any(),
        _ => multiply::Multiply().into_any(),
    }
}

/// Fresh randomness from the browser, for everything that a lesson draws.
pub(crate) fn prg() -> tacit_symmetric::Prg {
    let mut random = tacit_parts::browser::random_bytes();
    tacit_symmetric::Prg::from_seed(std::array::from_fn(|_| random()))
}

//! What the page and the lessons both show. It renders what it is given, and computes nothing.
//!
//! | part | shows |
//! |---|---|
//! | [`mark`], [`build`], [`heading`] | who this is, which build, what a screen is about |
//! | [`noise`] | two shares of a sign, to lay over each other |
//! | [`formula`] | mathematics, as MathML |
//! | [`figure`] | any drawing, to be saved for slides |
//! | [`histogram`] | how often each value came, beside what chance makes |

#![expect(
    missing_docs,
    reason = "Leptos makes a type of every component's properties; what they are stands at the component"
)]

use leptos::prelude::*;

pub mod browser;
pub mod build;
pub mod figure;
pub mod formula;
pub mod heading;
pub mod histogram;
pub mod mark;
pub mod noise;
pub mod secret_sharing;
pub mod text;

/// Whether the first screen is still the one on which the page was opened: it leaves the focus where it is.
#[derive(Clone, Copy)]
pub struct Opening(pub RwSignal<bool>);

/// Changes with the person's colour scheme, for what is drawn and not styled.
#[derive(Clone, Copy)]
pub struct Scheme(pub RwSignal<u32>);

/// What is below is a part of a page that has its own heading, and leaves the focus to the others unless nothing has it.
#[derive(Clone, Copy)]
pub struct Aside;

/// Gives all parts below what they expect. The program says when the first screen is over.
pub fn provide() -> Opening {
    let opening = Opening(RwSignal::new(true));
    let scheme = Scheme(RwSignal::new(0));
    browser::on_scheme_change(move || scheme.0.update(|n| *n += 1));
    provide_context(opening);
    provide_context(scheme);
    opening
}

/// Whose ink something is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Vermilion, on the left.
    Alice,
    /// Ultramarine, on the right.
    Bob,
    /// Where both overlap.
    Both,
}

impl Ink {
    /// The class that styles know it by.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
            Self::Both => "both",
        }
    }
}

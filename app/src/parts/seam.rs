//! The seam: the wire between the two, and how far they have come. The dots are the mark, drawn apart; they approach
//! each other from screen to screen, and overlap in the answer.

use leptos::prelude::*;
use tacit_session::Party;

use crate::app::{Screen, Session};
use crate::page::page;

/// The steps of a session.
const STEPS: [&str; 5] = ["Invite", "Meet", "Agree", "Put in", "Answer"];

#[component]
pub(crate) fn Seam() -> impl IntoView {
    let page = page();
    let screen = page.screen();
    let seat = page.of_session(|session| Some(session.seat));
    let met = page.of_session(|session| session.met);
    let connected = page.of_session(|session| session.route.is_some() && !session.reconnecting);
    let busy = page.of_session(machines_at_work);
    let name = move |party| if seat.get() == Some(party) { "You" } else { "They" };
    let is_absent = move |party| seat.get() != Some(party) && !met.get();
    let step = Memo::new(move |_| step(screen.get()));
    let label = move || format!("Step {} of {}: {}", step.get() + 1, STEPS.len(), STEPS[step.get()]);
    view! {
        <div
            class="seam"
            role="img"
            aria-label=label
            data-step=move || step.get().to_string()
            class:connected=move || connected.get()
            class:busy=move || busy.get()
        >
            <span class="seam-wire"></span>
            <span class="seam-packets"><i></i><i></i><i></i><i></i></span>
            <span class="seam-end alice" class:absent=move || is_absent(Party::Alice)>
                <span class="seam-name">{move || name(Party::Alice)}</span>
                <span class="seam-dot"></span>
            </span>
            <span class="seam-end bob" class:absent=move || is_absent(Party::Bob)>
                <span class="seam-dot"></span>
                <span class="seam-name">{move || name(Party::Bob)}</span>
            </span>
        </div>
    }
}

fn step(screen: Screen) -> usize {
    match screen {
        Screen::Meet => 1,
        Screen::Model | Screen::Agree => 2,
        Screen::Amount | Screen::Picture | Screen::Run => 3,
        Screen::Result => 4,
        _ => 0,
    }
}

/// Whether data moves because machines compute, not because people talk.
fn machines_at_work(session: &Session) -> bool {
    !session.reconnecting && (session.stock.work.is_some() || session.runs())
}

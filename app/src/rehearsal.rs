//! Rehearsal: both parties in one page, and the wire between them; and transcripts, which show the same wire without anybody.
//!
//! Each side is a [`crate::page::Page`] of its own, with a state machine, a driver and a worker, as if they were on two machines. Only
//! the way to each other is another one.

mod both;
mod hold;
mod lens;
mod network;
mod replay;

use leptos::prelude::*;
use tacit_parts::mark::Mark;

use crate::parts::footer::Footer;

pub(crate) use network::Network;

/// The fragment of a link to [`replay`].
const TRANSCRIPT: &str = "#transcript";

#[component]
pub(crate) fn App() -> impl IntoView {
    let opening = tacit_parts::provide();
    let replays = || window().location().hash().is_ok_and(|hash| hash == TRANSCRIPT);
    let replay = RwSignal::new(replays());
    let listener = window_event_listener(leptos::ev::hashchange, move |_| {
        opening.0.set(false);
        replay.set(replays());
        window().scroll_to_with_x_and_y(0.0, 0.0);
    });
    on_cleanup(move || listener.remove());
    Effect::new(move |_| {
        document().set_title(if replay.get() { "A transcript · Tacit" } else { "Rehearse alone · Tacit" });
    });
    view! {
        <header class="head">
            <div class="head-row">
                <p class="brand"><a class="brand-home" href="/"><Mark/> "Tacit"</a></p>
                <nav class="head-session" aria-label="To see how it works">
                    {move || {
                        let (to, text) =
                            if replay.get() { ("#", "Rehearse alone") } else { (TRANSCRIPT, "Open a transcript") };
                        view! { <a class="quiet" href=to>{text}</a> }
                    }}
                    <a class="quiet" href="/">"Home"</a>
                </nav>
            </div>
        </header>
        <main data-screen=move || if replay.get() { "replay" } else { "rehearsal" }>
            {move || {
                if replay.get() { replay::Replay().into_any() } else { both::Rehearsal().into_any() }
            }}
        </main>
        <Footer/>
    }
}

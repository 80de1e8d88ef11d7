//! Oblivious transfer: two boxes, one key.

use leptos::prelude::*;
use tacit_lessons::Crossed;
use tacit_lessons::transfer::{Transferred, transferring};
use tacit_parts::figure::Figure;
use tacit_session::{Party, Tag};

use crate::parts::bench::Step;
use crate::parts::note::{Note, TeachersNote};
use crate::parts::played::{bench, played};
use crate::parts::section::Section;

#[component]
pub(crate) fn Transfer() -> impl IntoView {
    let second = RwSignal::new(true);
    let run = played(move || Ok(transferring(*b"AB", second.get())));
    let choose = move |which: bool, name: &'static str| {
        view! {
            <label class="choice">
                <input type="radio" name="box" prop:checked=move || second.get() == which on:change=move |_| second.set(which)/>
                {name}
            </label>
        }
    };
    let caption = move || {
        let (open, shut) = if second.get() { ("right", "left") } else { ("left", "right") };
        format!(
            "Bob’s key opens the {open} box. The {shut} one stays shut for ever, and Alice sees the same in both cases."
        )
    };
    view! {
        <Section title="Two boxes, one key">
            <p class="lead">
                "Alice puts a letter into each of two boxes. Bob may open one. She must not learn which, and he must not see the other."
            </p>
            <fieldset class="choices plain-set">
                <legend>"Bob wants"</legend>
                {choose(false, "the left letter")} {choose(true, "the right letter")}
            </fieldset>
            <Figure name="two-boxes" caption=Signal::derive(caption)>
                <svg class="boxes" viewBox="0 0 720 240" role="img" aria-label=caption>
                    {move || boxes(second.get())}
                </svg>
            </Figure>
        </Section>
        <Section title="The same, with messages">
            {bench(run, "One of two letters", move |run| steps(run, second.get_untracked()))}
        </Section>
        <TeachersNote note=note()/>
    }
}

fn boxes(second: bool) -> impl IntoView + use<> {
    let one = |x: f64, letter: &'static str, open: bool| {
        let shackle = if open { "M-26,-8 v-26 a26,26 0 0 1 52,0 v4" } else { "M-26,-8 v-18 a26,26 0 0 1 52,0 v18" };
        view! {
            <g transform=format!("translate({x} 130)")>
                <path class="shackle" d=shackle/>
                <rect class=if open { "box open" } else { "box" } x="-84" y="-10" width="168" height="96" rx="14"/>
                <text class="box-letter" x="0" y="58" text-anchor="middle">{if open { letter } else { "?" }}</text>
            </g>
        }
    };
    let key = if second { 548.0 } else { 172.0 };
    view! {
        {one(172.0, "A", !second)}
        {one(548.0, "B", second)}
        <g class="key" transform=format!("translate({key} 36)")>
            <circle cx="-26" cy="0" r="15"/>
            <path d="M-11,0 H38 M24,0 v14 M36,0 v10"/>
        </g>
    }
}

/// The first bytes of a message, as one writes them.
fn hex(bytes: &[u8]) -> String {
    let text: String = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > 4 { format!("{text}…") } else { text }
}

fn steps(run: &Transferred, second: bool) -> Vec<Step> {
    let Transferred { keys, key, locked, read, crossed } = run;
    let sent = |tag, from| {
        let message = crossed.iter().find(|message| message.tag == Some(tag) && message.from == from);
        message.map(Crossed::body).unwrap_or_default()
    };
    let a = sent(Tag::BaseOtSender, Party::Alice);
    let b = sent(Tag::BaseOtReceiver, Party::Bob);
    let chosen = usize::from(second);
    let letter = |byte: u8| char::from(byte).to_string();
    vec![
        Step::new("Alice has two letters. Bob knows which one he wants, and will not say.")
            .alice("letters", "A, B")
            .bob("wants", if second { "right" } else { "left" }),
        Step::new("Alice draws a secret number a and sends a point of a curve: 32 bytes.")
            .formula("A = a·G")
            .sends(Party::Alice, "A", hex(a)),
        Step::new(format!(
            "Bob draws b and a random point, and sends two points: the random one on the side that he does not want, and on the other b·G \
             minus a hash of it. Both are uniform, so his wish is hidden perfectly. (Tacit does 128 transfers at once: {} bytes; this is the \
             first.)",
            b.len()
        ))
        .formula(if second { "R_1 = b·G - H(R_0)" } else { "R_0 = b·G - H(R_1)" })
        .sends(Party::Bob, "R_0, R_1", hex(b)),
        Step::new(
            "Alice adds the hashes back and makes two keys. Bob can make just one of them, because no hash lands where he wants it, and she \
             cannot tell which.",
        )
            .formula("k_0 = H(a·(R_0 + H(R_1))) and k_1 = H(a·(R_1 + H(R_0))) and Bob has H(b·A)")
            .alice("k_0", hex(&keys[0]))
            .alice("k_1", hex(&keys[1]))
            .bob(if second { "k_1" } else { "k_0" }, hex(key)),
        Step::new("She locks each letter with its key and sends both.").sends(Party::Alice, "'both boxes'", hex(locked)),
        Step::new(format!(
            "Bob tries his key on both. One opens; out of the other comes noise, the byte {:02x}.",
            read[1 - chosen]
        ))
        .bob("opened", letter(read[chosen]))
        .answer("Bob reads", letter(read[chosen])),
    ]
}

fn note() -> Note {
    Note {
        aim: "One message of two, without the sender knowing which: of this single tool every secure computation can be made.",
        script: &[
            "Put two closed envelopes on the desk; let a pupil take one behind your back. Who knows what?",
            "Change Bob’s wish and show that the drawing changes on his side only.",
            "Go through the six steps, once for each wish. Compare what Alice sees.",
            "Point to the two keys: Bob’s is one of hers, and nothing she has says which.",
            "From here to the AND: let the letters be 0 and Alice’s bit, and Bob’s wish his bit. He reads the product.",
        ],
        questions: &[
            ("Why can Alice not tell?", "B is a uniform point whether or not A was added."),
            (
                "Why can Bob not open both?",
                "He would need a·A, and to find it from A is a problem that nobody can solve.",
            ),
            (
                "Do millions of transfers take millions of curves?",
                "No: 128 are enough; from them any number is made by hashing alone.",
            ),
        ],
    }
}

//! The bench: Alice on the left, Bob on the right, the wire between them, and a protocol step by step.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use tacit_parts::formula::{Formula, mathml};
use tacit_session::Party;

/// A value as it is shown.
pub(crate) struct Shown(String);

macro_rules! shown {
    ($($kind:ty),+) => {$(
        impl From<$kind> for Shown {
            fn from(value: $kind) -> Self {
                Self(value.to_string())
            }
        }
    )+};
}

shown!(i32, i64, u64, usize, &str, String);

/// Something that a party holds: the formula it is, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    name: String,
    value: String,
}

/// A message on the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Packet {
    from: Party,
    name: String,
    value: String,
}

/// One step: what happens, in words and as a formula, and what it adds to each column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    say: String,
    formula: Option<String>,
    alice: Vec<Row>,
    bob: Vec<Row>,
    wire: Vec<Packet>,
    answer: Option<(String, String)>,
}

impl Step {
    pub(crate) fn new(say: impl Into<String>) -> Self {
        Self { say: say.into(), ..Self::default() }
    }

    pub(crate) fn formula(mut self, formula: impl Into<String>) -> Self {
        self.formula = Some(formula.into());
        self
    }

    pub(crate) fn alice(mut self, name: impl Into<String>, value: impl Into<Shown>) -> Self {
        self.alice.push(Row { name: name.into(), value: value.into().0 });
        self
    }

    pub(crate) fn bob(mut self, name: impl Into<String>, value: impl Into<Shown>) -> Self {
        self.bob.push(Row { name: name.into(), value: value.into().0 });
        self
    }

    pub(crate) fn sends(mut self, from: Party, name: impl Into<String>, value: impl Into<Shown>) -> Self {
        self.wire.push(Packet { from, name: name.into(), value: value.into().0 });
        self
    }

    /// What comes out, large.
    pub(crate) fn answer(mut self, label: impl Into<String>, value: impl Into<Shown>) -> Self {
        self.answer = Some((label.into(), value.into().0));
        self
    }
}

/// Where a bench stands.
#[derive(Clone, Copy)]
struct Place {
    at: RwSignal<usize>,
    last: usize,
}

impl Place {
    fn forward(self) {
        self.at.update(|at| *at = if *at == self.last { 0 } else { *at + 1 });
    }

    fn back(self) {
        self.at.update(|at| *at = at.saturating_sub(1));
    }
}

/// A protocol, to go through step by step: by the buttons, or by the arrow keys while the focus is inside.
#[component]
pub(crate) fn Bench(steps: Vec<Step>, #[prop(into)] name: String) -> impl IntoView {
    let place = Place { at: RwSignal::new(0), last: steps.len().saturating_sub(1) };
    let at = place.at;
    let steps = StoredValue::new(steps);
    let keys = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowRight" if at.get_untracked() < place.last => place.forward(),
            "ArrowRight" => {}
            "ArrowLeft" => place.back(),
            _ => return,
        }
        event.prevent_default();
    };
    let say = move || steps.with_value(|steps| steps[at.get()].say.clone());
    let formula =
        move || steps.with_value(|steps| steps[at.get()].formula.clone()).map(|text| view! { <Formula text/> });
    let column = move |party: Party| {
        move || {
            let now = at.get();
            steps.with_value(|steps| {
                let row = |(step, row): (usize, &Row)| {
                    let class = if step == now { "held new" } else { "held" };
                    // What is long is a look at bytes.
                    let long = row.value.chars().count() > 8;
                    view! {
                        <div class=class class:long=long>
                            <dt inner_html=mathml(&row.name)></dt>
                            <dd>{row.value.clone()}</dd>
                        </div>
                    }
                };
                let of = |step: &'_ Step| if party == Party::Alice { step.alice.clone() } else { step.bob.clone() };
                let rows: Vec<(usize, Row)> =
                    (0..=now).flat_map(|at| of(&steps[at]).into_iter().map(move |row| (at, row))).collect();
                rows.iter().map(|(at, held)| row((*at, held))).collect_view()
            })
        }
    };
    let wire = move || {
        let now = at.get();
        steps.with_value(|steps| {
            let packets = (0..=now).flat_map(|at| steps[at].wire.iter().map(move |packet| (at, packet)));
            packets
                .map(|(at, packet)| {
                    let (side, way) = match packet.from {
                        Party::Alice => ("alice", "Alice to Bob: "),
                        Party::Bob => ("bob", "Bob to Alice: "),
                    };
                    let class = format!("packet {side}{}", if at == now { " new" } else { "" });
                    view! {
                        <li class=class>
                            <span class="unseen">{way}</span>
                            <span class="packet-name" inner_html=mathml(&packet.name)></span>
                            <b class="packet-value">{packet.value.clone()}</b>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    let quiet = move || {
        let now = at.get();
        steps.with_value(|steps| steps[..=now].iter().all(|step| step.wire.is_empty()))
    };
    let answer = move || {
        let now = at.get();
        steps.with_value(|steps| steps[..=now].iter().rev().find_map(|step| step.answer.clone())).map(
            |(label, value)| {
                let text = value.clone();
                view! {
                    <p class="bench-answer">
                        <span class="soft">{label}</span>
                        <span class="inked" data-text=value.clone() data-testid="answer">{text}</span>
                    </p>
                }
            },
        )
    };
    view! {
        <div
            class="bench"
            role="group"
            aria-label=name
            data-step=move || at.get() + 1
            data-steps=place.last + 1
            on:keydown=keys
        >
            <div class="bench-say">
                <p class="say">{say}</p>
                <p class="say-formula">{formula}</p>
            </div>
            <div class="board">
                <section class="side alice" aria-label="Alice sees">
                    <h3>"Alice sees"</h3>
                    <dl>{column(Party::Alice)}</dl>
                </section>
                <section class="wire" aria-label="The wire">
                    <h3>"the wire"</h3>
                    <ul>{wire}</ul>
                    <p class="wire-quiet" class:gone=move || !quiet()>"nothing has crossed"</p>
                </section>
                <section class="side bob" aria-label="Bob sees">
                    <h3>"Bob sees"</h3>
                    <dl>{column(Party::Bob)}</dl>
                </section>
            </div>
            {answer}
            <div class="bench-keys">
                <button type="button" class="second" disabled=move || at.get() == 0 on:click=move |_| place.back()>
                    "Back"
                </button>
                <button type="button" class="main" on:click=move |_| place.forward()>
                    {move || if at.get() == place.last { "Start over" } else { "Next step" }}
                </button>
                <p class="mono soft">{move || format!("step {} of {}", at.get() + 1, place.last + 1)}</p>
            </div>
            <p class="unseen" role="status">
                {move || if at.get() == 0 { String::new() } else { steps.with_value(|steps| heard(&steps[at.get()])) }}
            </p>
        </div>
    }
}

/// What a screen reader says of a step.
fn heard(step: &Step) -> String {
    let mut text = step.say.clone();
    for packet in &step.wire {
        let (from, to) = if packet.from == Party::Alice { ("Alice", "Bob") } else { ("Bob", "Alice") };
        text += &format!(" {from} sent {to} {}: {}.", tacit_parts::formula::spoken(&packet.name), packet.value);
    }
    if let Some((label, value)) = &step.answer {
        text += &format!(" {label} {value}.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_reader_hears_what_moved() {
        let step = Step::new("Both open.").sends(Party::Alice, "x_A", 15).answer("Together", 36);
        assert_eq!(heard(&step), "Both open. Alice sent Bob x sub A: 15. Together 36.");
    }
}

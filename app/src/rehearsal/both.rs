//! Both parties in one page, and the wire between them. The two are as real as if they were far apart: two programs, a
//! peer connection, the same screens; only the person is the same.

use std::rc::Rc;

use leptos::context::Provider;
use leptos::prelude::*;
use tacit_jobs::Job;
use tacit_parts::Aside;
use tacit_session::{Code, Fault, Party};

use super::Network;
use super::hold::Hold;
use super::lens::Lens;
use crate::app::{Failed, Input, Screen, Session};
use crate::driver::{OnStage, Stage};
use crate::page::{Page, show_session, side_id};
use crate::parts::heading::Heading;
use crate::parts::wire::{List, Player, Save, Sees, Spread, Totals, Track, follow, ink, name};
use crate::text;

/// What a phone shows of the three columns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Side(Party),
    Wire,
}

/// What can be rehearsed.
const JOBS: [(&str, Job); 2] =
    [("Who is richer?", Job::Millionaires), ("Private picture check", Job::Classify { owner: Party::Bob })];

#[component]
pub(crate) fn Rehearsal() -> impl IntoView {
    let job = RwSignal::new(Job::Millionaires);
    let network = RwSignal::new(Network::ALL[0]);
    let holds = RwSignal::new(false);
    // Which rehearsal this is: another one begins anew, with two new programs.
    let take = RwSignal::new(0u32);
    let again = move || take.update(|take| *take += 1);
    let choose_job = move |at: usize| {
        job.set(JOBS[at].1);
        again();
    };
    let networks = Network::ALL.map(|network| format!("{} · {}", network.name, network.says));
    view! {
        <div class="rehearsal">
            <Heading class="large">"Both sides of it"</Heading>
            <p class="lead">
                "Two programs, a real connection between them, no server. You are both people: put in two amounts, and watch what \
                 crosses."
            </p>
            <div class="rehearsal-bar" role="group" aria-label="The rehearsal">
                <Select label="What to find out" options=JOBS.map(|(name, _)| name.to_owned()).into() chosen=choose_job/>
                <Select
                    label="How far apart they are"
                    options=networks.into()
                    chosen=move |at: usize| network.set(Network::ALL[at])
                />
                <label class="choice">
                    <input type="checkbox" prop:checked=move || holds.get() on:change=move |_| holds.update(|holds| *holds = !*holds)/>
                    "Hold every message"
                </label>
                <button type="button" class="second" on:click=move |_| again()>"Start over"</button>
            </div>
            {move || {
                let _ = take.get();
                view! { <Three job=job.get_untracked() network holds/> }
            }}
        </div>
    }
}

/// A choice among few, as a list that opens. The first is chosen.
#[component]
fn Select(
    label: &'static str,
    options: Vec<String>,
    /// Hears of the place of the new choice.
    chosen: impl Fn(usize) + 'static,
) -> impl IntoView {
    let option = |(at, text): (usize, String)| view! { <option value=at.to_string()>{text}</option> };
    view! {
        <label class="select">
            <span class="small soft">{label}</span>
            <select on:change=move |event| {
                if let Ok(at) = event_target_value(&event).parse() {
                    chosen(at);
                }
            }>{options.into_iter().enumerate().map(option).collect_view()}</select>
        </label>
    }
}

/// Alice, the wire, and Bob.
#[component]
fn Three(job: Job, network: RwSignal<Network>, holds: RwSignal<bool>) -> impl IntoView {
    let stage = Rc::<Stage>::default();
    let ways = [(); 2].map(|()| OnStage::new(Rc::clone(&stage)));
    let page_of = |party: Party| Page::new(Rc::<OnStage>::clone(&ways[party as usize]), Some(party));
    let [alice, bob] = [Party::Alice, Party::Bob].map(page_of);
    let ways = StoredValue::new_local(ways);
    Effect::new(move |_| {
        ways.with_value(|ways| ways.iter().for_each(|way| way.network(network.get())));
        // A worker that is not up yet is told when it is.
        for page in [alice, bob] {
            page.post("network", &network.get());
        }
    });
    Effect::new(move |_| {
        let holds = holds.get();
        ways.with_value(|ways| ways.iter().for_each(|way| way.hold(holds)));
        for page in [alice, bob] {
            page.waiting.set(0);
            page.post("hold", &holds);
        }
    });
    alice.send(Input::Start(job));
    bob.send(Input::Join { typed: None });
    [alice, bob].into_iter().for_each(follow);
    let track = Track::of(alice);
    // What two people do comes before what one looks at.
    let runs = alice.of_session(Session::runs);
    // Whether the last run waited for a person: then its time says nothing.
    let was_held = RwSignal::new(false);
    Effect::new(move |_| {
        if runs.get() {
            was_held.set(holds.get_untracked());
            track.chosen.set(None);
        }
    });
    Effect::new(move |_| {
        if holds.get() && runs.get_untracked() {
            was_held.set(true);
        }
    });
    let tab = RwSignal::new(Tab::Side(Party::Alice));
    let choose = move |this: Tab, text: &'static str| {
        view! {
            <button
                type="button"
                class="tab"
                aria-pressed=move || (tab.get() == this).to_string()
                on:click=move |_| tab.set(this)
            >
                {text}
            </button>
        }
    };
    view! {
        <Hold sides=[alice, bob] track holds/>
        <div class="tabs" role="group" aria-label="Which column">
            {choose(Tab::Side(Party::Alice), "Alice")}
            {choose(Tab::Wire, "The wire")}
            {choose(Tab::Side(Party::Bob), "Bob")}
        </div>
        <div class="three" class:stepping=move || track.chosen.get().is_some()>
            <Side page=alice track away=Signal::derive(move || tab.get() != Tab::Side(Party::Alice)) opens=true/>
            <section class="middle" class:away=move || tab.get() != Tab::Wire aria-label="The wire">
                <h2 class="side-name">"The wire"</h2>
                <Provider value=alice>
                    <Player track/>
                    <List track/>
                    <Show when=move || !was_held.get()><Dominates network/></Show>
                    <Totals track/>
                    <p class="small soft">
                        "All of this could be made up out of one’s own input and the answer alone. "
                        <a href="/learn/#ideal">"Try to tell the two apart"</a>
                    </p>
                </Provider>
            </section>
            <Side page=bob track away=Signal::derive(move || tab.get() != Tab::Side(Party::Bob)) opens=false/>
        </div>
        <Provider value=alice>{matches!(job, Job::Classify { .. }).then(|| view! { <Lens ways/> })}</Provider>
    }
}

/// One party: its screens, and what it sees of the wire.
#[component]
fn Side(
    page: Page,
    track: Track,
    /// Whether a phone shows another column.
    away: Signal<bool>,
    /// Whether one looks over this party's shoulder from the beginning.
    opens: bool,
) -> impl IntoView {
    let party = page.side.unwrap_or(Party::Alice);
    let is_open = RwSignal::new(opens);
    let screen = page.screen();
    let failure = move || page.model.with(|model| model.failure.as_ref().map(|failed| failed.fault.code.as_str()));
    let eyes = move || {
        view! {
            <Sees track party=Signal::stored(party)/>
            <Spread record=page.wire party/>
            <Save page/>
        }
    };
    let locked = move || {
        view! {
            <div class="card locked">
                <p>
                    {format!("What {} sees is {}’s alone. In a rehearsal you may look.", name(party), name(party))}
                </p>
                <button type="button" class="second" on:click=move |_| is_open.set(true)>
                    {format!("Look over {}’s shoulder", name(party))}
                </button>
            </div>
        }
    };
    view! {
        <section
            class=format!("side {}", ink(party))
            class:away=away
            aria-label=name(party)
            data-side=ink(party)
            data-screen=move || screen.get().name()
            data-failure=failure
        >
            <h2 class="side-name" id=side_id(party)>{name(party)}</h2>
            <Provider value=page>
                <Provider value=Aside>
                    <div class="side-screen">{move || side(screen.get(), party)}</div>
                    {move || if is_open.get() { eyes().into_any() } else { locked().into_any() }}
                </Provider>
            </Provider>
        </section>
    }
}

/// What one party is shown. Who is connected to themselves neither invites nor meets anybody.
fn side(screen: Screen, party: Party) -> AnyView {
    match screen {
        Screen::Invite | Screen::Meet => view! {
            <p class="waiting"><span class="pulse" aria-hidden="true"></span>"Connecting to the other side."</p>
        }
        .into_any(),
        Screen::Home | Screen::Join => {
            view! { <p class="lead">{format!("{} has left. Start over for another rehearsal.", name(party))}</p> }
                .into_any()
        }
        Screen::Failure => view! { <Stopped/> }.into_any(),
        screen => show_session(screen),
    }
}

/// Why a rehearsal ended, and what to do.
#[component]
fn Stopped() -> impl IntoView {
    let failure = crate::page::page().model.with_untracked(|model| model.failure.clone());
    failure.map(|Failed { fault: Fault { code, detail }, .. }| {
        // Another rehearsal in the same browser would end like this one.
        let next = if code == Code::Unsupported { code.next_step() } else { "Start over for another rehearsal." };
        view! {
            <div class="failure stack">
                <p class="lead">{format!("{} {next}", code.headline())}</p>
                <p class="mono soft fault">
                    <span>{code.as_str()}</span>
                    {detail.map(|detail| view! { " " <span>{detail}</span> })}
                </p>
            </div>
        }
    })
}

/// What the time of the last run went into.
#[component]
fn Dominates(network: RwSignal<Network>) -> impl IntoView {
    let answer = crate::page::page().of_session(|session| session.answer.clone());
    move || {
        let answer = answer.get()?;
        let cost = answer.outcome.online;
        let [waiting, moving, work] = network.get().shares(cost.rounds, cost.sent.max(cost.received), answer.online_ms);
        let most = if waiting >= moving.max(work) {
            "Distance dominates: fewer rounds would help, more bandwidth would not."
        } else if moving >= work {
            "Bytes dominate: more bandwidth would help."
        } else {
            "The machines’ own work dominates."
        };
        let percent = |ms: f64| 100.0 * ms / answer.online_ms.max(1e-9);
        Some(view! {
            <section class="card dominates" aria-label="What the time went into">
                <div class="stacked" aria-hidden="true">
                    <i class="wait" style=("width", format!("{:.1}%", percent(waiting)))></i>
                    <i class="move" style=("width", format!("{:.1}%", percent(moving)))></i>
                    <i class="work" style=("width", format!("{:.1}%", percent(work)))></i>
                </div>
                <p class="small">
                    {format!(
                        "{} in all: {} waiting for {} rounds, {} for {} on their way, {} for everything else. {most}",
                        text::duration(answer.online_ms),
                        text::duration(waiting),
                        cost.rounds,
                        text::duration(moving),
                        text::bytes(cost.sent + cost.received),
                        text::duration(work)
                    )}
                </p>
            </section>
        })
    }
}

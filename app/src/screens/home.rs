//! Home: what it does, in one look, and what there is to do.

use leptos::prelude::*;
use tacit_jobs::Job;
use tacit_session::Party;

use crate::app::Input;
use crate::page::page;
use crate::parts::actions::Actions;
use crate::parts::heading::Heading;
use crate::parts::noise::Noise;

#[component]
pub(crate) fn Home() -> impl IntoView {
    let page = page();
    let notice = Memo::new(move |_| page.model.with(|model| model.notice));
    let job = RwSignal::new(Job::Millionaires);
    view! {
        <div class="home">
            <div class="home-words">
                <Show when=move || notice.get().is_some()>
                    <p class="notice">{move || notice.get()}</p>
                </Show>
                <Heading class="huge">
                    "Find out together. "
                    <span class="line"><span class="in-alice">"Say "</span><span class="in-bob">"nothing."</span></span>
                </Heading>
                <p class="lead">
                    "Two people, two browsers, one answer. Your input never leaves your side, and theirs never leaves \
                     theirs. No account, no server that sees it."
                </p>
                <Jobs job/>
                <Actions>
                    <button
                        type="button"
                        class="main"
                        on:pointerenter=move |_| page.warm_up()
                        on:focus=move |_| page.warm_up()
                        on:click=move |_| page.send(Input::Start(job.get_untracked()))
                    >
                        "Start, and invite someone"
                    </button>
                    <button
                        type="button"
                        class="second"
                        on:pointerenter=move |_| page.warm_up()
                        on:focus=move |_| page.warm_up()
                        on:click=move |_| page.send(Input::GoJoin)
                    >
                        "I have a code"
                    </button>
                </Actions>
                <nav class="more" aria-label="To see how it works">
                    <a class="quiet" href="/rehearse/">"Rehearse alone"</a>
                    <a class="quiet" href="/learn/">"Lessons"</a>
                    <a class="quiet" href="/rehearse/#transcript">"Open a transcript"</a>
                </nav>
            </div>
            <Noise/>
            <ol class="steps">
                <li>
                    <h2>"Invite"</h2>
                    <p class="soft">"Send one link, or read a short code aloud. Two seats, no third."</p>
                </li>
                <li>
                    <h2>"Agree"</h2>
                    <p class="soft">"Both see who puts in what and who learns what, before anything moves."</p>
                </li>
                <li>
                    <h2>"Find out"</h2>
                    <p class="soft">"Your browsers talk to each other. What crosses between them is noise."</p>
                </li>
            </ol>
        </div>
    }
}

/// The things to do, one of them chosen; for a picture check, also who brings what.
#[component]
fn Jobs(job: RwSignal<Job>) -> impl IntoView {
    // The host is Alice.
    let owner = RwSignal::new(Party::Bob);
    let is_check = Memo::new(move |_| matches!(job.get(), Job::Classify { .. }));
    let role = move |party: Party, text: &'static str| {
        let choose = move |_| {
            owner.set(party);
            job.set(Job::Classify { owner: party });
        };
        view! {
            <label class="choice">
                <input type="radio" name="role" prop:checked=move || owner.get() == party on:change=choose/>
                {text}
            </label>
        }
    };
    view! {
        <fieldset class="jobs">
            <legend class="unseen">"What to find out"</legend>
            <label class="card option job">
                <input
                    type="radio"
                    name="job"
                    aria-label="Who is richer?"
                    aria-describedby="about-richer"
                    prop:checked=move || !is_check.get()
                    on:change=move |_| job.set(Job::Millionaires)
                />
                <span class="option-text">
                    <span class="option-name">"Who is richer?"</span>
                    <span class="soft" id="about-richer">"Compare two amounts. Only the order comes out."</span>
                </span>
                <span class="job-sign" aria-hidden="true"><i>"<"</i><i>"="</i><i>">"</i></span>
            </label>
            <div class="card job" class:chosen=move || is_check.get()>
                <label class="option">
                    <input
                        type="radio"
                        name="job"
                        aria-label="Private picture check"
                        aria-describedby="about-check"
                        prop:checked=move || is_check.get()
                        on:change=move |_| job.set(Job::Classify { owner: owner.get_untracked() })
                    />
                    <span class="option-text">
                        <span class="option-name">"Private picture check"</span>
                        <span class="soft" id="about-check">"A picture, a model. Only the label comes out."</span>
                    </span>
                    <span class="job-sign" aria-hidden="true"><i>"7"</i><i>"?"</i></span>
                </label>
                <Show when=move || is_check.get()>
                    <fieldset class="choices job-role">
                        <legend class="unseen">"What you have"</legend>
                        {role(Party::Bob, "I have the picture")}
                        {role(Party::Alice, "I have the model")}
                    </fieldset>
                </Show>
            </div>
        </fieldset>
    }
}

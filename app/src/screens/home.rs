//! Home: what it does, in one look.

use leptos::prelude::*;

use crate::app::Input;
use crate::page::page;
use crate::parts::actions::Actions;
use crate::parts::heading::Heading;
use crate::parts::noise::Noise;

#[component]
pub(crate) fn Home() -> impl IntoView {
    let page = page();
    let notice = Memo::new(move |_| page.model.with(|model| model.notice));
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
                <section class="card job" aria-labelledby="job-title">
                    <div>
                        <h2 id="job-title">"Who is richer?"</h2>
                        <p class="soft">"Compare two amounts. Only the order comes out."</p>
                    </div>
                    <span class="job-sign" aria-hidden="true"><i>"<"</i><i>"="</i><i>">"</i></span>
                </section>
                <Actions>
                    <button
                        type="button"
                        class="main"
                        on:pointerenter=move |_| page.warm_up()
                        on:focus=move |_| page.warm_up()
                        on:click=move |_| page.send(Input::Start)
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
                    <h2>"Compare"</h2>
                    <p class="soft">"Your browsers talk to each other. What crosses between them is noise."</p>
                </li>
            </ol>
        </div>
    }
}

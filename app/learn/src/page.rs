//! The whole page: the lesson that the address names, or the list of all.

use leptos::prelude::*;
use tacit_parts::build::Build;
use tacit_parts::heading::Heading;
use tacit_parts::mark::Mark;
use tacit_parts::noise::Noise;

use crate::lessons::{self, LESSONS, Lesson};
use crate::parties::{How, Parties};

#[component]
pub(crate) fn App() -> impl IntoView {
    let opening = tacit_parts::provide();
    let parties = Parties::new();
    provide_context(parties);
    let at = RwSignal::new(named());
    let listener = window_event_listener(leptos::ev::hashchange, move |_| {
        opening.0.set(false);
        at.set(named());
        window().scroll_to_with_x_and_y(0.0, 0.0);
    });
    on_cleanup(move || listener.remove());
    Effect::new(move |_| {
        let title = at.get().map_or("Tacit · Lessons".into(), |at| format!("Tacit · {}", LESSONS[at].title));
        document().set_title(&title);
    });
    view! {
        <header class="head">
            <div class="head-row">
                <p class="brand"><a class="brand-home" href="/"><Mark/> "Tacit"</a></p>
                <nav class="head-session" aria-label="Lessons">
                    {move || at.get().map(|_| view! { <a class="quiet" href="#all">"All lessons"</a> })}
                </nav>
            </div>
        </header>
        <main data-screen=move || at.get().map_or("lessons", |at| LESSONS[at].slug)>
            {move || match at.get() {
                None => view! { <All/> }.into_any(),
                Some(at) => view! { <One at/> }.into_any(),
            }}
        </main>
        <footer class="foot">
            <Build/>
            <p class="soft small" data-testid="parties" data-how=move || name(parties.how())>
                {move || where_they_are(parties.how())} " Nothing you do here leaves it."
            </p>
        </footer>
    }
}

/// Where Alice and Bob live.
fn where_they_are(how: How) -> &'static str {
    match how {
        How::Away | How::Connecting => "Alice and Bob both live on this page.",
        How::Apart => {
            "Alice and Bob are two programs in this page, with a real connection between them and no server. What they play by the \
             thousand, one program plays for both."
        }
        How::Together => "This browser connects no page to itself: Alice and Bob both ran in one program.",
    }
}

fn name(how: How) -> &'static str {
    match how {
        How::Away => "away",
        How::Connecting => "connecting",
        How::Apart => "apart",
        How::Together => "together",
    }
}

/// The place of the lesson that the address names.
fn named() -> Option<usize> {
    let hash = window().location().hash().unwrap_or_default();
    let slug = hash.trim_start_matches('#');
    LESSONS.iter().position(|lesson| lesson.slug == slug)
}

/// Every lesson, to choose from.
#[component]
fn All() -> impl IntoView {
    let item = |(at, lesson): (usize, &Lesson)| {
        view! {
            <li>
                <a class="lesson" href=format!("#{}", lesson.slug)>
                    <span class="lesson-number" aria-hidden="true" data-text=at + 1>{at + 1}</span>
                    <span class="lesson-text">
                        <span class="lesson-name">{lesson.title}</span>
                        <span class="soft">{lesson.line}</span>
                    </span>
                </a>
            </li>
        }
    };
    view! {
        <div class="lessons">
            <div class="lessons-head">
                <div class="lessons-words">
                    <Heading class="huge">
                        "See it once, "
                        <span class="line"><span class="in-alice">"from both "</span><span class="in-bob">"sides."</span></span>
                    </Heading>
                    <p class="lead">
                        "How two people compute on what neither of them shows: short lessons with numbers that one can \
                         follow, and the messages that really cross. For one curious person, or for a class at a projector."
                    </p>
                </div>
                <Noise/>
            </div>
            <ol class="lesson-list">{LESSONS.iter().enumerate().map(item).collect_view()}</ol>
        </div>
    }
}

/// One lesson, and the way to its neighbours.
#[component]
fn One(at: usize) -> impl IntoView {
    let lesson = &LESSONS[at];
    let to = |at: usize, rel: &'static str, before: &'static str| {
        LESSONS.get(at).map(|lesson| {
            view! {
                <a class=format!("neighbour {rel}") rel=rel href=format!("#{}", lesson.slug)>
                    <span class="soft small">{before}</span>
                    <span class="neighbour-name">{lesson.title}</span>
                </a>
            }
        })
    };
    view! {
        <article class="one">
            <div class="one-head">
                <p class="mono soft">{format!("Lesson {} of {}", at + 1, LESSONS.len())}</p>
                <Heading class="title">{lesson.title}</Heading>
                <p class="lead">{lesson.line}</p>
            </div>
            {lessons::show(lesson.slug)}
            <nav class="neighbours" aria-label="Other lessons">
                {to(at.wrapping_sub(1), "prev", "Before")} {to(at + 1, "next", "Next")}
            </nav>
        </article>
    }
}

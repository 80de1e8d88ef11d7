//! The teacher's note: folded away on the screen, whole on paper.

use leptos::prelude::*;

/// A note's contents.
#[derive(Clone, Copy)]
pub(crate) struct Note {
    /// What the class should be able to say afterwards.
    pub(crate) aim: &'static str,
    /// Five minutes, minute by minute.
    pub(crate) script: &'static [&'static str],
    /// What to ask, and what to expect.
    pub(crate) questions: &'static [(&'static str, &'static str)],
}

#[component]
pub(crate) fn TeachersNote(note: Note) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <section class="note" class:open=move || open.get()>
            <h2>
                <button
                    type="button"
                    class="quiet note-toggle"
                    aria-expanded=move || open.get().to_string()
                    aria-controls="note"
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    "Teacher’s note"
                </button>
            </h2>
            <div class="note-body" id="note">
                <h3>"Aim"</h3>
                <p>{note.aim}</p>
                <h3>"Five minutes"</h3>
                <ol class="script">{note.script.iter().map(|line| view! { <li>{*line}</li> }).collect_view()}</ol>
                <h3>"Questions, and what to expect"</h3>
                <dl class="questions">
                    {note
                        .questions
                        .iter()
                        .map(|(question, answer)| view! { <div><dt>{*question}</dt><dd>{*answer}</dd></div> })
                        .collect_view()}
                </dl>
                <button type="button" class="second no-print" on:click=move |_| { window().print().ok(); }>
                    "Print this lesson"
                </button>
            </div>
        </section>
    }
}

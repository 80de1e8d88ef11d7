//! What Alice and Bob play, and what is shown until they have.

use futures::future::{AbortHandle, abortable};
use leptos::prelude::*;
use tacit_lessons::party::Run;
use tacit_session::Fault;

use crate::parties::{How, Parties};
use crate::parts::bench::{Bench, Step};

/// What came of a run, once it is over.
pub(crate) type Came<T> = RwSignal<Option<Result<T, Fault>>, LocalStorage>;

/// Has the two play, at once, and anew whenever what `run` looks at changes.
pub(crate) fn played<T: 'static>(run: impl Fn() -> Result<Run<T>, Fault> + 'static) -> Came<T> {
    let parties = expect_context::<Parties>();
    let came = RwSignal::new_local(None);
    let waiting = StoredValue::new_local(None::<AbortHandle>);
    let stop = move || {
        waiting.try_update_value(|waiting| {
            if let Some(waiting) = waiting.take() {
                waiting.abort();
            }
        });
    };
    Effect::new(move |_| {
        stop();
        came.set(None);
        match run() {
            Ok(run) => {
                let (playing, handle) = abortable(parties.play(run));
                waiting.set_value(Some(handle));
                leptos::task::spawn_local(async move {
                    if let Ok(result) = playing.await {
                        came.try_set(Some(result));
                    }
                });
            }
            Err(fault) => came.set(Some(Err(fault))),
        }
    });
    on_cleanup(stop);
    came
}

/// Shows what came, and until then that it is waited for.
pub(crate) fn shown<T: 'static, V: IntoView + 'static>(
    came: Came<T>,
    show: impl Fn(&T) -> V + Send + 'static,
) -> impl IntoView {
    move || {
        came.with(|came| match came {
            None => view! { <Waiting/> }.into_any(),
            Some(Ok(came)) => show(came).into_any(),
            Some(Err(fault)) => view! { <p class="came" role="status">{fault.code.headline()}</p> }.into_any(),
        })
    }
}

/// A bench, as soon as there is something to go through.
pub(crate) fn bench<T: 'static>(
    came: Came<T>,
    name: &'static str,
    steps: impl Fn(&T) -> Vec<Step> + Send + 'static,
) -> impl IntoView {
    view! { <div class="bench-place">{shown(came, move |came| view! { <Bench name steps=steps(came)/> })}</div> }
}

/// What the two are at, until there is something to show.
#[component]
fn Waiting() -> impl IntoView {
    let parties = expect_context::<Parties>();
    let what = move || match parties.how() {
        How::Away | How::Connecting => "Connecting Alice and Bob",
        How::Apart | How::Together => "Alice and Bob are at work",
    };
    view! {
        <p class="waiting" role="status">
            <span class="pulse" aria-hidden="true"></span>
            {what}
        </p>
    }
}

//! How the two browsers reach each other, in three words.

use leptos::prelude::*;

use crate::app::Session;
use crate::page::page;
use crate::text;

#[component]
pub(crate) fn Badge() -> impl IntoView {
    let page = page();
    let badge = page.of_session(describe);
    let is_reconnecting = page.of_session(|session| session.reconnecting);
    view! {
        <Show when=move || badge.get().is_some()>
            <p class="badge" class:troubled=move || is_reconnecting.get() data-testid="badge">
                {move || badge.get().unwrap_or_default()}
            </p>
        </Show>
    }
}

/// `None` before there is anything to say.
fn describe(session: &Session) -> Option<String> {
    let route = session.route.as_ref()?;
    if session.reconnecting {
        return Some("reconnecting …".into());
    }
    let way = if route.direct { "direct" } else { "relayed" };
    Some(match route.rtt_ms {
        Some(ms) => format!("{way} · {}", text::round_trip(ms)),
        None => way.into(),
    })
}

//! Invite: a link, a QR code and a code to say, and the wait for one person.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::app::{InviteText, Role, Session};
use crate::browser;
use crate::page::page;
use crate::parts::copy::Copy;
use crate::parts::heading::Heading;
use crate::parts::qr::QrCode;

#[component]
pub(crate) fn Invite() -> impl IntoView {
    let page = page();
    let invite = page.of_session(|session| session.invite.clone());
    let has_invite = move || invite.with(Option::is_some);
    let of = move |read: fn(InviteText) -> String| Signal::derive(move || invite.get().map(read).unwrap_or_default());
    let (link, code) = (of(|invite| invite.link), of(|invite| invite.code));
    let knocks = page.of_session(|session| session.knocks);
    let away = page.of_session(|session| session.away);
    let role = page.of_session(Session::role);
    let share = move |_| {
        let (link, role) = (link.get_untracked(), role.get_untracked());
        spawn_local(async move { browser::share(said(role), &link).await });
    };
    let can_share = browser::can_share();
    view! {
        <div class="two">
            <div class="stack">
                <div>
                    <Heading>"Invite one person"</Heading>
                    <p class="lead">{move || lead(role.get())}</p>
                </div>
                <Show when=has_invite fallback=|| view! { <p class="card soft">"Opening a session …"</p> }>
                    <section class="card stack" aria-labelledby="link-title">
                        <h2 id="link-title">"The link"</h2>
                        <p class="invite-link mono" data-testid="invite-link">{move || link.get()}</p>
                        <div class="actions">
                            <Copy label="Copy link" class="main" text=link/>
                            <Show when=move || can_share>
                                <button type="button" class="second" on:click=share>"Share …"</button>
                            </Show>
                        </div>
                    </section>
                    <section class="card stack" aria-labelledby="code-title">
                        <h2 id="code-title">"Or the code"</h2>
                        <p class="invite-code" data-testid="invite-code">{move || code.get()}</p>
                        <p class="soft">"They press “I have a code” on this page. Then you both compare three words."</p>
                        <div class="actions"><Copy label="Copy code" class="second" text=code/></div>
                    </section>
                </Show>
            </div>
            <div class="stack aside">
                <div class="waiting" role="status">
                    <span class="pulse" aria-hidden="true"></span>
                    <div>
                        <p>{move || if away.get() { AWAY } else { "Waiting for the other person" }}</p>
                        <p class="soft">"Keep this page open. The invite works for ten minutes and once."</p>
                        <Show when=move || { knocks.get() > 0 }>
                            <p class="soft">"A third person knocked and was turned away."</p>
                        </Show>
                    </div>
                </div>
                <Show when=has_invite>
                    <figure class="card qr-card">
                        <QrCode link/>
                        <figcaption class="soft">"Scan it with their phone. It carries the whole link."</figcaption>
                    </figure>
                </Show>
            </div>
        </div>
    }
}

const AWAY: &str = "The server is out of reach. Trying to get it back; the invite stays good.";

/// What the invite is to, for the host.
fn lead(role: Option<Role>) -> &'static str {
    match role {
        None => "Send the link, or read the code aloud. Whoever opens it has the other seat.",
        Some(Role::Holder) => "To a picture check: whoever opens the link brings the model, and you the picture.",
        Some(Role::Owner) => "To a picture check: whoever opens the link brings the picture, and you the model.",
    }
}

/// What goes with the link.
fn said(role: Option<Role>) -> &'static str {
    match role {
        None => "Who is richer? Neither of us will say.",
        Some(Role::Holder) => "Your model, my picture. Neither of us will show it.",
        Some(Role::Owner) => "Your picture, my model. Neither of us will show it.",
    }
}

//! Failure: what happened, what to do next, and the code to report.

use leptos::prelude::*;
use tacit_session::{Code, Party};

use crate::app::{Failed, Input};
use crate::page::page;
use crate::parts::actions::Actions;
use crate::parts::heading::Heading;

/// What the black button offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// The same again, on the same seat.
    Again,
    /// A fresh copy of the page.
    Reload,
    /// Nothing: trying again would be wrong or useless.
    None,
}

#[component]
pub(crate) fn Failure() -> impl IntoView {
    let page = page();
    let failure = page.model.with_untracked(|model| model.failure.clone());
    failure.map(|Failed { fault, seat, job }| {
        let (code, detail) = (fault.code, fault.detail);
        let remedy = remedy(code);
        let again = move |_| match remedy {
            Remedy::Reload => {
                window().location().reload().ok();
            }
            _ if seat == Party::Alice => page.send(Input::Start(job)),
            _ => page.send(Input::GoJoin),
        };
        let label = match (remedy, seat) {
            (Remedy::Reload, _) => "Reload the page",
            (_, Party::Bob) if code == Code::CodeWrong => "Type a new code",
            _ => "Start again",
        };
        let home_class = if remedy == Remedy::None { "main" } else { "second" };
        view! {
            <div class="narrow failure" data-blame=format!("{:?}", code.blame()).to_lowercase()>
                <div class="cut" aria-hidden="true"><i></i><b></b><b></b><i></i></div>
                <Heading class="large">{code.headline()}</Heading>
                <p class="lead">{code.next_step()}</p>
                <Actions>
                    <Show when=move || remedy != Remedy::None>
                        <button type="button" class="main" on:click=again>{label}</button>
                    </Show>
                    <button type="button" class=home_class on:click=move |_| page.send(Input::GoHome)>"Home"</button>
                </Actions>
                <p class="mono soft fault">
                    <span>{code.as_str()}</span>
                    {detail.map(|detail| view! { <span>{detail}</span> })}
                </p>
            </div>
        }
    })
}

fn remedy(code: Code) -> Remedy {
    match code {
        Code::VersionsDiffer | Code::Internal | Code::OutOfMemory => Remedy::Reload,
        Code::Unsupported | Code::PeerBroke | Code::RelayAltered | Code::WordsDiffer => Remedy::None,
        _ => Remedy::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_invited_to_try_again_with_someone_who_cheats() {
        for code in [Code::PeerBroke, Code::RelayAltered, Code::WordsDiffer] {
            assert_eq!(remedy(code), Remedy::None);
        }
    }

    #[test]
    fn what_the_network_did_can_be_tried_again() {
        for code in [Code::ConnectionLost, Code::Stalled, Code::ServerUnreachable, Code::PeerLeft] {
            assert_eq!(remedy(code), Remedy::Again);
        }
    }
}

//! Which build this is, and where its source is.

use leptos::prelude::*;

/// The commit that this was built from, where it was known.
const COMMIT: Option<&str> = option_env!("TACIT_COMMIT");
/// Where the source can be read, where that was known.
const SOURCE: Option<&str> = option_env!("TACIT_SOURCE_URL");

/// One line of the foot.
#[component]
pub fn Build() -> impl IntoView {
    let build = format!("Tacit {} · {}", env!("CARGO_PKG_VERSION"), COMMIT.unwrap_or("unknown commit"));
    view! {
        <p class="mono soft">
            {build}
            {SOURCE.map(|url| view! { " · "<a href=url rel="noreferrer">"Source"</a> })}
        </p>
    }
}

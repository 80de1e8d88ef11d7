//! A link as a QR code, for a camera. Always dark on light, because some cameras read nothing else.

use std::fmt::Write as _;

use leptos::prelude::*;
use tacit_meet::Qr;

/// The blank modules that belong around a code.
const QUIET: u32 = 4;

#[component]
pub(crate) fn QrCode(link: Signal<String>) -> impl IntoView {
    move || {
        Qr::of(&link.get()).map(|qr| {
            let side = qr.size() + 2 * QUIET;
            view! {
                <svg class="qr" role="img" aria-label="QR code of the link" viewBox=format!("0 0 {side} {side}")>
                    <path d=path(qr.size(), |x, y| qr.dark(x, y))></path>
                </svg>
            }
        })
    }
}

/// Runs of dark modules as rectangles of one path.
fn path(size: u32, dark: impl Fn(u32, u32) -> bool) -> String {
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let run = (x..size).take_while(|x| dark(*x, y)).count() as u32;
            if run > 0 {
                // Writing to a string does not fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_rectangles_inside_the_quiet_zone() {
        let rows = ["##.", "..#", "..."];
        let dark = |x: u32, y: u32| rows[y as usize].as_bytes()[x as usize] == b'#';
        assert_eq!(path(3, dark), "M4 4h2v1h-2zM6 5h1v1h-1z");
    }
}

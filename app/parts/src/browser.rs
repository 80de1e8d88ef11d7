//! What the parts, and both programs, ask of their browser.

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;

/// A panic stops this program for good: say so where the page was, instead of leaving it dead.
pub fn show_panics() {
    std::panic::set_hook(Box::new(|info| {
        leptos::logging::error!("{info}");
        if let Some(broken) = document().get_element_by_id("broken") {
            broken.remove_attribute("hidden").ok();
        }
    }));
}

/// Takes away what was shown while the program was loading.
pub fn page_is_up() {
    if let Some(loading) = document().get_element_by_id("loading") {
        loading.remove();
    }
}

/// Uniform bytes from the browser.
pub fn random_bytes() -> impl FnMut() -> u8 {
    let mut pool = [0; 1024];
    let mut used = pool.len();
    move || {
        if used == pool.len() {
            // Noise that were not random would be a lie on the screen; the browser always has some.
            getrandom::fill(&mut pool).expect("a browser has random bytes");
            used = 0;
        }
        used += 1;
        pool[used - 1]
    }
}

/// Whether the person asked for less motion.
pub fn wants_less_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Calls `then` whenever the person's colour scheme changes, for as long as the page lives.
pub fn on_scheme_change(then: impl Fn() + 'static) {
    if let Ok(Some(list)) = window().match_media("(prefers-color-scheme: dark)") {
        let then = wasm_bindgen::closure::Closure::<dyn Fn()>::new(then);
        list.set_onchange(Some(then.as_ref().unchecked_ref()));
        // Both live as long as the page.
        then.forget();
        std::mem::forget(list);
    }
}

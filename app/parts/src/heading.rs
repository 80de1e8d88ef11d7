//! The heading of a screen. It takes the focus when the screen comes, so that a screen reader reads on from there; on one side of a
//! rehearsal only when what had the focus went away, for the person may be busy on the other side.

use leptos::html::{H1, H2};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::{Aside, Opening};

#[component]
pub fn Heading(#[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    let Opening(opening) = expect_context();
    if use_context::<Aside>().is_some() {
        // A side of a rehearsal is a part of a page that has its own heading.
        let node = NodeRef::<H2>::new();
        Effect::new(move |_| {
            if let Some(heading) = node.get()
                && !opening.get_untracked()
                && nothing_has_the_focus()
            {
                focus(&heading);
            }
        });
        let class = format!("screen-heading {class}");
        return view! { <h2 class=class tabindex="-1" node_ref=node>{children()}</h2> }.into_any();
    }
    let node = NodeRef::<H1>::new();
    Effect::new(move |_| {
        if let Some(heading) = node.get()
            && !opening.get_untracked()
        {
            focus(&heading);
        }
    });
    view! { <h1 class=class tabindex="-1" node_ref=node>{children()}</h1> }.into_any()
}

/// Whether what had the focus is gone.
fn nothing_has_the_focus() -> bool {
    let document = document();
    document.active_element().is_none_or(|element| document.body().is_some_and(|body| *body == element))
}

/// Without scrolling: the page is at its top already, and should stay there.
fn focus(heading: &web_sys::HtmlElement) {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"preventScroll".into(), &JsValue::TRUE).ok();
    if let Ok(focus) = js_sys::Reflect::get(heading, &"focus".into()) {
        let focus: js_sys::Function = focus.into();
        focus.call1(heading, &options).ok();
    }
}

//! The heading of a screen. It takes the focus when the screen comes, so that a screen reader reads on from there.

use leptos::html::H1;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::Opening;

#[component]
pub fn Heading(#[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    let node = NodeRef::<H1>::new();
    let Opening(opening) = expect_context();
    Effect::new(move |_| {
        if let Some(heading) = node.get()
            && !opening.get_untracked()
        {
            focus(&heading);
        }
    });
    view! { <h1 class=class tabindex="-1" node_ref=node>{children()}</h1> }
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

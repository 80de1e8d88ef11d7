//! The few things that the page asks of its browser.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::{document, window};
use tacit_meet::Address;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlAnchorElement, Url};

pub(crate) mod image;
pub(crate) mod reader;

/// What this browser lacks, if anything.
pub(crate) fn missing() -> Option<&'static str> {
    let has = |name: &str| Reflect::has(&window(), &JsValue::from_str(name)).unwrap_or(false);
    if !window().is_secure_context() {
        Some("the page is not in a secure context")
    } else if !has("RTCPeerConnection") {
        Some("there is no RTCPeerConnection")
    } else if !has("Worker") {
        Some("there is no Worker")
    } else {
        None
    }
}

/// On what this page is asked to compute, by `?compute=gpu` or `?compute=cpu`; nothing where it is left to it.
pub(crate) fn compute() -> &'static str {
    match (asks("compute=gpu"), asks("compute=cpu")) {
        (true, false) => "gpu",
        (false, true) => "cpu",
        _ => "",
    }
}

/// Whether this page is asked to connect through a relay only, by `?path=relayed`.
pub(crate) fn relay_only() -> bool {
    asks("path=relayed")
}

fn asks(what: &str) -> bool {
    let query = window().location().search().unwrap_or_default();
    query.trim_start_matches('?').split('&').any(|part| part == what)
}

/// Where this page is, without query and fragment: what an invite's link begins with.
pub(crate) fn address() -> String {
    let location = window().location();
    format!("{}{}", location.origin().unwrap_or_default(), location.pathname().unwrap_or_default())
}

/// Whether this page came from the server at this address.
pub(crate) fn is_from(address: &Address) -> bool {
    let here = window().location().host().unwrap_or_default();
    // Of a name in other letters than English ones, the browser knows the form that it shows here.
    let is_named = || Url::new(&format!("https://{}", address.host())).is_ok_and(|url| url.host() == here);
    address.is_at(&here) || is_named()
}

/// Takes the fragment out of the address bar and the history, where a secret must not stay; `None` if there is none.
pub(crate) fn take_fragment() -> Option<String> {
    let fragment = window().location().hash().ok().filter(|hash| hash.len() > 1)?;
    // The whole address: a path that begins with two slashes would name another server by itself.
    let rest = address() + &window().location().search().unwrap_or_default();
    if let Ok(history) = window().history() {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&rest)).ok();
    }
    Some(fragment)
}

/// Puts text on the clipboard; whether that worked.
pub(crate) async fn copy(text: &str) -> bool {
    // Not there outside of a secure context.
    let navigator = JsValue::from(window().navigator());
    match method(&navigator, &["clipboard", "writeText"]) {
        Some((clipboard, write)) => settled(write.call1(&clipboard, &text.into())).await.is_some(),
        None => false,
    }
}

/// Hands a text to the person as a file.
pub(crate) fn save(name: &str, kind: &str, text: &str) {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let saved = Blob::new_with_str_sequence_and_options(&parts, &options).and_then(|blob| {
        let url = Url::create_object_url_with_blob(&blob)?;
        let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
        // The download has its own hold on the blob by now.
        Url::revoke_object_url(&url)
    });
    // A browser that saves nothing says so itself.
    drop(saved);
}

/// Whether the browser can hand a link to another program.
pub(crate) fn can_share() -> bool {
    method(&window().navigator().into(), &["share"]).is_some()
}

/// Opens the browser's own way to hand a link on, with a few words. What the person does there is theirs.
pub(crate) async fn share(text: &str, link: &str) {
    let data = js_sys::Object::new();
    for (key, value) in [("title", "Tacit"), ("text", text), ("url", link)] {
        Reflect::set(&data, &key.into(), &value.into()).ok();
    }
    if let Some((navigator, share)) = method(&window().navigator().into(), &["share"]) {
        settled(share.call1(&navigator, &data)).await;
    }
}

/// Keeps the screen on while it lives.
pub(crate) struct Awake(JsValue);

impl Awake {
    /// `None` where the browser cannot or will not.
    pub(crate) async fn ask() -> Option<Self> {
        let (lock, request) = method(&window().navigator().into(), &["wakeLock", "request"])?;
        settled(request.call1(&lock, &"screen".into())).await.map(Self)
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        if let Some((sentinel, release)) = method(&self.0, &["release"])
            && let Ok(promise) = release.call0(&sentinel)
        {
            wasm_bindgen_futures::spawn_local(async move {
                settled(Ok(promise)).await;
            });
        }
    }
}

/// The method at the end of `path`, and what it is to be called on.
fn method(start: &JsValue, path: &[&str]) -> Option<(JsValue, Function)> {
    let mut on = start.clone();
    let (name, way) = path.split_last()?;
    for step in way {
        on = Reflect::get(&on, &(*step).into()).ok().filter(JsValue::is_object)?;
    }
    let method = Reflect::get(&on, &(*name).into()).ok()?.dyn_into().ok()?;
    Some((on, method))
}

/// What a promise came to; `None` when it was refused.
async fn settled(promise: Result<JsValue, JsValue>) -> Option<JsValue> {
    settled_or(promise).await.ok()
}

/// What a promise came to, or why it was refused.
async fn settled_or(promise: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?.dyn_into::<Promise>()?).await
}

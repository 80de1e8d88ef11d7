//! Where else a picture comes from: a file, dropped or pasted, or the camera.

use leptos::html::{Dialog, Video};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::easel::Easel;
use crate::browser::image::{self, Camera};
use crate::browser::reader::Source;
use crate::page::page;
use crate::parts::given::on_files;

/// What browsers are told that we take; whatever comes is looked at anyway.
const KINDS: &str = "image/png,image/jpeg,image/webp,image/gif,image/bmp";

#[component]
pub(super) fn Sources(easel: Easel) -> impl IntoView {
    let choose = move |event: leptos::ev::Event| {
        let files = image::chosen(&event_target(&event));
        if !files.is_empty() {
            easel.take(files.into_iter().map(Source::File).collect());
        }
    };
    // So that the same file can be chosen once more.
    let forget = move |event: leptos::ev::MouseEvent| event_target::<web_sys::HtmlInputElement>(&event).set_value("");
    on_files(move |files| easel.take(files.into_iter().map(Source::File).collect()));
    let takes_several = easel.places > 1;
    let (name, hint) = match takes_several {
        false => ("Picture file", "Or drop a picture anywhere on this page, or paste one."),
        true => ("Picture files", "Or drop pictures anywhere on this page, or paste them."),
    };
    view! {
        <section class="card stack" aria-label="A picture from elsewhere">
            <div class="sources">
                <div class="file-field">
                    <label for=page().id("picture-file")>{name}</label>
                    <input
                        id=page().id("picture-file")
                        class="file"
                        type="file"
                        accept=KINDS
                        multiple=takes_several
                        aria-describedby=page().id("picture-hint picture-error")
                        on:click=forget
                        on:change=choose
                    />
                </div>
                <Show when=Camera::is_there>
                    <Shot easel/>
                </Show>
            </div>
            <p class="soft note" id=page().id("picture-hint")>{hint}</p>
            <p class="soft loading-line" role="status">
                {move || easel.is_loading.get().then_some("Opening the picture …")}
            </p>
        </section>
    }
}

/// The camera, from when it is asked for until the picture is taken.
#[component]
fn Shot(easel: Easel) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let video = NodeRef::<Video>::new();
    let camera = StoredValue::new_local(None::<Camera>);
    let is_asking = RwSignal::new(false);
    let is_wanted = StoredValue::new(false);
    let stop = move || {
        is_wanted.set_value(false);
        camera.update_value(|camera| drop(camera.take()));
    };
    let open = move |_| {
        is_asking.set(true);
        is_wanted.set_value(true);
        spawn_local(async move {
            let opened = Camera::open().await;
            // Whoever has left meanwhile wants no camera: it goes off again at once.
            if is_wanted.try_get_value() != Some(true) {
                return;
            }
            is_asking.set(false);
            match (opened, dialog.get_untracked(), video.get_untracked()) {
                (Ok(opened), Some(dialog), Some(video)) if dialog.show_modal().is_ok() => {
                    opened.show_in(&video);
                    camera.set_value(Some(opened));
                }
                (Err(wrong), ..) => easel.wrong.set(Some(wrong.into())),
                _ => {}
            }
        });
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let take = move |_| {
        if let Some(shot) = video.get_untracked().and_then(|video| image::snapshot(&video)) {
            easel.take(vec![Source::Camera(shot)]);
            close();
        }
    };
    on_cleanup(stop);
    view! {
        <button type="button" class="second" disabled=move || is_asking.get() on:click=open>"Use the camera"</button>
        <dialog class="dialog camera" node_ref=dialog aria-labelledby=page().id("camera-title") on:close=move |_| stop()>
            <h2 id=page().id("camera-title")>"Hold it in the middle"</h2>
            // There is nothing to hear in it.
            <video node_ref=video autoplay playsinline muted aria-label="What the camera sees"></video>
            <p class="soft">"The picture stays in this browser. The camera goes off as soon as you have taken it."</p>
            <div class="actions">
                <button type="button" class="main" on:click=take>"Take the picture"</button>
                <button type="button" class="second" on:click=move |_| close()>"Cancel"</button>
            </div>
        </dialog>
    }
}

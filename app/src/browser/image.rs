//! Pictures and files, as a browser has them.

use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::{document, window};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{
    Blob, CanvasRenderingContext2d, DataTransfer, File, FileList, HtmlCanvasElement, HtmlInputElement, ImageData,
    Response,
};

use super::{settled, settled_or};
use tacit_picture::PHOTO_SIDE;

/// The bytes of a file; `None` when it cannot be read (it was moved, say).
pub(crate) async fn bytes(blob: &Blob) -> Option<Vec<u8>> {
    let buffer: ArrayBuffer = settled(Ok(blob.array_buffer().into())).await?.dyn_into().ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// The bytes of a file beside this page; `None` when they do not come.
pub(crate) async fn fetch(path: &str) -> Option<Vec<u8>> {
    let response: Response = settled(Ok(window().fetch_with_str(path).into())).await?.dyn_into().ok()?;
    let buffer: ArrayBuffer = settled(response.array_buffer().map(Into::into)).await?.dyn_into().ok()?;
    response.ok().then(|| Uint8Array::new(&buffer).to_vec())
}

/// The files that were chosen in a field.
pub(crate) fn chosen(field: &HtmlInputElement) -> Vec<File> {
    field.files().as_ref().map(each).unwrap_or_default()
}

/// The files among what was dropped or pasted.
pub(crate) fn dropped(data: Option<DataTransfer>) -> Vec<File> {
    data.and_then(|data| data.files()).as_ref().map(each).unwrap_or_default()
}

fn each(list: &FileList) -> Vec<File> {
    (0..list.length()).filter_map(|i| list.get(i)).collect()
}

/// Where to draw on a canvas.
pub(crate) fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// Shows pixels (red, green, blue and opacity of each) on a canvas of just their size.
pub(crate) fn show(canvas: &HtmlCanvasElement, width: usize, height: usize, rgba: &[u8]) -> Option<()> {
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    canvas.set_width(width);
    canvas.set_height(height);
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height).ok()?;
    context(canvas)?.put_image_data(&data, 0.0, 0.0).ok()
}

/// A camera that is on. Dropping it turns it off.
pub(crate) struct Camera(JsValue);

impl Camera {
    /// Whether there is any use in asking.
    pub(crate) fn is_there() -> bool {
        super::method(&window().navigator().into(), &["mediaDevices", "getUserMedia"]).is_some()
    }

    /// Asks the person for the camera, the one at the back if there are two.
    ///
    /// # Errors
    /// What happened and what to do, for a person.
    pub(crate) async fn open() -> Result<Self, &'static str> {
        const NONE: &str = "There is no camera that this page can use. Choose a file instead.";
        let (devices, ask) =
            super::method(&window().navigator().into(), &["mediaDevices", "getUserMedia"]).ok_or(NONE)?;
        // A constant that is right JSON.
        let wanted =
            js_sys::JSON::parse(r#"{"audio":false,"video":{"facingMode":"environment"}}"#).map_err(|_| NONE)?;
        settled_or(ask.call1(&devices, &wanted)).await.map(Self).map_err(|error| {
            let name = js_sys::Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
            match name.as_deref() {
                Some("NotAllowedError") => "Your browser did not let this page use the camera. Choose a file instead.",
                Some("NotReadableError") => "Another program is using the camera. Close it, or choose a file.",
                _ => NONE,
            }
        })
    }

    /// Shows what it sees.
    pub(crate) fn show_in(&self, video: &web_sys::HtmlVideoElement) {
        js_sys::Reflect::set(video, &"srcObject".into(), &self.0).ok();
        if let Ok(playing) = video.play() {
            wasm_bindgen_futures::spawn_local(async move {
                settled(Ok(playing.into())).await;
            });
        }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        if let Some((stream, tracks)) = super::method(&self.0, &["getTracks"])
            && let Ok(tracks) = tracks.call0(&stream)
        {
            for track in js_sys::Array::from(&tracks).iter() {
                if let Some((track, stop)) = super::method(&track, &["stop"]) {
                    stop.call0(&track).ok();
                }
            }
        }
    }
}

/// What a camera showed.
pub(crate) struct Shot {
    pub(super) width: u32,
    /// Red, green, blue and opacity of each pixel, as a canvas has them.
    pub(super) rgba: JsValue,
}

/// What a camera shows now, made smaller where it is very large; `None` before there is anything.
pub(crate) fn snapshot(video: &web_sys::HtmlVideoElement) -> Option<Shot> {
    let (width, height) = (f64::from(video.video_width()), f64::from(video.video_height()));
    if width == 0.0 || height == 0.0 {
        return None;
    }
    let scale = (PHOTO_SIDE as f64 / width.max(height)).min(1.0);
    let side = |length: f64| (length * scale).round().max(1.0);
    let (wide, high) = (side(width), side(height));
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(wide as u32);
    canvas.set_height(high as u32);
    let context = context(&canvas)?;
    context.set_image_smoothing_enabled(true);
    js_sys::Reflect::set(&context, &"imageSmoothingQuality".into(), &"high".into()).ok();
    context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, wide, high).ok()?;
    let pixels = context.get_image_data(0.0, 0.0, wide, high).ok()?;
    let rgba = js_sys::Reflect::get(&pixels, &"data".into()).ok()?;
    Some(Shot { width: wide as u32, rgba })
}

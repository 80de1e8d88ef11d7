//! The reader of pictures (`app/reader`): a worker with a program of its own, which lives for one
//! picture.

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use tacit_picture::{Fit, MOST_BYTES};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent, Worker};

use super::image::Shot;
use super::settled;

/// What Trunk calls the reader's loader.
const SCRIPT: &str = "/tacit-reader_loader.js";

/// Where a picture comes from.
pub(crate) enum Source {
    File(web_sys::File),
    Camera(Shot),
}

/// A picture that was read, and what a model gets of it.
pub(crate) struct Photo {
    pub(crate) width: usize,
    /// Red, green, blue and opacity of each pixel.
    pub(crate) rgba: Vec<u8>,
    /// For each fit: whether dark and light change places by themselves.
    inverted: Vec<bool>,
    /// For each fit: as it is, and with dark and light in each other's places.
    views: Vec<Option<View>>,
}

/// What a model gets.
pub(crate) struct View {
    pub(crate) pixels: Vec<u8>,
    /// What may be wrong with it, in sentences.
    pub(crate) doubts: String,
}

impl Photo {
    pub(crate) fn height(&self) -> usize {
        self.rgba.len() / 4 / self.width.max(1)
    }

    /// Whether dark and light change places, where nobody asks for either.
    pub(crate) fn is_inverted(&self, fit: Fit) -> bool {
        self.inverted.get(place(fit)) == Some(&true)
    }

    /// `None` where nothing stands out.
    pub(crate) fn view(&self, fit: Fit, is_inverted: bool) -> Option<&View> {
        self.views.get(2 * place(fit) + usize::from(is_inverted))?.as_ref()
    }
}

fn place(fit: Fit) -> usize {
    Fit::ALL.iter().position(|one| *one == fit).unwrap_or_default()
}

/// Reads a picture for a model that takes pictures of `shape`.
///
/// # Errors
/// What is wrong and what to do, for a person.
pub(crate) async fn read(source: &Source, shape: [usize; 3]) -> Result<Photo, String> {
    let answer = asked(source, shape).await;
    let get = |name: &str| answer.as_ref().map(|answer| field(answer, name)).unwrap_or_default();
    if let Some(refused) = get("refused").as_string() {
        return Err(refused);
    }
    photo(get).ok_or_else(|| "This picture could not be opened here. Try again, or take another one.".into())
}

/// What the reader answers; `None` when there is no answer.
async fn asked(source: &Source, shape: [usize; 3]) -> Option<JsValue> {
    let (message, transfer) = (Object::new(), Array::new());
    // Setting a property of a fresh object does not fail.
    let set = |name: &str, value: &JsValue| drop(Reflect::set(&message, &name.into(), value));
    set("shape", &shape.into_iter().map(|length| JsValue::from(length as f64)).collect::<Array>());
    match source {
        Source::File(file) => {
            // Of one that is too large, enough to say so.
            let start: Blob = file.slice_with_f64_and_f64(0.0, MOST_BYTES as f64 + 1.0).ok()?;
            let bytes = settled(Ok(start.array_buffer().into())).await?;
            transfer.push(&bytes);
            set("file", &bytes);
        }
        Source::Camera(shot) => {
            set("rgba", &shot.rgba);
            set("width", &shot.width.into());
        }
    }
    let worker = Worker::new(SCRIPT).ok()?;
    let answered = Promise::new(&mut |resolve, reject| {
        worker.set_onmessage(Some(&resolve));
        worker.set_onerror(Some(&reject));
    });
    worker.post_message_with_transfer(&message, &transfer).ok()?;
    let answer = settled(Ok(answered.into())).await;
    worker.terminate();
    Some(answer?.dyn_into::<MessageEvent>().ok()?.data())
}

fn photo(get: impl Fn(&str) -> JsValue) -> Option<Photo> {
    let list = |name: &str| get(name).dyn_into::<Array>().ok();
    let bytes = |value: &JsValue| Uint8Array::new(value).to_vec();
    let view = |view: JsValue| {
        let pixels = view.is_object().then(|| bytes(&field(&view, "pixels")))?;
        Some(View { pixels, doubts: field(&view, "doubts").as_string().unwrap_or_default() })
    };
    Some(Photo {
        width: get("width").as_f64()? as usize,
        rgba: bytes(&get("rgba")),
        inverted: list("inverted")?.iter().map(|inverted| inverted.is_truthy()).collect(),
        views: list("views")?.iter().map(view).collect(),
    })
}

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

//! What the loader calls.

use js_sys::{Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use tacit_picture::{Fit, Photo, Refusal, Seen, read};
use wasm_bindgen::prelude::*;

/// Answers the page's message.
#[wasm_bindgen]
pub fn open(message: &JsValue) -> Object {
    let answer = Object::new();
    // Setting a property of a fresh object does not fail.
    let set = |name: &str, value: &JsValue| drop(Reflect::set(&answer, &name.into(), value));
    match photo(message) {
        Ok(photo) => {
            let (width, _, rgba) = photo.pixels();
            let shape = shape(message);
            let inverted = Fit::ALL.map(|fit| JsValue::from(photo.is_inverted(shape, fit)));
            let ways = Fit::ALL.into_iter().flat_map(|fit| [(fit, false), (fit, true)]);
            let views: Array = ways.map(|(fit, is_inverted)| view(photo.seen(shape, fit, is_inverted))).collect();
            set("rgba", &Uint8ClampedArray::from(rgba));
            set("width", &(width as f64).into());
            set("inverted", &inverted.into_iter().collect::<Array>());
            set("views", &views);
        }
        Err(refusal) => set("refused", &refusal.text().into()),
    }
    answer
}

fn photo(message: &JsValue) -> Result<Photo, Refusal> {
    if let Some(file) = bytes(message, "file") {
        return read(&file);
    }
    let rgba = bytes(message, "rgba").ok_or(Refusal::Damaged)?;
    let width = number(&field(message, "width"));
    let height = rgba.len() / 4 / width.max(1);
    Photo::new(width, height, rgba).ok_or(Refusal::Damaged)
}

fn shape(message: &JsValue) -> [usize; 3] {
    let shape = Array::from(&field(message, "shape"));
    [0, 1, 2].map(|i| number(&shape.get(i)))
}

fn view(seen: Option<Seen>) -> JsValue {
    let Some(seen) = seen else { return JsValue::NULL };
    let doubts: Vec<&str> = seen.doubts.iter().map(|doubt| doubt.text()).collect();
    let view = Object::new();
    drop(Reflect::set(&view, &"pixels".into(), &Uint8Array::from(&seen.pixels[..])));
    drop(Reflect::set(&view, &"doubts".into(), &doubts.join(" ").into()));
    view.into()
}

fn bytes(message: &JsValue, name: &str) -> Option<Vec<u8>> {
    let bytes = field(message, name);
    (!bytes.is_undefined()).then(|| Uint8Array::new(&bytes).to_vec())
}

fn number(value: &JsValue) -> usize {
    value.as_f64().unwrap_or_default() as usize
}

fn field(message: &JsValue, name: &str) -> JsValue {
    Reflect::get(message, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

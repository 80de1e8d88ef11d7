//! A drawing with its caption, to be saved for slides: as SVG, or as PNG.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, HtmlImageElement,
};

/// What a drawing's look is made of. A saved drawing has no style sheet, so each of its elements carries these itself.
const LOOK: [&str; 15] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "font-family",
    "font-size",
    "font-weight",
    "letter-spacing",
    "text-anchor",
    "dominant-baseline",
    "visibility",
];

/// As many pixels has the longer side of a saved picture: sharp on a projector.
const PIXELS: f64 = 1920.0;

/// Any `<svg>` with a `viewBox`, its caption, and two buttons that save it as it looks now. `name` is the file's.
#[component]
pub fn Figure(name: &'static str, #[prop(into)] caption: Signal<String>, children: Children) -> impl IntoView {
    let node = NodeRef::<html::Figure>::new();
    let saved = RwSignal::new("");
    let save_svg = move |_| {
        let done = node.get_untracked().and_then(|figure| Drawing::of(&figure)?.save(name));
        saved.set(if done.is_some() { "Saved as SVG." } else { "This browser cannot save it." });
    };
    let save_png = move |_| {
        let drawing = node.get_untracked().and_then(|figure| Drawing::of(&figure));
        spawn_local(async move {
            let done = match drawing {
                Some(drawing) => drawing.save_pixels(name).await.is_ok(),
                None => false,
            };
            saved.set(if done { "Saved as PNG." } else { "This browser cannot save it." });
        });
    };
    view! {
        <figure class="figure" node_ref=node>
            <div class="drawing">{children()}</div>
            <figcaption>
                <p>{move || caption.get()}</p>
                <p class="save">
                    <button type="button" class="quiet" on:click=save_svg>"Save as SVG"</button>
                    <button type="button" class="quiet" on:click=save_png>"Save as PNG"</button>
                    <span class="unseen" role="status">{move || saved.get()}</span>
                </p>
            </figcaption>
        </figure>
    }
}

/// A drawing that needs nothing of the page any more.
struct Drawing {
    text: String,
    width: f64,
    height: f64,
}

impl Drawing {
    /// The figure's drawing as it looks now, on the page's paper.
    fn of(figure: &HtmlElement) -> Option<Self> {
        let svg = figure.query_selector(".drawing svg").ok()??;
        let frame = svg.get_attribute("viewBox")?;
        let [left, top, width, height] = frame
            .split([' ', ','])
            .filter(|part| !part.is_empty())
            // The browser reads them: the tables for it would be a good part of a small program.
            .map(js_sys::parse_float)
            .collect::<Vec<_>>()
            .try_into()
            .ok()?;
        let copy: Element = svg.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
        dress(&svg, &copy)?;
        let (originals, copies) = (svg.query_selector_all("*").ok()?, copy.query_selector_all("*").ok()?);
        for at in 0..originals.length() {
            let (original, copy) = (originals.get(at)?.dyn_into().ok()?, copies.get(at)?.dyn_into().ok()?);
            dress(&original, &copy)?;
        }
        let paper = window()
            .get_computed_style(document().document_element().as_ref()?)
            .ok()??
            .get_property_value("background-color")
            .ok()?;
        let sheet = document().create_element_ns(Some("http://www.w3.org/2000/svg"), "rect").ok()?;
        let place = [("x", left), ("y", top), ("width", width), ("height", height)];
        for (name, value) in place {
            sheet.set_attribute(name, &value.to_string()).ok()?;
        }
        sheet.set_attribute("fill", &paper).ok()?;
        copy.insert_before(&sheet, copy.first_child().as_ref()).ok()?;
        copy.set_attribute("width", &width.to_string()).ok()?;
        copy.set_attribute("height", &height.to_string()).ok()?;
        let text = web_sys::XmlSerializer::new().ok()?.serialize_to_string(&copy).ok()?;
        Some(Self { text, width, height })
    }

    fn blob(&self) -> Option<Blob> {
        let kind = BlobPropertyBag::new();
        kind.set_type("image/svg+xml");
        let parts = js_sys::Array::of1(&self.text.as_str().into());
        Blob::new_with_str_sequence_and_options(&parts, &kind).ok()
    }

    fn save(&self, name: &str) -> Option<()> {
        download(&self.blob()?, &format!("{name}.svg"))
    }

    async fn save_pixels(&self, name: &str) -> Result<(), JsValue> {
        let blob = self.blob().ok_or(JsValue::NULL)?;
        let url = web_sys::Url::create_object_url_with_blob(&blob)?;
        let image = HtmlImageElement::new()?;
        image.set_src(&url);
        let loaded = JsFuture::from(image.decode()).await;
        web_sys::Url::revoke_object_url(&url)?;
        loaded?;
        let scale = PIXELS / self.width.max(self.height);
        let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
        canvas.set_width((self.width * scale).round() as u32);
        canvas.set_height((self.height * scale).round() as u32);
        let context: CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
        let (wide, high) = (canvas.width().into(), canvas.height().into());
        context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, wide, high)?;
        let made = js_sys::Promise::new(&mut |resolve, reject| {
            if canvas.to_blob(&resolve).is_err() {
                reject.call0(&JsValue::NULL).ok();
            }
        });
        let blob: Blob = JsFuture::from(made).await?.dyn_into()?;
        download(&blob, &format!("{name}.png")).ok_or(JsValue::NULL)
    }
}

/// Gives `copy` the look that `original` has on the page.
fn dress(original: &Element, copy: &Element) -> Option<()> {
    let look = window().get_computed_style(original).ok()??;
    for name in LOOK {
        let value = look.get_property_value(name).ok()?;
        if !value.is_empty() {
            copy.set_attribute(name, &value).ok()?;
        }
    }
    copy.remove_attribute("class").ok()?;
    copy.remove_attribute("style").ok()?;
    // It is no attribute of its own; set so, the page's policy has nothing against it.
    let blend = look.get_property_value("mix-blend-mode").ok()?;
    if blend != "normal" && !blend.is_empty() {
        copy.dyn_ref::<web_sys::SvgElement>()?.style().set_property("mix-blend-mode", &blend).ok()?;
    }
    Some(())
}

/// Hands a file to the person.
fn download(blob: &Blob, name: &str) -> Option<()> {
    let url = web_sys::Url::create_object_url_with_blob(blob).ok()?;
    let link: web_sys::HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser may still be reading it.
    set_timeout(
        move || {
            web_sys::Url::revoke_object_url(&url).ok();
        },
        std::time::Duration::from_secs(60),
    );
    Some(())
}

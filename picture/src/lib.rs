//! Turns a drawing or a picture file into the pixels of a model's input: mathematics only, without
//! any browser.
//!
//! Models were trained on pictures that had been prepared in a certain way, and recognise little in
//! others. So every input is prepared the same way ([`Fit`]), and the result is shown before it is
//! used. Files are read here and nowhere else ([`read()`]): a picture is the same one at the page
//! and in the terminal.

mod doubt;
mod drawing;
mod file;
mod fit;
mod ground;
mod ink;
mod photo;
mod pieces;
mod read;
mod sheet;
mod writing;

pub use doubt::Doubt;
pub use drawing::{Drawing, Point};
pub use file::{BLANK, MOST_BYTES, Refusal, inspect};
pub use fit::Fit;
pub use photo::{PHOTO_SIDE, Photo, Seen};
pub use read::read;

/// Returns the pixels of a drawing for a model that takes pictures of `shape` (channels, rows,
/// columns), channel by channel; `None` if nothing was drawn.
pub fn drawn(drawing: &Drawing, shape: [usize; 3], fit: Fit) -> Option<Vec<u8>> {
    let [channels, height, width] = shape;
    if drawing.is_empty() {
        return None;
    }
    let plane = match fit {
        Fit::Writing => fit::writing(drawing.ink())?,
        Fit::Thing => fit::thing(drawing.ink())?,
        Fit::Whole => fit::whole(drawing.ink(), width, height),
    };
    Some(fit::bytes(&[plane], channels))
}

//! From what a person draws or chooses to the pixels that a model gets: mathematics only, free of any browser.
//!
//! Models were trained on pictures that had been prepared in a certain way, and see little in
//! others. So what comes in is prepared the same way ([`Fit`]), and what comes out is shown before
//! it is used. Files are read here and nowhere else ([`read()`]): a picture is the same one at the
//! page and in the terminal.

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

/// The pixels of a drawing that a model which takes pictures of `shape` (channels, rows, columns)
/// gets, channel by channel; `None` when nothing was drawn.
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

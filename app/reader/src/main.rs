//! The reader of pictures: a program of its own in a worker, which the page starts for each file.
//! It reads the file as the terminal does, prepares the picture in every way that the model allows,
//! and its memory goes with it.
//!
//! Its loader takes one message and answers with one:
//!
//! | from the page | |
//! |---|---|
//! | `file` | the bytes of a picture file; or |
//! | `rgba`, `width` | the pixels of a camera's picture |
//! | `shape` | channels, rows and columns of the model's pictures |
//!
//! | to the page | |
//! |---|---|
//! | `rgba`, `width` | the picture, as a canvas takes it |
//! | `inverted` | for each [`Fit`](tacit_picture::Fit) whether dark and light change places |
//! | `views` | for each fit, not inverted and inverted: `{ pixels, doubts }` or `null` |
//! | `refused` | instead of these: why not, in sentences |

#[cfg(target_arch = "wasm32")]
pub mod page;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("The reader of pictures runs inside the page. To build and serve the page, run: cargo xtask demo");
    std::process::exit(2);
}

#[cfg(target_arch = "wasm32")]
fn main() {}

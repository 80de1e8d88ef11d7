//! A picture as a model gets it, small.

use leptos::html::Canvas;
use leptos::prelude::*;
use tacit_jobs::Picture;

use crate::browser::image;

/// Its neighbours name it.
pub(crate) fn thumbnail(picture: &Picture) -> impl IntoView + use<> {
    let canvas = NodeRef::<Canvas>::new();
    let [_, height, width] = picture.shape();
    let pixels = rgba(picture.pixels(), height * width);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            image::show(&canvas, width, height, &pixels);
        }
    });
    view! { <canvas class="seen thumbnail" node_ref=canvas aria-hidden="true"></canvas> }
}

/// Pixels channel by channel, as a canvas takes them. One channel is grey; of more than three, three are shown.
pub(crate) fn rgba(pixels: &[u8], area: usize) -> Vec<u8> {
    let channels = pixels.len() / area;
    let channel = |i: usize, c: usize| pixels[c.min(channels - 1) * area + i];
    (0..area).flat_map(|i| [channel(i, 0), channel(i, 1), channel(i, 2), 255]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_and_coloured_pixels_are_shown_in_their_colours() {
        assert_eq!(rgba(&[7, 9], 2), [7, 7, 7, 255, 9, 9, 9, 255]);
        assert_eq!(rgba(&[1, 2, 3, 4, 5, 6], 2), [1, 3, 5, 255, 2, 4, 6, 255]);
        assert_eq!(rgba(&[1, 2], 1), [1, 2, 2, 255]);
    }
}

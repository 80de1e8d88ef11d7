//! A decoded picture, and its preparation for a model.

use image::{DynamicImage, RgbaImage};

use super::doubt::Doubt;
use super::fit::{self, Fit};
use super::ink::Ink;
use super::writing;

/// The maximum of a photo's longer side, in pixels. A larger picture is shrunk when it is read.
pub const PHOTO_SIDE: usize = 1_024;

/// A decoded picture in colour, on an opaque ground.
pub struct Photo {
    width: usize,
    height: usize,
    /// Red, green, blue and opacity of each pixel, row by row.
    rgba: Vec<u8>,
}

/// A picture as a model gets it.
pub struct Seen {
    /// Channel by channel, row by row.
    pub pixels: Vec<u8>,
    /// Reasons why the preparation may have failed.
    pub doubts: Vec<Doubt>,
}

impl Photo {
    /// Lays the pixels on a ground on which they are visible. Returns `None` if the number of bytes
    /// does not match the size, or is zero.
    pub fn new(width: usize, height: usize, mut rgba: Vec<u8>) -> Option<Self> {
        let bytes = width.checked_mul(height)?.checked_mul(4)?;
        if bytes == 0 || bytes != rgba.len() {
            return None;
        }
        lay_on_ground(&mut rgba);
        Some(Self { width, height, rgba })
    }

    /// Its width, its height, and red, green, blue and opacity of each pixel.
    pub fn pixels(&self) -> (usize, usize, &[u8]) {
        (self.width, self.height, &self.rgba)
    }

    pub(super) fn into_image(self) -> Option<DynamicImage> {
        let sides = u32::try_from(self.width).ok().zip(u32::try_from(self.height).ok());
        let (width, height) = sides?;
        RgbaImage::from_raw(width, height, self.rgba).map(DynamicImage::from)
    }

    /// Tells whether dark and light are swapped by default. Models for 28 × 28 grey pixels know
    /// bright things on black, as MNIST and Fashion-MNIST have them; others take pictures as they
    /// are.
    pub fn is_inverted(&self, shape: [usize; 3], fit: Fit) -> bool {
        if !Fit::is_choice(shape) {
            return false;
        }
        match fit {
            Fit::Writing => writing::find(self, None).map_or_else(|| self.is_on_light(), |found| found.is_inverted),
            Fit::Thing | Fit::Whole => self.is_on_light(),
        }
    }

    /// Returns the input for a model that takes pictures of `shape` (channels, rows, columns);
    /// `None` if nothing stands out. `is_inverted` applies to grey pictures.
    pub fn seen(&self, shape: [usize; 3], fit: Fit, is_inverted: bool) -> Option<Seen> {
        let [channels, height, width] = shape;
        let mut doubts = Vec::new();
        let planes = match fit {
            Fit::Writing => {
                let found = writing::find(self, Some(is_inverted))?;
                doubts = found.doubts;
                vec![fit::writing(&found.ink)?]
            }
            Fit::Thing => vec![fit::thing(&fit::lifted(&self.lightness(), is_inverted))?],
            Fit::Whole if channels == 1 => {
                let turned = |light: f32| if is_inverted { 1.0 - light } else { light };
                vec![fit::whole(&self.lightness().map(turned), width, height)]
            }
            Fit::Whole => self.planes().iter().map(|plane| fit::whole(plane, width, height)).collect(),
        };
        Some(Seen { pixels: fit::bytes(&planes, channels), doubts })
    }

    /// Red, green and blue, from 0 to 1.
    pub(super) fn planes(&self) -> [Ink; 3] {
        [0, 1, 2].map(|channel| self.each(|rgb| rgb[channel]))
    }

    /// Computes one number for each pixel.
    fn each(&self, value: impl Fn([f32; 3]) -> f32) -> Ink {
        let of = |pixel: &[u8]| value([0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0));
        Ink::new(self.width, self.height, self.rgba.chunks_exact(4).map(of).collect())
    }

    /// Returns the lightness, weighted as in television (ITU-R BT.601), as the data sets were made.
    fn lightness(&self) -> Ink {
        self.each(|[red, green, blue]| 0.299 * red + 0.587 * green + 0.114 * blue)
    }

    /// Tells whether more of the picture is darker than its background than lighter.
    fn is_on_light(&self) -> bool {
        let lightness = self.lightness();
        let background = lightness.border();
        let beyond = |sign: f32| lightness.values().iter().map(|light| (sign * (light - background)).max(0.0)).sum();
        let (darker, lighter): (f32, f32) = (beyond(-1.0), beyond(1.0));
        darker > lighter
    }
}

/// Makes the pixels opaque. The ground is white, as a page's is, unless hardly anything is visible
/// on it and more is on black.
fn lay_on_ground(rgba: &mut [u8]) {
    /// The minimum difference of a visible pixel from the ground, of 255.
    const SHOWS: u32 = 64;
    /// The share of the opaque pixels, in hundredths, that must be visible on white.
    const ENOUGH: u64 = 3;
    if rgba.chunks_exact(4).all(|pixel| pixel[3] == 255) {
        return;
    }
    let (mut opaque, mut on_white, mut on_black) = (0, 0, 0);
    for pixel in rgba.chunks_exact(4) {
        let alpha = u64::from(pixel[3]);
        let [darkest, lightest] =
            [pixel[..3].iter().min(), pixel[..3].iter().max()].map(|c| u32::from(*c.unwrap_or(&0)));
        opaque += alpha;
        on_white += if 255 - darkest >= SHOWS { alpha } else { 0 };
        on_black += if lightest >= SHOWS { alpha } else { 0 };
    }
    let ground: u32 = if on_white * 100 < opaque * ENOUGH && on_black > on_white { 0 } else { 255 };
    for pixel in rgba.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        for value in &mut pixel[..3] {
            *value = ((u32::from(*value) * alpha + ground * (255 - alpha) + 127) / 255) as u8;
        }
        pixel[3] = 255;
    }
}

#[cfg(test)]
#[path = "photo_tests.rs"]
mod tests;

//! From what a person draws or chooses to the pixels that a model gets: mathematics only, free of any browser.
//!
//! Models were trained on pictures that had been prepared in a certain way, and see little in others. So what comes in is
//! prepared the same way ([`Fit`]), and what comes out is shown before it is used.

mod drawing;
mod file;
mod fit;
mod ink;

pub use drawing::{Drawing, Point};
pub use file::{MOST_BYTES, Refusal, inspect};
pub use fit::Fit;
use ink::Ink;

/// The longer side of a photo that is worked on. What is larger is made smaller when it is decoded.
pub const PHOTO_SIDE: usize = 1_024;

/// A decoded picture in colour, as a canvas gives it.
pub struct Photo {
    width: usize,
    height: usize,
    /// Red, green, blue and opacity of each pixel, row by row.
    rgba: Vec<u8>,
}

impl Photo {
    /// `None` when there are not as many bytes as the size says, or none at all.
    pub fn new(width: usize, height: usize, rgba: Vec<u8>) -> Option<Self> {
        let bytes = width.checked_mul(height)?.checked_mul(4)?;
        (bytes > 0 && bytes == rgba.len()).then_some(Self { width, height, rgba })
    }

    /// Its width, its height, and its bytes.
    pub fn pixels(&self) -> (usize, usize, &[u8]) {
        (self.width, self.height, &self.rgba)
    }

    /// One number for each pixel, from its red, green and blue on white paper.
    fn each(&self, value: impl Fn([f32; 3]) -> f32) -> Ink {
        let on_white = |pixel: &[u8]| {
            let alpha = f32::from(pixel[3]) / 255.0;
            let channel = |c: usize| f32::from(pixel[c]) / 255.0 * alpha + 1.0 - alpha;
            value([channel(0), channel(1), channel(2)])
        };
        Ink::new(self.width, self.height, self.rgba.chunks_exact(4).map(on_white).collect())
    }

    /// Lightness, weighted as television does (ITU-R BT.601), which is what data sets were made with.
    fn lightness(&self) -> Ink {
        self.each(|[red, green, blue]| 0.299 * red + 0.587 * green + 0.114 * blue)
    }

    /// Whether it shows something on a light background.
    pub fn is_on_light(&self) -> bool {
        self.lightness().border() > 0.5
    }
}

/// What a person put in.
pub enum Source<'a> {
    /// By hand.
    Drawn(&'a Drawing),
    /// From a file or a camera.
    Photo {
        /// Its pixels.
        photo: &'a Photo,
        /// Whether dark and light change places. Counts for grey pictures.
        inverted: bool,
    },
}

/// The pixels that a model which takes pictures of `shape` (channels, rows, columns) gets, channel by channel; `None` when
/// there is nothing to see.
pub fn seen(source: &Source<'_>, shape: [usize; 3], fit: Fit) -> Option<Vec<u8>> {
    let [channels, height, width] = shape;
    let planes: Vec<Ink> = match (source, fit) {
        (Source::Drawn(drawing), _) if drawing.is_empty() => return None,
        (Source::Drawn(drawing), Fit::Writing) => vec![fit::writing(drawing.ink())?],
        (Source::Drawn(drawing), Fit::Thing) => vec![fit::thing(drawing.ink())?],
        (Source::Drawn(drawing), Fit::Whole) => vec![fit::whole(drawing.ink(), width, height)],
        (Source::Photo { photo, inverted }, Fit::Writing) => {
            vec![fit::writing(&fit::stretched(&fit::lifted(&photo.lightness(), *inverted)))?]
        }
        (Source::Photo { photo, inverted }, Fit::Thing) => {
            vec![fit::thing(&fit::lifted(&photo.lightness(), *inverted))?]
        }
        (Source::Photo { photo, inverted }, Fit::Whole) if channels == 1 => {
            let turned = |light: f32| if *inverted { 1.0 - light } else { light };
            vec![fit::whole(&photo.lightness().map(turned), width, height)]
        }
        (Source::Photo { photo, .. }, Fit::Whole) => {
            (0..channels).map(|c| fit::whole(&photo.each(|rgb| rgb[c.min(2)]), width, height)).collect()
        }
    };
    // What has no colour is the same in every channel.
    let planes = planes.iter().cycle().take(channels);
    Some(planes.flat_map(|plane| plane.values().iter().map(|v| (v * 255.0).round() as u8)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: usize, height: usize, colour: impl Fn(usize, usize) -> [u8; 4]) -> Photo {
        let pixels = (0..width * height).flat_map(|i| colour(i % width, i / width)).collect();
        Photo::new(width, height, pixels).unwrap()
    }

    #[test]
    fn a_photo_has_as_many_bytes_as_its_size_says() {
        assert!(Photo::new(2, 2, vec![0; 15]).is_none());
        assert!(Photo::new(0, 2, vec![]).is_none());
        assert!(Photo::new(usize::MAX, 2, vec![0; 8]).is_none());
    }

    #[test]
    fn what_is_transparent_is_white() {
        let photo = photo(2, 1, |x, _| if x == 0 { [0, 0, 0, 0] } else { [255, 0, 0, 255] });
        assert!((photo.lightness().at(0, 0) - 1.0).abs() < 1e-6 && (photo.lightness().at(1, 0) - 0.299).abs() < 1e-6);
    }

    #[test]
    fn a_dark_thing_on_white_and_a_bright_one_on_black_look_alike() {
        let inside = |x: usize, y: usize| (10..30).contains(&x) && (20..30).contains(&y);
        let draw = |on: u8, off: u8| {
            photo(60, 50, move |x, y| {
                let v = if inside(x, y) { on } else { off };
                [v, v, v, 255]
            })
        };
        let (dark, bright) = (draw(0, 255), draw(255, 0));
        assert!(dark.is_on_light() && !bright.is_on_light());
        for fit in [Fit::Writing, Fit::Thing] {
            let of = |photo: &Photo| seen(&Source::Photo { photo, inverted: photo.is_on_light() }, [1, 28, 28], fit);
            let pixels = of(&dark).unwrap();
            assert_eq!(Some(&pixels), of(&bright).as_ref());
            let (wide, high) = if fit == Fit::Thing { (28, 14) } else { (20, 10) };
            assert_eq!(pixels.iter().filter(|p| **p == 255).count(), wide * high);
            assert_eq!(pixels.iter().filter(|p| **p == 0).count(), 28 * 28 - wide * high);
        }
    }

    #[test]
    fn colours_come_channel_by_channel() {
        let photo = photo(4, 4, |x, _| if x < 2 { [255, 0, 51, 255] } else { [0, 255, 51, 255] });
        let pixels = seen(&Source::Photo { photo: &photo, inverted: true }, [3, 2, 2], Fit::Whole).unwrap();
        assert_eq!(pixels, [255, 0, 255, 0, 0, 255, 0, 255, 51, 51, 51, 51]);
    }

    #[test]
    fn an_empty_page_shows_nothing() {
        let drawing = Drawing::new();
        assert_eq!(seen(&Source::Drawn(&drawing), [1, 28, 28], Fit::Writing), None);
        let blank = photo(30, 30, |_, _| [255; 4]);
        assert_eq!(seen(&Source::Photo { photo: &blank, inverted: true }, [1, 28, 28], Fit::Thing), None);
    }
}

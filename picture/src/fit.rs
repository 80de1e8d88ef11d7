//! The ways to prepare pictures, each as the data set that it is named after was prepared.

use super::ink::{Area, Ink};

/// The side of the pictures in MNIST and Fashion-MNIST.
const SIDE: usize = 28;
/// The longer side of a digit in MNIST.
const WRITTEN: usize = 20;
/// Values fainter than this are paper.
const FAINT: f32 = 0.1;

/// A way to prepare a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// As MNIST was (LeCun, Bottou, Bengio and Haffner 1998): ink bright on black, its longer side
    /// 20 pixels, its centre of mass in the middle of 28 × 28.
    Writing,
    /// As Fashion-MNIST was (Xiao, Rasul and Vollgraf 2017): bright on black, as large as 28 × 28
    /// allows, in the middle.
    Thing,
    /// The middle of the picture, as much of it as the model's shape allows.
    Whole,
}

impl Fit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Writing, Self::Thing, Self::Whole];

    /// Returns the preparation for a model that takes pictures of `shape` and has these labels: one
    /// that reads single characters was trained on writing.
    pub fn natural(shape: [usize; 3], labels: &[String]) -> Self {
        if !Self::is_choice(shape) {
            Self::Whole
        } else if labels.iter().all(|label| label.chars().count() == 1) {
            Self::Writing
        } else {
            Self::Thing
        }
    }

    /// Tells whether there is more than one preparation for pictures of `shape`.
    pub fn is_choice(shape: [usize; 3]) -> bool {
        shape == [1, SIDE, SIDE]
    }
}

/// See [`Fit::Writing`].
pub(super) fn writing(ink: &Ink) -> Option<Ink> {
    let cut = cut(ink, WRITTEN)?;
    let (x, y) = cut.centre_of_mass();
    let middle = SIDE as f64 / 2.0;
    // Moved by whole pixels, so that no pixel is blurred twice, and never so far that ink is lost.
    Some(cut.placed(middle - x, middle - y, SIDE, SIDE))
}

/// See [`Fit::Thing`].
pub(super) fn thing(ink: &Ink) -> Option<Ink> {
    let cut = cut(ink, SIDE)?;
    let beside = |length: usize| ((SIDE - length) / 2) as f64;
    Some(cut.placed(beside(cut.width()), beside(cut.height()), SIDE, SIDE))
}

/// See [`Fit::Whole`].
pub(super) fn whole(ink: &Ink, width: usize, height: usize) -> Ink {
    let (across, down) = (ink.width() as f64, ink.height() as f64);
    let scale = (across / width as f64).min(down / height as f64);
    let (wide, high) = (scale * width as f64, scale * height as f64);
    let middle = Area { x: (across - wide) / 2.0, y: (down - high) / 2.0, width: wide, height: high };
    ink.resized(middle, width, height)
}

/// Cuts out everything except paper, with its longer side `longer` pixels.
fn cut(ink: &Ink, longer: usize) -> Option<Ink> {
    let bounds = ink.bounds(FAINT)?;
    let scale = longer as f64 / bounds.width.max(bounds.height);
    let side = |length: f64| ((length * scale).round() as usize).clamp(1, longer);
    Some(ink.resized(bounds, side(bounds.width), side(bounds.height)))
}

/// Separates a photo's content from its background, on black: pixels as light as the background
/// become 0, and pixels as far from it as possible become 1.
pub(super) fn lifted(lightness: &Ink, inverted: bool) -> Ink {
    let background = lightness.border();
    let range = if inverted { background } else { 1.0 - background };
    lightness.map(|light| {
        let above = if inverted { background - light } else { light - background };
        let ink = above / range.max(FAINT);
        // Shadows and grain do not belong to the content.
        ((ink - FAINT) / (1.0 - FAINT)).clamp(0.0, 1.0)
    })
}

/// Returns pixels from 0 to 255, channel by channel. A picture without colour is the same in every
/// channel.
pub(super) fn bytes(planes: &[Ink], channels: usize) -> Vec<u8> {
    let planes = planes.iter().cycle().take(channels);
    planes.flat_map(|plane| plane.values().iter().map(|value| (value * 255.0).round() as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with ink on some rectangles: x, y, width, height.
    fn page(width: usize, height: usize, inked: &[[usize; 4]]) -> Ink {
        let mut ink = Ink::blank(width, height);
        for &[x, y, wide, high] in inked {
            for i in 0..wide * high {
                ink.lay(x + i % wide, y + i / wide, 1.0);
            }
        }
        ink
    }

    fn lit(ink: &Ink) -> Area {
        ink.bounds(0.0).unwrap()
    }

    #[test]
    fn writing_has_a_longer_side_of_twenty_wherever_it_stood() {
        for inked in [[10, 20, 100, 40], [150, 200, 50, 20], [3, 3, 5, 2]] {
            let ink = writing(&page(280, 280, &[inked])).unwrap();
            assert_eq!((ink.width(), ink.height()), (28, 28));
            assert_eq!(lit(&ink), Area { x: 4.0, y: 10.0, width: 20.0, height: 8.0 });
            assert!(ink.values().iter().all(|v| *v == 0.0 || (*v - 1.0).abs() < 1e-5));
        }
    }

    #[test]
    fn writing_is_centred_by_its_mass_and_not_by_its_box() {
        // A 7 of a thick bar above and a thin leg at its right: mass at (13.2, 6.8) of 20 × 20.
        let ink = writing(&page(200, 200, &[[0, 0, 200, 50], [150, 50, 50, 150]])).unwrap();
        let (x, y) = ink.centre_of_mass();
        assert!((x - 14.0).abs() <= 0.5 && (y - 14.0).abs() <= 0.5, "{x} {y}");
        assert_eq!(lit(&ink), Area { x: 1.0, y: 7.0, width: 20.0, height: 20.0 });
    }

    #[test]
    fn no_ink_falls_over_the_edge() {
        // Nearly all its mass at the top: in the middle, the foot would stand below the picture.
        let ink = writing(&page(200, 200, &[[0, 0, 100, 20], [0, 20, 1, 180]])).unwrap();
        assert_eq!(lit(&ink).height, 20.0);
        assert_eq!(lit(&ink).y, 8.0);
    }

    #[test]
    fn the_mean_of_a_stroke_and_paper_is_grey() {
        // A stroke of 3 pixels among 40 rows: at half the size it covers one pixel and half of the
        // next.
        let ink = writing(&page(40, 40, &[[0, 0, 1, 40], [39, 0, 1, 40], [0, 10, 40, 3]])).unwrap();
        let (_, y) = cut(&page(40, 40, &[[0, 0, 1, 40], [39, 0, 1, 40], [0, 10, 40, 3]]), 20).unwrap().centre_of_mass();
        let top = (14.0 - y).round() as usize;
        assert_eq!([5, 6, 7].map(|row| ink.at(14, top + row)), [1.0, 0.5, 0.0]);
        assert_eq!(ink.at(4, top), 0.5);
    }

    #[test]
    fn a_thing_is_as_large_as_the_picture_and_in_its_middle() {
        let ink = thing(&page(300, 200, &[[40, 30, 60, 120]])).unwrap();
        assert_eq!(lit(&ink), Area { x: 7.0, y: 0.0, width: 14.0, height: 28.0 });
    }

    #[test]
    fn the_middle_of_a_wide_picture_is_what_a_square_model_gets() {
        let ink = whole(&page(100, 50, &[[25, 0, 50, 50]]), 5, 5);
        assert!(ink.values().iter().all(|v| (*v - 1.0).abs() < 1e-6));
        let ink = whole(&page(100, 50, &[[50, 0, 50, 50]]), 4, 2);
        assert_eq!(ink.values(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_model_that_tells_single_characters_reads_writing() {
        let labels = |labels: &[&str]| labels.iter().map(ToString::to_string).collect::<Vec<_>>();
        let digits = labels(&["0", "1", "2"]);
        assert_eq!(Fit::natural([1, 28, 28], &digits), Fit::Writing);
        assert_eq!(Fit::natural([1, 28, 28], &labels(&["coat", "bag"])), Fit::Thing);
        assert_eq!(Fit::natural([3, 28, 28], &digits), Fit::Whole);
        assert_eq!(Fit::natural([1, 32, 32], &digits), Fit::Whole);
    }
}

//! The labels that the bundled model of digits gives to picture files from the field, and to digits
//! on many grounds.

use std::path::Path;

use tacit_model::Model;
use tacit_model::file::read as read_model;
use tacit_model::float::Evaluator;
use tacit_picture::{Doubt, Fit, Photo, Refusal, Seen, read};

const SHAPE: [usize; 3] = [1, 28, 28];

fn digits() -> Model {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/models/digits.tacit");
    read_model(&std::fs::read(file).unwrap()).unwrap()
}

fn case(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)).unwrap()
}

/// Prepares a picture with the defaults of the page and the terminal.
fn seen(photo: &Photo) -> Option<Seen> {
    photo.seen(SHAPE, Fit::Writing, photo.is_inverted(SHAPE, Fit::Writing))
}

fn label(model: &Model, pixels: &[u8]) -> usize {
    let logits = Evaluator::new(model).unwrap().logits(pixels);
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap()
}

#[test]
fn files_that_people_had_are_read_as_what_they_show() {
    let model = digits();
    for (name, digit) in [
        ("exif3-6.jpg", 6),
        ("exif6-4.jpg", 4),
        ("exif3-6.png", 6),
        ("noeoi-2.jpg", 2),
        ("extraneous-2.jpg", 2),
        ("webp-one-frame-2.webp", 2),
        ("white-on-clear-2.png", 2),
        ("thin-8of620px-4.png", 4),
        ("boardframe-3.jpg", 3),
        ("blackongrey-2.png", 2),
    ] {
        let photo = read(&case(name)).unwrap_or_else(|refusal| panic!("{name}: {}", refusal.text()));
        let seen = seen(&photo).unwrap_or_else(|| panic!("{name}: nothing stands out"));
        assert_eq!(label(&model, &seen.pixels), digit, "{name}");
    }
}

#[test]
fn half_a_file_is_damaged() {
    assert_eq!(read(&case("cut50-2.jpg")).err(), Some(Refusal::Damaged));
}

#[test]
fn a_light_picture_stays_light_for_a_model_of_another_size() {
    let photo = read(&case("bright220.png")).unwrap();
    assert!(!photo.is_inverted([1, 32, 32], Fit::Whole));
    let seen = photo.seen([1, 32, 32], Fit::Whole, false).unwrap();
    let mean = seen.pixels.iter().map(|value| usize::from(*value)).sum::<usize>() / seen.pixels.len();
    assert!(mean > 150, "{mean}");
}

type Colour = [u8; 3];

/// A page on which one writes.
struct Page {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Page {
    fn new(width: usize, height: usize, colour: Colour) -> Self {
        Self { width, height, pixels: vec![colour; width * height] }
    }

    /// Paints every pixel for which `is_inside` holds.
    fn paint(mut self, colour: Colour, is_inside: impl Fn(f32, f32) -> bool) -> Self {
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            if is_inside((i % self.width) as f32 + 0.5, (i / self.width) as f32 + 0.5) {
                *pixel = colour;
            }
        }
        self
    }

    /// Writes a digit into a square, with a pen of width `pen`.
    fn write(self, digit: usize, [x, y, side]: [f32; 3], pen: f32, colour: Colour) -> Self {
        let strokes: &[&[(f32, f32)]] = match digit {
            2 => &[&[(0.25, 0.3), (0.35, 0.15), (0.55, 0.12), (0.7, 0.25), (0.65, 0.42), (0.28, 0.85), (0.75, 0.83)]],
            3 => &[&[
                (0.28, 0.2),
                (0.5, 0.12),
                (0.68, 0.25),
                (0.62, 0.42),
                (0.45, 0.48),
                (0.66, 0.56),
                (0.7, 0.74),
                (0.5, 0.87),
                (0.27, 0.8),
            ]],
            4 => &[&[(0.33, 0.15), (0.25, 0.52), (0.75, 0.5)], &[(0.66, 0.15), (0.6, 0.88)]],
            7 => &[&[(0.25, 0.17), (0.72, 0.15), (0.42, 0.88)]],
            _ => panic!("not here"),
        };
        let far = |px: f32, py: f32| {
            let pairs = strokes.iter().flat_map(|stroke| stroke.windows(2));
            pairs
                .map(|pair| {
                    let [(ax, ay), (bx, by)] = [pair[0], pair[1]].map(|(u, v)| (x + u * side, y + v * side));
                    let (dx, dy) = (bx - ax, by - ay);
                    let along = (((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
                    (px - ax - along * dx).hypot(py - ay - along * dy)
                })
                .fold(f32::MAX, f32::min)
        };
        self.paint(colour, |px, py| far(px, py) <= pen / 2.0)
    }

    /// Applies light to the page: its strength, by the place from 0 to 1.
    fn light(mut self, light: impl Fn(f32, f32) -> f32) -> Self {
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let light =
                light((i % self.width) as f32 / self.width as f32, (i / self.width) as f32 / self.height as f32);
            *pixel = pixel.map(|value| (f32::from(value) * light) as u8);
        }
        self
    }

    fn photo(&self) -> Photo {
        let rgba = self.pixels.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
        Photo::new(self.width, self.height, rgba).unwrap()
    }
}

const WHITE: Colour = [245; 3];
const BLACK: Colour = [15; 3];
const WOOD: Colour = [90, 65, 40];

/// Digits on a page of 600 × 600, each with its pen and its ink.
fn on(page: impl Fn() -> Page, pen: f32, ink: Colour) -> Vec<(usize, Page)> {
    [2, 3, 4, 7].map(|digit| (digit, page().write(digit, [90.0, 90.0, 420.0], pen, ink))).into()
}

fn all_are_read(name: &str, pages: Vec<(usize, Page)>) {
    let model = digits();
    for (digit, page) in pages {
        let seen = seen(&page.photo()).unwrap_or_else(|| panic!("{name}, {digit}: nothing stands out"));
        assert_eq!(label(&model, &seen.pixels), digit, "{name}");
    }
}

#[test]
fn strokes_of_any_width_are_read() {
    for pen in [2.0, 4.0, 8.0, 16.0, 32.0, 50.0] {
        all_are_read(&format!("a pen of {pen}"), on(|| Page::new(600, 600, WHITE), pen, BLACK));
    }
    let small =
        [2, 3, 4, 7].map(|digit| (digit, Page::new(1_000, 700, WHITE).write(digit, [700.0, 80.0, 90.0], 7.0, BLACK)));
    all_are_read("small and in a corner", small.into());
}

#[test]
fn ink_of_any_colour_is_read_on_ground_of_any_other() {
    for (ground, ink) in [
        ([120; 3], [0; 3]),
        ([120; 3], [255; 3]),
        ([60; 3], [0; 3]),
        ([200; 3], [140; 3]),
        ([255; 3], [255, 230, 30]),
        ([255; 3], [250, 120, 170]),
        ([10; 3], [30, 40, 230]),
        ([25, 75, 50], [215; 3]),
        ([50, 150, 65], [205, 40, 40]),
    ] {
        all_are_read(&format!("{ink:?} on {ground:?}"), on(|| Page::new(600, 600, ground), 24.0, ink));
    }
}

#[test]
fn what_lies_around_a_page_is_left_out() {
    for part in [0.01, 0.03, 0.1, 0.2] {
        let rim = part * 600.0;
        for frame in [WOOD, BLACK, [180, 170, 160]] {
            let page = || {
                let inside = move |x: f32, y: f32| x.min(y) > rim && x.max(y) < 600.0 - rim;
                Page::new(600, 600, frame).paint(WHITE, inside)
            };
            let pages = [2, 3, 4, 7].map(|digit| {
                let side = (600.0 - 2.0 * rim) * 0.85;
                (digit, page().write(digit, [300.0 - side / 2.0, 300.0 - side / 2.0, side], side / 18.0, BLACK))
            });
            all_are_read(&format!("a frame of {part}"), pages.into());
        }
    }
    let desk = || Page::new(600, 600, WHITE).paint(WOOD, |x, y| x < 70.0 || y < 50.0);
    all_are_read("a table at two sides", on(desk, 24.0, BLACK));
    let turned = || {
        let (sin, cos) = 0.2_f32.sin_cos();
        Page::new(700, 700, WOOD).paint(WHITE, move |x, y| {
            let (x, y) = (x - 310.0, y - 310.0);
            (x * cos + y * sin).abs() < 230.0 && (y * cos - x * sin).abs() < 240.0
        })
    };
    all_are_read("a sheet that lies askew", on(turned, 22.0, BLACK));
}

#[test]
fn light_that_is_uneven_changes_nothing() {
    let page = || Page::new(600, 600, WHITE);
    let lit = |light: fn(f32, f32) -> f32| {
        on(page, 24.0, BLACK).into_iter().map(|(digit, page)| (digit, page.light(light))).collect::<Vec<_>>()
    };
    all_are_read("a gradient", lit(|x, y| 0.4 + 0.4 * x + 0.2 * y));
    all_are_read("dark corners", lit(|x, y| 1.0 - 1.2 * ((x - 0.5).powi(2) + (y - 0.5).powi(2))));
    all_are_read("a shadow at the rim", lit(|x, _| 1.0 - 0.6 * (1.0 - x / 0.2).max(0.0)));
}

#[test]
fn the_lines_of_a_notebook_are_no_ink() {
    for line in [[190, 210, 240], [140, 165, 215], BLACK] {
        let page = || Page::new(600, 600, WHITE).paint(line, |_, y| y % 48.0 < 2.0);
        all_are_read(&format!("lines of {line:?}"), on(page, 26.0, BLACK));
    }
    let grid = || Page::new(600, 600, WHITE).paint([190, 210, 240], |x, y| x % 40.0 < 2.0 || y % 40.0 < 2.0);
    all_are_read("squares", on(grid, 26.0, BLACK));
}

#[test]
fn what_is_doubtful_is_said() {
    let page = || Page::new(600, 600, WHITE);
    let doubts = |page: Page| seen(&page.photo()).expect("something stands out").doubts;
    assert_eq!(doubts(page().write(3, [90.0, 90.0, 420.0], 24.0, BLACK)), []);
    let faint = Page::new(600, 600, [200; 3]).write(3, [90.0, 90.0, 420.0], 24.0, [170; 3]);
    assert_eq!(doubts(faint), [Doubt::Faint]);
    assert_eq!(doubts(page().write(3, [90.0, 90.0, 420.0], 1.0, BLACK)), [Doubt::Thin]);
    assert_eq!(doubts(page().write(3, [90.0, 90.0, 12.0], 2.0, BLACK)), [Doubt::Small]);
    let two = page().write(3, [10.0, 150.0, 280.0], 24.0, BLACK).write(4, [310.0, 150.0, 280.0], 24.0, BLACK);
    assert_eq!(doubts(two), [Doubt::Pieces]);
    assert_eq!(doubts(page().write(4, [90.0, -60.0, 420.0], 24.0, BLACK)), [Doubt::Rim]);
    assert_eq!(doubts(page().paint(BLACK, |x, y| (x - 300.0).hypot(y - 300.0) < 200.0)), [Doubt::Solid]);
    let framed = Page::new(600, 600, WOOD).paint(WHITE, |x, y| x.min(y) > 60.0 && x.max(y) < 540.0);
    assert_eq!(doubts(framed.write(3, [90.0, 90.0, 420.0], 24.0, BLACK)), [Doubt::Framed]);
}

//! Digits as people draw them with a mouse: a few strokes of a round pen, as even as MNIST's digits never are.
//!
//! They are put into the picture as MNIST's were: the longer side 20 pixels, the centre of mass in the middle.

use fastrand::Rng;

use crate::augment::normal;
use crate::data::{CLASSES, PIXELS, SIDE};

type Point = [f32; 2];

/// The side of the box that a digit fills.
const BOX: f32 = 20.0;
/// Samples of a pixel, and of a stretch between two points of a stroke, along one axis.
const FINE: usize = 4;

/// The strokes of each digit, drawn smoothly through points from [0, 0] at the top left to [1, 1]. A point that is given
/// twice is a corner.
const DIGITS: [&[&[Point]]; CLASSES] = [
    &[&[
        [0.5, 0.0],
        [0.2, 0.15],
        [0.1, 0.5],
        [0.2, 0.85],
        [0.5, 1.0],
        [0.8, 0.85],
        [0.9, 0.5],
        [0.8, 0.15],
        [0.5, 0.0],
    ]],
    &[&[[0.5, 0.0], [0.5, 0.5], [0.5, 1.0]]],
    &[&[
        [0.1, 0.25],
        [0.25, 0.05],
        [0.5, 0.0],
        [0.8, 0.1],
        [0.85, 0.3],
        [0.6, 0.6],
        [0.1, 1.0],
        [0.1, 1.0],
        [0.5, 1.0],
        [0.9, 1.0],
    ]],
    &[&[
        [0.1, 0.1],
        [0.45, 0.0],
        [0.8, 0.12],
        [0.8, 0.35],
        [0.4, 0.47],
        [0.4, 0.47],
        [0.8, 0.6],
        [0.85, 0.85],
        [0.45, 1.0],
        [0.1, 0.9],
    ]],
    &[&[[0.35, 0.0], [0.1, 0.6], [0.1, 0.6], [0.5, 0.6], [0.95, 0.6]], &[[0.7, 0.3], [0.7, 0.65], [0.68, 1.0]]],
    &[
        &[
            [0.25, 0.0],
            [0.2, 0.42],
            [0.2, 0.42],
            [0.5, 0.37],
            [0.8, 0.5],
            [0.85, 0.75],
            [0.6, 0.98],
            [0.3, 1.0],
            [0.1, 0.9],
        ],
        &[[0.25, 0.0], [0.5, 0.0], [0.85, 0.0]],
    ],
    &[&[
        [0.7, 0.0],
        [0.35, 0.2],
        [0.15, 0.55],
        [0.2, 0.88],
        [0.5, 1.0],
        [0.8, 0.85],
        [0.75, 0.6],
        [0.45, 0.52],
        [0.17, 0.7],
    ]],
    &[&[[0.1, 0.03], [0.5, 0.02], [0.9, 0.0], [0.9, 0.0], [0.6, 0.45], [0.4, 1.0]]],
    &[&[
        [0.8, 0.15],
        [0.5, 0.0],
        [0.2, 0.15],
        [0.3, 0.38],
        [0.7, 0.58],
        [0.85, 0.8],
        [0.5, 1.0],
        [0.15, 0.8],
        [0.3, 0.58],
        [0.7, 0.38],
        [0.8, 0.15],
    ]],
    &[&[
        [0.8, 0.2],
        [0.5, 0.0],
        [0.2, 0.12],
        [0.2, 0.38],
        [0.5, 0.48],
        [0.8, 0.3],
        [0.82, 0.15],
        [0.8, 0.6],
        [0.7, 1.0],
    ]],
];

/// A digit, drawn by a hand that is never the same.
pub(crate) fn draw(digit: usize, rng: &mut Rng) -> Vec<u8> {
    let mut within = |least: f32, most: f32| least + (most - least) * rng.f32();
    let (width, slant, radius) = (within(0.5, 0.9), within(-0.1, 0.3), within(0.03, 0.08));
    let mut strokes: Vec<Vec<Point>> = DIGITS[digit]
        .iter()
        .map(|stroke| {
            let mut shake = [0.0; 2];
            let mut before = None;
            let hand = stroke.iter().map(|&[x, y]| {
                if before.replace([x, y]) != Some([x, y]) {
                    shake = [normal(rng) * 0.025, normal(rng) * 0.025];
                }
                let (x, y) = (x + shake[0], y + shake[1]);
                [x * width + slant * (1.0 - y), y]
            });
            smooth(&hand.collect::<Vec<_>>())
        })
        .collect();
    let radius = fit(&mut strokes, radius);
    // Once to find the centre of mass, once to draw with it in the middle.
    let ink = render(&strokes, radius);
    let mass: f32 = ink.iter().sum();
    let centre = |at: fn(usize) -> usize| (0..PIXELS).map(|i| ink[i] * at(i) as f32).sum::<f32>() / mass;
    let middle = (SIDE - 1) as f32 / 2.0;
    let shift = [middle - centre(|i| i % SIDE), middle - centre(|i| i / SIDE)];
    strokes.iter_mut().flatten().for_each(|point| *point = [point[0] + shift[0], point[1] + shift[1]]);
    render(&strokes, radius).iter().map(|ink| (ink * 255.0).round() as u8).collect()
}

/// More points, on a curve through the given ones (Catmull and Rom 1974).
fn smooth(points: &[Point]) -> Vec<Point> {
    let at = |i: usize| points[i.clamp(1, points.len()) - 1];
    let mut curve = Vec::new();
    for i in 1..points.len() {
        let [p, q, r, s] = [i - 1, i, i + 1, i + 2].map(at);
        curve.extend((0..=2 * FINE).map(|k| {
            let t = k as f32 / (2 * FINE) as f32;
            std::array::from_fn(|axis| {
                let [p, q, r, s] = [p[axis], q[axis], r[axis], s[axis]];
                let (b, c) = (r - p, 2.0 * p - 5.0 * q + 4.0 * r - s);
                (2.0 * q + t * (b + t * (c + t * (3.0 * (q - r) + s - p)))) / 2.0
            })
        }));
    }
    curve
}

/// Moves and scales strokes so that they fill the box with their ink, which is `radius` wide on either side. The radius
/// in pixels.
fn fit(strokes: &mut [Vec<Point>], radius: f32) -> f32 {
    let points = || strokes.iter().flatten();
    let ends = [0, 1].map(|axis| {
        let all = || points().map(|point| point[axis]);
        (all().fold(f32::INFINITY, f32::min) - radius, all().fold(f32::NEG_INFINITY, f32::max) + radius)
    });
    let scale = BOX / ends.iter().map(|(least, most)| most - least).fold(0.0, f32::max);
    for point in strokes.iter_mut().flatten() {
        *point = std::array::from_fn(|axis| {
            let (least, most) = ends[axis];
            (point[axis] - (least + most) / 2.0) * scale + (SIDE - 1) as f32 / 2.0
        });
    }
    radius * scale
}

/// The share of each pixel that ink covers.
fn render(strokes: &[Vec<Point>], radius: f32) -> Vec<f32> {
    let fine = |n: usize| (n as f32 + 0.5) / FINE as f32 - 0.5;
    let covered = |x: f32, y: f32| {
        let stretches = strokes.iter().flat_map(|stroke| stroke.array_windows::<2>());
        stretches.into_iter().any(|&[from, to]| distance([x, y], from, to) < radius)
    };
    let pixel = |i: usize| {
        let (x, y) = ((i % SIDE) as f32, (i / SIDE) as f32);
        let samples = (0..FINE * FINE).filter(|s| covered(x + fine(s % FINE), y + fine(s / FINE)));
        samples.count() as f32 / (FINE * FINE) as f32
    };
    (0..PIXELS).map(pixel).collect()
}

fn distance(point: Point, from: Point, to: Point) -> f32 {
    let ([ax, ay], [bx, by]) = ([point[0] - from[0], point[1] - from[1]], [to[0] - from[0], to[1] - from[1]]);
    let along = ((ax * bx + ay * by) / (bx * bx + by * by).max(1e-12)).clamp(0.0, 1.0);
    (ax - along * bx).hypot(ay - along * by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_lie_as_those_of_mnist_do() {
        let mut rng = Rng::with_seed(1);
        for digit in 0..CLASSES {
            let pixels = draw(digit, &mut rng);
            let mass: f32 = pixels.iter().map(|&p| f32::from(p)).sum();
            let centre =
                |at: fn(usize) -> usize| (0..PIXELS).map(|i| f32::from(pixels[i]) * at(i) as f32).sum::<f32>() / mass;
            let middle = (SIDE - 1) as f32 / 2.0;
            assert!((centre(|i| i % SIDE) - middle).abs() < 0.5 && (centre(|i| i / SIDE) - middle).abs() < 0.5);
            let rows = pixels.chunks(SIDE).filter(|row| row.iter().any(|&p| p > 0)).count();
            assert!((19..=22).contains(&rows), "{digit} is {rows} high");
        }
    }
}

//! Pictures as people would make them: moved, turned, slanted, bent, drawn with another pen.

use fastrand::Rng;

use crate::data::{PIXELS, SIDE};

/// How far pictures are changed. Angles in radians, lengths in pixels; each is drawn anew for each picture.
#[derive(Clone, Copy)]
pub(crate) struct Augment {
    /// Shift, at most.
    pub(crate) shift: f32,
    /// Turn, at most.
    pub(crate) turn: f32,
    /// Slant, at most, as the tangent of an angle.
    pub(crate) slant: f32,
    /// The logarithm of the scale, at most, and the same again for its two axes apart.
    pub(crate) scale: f32,
    /// Standard deviation of the bend: a smooth field over a coarse grid.
    pub(crate) bend: f32,
    /// How often the pen is made thicker or thinner.
    pub(crate) pen: f32,
    /// How often the picture is mirrored.
    pub(crate) mirror: f32,
}

/// Points of the bend's grid on each side.
const GRID: usize = 5;

impl Augment {
    /// A changed picture, from 0 to 1.
    pub(crate) fn apply(&self, pixels: &[u8], rng: &mut Rng, out: &mut [f32]) {
        let mut ink = [0f32; PIXELS];
        ink.iter_mut().zip(pixels).for_each(|(ink, &p)| *ink = f32::from(p) / 255.0);
        if rng.f32() < self.pen {
            pen(&mut ink, rng);
        }
        self.warp(&ink, rng, out);
    }

    fn warp(&self, ink: &[f32; PIXELS], rng: &mut Rng, out: &mut [f32]) {
        let mut within = |most: f32| most * (2.0 * rng.f32() - 1.0);
        let (sin, cos) = within(self.turn).sin_cos();
        let (slant, both, apart) = (within(self.slant), within(self.scale), within(self.scale));
        let (sx, sy) = ((both + apart / 2.0).exp(), (both - apart / 2.0).exp());
        let (dx, dy) = (within(self.shift), within(self.shift));
        let mirror = if rng.f32() < self.mirror { -1.0 } else { 1.0 };
        let mut grid = [[0f32; 2]; GRID * GRID];
        if self.bend > 0.0 {
            grid.fill_with(|| [normal(rng) * self.bend, normal(rng) * self.bend]);
        }
        let middle = (SIDE as f32 - 1.0) / 2.0;
        for (y, row) in out.chunks_exact_mut(SIDE).enumerate() {
            let v = y as f32 - middle;
            for (x, out) in row.iter_mut().enumerate() {
                let u = x as f32 - middle;
                let [bend_x, bend_y] = if self.bend > 0.0 { bend(&grid, x, y) } else { [0.0; 2] };
                let from_x = mirror * (cos * u - sin * v + slant * v) * sx + dx + bend_x + middle;
                let from_y = (sin * u + cos * v) * sy + dy + bend_y + middle;
                *out = sample(ink, from_x, from_y);
            }
        }
    }
}

/// Makes strokes thicker or thinner, and the ink as even as that of a mouse.
fn pen(ink: &mut [f32; PIXELS], rng: &mut Rng) {
    let (thicker, amount, gain) = (rng.bool(), rng.f32(), 1.0 + rng.f32());
    let old = *ink;
    for y in 0..SIDE {
        for x in 0..SIDE {
            let mut extreme = old[y * SIDE + x];
            // A stroke that leaves the picture is not thinned by its edge.
            for (x, y) in [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)] {
                if x < SIDE && y < SIDE {
                    let near = old[y * SIDE + x];
                    extreme = if thicker { extreme.max(near) } else { extreme.min(near) };
                }
            }
            let p = &mut ink[y * SIDE + x];
            // Thinning by a whole pixel would take thin strokes away.
            let amount = if thicker { amount } else { amount / 2.0 };
            *p = ((*p + amount * (extreme - *p)) * gain).min(1.0);
        }
    }
}

/// The field between the points of its grid.
fn bend(grid: &[[f32; 2]; GRID * GRID], x: usize, y: usize) -> [f32; 2] {
    let step = (SIDE - 1) as f32 / (GRID - 1) as f32;
    let place = |n: usize| {
        let at = n as f32 / step;
        let cell = (at as usize).min(GRID - 2);
        (cell, at - cell as f32)
    };
    let ((cx, fx), (cy, fy)) = (place(x), place(y));
    let corner = cy * GRID + cx;
    std::array::from_fn(|axis| {
        let at = |i: usize| grid[corner + i][axis];
        let (top, bottom) = (at(0) + fx * (at(1) - at(0)), at(GRID) + fx * (at(GRID + 1) - at(GRID)));
        top + fy * (bottom - top)
    })
}

/// What lies between the pixels; nothing beyond the edge.
fn sample(ink: &[f32; PIXELS], x: f32, y: f32) -> f32 {
    const LAST: f32 = SIDE as f32;
    if !(x > -1.0 && y > -1.0 && x < LAST && y < LAST) {
        return 0.0;
    }
    // One more than the pixel to the left and above, so that it is not negative.
    let (cx, cy) = ((x + 1.0) as usize, (y + 1.0) as usize);
    let (fx, fy) = (x + 1.0 - cx as f32, y + 1.0 - cy as f32);
    let at = |x: usize, y: usize| {
        let inside = (1..=SIDE).contains(&x) && (1..=SIDE).contains(&y);
        if inside { ink[(y - 1) * SIDE + x - 1] } else { 0.0 }
    };
    let (top, bottom) =
        (at(cx, cy) * (1.0 - fx) + at(cx + 1, cy) * fx, at(cx, cy + 1) * (1.0 - fx) + at(cx + 1, cy + 1) * fx);
    top * (1.0 - fy) + bottom * fy
}

/// A standard normal number (Box and Muller 1958).
pub(crate) fn normal(rng: &mut Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.f32()).ln()).sqrt();
    radius * (std::f32::consts::TAU * rng.f32()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Augment = Augment { shift: 0.0, turn: 0.0, slant: 0.0, scale: 0.0, bend: 0.0, pen: 0.0, mirror: 0.0 };

    #[test]
    fn no_change_is_the_picture_itself() {
        let pixels: Vec<u8> = (0..PIXELS).map(|i| (i * 7 % 256) as u8).collect();
        let mut out = [0f32; PIXELS];
        STILL.apply(&pixels, &mut Rng::with_seed(1), &mut out);
        assert!(out.iter().zip(&pixels).all(|(out, &p)| (out - f32::from(p) / 255.0).abs() < 1e-5));
    }

    #[test]
    fn a_mirror_turns_rows_round() {
        let pixels: Vec<u8> = (0..PIXELS).map(|i| (i % SIDE) as u8).collect();
        let mut out = [0f32; PIXELS];
        Augment { mirror: 1.1, ..STILL }.apply(&pixels, &mut Rng::with_seed(1), &mut out);
        assert!((out[0] - 27.0 / 255.0).abs() < 1e-5 && out[SIDE - 1].abs() < 1e-5);
    }

    #[test]
    fn all_changes_stay_between_0_and_1() {
        let wild = Augment { shift: 9.0, turn: 1.0, slant: 0.5, scale: 0.5, bend: 2.0, pen: 1.0, mirror: 0.5 };
        let mut rng = Rng::with_seed(2);
        let mut out = [0f32; PIXELS];
        for _ in 0..100 {
            wild.apply(&[255; PIXELS], &mut rng, &mut out);
            assert!(out.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}

//! The paper below the ink: an estimate of the photo without writing.

use std::collections::VecDeque;

use super::ink::Ink;

/// Terms of a surface: 1, x, y, x², xy, y².
const TERMS: usize = 6;
/// Samples along the longer side.
const SAMPLES: usize = 96;

/// Fits a smooth surface, curved as light falls on paper, to most of a picture and ignores the
/// writing on it (iteratively reweighted least squares). It starts with the colour of the edge.
pub(super) fn smooth(planes: &[Ink; 3]) -> [Ink; 3] {
    let (width, height) = (planes[0].width(), planes[0].height());
    let step = (width.max(height) / SAMPLES).max(1);
    let places: Vec<(usize, [f64; TERMS])> = (step / 2..height)
        .step_by(step)
        .flat_map(|y| (step / 2..width).step_by(step).map(move |x| (x, y)))
        .map(|(x, y)| (y * width + x, terms(x, y, width, height)))
        .collect();
    let mut surfaces = planes.each_ref().map(|plane| {
        let mut surface = [0.0; TERMS];
        surface[0] = f64::from(plane.border());
        surface
    });
    let mut scale = 0.25;
    for _ in 0..10 {
        let off = |(at, terms): &(usize, [f64; TERMS])| {
            let of =
                |(plane, surface): (&Ink, &[f64; TERMS])| (f64::from(plane.values()[*at]) - dot(surface, terms)).abs();
            planes.iter().zip(&surfaces).map(of).fold(0.0, f64::max)
        };
        let off: Vec<f64> = places.iter().map(off).collect();
        let weights: Vec<f64> = off.iter().map(|off| (1.0 + (off / scale).powi(2)).powi(-2)).collect();
        for (plane, surface) in planes.iter().zip(&mut surfaces) {
            let wanted = |at: usize| f64::from(plane.values()[at]);
            if let Some(better) = fitted(&places, &weights, wanted) {
                *surface = better;
            }
        }
        let mut sorted = off;
        sorted.sort_unstable_by(f64::total_cmp);
        scale = (2.5 * sorted[sorted.len() * 2 / 5]).clamp(0.03, 0.25);
    }
    surfaces.map(|surface| {
        let at = |i: usize| dot(&surface, &terms(i % width, i / width, width, height)).clamp(0.0, 1.0) as f32;
        Ink::new(width, height, (0..width * height).map(at).collect())
    })
}

/// Estimates a ground that also follows shadows with an edge: the picture without structures that
/// are narrower than `2 · radius` and darker than their surroundings, or lighter (morphological
/// closing). It starts from the smooth ground, so that a gradient has no edge at the border.
pub(super) fn closed(planes: &[Ink; 3], smooth: &[Ink; 3], radius: usize, is_dark: bool) -> [Ink; 3] {
    let sign = if is_dark { 1.0 } else { -1.0 };
    std::array::from_fn(|channel| {
        let (plane, smooth) = (&planes[channel], &smooth[channel]);
        let off = plane.zip(smooth, |value, ground| sign * (value - ground));
        let (width, height) = (off.width(), off.height());
        let wide = Ink::new(width + 2 * radius, height + 2 * radius, filtered(&off, radius, true));
        let closed = Ink::new(width, height, filtered(&wide.map(|value| -value), radius, false));
        closed.zip(smooth, |value, ground| ground - sign * value)
    })
}

/// Returns the largest value within a square around each pixel, for a picture that is larger by the
/// square's radius on each side, or smaller.
fn filtered(ink: &Ink, radius: usize, is_wider: bool) -> Vec<f32> {
    let rows: Vec<Vec<f32>> =
        ink.values().chunks_exact(ink.width()).map(|row| largest(row, radius, is_wider)).collect();
    let width = rows.first().map_or(0, Vec::len);
    let column = |x: usize| largest(&rows.iter().map(|row| row[x]).collect::<Vec<_>>(), radius, is_wider);
    let columns: Vec<Vec<f32>> = (0..width).map(column).collect();
    let height = columns.first().map_or(0, Vec::len);
    (0..height).flat_map(|y| columns.iter().map(move |column| column[y])).collect()
}

/// Returns the largest value within `radius` of each place, by a queue of falling candidates: for
/// every place that is so near to a value, or only for those with values all around them.
fn largest(row: &[f32], radius: usize, is_wider: bool) -> Vec<f32> {
    let window = 2 * radius + 1;
    let mut candidates = VecDeque::new();
    let mut largest = Vec::with_capacity(row.len() + 2 * radius);
    let (begin, end) = if is_wider { (0, row.len() + 2 * radius) } else { (2 * radius, row.len()) };
    for at in 0..end {
        if let Some(&value) = row.get(at) {
            while candidates.back().is_some_and(|&last: &usize| row[last] <= value) {
                candidates.pop_back();
            }
            candidates.push_back(at);
        }
        while candidates.front().is_some_and(|&first| first + window <= at) {
            candidates.pop_front();
        }
        if at >= begin {
            largest.push(candidates.front().map_or(0.0, |&first| row[first]));
        }
    }
    largest
}

fn terms(x: usize, y: usize, width: usize, height: usize) -> [f64; TERMS] {
    let part = |at: usize, length: usize| (at as f64 + 0.5) / length as f64 * 2.0 - 1.0;
    let (x, y) = (part(x, width), part(y, height));
    [1.0, x, y, x * x, x * y, y * y]
}

fn dot(a: &[f64; TERMS], b: &[f64; TERMS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Fits the surface to the wanted values by weighted least squares; flat where the values leave it
/// open.
fn fitted(places: &[(usize, [f64; TERMS])], weights: &[f64], wanted: impl Fn(usize) -> f64) -> Option<[f64; TERMS]> {
    let mut rows = [[0.0; TERMS + 1]; TERMS];
    for ((at, terms), weight) in places.iter().zip(weights) {
        let wanted = wanted(*at);
        for (row, term) in rows.iter_mut().zip(terms) {
            for (cell, other) in row.iter_mut().zip(terms) {
                *cell += weight * term * other;
            }
            row[TERMS] += weight * term * wanted;
        }
    }
    let total = rows[0][0];
    for (i, row) in rows.iter_mut().enumerate().skip(1) {
        row[i] += 1e-3 * total;
    }
    solved(rows)
}

/// Solves a symmetric positive system by Gaussian elimination.
fn solved(mut rows: [[f64; TERMS + 1]; TERMS]) -> Option<[f64; TERMS]> {
    for pivot in 0..TERMS {
        let lead = rows[pivot];
        if lead[pivot].abs() < 1e-12 {
            return None;
        }
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
            let factor = row[pivot] / lead[pivot];
            for (cell, above) in row.iter_mut().zip(&lead) {
                *cell -= factor * above;
            }
        }
    }
    Some(std::array::from_fn(|i| rows[i][TERMS] / rows[i][i]))
}

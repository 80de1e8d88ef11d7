//! Marked pixels: connected pieces, distances, and thresholds.

use super::ink::Ink;

/// Pixels of a picture, each marked or not, row by row.
pub(super) struct Marks {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) marked: Vec<bool>,
}

/// A connected set of marked pixels, corners included, and its bounding rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The label of its pixels in the map of pieces.
    pub(super) name: u32,
    pub(super) area: usize,
    pub(super) left: usize,
    pub(super) top: usize,
    /// The first column and row beyond it.
    pub(super) right: usize,
    pub(super) bottom: usize,
    /// The number of its pixels on the edge of the picture.
    pub(super) on_rim: usize,
}

impl Piece {
    pub(super) fn width(&self) -> usize {
        self.right - self.left
    }

    pub(super) fn height(&self) -> usize {
        self.bottom - self.top
    }

    pub(super) fn longer(&self) -> usize {
        self.width().max(self.height())
    }

    /// Tells whether the other piece lies strictly within this one's rectangle.
    pub(super) fn surrounds(&self, other: &Self) -> bool {
        self.left < other.left && self.top < other.top && self.right > other.right && self.bottom > other.bottom
    }

    /// Returns the distance between the two rectangles.
    pub(super) fn gap(&self, other: &Self) -> usize {
        let apart = |a: [usize; 2], b: [usize; 2]| a[0].max(b[0]).saturating_sub(a[1].min(b[1]));
        let across = apart([self.left, self.right], [other.left, other.right]);
        across.max(apart([self.top, self.bottom], [other.top, other.bottom]))
    }
}

impl Marks {
    /// Marks every pixel above `level`.
    pub(super) fn above(ink: &Ink, level: f32) -> Self {
        let marked = ink.values().iter().map(|value| *value > level).collect();
        Self { width: ink.width(), height: ink.height(), marked }
    }

    /// Returns the pieces, and the label of the piece at each pixel; 0 for none.
    pub(super) fn pieces(&self) -> (Vec<Piece>, Vec<u32>) {
        let (width, height) = (self.width, self.height);
        let mut names = vec![0; self.marked.len()];
        let (mut pieces, mut open) = (Vec::new(), Vec::new());
        for start in 0..self.marked.len() {
            if !self.marked[start] || names[start] != 0 {
                continue;
            }
            let name = pieces.len() as u32 + 1;
            let mut piece = Piece { name, area: 0, left: width, top: height, right: 0, bottom: 0, on_rim: 0 };
            names[start] = name;
            open.push(start);
            while let Some(at) = open.pop() {
                let (x, y) = (at % width, at / width);
                piece.area += 1;
                (piece.left, piece.right) = (piece.left.min(x), piece.right.max(x + 1));
                (piece.top, piece.bottom) = (piece.top.min(y), piece.bottom.max(y + 1));
                piece.on_rim += usize::from(x == 0 || y == 0 || x + 1 == width || y + 1 == height);
                let rows = y.saturating_sub(1)..(y + 2).min(height);
                let columns = x.saturating_sub(1)..(x + 2).min(width);
                for next in rows.flat_map(|y| columns.clone().map(move |x| y * width + x)) {
                    if self.marked[next] && names[next] == 0 {
                        names[next] = name;
                        open.push(next);
                    }
                }
            }
            pieces.push(piece);
        }
        (pieces, names)
    }

    /// Returns the distance of each pixel to the nearest marked one, by steps to its eight
    /// neighbours.
    pub(super) fn distances(&self) -> Vec<f32> {
        let (width, height) = (self.width as isize, self.height as isize);
        let mut far: Vec<f32> = self.marked.iter().map(|marked| if *marked { 0.0 } else { f32::INFINITY }).collect();
        let mut relax = |x: isize, y: isize, back: isize| {
            let diagonal = std::f32::consts::SQRT_2;
            let mut nearest = far[(y * width + x) as usize];
            for (dx, dy, step) in [(-1, 0, 1.0), (-1, -1, diagonal), (0, -1, 1.0), (1, -1, diagonal)] {
                let (x, y) = (x + dx * back, y + dy * back);
                if (0..width).contains(&x) && (0..height).contains(&y) {
                    nearest = nearest.min(far[(y * width + x) as usize] + step);
                }
            }
            far[(y * width + x) as usize] = nearest;
        };
        for at in 0..width * height {
            relax(at % width, at / width, 1);
        }
        for at in (0..width * height).rev() {
            relax(at % width, at / width, -1);
        }
        far
    }

    /// Returns the width of strokes with this area and length of outline.
    pub(super) fn stroke(&self) -> f32 {
        let (mut area, mut outline) = (0, 0);
        for (at, _) in self.marked.iter().enumerate().filter(|(_, marked)| **marked) {
            let (x, y) = (at % self.width, at / self.width);
            let is_open = |inside: bool, next: usize| usize::from(!inside || !self.marked[next]);
            area += 1;
            outline += is_open(x > 0, at.wrapping_sub(1)) + is_open(x + 1 < self.width, at + 1);
            outline += is_open(y > 0, at.wrapping_sub(self.width)) + is_open(y + 1 < self.height, at + self.width);
        }
        // Counted in pixel steps a slanted edge is too long: by 4/π, over all directions.
        2.0 * area as f32 / (outline.max(1) as f32 * std::f32::consts::FRAC_PI_4)
    }

    /// Removes lines that cross the whole picture, as notebooks have them: two or more, where they
    /// carry no writing.
    pub(super) fn unrule(&mut self) {
        for is_across in [true, false] {
            let (length, count) = if is_across { (self.width, self.height) } else { (self.height, self.width) };
            let index =
                |along: usize, line: usize| if is_across { line * length + along } else { along * count + line };
            let is_ruled = |line: &usize| {
                let marked = (0..length).filter(|along| self.marked[index(*along, *line)]).count();
                marked * 10 >= length * 8
            };
            let ruled: Vec<usize> = (0..count).filter(is_ruled).collect();
            let bands: Vec<&[usize]> = ruled.chunk_by(|a, b| a + 1 == *b).collect();
            let most = (count / 40).max(2);
            let is_line = |band: &&[usize]| band[0] > 0 && band[band.len() - 1] + 1 < count && band.len() <= most;
            let lines: Vec<&[usize]> = bands.into_iter().filter(is_line).collect();
            if lines.len() < 2 {
                continue;
            }
            for band in lines {
                // Slightly uneven edges belong to the line.
                let (first, last) = (band[0].saturating_sub(1), (band[band.len() - 1] + 1).min(count - 1));
                for along in 0..length {
                    let beyond = |line: Option<usize>| {
                        line.filter(|line| *line < count).is_some_and(|line| self.marked[index(along, line)])
                    };
                    if !beyond(first.checked_sub(1)) && !beyond(Some(last + 1)) {
                        (first..=last).for_each(|line| self.marked[index(along, line)] = false);
                    }
                }
            }
        }
    }
}

/// A histogram of values from 0 to 1.
pub(super) struct Histogram {
    counts: Vec<usize>,
}

impl Histogram {
    const BINS: usize = 256;

    pub(super) fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut counts = vec![0; Self::BINS];
        for value in values {
            counts[((value * Self::BINS as f32) as usize).min(Self::BINS - 1)] += 1;
        }
        Self { counts }
    }

    pub(super) fn count(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Returns the value that this share of all values does not exceed.
    pub(super) fn quantile(&self, share: f64) -> f32 {
        let wanted = (self.count() as f64 * share).ceil().max(1.0) as usize;
        let mut passed = 0;
        let bin = self.counts.iter().position(|count| {
            passed += count;
            passed >= wanted
        });
        Self::value(bin.unwrap_or(0))
    }

    /// Keeps only values within `low` and `high`.
    pub(super) fn between(&self, low: f32, high: f32) -> Self {
        let kept = |(bin, count): (usize, &usize)| if (low..=high).contains(&Self::value(bin)) { *count } else { 0 };
        Self { counts: self.counts.iter().enumerate().map(kept).collect() }
    }

    /// Returns the threshold that minimises the variance within both parts (Otsu 1979).
    pub(super) fn cut(&self) -> f32 {
        let weighed = |bin: usize| self.counts[bin] as f64 * bin as f64;
        let (all, sum) = (self.count() as f64, (0..Self::BINS).map(weighed).sum::<f64>());
        let (mut below, mut sum_below, mut best) = (0.0, 0.0, (-1.0, 0, 0));
        for bin in 0..Self::BINS - 1 {
            below += self.counts[bin] as f64;
            sum_below += weighed(bin);
            if below == 0.0 || below == all {
                continue;
            }
            let means = sum_below / below - (sum - sum_below) / (all - below);
            let between = below * (all - below) * means * means;
            if between > best.0 {
                best = (between, bin, bin);
            } else if between == best.0 {
                // The middle of a gap.
                best.2 = bin;
            }
        }
        Self::value((best.1 + best.2) / 2)
    }

    fn value(bin: usize) -> f32 {
        (bin as f32 + 0.5) / Self::BINS as f32
    }
}

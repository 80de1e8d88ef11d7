//! Ink: one number per pixel, with operations to measure, move and shrink it.

/// The amount of ink on each pixel, from 0 to 1, row by row.
pub(crate) struct Ink {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// A rectangle of pixels. It may reach beyond the picture, where there is no ink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Ink {
    /// There must be as many values as the size says.
    pub(super) fn new(width: usize, height: usize, values: Vec<f32>) -> Self {
        debug_assert_eq!(values.len(), width * height);
        Self { width, height, values }
    }

    pub(super) fn blank(width: usize, height: usize) -> Self {
        Self::new(width, height, vec![0.0; width * height])
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns `width` × `height` pixels from `left`, `top`, which must lie within the picture.
    pub(super) fn cropped(&self, left: usize, top: usize, width: usize, height: usize) -> Self {
        let rows = self.values.chunks_exact(self.width).skip(top).take(height);
        Self::new(width, height, rows.flat_map(|row| &row[left..left + width]).copied().collect())
    }

    /// Adds `rim` blank pixels on each side.
    pub(super) fn padded(&self, rim: usize) -> Self {
        self.placed(rim as f64, rim as f64, self.width + 2 * rim, self.height + 2 * rim)
    }

    #[cfg(test)]
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        self.values[y * self.width + x]
    }

    pub(super) fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        Self::new(self.width, self.height, self.values.iter().map(|v| change(*v)).collect())
    }

    /// Combines each pixel with that of another picture of the same size.
    pub(super) fn zip(&self, other: &Self, join: impl Fn(f32, f32) -> f32) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| join(*a, *b));
        Self::new(self.width, self.height, values.collect())
    }

    /// Lays ink on a pixel: the darker value stays.
    pub(super) fn lay(&mut self, x: usize, y: usize, value: f32) {
        if x < self.width
            && let Some(there) = self.values.get_mut(y * self.width + x)
        {
            *there = there.max(value);
        }
    }

    /// Returns the smallest rectangle with all values above `faint`; `None` if there are none.
    pub(super) fn bounds(&self, faint: f32) -> Option<Area> {
        let (mut left, mut right, mut top, mut bottom) = (self.width, 0, self.height, 0);
        for (y, row) in self.values.chunks_exact(self.width).enumerate() {
            for (x, _) in row.iter().enumerate().filter(|(_, value)| **value > faint) {
                (left, right) = (left.min(x), right.max(x + 1));
                (top, bottom) = (top.min(y), bottom.max(y + 1));
            }
        }
        (left < right).then(|| Area {
            x: left as f64,
            y: top as f64,
            width: (right - left) as f64,
            height: (bottom - top) as f64,
        })
    }

    /// Returns `area` in another size: each new pixel is the mean of the area that it covers.
    pub(super) fn resized(&self, area: Area, width: usize, height: usize) -> Self {
        let columns = covers(area.x, area.width, width, self.width);
        let rows = covers(area.y, area.height, height, self.height);
        let mut values = Vec::with_capacity(width * height);
        for row in &rows {
            for column in &columns {
                let mut sum = 0.0;
                for (y, high) in row {
                    let line = &self.values[y * self.width..(y + 1) * self.width];
                    sum += high * column.iter().map(|(x, wide)| wide * f64::from(line[*x])).sum::<f64>();
                }
                values.push((sum as f32).clamp(0.0, 1.0));
            }
        }
        Self::new(width, height, values)
    }

    /// Returns the centre of mass, from the upper left corner; the middle of a blank page.
    pub(super) fn centre_of_mass(&self) -> (f64, f64) {
        let (mut mass, mut x, mut y) = (0.0, 0.0, 0.0);
        for (i, value) in self.values.iter().map(|v| f64::from(*v)).enumerate() {
            mass += value;
            x += value * ((i % self.width) as f64 + 0.5);
            y += value * ((i / self.width) as f64 + 0.5);
        }
        if mass > 0.0 { (x / mass, y / mass) } else { (self.width as f64 / 2.0, self.height as f64 / 2.0) }
    }

    /// Places the picture on a blank page of `width` × `height`, with its upper left corner at `x`,
    /// `y`; moved back where it would reach over the edge. It must not be larger than the page.
    pub(super) fn placed(&self, x: f64, y: f64, width: usize, height: usize) -> Self {
        let within = |at: f64, room: usize| (at.round().max(0.0) as usize).min(room);
        let (left, top) = (within(x, width - self.width), within(y, height - self.height));
        let mut page = Self::blank(width, height);
        for (row, line) in self.values.chunks_exact(self.width).enumerate() {
            let start = (top + row) * width + left;
            page.values[start..start + self.width].copy_from_slice(line);
        }
        page
    }

    /// Returns the pixels along the edge.
    pub(super) fn edge(&self) -> Vec<f32> {
        let (width, height) = (self.width, self.height);
        let on_edge = |i: &usize| {
            let (x, y) = (i % width, i / width);
            x == 0 || y == 0 || x + 1 == width || y + 1 == height
        };
        (0..self.values.len()).filter(on_edge).map(|i| self.values[i]).collect()
    }

    /// Returns the median of the pixels along the edge: the background, if there is one.
    pub(super) fn border(&self) -> f32 {
        let mut edge = self.edge();
        edge.sort_unstable_by(f32::total_cmp);
        edge.get(edge.len() / 2).copied().unwrap_or_default()
    }
}

/// Returns for each of `n` equal parts of `length` from `from`: the pixels that it covers, of
/// `limit` in all, and each pixel's share of the part.
fn covers(from: f64, length: f64, n: usize, limit: usize) -> Vec<Vec<(usize, f64)>> {
    let step = length / n as f64;
    let part = |i: usize| {
        let (start, end) = (from + i as f64 * step, from + (i + 1) as f64 * step);
        let share = |pixel: usize| ((pixel + 1) as f64).min(end) - (pixel as f64).max(start);
        let pixels = start.max(0.0) as usize..(end.max(0.0).ceil() as usize).min(limit);
        pixels.map(|pixel| (pixel, share(pixel) / step)).filter(|(_, share)| *share > 0.0).collect()
    };
    (0..n).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_picture_has_the_means() {
        let ink = Ink::new(4, 2, vec![0.0, 1.0, 0.5, 0.5, 1.0, 0.0, 0.0, 1.0]);
        let all = Area { x: 0.0, y: 0.0, width: 4.0, height: 2.0 };
        assert_eq!(ink.resized(all, 2, 1).values, [0.5, 0.5]);
        // Three into four: a third of one pixel, the rest of the next.
        let thirds = ink.resized(Area { height: 1.0, ..all }, 3, 1).values;
        for (is, wanted) in thirds.iter().zip([0.25, 0.75, 0.5]) {
            assert!((is - wanted).abs() < 1e-6, "{thirds:?}");
        }
    }

    #[test]
    fn beyond_the_edge_is_nothing() {
        let ink = Ink::new(1, 1, vec![1.0]);
        let area = Area { x: -1.0, y: -1.0, width: 3.0, height: 3.0 };
        assert_eq!(ink.resized(area, 3, 3).values, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn the_box_is_as_small_as_it_can_be() {
        let mut ink = Ink::blank(9, 7);
        assert_eq!(ink.bounds(0.0), None);
        ink.lay(2, 3, 0.6);
        ink.lay(5, 4, 0.2);
        assert_eq!(ink.bounds(0.1), Some(Area { x: 2.0, y: 3.0, width: 4.0, height: 2.0 }));
        assert_eq!(ink.bounds(0.5), Some(Area { x: 2.0, y: 3.0, width: 1.0, height: 1.0 }));
    }

    #[test]
    fn ink_balances_where_more_of_it_lies() {
        let ink = Ink::new(3, 1, vec![0.25, 0.0, 0.75]);
        assert_eq!(ink.centre_of_mass(), (2.0, 0.5));
        assert_eq!(Ink::blank(4, 2).centre_of_mass(), (2.0, 1.0));
    }

    #[test]
    fn nothing_is_placed_over_the_edge() {
        let ink = Ink::new(2, 1, vec![1.0, 0.5]);
        assert_eq!(ink.placed(5.0, -2.0, 3, 2).values, [0.0, 1.0, 0.5, 0.0, 0.0, 0.0]);
        assert_eq!(ink.placed(0.4, 1.0, 3, 2).values, [0.0, 0.0, 0.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn a_few_marks_on_the_edge_do_not_make_a_background() {
        let mut values = vec![1.0; 16];
        values[0] = 0.0;
        values[5] = 0.0;
        assert_eq!(Ink::new(4, 4, values).border(), 1.0);
    }
}

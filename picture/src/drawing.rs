//! A person's drawing: strokes of a round pen on a square page.
//!
//! The page is inked here and not by a canvas, so that every browser makes the same pixels of the
//! same strokes, also browsers that blur the contents of a canvas.

use super::ink::Ink;

/// Pixels of the page on each side.
const SIDE: usize = 280;

/// A position of the pen. Lengths are in sides of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// From the left edge, 0 to 1.
    pub x: f32,
    /// From the upper edge, 0 to 1.
    pub y: f32,
    /// Half of the pen's width here.
    pub radius: f32,
}

/// A page with strokes on it.
pub struct Drawing {
    strokes: Vec<Vec<Point>>,
    ink: Ink,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { strokes: Vec::new(), ink: Ink::blank(SIDE, SIDE) }
    }
}

impl Drawing {
    /// Makes an empty page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells whether the page is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.strokes.is_empty()
    }

    /// Returns the strokes in order.
    #[must_use]
    pub fn strokes(&self) -> &[Vec<Point>] {
        &self.strokes
    }

    pub(super) fn ink(&self) -> &Ink {
        &self.ink
    }

    /// Puts the pen down.
    pub fn begin(&mut self, at: Point) {
        self.strokes.push(vec![at]);
        draw(&mut self.ink, at, at);
    }

    /// Moves the pen while it is down.
    pub fn extend(&mut self, to: Point) {
        let Some(stroke) = self.strokes.last_mut() else { return };
        let Some(&from) = stroke.last() else { return };
        // Movements within a fraction of a pixel add nothing.
        if (to.x - from.x).hypot(to.y - from.y) * SIDE as f32 >= 0.25 {
            stroke.push(to);
            draw(&mut self.ink, from, to);
        }
    }

    /// Removes the last stroke.
    pub fn undo(&mut self) {
        self.strokes.pop();
        self.ink = Ink::blank(SIDE, SIDE);
        for stroke in &self.strokes {
            for pair in [&stroke[..1], stroke].concat().windows(2) {
                draw(&mut self.ink, pair[0], pair[1]);
            }
        }
    }
}

/// Inks the area that the pen covers on its way. A pixel at its rim is inked by approximately the
/// share of it that lies inside.
fn draw(ink: &mut Ink, from: Point, to: Point) {
    let side = SIDE as f32;
    let [from, to] = [from, to].map(|p| Point { x: p.x * side, y: p.y * side, radius: p.radius * side });
    let reach = from.radius.max(to.radius) + 1.0;
    let pixels = |a: f32, b: f32| {
        let clamp = |at: f32| at.clamp(0.0, side) as usize;
        clamp(a.min(b) - reach)..clamp((a.max(b) + reach).ceil())
    };
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx * dx + dy * dy;
    for y in pixels(from.y, to.y) {
        for x in pixels(from.x, to.x) {
            let (px, py) = (x as f32 + 0.5 - from.x, y as f32 + 0.5 - from.y);
            let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
            let radius = from.radius + along * (to.radius - from.radius);
            let inside = radius + 0.5 - (px - along * dx).hypot(py - along * dy);
            if inside > 0.0 {
                ink.lay(x, y, inside.min(1.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fit, drawn};
    use super::*;

    fn at(x: f32, y: f32) -> Point {
        Point { x, y, radius: 0.04 }
    }

    fn line(drawing: &mut Drawing, points: &[(f32, f32)]) {
        for (i, &(x, y)) in points.iter().enumerate() {
            if i == 0 { drawing.begin(at(x, y)) } else { drawing.extend(at(x, y)) }
        }
    }

    fn digit(drawing: &Drawing) -> Option<Vec<u8>> {
        drawn(drawing, [1, 28, 28], Fit::Writing)
    }

    #[test]
    fn a_press_is_a_dot() {
        let mut drawing = Drawing::new();
        drawing.begin(at(0.5, 0.5));
        let area: f32 = drawing.ink().values().iter().sum();
        let wanted = std::f32::consts::PI * (0.04 * SIDE as f32).powi(2);
        assert!((area / wanted - 1.0).abs() < 0.02, "{area} {wanted}");
    }

    #[test]
    fn a_stroke_is_as_wide_as_the_pen() {
        let mut drawing = Drawing::new();
        line(&mut drawing, &[(0.2, 0.5), (0.8, 0.5)]);
        let column: f32 = (0..SIDE).map(|y| drawing.ink().at(SIDE / 2, y)).sum();
        assert!((column - 0.08 * SIDE as f32).abs() < 0.5, "{column}");
    }

    #[test]
    fn what_is_undone_leaves_no_ink() {
        let mut drawing = Drawing::new();
        line(&mut drawing, &[(0.2, 0.2), (0.8, 0.2), (0.4, 0.9)]);
        let before = drawing.ink().values().to_vec();
        line(&mut drawing, &[(0.1, 0.5), (0.9, 0.6)]);
        assert_ne!(drawing.ink().values(), before);
        drawing.undo();
        assert_eq!(drawing.ink().values(), before);
        drawing.undo();
        drawing.undo();
        assert!(drawing.is_empty() && drawing.ink().values().iter().all(|v| *v == 0.0));
    }

    #[test]
    fn strokes_beyond_the_page_are_cut_and_break_nothing() {
        let mut drawing = Drawing::new();
        drawing.extend(at(0.5, 0.5));
        assert!(drawing.is_empty(), "the pen is not down");
        line(&mut drawing, &[(-3.0, 0.5), (4.0, 0.5), (f32::MAX, f32::NAN)]);
        assert!(drawing.ink().at(0, SIDE / 2) == 1.0 && drawing.ink().at(SIDE - 1, SIDE / 2) == 1.0);
    }

    #[test]
    fn an_empty_page_shows_nothing() {
        assert_eq!(digit(&Drawing::new()), None);
    }

    #[test]
    fn a_digit_looks_the_same_wherever_it_is_drawn() {
        let seven = |dx: f32, dy: f32| {
            let mut drawing = Drawing::new();
            line(&mut drawing, &[(0.2 + dx, 0.2 + dy), (0.6 + dx, 0.2 + dy), (0.35 + dx, 0.75 + dy)]);
            digit(&drawing).unwrap()
        };
        let pixels = seven(0.0, 0.0);
        assert_eq!(pixels, seven(0.1, 0.15));
        assert_eq!((pixels.len(), pixels.iter().copied().max()), (784, Some(255)));
        let rows = pixels.chunks(28).filter(|row| row.iter().any(|p| *p > 0)).count();
        assert_eq!(rows, 20);
    }
}

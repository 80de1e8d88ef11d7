//! Finds the region of a photo in which to look for writing: a sheet of paper on a table, a board
//! in its frame, a page on a screen.

use super::ink::{Area, Ink};
use super::pieces::{Histogram, Marks, Piece};

/// The longer side of the shrunk picture in which sheets are looked for.
const SIDE: usize = 160;

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Returns the innermost sheet, and whether it is less than the whole picture.
pub(super) fn find(planes: &[Ink; 3]) -> (Place, bool) {
    let (width, height) = (planes[0].width(), planes[0].height());
    let whole = Place { left: 0, top: 0, width, height };
    let scale = width.max(height) as f64 / SIDE as f64;
    if scale < 0.5 {
        // A picture as small as MNIST's shows a character and no surroundings.
        return (whole, false);
    }
    let side = |length: usize| ((length as f64 / scale.max(1.0)).round() as usize).max(1);
    let all = Area { x: 0.0, y: 0.0, width: width as f64, height: height as f64 };
    let small = planes.each_ref().map(|plane| plane.resized(all, side(width), side(height)));
    let mut place = Place { left: 0, top: 0, width: small[0].width(), height: small[0].height() };
    let mut is_framed = false;
    for _ in 0..3 {
        let Some(inner) = inside(&small, place) else { break };
        (place, is_framed) = (inner, true);
    }
    if !is_framed {
        return (whole, false);
    }
    let back = |at: usize, small: usize, full: usize| (at * full / small).min(full);
    let (left, right) =
        (back(place.left, small[0].width(), width), back(place.left + place.width, small[0].width(), width));
    let (top, bottom) =
        (back(place.top, small[0].height(), height), back(place.top + place.height, small[0].height(), height));
    (Place { left, top, width: right - left, height: bottom - top }, true)
}

/// Finds the largest sheet within a place: it has four straight sides, another colour than its
/// surroundings, and content.
fn inside(planes: &[Ink; 3], place: Place) -> Option<Place> {
    let Place { left, top, width, height } = place;
    let planes = planes.each_ref().map(|plane| plane.cropped(left, top, width, height));
    let off = distance(&planes, planes.each_ref().map(Ink::border));
    let cut = Histogram::of(off.values().iter().copied()).cut().max(0.1);
    let marks = Marks::above(&off, cut);
    let (pieces, names) = marks.pieces();
    let mut best: Option<(usize, Place)> = None;
    for piece in pieces.iter().filter(|piece| piece.width() * piece.height() * 8 >= width * height) {
        // Skips a sheet that is partly beyond the picture, and the ground itself.
        let rim = 2 * (width + height);
        if piece.on_rim * 3 > rim * 2 {
            continue;
        }
        let filled = filled(&names, width, piece);
        let area = filled.marked.iter().filter(|marked| **marked).count();
        if area * 8 < width * height || rectangularity(&filled, area) < 0.82 {
            continue;
        }
        let Some(inner) = inscribed(&filled) else { continue };
        let inner = Place { left: piece.left + inner.left, top: piece.top + inner.top, ..inner };
        let is_whole = piece.on_rim * 10 <= rim * 3;
        if has_content(&planes, inner, !is_whole) && best.is_none_or(|(largest, _)| area > largest) {
            best = Some((area, inner));
        }
    }
    best.map(|(_, inner)| Place { left: left + inner.left, top: top + inner.top, ..inner })
}

/// Returns the distance of each pixel from a colour, in the channel in which it is largest.
fn distance(planes: &[Ink; 3], colour: [f32; 3]) -> Ink {
    let of = |at: usize| planes.iter().zip(colour).map(|(plane, c)| (plane.values()[at] - c).abs()).fold(0.0, f32::max);
    Ink::new(planes[0].width(), planes[0].height(), (0..planes[0].values().len()).map(of).collect())
}

/// Marks the pixels of a piece, and those that it encloses, within its rectangle.
fn filled(names: &[u32], width: usize, piece: &Piece) -> Marks {
    let (wide, high) = (piece.width() + 2, piece.height() + 2);
    let is_outside = |at: usize| {
        let (x, y) = (at % wide, at / wide);
        let is_rim = x == 0 || y == 0 || x + 1 == wide || y + 1 == high;
        is_rim || names[(piece.top + y - 1) * width + piece.left + x - 1] != piece.name
    };
    let mut reached = vec![false; wide * high];
    let mut open = vec![0];
    reached[0] = true;
    while let Some(at) = open.pop() {
        let (x, y) = (at % wide, at / wide);
        let beside = [(x > 0).then(|| at - 1), (x + 1 < wide).then(|| at + 1)];
        let above = [(y > 0).then(|| at - wide), (y + 1 < high).then(|| at + wide)];
        for next in beside.into_iter().chain(above).flatten() {
            if !reached[next] && is_outside(next) {
                reached[next] = true;
                open.push(next);
            }
        }
    }
    let marked = (1..high - 1).flat_map(|y| reached[y * wide + 1..(y + 1) * wide - 1].iter().map(|reached| !reached));
    Marks { width: wide - 2, height: high - 2, marked: marked.collect() }
}

/// Returns the share of the smallest bounding rectangle, which may be rotated, that the piece
/// fills.
fn rectangularity(filled: &Marks, area: usize) -> f32 {
    let (width, places) = (filled.width, filled.marked.iter().enumerate().filter(|(_, marked)| **marked));
    let places: Vec<(f32, f32)> = places.map(|(at, _)| ((at % width) as f32, (at / width) as f32)).collect();
    let around = |degrees: usize| {
        let (sin, cos) = (degrees as f32).to_radians().sin_cos();
        let extent = |along: &dyn Fn(&(f32, f32)) -> f32| {
            let (low, high) =
                places.iter().map(along).fold((f32::MAX, f32::MIN), |(low, high), at| (low.min(at), high.max(at)));
            high - low + 1.0
        };
        extent(&|(x, y)| x * cos + y * sin) * extent(&|(x, y)| y * cos - x * sin)
    };
    area as f32 / (0..90).step_by(5).map(around).fold(f32::MAX, f32::min)
}

/// Finds a large upright rectangle slightly within the marks.
fn inscribed(filled: &Marks) -> Option<Place> {
    let (mut left, mut top, mut right, mut bottom) = (0, 0, filled.width, filled.height);
    loop {
        if right - left < 8 || bottom - top < 8 {
            return None;
        }
        let column = |x: usize| {
            (top..bottom).filter(|y| filled.marked[y * filled.width + x]).count() as f32 / (bottom - top) as f32
        };
        let row = |y: usize| {
            filled.marked[y * filled.width + left..y * filled.width + right].iter().filter(|m| **m).count() as f32
                / (right - left) as f32
        };
        let edges = [column(left), column(right - 1), row(top), row(bottom - 1)];
        let (worst, share) = edges
            .into_iter()
            .enumerate()
            .fold((0, 2.0), |best, (i, share)| if share < best.1 { (i, share) } else { best });
        if share >= 0.97 {
            break;
        }
        match worst {
            0 => left += 1,
            1 => right -= 1,
            2 => top += 1,
            _ => bottom -= 1,
        }
    }
    let inset = 1 + (right - left).min(bottom - top) / 50;
    Some(Place {
        left: left + inset,
        top: top + inset,
        width: right - left - 2 * inset,
        height: bottom - top - 2 * inset,
    })
}

/// Tells whether a place has content; and, if `is_clean`, none at its edge: the edge of a shadow
/// crosses the writing.
fn has_content(planes: &[Ink; 3], place: Place, is_clean: bool) -> bool {
    const STANDS_OUT: f32 = 0.12;
    let planes = planes.each_ref().map(|plane| plane.cropped(place.left, place.top, place.width, place.height));
    let off = distance(&planes, planes.each_ref().map(Ink::border));
    let content = off.values().iter().filter(|off| **off > STANDS_OUT).count();
    if is_clean && off.edge().into_iter().any(|off| off > STANDS_OUT) {
        return false;
    }
    (content * 500 >= off.values().len()) && (content * 2 <= off.values().len())
}

//! Writing in a photo: the strokes that stand out from their paper, without what lies around it.

use super::doubt::Doubt;
use super::ground;
use super::ink::Ink;
use super::photo::Photo;
use super::pieces::{Histogram, Marks, Piece};
use super::sheet;

/// Less contrast than this is grain.
const GRAIN: f32 = 0.05;
/// Ink of less contrast than this is ignored.
const FAINTEST: f32 = 0.08;
/// Ink of less contrast than this is doubtful.
const FAINT: f32 = 0.22;
/// The threshold of ink, as a part of its full strength.
const BEGINS: f32 = 0.45;
/// The width of MNIST's strokes, where the longer side of a digit is 20 pixels; thinner ones
/// vanish.
const STROKE: f32 = 2.0;
const THINNEST: f32 = 1.5;

/// The writing that was found.
pub(super) struct Writing {
    /// From 0, the paper, to 1.
    pub(super) ink: Ink,
    pub(super) is_inverted: bool,
    pub(super) doubts: Vec<Doubt>,
    /// A score of how unlike writing it is.
    oddity: u32,
}

/// Looks for writing that is darker than its paper (inverted), or lighter, or either; returns
/// `None` if nothing stands out.
pub(super) fn find(photo: &Photo, is_inverted: Option<bool>) -> Option<Writing> {
    let planes = photo.planes();
    let (place, is_framed) = sheet::find(&planes);
    let planes = planes.map(|plane| plane.cropped(place.left, place.top, place.width, place.height));
    let smooth = ground::smooth(&planes);
    let radius = place.width.max(place.height) / 8;
    let likely = is_inverted.unwrap_or_else(|| is_darker(&planes, &smooth));
    let ways = if is_inverted.is_some() { vec![likely] } else { vec![likely, !likely] };
    let mut best: Option<Writing> = None;
    for (unlikely, is_inverted) in (0..).zip(ways) {
        // A shadow with an edge is not a smooth surface; a closed ground follows it, but takes bold
        // strokes for paper.
        for is_closed in [false, true] {
            let closed = is_closed.then(|| ground::closed(&planes, &smooth, radius, is_inverted));
            let contrast = contrast(&planes, closed.as_ref().unwrap_or(&smooth), is_inverted);
            let Some(mut found) = strokes(&contrast, is_inverted) else { continue };
            found.oddity += unlikely + u32::from(is_closed);
            if is_closed && !found.doubts.contains(&Doubt::Framed) {
                found.doubts.push(Doubt::Framed);
            }
            if best.as_ref().is_none_or(|best| found.oddity < best.oddity) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(|best| best.oddity <= unlikely) {
                break;
            }
        }
    }
    let mut best = best?;
    if is_framed && !best.doubts.contains(&Doubt::Framed) {
        best.doubts.push(Doubt::Framed);
    }
    Some(best)
}

/// Tells whether more of the picture is darker than the ground than lighter.
fn is_darker(planes: &[Ink; 3], ground: &[Ink; 3]) -> bool {
    let beyond = |sign: f32| -> f32 {
        let of = |at: usize| {
            let channel = |(plane, ground): (&Ink, &Ink)| sign * (plane.values()[at] - ground.values()[at]);
            (planes.iter().zip(ground).map(channel).fold(0.0, f32::max) - GRAIN).max(0.0)
        };
        (0..planes[0].values().len()).map(of).sum()
    };
    beyond(-1.0) > beyond(1.0)
}

/// Returns the distance of each pixel from the ground, relative to the possible maximum, in the
/// channel in which it is largest: red ink and yellow ink are as dark as blue ink in one of them.
fn contrast(planes: &[Ink; 3], ground: &[Ink; 3], is_inverted: bool) -> Ink {
    /// On a ground so dark that there is hardly range for ink, grain must not count as ink.
    const LEAST_RANGE: f32 = 0.25;
    let of = |at: usize| {
        let channel = |(plane, ground): (&Ink, &Ink)| {
            let (value, ground) = (plane.values()[at], ground.values()[at]);
            let (off, range) = if is_inverted { (ground - value, ground) } else { (value - ground, 1.0 - ground) };
            off / range.max(LEAST_RANGE)
        };
        planes.iter().zip(ground).map(channel).fold(0.0, f32::max)
    };
    Ink::new(planes[0].width(), planes[0].height(), (0..planes[0].values().len()).map(of).collect())
}

/// Selects the strokes of writing.
fn strokes(contrast: &Ink, is_inverted: bool) -> Option<Writing> {
    let full = strength(contrast)?;
    let mut marks = Marks::above(contrast, BEGINS * full);
    marks.unrule();
    let (pieces, names) = marks.pieces();
    let Chosen { pieces, mut doubts, mut oddity } = choose(&pieces, contrast.width(), contrast.height())?;
    let mut is_kept = vec![false; names.iter().max().map_or(0, |most| *most as usize) + 1];
    pieces.iter().for_each(|piece| is_kept[piece.name as usize] = true);
    let marks = Marks { marked: names.iter().map(|name| is_kept[*name as usize]).collect(), ..marks };

    let longer = extent(&pieces);
    let stroke = marks.stroke();
    let far = marks.distances();
    // The soft edge of a stroke lies outside of its threshold.
    let edge = 2.0 + contrast.width().max(contrast.height()) as f32 / 400.0;
    // Faint lines elsewhere may cross the writing, too.
    let weak = contrast.values().iter().zip(&far).filter(|(ink, far)| **ink > 0.1 * full && **far > edge).count();
    let low = if weak * 5 > pieces.iter().map(|piece| piece.area).sum() { 0.3 } else { 0.1 };
    let soft =
        |(ink, far): (&f32, &f32)| if *far <= edge { ((ink / full - low) / (0.95 - low)).clamp(0.0, 1.0) } else { 0.0 };
    let ink = Ink::new(contrast.width(), contrast.height(), contrast.values().iter().zip(&far).map(soft).collect());

    let of_twenty = stroke * 20.0 / longer;
    if of_twenty > 20.0 / 3.0 {
        doubts.push(Doubt::Solid);
        oddity += 2;
    }
    if full < FAINT {
        doubts.push(Doubt::Faint);
    }
    if longer < 14.0 {
        doubts.push(Doubt::Small);
    } else if stroke < 1.4 {
        doubts.push(Doubt::Thin);
    }
    let ink = if of_twenty < THINNEST { thickened(&ink, &marks, longer, stroke) } else { ink };
    Some(Writing { ink, is_inverted, doubts, oddity })
}

/// Returns the strength of the strongest ink; `None` if there is none.
fn strength(contrast: &Ink) -> Option<f32> {
    let all = Histogram::of(contrast.values().iter().copied());
    let grain = (5.0 * all.quantile(0.6)).clamp(GRAIN, 0.5);
    let mut inked = all.between(grain, 1.0);
    let mut cut = grain;
    for _ in 0..3 {
        if inked.count() < 6 {
            return None;
        }
        cut = inked.cut();
        // A few specks that are stronger than everything else are dust.
        if inked.between(cut, 1.0).count() * 20 >= inked.count() {
            break;
        }
        inked = inked.between(grain, cut);
        cut = grain;
    }
    Some(inked.between(cut, 1.0).quantile(0.8)).filter(|full| *full > FAINTEST)
}

/// The pieces that are taken for writing, and the doubts about them.
struct Chosen {
    pieces: Vec<Piece>,
    doubts: Vec<Doubt>,
    oddity: u32,
}

fn choose(all: &[Piece], width: usize, height: usize) -> Option<Chosen> {
    let largest = all.iter().map(|piece| piece.area).max()?;
    let longest = all.iter().map(Piece::longer).max()?;
    let is_dust = |piece: &Piece| piece.area * 50 < largest && piece.longer() * 8 < longest;
    let mut pieces: Vec<Piece> = all.iter().filter(|piece| !is_dust(piece)).copied().collect();
    let (mut doubts, mut oddity) = (Vec::new(), 0);

    // A piece along the edge is not writing, if there is another one.
    let is_along = |piece: &Piece| piece.on_rim * 8 >= width.min(height);
    let least = (width.max(height) / 12).max(6);
    if pieces.iter().any(|piece| piece.on_rim == 0 && piece.longer() >= least) {
        let before = pieces.len();
        pieces.retain(|piece| !is_along(piece));
        if pieces.len() < before {
            doubts.push(Doubt::Framed);
        }
    }
    // A piece around another one is not writing either.
    let frames =
        |piece: &Piece| pieces.iter().any(|inner| piece.surrounds(inner) && inner.longer() * 5 >= piece.longer() * 2);
    let kept: Vec<Piece> = pieces.iter().filter(|piece| !frames(piece)).copied().collect();
    if kept.len() < pieces.len() && !doubts.contains(&Doubt::Framed) {
        doubts.push(Doubt::Framed);
    }
    let pieces = kept;

    let main = *pieces.iter().max_by_key(|piece| piece.area)?;
    // Holes, blots and smears are small, and not beside the strokes.
    let is_stray = |piece: &Piece| piece.area * 4 < main.area && piece.gap(&main) * 5 > main.longer();
    let pieces: Vec<Piece> = pieces.into_iter().filter(|piece| !is_stray(piece)).collect();

    let is_another = |piece: &Piece| {
        let is_beside = piece.left >= main.right || piece.right <= main.left;
        let is_as_high = piece.height() * 5 >= main.height() * 3;
        *piece != main
            && piece.area * 7 >= main.area
            && (piece.gap(&main) * 4 > main.longer() || (is_beside && is_as_high))
    };
    if pieces.iter().any(is_another) {
        doubts.push(Doubt::Pieces);
        oddity += 1;
    }
    if pieces.iter().any(|piece| piece.on_rim > 0) {
        doubts.push(Doubt::Rim);
        // A picture that is cut tightly has ink at all its sides.
        let has = |is_at: &dyn Fn(&Piece) -> bool| pieces.iter().any(is_at);
        let is_tight =
            has(&|p| p.left == 0) && has(&|p| p.top == 0) && has(&|p| p.right == width) && has(&|p| p.bottom == height);
        oddity += if !is_tight && pieces.iter().any(is_along) { 2 } else { 0 };
    }
    Some(Chosen { pieces, doubts, oddity })
}

/// Returns the longer side of the bounding rectangle of all pieces.
fn extent(pieces: &[Piece]) -> f32 {
    let around = |from: fn(&Piece) -> usize, to: fn(&Piece) -> usize| {
        let (from, to) = (pieces.iter().map(from).min(), pieces.iter().map(to).max());
        to.zip(from).map_or(0, |(to, from)| to - from)
    };
    around(|piece| piece.left, |piece| piece.right).max(around(|piece| piece.top, |piece| piece.bottom)) as f32
}

/// Thickens strokes to MNIST's width at MNIST's size.
fn thickened(ink: &Ink, marks: &Marks, longer: f32, stroke: f32) -> Ink {
    // `stroke + 2 · more` is to be `STROKE / 20` of `longer + 2 · more`.
    let more = (STROKE * longer - 20.0 * stroke) / (40.0 - 2.0 * STROKE);
    let rim = more.ceil() as usize + 1;
    let wide = ink.padded(rim);
    let marked =
        Ink::new(marks.width, marks.height, marks.marked.iter().map(|marked| f32::from(u8::from(*marked))).collect());
    let far = Marks::above(&marked.padded(rim), 0.5).distances();
    let values = wide.values().iter().zip(far).map(|(ink, far)| ink.max((more + 0.5 - far).clamp(0.0, 1.0)));
    Ink::new(wide.width(), wide.height(), values.collect())
}

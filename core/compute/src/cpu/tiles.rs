//! How a product of matrices is cut up, for every kind of vector.

use crate::Matmul;

/// Rows of a tile.
pub(super) const TILE_ROWS: usize = 4;
/// Columns of a tile.
pub(super) const TILE_COLUMNS: usize = 8;

/// A piece of the product that is kept in registers: 8 vectors of 4 words, which leaves half of the
/// 16 that there are.
pub(super) type Tile = [[u32; TILE_COLUMNS]; TILE_ROWS];

/// Steps of the inner sum at once, and rows at once: then a strip of the second matrix (16 KiB)
/// stays in the first cache and the packed rows of the first (512 KiB) in the second.
const DEPTH: usize = 512;
const ROWS: usize = 256;

/// Fewer columns than this waste too much of a tile; they are done as inner products.
const FEW: usize = 4;

/// The operations that differ between kinds of vectors.
pub(super) trait Kernel {
    /// Adds Σₖ `left[k]`ᵀ·`right[k]` to the tile.
    fn tile(&self, left: &[[u32; TILE_ROWS]], right: &[[u32; TILE_COLUMNS]], tile: &mut Tile);

    /// The inner product of two vectors of one length.
    fn dot(&self, left: &[u32], right: &[u32]) -> u32;
}

/// The product of matrices, written to `out`.
pub(super) fn matmul(kernel: &impl Kernel, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]) {
    size.check(a, b, out);
    let Matmul { rows: _, inner, columns } = size;
    out.fill(0);
    if out.is_empty() || inner == 0 {
        return;
    }
    if columns < FEW {
        let mut column = vec![0; inner];
        for j in 0..columns {
            column.iter_mut().zip(b[j..].iter().step_by(columns)).for_each(|(to, &from)| *to = from);
            for (row, out) in a.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
                out[j] = kernel.dot(row, &column);
            }
        }
        return;
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for start in (0..inner).step_by(DEPTH) {
        let depth = DEPTH.min(inner - start);
        for (a, out) in a.chunks(ROWS * inner).zip(out.chunks_mut(ROWS * columns)) {
            pack_rows(a, inner, start, depth, &mut left);
            for column in (0..columns).step_by(TILE_COLUMNS) {
                pack_columns(b, columns, start..start + depth, column, &mut right);
                let width = TILE_COLUMNS.min(columns - column);
                for (left, out) in left.chunks_exact(depth).zip(out.chunks_mut(TILE_ROWS * columns)) {
                    let mut tile = Tile::default();
                    kernel.tile(left, &right, &mut tile);
                    for (row, out) in tile.iter().zip(out.chunks_exact_mut(columns)) {
                        let out = &mut out[column..column + width];
                        out.iter_mut().zip(row).for_each(|(out, &x)| *out = out.wrapping_add(x));
                    }
                }
            }
        }
    }
}

/// Rows, four at a time, column by column; missing rows are zero.
fn pack_rows(a: &[u32], inner: usize, start: usize, depth: usize, packed: &mut Vec<[u32; TILE_ROWS]>) {
    packed.clear();
    for rows in a.chunks(TILE_ROWS * inner) {
        let base = packed.len();
        packed.resize(base + depth, [0; TILE_ROWS]);
        for (r, row) in rows.chunks_exact(inner).enumerate() {
            packed[base..].iter_mut().zip(&row[start..]).for_each(|(to, &from)| to[r] = from);
        }
    }
}

/// A strip of columns, row by row; missing columns are zero.
fn pack_columns(
    b: &[u32],
    columns: usize,
    rows: std::ops::Range<usize>,
    column: usize,
    packed: &mut Vec<[u32; TILE_COLUMNS]>,
) {
    packed.clear();
    let width = TILE_COLUMNS.min(columns - column);
    packed.extend(b.chunks_exact(columns).take(rows.end).skip(rows.start).map(|row| {
        let row = &row[column..column + width];
        row.try_into().unwrap_or_else(|_| std::array::from_fn(|j| row.get(j).copied().unwrap_or(0)))
    }));
}

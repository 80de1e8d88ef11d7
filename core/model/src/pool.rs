//! Windows over pictures.

use crate::graph::Shape;

/// Applies `f` to each window of `size` × `size`; `f` gets the indices of the window's numbers.
///
/// # Panics
/// When no window fits.
pub(crate) fn pool<T>(
    shape: Shape,
    size: usize,
    stride: usize,
    f: impl Fn(&mut dyn Iterator<Item = usize>) -> T,
) -> Vec<T> {
    let out = shape.pooled(size, stride).expect("a checked shape");
    let mut values = Vec::with_capacity(out.len());
    for c in 0..out.channels {
        for y in 0..out.height {
            for x in 0..out.width {
                let corner = (c * shape.height + y * stride) * shape.width + x * stride;
                values.push(f(&mut (0..size * size).map(|i| corner + i / size * shape.width + i % size)));
            }
        }
    }
    values
}

//! Convolutions as products of matrices.

/// The shape of a convolution layer on one picture.
///
/// Output (f, y, x) is Σ weight(f, c, i, j)·input(c, y·stride + i − padding, x·stride + j −
/// padding) over channels c and places (i, j) of the kernel; outside of the picture the input is
/// zero. Arrays are laid out as the indices are written, the last one running fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Convolution {
    /// Channels of the input.
    pub channels: usize,
    /// Height of the input, without padding.
    pub height: usize,
    /// Width of the input, without padding.
    pub width: usize,
    /// Channels of the output.
    pub filters: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Steps from one output to the next, the same downwards and to the right; at least 1.
    pub stride: usize,
    /// Rows or columns of zeros on each of the four sides.
    pub padding: usize,
}

impl Convolution {
    /// Whether there is at least one output and the kernel fits into the padded picture.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let [kh, kw] = self.kernel;
        let [h, w] = self.padded();
        let counts = [self.channels, self.height, self.width, self.filters, kh, kw, self.stride];
        counts.iter().all(|&n| n > 0) && kh <= h && kw <= w
    }

    /// Height and width of the padded input.
    #[must_use]
    pub fn padded(&self) -> [usize; 2] {
        [self.height, self.width].map(|n| n + 2 * self.padding)
    }

    /// Height and width of the output.
    ///
    /// # Panics
    /// When the shape is not [valid](Self::is_valid).
    #[must_use]
    pub fn output(&self) -> [usize; 2] {
        assert!(self.is_valid(), "a kernel that fits");
        let ([h, w], [kh, kw]) = (self.padded(), self.kernel);
        [(h - kh) / self.stride + 1, (w - kw) / self.stride + 1]
    }

    /// Numbers in the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Numbers in the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.filters * self.positions()
    }

    /// How many pictures there are; holds both slices to the shape.
    pub(crate) fn count<T>(&self, inputs: &[T], out: &[T]) -> usize {
        assert!(inputs.len().is_multiple_of(self.inputs()), "a whole number of pictures");
        let pictures = inputs.len() / self.inputs();
        assert_eq!(out.len(), pictures * self.outputs(), "output of another shape");
        pictures
    }

    /// Weights.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.filters * self.patch()
    }

    /// Numbers that one output depends on.
    #[must_use]
    pub fn patch(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Outputs of one filter.
    #[must_use]
    pub fn positions(&self) -> usize {
        let [h, w] = self.output();
        h * w
    }

    /// The patches as columns (im2col): a matrix of [`patch`](Self::patch) ×
    /// [`positions`](Self::positions), so that weights × patches is the output.
    ///
    /// # Panics
    /// When the input is not as long as the shape says.
    #[must_use]
    pub fn patches<T: Copy + Default>(&self, input: &[T]) -> Vec<T> {
        assert_eq!(input.len(), self.inputs(), "input of another shape");
        let ([out_h, out_w], [kh, kw]) = (self.output(), self.kernel);
        let mut patches = vec![T::default(); self.patch() * self.positions()];
        let mut rows = patches.chunks_exact_mut(self.positions());
        for channel in input.chunks_exact(self.height * self.width) {
            for (i, j) in (0..kh).flat_map(|i| (0..kw).map(move |j| (i, j))) {
                let row = rows.next().expect("a row for every place of the kernel in every channel");
                // Outputs whose column of the input lies within the picture.
                let (first, past) = inside(j, self.width, out_w, self.stride, self.padding);
                for (y, out) in row.chunks_exact_mut(out_w).enumerate().take(out_h) {
                    let Some(from) = (y * self.stride + i).checked_sub(self.padding).filter(|&y| y < self.height)
                    else {
                        continue;
                    };
                    if first < past {
                        let start = from * self.width + first * self.stride + j - self.padding;
                        let line = &channel[start..(from + 1) * self.width];
                        if self.stride == 1 {
                            out[first..past].copy_from_slice(&line[..past - first]);
                        } else {
                            let line = line.iter().step_by(self.stride);
                            out[first..past].iter_mut().zip(line).for_each(|(out, &x)| *out = x);
                        }
                    }
                }
            }
        }
        patches
    }
}

/// The range of output columns x for which x·stride + j − padding lies in 0..width.
fn inside(j: usize, width: usize, out: usize, stride: usize, padding: usize) -> (usize, usize) {
    let first = padding.saturating_sub(j).div_ceil(stride);
    let past = (width + padding).saturating_sub(j).div_ceil(stride);
    (first, past.min(out))
}

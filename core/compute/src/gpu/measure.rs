//! Measures the kernels without the transfers: the same work several times in one submission.

use super::work::Span;
use super::{Gpu, GpuError, LONGEST_FIRST, Work};
use crate::{Matmul, NttTable, Way};

impl Gpu {
    /// Transforms so many polynomials there `times` over, and looks at the last once.
    ///
    /// # Errors
    /// As of any work.
    pub async fn transform_again(&self, table: &NttTable, count: usize, times: usize) -> Result<(), GpuError> {
        let words = vec![1; count * table.size()];
        let record = |work: &mut Work<'_>| {
            let all = work.upload(&words);
            (0..times).for_each(|_| work.transform(&[table], Way::Forward, &all));
            all.first(table.size())
        };
        self.submit_at_leisure(record).await
    }

    /// Multiplies two square matrices there `times` over, and looks at a row of the product once.
    ///
    /// # Errors
    /// As of any work.
    pub async fn multiply_again(&self, side: usize, times: usize) -> Result<(), GpuError> {
        let words = vec![3; side * side];
        let record = |work: &mut Work<'_>| {
            let (left, right, out) = (work.upload(&words), work.upload(&words), work.empty(side * side));
            let size = Matmul { rows: side, inner: side, columns: side };
            (0..times).for_each(|_| work.matmul(&self.kernels.matmul, size, &left, &right, &out));
            out.first(side)
        };
        self.submit_at_leisure(record).await
    }

    /// Much work at once takes longer than an answer may otherwise.
    async fn submit_at_leisure(&self, record: impl FnOnce(&mut Work<'_>) -> Span) -> Result<(), GpuError> {
        let patience = self.patience.replace(LONGEST_FIRST);
        let done = self.submit(record).await;
        self.patience.set(patience);
        done.map(drop)
    }
}

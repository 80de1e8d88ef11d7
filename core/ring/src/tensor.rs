//! Arrays of ring elements with a shape.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Word;

/// Elements of Z_2^l in a rectangular shape, the last index running fastest.
///
/// It holds public values and secret shares alike, so it is neither `Debug` nor `Clone`, and it is
/// wiped when dropped. A shape and a vector are all that layers need of it, so there is no library
/// of arrays behind it: kernels take slices. All operations take time that depends on shapes only.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Tensor<T: Word> {
    data: Vec<T>,
    #[zeroize(skip)]
    shape: Vec<usize>,
}

impl<T: Word> Tensor<T> {
    /// The tensor of a shape with these elements.
    ///
    /// # Panics
    /// When there are not as many elements as the shape has places.
    #[must_use]
    pub fn new(shape: &[usize], data: Vec<T>) -> Self {
        assert_eq!(data.len(), shape.iter().product::<usize>(), "elements for every place of the shape");
        Self { data, shape: shape.to_vec() }
    }

    /// Zeros.
    #[must_use]
    pub fn zeros(shape: &[usize]) -> Self {
        Self::new(shape, vec![T::ZERO; shape.iter().product()])
    }

    /// The shape.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The elements.
    #[must_use]
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The elements, to be changed.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The elements in another shape.
    ///
    /// # Panics
    /// When it has another number of places.
    #[must_use]
    pub fn reshape(mut self, shape: &[usize]) -> Self {
        assert_eq!(self.len(), shape.iter().product::<usize>(), "elements for every place of the shape");
        self.shape = shape.to_vec();
        self
    }

    /// Another tensor of the same elements. Named, because copying a share should be seen.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { data: self.data.clone(), shape: self.shape.clone() }
    }

    /// Adds, place by place.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add(&mut self, other: &Self) {
        self.with(other, T::plus);
    }

    /// Subtracts, place by place.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn sub(&mut self, other: &Self) {
        self.with(other, T::minus);
    }

    fn with(&mut self, other: &Self, f: impl Fn(T, T) -> T) {
        assert_eq!(self.shape, other.shape, "tensors of one shape");
        self.data.iter_mut().zip(&other.data).for_each(|(x, &y)| *x = f(*x, y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sums<T: Word>(x: Vec<T>, y: Vec<T>) {
        let shape = [x.len()];
        let (x, y) = (Tensor::new(&shape, x), Tensor::new(&shape, y));
        let mut sum = x.duplicate();
        sum.add(&y);
        for (i, &s) in sum.data().iter().enumerate() {
            let wide = i128::from(x.data()[i].to_signed()) + i128::from(y.data()[i].to_signed());
            assert_eq!((i128::from(s.to_signed()) - wide) % (1 << T::BITS), 0);
        }
        sum.sub(&y);
        assert_eq!(sum.data(), x.data());
    }

    proptest! {
        #[test]
        fn adds_and_takes_away(pairs: Vec<(u64, u64)>) {
            let (x, y): (Vec<u64>, Vec<u64>) = pairs.into_iter().unzip();
            let low = |x: &[u64]| x.iter().map(|&x| u32::from_random(x)).collect::<Vec<_>>();
            sums(low(&x), low(&y));
            sums(x, y);
        }
    }

    #[test]
    fn extremes_wrap() {
        sums(vec![0, 1, u32::MAX, 1 << 31], vec![u32::MAX, u32::MAX, u32::MAX, 1 << 31]);
        sums(vec![0, 1, u64::MAX, 1 << 63], vec![u64::MAX, u64::MAX, u64::MAX, 1 << 63]);
    }

    #[test]
    fn a_shape_is_kept_and_changed() {
        let tensor = Tensor::<u32>::zeros(&[2, 3, 4]);
        assert_eq!((tensor.shape(), tensor.len()), (&[2, 3, 4][..], 24));
        assert_eq!(tensor.reshape(&[6, 4]).shape(), [6, 4]);
    }

    #[test]
    #[should_panic(expected = "every place")]
    fn too_few_elements_are_refused() {
        let _ = Tensor::new(&[2, 2], vec![1u32, 2, 3]);
    }
}

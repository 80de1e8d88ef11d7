//! The tables of the number-theoretic transform.

use crate::Modulus;
use crate::modulus::Factor;

/// Roots of unity for transforms of Z_p\[X\]/(X^N + 1), computed once per prime and size.
///
/// With ψ a primitive 2N-th root of unity modulo p, value i of a transformed polynomial is the
/// polynomial at ψ^(2·rev(i) + 1), where rev reverses the log2 N bits of i. In that order the twist
/// by ψ is part of the butterflies and nothing has to be reordered (Longa–Naehrig, *Speeding up the
/// number theoretic transform*, 2016). ψ is the first power g^((p − 1)/2N), g = 2, 3, …, that has
/// this order, so all parties and all back ends choose the same.
pub struct NttTable {
    modulus: Modulus,
    size: usize,
    forward: Roots,
    inverse: Roots,
    /// N⁻¹, and N⁻¹ times the root of the inverse's last layer: the scaling costs no pass of its
    /// own.
    scale: [Factor; 2],
}

/// Roots with Shoup's companions, side by side so that vectors of either can be loaded.
pub(crate) struct Roots {
    pub(crate) value: Vec<u32>,
    pub(crate) shoup: Vec<u32>,
}

impl Roots {
    /// Root `i`.
    #[inline(always)]
    pub(crate) fn get(&self, i: usize) -> Factor {
        Factor { value: self.value[i], shoup: self.shoup[i] }
    }
}

impl NttTable {
    /// The table of a prime and a size N.
    ///
    /// # Panics
    /// When N is not a power of two of at least 32, or p is not 1 modulo 2N.
    #[must_use]
    pub fn new(modulus: Modulus, size: usize) -> Self {
        assert!(size.is_power_of_two() && size >= 32, "a power of two, at least 32");
        let p = modulus.value();
        let order = 2 * size as u32;
        assert_eq!(p % order, 1, "no root of unity of order 2N modulo p");
        // A power whose N-th power is -1 has order 2N. Half of all g give one.
        let root = (2..p).map(|g| modulus.pow(g, (p - 1) / order)).find(|&w| modulus.pow(w, order / 2) == p - 1);
        let root = root.expect("the group is cyclic and 2N divides its order");

        let roots = |root: u32| {
            let (mut power, mut value) = (1, vec![0; size]);
            for i in 0..size {
                value[i.reverse_bits() >> (usize::BITS - size.trailing_zeros())] = power;
                power = modulus.mul(power, root);
            }
            let shoup = value.iter().map(|&w| modulus.factor(w).shoup).collect();
            Roots { value, shoup }
        };
        let (forward, inverse) = (roots(root), roots(modulus.inverse(root)));
        let n_inverse = modulus.inverse(size as u32);
        let scale = [n_inverse, modulus.mul(n_inverse, inverse.value[1])].map(|w| modulus.factor(w));
        Self { modulus, size, forward, inverse, scale }
    }

    /// p.
    #[must_use]
    pub fn modulus(&self) -> Modulus {
        self.modulus
    }

    /// N, the number of coefficients.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// ψ^rev(i): layer m of the forward transform uses m, …, 2m − 1.
    pub(crate) fn forward(&self) -> &Roots {
        &self.forward
    }

    /// ψ^−rev(i).
    pub(crate) fn inverse(&self) -> &Roots {
        &self.inverse
    }

    /// N⁻¹, and N⁻¹·ψ^(−N/2).
    pub(crate) fn scale(&self) -> [Factor; 2] {
        self.scale
    }
}

//! Products of a private bit and a private word, moved from random ones to what the parties hold.
//!
//! *Computes*: the receiver knows a bit `z`, the sender a word `d`; they come to share `z·d` modulo
//! 2^32. Out of a random product `c·u = v + w` (see [`SenderWords`]): he sends `e = z ⊕ c`, she
//! sends `D = d − u`, and since `z` is `c` or `1 − c`,
//!
//! ```text
//! e = 0    z·d = c·(u + D)         sender  v          receiver  w + c·D
//! e = 1    z·d = d − c·(u + D)     sender  d − v      receiver  −(w + c·D)
//! ```
//!
//! *From*: Beaver 1995 (derandomisation), Gilboa 1999. *Security*: semi-honest, perfect given fresh
//! products: `e` hides behind `c`, `D` behind `u`. *Cost*: one bit one way, one word the other, at
//! once. *Deviations*: both messages cross in one round; only as many bits of `D` are sent as the
//! product is wanted to, since all of it may be read modulo a smaller power of two. The callers are
//! `multiplex` and `truncate`.

use tacit_ot::{ReceiverWords, SenderWords};
use tacit_ring::Bits;
use zeroize::Zeroizing;

/// `D`: what the sender of products with `d` says.
pub(crate) fn mask(products: &SenderWords, d: &[u32]) -> Vec<u32> {
    assert_eq!(products.u.len(), d.len(), "a product for every word");
    d.iter().zip(&products.u).map(|(d, u)| d.wrapping_sub(*u)).collect()
}

/// The sender's shares, given `e`.
pub(crate) fn send<'a>(products: &'a SenderWords, d: &'a [u32], e: &'a Bits) -> impl Iterator<Item = u32> + 'a {
    d.iter().zip(&products.v).zip(e.iter()).map(|((d, v), e)| {
        let e = u32::from(e);
        // e·d + (1 − 2e)·v
        e.wrapping_mul(*d).wrapping_add(signed(e, *v))
    })
}

/// The receiver's shares, given `e` and `D`.
pub(crate) fn receive(products: &ReceiverWords, e: &Bits, d: &[u32]) -> Zeroizing<Vec<u32>> {
    let bits = products.c.iter().zip(e.iter());
    let shares = bits.zip(products.w.iter().zip(d)).map(|((c, e), (w, d))| {
        let product = w.wrapping_add(u32::from(c).wrapping_mul(*d));
        signed(u32::from(e), product)
    });
    Zeroizing::new(shares.collect())
}

/// x, or −x when `minus` is 1.
fn signed(minus: u32, x: u32) -> u32 {
    (x ^ minus.wrapping_neg()).wrapping_add(minus)
}

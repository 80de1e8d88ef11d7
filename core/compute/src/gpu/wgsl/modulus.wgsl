// Arithmetic modulo a prime of at most 30 bits, as `Modulus` does it.

struct Prime {
    p: u32,
    // −p⁻¹ modulo 2^32.
    negated_inverse: u32,
    // So many products stay below 2^32·p.
    terms: u32,
    unused: u32,
    // 2^32 modulo p, and Shoup's companion.
    montgomery: vec2<u32>,
    // N⁻¹, and N⁻¹ times the root of the inverse's last layer.
    scale: vec2<u32>,
    scaled_root: vec2<u32>,
}

// factor·x modulo p in [0, 2p), for any x. The factor's companion is its second half.
fn shoup(x: u32, factor: vec2<u32>, p: u32) -> u32 {
    return x * factor.x - multiply_high(x, factor.y) * p;
}

// x − m where that is not negative: otherwise it wraps round to a large number.
fn below(x: u32, m: u32) -> u32 {
    return min(x, x - m);
}

// sum·2^−32 modulo p in [0, 2p), for sum < 2^32·p; the lower half comes first.
fn montgomery_reduce(sum: vec2<u32>, prime: Prime) -> u32 {
    let q = sum.x * prime.negated_inverse;
    // The lower halves add up to 0 or to 2^32.
    return sum.y + multiply_high(q, prime.p) + select(0u, 1u, sum.x != 0u);
}

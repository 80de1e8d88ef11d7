// Numbers modulo 2^64 as pairs, the lower half first.

alias Word = vec2<u32>;

fn add_product(sum: Word, x: Word, y: Word) -> Word {
    let low = sum.x + x.x * y.x;
    let high = multiply_high(x.x, y.x) + x.x * y.y + x.y * y.x;
    return vec2(low, sum.y + high + select(0u, 1u, low < sum.x));
}

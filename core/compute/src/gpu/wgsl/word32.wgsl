// Numbers modulo 2^32.

alias Word = u32;

fn add_product(sum: Word, x: Word, y: Word) -> Word {
    return sum + x * y;
}

// The second matrix and the product, both by rows.

struct Job {
    rows: u32,
    inner: u32,
    columns: u32,
}

fn right_at(k: u32, column: u32) -> Word {
    return right[k * job.columns + column];
}

fn place_of(row: u32, column: u32) -> u32 {
    return row * job.columns + column;
}

// The patches of pictures as the columns of the second matrix, read where they lie; the product picture by picture.

struct Job {
    rows: u32,
    inner: u32,
    columns: u32,
    channels: u32,
    height: u32,
    width: u32,
    kernel_height: u32,
    kernel_width: u32,
    stride: u32,
    padding: u32,
    // Outputs of one filter, and in a row of them.
    positions: u32,
    output_width: u32,
}

fn right_at(k: u32, column: u32) -> Word {
    let place = k % (job.kernel_height * job.kernel_width);
    let channel = k / (job.kernel_height * job.kernel_width);
    let picture = column / job.positions;
    let position = column % job.positions;
    // What would be negative wraps round, and lies outside as well.
    let y = (position / job.output_width) * job.stride + place / job.kernel_width - job.padding;
    let x = (position % job.output_width) * job.stride + place % job.kernel_width - job.padding;
    if y >= job.height || x >= job.width {
        return Word();
    }
    return right[((picture * job.channels + channel) * job.height + y) * job.width + x];
}

fn place_of(row: u32, column: u32) -> u32 {
    return (column / job.positions * job.rows + row) * job.positions + column % job.positions;
}

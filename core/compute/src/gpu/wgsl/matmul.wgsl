// A product of matrices: a workgroup makes a tile of 64 × 64, each of its 256 threads 4 × 4 of it.

@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> left: array<Word>;
@group(0) @binding(2) var<storage, read> right: array<Word>;
@group(0) @binding(3) var<storage, read_write> out: array<Word>;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
const EACH: u32 = 4u;
const SIDE: u32 = 16u;

// Step by step of the inner sum: what 64 rows, and 64 columns, have there.
var<workgroup> from_left: array<Word, 1024>;
var<workgroup> from_right: array<Word, 1024>;

@compute @workgroup_size(256)
fn matmul(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = workgroup.y * TILE;
    let first_column = workgroup.x * TILE;
    // Neighbours have neighbouring columns: they write side by side.
    let row = thread / SIDE;
    let column = thread % SIDE;
    var sums: array<array<Word, 4>, 4>;
    for (var start = 0u; start < job.inner; start += DEPTH) {
        for (var i = thread; i < TILE * DEPTH; i += 256u) {
            let r = first_row + i / DEPTH;
            let k = start + i % DEPTH;
            var word = Word();
            if r < job.rows && k < job.inner {
                word = left[r * job.inner + k];
            }
            from_left[(i % DEPTH) * TILE + i / DEPTH] = word;
        }
        for (var i = thread; i < TILE * DEPTH; i += 256u) {
            let c = first_column + i % TILE;
            let k = start + i / TILE;
            var word = Word();
            if c < job.columns && k < job.inner {
                word = right_at(k, c);
            }
            from_right[i] = word;
        }
        workgroupBarrier();
        for (var k = 0u; k < DEPTH; k++) {
            var x: array<Word, 4>;
            var y: array<Word, 4>;
            for (var i = 0u; i < EACH; i++) {
                x[i] = from_left[k * TILE + row + i * SIDE];
                y[i] = from_right[k * TILE + column + i * SIDE];
            }
            for (var i = 0u; i < EACH; i++) {
                for (var j = 0u; j < EACH; j++) {
                    sums[i][j] = add_product(sums[i][j], x[i], y[j]);
                }
            }
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < EACH; i++) {
        for (var j = 0u; j < EACH; j++) {
            let r = first_row + row + i * SIDE;
            let c = first_column + column + j * SIDE;
            if r < job.rows && c < job.columns {
                out[place_of(r, c)] = sums[i][j];
            }
        }
    }
}

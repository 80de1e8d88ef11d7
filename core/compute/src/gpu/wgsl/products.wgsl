// Sums of pointwise products of transformed polynomials: out[row][column] = Σ left[row][k]·right[k][column].

struct Job {
    // Words of a polynomial for one prime.
    size: u32,
    primes: u32,
    inner: u32,
    columns: u32,
    // Whether sums are added to what is there: 1 or 0.
    adds: u32,
}

@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(4) var<storage, read> moduli: array<Prime>;

// A sum of 64 bits, the lower half first.
fn accumulate(sum: vec2<u32>, x: u32, y: u32) -> vec2<u32> {
    let low = sum.x + x * y;
    return vec2(low, sum.y + multiply_high(x, y) + select(0u, 1u, low < sum.x));
}

@compute @workgroup_size(256)
fn sum_of_products(@builtin(global_invocation_id) id: vec3<u32>) {
    let words = job.size * job.primes;
    let at = id.x;
    if at >= words {
        return;
    }
    let row = id.y;
    let column = id.z;
    let prime = moduli[at / job.size];
    var total = 0u;
    for (var start = 0u; start < job.inner; start += prime.terms) {
        var sum = vec2(0u, 0u);
        for (var k = start; k < min(start + prime.terms, job.inner); k++) {
            let x = left[(row * job.inner + k) * words + at];
            let y = right[(k * job.columns + column) * words + at];
            sum = accumulate(sum, x, y);
        }
        total = below(total + below(montgomery_reduce(sum, prime), prime.p), prime.p);
    }
    total = below(shoup(total, prime.montgomery, prime.p), prime.p);
    let place = (row * job.columns + column) * words + at;
    out[place] = below(total + out[place] * job.adds, prime.p);
}

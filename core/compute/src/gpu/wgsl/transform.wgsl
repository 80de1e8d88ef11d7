// Number-theoretic transforms of many polynomials at once.
//
// 4096 values fit into a workgroup's memory. Each of 256 threads holds 16 of them in registers, does four layers of
// butterflies, and changes them for 16 others: three times four layers. Longer polynomials have their widest layer done
// before (or after), by a kernel of its own.

const BLOCK: u32 = 4096u;
const EACH: u32 = 16u;

struct Job {
    // Words of a polynomial for one prime.
    size: u32,
    // Primes, one behind the other in each polynomial.
    primes: u32,
    // Blocks of 4096 in a polynomial for one prime.
    parts: u32,
    // Butterflies in all, for the kernels of one thread each.
    butterflies: u32,
}

@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<storage, read> moduli: array<Prime>;
// N for each prime, each with its companion.
@group(0) @binding(3) var<storage, read> roots: array<vec2<u32>>;

var<workgroup> exchange: array<u32, 4096>;

// Where a value lies while values change hands: neighbours lie in different banks.
fn place(index: u32) -> u32 {
    return index ^ ((index >> 4u) & 15u);
}

// The index, within the block, of a thread's value k in rounds 0, 1 and 2: values are 256, 16 and 1 apart.
fn index_of(thread: u32, round: u32, k: u32) -> u32 {
    switch round {
        case 0u: { return thread + 256u * k; }
        case 1u: { return (thread >> 4u) * 256u + (thread & 15u) + 16u * k; }
        default: { return thread * 16u + k; }
    }
}

// The first of the 16-value blocks to which a thread's values belong, at the first layer of a round.
fn group_of(thread: u32, round: u32) -> u32 {
    switch round {
        case 0u: { return 0u; }
        case 1u: { return thread >> 4u; }
        default: { return thread; }
    }
}

// Changes a thread's values of one round for those of another.
fn change(v: ptr<function, array<u32, 16>>, thread: u32, before: u32, after: u32) {
    // Whatever was there has been taken.
    workgroupBarrier();
    for (var k = 0u; k < EACH; k++) {
        exchange[place(index_of(thread, before, k))] = (*v)[k];
    }
    workgroupBarrier();
    for (var k = 0u; k < EACH; k++) {
        (*v)[k] = exchange[place(index_of(thread, after, k))];
    }
}

@compute @workgroup_size(256)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let part = workgroup.x % job.parts;
    let limb = (workgroup.x / job.parts) % job.primes;
    let p = moduli[limb].p;
    let first_root = limb * job.size;
    let start = workgroup.x * BLOCK;
    var v: array<u32, 16>;
    for (var k = 0u; k < EACH; k++) {
        v[k] = words[start + index_of(thread, 0u, k)];
    }
    for (var round = 0u; round < 3u; round++) {
        if round > 0u {
            change(&v, thread, round - 1u, round);
        }
        let group = group_of(thread, round);
        for (var layer = 0u; layer < 4u; layer++) {
            let half = 8u >> layer;
            // Cooley–Tukey butterflies; values stay below 4p.
            let blocks = 1u << (4u * round + layer);
            let root_of_group = first_root + (job.parts + part) * blocks + (group << layer);
            for (var pair = 0u; pair < 8u; pair++) {
                let inner = pair / half;
                let low = inner * 2u * half + pair % half;
                let root = roots[root_of_group + inner];
                let a = below(v[low], 2u * p);
                let b = shoup(v[low + half], root, p);
                v[low] = a + b;
                v[low + half] = a + 2u * p - b;
            }
        }
    }
    for (var k = 0u; k < EACH; k++) {
        words[start + index_of(thread, 2u, k)] = below(below(v[k], 2u * p), p);
    }
}

@compute @workgroup_size(256)
fn inverse(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let part = workgroup.x % job.parts;
    let limb = (workgroup.x / job.parts) % job.primes;
    let prime = moduli[limb];
    let p = prime.p;
    let first_root = limb * job.size;
    let start = workgroup.x * BLOCK;
    var v: array<u32, 16>;
    for (var k = 0u; k < EACH; k++) {
        v[k] = words[start + index_of(thread, 2u, k)];
    }
    for (var back = 0u; back < 3u; back++) {
        let round = 2u - back;
        if back > 0u {
            change(&v, thread, round + 1u, round);
        }
        let group = group_of(thread, round);
        for (var up = 0u; up < 4u; up++) {
            let layer = 3u - up;
            let half = 8u >> layer;
            // Gentleman–Sande butterflies; values stay below 2p. The last layer of all scales.
            let blocks = 1u << (4u * round + layer);
            let is_last = job.parts == 1u && blocks == 1u;
            let root_of_group = first_root + (job.parts + part) * blocks + (group << layer);
            for (var pair = 0u; pair < 8u; pair++) {
                let inner = pair / half;
                let low = inner * 2u * half + pair % half;
                let a = v[low];
                let b = v[low + half];
                if is_last {
                    v[low] = below(shoup(a + b, prime.scale, p), p);
                    v[low + half] = below(shoup(a + 2u * p - b, prime.scaled_root, p), p);
                } else {
                    v[low] = below(a + b, 2u * p);
                    v[low + half] = shoup(a + 2u * p - b, roots[root_of_group + inner], p);
                }
            }
        }
    }
    for (var k = 0u; k < EACH; k++) {
        words[start + index_of(thread, 0u, k)] = v[k];
    }
}

// The widest layer of polynomials that have two blocks: one thread for each butterfly.
@compute @workgroup_size(256)
fn forward_widest(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= job.butterflies {
        return;
    }
    let half = job.size / 2u;
    let polynomial = id.x / half;
    let limb = polynomial % job.primes;
    let p = moduli[limb].p;
    let low = polynomial * job.size + id.x % half;
    let a = below(words[low], 2u * p);
    let b = shoup(words[low + half], roots[limb * job.size + 1u], p);
    words[low] = a + b;
    words[low + half] = a + 2u * p - b;
}

@compute @workgroup_size(256)
fn inverse_widest(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= job.butterflies {
        return;
    }
    let half = job.size / 2u;
    let polynomial = id.x / half;
    let prime = moduli[polynomial % job.primes];
    let low = polynomial * job.size + id.x % half;
    let a = words[low];
    let b = words[low + half];
    words[low] = below(shoup(a + b, prime.scale, prime.p), prime.p);
    words[low + half] = below(shoup(a + 2u * prime.p - b, prime.scaled_root, prime.p), prime.p);
}

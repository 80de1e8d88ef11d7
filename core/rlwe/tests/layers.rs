//! Whole layers between a client and an owner: right for random shapes, and unharmed by any bytes.

use futures::FutureExt as _;
use proptest::prelude::*;
use tacit_compute::{Convolution, Cpu, Kernels as _};
use tacit_rlwe::{Context, Malformed, Origin, Packing, PublicKey, SecretKey, Weights, linear};
use tacit_symmetric::Prg;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Two parties with a key between them.
struct Pair {
    context: Context,
    key: SecretKey,
    public: PublicKey,
    client: Prg,
    owner: Prg,
}

fn pair(seed: u64) -> Pair {
    let mut seeds = Prg::from_seed([9; 32]).fork(&seed.to_le_bytes());
    let (context, mut client, owner) = (Context::new(), Prg::from_seed(seeds.bytes()), Prg::from_seed(seeds.bytes()));
    let origin = Origin::new(1, seeds.bytes());
    let key = SecretKey::generate(&context, &Cpu, origin, &mut client);
    let public = key.public_key(&context, &Cpu, &mut client);
    let public = PublicKey::from_bytes(&context, origin, &public).unwrap();
    Pair { context, key, public, client, owner }
}

fn numbers(rng: &mut Prg, n: usize) -> Vec<u32> {
    (0..n).map(|_| rng.next_u64() as u32).collect()
}

/// Runs a future of the processor, which is ready at once.
fn at_once<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("the processor answers at once")
}

/// Two shares of each number: the sums are right but for one unit, rarely.
fn add_up(mine: &[u32], theirs: &[u32], expected: &[u32]) {
    assert_eq!((mine.len(), theirs.len()), (expected.len(), expected.len()));
    let off =
        mine.iter().zip(theirs).zip(expected).map(|((x, y), z)| x.wrapping_add(*y).wrapping_sub(*z).cast_signed());
    assert!(off.clone().all(|off| off.abs() <= 1));
    // One in a hundred or so; see `noise`.
    let count = off.filter(|&off| off != 0).count();
    assert!(count <= 8 + expected.len() / 25, "{count} of {} are one off", expected.len());
}

/// Enc(x) → Enc(W·x − s) → W·x − s, against the same in the clear.
fn layer(packing: &Packing, largest: i32, seed: u64) {
    let Pair { context, key, public, mut client, mut owner } = pair(seed);
    let shape = packing.shape();
    let x = numbers(&mut client, shape.inputs());
    let range = 2 * largest as u32 + 1;
    let weights: Vec<i32> =
        numbers(&mut owner, shape.weights()).into_iter().map(|w| (w % range) as i32 - largest).collect();

    let prepared = Weights::new(&context, &Cpu, packing, &weights);
    let request = linear::request(&context, &Cpu, &key, packing, &x, &mut client);
    assert_eq!(request.len(), linear::request_bytes(&context, packing));
    let response = linear::respond(&context, &Cpu, &public, packing, &prepared, &request, &mut owner);
    let (response, mine) = at_once(response).unwrap();
    assert_eq!(response.len(), linear::response_bytes(&context, packing));
    let theirs = linear::finish(&context, &Cpu, &key, packing, &response).unwrap();

    let weights: Vec<u32> = weights.iter().map(|&w| w as u32).collect();
    let mut expected = vec![0; shape.outputs()];
    Cpu.convolve(shape, &weights, &x, &mut expected);
    add_up(&mine, &theirs, &expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn random_matrices(inputs in 1..600usize, outputs in 1..60usize, seed: u64) {
        layer(&Packing::dense(inputs, outputs), 4096, seed);
    }

    #[test]
    fn random_convolutions(
        (channels, height, width, filters) in (1..6usize, 1..40usize, 1..40usize, 1..8usize),
        kernel in [1..6usize, 1..6usize], stride in 1..4usize, padding in 0..3usize, seed: u64,
    ) {
        let shape = Convolution { channels, height, width, filters, kernel, stride, padding };
        if let Some(packing) = Packing::convolution(&shape) {
            layer(&packing, 4096, seed);
        }
    }
}

/// More than one polynomial each way, more than one tile.
#[test]
fn layers_of_many_polynomials() {
    layer(&Packing::dense(5000, 40), 4096, 1);
    let shape = Convolution { channels: 3, height: 70, width: 80, filters: 5, kernel: [3, 3], stride: 1, padding: 1 };
    let packing = Packing::convolution(&shape).unwrap();
    assert!(packing.tile_count() > 1);
    layer(&packing, 4096, 2);
    layer(&Packing::convolution(&Convolution { stride: 2, ..shape }).unwrap(), 4096, 3);
}

/// The largest weights that a shape allows, all of one sign.
#[test]
fn weights_at_the_bound() {
    let packing = Packing::dense(64, 1);
    let Pair { context, key, public, mut client, mut owner } = pair(4);
    let largest = packing.most_weight(context.params()).cast_signed();
    let prepared = Weights::new(&context, &Cpu, &packing, &[-largest; 64]);
    let request = linear::request(&context, &Cpu, &key, &packing, &[u32::MAX; 64], &mut client);
    let response = linear::respond(&context, &Cpu, &public, &packing, &prepared, &request, &mut owner);
    let (response, mine) = at_once(response).unwrap();
    let theirs = linear::finish(&context, &Cpu, &key, &packing, &response).unwrap();
    add_up(&mine, &theirs, &[(64 * largest).cast_unsigned()]);
}

#[test]
#[should_panic = "decrypted rightly"]
fn weights_beyond_the_bound() {
    let (context, packing) = (Context::shared(), Packing::dense(64, 1));
    let largest = packing.most_weight(context.params()).cast_signed();
    let _ = Weights::new(context, &Cpu, &packing, &[largest + 1; 64]);
}

/// Bytes of the right length are read or refused; of another, refused. Nothing panics.
#[test]
fn damaged_bytes_are_read_or_refused() {
    let (packing, mut rng) = (Packing::dense(10, 3), Prg::from_seed([8; 32]));
    let Pair { context, key, public, mut client, mut owner } = pair(5);
    let weights = Weights::new(&context, &Cpu, &packing, &[7; 30]);
    let request = linear::request(&context, &Cpu, &key, &packing, &[1; 10], &mut client);
    let mut respond =
        |request: &[u8]| at_once(linear::respond(&context, &Cpu, &public, &packing, &weights, request, &mut owner));
    let (response, _) = respond(&request).unwrap();
    let public_key = key.public_key(&context, &Cpu, &mut client);

    let mut finish = |response: &[u8]| linear::finish(&context, &Cpu, &key, &packing, response).map(drop);
    let mut respond = |request: &[u8]| respond(request).map(drop);
    let mut read_key = |bytes: &[u8]| PublicKey::from_bytes(&context, *key.origin(), bytes).map(drop);
    damage(&request, &mut respond, &mut rng);
    damage(&response, &mut finish, &mut rng);
    damage(&public_key, &mut read_key, &mut rng);
    unreduced(&request, &mut respond);
    unreduced(&public_key, &mut read_key);
    // Three coefficients of 38 bits fill all but six bits of their last byte.
    let mut filled = response;
    *filled.last_mut().unwrap() |= 0x80;
    assert_eq!(finish(&filled), Err(Malformed));
}

/// Truncates, extends and flips.
fn damage(bytes: &[u8], read: &mut dyn FnMut(&[u8]) -> Result<(), Malformed>, rng: &mut Prg) {
    assert_eq!(read(bytes), Ok(()));
    for len in [0, 1, 32, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(read(&bytes[..len]), Err(Malformed), "{len} bytes");
    }
    assert_eq!(read(&[bytes, &[0]].concat()), Err(Malformed), "a byte too many");
    for _ in 0..20 {
        let mut flipped = bytes.to_vec();
        let bit = rng.next_u64() as usize % (8 * bytes.len());
        flipped[bit / 8] ^= 1 << (bit % 8);
        // Either is right; what matters is that it returns.
        let _ = read(&flipped);
    }
    assert_eq!(read(&vec![0; bytes.len()]), Ok(()));
}

/// Behind the seed, a residue of 2^30 − 1.
fn unreduced(bytes: &[u8], read: &mut dyn FnMut(&[u8]) -> Result<(), Malformed>) {
    for end in [36, bytes.len()] {
        let mut large = bytes.to_vec();
        large[end - 4..end].fill(0xff);
        assert_eq!(read(&large), Err(Malformed), "a residue that is not reduced");
    }
}

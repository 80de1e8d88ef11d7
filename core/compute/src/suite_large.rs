//! One suite for whatever does work in large pieces: held to [`Scalar`], bit by bit, which
//! [`suite`](crate::suite) holds to the definitions. Natively the graphics processor is a software
//! adapter where there is no other, in the browser likewise.

use std::cell::Cell;
use std::rc::Rc;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test;
use zeroize::Zeroizing;

use crate::processor::{halves, put_wholes};
use crate::suite::{IN_USE, PRIMES, residues, words};
use crate::{
    Compute, Convolution, Cpu, Force, Found, Gpu, GpuError, Kernels as _, Matmul, Modulus, NttTable, Operation,
    Processor, Products, Resident, Scalar, Sleep, Way,
};

/// A test that waits.
macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[cfg(not(target_arch = "wasm32"))]
            #[test]
            fn $name() {
                futures::executor::block_on(super::$name());
            }

            #[cfg(target_arch = "wasm32")]
            #[super::wasm_bindgen_test]
            async fn $name() {
                super::$name().await;
            }
        )*
    };
}

mod each {
    tests! {
        transforms
        sums_of_products
        matrices_at_the_edges_of_tiles
        convolutions
        what_does_not_fit_is_cut_or_left_to_the_processor
        words_that_stay_are_those_of_their_owner
        a_device_that_is_lost_is_done_without
        an_answer_that_does_not_come_is_done_without
        a_software_adapter_is_used_only_if_somebody_insists
        what_is_measured_decides
    }
}

fn endless() -> Sleep {
    Rc::new(|_| Box::pin(std::future::pending()))
}

async fn gpu() -> Gpu {
    let found = Found::look().await.expect(
        "a graphics adapter for the tests: on Debian the packages mesa-vulkan-drivers and libvulkan1 bring a software one, and \
         Chromium has one with --enable-unsafe-webgpu",
    );
    found.open(endless()).await.unwrap()
}

/// The graphics processor, which may not fail.
struct Surely(Gpu);

impl Compute for Surely {
    async fn transform(&self, table: &NttTable, way: Way, polys: &mut [u32]) {
        self.0.transform(table, way, polys).await.unwrap();
    }

    async fn products(&self, products: &Products<'_>) -> Zeroizing<Vec<u32>> {
        self.0.products(products).await.unwrap()
    }

    async fn multiply(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]) {
        out.copy_from_slice(&self.0.multiply::<1>(size, a, b).await.unwrap());
    }

    async fn multiply_wide(&self, size: Matmul, a: &[u64], b: &[u64], out: &mut [u64]) {
        put_wholes(&self.0.multiply::<2>(size, &halves(a), &halves(b)).await.unwrap(), out);
    }

    async fn convolve_all(&self, shape: &Convolution, weights: &Resident, inputs: &[u32], out: &mut [u32]) {
        out.copy_from_slice(&self.0.convolve::<1>(shape, weights, inputs).await.unwrap());
    }

    async fn convolve_wide(&self, shape: &Convolution, weights: &[u64], inputs: &[u64], out: &mut [u64]) {
        let weights = Resident::new(halves(weights));
        put_wholes(&self.0.convolve::<2>(shape, &weights, &halves(inputs)).await.unwrap(), out);
    }
}

async fn transforms() {
    let gpu = Surely(gpu().await);
    for (n, p) in [4096, 8192].into_iter().flat_map(|n| PRIMES.map(|p| (n, p))) {
        let table = NttTable::new(Modulus::new(p), n);
        for polys in [residues(p, 4, n), residues(p, 5, 5 * n), vec![p - 1; 2 * n], vec![0; n]] {
            let (mut here, mut there) = (polys.clone(), polys.clone());
            Scalar.forward(&table, &mut here);
            gpu.transform(&table, Way::Forward, &mut there).await;
            assert!(here == there, "forward, {n} modulo {p}");
            gpu.transform(&table, Way::Inverse, &mut there).await;
            assert!(there == polys, "and back, {n} modulo {p}");
            // Values that are no transform of anything small.
            Scalar.inverse(&table, &mut here);
            let (mut here, mut there) = (polys.clone(), polys);
            Scalar.inverse(&table, &mut here);
            gpu.transform(&table, Way::Inverse, &mut there).await;
            assert!(here == there, "inverse, {n} modulo {p}");
        }
    }
}

/// Everything that [`Products`] borrows.
struct Sums {
    tables: Vec<NttTable>,
    weights: Resident,
    fresh: Vec<u32>,
    keys: Vec<u32>,
    inputs: Vec<u32>,
    inner: usize,
    columns: usize,
    rows: usize,
}

impl Sums {
    fn new(n: usize, primes: &[u32], [rows, inner, columns]: [usize; 3], extreme: bool) -> Self {
        let polys = |seed: u64, count: usize| {
            let limb =
                |(i, &p): (usize, &u32)| if extreme { vec![p - 1; n] } else { residues(p, seed ^ (i as u64) << 32, n) };
            (0..count).flat_map(|_| primes.iter().enumerate().flat_map(limb)).collect::<Vec<u32>>()
        };
        Self {
            tables: primes.iter().map(|&p| NttTable::new(Modulus::new(p), n)).collect(),
            weights: Resident::new(polys(1, rows * inner).into()),
            fresh: polys(2, rows),
            keys: polys(3, columns),
            inputs: polys(4, inner * columns),
            inner,
            columns,
            rows,
        }
    }

    fn products(&self, rows: std::ops::Range<usize>) -> Products<'_> {
        let words = self.tables.iter().map(NttTable::size).sum::<usize>();
        Products {
            tables: &self.tables,
            inner: self.inner,
            columns: self.columns,
            weights: &self.weights,
            fresh: &self.fresh[rows.start * words..rows.end * words],
            keys: &self.keys,
            inputs: &self.inputs,
            rows,
        }
    }
}

async fn sums_of_products() {
    let gpu = Surely(gpu().await);
    let [p17, p27, p30] = PRIMES;
    for (n, primes) in [(4096, &[p27, p30, p17, p27][..]), (4096, &IN_USE), (8192, &[p30])] {
        // Around the lengths at which a graphics processor reduces sums in between: every 4
        // products at 30 bits, every 32 at 27.
        for size in [[1, 0, 1], [2, 1, 2], [3, 3, 2], [1, 4, 3], [2, 5, 1], [1, 33, 2]] {
            for extreme in [false, true] {
                let sums = Sums::new(n, primes, size, extreme);
                // Some of the same weights again, and more than before.
                for rows in [sums.rows - 1..sums.rows, 0..1, 0..sums.rows] {
                    let some = sums.products(rows.clone());
                    assert!(
                        gpu.products(&some).await == Scalar.products(&some).await,
                        "rows {rows:?} of {size:?} of {n}"
                    );
                }
            }
        }
    }
}

async fn multiplies(c: &impl Compute, size: Matmul, extreme: bool) {
    let make = |seed, len| if extreme { vec![u32::MAX; len] } else { words(seed, len) };
    let (a, b) = (make(1, size.rows * size.inner), make(2, size.inner * size.columns));
    let [mut here, mut there] = [(); 2].map(|()| vec![9; size.rows * size.columns]);
    Scalar.multiply(size, &a, &b, &mut here).await;
    c.multiply(size, &a, &b, &mut there).await;
    assert_eq!(here, there, "{size:?}");
}

/// Likewise of 64 bits.
fn wide_words(seed: u64, len: usize) -> Vec<u64> {
    let mut wide = vec![0; len];
    put_wholes(&words(seed, 2 * len), &mut wide);
    wide
}

async fn multiplies_wide(c: &impl Compute, size: Matmul) {
    let (a, b) = (wide_words(1, size.rows * size.inner), wide_words(2, size.inner * size.columns));
    let mut there = vec![9; size.rows * size.columns];
    c.multiply_wide(size, &a, &b, &mut there).await;
    let mut out = there.into_iter();
    for (i, j) in (0..size.rows).flat_map(|i| (0..size.columns).map(move |j| (i, j))) {
        let term = |k: usize| a[i * size.inner + k].wrapping_mul(b[k * size.columns + j]);
        assert_eq!(out.next(), Some((0..size.inner).map(term).fold(0, u64::wrapping_add)), "({i}, {j}) of {size:?}");
    }
}

async fn matrices_at_the_edges_of_tiles() {
    let gpu = Surely(gpu().await);
    let edges = [1, 4, 15, 16, 17, 63, 64, 65, 130];
    for (i, rows) in edges.into_iter().enumerate() {
        for (j, columns) in edges.into_iter().enumerate() {
            let inner = [1, 15, 16, 17, 33][(i + j) % 5];
            multiplies(&gpu, Matmul { rows, inner, columns }, i == j).await;
        }
    }
    for size in [[0, 3, 4], [3, 0, 5], [3, 4, 0]] {
        let [rows, inner, columns] = size;
        multiplies(&gpu, Matmul { rows, inner, columns }, false).await;
    }
    for [rows, inner, columns] in [[1, 1, 1], [5, 17, 65], [66, 33, 7]] {
        multiplies_wide(&gpu, Matmul { rows, inner, columns }).await;
        multiplies_wide(&Cpu, Matmul { rows, inner, columns }).await;
    }
}

async fn convolves(c: &impl Compute, shape: &Convolution, pictures: usize) {
    let weights = Resident::new(words(1, shape.weights()).into());
    let inputs = words(2, pictures * shape.inputs());
    let [mut here, mut there] = [(); 2].map(|()| vec![3; pictures * shape.outputs()]);
    Scalar.convolve_all(shape, &weights, &inputs, &mut here).await;
    c.convolve_all(shape, &weights, &inputs, &mut there).await;
    assert_eq!(here, there, "{pictures} of {shape:?}");
}

async fn convolves_wide(c: &impl Compute, shape: &Convolution, pictures: usize) {
    let (weights, inputs) = (wide_words(1, shape.weights()), wide_words(2, pictures * shape.inputs()));
    let [mut here, mut there] = [(); 2].map(|()| vec![3; pictures * shape.outputs()]);
    Scalar.convolve_wide(shape, &weights, &inputs, &mut here).await;
    c.convolve_wide(shape, &weights, &inputs, &mut there).await;
    assert_eq!(here, there, "{pictures} of {shape:?}");
}

/// Shapes by chance, the same every time.
fn shapes() -> impl Iterator<Item = Convolution> {
    let mut draws = words(9, 4000).into_iter().map(|word| word as usize >> 8);
    std::iter::from_fn(move || {
        let mut draw = |from: usize, past: usize| Some(from + draws.next()? % (past - from));
        Some(Convolution {
            channels: draw(1, 5)?,
            height: draw(1, 12)?,
            width: draw(1, 12)?,
            filters: draw(1, 70)?,
            kernel: [draw(1, 6)?, draw(1, 6)?],
            stride: draw(1, 4)?,
            padding: draw(0, 4)?,
        })
    })
    .filter(Convolution::is_valid)
}

async fn convolutions() {
    let gpu = Surely(gpu().await);
    for (pictures, shape) in (1..=3).cycle().zip(shapes().take(60)) {
        convolves(&gpu, &shape, pictures).await;
        convolves_wide(&gpu, &shape, pictures).await;
    }
    let dense = Convolution { channels: 300, height: 1, width: 1, filters: 70, kernel: [1, 1], stride: 1, padding: 0 };
    convolves(&gpu, &dense, 2).await;
}

async fn what_does_not_fit_is_cut_or_left_to_the_processor() {
    // Four polynomials of one prime, or one of four.
    let small = Surely(gpu().await.with_words(1 << 14));
    let [p17, p27, p30] = PRIMES;
    let table = NttTable::new(Modulus::new(p27), 4096);
    let polys = residues(p27, 6, 9 * 4096);
    let (mut here, mut there) = (polys.clone(), polys);
    Scalar.forward(&table, &mut here);
    small.transform(&table, Way::Forward, &mut there).await;
    assert!(here == there);
    let sums = Sums::new(4096, &[p27, p30, p17, p27], [3, 1, 1], false);
    let all = sums.products(0..3);
    assert!(small.products(&all).await == Scalar.products(&all).await);
    multiplies(&small, Matmul { rows: 700, inner: 40, columns: 33 }, false).await;
    let shape = Convolution { channels: 2, height: 32, width: 32, filters: 5, kernel: [3, 3], stride: 1, padding: 1 };
    convolves(&small, &shape, 7).await;

    let wide = Sums::new(4096, &[p27, p30, p17, p27], [2, 2, 1], false);
    let wide = wide.products(0..2);
    assert_eq!(small.0.products(&wide).await.err(), Some(GpuError::TooLarge));
    let processor = insisting(small.0);
    assert!(processor.products(&wide).await == Scalar.products(&wide).await);
    assert_eq!(processor.report().uses, Operation::ALL, "one that is too large is no fault");
}

async fn words_that_stay_are_those_of_their_owner() {
    let gpu = Surely(gpu().await);
    let shape = Convolution { channels: 1, height: 2, width: 2, filters: 1, kernel: [2, 2], stride: 1, padding: 0 };
    for seed in 0..20 {
        // Each in the place of the last one, as likely as not.
        let weights = Resident::new(words(seed, 4).into());
        let mut out = [0];
        for input in [[1, 0, 0, 0], [0, 0, 0, 1]] {
            gpu.convolve_all(&shape, &weights, &input, &mut out).await;
            let at = if input[0] == 1 { 0 } else { 3 };
            assert_eq!(out[0], weights.words()[at]);
        }
    }
}

/// A processor that has the graphics processor do everything, and no reason yet to do without.
fn insisting(gpu: Gpu) -> Processor {
    let processor = Processor::cpu();
    processor.insist(gpu);
    assert_eq!(processor.report().uses, Operation::ALL);
    processor
}

/// The same answer as before, and a report that says what happened.
async fn goes_on_without(processor: &Processor, shape: &Convolution) {
    convolves(processor, shape, 2).await;
    let report = processor.report();
    assert!(report.uses.is_empty() && report.why.contains("failed") && report.why.contains("went on"), "{report:?}");
    convolves(processor, shape, 1).await;
}

const SHAPE: Convolution =
    Convolution { channels: 2, height: 9, width: 9, filters: 5, kernel: [3, 3], stride: 2, padding: 1 };

async fn a_device_that_is_lost_is_done_without() {
    let gpu = gpu().await;
    let device = gpu.device_for_tests();
    let processor = insisting(gpu);
    convolves(&processor, &SHAPE, 1).await;
    assert_eq!(processor.report().uses, Operation::ALL);
    device.destroy();
    goes_on_without(&processor, &SHAPE).await;
}

/// In a browser. Natively the device is waited for in the same place where it is told to work.
async fn an_answer_that_does_not_come_is_done_without() {
    let is_over = Rc::new(Cell::new(false));
    let over = Rc::clone(&is_over);
    let sleep: Sleep = Rc::new(move |_| match over.get() {
        true => Box::pin(std::future::ready(())),
        false => Box::pin(std::future::pending()),
    });
    let processor = insisting(Found::look().await.unwrap().open(sleep).await.unwrap());
    is_over.set(true);
    if cfg!(target_arch = "wasm32") {
        goes_on_without(&processor, &SHAPE).await;
    } else {
        convolves(&processor, &SHAPE, 2).await;
        assert_eq!(processor.report().uses, Operation::ALL, "it was there in time");
    }
}

async fn a_software_adapter_is_used_only_if_somebody_insists() {
    let is_software = Found::look().await.unwrap().is_software();
    let choose = async |force| {
        let processor = Processor::cpu();
        processor.choose(force, endless(), &|| 0.0).await;
        convolves(&processor, &SHAPE, 1).await;
        processor.report()
    };
    let [free, cpu, gpu] = [choose(Force::Nothing).await, choose(Force::Cpu).await, choose(Force::Gpu).await];
    assert!(!is_software || free.uses.is_empty() && free.adapter.is_some(), "{free:?}");
    assert!(cpu.uses.is_empty() && cpu.adapter.is_none(), "{cpu:?}");
    assert!(gpu.uses == Operation::ALL && gpu.adapter.is_some(), "{gpu:?}");
}

/// On any adapter: it measures, and work is done as before.
async fn what_is_measured_decides() {
    let ticks = Cell::new(0.0);
    let clock = || ticks.replace(ticks.get() + 1.0);
    let processor = Processor::cpu();
    let reports = Rc::new(std::cell::RefCell::new(Vec::new()));
    let sink = Rc::clone(&reports);
    processor.watch(move |report| sink.borrow_mut().push(report.clone()));
    // On a clock that ticks once a look, both always take the same time.
    processor.measure(gpu().await, &clock).await;
    assert!(processor.report().uses.is_empty() && processor.report().why.contains("measured"));
    assert_eq!(reports.borrow().len(), 2);
    convolves(&processor, &SHAPE, 1).await;
}

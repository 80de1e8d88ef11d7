//! Measures the kernels on the processor (one thread) and on the graphics processor, and a model
//! owner's share of preparing.
//!
//! `cargo run --release -p tacit-model --example bench_compute` prints one JSON object a line:
//! `kernel`, `size`, `batch`, `backend`, `adapter`, `ms_median`, `ops_per_s`, `ratio_to_cpu`. A
//! back end `gpu, resident` does not count transfers: it is the difference between much of the same
//! work and little of it in one submission. An operation is a transform, a product of words, or a
//! picture. On a software adapter the figures say nothing about graphics processors.

use std::rc::Rc;
use std::time::Instant;

use futures::executor::block_on;
use tacit_compute::{
    Compute, Convolution, Cpu, Force, Found, Gpu, Matmul, Modulus, NttTable, Processor, Resident, Sleep, Way,
};
use tacit_model::quantise::quantise;
use tacit_model::{StepOp, bench};
use tacit_rlwe::{Context, Origin, Packing, PublicKey, SecretKey, Weights, linear};
use tacit_symmetric::Prg;

/// Who does it.
struct BackEnds {
    /// The graphics processor, if there is one: for whole operations, and by itself.
    gpu: Option<(Processor, Gpu)>,
    adapter: String,
    /// Whether the work should be little: no program that stands in for a graphics processor does
    /// as much in reasonable time.
    is_slow: bool,
}

/// Does the same work so many times over in one submission.
type Again<'a> = &'a dyn Fn(&Gpu, usize);

/// What is measured.
struct Work {
    kernel: &'static str,
    size: String,
    batch: usize,
    /// Operations in all.
    operations: f64,
}

impl Work {
    fn print(&self, backend: &str, adapter: &str, ms: f64, cpu_ms: f64) {
        let Self { kernel, size, batch, operations } = self;
        let ops = operations / ms * 1e3;
        println!(
            r#"{{"kernel":"{kernel}","size":"{size}","batch":{batch},"backend":"{backend}","adapter":{adapter:?},"ms_median":{ms:.3},"ops_per_s":{ops:.4e},"ratio_to_cpu":{:.3}}}"#,
            cpu_ms / ms,
        );
    }
}

/// The median of some runs, after one that does not count, in milliseconds.
fn median(mut work: impl FnMut()) -> f64 {
    work();
    let mut times: Vec<f64> = Vec::new();
    while times.len() < 3 || (times.len() < 15 && times.iter().sum::<f64>() < 500.0) {
        let start = Instant::now();
        work();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

impl BackEnds {
    fn find() -> Self {
        let endless: Sleep = Rc::new(|_| Box::pin(std::future::pending()));
        let Some(found) = block_on(Found::look()) else {
            return Self { gpu: None, adapter: "none".into(), is_slow: false };
        };
        let is_slow = found.is_software();
        let adapter = format!("{}{}", found.name(), if is_slow { " (software)" } else { "" });
        let processor = Processor::cpu();
        block_on(processor.choose(Force::Gpu, Rc::clone(&endless), &|| 0.0));
        match block_on(found.open(endless)) {
            Ok(gpu) => Self { gpu: Some((processor, gpu)), adapter, is_slow },
            Err(error) => {
                eprintln!("{adapter}: {error}");
                Self { gpu: None, adapter, is_slow }
            }
        }
    }

    /// Measures work on both. `resident` does it so many times over in one submission.
    fn measure(
        &self,
        work: &Work,
        here: impl FnMut(),
        there: impl FnOnce(&Processor) -> f64,
        resident: Option<Again<'_>>,
    ) {
        let cpu = median(here);
        work.print("cpu", "one thread", cpu, cpu);
        let Some((processor, gpu)) = &self.gpu else { return };
        let ms = there(processor);
        assert!(!processor.report().uses.is_empty(), "{}", processor.report().why);
        work.print("gpu", &self.adapter, ms, cpu);
        if let Some(again) = resident {
            const MORE: usize = 8;
            let [once, often] = [1, 1 + MORE].map(|times| median(|| again(gpu, times)));
            work.print("gpu, resident", &self.adapter, ((often - once) / MORE as f64).max(1e-3), cpu);
        }
    }
}

fn main() {
    let back_ends = BackEnds::find();
    let (batches, sides): (&[usize], &[usize]) =
        if back_ends.is_slow { (&[16, 64], &[256, 512]) } else { (&[64, 4096], &[512, 1024, 2048]) };
    for n in [4096, 8192] {
        for &batch in batches {
            // As many words of either size: more than these are not transformed in one submission.
            transforms(&back_ends, &NttTable::new(Modulus::new(1_073_692_673), n), batch * 4096 / n);
        }
    }
    for &side in sides {
        matrices(&back_ends, side);
    }
    convolutions(&back_ends);
    for (name, model) in [("m1", bench::m1(1)), ("m2", bench::m2(2))] {
        let (plan, weights) = quantise(&model).expect("a model that can be run");
        let layers = plan.steps.iter().filter_map(|step| match step.op {
            StepOp::Linear { shape, .. } => Packing::convolution(&shape),
            _ => None,
        });
        owner(&back_ends, name, layers.zip(weights.layers.iter().map(|layer| &layer.weights[..])).collect());
    }
}

fn transforms(back_ends: &BackEnds, table: &NttTable, batch: usize) {
    let work = Work { kernel: "ntt-forward", size: table.size().to_string(), batch, operations: batch as f64 };
    let polys: Vec<u32> = (0..batch * table.size()).map(|i| i as u32 & 0xff_ffff).collect();
    let run = |compute: &dyn Fn(&mut [u32])| {
        let mut polys = polys.clone();
        median(|| compute(&mut polys))
    };
    let mut here = polys.clone();
    back_ends.measure(
        &work,
        || block_on(Cpu.transform(table, Way::Forward, &mut here)),
        |processor| run(&|polys| block_on(processor.transform(table, Way::Forward, polys))),
        Some(&|gpu, times| block_on(gpu.transform_again(table, batch, times)).expect("a device that works")),
    );
}

fn matrices(back_ends: &BackEnds, side: usize) {
    let operations = (side * side * side) as f64;
    let work = Work { kernel: "matmul", size: format!("{side}^3"), batch: 1, operations };
    let size = Matmul { rows: side, inner: side, columns: side };
    let (a, b) = (vec![3; side * side], vec![5; side * side]);
    let [mut here, mut there] = [(); 2].map(|()| vec![0; side * side]);
    back_ends.measure(
        &work,
        || block_on(Cpu.multiply(size, &a, &b, &mut here)),
        |processor| median(|| block_on(processor.multiply(size, &a, &b, &mut there))),
        Some(&|gpu, times| block_on(gpu.multiply_again(side, times)).expect("a device that works")),
    );
}

fn convolutions(back_ends: &BackEnds) {
    let shape = Convolution { channels: 64, height: 16, width: 16, filters: 64, kernel: [3, 3], stride: 1, padding: 1 };
    let batch = 16;
    let operations = (batch * shape.filters * shape.patch() * shape.positions()) as f64;
    let work = Work { kernel: "convolve", size: "64 to 64, 3x3 on 16x16".into(), batch, operations };
    let weights = Resident::new(vec![3; shape.weights()].into());
    let inputs = vec![5; batch * shape.inputs()];
    let [mut here, mut there] = [(); 2].map(|()| vec![0; batch * shape.outputs()]);
    back_ends.measure(
        &work,
        || block_on(Cpu.convolve_all(&shape, &weights, &inputs, &mut here)),
        |processor| median(|| block_on(processor.convolve_all(&shape, &weights, &inputs, &mut there))),
        None,
    );
}

/// What the owner of a model does while preparing, all layers: reading the key and the requests,
/// products, masks, noise, writing.
fn owner(back_ends: &BackEnds, name: &str, layers: Vec<(Packing, &[i32])>) {
    let (context, mut rng) = (Context::new(), Prg::from_seed([1; 32]));
    let origin = Origin::new(0, rng.bytes());
    let key = SecretKey::generate(&context, &Cpu, origin, &mut rng);
    let key_bytes = key.public_key(&context, &Cpu, &mut rng);
    let layers: Vec<_> = layers
        .into_iter()
        .map(|(packing, weights)| {
            let weights = Weights::new(&context, &Cpu, &packing, weights);
            let r = vec![7; packing.shape().inputs()];
            let request = linear::request(&context, &Cpu, &key, &packing, &r, &mut rng);
            (packing, weights, request)
        })
        .collect();
    let answer_all = |compute: &Processor| {
        let mut rng = Prg::from_seed([2; 32]);
        let public = PublicKey::from_bytes(&context, origin, &key_bytes).expect("our own key");
        for (packing, weights, request) in &layers {
            let answer = linear::respond(&context, compute, &public, packing, weights, request, &mut rng);
            block_on(answer).expect("our own request");
        }
    };
    let work = Work { kernel: "owner's prepare", size: name.into(), batch: 1, operations: 1.0 };
    back_ends.measure(&work, || answer_all(&Processor::cpu()), |processor| median(|| answer_all(processor)), None);
}

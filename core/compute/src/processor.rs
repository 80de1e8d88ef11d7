//! Where work is done: on the graphics processor where that is faster here, on the processor
//! otherwise.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::cpu::sum_products;
use crate::gpu::{Found, Gpu, GpuError, Sleep};
use crate::{Compute, Convolution, Cpu, Kernels as _, Matmul, Modulus, NttTable, Products, Resident, Way};

/// A choice of device that a person, or a test, may force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Force {
    /// Whichever is faster.
    #[default]
    Nothing,
    /// The processor.
    Cpu,
    /// The graphics processor, also where it is a program that stands in for one.
    Gpu,
}

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// [`Compute::transform`].
    Transform,
    /// [`Compute::products`].
    Products,
    /// [`Compute::multiply`] and [`Compute::convolve_all`].
    Multiply,
}

impl Operation {
    /// Every one.
    pub const ALL: [Operation; 3] = [Operation::Transform, Operation::Products, Operation::Multiply];
}

/// The assignment of work to devices, and its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The name that the adapter reports, if there is one.
    pub adapter: Option<String>,
    /// The work that goes to it, from some size on.
    pub uses: Vec<Operation>,
    /// One sentence that says why.
    pub why: String,
}

/// Hears of every new report.
type Listener = Box<dyn Fn(&Report)>;

/// The processor, and the graphics processor where there is one.
#[derive(Default)]
pub struct Processor {
    gpu: RefCell<Option<Rc<Gpu>>>,
    /// From how many units of work on each operation goes there.
    from: Cell<[Option<u64>; 3]>,
    report: RefCell<Report>,
    on_report: RefCell<Option<Listener>>,
}

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor").field("report", &self.report.borrow()).finish_non_exhaustive()
    }
}

impl Processor {
    /// The processor alone, until [`choose`](Self::choose) finds better.
    #[must_use]
    pub fn cpu() -> Self {
        let processor = Self::default();
        processor.say(None, "The processor does all the work.");
        processor
    }

    /// Looks for a graphics processor, and from then on uses it as far as it is faster, or as it is
    /// insisted on. `clock` gives milliseconds, `sleep` lets some pass.
    pub async fn choose(&self, force: Force, sleep: Sleep, clock: &dyn Fn() -> f64) {
        if force == Force::Cpu {
            return self.say(None, "The processor does all the work, as you asked.");
        }
        let Some(found) = Found::look().await else {
            return self.say(None, "There is no graphics processor that this program can use.");
        };
        let name = found.name().to_owned();
        if found.is_software() && force != Force::Gpu {
            return self.say(Some(&name), "This graphics processor is a program, which is slower than the processor.");
        }
        match found.open(sleep).await {
            Ok(gpu) if force == Force::Gpu => self.insist(gpu),
            Ok(gpu) => self.measure(gpu, clock).await,
            Err(error) => self.say(Some(&name), &format!("The graphics processor does not work: {error}.")),
        }
    }

    /// Has the graphics processor do everything.
    pub(crate) fn insist(&self, gpu: Gpu) {
        self.from.set([Some(0); 3]);
        self.say(Some(gpu.name()), "The graphics processor does the work, as you asked.");
        *self.gpu.borrow_mut() = Some(Rc::new(gpu));
    }

    /// Has it do what it does sooner.
    pub(crate) async fn measure(&self, gpu: Gpu, clock: &dyn Fn() -> f64) {
        match calibrate(&gpu, clock).await {
            Ok(from) => {
                self.from.set(from);
                if from.iter().all(Option::is_none) {
                    return self.say(Some(gpu.name()), "The processor was measured to be faster.");
                }
                self.say(Some(gpu.name()), "The graphics processor does what it was measured to do sooner.");
                *self.gpu.borrow_mut() = Some(Rc::new(gpu));
            }
            Err(error) => self.say(Some(gpu.name()), &format!("The graphics processor does not work: {error}.")),
        }
    }

    /// Calls `on_report` with the report of now, and with every other one that comes.
    pub fn watch(&self, on_report: impl Fn(&Report) + 'static) {
        on_report(&self.report.borrow());
        *self.on_report.borrow_mut() = Some(Box::new(on_report));
    }

    /// The assignment of work to devices, and its reason.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report.borrow().clone()
    }

    fn say(&self, adapter: Option<&str>, why: &str) {
        let from = self.from.get();
        let uses = Operation::ALL.into_iter().filter(|operation| from[*operation as usize].is_some()).collect();
        let report = Report { adapter: adapter.map(ToOwned::to_owned), uses, why: why.to_owned() };
        if let Some(on_report) = &*self.on_report.borrow() {
            on_report(&report);
        }
        *self.report.borrow_mut() = report;
    }

    /// The graphics processor, where it is to do so much of this.
    fn gpu_for(&self, operation: Operation, work: usize) -> Option<Rc<Gpu>> {
        let from = self.from.get()[operation as usize]?;
        if work as u64 >= from { self.gpu.borrow().clone() } else { None }
    }

    /// What was done, if it was; otherwise the processor does it, and a device that broke is not
    /// asked again.
    fn done<T>(&self, gpu: &Gpu, result: Result<T, GpuError>) -> Option<T> {
        match result {
            Ok(done) => Some(done),
            Err(GpuError::TooLarge) => None,
            Err(error) => {
                self.gpu.borrow_mut().take();
                self.from.set([None; 3]);
                self.say(Some(gpu.name()), &format!("The graphics processor failed ({error}); the processor went on."));
                None
            }
        }
    }
}

/// Units of work: a butterfly, a product of residues, a product of words.
fn transform_work(table: &NttTable, polys: &[u32]) -> usize {
    polys.len() / 2 * table.size().trailing_zeros() as usize
}

fn products_work(products: &Products<'_>) -> usize {
    // The transforms of a row and of its sums are as much as some terms more.
    products.rows.len() * products.columns * (products.inner + 8) * products.words()
}

fn multiply_work(size: Matmul) -> usize {
    size.rows * size.inner * size.columns
}

impl Compute for Processor {
    async fn transform(&self, table: &NttTable, way: Way, polys: &mut [u32]) {
        if let Some(gpu) = self.gpu_for(Operation::Transform, transform_work(table, polys)) {
            let result = gpu.transform(table, way, polys).await;
            if self.done(&gpu, result).is_some() {
                return;
            }
        }
        Cpu.transform(table, way, polys).await;
    }

    async fn products(&self, products: &Products<'_>) -> Zeroizing<Vec<u32>> {
        products.check();
        if let Some(gpu) = self.gpu_for(Operation::Products, products_work(products)) {
            let result = gpu.products(products).await;
            if let Some(done) = self.done(&gpu, result) {
                return done;
            }
        }
        Cpu.products(products).await
    }

    fn rows_at_once(&self) -> usize {
        if self.from.get()[Operation::Products as usize].is_some() { 64 } else { 1 }
    }

    async fn multiply(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]) {
        size.check(a, b, out);
        if let Some(gpu) = self.gpu_for(Operation::Multiply, multiply_work(size)) {
            let result = gpu.multiply::<1>(size, a, b).await;
            if let Some(done) = self.done(&gpu, result) {
                return out.copy_from_slice(&done);
            }
        }
        Cpu.multiply(size, a, b, out).await;
    }

    async fn multiply_wide(&self, size: Matmul, a: &[u64], b: &[u64], out: &mut [u64]) {
        size.check(a, b, out);
        if let Some(gpu) = self.gpu_for(Operation::Multiply, multiply_work(size)) {
            let result = gpu.multiply::<2>(size, &halves(a), &halves(b)).await;
            if let Some(done) = self.done(&gpu, result) {
                return put_wholes(&done, out);
            }
        }
        Cpu.multiply_wide(size, a, b, out).await;
    }

    async fn convolve_all(&self, shape: &Convolution, weights: &Resident, inputs: &[u32], out: &mut [u32]) {
        let pictures = shape.count(inputs, out);
        assert_eq!(weights.words().len(), shape.weights(), "weights of another shape");
        let size = Matmul { rows: shape.filters, inner: shape.patch(), columns: pictures * shape.positions() };
        if let Some(gpu) = self.gpu_for(Operation::Multiply, multiply_work(size)) {
            let result = gpu.convolve::<1>(shape, weights, inputs).await;
            if let Some(done) = self.done(&gpu, result) {
                return out.copy_from_slice(&done);
            }
        }
        Cpu.convolve_all(shape, weights, inputs, out).await;
    }

    async fn convolve_wide(&self, shape: &Convolution, weights: &[u64], inputs: &[u64], out: &mut [u64]) {
        let pictures = shape.count(inputs, out);
        assert_eq!(weights.len(), shape.weights(), "weights of another shape");
        let size = Matmul { rows: shape.filters, inner: shape.patch(), columns: pictures * shape.positions() };
        if let Some(gpu) = self.gpu_for(Operation::Multiply, multiply_work(size)) {
            let result = gpu.convolve::<2>(shape, &Resident::new(halves(weights)), &halves(inputs)).await;
            if let Some(done) = self.done(&gpu, result) {
                return put_wholes(&done, out);
            }
        }
        Cpu.convolve_wide(shape, weights, inputs, out).await;
    }
}

/// The way back from [`halves`].
pub(crate) fn put_wholes(halves: &[u32], out: &mut [u64]) {
    let whole = |pair: &[u32]| u64::from(pair[0]) | u64::from(pair[1]) << 32;
    out.iter_mut().zip(halves.chunks_exact(2)).for_each(|(out, pair)| *out = whole(pair));
}

/// Numbers as the kernels have them: the lower half first.
pub(crate) fn halves(words: &[u64]) -> Zeroizing<Vec<u32>> {
    Zeroizing::new(words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect())
}

/// From how much work on the graphics processor is faster, transfers and reading included. Some
/// tens of milliseconds.
async fn calibrate(gpu: &Gpu, clock: &dyn Fn() -> f64) -> Result<[Option<u64>; 3], GpuError> {
    let tables = [NttTable::new(Modulus::new(1_073_692_673), 4096)];
    let [table] = &tables;
    let poly = |count: usize| (0..count * 4096).map(|i| i as u32).collect::<Vec<u32>>();
    let mut from = [None; 3];
    // From large to small: the first size at which it is not faster ends it.
    for count in [256, 64, 16] {
        let (mut here, mut there) = (poly(count), poly(count));
        let there = async || gpu.transform(table, Way::Forward, &mut there).await;
        if !is_sooner(clock, there, || Cpu.forward(table, &mut here)).await? {
            break;
        }
        from[Operation::Transform as usize] = Some(transform_work(table, &here) as u64);
    }
    for rows in [64, 16, 4] {
        let (inner, columns) = (4, 2);
        let weights = Resident::new(Zeroizing::new(poly(rows * inner)));
        let (fresh, keys, inputs) = (poly(rows), poly(columns), poly(inner * columns));
        let products = Products {
            tables: &tables,
            rows: 0..rows,
            inner,
            columns,
            weights: &weights,
            fresh: &fresh,
            keys: &keys,
            inputs: &inputs,
        };
        let there = async || gpu.products(&products).await.map(drop);
        if !is_sooner(clock, there, || drop(sum_products(&Cpu, &products))).await? {
            break;
        }
        from[Operation::Products as usize] = Some(products_work(&products) as u64);
    }
    for side in [256, 128, 64] {
        let size = Matmul { rows: side, inner: side, columns: side };
        let (a, b) = (vec![3; side * side], vec![5; side * side]);
        let mut out = vec![0; side * side];
        let there = async || gpu.multiply::<1>(size, &a, &b).await.map(drop);
        if !is_sooner(clock, there, || Cpu.matmul(size, &a, &b, &mut out)).await? {
            break;
        }
        from[Operation::Multiply as usize] = Some(multiply_work(size) as u64);
    }
    Ok(from)
}

/// Whether the first one is sooner than the second. It is done once before: kernels are compiled,
/// and weights are there.
async fn is_sooner(
    clock: &dyn Fn() -> f64,
    mut there: impl AsyncFnMut() -> Result<(), GpuError>,
    here: impl FnOnce(),
) -> Result<bool, GpuError> {
    there().await?;
    let start = clock();
    there().await?;
    let middle = clock();
    here();
    Ok(middle - start < clock() - middle)
}

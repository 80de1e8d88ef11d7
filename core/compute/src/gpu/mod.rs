//! The graphics processor as a back end: WGSL kernels through `wgpu`, WebGPU in a browser and
//! Vulkan, Metal or Direct3D elsewhere.
//!
//! The same whole numbers as everywhere, so the same bits. Work comes in large pieces, several
//! polynomials or pictures a dispatch, and what belongs together ([`Products`]) goes through in one
//! submission without a look in between. Buffers are kept and used again; weights and roots stay
//! where they are. What does not fit into the adapter's limits is cut into rows, or refused before
//! anything is uploaded. All sizes follow from the plan that this party agreed to; shapes that a
//! peer could choose by the way do not reach a kernel.
//!
//! Every operation may fail: the device may be lost, out of memory, or silent. Then nothing is
//! written, and [`Processor`](crate::Processor) does it again on the processor.

mod kernels;
mod measure;
mod memory;
mod work;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use wgpu::{Adapter, Device, DeviceType, Instance, InstanceDescriptor, Limits, Queue};

use kernels::Kernels;
use memory::Memory;
use work::Work;

use crate::{Convolution, Matmul, Modulus, NttTable, Products, Resident, Way};

/// Why the graphics processor did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// It takes more than the adapter's limits.
    #[error("larger than the adapter's limits")]
    TooLarge,
    /// The device is gone, out of memory, or broken.
    #[error("{0}")]
    Broken(String),
    /// It did not answer in time.
    #[error("no answer in time")]
    Late,
}

/// How long an answer is waited for.
const LONGEST: Duration = Duration::from_secs(5);

/// How long the first answers are waited for: kernels are compiled when they are first used.
const LONGEST_FIRST: Duration = Duration::from_secs(60);

/// A future that ends after a while. The host program has a clock; nothing here has.
pub type Sleep = Rc<dyn Fn(Duration) -> LocalBoxFuture<'static, ()>>;

/// A device with the kernels compiled for it.
pub struct Gpu {
    name: String,
    /// Words of the largest buffer: a power of two.
    most_words: usize,
    device: Device,
    queue: Queue,
    kernels: Kernels,
    memory: RefCell<Memory>,
    sleep: Sleep,
    /// How long an answer is waited for.
    patience: Cell<Duration>,
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gpu").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An adapter that was found, and not used yet.
pub struct Found {
    adapter: Adapter,
    name: String,
    is_software: bool,
}

impl Found {
    /// The fastest adapter that there is, if there is one.
    pub async fn look() -> Option<Self> {
        let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await.ok()?;
        let info = adapter.get_info();
        // Browsers may keep the name to themselves.
        let name = if info.name.is_empty() { "unnamed".to_owned() } else { info.name };
        Some(Self { adapter, name, is_software: info.device_type == DeviceType::Cpu })
    }

    /// The name that it reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a program that stands in for one.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.is_software
    }

    /// A device of it, with the kernels compiled.
    ///
    /// # Errors
    /// [`GpuError::Broken`] when it gives no device, and whatever keeps the kernels from running.
    pub async fn open(self, sleep: Sleep) -> Result<Gpu, GpuError> {
        let Self { adapter, name, is_software: _ } = self;
        // The limits that WebGPU guarantees for every adapter, with buffers as large as this one
        // allows.
        let most = adapter.limits();
        let limits = Limits {
            max_buffer_size: most.max_buffer_size,
            max_storage_buffer_binding_size: most.max_storage_buffer_binding_size,
            ..Limits::default()
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("tacit"),
            required_limits: limits.clone(),
            memory_hints: wgpu::MemoryHints::Performance,
            ..Default::default()
        };
        let broken = |error: &dyn fmt::Display| GpuError::Broken(error.to_string());
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|error| broken(&error))?;
        // Errors are asked for, operation by operation; a device that breaks by itself is noticed
        // at the next.
        device.on_uncaptured_error(std::sync::Arc::new(|_| {}));
        let kernels = Kernels::new(&device);
        let gpu = Gpu {
            name,
            most_words: words(limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)),
            memory: RefCell::new(Memory::new(device.clone(), queue.clone())),
            device,
            queue,
            kernels,
            sleep,
            patience: Cell::new(LONGEST_FIRST),
        };
        gpu.warm_up().await?;
        gpu.patience.set(LONGEST);
        Ok(gpu)
    }
}

impl Gpu {
    /// Has every kernel that a model needs run once.
    async fn warm_up(&self) -> Result<(), GpuError> {
        let tables = [NttTable::new(Modulus::new(1_073_692_673), 4096)];
        let poly = vec![1; 4096];
        self.transform(&tables[0], Way::Inverse, &mut poly.clone()).await?;
        let weights = Resident::new(poly.clone().into());
        let (fresh, keys, inputs) = (&poly[..], &poly[..], &poly[..]);
        let products =
            Products { tables: &tables, rows: 0..1, inner: 1, columns: 1, weights: &weights, fresh, keys, inputs };
        self.products(&products).await?;
        self.multiply::<1>(Matmul { rows: 1, inner: 1, columns: 1 }, &[1], &[1]).await?;
        let shape = Convolution { channels: 1, height: 1, width: 1, filters: 1, kernel: [1, 1], stride: 1, padding: 0 };
        self.convolve::<1>(&shape, &Resident::new(vec![1].into()), &[1]).await.map(drop)
    }

    /// The same with smaller buffers.
    #[cfg(test)]
    pub(crate) fn with_words(self, most_words: usize) -> Self {
        Self { most_words, ..self }
    }

    /// The name that the adapter reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The device, to be destroyed.
    #[cfg(test)]
    pub(crate) fn device_for_tests(&self) -> Device {
        self.device.clone()
    }
}

/// Words of the largest buffer within so many bytes: buffers have powers of two of bytes.
fn words(bytes: u64) -> usize {
    let whole = 1u64 << bytes.max(4).ilog2();
    // More than a gigabyte is never asked for.
    usize::try_from(whole / 4).unwrap_or(usize::MAX).min(1 << 28)
}

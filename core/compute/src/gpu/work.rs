//! The operations: what each uploads, dispatches and reads.

use std::ops::Range;

use futures::channel::oneshot;
use futures::future::{Either, select};
use wgpu::{
    BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferDescriptor, BufferUsages,
    CommandEncoder, ComputePassDescriptor, ComputePipeline, Device, ErrorFilter, MapMode,
};
use zeroize::Zeroizing;

use super::memory::{Tables, prime_words};
use super::{Gpu, GpuError};
use crate::{Convolution, Matmul, NttTable, Products, Resident, Way};

/// Words that a workgroup transforms at once.
const BLOCK: usize = 4096;
/// Workgroups in one direction of a dispatch, at most: what every adapter has.
const MOST_GROUPS: usize = 65_535;
/// Threads of a workgroup.
const THREADS: usize = 256;
/// Words that are transformed in one submission, at most: each butterfly of the widest layer is a
/// thread, and has two.
const MOST_TRANSFORMED: usize = 2 * THREADS * MOST_GROUPS;
/// Rows and columns of the tile that a workgroup makes of a product of matrices.
const TILE: usize = 64;

/// A part of a buffer, in words.
pub(super) struct Span {
    buffer: Buffer,
    words: usize,
}

impl Span {
    /// Its first words.
    pub(super) fn first(self, words: usize) -> Self {
        Self { words, ..self }
    }
}

/// One submission in the making. Its buffers are used again once it is over.
pub(super) struct Work<'a> {
    gpu: &'a Gpu,
    encoder: CommandEncoder,
    taken: Vec<Buffer>,
}

impl Work<'_> {
    pub(super) fn empty(&mut self, words: usize) -> Span {
        let buffer = self.gpu.memory.borrow_mut().take(words);
        self.taken.push(buffer.clone());
        Span { buffer, words }
    }

    pub(super) fn upload(&mut self, words: &[u32]) -> Span {
        let buffer = self.gpu.memory.borrow_mut().upload(words);
        self.taken.push(buffer.clone());
        Span { buffer, words: words.len() }
    }

    /// Some of the words that stay on the device.
    fn resident(&mut self, resident: &Resident, words: Range<usize>) -> Span {
        let buffer = self.gpu.memory.borrow_mut().resident(resident, words.clone());
        Span { buffer, words: words.len() }
    }

    /// Roots to transform and back, and moduli.
    fn tables(&mut self, tables: &[&NttTable]) -> [Span; 3] {
        let Tables { roots: [forward, inverse], moduli } = self.gpu.memory.borrow_mut().tables(tables);
        let pairs = tables.iter().map(|table| 2 * table.size()).sum();
        let primes = tables.len() * prime_words(tables[0]).len();
        [(forward, pairs), (inverse, pairs), (moduli, primes)].map(|(buffer, words)| Span { buffer, words })
    }

    /// Has a kernel run on `groups` workgroups; its first binding is the job, and the others are
    /// `spans`.
    fn dispatch(&mut self, kernel: &ComputePipeline, spans: &[&Span], job: &[usize], groups: [usize; 3]) {
        let device: &Device = &self.gpu.device;
        // What every shape here fits into was checked before; the numbers of a job are all below
        // 2^32.
        let numbers: Vec<u32> = job.iter().map(|&n| n as u32).chain(std::iter::repeat(0)).take(12).collect();
        let job = device.create_buffer(&BufferDescriptor {
            label: None,
            size: 4 * numbers.len() as u64,
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.gpu.queue.write_buffer(&job, 0, bytemuck::cast_slice(&numbers));
        let storage = spans.iter().map(|span| {
            let size = std::num::NonZeroU64::new(4 * span.words as u64);
            BindingResource::Buffer(BufferBinding { buffer: &span.buffer, offset: 0, size })
        });
        let entries: Vec<_> = (0..)
            .zip([job.as_entire_binding()].into_iter().chain(storage))
            .map(|(binding, resource)| BindGroupEntry { binding, resource })
            .collect();
        let layout = kernel.get_bind_group_layout(0);
        let group = device.create_bind_group(&BindGroupDescriptor { label: None, layout: &layout, entries: &entries });
        let mut pass = self.encoder.begin_compute_pass(&ComputePassDescriptor::default());
        pass.set_pipeline(kernel);
        pass.set_bind_group(0, &group, &[]);
        let [x, y, z] = groups.map(|n| n as u32);
        pass.dispatch_workgroups(x, y, z);
    }

    /// Multiplies matrices.
    pub(super) fn matmul(&mut self, kernel: &ComputePipeline, size: Matmul, left: &Span, right: &Span, out: &Span) {
        let Matmul { rows, inner, columns } = size;
        let groups = [columns.div_ceil(TILE), rows.div_ceil(TILE), 1];
        self.dispatch(kernel, &[left, right, out], &[rows, inner, columns], groups);
    }

    /// Transforms polynomials for one prime after another, in place.
    pub(super) fn transform(&mut self, tables: &[&NttTable], way: Way, words: &Span) {
        let size = tables[0].size();
        let [forward, inverse, moduli] = self.tables(tables);
        let (parts, butterflies) = (size / BLOCK, words.words / 2);
        let job = [size, tables.len(), parts, butterflies];
        let (blocks, widest) = ([words.words / BLOCK, 1, 1], [butterflies.div_ceil(THREADS), 1, 1]);
        let kernels = &self.gpu.kernels;
        match way {
            Way::Forward => {
                let spans = [words, &moduli, &forward];
                if parts > 1 {
                    self.dispatch(&kernels.forward_widest, &spans, &job, widest);
                }
                self.dispatch(&kernels.forward, &spans, &job, blocks);
            }
            Way::Inverse => {
                self.dispatch(&kernels.inverse, &[words, &moduli, &inverse], &job, blocks);
                if parts > 1 {
                    // It needs no roots: the last layer's are part of the scaling.
                    self.dispatch(&kernels.inverse_widest, &[words, &moduli], &job, widest);
                }
            }
        }
    }
}

/// Whether the kernels know polynomials of this size.
fn is_known(size: usize) -> bool {
    [BLOCK, 2 * BLOCK].contains(&size)
}

impl Gpu {
    fn fits(&self, words: usize) -> Result<(), GpuError> {
        if words <= self.most_words { Ok(()) } else { Err(GpuError::TooLarge) }
    }

    /// Records and submits work, and reads the words that it says. Nothing waits in between, so
    /// errors are those of this work.
    pub(super) async fn submit(
        &self,
        record: impl FnOnce(&mut Work<'_>) -> Span,
    ) -> Result<Zeroizing<Vec<u32>>, GpuError> {
        let scopes = [ErrorFilter::Internal, ErrorFilter::OutOfMemory, ErrorFilter::Validation]
            .map(|filter| self.device.push_error_scope(filter));
        let encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut work = Work { gpu: self, encoder, taken: Vec::new() };
        let out = record(&mut work);
        let Work { mut encoder, taken, .. } = work;
        let bytes = 4 * out.words as u64;
        let read = self.device.create_buffer(&BufferDescriptor {
            label: None,
            size: bytes,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        encoder.copy_buffer_to_buffer(&out.buffer, 0, &read, 0, bytes);
        self.queue.submit([encoder.finish()]);
        let (tell, told) = oneshot::channel();
        read.map_async(MapMode::Read, .., move |result| drop(tell.send(result)));
        let [internal, memory, validation] = scopes;
        let errors = [validation.pop(), memory.pop(), internal.pop()];
        self.wait()?;
        let told = async {
            for error in errors {
                if let Some(error) = error.await {
                    return Err(GpuError::Broken(error.to_string()));
                }
            }
            told.await.ok().and_then(Result::ok).ok_or_else(|| GpuError::Broken("the device is lost".into()))
        };
        match select(std::pin::pin!(told), (self.sleep)(self.patience.get())).await {
            Either::Left((done, _)) => done?,
            Either::Right(_) => return Err(GpuError::Late),
        }
        let words = match read.get_mapped_range(..) {
            Ok(view) => Zeroizing::new(bytemuck::pod_collect_to_vec(&view)),
            Err(error) => return Err(GpuError::Broken(error.to_string())),
        };
        self.memory.borrow_mut().give(taken);
        Ok(words)
    }

    /// Natively nothing happens unless somebody waits; a browser tells by itself.
    fn wait(&self) -> Result<(), GpuError> {
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(self.patience.get()) };
        match self.device.poll(wait) {
            Ok(_) => Ok(()),
            Err(wgpu::PollError::Timeout) => Err(GpuError::Late),
            Err(error) => Err(GpuError::Broken(error.to_string())),
        }
    }

    /// See [`Compute::transform`](crate::Compute::transform).
    pub(crate) async fn transform(&self, table: &NttTable, way: Way, polys: &mut [u32]) -> Result<(), GpuError> {
        if !is_known(table.size()) {
            return Err(GpuError::TooLarge);
        }
        self.fits(table.size())?;
        let most = self.most_words.min(MOST_TRANSFORMED) / table.size() * table.size();
        let mut done = Vec::with_capacity(polys.len());
        for polys in polys.chunks(most) {
            let record = |work: &mut Work<'_>| {
                let words = work.upload(polys);
                work.transform(&[table], way, &words);
                words
            };
            done.push(self.submit(record).await?);
        }
        // Nothing is written unless everything is done.
        polys.chunks_mut(most).zip(&done).for_each(|(polys, done)| polys.copy_from_slice(done));
        Ok(())
    }

    /// See [`Compute::products`](crate::Compute::products).
    pub(crate) async fn products(&self, products: &Products<'_>) -> Result<Zeroizing<Vec<u32>>, GpuError> {
        let Products { tables, ref rows, inner, columns, weights, fresh, keys, inputs } = *products;
        let tables: Vec<&NttTable> = tables.iter().collect();
        if !is_known(tables[0].size()) || columns > MOST_GROUPS {
            return Err(GpuError::TooLarge);
        }
        let words = products.words();
        self.fits(inner.max(1) * columns * words)?;
        let row = inner.max(columns) * words;
        self.fits(row)?;
        let most = (self.most_words / row).min(MOST_TRANSFORMED / (columns * words));
        if most == 0 {
            return Err(GpuError::TooLarge);
        }
        let mut out = Zeroizing::new(Vec::with_capacity(rows.len() * columns * words));
        for (fresh, first) in fresh.chunks(most * words).zip((0..rows.len()).step_by(most)) {
            let count = fresh.len() / words;
            let from = (rows.start + first) * inner * words;
            let record = |work: &mut Work<'_>| {
                let [_, _, moduli] = work.tables(&tables);
                let (left, right) = (work.upload(fresh), work.upload(keys));
                work.transform(&tables, Way::Forward, &left);
                let out = work.empty(count * columns * words);
                let groups = [words.div_ceil(THREADS), count, columns];
                let size = tables[0].size();
                let kernel = &self.kernels.sum_of_products;
                work.dispatch(kernel, &[&left, &right, &out, &moduli], &[size, tables.len(), 1, columns, 0], groups);
                if inner > 0 {
                    let left = work.resident(weights, from..from + count * inner * words);
                    let right = work.upload(inputs);
                    let job = [size, tables.len(), inner, columns, 1];
                    work.dispatch(kernel, &[&left, &right, &out, &moduli], &job, groups);
                }
                work.transform(&tables, Way::Inverse, &out);
                out
            };
            out.extend_from_slice(&self.submit(record).await?);
        }
        Ok(out)
    }

    /// See [`Compute::multiply`](crate::Compute::multiply); a number takes so many words.
    pub(crate) async fn multiply<const WORDS: usize>(
        &self,
        size: Matmul,
        a: &[u32],
        b: &[u32],
    ) -> Result<Zeroizing<Vec<u32>>, GpuError> {
        let Matmul { rows, inner, columns } = size;
        if rows * inner * columns == 0 {
            return Ok(Zeroizing::new(vec![0; WORDS * rows * columns]));
        }
        self.fits(WORDS * inner * columns)?;
        let row = WORDS * inner.max(columns);
        self.fits(row)?;
        if columns.div_ceil(TILE) > MOST_GROUPS {
            return Err(GpuError::TooLarge);
        }
        let kernel = if WORDS == 1 { &self.kernels.matmul } else { &self.kernels.matmul_64 };
        let most = (self.most_words / row).min(MOST_GROUPS * TILE);
        let mut out = Zeroizing::new(Vec::with_capacity(WORDS * rows * columns));
        for a in a.chunks(most * WORDS * inner) {
            let rows = a.len() / (WORDS * inner);
            let record = |work: &mut Work<'_>| {
                let (left, right) = (work.upload(a), work.upload(b));
                let out = work.empty(WORDS * rows * columns);
                work.matmul(kernel, Matmul { rows, ..size }, &left, &right, &out);
                out
            };
            out.extend_from_slice(&self.submit(record).await?);
        }
        Ok(out)
    }

    /// See [`Compute::convolve_all`](crate::Compute::convolve_all); a number takes so many words.
    pub(crate) async fn convolve<const WORDS: usize>(
        &self,
        shape: &Convolution,
        weights: &Resident,
        inputs: &[u32],
    ) -> Result<Zeroizing<Vec<u32>>, GpuError> {
        let (input, output) = (WORDS * shape.inputs(), WORDS * shape.outputs());
        self.fits(weights.words().len())?;
        self.fits(input.max(output))?;
        let positions = shape.positions();
        let groups = MOST_GROUPS * TILE / positions;
        let most = (self.most_words / input.max(output)).min(groups);
        if most == 0 || shape.filters.div_ceil(TILE) > MOST_GROUPS {
            return Err(GpuError::TooLarge);
        }
        let kernel = if WORDS == 1 { &self.kernels.convolve } else { &self.kernels.convolve_64 };
        let mut out = Zeroizing::new(Vec::with_capacity(inputs.len() / input * output));
        for inputs in inputs.chunks(most * input) {
            let pictures = inputs.len() / input;
            let columns = pictures * positions;
            let record = |work: &mut Work<'_>| {
                let left = work.resident(weights, 0..weights.words().len());
                let right = work.upload(inputs);
                let out = work.empty(pictures * output);
                let Convolution { channels, height, width, filters, kernel: [high, wide], stride, padding } = *shape;
                let [_, output_width] = shape.output();
                let job = [
                    filters,
                    shape.patch(),
                    columns,
                    channels,
                    height,
                    width,
                    high,
                    wide,
                    stride,
                    padding,
                    positions,
                    output_width,
                ];
                let groups = [columns.div_ceil(TILE), filters.div_ceil(TILE), 1];
                work.dispatch(kernel, &[&left, &right, &out], &job, groups);
                out
            };
            out.extend_from_slice(&self.submit(record).await?);
        }
        Ok(out)
    }
}

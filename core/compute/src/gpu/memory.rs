//! Buffers: used again where they can be, and the words that stay.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Weak;

use wgpu::{Buffer, BufferDescriptor, BufferUsages, Device, Queue};
use zeroize::Zeroizing;

use crate::ntt::Roots;
use crate::{NttTable, Resident};

/// The buffers of a device.
pub(super) struct Memory {
    device: Device,
    queue: Queue,
    /// Buffers that nothing uses now, of powers of two of bytes.
    free: Vec<Buffer>,
    /// Resident buffers, by the address of the words and their range.
    resident: HashMap<(usize, Range<usize>), Kept>,
    /// Roots and moduli, by what the tables are.
    tables: HashMap<Vec<(u32, usize)>, Tables>,
}

/// The words' owners, and what has them here.
type Kept = (Weak<Zeroizing<Vec<u32>>>, Buffer);

/// Roots (to transform, and back) and moduli of some primes.
#[derive(Clone)]
pub(super) struct Tables {
    pub(super) roots: [Buffer; 2],
    pub(super) moduli: Buffer,
}

/// A table's prime as the kernels have it: the words of `Prime` in `modulus.wgsl`.
pub(super) fn prime_words(table: &NttTable) -> [u32; 10] {
    let modulus = table.modulus();
    let [scale, scaled_root] = table.scale();
    let montgomery = modulus.montgomery();
    [
        modulus.value(),
        modulus.negated_inverse(),
        modulus.one_shoup(),
        0,
        montgomery.value,
        montgomery.shoup,
        scale.value,
        scale.shoup,
        scaled_root.value,
        scaled_root.shoup,
    ]
}

/// Bytes that are kept for later, at most.
const KEPT: u64 = 256 << 20;

impl Memory {
    pub(super) fn new(device: Device, queue: Queue) -> Self {
        Self { device, queue, free: Vec::new(), resident: HashMap::new(), tables: HashMap::new() }
    }

    /// A buffer of at least so many words. What is in it is left over from something else.
    pub(super) fn take(&mut self, words: usize) -> Buffer {
        let size = (4 * words as u64).next_power_of_two().max(256);
        match self.free.iter().position(|buffer| buffer.size() == size) {
            Some(index) => self.free.swap_remove(index),
            None => self.device.create_buffer(&BufferDescriptor {
                label: None,
                size,
                usage: BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            }),
        }
    }

    /// A buffer with these words.
    pub(super) fn upload(&mut self, words: &[u32]) -> Buffer {
        let buffer = self.take(words.len());
        self.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
        buffer
    }

    /// Gives buffers back.
    pub(super) fn give(&mut self, buffers: impl IntoIterator<Item = Buffer>) {
        self.free.extend(buffers);
        while self.free.iter().map(Buffer::size).sum::<u64>() > KEPT {
            self.free.remove(0);
        }
    }

    /// The buffer with some of the words that stay.
    pub(super) fn resident(&mut self, resident: &Resident, words: Range<usize>) -> Buffer {
        let watch = resident.watch();
        let key = (watch.as_ptr() as usize, words.clone());
        if let Some((_, buffer)) = self.resident.get(&key) {
            return buffer.clone();
        }
        // Buffers without an owner are freed before a new one is allocated.
        let (alive, gone): (Vec<_>, Vec<_>) =
            self.resident.drain().partition(|(_, (owner, _))| owner.strong_count() > 0);
        self.resident.extend(alive);
        self.give(gone.into_iter().map(|(_, (_, buffer))| buffer));
        let buffer = self.upload(&resident.words()[words]);
        self.resident.insert(key, (watch, buffer.clone()));
        buffer
    }

    /// Roots and moduli of the tables' primes.
    pub(super) fn tables(&mut self, tables: &[&NttTable]) -> Tables {
        let key: Vec<_> = tables.iter().map(|table| (table.modulus().value(), table.size())).collect();
        if let Some(tables) = self.tables.get(&key) {
            return tables.clone();
        }
        let pairs = |of: fn(&NttTable) -> &Roots| {
            let roots = tables.iter().map(|table| of(table));
            let pairs = roots.flat_map(|roots| roots.value.iter().zip(&roots.shoup));
            pairs.flat_map(|(&value, &shoup)| [value, shoup]).collect::<Vec<u32>>()
        };
        let moduli: Vec<u32> = tables.iter().flat_map(|table| prime_words(table)).collect();
        let roots = [NttTable::forward, NttTable::inverse].map(|of| self.upload(&pairs(of)));
        let made = Tables { roots, moduli: self.upload(&moduli) };
        self.tables.insert(key, made.clone());
        made
    }
}

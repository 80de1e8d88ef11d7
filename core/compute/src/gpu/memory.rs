//! Buffers: used again where they can be, and the words that stay.

use std::collections::HashMap;
use std::rc::Weak;

use wgpu::{Buffer, BufferDescriptor, BufferUsages, Device};
use zeroize::Zeroizing;

use crate::{NttTable, Resident};

/// The buffers of a device.
#[derive(Default)]
pub(super) struct Memory {
    /// Buffers that nothing uses now, of powers of two of bytes.
    free: Vec<Buffer>,
    /// What stays, by the address of the words and where in them a buffer begins.
    resident: HashMap<(usize, usize), Kept>,
    /// Roots and moduli, by what the tables are.
    tables: HashMap<Vec<(u32, usize)>, Tables>,
}

/// The words' owners, and what has them here.
type Kept = (Weak<Zeroizing<Vec<u32>>>, Buffer);

/// Roots and moduli of some primes.
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
    /// A buffer of at least so many words. What is in it is left over from something else.
    pub(super) fn take(&mut self, device: &Device, words: usize) -> Buffer {
        let size = (4 * words as u64).next_power_of_two().max(256);
        match self.free.iter().position(|buffer| buffer.size() == size) {
            Some(index) => self.free.swap_remove(index),
            None => device.create_buffer(&BufferDescriptor {
                label: None,
                size,
                usage: BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            }),
        }
    }

    /// Gives buffers back.
    pub(super) fn give(&mut self, buffers: impl IntoIterator<Item = Buffer>) {
        self.free.extend(buffers);
        while self.free.iter().map(Buffer::size).sum::<u64>() > KEPT {
            self.free.remove(0);
        }
    }

    /// The buffer of words `start..` of what stays, made by `make` where it is not there yet.
    pub(super) fn resident(
        &mut self,
        words: &Resident,
        start: usize,
        make: impl FnOnce(&mut Self) -> Buffer,
    ) -> Buffer {
        let watch = words.watch();
        let key = (watch.as_ptr() as usize, start);
        if let Some((_, buffer)) = self.resident.get(&key) {
            return buffer.clone();
        }
        // What nobody owns any more goes before something new comes.
        let (alive, gone): (Vec<_>, Vec<_>) =
            self.resident.drain().partition(|(_, (owner, _))| owner.strong_count() > 0);
        self.resident.extend(alive);
        self.give(gone.into_iter().map(|(_, (_, buffer))| buffer));
        let buffer = make(self);
        self.resident.insert(key, (watch, buffer.clone()));
        buffer
    }

    /// Roots and moduli of the tables' primes, made by `upload` where they are not there yet.
    pub(super) fn tables(&mut self, tables: &[&NttTable], upload: impl Fn(&mut Self, &[u32]) -> Buffer) -> Tables {
        let key: Vec<_> = tables.iter().map(|table| (table.modulus().value(), table.size())).collect();
        if let Some(tables) = self.tables.get(&key) {
            return tables.clone();
        }
        let pairs = |inverse: bool| {
            let of = |table: &&NttTable| {
                let roots = if inverse { table.inverse() } else { table.forward() };
                roots.value.iter().zip(&roots.shoup).flat_map(|(&value, &shoup)| [value, shoup]).collect::<Vec<_>>()
            };
            tables.iter().flat_map(of).collect::<Vec<u32>>()
        };
        let moduli: Vec<u32> = tables.iter().flat_map(|table| prime_words(table)).collect();
        let roots = [false, true].map(|inverse| upload(self, &pairs(inverse)));
        let made = Tables { roots, moduli: upload(self, &moduli) };
        self.tables.insert(key, made.clone());
        made
    }
}

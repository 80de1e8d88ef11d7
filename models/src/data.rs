//! The data sets: where they lie, and reading the IDX files that their authors publish.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;

/// Height and width of a picture.
pub(crate) const SIDE: usize = 28;
/// Numbers in a picture.
pub(crate) const PIXELS: usize = SIDE * SIDE;
/// How many kinds of things there are in either data set.
pub(crate) const CLASSES: usize = 10;

/// A data set that we know.
pub(crate) struct Source {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Its folder under the data folder.
    pub(crate) folder: &'static str,
    /// Where its authors offer it.
    pub(crate) page: &'static str,
}

/// Handwritten digits.
pub(crate) const MNIST: Source =
    Source { name: "MNIST (LeCun, Cortes, Burges)", folder: "mnist", page: "http://yann.lecun.com/exdb/mnist/" };

/// Articles of clothing.
pub(crate) const FASHION: Source = Source {
    name: "Fashion-MNIST (Zalando Research)",
    folder: "fashion-mnist",
    page: "https://github.com/zalandoresearch/fashion-mnist",
};

/// Pictures and what they show.
pub(crate) struct Pictures {
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Pictures {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// One of them, row by row; 0 is the background.
    pub(crate) fn pixels(&self, i: usize) -> &[u8] {
        &self.pixels[i * PIXELS..][..PIXELS]
    }

    /// What one of them shows.
    pub(crate) fn label(&self, i: usize) -> usize {
        self.labels[i].into()
    }

    /// Takes the last `n` away; they are returned.
    pub(crate) fn split_off(&mut self, n: usize) -> Self {
        let rest = self.len().saturating_sub(n);
        Self { pixels: self.pixels.split_off(rest * PIXELS), labels: self.labels.split_off(rest) }
    }
}

impl Source {
    /// The pictures to learn from.
    pub(crate) fn training(&self, data: &Path) -> Result<Pictures> {
        self.read(data, "train")
    }

    /// The pictures to judge by.
    pub(crate) fn test(&self, data: &Path) -> Result<Pictures> {
        self.read(data, "t10k")
    }

    fn files(&self, data: &Path, part: &str) -> [PathBuf; 2] {
        ["images-idx3", "labels-idx1"].map(|kind| data.join(self.folder).join(format!("{part}-{kind}-ubyte.gz")))
    }

    fn read(&self, data: &Path, part: &str) -> Result<Pictures> {
        let [images, labels] = self.files(data, part);
        let (pixels, count) =
            unpack(&images).and_then(|bytes| parse_images(&bytes)).with_context(|| damaged(&images))?;
        let labels_read = unpack(&labels).and_then(|bytes| parse_labels(&bytes)).with_context(|| damaged(&labels))?;
        let found = labels_read.len();
        ensure!(found == count, "{}: {found} labels for {count} pictures", labels.display());
        Ok(Pictures { pixels, labels: labels_read })
    }
}

fn damaged(path: &Path) -> String {
    format!("{} cannot be used: fetch it anew", path.display())
}

/// The folder with the data sets: the one asked for, or the first of the usual ones that has what is wanted.
pub(crate) fn folder(asked: Option<&Path>, source: &Source) -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let usual = [root.join("data"), root.join("../shared/data")];
    let candidates = asked.map_or(usual.to_vec(), |path| vec![path.to_path_buf()]);
    let complete =
        |data: &PathBuf| ["train", "t10k"].iter().all(|part| source.files(data, part).iter().all(|f| f.is_file()));
    if let Some(data) = candidates.iter().find(|data| complete(data)) {
        return Ok(data.clone());
    }
    let first = asked.unwrap_or(Path::new("data"));
    let mut wanted = String::new();
    for part in ["train", "t10k"] {
        for file in source.files(first, part) {
            wanted.push_str(&format!("\n  {}", file.display()));
        }
    }
    bail!(
        "{} is not there. Wanted:{wanted}\nIts authors offer these files at {}. Another folder: --data DIR or TACIT_DATA.",
        source.name,
        source.page
    )
}

fn unpack(path: &Path) -> Result<Vec<u8>> {
    // The largest file holds 60,000 pictures. A damaged one must not fill the memory.
    const MOST: u64 = 60_000 * PIXELS as u64 + 16;
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    GzDecoder::new(file).take(MOST + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= MOST, "it holds more than 60,000 pictures");
    Ok(bytes)
}

/// The numbers after the magic one, and the rest.
fn header<const N: usize>(bytes: &[u8], magic: u32) -> Result<([usize; N], &[u8])> {
    let mut words = bytes.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    ensure!(words.next() == Some(magic), "it is not an IDX file of this kind");
    ensure!(words.len() >= N, "it ends in its header");
    let sizes = std::array::from_fn(|_| words.next().unwrap_or_default() as usize);
    Ok((sizes, &bytes[4 + 4 * N..]))
}

fn parse_images(bytes: &[u8]) -> Result<(Vec<u8>, usize)> {
    let ([count, rows, columns], pixels) = header(bytes, 0x0803)?;
    ensure!((rows, columns) == (SIDE, SIDE), "its pictures are {rows}×{columns}, not {SIDE}×{SIDE}");
    ensure!(count > 0 && Some(pixels.len()) == count.checked_mul(PIXELS), "its length is not what its header says");
    Ok((pixels.to_vec(), count))
}

fn parse_labels(bytes: &[u8]) -> Result<Vec<u8>> {
    let ([count], labels) = header(bytes, 0x0801)?;
    ensure!(labels.len() == count, "its length is not what its header says");
    ensure!(labels.iter().all(|&label| usize::from(label) < CLASSES), "it has labels above 9");
    Ok(labels.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idx(magic: u32, sizes: &[u32], content: usize) -> Vec<u8> {
        let mut bytes = magic.to_be_bytes().to_vec();
        sizes.iter().for_each(|n| bytes.extend(n.to_be_bytes()));
        bytes.extend((0..content).map(|i| (i % CLASSES) as u8));
        bytes
    }

    #[test]
    fn pictures_and_labels_are_read() {
        let (pixels, count) = parse_images(&idx(0x0803, &[2, 28, 28], 2 * PIXELS)).unwrap();
        assert_eq!((pixels.len(), count), (2 * PIXELS, 2));
        assert_eq!(parse_labels(&idx(0x0801, &[3], 3)).unwrap(), [0, 1, 2]);
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let refused = |bytes: &[u8]| assert!(parse_images(bytes).is_err() && parse_labels(bytes).is_err());
        refused(&[]);
        refused(&[0, 0, 8]);
        refused(&idx(0x0803, &[1], 0));
        refused(&idx(0x0802, &[1, 28, 28], PIXELS));
        refused(&idx(0x0803, &[1, 28, 27], 28 * 27));
        refused(&idx(0x0803, &[2, 28, 28], PIXELS));
        refused(&idx(0x0803, &[0, 28, 28], 0));
        refused(&idx(0x0801, &[2], 3));
        let mut label = idx(0x0801, &[1], 1);
        label[8] = 10;
        refused(&label);
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = folder(Some(Path::new("nowhere")), &MNIST).unwrap_err().to_string();
        assert!(missing.contains("t10k-labels-idx1-ubyte.gz") && missing.contains("yann.lecun.com"), "{missing}");
    }
}

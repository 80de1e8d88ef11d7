//! Files that were named on the command line.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The reason why a file was not read. It is displayed as a sentence for a person.
#[derive(Debug)]
pub(crate) enum Unread {
    Missing,
    /// A folder instead of a file.
    Folder,
    Forbidden,
    Empty,
    TooLarge {
        /// The maximum number of bytes.
        most: usize,
    },
    /// Any other error, in the system's words.
    Broken(io::Error),
}

impl fmt::Display for Unread {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEBI: usize = 1 << 20;
        match self {
            Self::Missing => to.write_str("There is no such file."),
            Self::Folder => to.write_str("This is a folder. Name a file in it."),
            Self::Forbidden => {
                to.write_str("This file is not yours to read. Change its permissions, or take another one.")
            }
            Self::Empty => to.write_str("This file is empty."),
            Self::TooLarge { most } if most % MEBI == 0 => {
                write!(to, "This file has more than {} MiB. Take a smaller one.", most / MEBI)
            }
            Self::TooLarge { most } => {
                write!(to, "This file has more than {} MB. Take a smaller one.", most / 1_000_000)
            }
            Self::Broken(error) => write!(to, "This file cannot be read: {error}."),
        }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::IsADirectory => Self::Folder,
            io::ErrorKind::PermissionDenied => Self::Forbidden,
            _ => Self::Broken(error),
        }
    }
}

/// Reads a file of at most `most` bytes; of a larger one it reads no more than that.
///
/// # Errors
/// [`Unread`], which gives the reason.
pub(crate) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Unread> {
    let file = File::open(path)?;
    // Some systems open a folder and fail only when it is read.
    if file.metadata()?.is_dir() {
        return Err(Unread::Folder);
    }
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() {
        0 => Err(Unread::Empty),
        length if length > most => Err(Unread::TooLarge { most }),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(path: &Path, most: usize) -> String {
        read(path, most).map_or_else(|why| why.to_string(), |bytes| format!("{} bytes", bytes.len()))
    }

    #[test]
    fn every_reason_is_a_sentence_of_its_own() {
        let folder = std::env::temp_dir().join(format!("tacit-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, length: usize| {
            let path = folder.join(name);
            std::fs::write(&path, vec![7; length]).unwrap();
            path
        };
        assert_eq!(why(&folder.join("nothere.png"), 10), "There is no such file.");
        assert_eq!(why(&file("a", 1).join("below-a-file.png"), 10), "There is no such file.");
        assert_eq!(why(&folder, 10), "This is a folder. Name a file in it.");
        assert_eq!(why(&file("empty", 0), 10), "This file is empty.");
        assert_eq!(why(&file("whole", 10), 10), "10 bytes");
        let large = file("large", 3 << 20);
        assert_eq!(why(&large, 2 << 20), "This file has more than 2 MiB. Take a smaller one.");
        assert_eq!(why(&large, 2_000_000), "This file has more than 2 MB. Take a smaller one.");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

//! The file that keeps a door's number and secret, so that its link outlives this program.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use tacit_meet::{LinkSecret, Os, Room};
use zeroize::Zeroizing;

use crate::say::Stop;

/// Returns no number yet, and a new secret.
pub(super) fn fresh() -> (Option<Room>, LinkSecret) {
    (None, LinkSecret::new(&mut Os))
}

/// Returns the contents of the file, or fresh values if it does not exist.
pub(super) fn read_or_make(file: &Path) -> Result<(Option<Room>, LinkSecret), Stop> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            let read = text
                .trim()
                .split_once('.')
                .and_then(|(room, secret)| Some((Some(Room(room.parse().ok()?)), LinkSecret::decode(secret)?)));
            read.ok_or_else(|| Stop::Usage(format!("{} is no file of a link", file.display())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(fresh()),
        Err(error) => Err(Stop::Usage(format!("{}: {error}", file.display()))),
    }
}

/// Writes the number and the secret, readable by this user only.
pub(super) fn write(file: &Path, Room(room): Room, secret: &str) -> Result<(), Stop> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut open| writeln!(open, "{room}.{secret}"));
    written.map_err(|error| Stop::Usage(format!("{}: {error}", file.display())))
}

//! Errors before the server listens: each says what happened and what to do next.

use std::path::PathBuf;

/// The reason why the server did not start. `Display` says what happened, [`Trouble::remedy`] what
/// to do.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Another program listens there already.
    #[error("{listen} is taken by another program")]
    Taken {
        /// The requested address.
        listen: String,
    },
    /// The system does not let us listen there, for a reason other than [`Trouble::Taken`].
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The requested address.
        listen: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system does not let us relay there.
    #[error("cannot relay on {listen}: {source}")]
    Turn {
        /// The requested address.
        listen: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The address at which parties reach the relay is unknown.
    #[error("nobody could reach the relay: {reason}")]
    TurnName {
        /// The reason.
        reason: String,
    },
    /// There is no built page in the folder.
    #[error("there is no built page in {}", .folder.display())]
    NoPage {
        /// The folder that was searched.
        folder: PathBuf,
    },
    /// The page is there and cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A certificate, or its key, is of no use.
    #[error("the certificate or key in {} cannot be used: {reason}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A file that must be kept cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The Redis that is to keep the rooms cannot do so at the moment.
    #[error("cannot keep rooms in the Redis at {address}: {reason}")]
    Redis {
        /// The address of the Redis.
        address: String,
        /// The error of Redis or of the connection to it.
        reason: String,
    },
    /// The page is larger than the server is willing to hold in memory.
    #[error("{} holds more than {limit} bytes", .folder.display())]
    TooLarge {
        /// The folder of the page.
        folder: PathBuf,
        /// The bound, in bytes.
        limit: u64,
    },
    /// `index.html` has an inline script that cannot be hashed with certainty.
    #[error("an inline script in {} is not clear: {reason}", .path.display())]
    Script {
        /// The file.
        path: PathBuf,
        /// The ambiguity.
        reason: &'static str,
    },
}

impl Trouble {
    /// Returns one sentence that says what to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Trouble::Taken { .. } => {
                "Choose another port, for example --listen 127.0.0.1:8081, or stop the other program.".into()
            }
            Trouble::Listen { .. } => {
                "Give --listen an address of this machine and a port that you may use, for example 127.0.0.1:8080."
                    .into()
            }
            Trouble::Turn { .. } => {
                "Give --turn an address of this machine and a UDP port that is free, for example 0.0.0.0:3478.".into()
            }
            Trouble::TurnName { .. } => {
                "Say at which name or address of this machine parties reach it: --turn-name NAME.".into()
            }
            Trouble::NoPage { .. } => {
                "Build the page (trunk build --release), or say where it is: --page FOLDER, the one with index.html."
                    .into()
            }
            Trouble::Unreadable { .. } => "Check that it is there and that this user may read it.".into(),
            Trouble::Certificate { .. } => {
                "Give --tls a certificate and the key that belongs to it, both as PEM: --tls cert.pem,key.pem; or \
                 --tls self-signed."
                    .into()
            }
            Trouble::Unwritable { .. } => "Say where this user may keep files: --tls-folder FOLDER.".into(),
            Trouble::Redis { .. } => {
                "Start it, and check its address, database and password in --rooms redis://…; or keep the rooms of one \
                 instance here: --rooms memory."
                    .into()
            }
            Trouble::TooLarge { .. } => "Point --page at the built page only, not at the folder around it.".into(),
            Trouble::Script { .. } => "Move the script into a file of its own, or mend its tags.".into(),
        }
    }
}

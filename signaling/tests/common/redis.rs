//! A test Redis on a free loopback port, which keeps nothing on disk and ends when dropped.

#![allow(dead_code, reason = "each user takes a part of this")]
#![allow(unreachable_pub, reason = "shared between test crates by `mod`")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tacit_programs::listed;

pub struct Redis {
    program: PathBuf,
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Redis {
    /// Returns `None` where there is no Redis; then the calling test is reported as skipped.
    pub fn start() -> Option<Redis> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let redis = listed("redis-server");
        let Some(program) = redis.find() else {
            redis.skip();
            return None;
        };
        let name = format!("redis-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for _ in 0..10 {
            // Another process may take the port in between; then another port is tried.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(child) = spawn(&program, port, &folder) {
                return Some(Redis { program, child, port, folder });
            }
        }
        panic!("{} found no free port", program.display());
    }

    /// Returns the value for `--rooms`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn stop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts an empty Redis on the same port.
    pub fn start_again(&mut self) {
        self.child = spawn(&self.program, self.port, &self.folder).expect("the port of before");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Starts a Redis and waits until it accepts connections; `None` if it ended instead.
fn spawn(program: &Path, port: u16, folder: &Path) -> Option<Child> {
    let mut child = Command::new(program)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {} ({error})", program.display()));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    if lines.any(|line| line.contains("Ready to accept connections")) {
        // Its later output must not meet a closed pipe.
        std::thread::spawn(move || lines.for_each(drop));
        return Some(child);
    }
    drop(child.wait());
    None
}

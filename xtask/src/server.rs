//! Running the server.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Running};

/// What the server prints on stdout once it listens, before its address.
const READY: &str = "Tacit is at ";

/// A server that listens; dropping it ends it.
pub(crate) struct Server {
    running: Running,
    /// Where the page is, for example `http://localhost:8080`.
    pub(crate) address: String,
}

impl Server {
    /// Starts `program` for `page` on `port` (0: any free one), and waits until it listens.
    pub(crate) fn start(program: &Path, page: &Path, port: u16) -> Result<Self> {
        let mut command = process::command(program);
        command.args(["--log", "warn", "--listen", &format!("127.0.0.1:{port}")]).arg("--page").arg(page);
        let mut running = Running::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let mut lines = BufReader::new(running.child.stdout.take().context("the server has no stdout")?).lines();
        for line in lines.by_ref() {
            let line = line.context("cannot read what the server says")?;
            if let Some(address) = line.trim().strip_prefix(READY) {
                let address = address.trim_end_matches('/').to_owned();
                // Keep reading, or a later line would block the server.
                std::thread::spawn(move || {
                    lines.map_while(std::result::Result::ok).for_each(|line| println!("{line}"));
                });
                return Ok(Self { running, address });
            }
            println!("{line}");
        }
        if process::interrupted() {
            bail!("interrupted");
        }
        bail!("the server ended before it listened; what it said stands above")
    }

    /// Waits until the server ends, by itself or by Ctrl-C.
    pub(crate) fn serve(mut self) -> Result<()> {
        let status = self.running.child.wait().context("lost the server")?;
        if process::interrupted() || status.success() {
            return Ok(());
        }
        bail!("the server ended with {status}")
    }
}

/// An error that says what to do if `port` is in use; better before a long build than after.
pub(crate) fn must_be_free(port: u16) -> Result<()> {
    if port == 0 {
        return Ok(());
    }
    let answers = |address: SocketAddr| TcpStream::connect_timeout(&address, Duration::from_millis(300)).is_ok();
    // Closed again at once, or the next question would be answered by ourselves.
    let listens = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop);
    let denied = listens.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied);
    if denied {
        bail!("This user may not open port {port}. Choose one above 1023, for example: --port 8080");
    }
    if listens.is_err() || answers((Ipv4Addr::LOCALHOST, port).into()) || answers((Ipv6Addr::LOCALHOST, port).into()) {
        let other = if port == u16::MAX { 8080 } else { port + 1 };
        bail!("Port {port} is taken by another program. End that one, or choose another port: --port {other}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_with_a_way_out() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let error = must_be_free(port).unwrap_err().to_string();
        assert!(error.contains(&format!("Port {port} is taken")) && error.contains("--port"), "{error}");
        drop(holder);
        assert!(must_be_free(port).is_ok(), "a port that nobody holds is free");
        must_be_free(0).unwrap();
    }
}

//! Starting other programs, and never leaving one behind.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context as _, Result, bail};

use crate::{say, workspace};

/// The children that run now, so that an interrupt reaches them.
static CHILDREN: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long a child may take to end by itself once it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// On Ctrl-C, SIGTERM or SIGHUP: asks every child to end, and ends those that do not within [`GRACE`]. Whoever waits for
/// one then returns an error, and every [`Running`] is dropped on the way out.
pub(crate) fn stop_children_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            // Asked twice: no more patience.
            children().iter().for_each(|&id| end(id));
            return;
        }
        children().iter().for_each(|&id| ask_to_end(id));
        thread::spawn(|| {
            thread::sleep(GRACE);
            children().iter().for_each(|&id| end(id));
        });
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether the developer asked to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// `program`, to be run in the workspace's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    // `cargo run` describes xtask itself in these; build scripts below would take them for their own.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if env::var_os("CARGO_TARGET_DIR").is_some_and(|value| !value.is_empty()) {
        command.env("CARGO_TARGET_DIR", workspace::target());
    }
    command
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command` with its output shown; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    succeeded(command, status)
}

/// Runs `command` with its output shown; its exit status.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    Running::start(command)?.wait()
}

/// Runs `command` quietly; what it wrote to stdout.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", name(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `command`, shows its output and gives each line of it (stdout and stderr) to `look`; whether it succeeded.
pub(crate) fn watch(command: &mut Command, mut look: impl FnMut(&str) + Send) -> Result<bool> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command)?;
    let stdout = running.child.stdout.take().context("no stdout")?;
    let stderr = running.child.stderr.take().context("no stderr")?;
    let look = Mutex::new(&mut look);
    thread::scope(|scope| {
        scope.spawn(|| {
            for line in BufReader::new(stderr).split(b'\n').map_while(std::result::Result::ok) {
                eprintln!("{}", String::from_utf8_lossy(&line));
                look.lock().unwrap_or_else(PoisonError::into_inner)(&plain(&line));
            }
        });
        for line in BufReader::new(stdout).split(b'\n').map_while(std::result::Result::ok) {
            println!("{}", String::from_utf8_lossy(&line));
            look.lock().unwrap_or_else(PoisonError::into_inner)(&plain(&line));
        }
    });
    std::io::stdout().flush().ok();
    let status = running.wait()?;
    Ok(status.success())
}

/// Runs `command` with its stderr shown and gives each line of its stdout to `look`; whether it succeeded.
pub(crate) fn read(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool> {
    let mut running = Running::start(command.stdout(Stdio::piped()))?;
    let stdout = running.child.stdout.take().context("no stdout")?;
    for line in BufReader::new(stdout).lines() {
        look(&line.context("not text")?);
    }
    Ok(running.wait()?.success())
}

/// Runs a cargo command that compiles, with a bar in place of its output, which is shown if it
/// fails.
pub(crate) fn compile(command: &mut Command) -> Result<()> {
    command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "120");
    let mut running = Running::start(command.stderr(Stdio::piped()))?;
    let mut stderr = BufReader::new(running.child.stderr.take().context("no stderr")?);
    let mut bar = say::Bar::new();
    let mut said = Vec::new();
    let mut line = Vec::new();
    // Cargo draws its own progress over the line before, and so ends it with a carriage return.
    while stderr.read_until(b'\n', &mut line).context("cannot read what cargo says")? > 0 {
        for part in line.split(|&byte| byte == b'\r').map(plain) {
            match progress(&part) {
                Some((done, all)) => bar.show(done, all),
                None => said.push(part),
            }
        }
        line.clear();
    }
    drop(bar);
    let status = running.wait()?;
    if !status.success() {
        said.iter().filter(|line| !line.trim().is_empty()).for_each(|line| eprintln!("{}", line.trim_end()));
    }
    succeeded(command, status)
}

/// What cargo's progress says: so many crates of so many.
fn progress(line: &str) -> Option<(usize, usize)> {
    let (_, counts) = line.trim_start().strip_prefix("Building [")?.split_once("] ")?;
    let (done, rest) = counts.split_once('/')?;
    let all = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    Some((done.trim().parse().ok()?, all.parse().ok()?))
}

/// Whether `program` can be started with `argument` and succeeds.
pub(crate) fn works(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A child process; dropping it ends it.
pub(crate) struct Running {
    pub(crate) child: Child,
    name: String,
}

impl Running {
    /// Starts `command`.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        if interrupted() {
            bail!("interrupted");
        }
        let name = name(command);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        children().push(child.id());
        Ok(Self { child, name })
    }

    /// Waits for it to end by itself.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().with_context(|| format!("lost {}", self.name))?;
        self.forget();
        if interrupted() {
            bail!("interrupted");
        }
        Ok(status)
    }

    /// Whether it has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    fn forget(&self) {
        children().retain(|&id| id != self.child.id());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.forget();
        if self.ended().is_some() {
            return;
        }
        ask_to_end(self.child.id());
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if self.ended().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Asks a process to end, the way a terminal or a service manager would.
fn ask_to_end(id: u32) {
    if cfg!(windows) {
        Command::new("taskkill").args(["/T", "/F", "/PID", &id.to_string()]).output().ok();
    } else {
        Command::new("kill").args(["-TERM", &id.to_string()]).stderr(Stdio::null()).status().ok();
    }
}

/// Ends a process that did not end when it was asked to.
fn end(id: u32) {
    if cfg!(windows) {
        ask_to_end(id);
    } else {
        Command::new("kill").args(["-KILL", &id.to_string()]).stderr(Stdio::null()).status().ok();
    }
}

fn children() -> MutexGuard<'static, Vec<u32>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    match status.code() {
        Some(code) => bail!("{} failed with status {code}", name(command)),
        None => bail!("{} was ended by a signal", name(command)),
    }
}

/// The program and its first words, as a developer would name it.
fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_stem().unwrap_or_default().to_string_lossy().into_owned()];
    words.extend(command.get_args().take(2).map(|word| word.to_string_lossy().into_owned()));
    format!("`{}`", words.join(" "))
}

/// A line without colours.
fn plain(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\x1b' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out_of_a_line() {
        assert_eq!(plain(b"\x1b[1m\x1b[32m12 passed\x1b[0m (3s)"), "12 passed (3s)");
    }

    #[test]
    fn cargos_progress_is_read() {
        let line = "    Building [=========>         ] 120/372: syn, ring(build.rs)...";
        assert_eq!(progress(line), Some((120, 372)));
        assert_eq!(progress("   Compiling syn v2.0.119"), None);
    }

    #[test]
    fn a_command_that_fails_is_an_error_that_names_it() {
        let error = run(cargo().arg("no-such-command-at-all").stderr(Stdio::null())).unwrap_err();
        assert!(error.to_string().contains("cargo no-such-command-at-all"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_dropped_child_is_gone() {
        let mut command = tacit_programs::command("sleep");
        let running = Running::start(command.arg("600")).unwrap();
        let id = running.child.id().to_string();
        assert!(tacit_programs::command("kill").args(["-0", &id]).status().unwrap().success());
        drop(running);
        assert!(!tacit_programs::command("kill").args(["-0", &id]).stderr(Stdio::null()).status().unwrap().success());
    }
}

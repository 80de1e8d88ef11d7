//! The programs from outside this repository that tests start, and what a test says that runs
//! without one.
//!
//! `programs.json` is the one list of them. `cargo xtask test` installs what is on it, tests in
//! Rust start programs by [`command`] or [`Program::find`], and tests in JavaScript by
//! `e2e/support/programs.js`, which reads the same file. Both refuse a name that is not on it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs, thread};

use serde::Deserialize;

/// The environment variable with the file that [`Program::skip`] writes a line to.
pub const SKIPPED_FILE: &str = "TACIT_SKIPPED_TESTS";

/// A program on the list, or a driver that programs load.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name on `PATH`.
    pub name: String,
    /// Other programs that do the same.
    #[serde(default)]
    also: Vec<String>,
    /// Of a driver: the folders that are empty or missing without one.
    #[serde(default)]
    folders: Vec<PathBuf>,
    /// The environment variable that names another.
    pub variable: Option<String>,
    /// Its name in a sentence.
    pub title: String,
    /// Completes "the tests …".
    pub tests: String,
    /// What becomes of these tests without it.
    pub without: Without,
    /// By package manager, the packages that bring it.
    pub packages: BTreeMap<String, Vec<String>>,
}

/// What becomes of tests without a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Without {
    /// They say SKIPPED, and are counted.
    Skipped,
    /// They fail: too much would be untested.
    Failed,
}

static LIST: LazyLock<Vec<Program>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../programs.json")).expect("programs.json is well-formed"));

/// Every program on the list.
#[must_use]
pub fn all() -> &'static [Program] {
    &LIST
}

/// The program called `name`.
///
/// # Panics
/// If it is not on the list: then nothing would install it on a fresh machine.
#[must_use]
pub fn listed(name: &str) -> &'static Program {
    LIST.iter()
        .find(|program| program.name == name)
        .unwrap_or_else(|| panic!("{name} is not on the list of xtask/programs/programs.json: add it"))
}

/// A command that runs the program called `name`.
///
/// # Panics
/// If it is not on the list, or not on this machine.
#[must_use]
pub fn command(name: &str) -> Command {
    let program = listed(name);
    Command::new(program.find().unwrap_or_else(|| panic!("there is no {} here", program.title)))
}

impl Program {
    /// Where it is: as its variable says, else the first on `PATH`; of a driver the folder.
    #[must_use]
    pub fn find(&self) -> Option<PathBuf> {
        self.named().or_else(|| self.installed().into_iter().next())
    }

    /// The path in its variable.
    #[must_use]
    pub fn named(&self) -> Option<PathBuf> {
        env::var_os(self.variable.as_ref()?).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Every place where it is on this machine, the variable aside.
    #[must_use]
    pub fn installed(&self) -> Vec<PathBuf> {
        let is_used = |folder: &&PathBuf| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
        let drivers = self.folders.iter().filter(is_used).cloned();
        let names = [&self.name].into_iter().chain(&self.also);
        let programs = names.filter(|_| self.folders.is_empty()).flat_map(|name| on_path(name));
        drivers.chain(programs).collect()
    }

    /// Why tests do not run without it, and what to do.
    #[must_use]
    pub fn missing(&self) -> String {
        let Self { title, tests, variable, .. } = self;
        let other = variable.as_ref().map_or(String::new(), |name| format!(", or set {name} to its program"));
        let fate = match self.without {
            Without::Skipped => "are SKIPPED",
            Without::Failed => "cannot run",
        };
        format!("There is no {title} here, so the tests {tests} {fate}. Install it{other}.")
    }

    /// Says that the calling test does not run for want of this program: on standard error, past
    /// what captures a test's output, and in the file that `cargo xtask test` counts from.
    ///
    /// # Panics
    /// If the program may not be missing, or the file cannot be written.
    pub fn skip(&self) {
        assert_eq!(self.without, Without::Skipped, "tests without {} are not skipped", self.name);
        // nextest runs a test in a process of its own, libtest in a thread that has its name.
        let test =
            env::var("NEXTEST_TEST_NAME").unwrap_or_else(|_| thread::current().name().unwrap_or("a test").to_owned());
        let line = format!("SKIPPED {test}: {}\n", self.missing());
        std::io::stderr().write_all(line.as_bytes()).expect("standard error can be written");
        if let Some(file) = env::var_os(SKIPPED_FILE) {
            let file = OpenOptions::new().create(true).append(true).open(file);
            file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the skipped test can be noted");
        }
    }
}

/// Every program called `name` on `PATH`.
fn on_path(name: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).map(|folder| folder.join(&file)).filter(|program| program.is_file()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_is_listed_once_and_can_be_installed_or_is_asked_for() {
        for program in all() {
            assert_eq!(all().iter().filter(|other| other.name == program.name).count(), 1, "{}", program.name);
            assert!(program.name == "node" || program.packages.contains_key("apt-get"), "{}", program.name);
        }
    }

    #[test]
    #[should_panic(expected = "no-such-program is not on the list")]
    fn a_program_that_is_not_listed_is_refused() {
        drop(command("no-such-program"));
    }

    #[test]
    fn a_missing_program_is_named_with_what_to_do() {
        let text = listed("redis-server").missing();
        for words in ["no Redis here", "rooms that several servers share", "SKIPPED", "REDIS_SERVER"] {
            assert!(text.contains(words), "{text}");
        }
    }
}

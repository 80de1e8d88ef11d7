//! Bringing the programs that tests start: found on this machine, else installed by the means it
//! offers, where that asks nobody.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;

use anyhow::{Result, bail, ensure};
use tacit_programs::{Program, Without, listed};

use crate::{process, say};

/// A program that installs packages.
struct Manager {
    name: &'static str,
    /// Brings its lists up to date.
    refresh: &'static [&'static str],
    install: &'static [&'static str],
    as_root: bool,
}

const MANAGERS: [Manager; 6] = [
    Manager { name: "apt-get", refresh: &["update"], install: &["install", "-y"], as_root: true },
    Manager { name: "dnf", refresh: &[], install: &["install", "-y"], as_root: true },
    Manager { name: "zypper", refresh: &[], install: &["--non-interactive", "install"], as_root: true },
    Manager { name: "pacman", refresh: &[], install: &["-Sy", "--needed", "--noconfirm"], as_root: true },
    Manager { name: "apk", refresh: &[], install: &["add", "--no-cache"], as_root: true },
    Manager { name: "brew", refresh: &[], install: &["install"], as_root: false },
];

/// Finds or installs the program called `name`. None where it cannot be had; this is an error if
/// tests fail without it, and said with what is skipped otherwise.
pub(crate) fn bring(name: &str) -> Result<Option<PathBuf>> {
    let program = listed(name);
    if let Some(found) = find(program)? {
        return Ok(Some(found));
    }
    say::step(&format!("Installing {}, because there is none here. Once; about a minute.", program.title));
    if let Err(error) = install(program) {
        say::note(&error.to_string());
    }
    let found = program.find();
    if found.is_none() {
        ensure!(program.without == Without::Skipped, "{}", program.missing());
        say::note(&program.missing());
    }
    Ok(found)
}

/// Where `program` is; an error if its variable names a file that is not there.
fn find(program: &Program) -> Result<Option<PathBuf>> {
    if let (Some(named), Some(variable)) = (program.named(), &program.variable) {
        ensure!(named.exists(), "{variable} names {}, which is not there", named.display());
        return Ok(Some(named));
    }
    Ok(program.installed().into_iter().next())
}

/// Installs the packages of `program`.
pub(crate) fn install(program: &Program) -> Result<()> {
    static REFRESHED: Once = Once::new();
    let Some(manager) = MANAGERS.iter().find(|manager| process::works(manager.name, "--version")) else {
        bail!("No package manager is known here that brings {}.", program.title);
    };
    let Some(packages) = program.packages.get(manager.name) else {
        bail!("No package of {} is known to bring {}.", manager.name, program.title);
    };
    if manager.as_root && !is_root() {
        let words = [&[manager.name], manager.install].concat().join(" ");
        bail!("This user cannot install packages. As root: {words} {}", packages.join(" "));
    }
    let command = |words: &[&str]| {
        let mut command = process::command(manager.name);
        // Package managers report on stdout, which is for results.
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(std::io::stderr());
        command
    };
    REFRESHED.call_once(|| {
        if !manager.refresh.is_empty() {
            // Without a network the lists of before may do.
            process::run(&mut command(manager.refresh)).ok();
        }
    });
    process::run(command(manager.install).args(packages))
}

fn is_root() -> bool {
    process::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_a_manager_that_installs_it() {
        for program in tacit_programs::all() {
            for manager in program.packages.keys() {
                assert!(MANAGERS.iter().any(|known| known.name == manager), "{}: {manager}", program.name);
            }
        }
    }
}

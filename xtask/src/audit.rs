//! `cargo xtask audit`: whether the dependencies are what `deny.toml` allows, by cargo-deny.

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::{process, say, workspace};

/// The workspaces of this repository; see `exclude` in the first one's manifest.
const WORKSPACES: [&str; 3] = ["Cargo.toml", "fuzz/Cargo.toml", "models/Cargo.toml"];

/// What to say where there is no cargo-deny.
pub(crate) const MISSING: &str =
    "There is no cargo-deny here. To install it (once; some minutes): cargo install cargo-deny --locked";

#[derive(Args)]
pub(crate) struct Options {
    /// Known weaknesses, too: fetches the database of advisories over the network, and fails where that cannot be had
    #[arg(long)]
    advisories: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if !installed() {
        bail!(MISSING);
    }
    let advisories: &[&str] = if options.advisories { &["advisories"] } else { &[] };
    ensure!(all(advisories)?, "the dependencies did not pass; what cargo-deny said stands above");
    Ok(())
}

/// Whether cargo-deny is here.
pub(crate) fn installed() -> bool {
    process::capture(process::cargo().args(["deny", "--version"])).is_ok()
}

/// Whether licences, versions and sources are as they should be, without a word on packages that are there twice.
pub(crate) fn passes() -> Result<bool> {
    all(&["--allow", "duplicate"])
}

/// Checks the dependencies of every workspace; `further` goes to cargo-deny's `check`.
fn all(further: &[&str]) -> Result<bool> {
    let mut ok = true;
    for manifest in WORKSPACES {
        say::step(&format!("The dependencies of {manifest}"));
        let mut deny = process::cargo();
        deny.args(["deny", "--locked", "--manifest-path"]).arg(workspace::root().join(manifest));
        deny.arg("--config").arg(workspace::root().join("deny.toml"));
        deny.args(["check", "--hide-inclusion-graph"]).args(further).args(["licenses", "bans", "sources"]);
        ok &= process::status(&mut deny)?.success();
    }
    Ok(ok)
}

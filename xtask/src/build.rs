//! Building what is served, and what serves it.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::{process, say, tools, workspace};

/// Builds the page, as it is hosted; where it is.
pub(crate) fn page() -> Result<PathBuf> {
    let tools = tools::for_the_page()?;
    say::step("Building the page. The first time takes some minutes, later only what changed.");
    process::run(process::command(&tools.trunk).args(["build", "--offline", "--release"]).env("PATH", &tools.path))
        .context("the page was not built")?;
    Ok(workspace::page())
}

/// Builds the server; the program.
pub(crate) fn server() -> Result<PathBuf> {
    say::step("Building the server. The first time takes about two minutes, later only what changed.");
    process::run(process::cargo().args(["build", "--profile", "host", "-p", "tacit-signaling"]))
        .context("the server was not built")?;
    Ok(workspace::target().join("host").join(format!("tacit-signaling{}", env::consts::EXE_SUFFIX)))
}

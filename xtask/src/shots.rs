//! `cargo xtask shots`: a picture of every screen and every failure card, to be looked at, and
//! README's picture.

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{browser, build, process, say, tools, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// Only pictures whose name contains this
    filter: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    tools::node_packages()?;
    let chromium = browser::chromium()?;
    let page = build::page()?;
    let programs = build::for_tests()?;
    let folder = workspace::target().join("shots");
    say::step("Taking pictures, in two browsers that do what they show");
    process::run(
        process::command("node")
            .arg(workspace::e2e().join("scripts/shots.js"))
            .arg(&folder)
            .arg(workspace::readme_picture())
            .args(&options.filter)
            .env("CHROME", chromium.program)
            .env("TACIT_SERVER", programs.server)
            .env("TACIT_TERMINAL", programs.terminal)
            .env("TACIT_PAGE", page),
    )
    .context("not every picture was taken")?;
    println!("{}", folder.display());
    Ok(())
}

//! `cargo xtask demo`: from a fresh checkout to a page that can be used.

use anyhow::{Context as _, Result};
use clap::Args;

use crate::server::{self, Server};
use crate::{browser, build, process, say, tools, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// The port to serve the page on [default: 8080; any free one with --headless]
    #[arg(long)]
    port: Option<u16>,
    /// Let two headless browsers do a whole comparison and a whole picture check, print what each of them saw, and end
    #[arg(long)]
    headless: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let port = options.port.unwrap_or(if options.headless { 0 } else { 8080 });
    server::must_be_free(port)?;
    let page = build::page()?;
    let program = build::server()?;
    if options.headless {
        return headless(&Server::start(&program, &page, port)?);
    }
    let server = Server::start(&program, &page, port)?;
    println!("\nTacit is at {}", server.address);
    say::note("Open it in one browser, and the link it gives in another. Ctrl-C ends the server.");
    server.serve()
}

fn headless(server: &Server) -> Result<()> {
    tools::node_packages()?;
    let chromium = browser::chromium()?;
    say::step("Two browsers compare two amounts, then check a picture.");
    process::run(
        process::command("node")
            .arg(workspace::e2e().join("scripts/demo.js"))
            .arg(&server.address)
            .env("CHROME", chromium.program),
    )
    .context("the two browsers did not come to an answer")
}

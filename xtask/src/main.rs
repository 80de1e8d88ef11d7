//! Every developer command: `cargo xtask <command>`.
//!
//! Each command installs what it needs by itself, says what it is doing on stderr and keeps stdout for results.

use anyhow::Result;
use clap::{Parser, Subcommand};

mod audit;
mod bench;
mod browser;
mod build;
mod demo;
mod eval;
mod fuzz;
mod packages;
mod process;
mod quick;
mod say;
mod server;
mod shots;
mod slowest;
mod test;
mod tools;
mod workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Every developer command of Tacit.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page and serve it, or let two headless browsers show what it does
    Demo(demo::Options),
    /// Build the page, the rehearsal and the lessons, as they are hosted; says where they are
    Page,
    /// Build one program that serves everything, the page inside; says where it is
    Package,
    /// Formatting, lints, native tests, wasm tests in Chromium, documentation, and two real browsers
    Test(test::Options),
    /// Check the dependencies' licences, versions and sources with cargo-deny, where that is installed
    Audit(audit::Options),
    /// Write a picture of every screen and every failure card to target/shots, and README's picture
    Shots(shots::Options),
    /// Evaluate the bundled models on their test pictures
    Eval(eval::Options),
    /// Fuzz everything that reads bytes from elsewhere, where there is a nightly toolchain
    Fuzz(fuzz::Options),
    /// Measure
    #[command(subcommand)]
    Bench(bench::Options),
}

fn main() -> std::process::ExitCode {
    match dispatch(Arguments::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            say::problem(&error);
            std::process::ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<()> {
    process::stop_children_on_interrupt()?;
    match arguments.command {
        Command::Demo(options) => demo::run(&options),
        Command::Page => {
            println!("{}", build::page()?.display());
            Ok(())
        }
        Command::Package => {
            build::page()?;
            println!("{}", build::server()?.display());
            Ok(())
        }
        Command::Test(options) => test::run(&options),
        Command::Audit(options) => audit::run(&options),
        Command::Shots(options) => shots::run(&options),
        Command::Eval(options) => eval::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Bench(options) => bench::run(&options),
    }
}

//! `cargo xtask bench`: the numbers that `docs/numbers.md` and the choices in the code stand on.
//!
//! Every measurement is one JSON object a line. With `--json` stdout carries exactly these lines; without, a table.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use crate::{browser, build, process, say, tools, workspace};

#[derive(Subcommand)]
pub(crate) enum Options {
    /// Cold and warm comparisons: native, and between two Chromium processes
    Compare(Output),
    /// Cold and warm picture checks: native, and between two Chromium processes
    Classify(Output),
    /// The heavy kernels, and a model owner's share of preparing: processor against graphics processor, native
    Compute(Output),
    /// The primitives below a comparison: native, and in Chromium's Worker
    Primitives(Output),
    /// What only lessons compute with, native: Paillier's encryption
    Lessons(Output),
    /// The server: rooms that wait, and introductions a second
    Signaling(Output),
    /// A model that the terminal program serves: one client, then eight
    Serve(Output),
    /// A channel between a page in Chromium and a native program: bare, and through a link
    Transfer(Output),
    /// What looking at the wire costs: the same picture checks between two Chromium processes, with it closed and open
    Wire(Output),
    /// What a first visit loads
    Size(Output),
    /// What altered programs gain against the real ones, in bits; and whether any of them crashes,
    /// fills or holds one
    Cheats(Output),
}

#[derive(Args)]
pub(crate) struct Output {
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match options {
        Options::Compare(output) => {
            let mut lines = example("tacit-jobs", "bench_compare")?;
            lines.extend(in_browsers_with("compare.js", &[build::bench_worker()?])?);
            output.print(&lines)
        }
        Options::Classify(output) => {
            let mut lines = example("tacit-infer", "bench_classify")?;
            lines.extend(classify_in_browsers()?);
            output.print(&lines)
        }
        Options::Compute(output) => output.print(&example("tacit-model", "bench_compute")?),
        Options::Primitives(output) => {
            let mut lines = example("tacit-compute", "bench_kernels")?;
            lines.extend(example("tacit-ot", "bench_primitives")?);
            lines.extend(example("tacit-share", "bench_gates")?);
            lines.extend(primitives_in_a_worker()?);
            output.print(&lines)
        }
        Options::Lessons(output) => output.print(&example("tacit-paillier", "bench_paillier")?),
        Options::Signaling(output) => {
            build::page()?;
            let server = build::server()?;
            say::step("Measuring the server");
            let mut bench = process::cargo();
            bench.args(["run", "--quiet", "--release", "-p", "tacit-signaling", "--example", "bench_signaling"]);
            output.print(&lines(bench.env("TACIT_SERVER", server))?)
        }
        Options::Serve(output) => {
            let models = bench_models()?;
            let terminal = build::terminal()?;
            let mut rows = Vec::new();
            for model in ["m1", "m2"].map(|name| models.join(format!("{name}.tacit"))) {
                rows.extend(served(&terminal, &model)?);
            }
            for name in ["digits", "clothes"] {
                rows.extend(served(&terminal, &workspace::root().join(format!("static/models/{name}.tacit")))?);
            }
            output.print(&rows)
        }
        Options::Transfer(output) => output.print(&transferred()?),
        Options::Wire(output) => output.print(&in_browsers("wire.js")?),
        Options::Size(output) => output.print(&in_browsers("size.js")?),
        Options::Cheats(output) => {
            say::step("Playing altered parties. Some minutes.");
            // As the tests are built: a release build ends where it should tell of a crash.
            output.print(&lines(process::cargo().args([
                "run",
                "--quiet",
                "-p",
                "tacit-cheats",
                "--example",
                "bench_cheats",
            ]))?)
        }
    }
}

/// The measurements of an example that prints JSON lines.
fn example(package: &str, name: &str) -> Result<Vec<String>> {
    say::step(&format!("Measuring natively: {name}"));
    lines(process::cargo().args(["run", "--quiet", "--release", "-p", package, "--example", name, "--", "--json"]))
}

/// The measurements of a script that drives browsers against the built page.
fn in_browsers(script: &str) -> Result<Vec<String>> {
    in_browsers_with(script, &[])
}

/// Likewise, with arguments to the script.
fn in_browsers_with(script: &str, arguments: &[PathBuf]) -> Result<Vec<String>> {
    tools::node_packages()?;
    let chromium = browser::chromium()?;
    let page = build::page()?;
    let server = build::server()?;
    say::step(&format!("Measuring in Chromium: {script}"));
    lines(
        process::command("node")
            .arg(workspace::e2e().join("bench").join(script))
            .args(arguments)
            .env("CHROME", chromium.program)
            .env("TACIT_SERVER", server)
            .env("TACIT_PAGE", page),
    )
}

/// Picture checks between two browsers, under models that are written for it.
fn classify_in_browsers() -> Result<Vec<String>> {
    in_browsers_with("classify.js", &[build::bench_worker()?, bench_models()?])
}

/// The folder with the models that measurements are made under, written anew.
fn bench_models() -> Result<PathBuf> {
    let folder = workspace::target().join("bench-models");
    let mut write = process::cargo();
    write.args(["run", "--quiet", "--release", "-p", "tacit-model", "--example", "write_models", "--", "bench"]);
    process::run(write.arg(&folder))?;
    Ok(folder)
}

/// One client, then eight, of a model that is served on this machine.
fn served(terminal: &Path, model: &Path) -> Result<Vec<String>> {
    say::step(&format!("Measuring {} with one client, then eight", model.display()));
    lines(process::command(terminal).arg("bench").arg(model).arg("--json"))
}

/// The primitives, compiled to WebAssembly and run in a browser's Worker.
fn primitives_in_a_worker() -> Result<Vec<String>> {
    tools::node_packages()?;
    let chromium = browser::chromium()?;
    let script = build::bench_worker()?;
    say::step("Measuring in Chromium's Worker");
    let mut command = process::command("node");
    command.arg(workspace::e2e().join("bench/primitives.js")).arg(script).env("CHROME", chromium.program);
    lines(&mut command)
}

/// What crosses between a browser and a program on this machine.
fn transferred() -> Result<Vec<String>> {
    tools::node_packages()?;
    let chromium = browser::chromium()?;
    let script = build::bench_worker()?;
    let program = build::bench_transfer()?;
    say::step("Measuring between Chromium's Worker and a native program");
    let mut command = process::command("node");
    command.arg(workspace::e2e().join("bench/transfer.js")).args([script, program]);
    lines(command.env("CHROME", chromium.program))
}

/// Runs `command` and collects its JSON lines; whatever else it prints goes to stderr.
pub(crate) fn lines(command: &mut Command) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let ok = process::read(command, |line| {
        if line.starts_with('{') {
            lines.push(line.to_owned());
        } else {
            eprintln!("{line}");
        }
    })?;
    anyhow::ensure!(ok, "the measurement failed; what it said stands above");
    anyhow::ensure!(!lines.is_empty(), "the measurement printed nothing");
    Ok(lines)
}

impl Output {
    pub(crate) fn print(&self, lines: &[String]) -> Result<()> {
        if self.json {
            lines.iter().for_each(|line| println!("{line}"));
            return Ok(());
        }
        let rows = lines.iter().map(|line| serde_json::from_str(line).with_context(|| format!("not JSON: {line}")));
        print!("{}", table(&rows.collect::<Result<Vec<_>>>()?));
        Ok(())
    }
}

/// The rows under the names of their fields: what was measured and where first, then the figures by name.
fn table(rows: &[Map<String, Value>]) -> String {
    let mut names: Vec<&str> = rows.iter().flat_map(Map::keys).map(String::as_str).collect();
    names.sort_by_key(|name| {
        (
            !["bench", "attack", "direction", "file", "kernel", "size", "batch", "backend", "host", "model", "state"]
                .contains(name),
            *name,
        )
    });
    names.dedup();
    let cell = |row: &Map<String, Value>, name: &str| match row.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_f64() => format!("{:.2}", number.as_f64().unwrap_or_default()),
        Some(value) => value.to_string(),
    };
    let width = |name: &&str| rows.iter().map(|row| cell(row, name).len()).chain([name.len()]).max().unwrap_or(0);
    let widths: Vec<usize> = names.iter().map(width).collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(names.iter().map(ToString::to_string).collect());
    for row in rows {
        text += &line(names.iter().map(|name| cell(row, name)).collect());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_for_every_field() {
        let rows: Vec<Map<String, Value>> = [r#"{"bench":"a","ms":1.5}"#, r#"{"bench":"bcdefg","runs":3}"#]
            .map(|row| serde_json::from_str(row).unwrap())
            .into();
        assert_eq!(table(&rows), "bench   ms    runs\na       1.50\nbcdefg        3\n");
    }
}

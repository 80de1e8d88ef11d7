//! Building what is served, and what serves it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};

use crate::{process, say, tools, workspace};

/// What `wasm-opt` may write, as `app/index.html` has it for the page: of all that it knows, browsers take a part.
const WASM_FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// What is built beside the page, each a program of its own, which nobody loads who does not go there.
const BESIDE: [&str; 2] = ["rehearse", "learn"];

/// Builds the page, and beside it the rehearsal and the lessons, as they are hosted; where they are.
pub(crate) fn page() -> Result<PathBuf> {
    let tools = tools::for_the_page()?;
    say::step(
        "Building the page, the rehearsal and the lessons. The first time takes some minutes, later only what changed.",
    );
    let page = workspace::page();
    // The page comes first, because its build empties the folder.
    for place in [None].into_iter().chain(BESIDE.map(Some)) {
        let mut trunk = process::command(&tools.trunk);
        trunk.args(["build", "--offline", "--release"]);
        if let Some(place) = place {
            trunk.args(["--public-url", &format!("/{place}/"), "--dist"]).arg(page.join(place));
            trunk.arg(format!("app/{place}/index.html"));
        }
        // Trunk reports on stdout, which is for results.
        trunk.env("PATH", &tools.path).stdout(std::io::stderr());
        process::run(&mut trunk).with_context(|| format!("{} could not be built", place.unwrap_or("the page")))?;
    }
    for place in [page.clone()].into_iter().chain(BESIDE.map(|place| page.join(place))) {
        lean_scripts(&place)?;
    }
    Ok(page)
}

/// Takes documentation and indentation out of the scripts of a folder: trunk's minifier does not
/// understand them.
fn lean_scripts(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let script = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            fs::write(&path, lean(&script)).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

/// A script without its documentation and its indentation.
fn lean(script: &str) -> String {
    let (mut lines, mut in_comment) = (String::with_capacity(script.len()), false);
    for line in script.lines().map(str::trim) {
        in_comment |= line.starts_with("/**");
        if !in_comment && !line.is_empty() {
            lines += line;
            lines.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    lines
}

/// Builds the party in the terminal; the program.
pub(crate) fn terminal() -> Result<PathBuf> {
    say::step("Building the terminal program. The first time takes some minutes, later only what changed.");
    process::run(process::cargo().args(["build", "--profile", "host", "-p", "tacit-cli"]))
        .context("the terminal program was not built")?;
    Ok(workspace::target().join("host").join(format!("tacit{}", env::consts::EXE_SUFFIX)))
}

/// Builds the server with the page inside, which is built before; the program.
pub(crate) fn server() -> Result<PathBuf> {
    say::step("Building the server. The first time takes about two minutes, later only what changed.");
    process::run(process::cargo().args([
        "build",
        "--profile",
        "host",
        "-p",
        "tacit-signaling",
        "--features",
        "page-inside",
    ]))
    .context("the server was not built")?;
    Ok(workspace::target().join("host").join(format!("tacit-signaling{}", env::consts::EXE_SUFFIX)))
}

/// Builds the native end of a transfer, as optimised as the terminal program; the program.
pub(crate) fn bench_transfer() -> Result<PathBuf> {
    say::step("Building the native end of the transfer.");
    let name = "bench_transfer";
    process::run(process::cargo().args(["build", "--profile", "host", "-p", "tacit-meet", "--example", name]))?;
    Ok(workspace::target().join("host/examples").join(format!("{name}{}", env::consts::EXE_SUFFIX)))
}

/// Builds the measurements for a browser's Worker, and what packs messages for the product's, as optimised as the worker; the folder with its script.
pub(crate) fn bench_worker() -> Result<PathBuf> {
    let tools = tools::for_the_page()?;
    say::step("Building the measurement for the Worker.");
    let target = "wasm32-unknown-unknown";
    process::run(process::cargo().args([
        "build",
        "--profile",
        "compute",
        "--target",
        target,
        "-p",
        "tacit-bench-worker",
    ]))?;
    let module = workspace::target().join(target).join("compute/tacit_bench_worker.wasm");
    let folder = workspace::target().join("bench-worker");
    let mut bindgen = process::command("wasm-bindgen");
    bindgen.args(["--target", "no-modules", "--no-typescript", "--out-name", "bench", "--out-dir"]);
    process::run(bindgen.arg(&folder).arg(module).env("PATH", &tools.path))?;
    let optimised = folder.join("bench_bg.wasm");
    let mut optimise = process::command("wasm-opt");
    process::run(
        optimise.arg("-O3").args(WASM_FEATURES).arg("-o").args([&optimised, &optimised]).env("PATH", &tools.path),
    )?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lean_script_has_its_statements_only() {
        let script = "/**\n * Adds.\n * @param {number} x\n */\nfunction add(x) {\n    /** one line */\n\n    return x + 1; // here\n}\n";
        assert_eq!(lean(script), "function add(x) {\nreturn x + 1; // here\n}\n");
    }
}

//! Building what is served, and what serves it.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs, thread};

use anyhow::{Context as _, Result, bail};

use crate::process::Running;
use crate::tools::PageTools;
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

/// Pages beside the first one, each a program of its own that nobody loads who does not go there.
const BESIDE: [&str; 2] = ["rehearse", "learn"];

/// Builds the page, and beside it the rehearsal and the lessons, as they are hosted; the folder.
pub(crate) fn page() -> Result<PathBuf> {
    let tools = tools::for_the_page()?;
    say::step(
        "Building the page, the rehearsal and the lessons. The first time takes some minutes, later only what changed.",
    );
    let page = workspace::page();
    // Most of the time goes into linking, which takes one core: so all three are built at once.
    // The page's build empties its folder, so the others get theirs elsewhere.
    let apart = BESIDE.map(|place| (place, workspace::target().join("beside").join(place)));
    thread::scope(|scope| {
        let first = scope.spawn(|| trunk(&tools, &[], "the page"));
        let others = apart.each_ref().map(|(place, folder)| {
            let (url, index) = (format!("/{place}/"), format!("app/{place}/index.html"));
            let tools = &tools;
            scope.spawn(move || {
                let words =
                    ["--public-url".as_ref(), url.as_ref(), "--dist".as_ref(), folder.as_os_str(), index.as_ref()];
                trunk(tools, &words, place)
            })
        });
        let done = [first].into_iter().chain(others).map(|build| build.join().expect("a build does not panic"));
        done.collect::<Vec<_>>().into_iter().collect::<Result<()>>()
    })?;
    for (place, folder) in &apart {
        copy(folder, &page.join(place))?;
    }
    for place in [page.clone()].into_iter().chain(BESIDE.map(|place| page.join(place))) {
        lean_scripts(&place)?;
    }
    say::step("Compressing what was built.");
    process::run(process::command("node").arg(workspace::root().join("xtask/press.mjs")).arg(&page))
        .context("the page could not be compressed")?;
    Ok(page)
}

/// The page's build in a process of its own, while something else goes on. What it says goes to a
/// file.
pub(crate) struct PageBuild {
    running: Running,
    log: PathBuf,
}

impl PageBuild {
    /// Starts it, once the tools are there.
    pub(crate) fn start() -> Result<Self> {
        tools::for_the_page()?;
        let log = workspace::target().join("page.log");
        say::step(&format!("Building the page meanwhile. What that says is in {}.", log.display()));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let us = env::current_exe().context("this program has no path")?;
        // What goes on meanwhile comes first.
        let mut build = if process::works("nice", "--version") {
            let mut nice = process::command("nice");
            nice.args(["-n", "10"]).arg(us);
            nice
        } else {
            process::command(us)
        };
        build.arg("page").env("CARGO_MANIFEST_DIR", workspace::root().join("xtask"));
        let errors = file.try_clone().context("the log cannot be shared")?;
        let running = Running::start(build.stdin(Stdio::null()).stdout(file).stderr(errors))?;
        Ok(Self { running, log })
    }

    /// Waits for it; the folder with the page.
    pub(crate) fn finish(mut self) -> Result<PathBuf> {
        say::step("Waiting for the page");
        if !self.running.wait()?.success() {
            eprintln!("{}", fs::read_to_string(&self.log).unwrap_or_default());
            bail!("the page was not built");
        }
        Ok(workspace::page())
    }
}

/// Runs `trunk build` with these further words.
fn trunk(tools: &PageTools, words: &[&OsStr], what: &str) -> Result<()> {
    let mut trunk = process::command(&tools.trunk);
    trunk.args(["build", "--offline", "--release"]).args(words).env("PATH", &tools.path);
    // Several progress bars would overwrite each other; and stdout is for results.
    trunk.env("CARGO_TERM_PROGRESS_WHEN", "never").stdout(std::io::stderr());
    process::run(&mut trunk).with_context(|| format!("{what} could not be built"))
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let cannot = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(cannot)?;
    for entry in fs::read_dir(from).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), &place).with_context(cannot)?;
        }
    }
    Ok(())
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

/// What the tests in browsers start.
pub(crate) struct TestPrograms {
    pub(crate) server: PathBuf,
    pub(crate) terminal: PathBuf,
    /// Writes model files that are refused.
    pub(crate) write_models: PathBuf,
}

/// Builds what the tests in browsers start. The page, which is inside the server, is built before.
///
/// All come from one build that shares its dependencies with the native tests: the same profile,
/// and the whole workspace with an example, so that cargo chooses the same features.
pub(crate) fn for_tests() -> Result<TestPrograms> {
    say::step("Building the server and the terminal program for the tests.");
    let mut build = process::cargo();
    build.args(["build", "--workspace", "--bin", "tacit", "--bin", "tacit-signaling", "--example", "write_models"]);
    process::run(build.args(["--features", "tacit-signaling/page-inside"])).context("the programs were not built")?;
    let built = |name: &str| workspace::target().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    Ok(TestPrograms {
        server: built("tacit-signaling"),
        terminal: built("tacit"),
        write_models: built("examples/write_models"),
    })
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

//! The tools that a build needs: each pinned, installed once, into a cache that survives `cargo clean`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::{process, say, workspace};

/// Trunk 0.22 needs a newer compiler than the pinned one.
const TRUNK: &str = "0.21.14";
/// The npm package that carries `wasm-opt`; `Trunk.toml` names the same version.
const BINARYEN: &str = "132";
/// Runs the fuzz targets.
const CARGO_FUZZ: &str = "0.13.2";
const WASM: &str = "wasm32-unknown-unknown";

/// What builds the page.
pub(crate) struct PageTools {
    pub(crate) trunk: PathBuf,
    /// `PATH` with the pinned tools in front.
    pub(crate) path: std::ffi::OsString,
}

/// Installs what the page's build needs and is not there yet.
pub(crate) fn for_the_page() -> Result<PageTools> {
    wasm_target()?;
    if !has_trunk()? {
        say::step(
            "This machine does not have the tools yet that build the page. They are built first, once: five to ten minutes \
             on two cores, more than all that follows. A bar shows how far each is.",
        );
    }
    let trunk = trunk()?;
    let wasm_bindgen = wasm_bindgen()?;
    let wasm_opt = binaryen()?;
    let mut folders = vec![wasm_bindgen, wasm_opt];
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    Ok(PageTools { trunk: trunk.join(program("trunk")), path: env::join_paths(folders)? })
}

/// The runner that takes wasm tests into a browser, of the version that Cargo.lock asks for.
pub(crate) fn wasm_test_runner() -> Result<PathBuf> {
    wasm_target()?;
    Ok(wasm_bindgen()?.join(program("wasm-bindgen-test-runner")))
}

/// `cargo-fuzz`.
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    let root = cache(&format!("cargo-fuzz-{CARGO_FUZZ}"))?;
    let program = root.join("bin").join(program("cargo-fuzz"));
    if !program.is_file() {
        say::step(&format!("Installing cargo-fuzz {CARGO_FUZZ}. Once; about a minute on two cores."));
        process::compile(install(&root).args(["--locked", "cargo-fuzz", "--version", CARGO_FUZZ]))?;
    }
    Ok(program)
}

/// Whether rustup has a nightly toolchain.
pub(crate) fn has_nightly() -> bool {
    let toolchains = process::capture(process::command("rustup").args(["toolchain", "list"])).unwrap_or_default();
    toolchains.lines().any(|line| line.starts_with("nightly"))
}

/// Installs the packages of `e2e/`, exactly as locked.
pub(crate) fn node_packages() -> Result<()> {
    let folder = workspace::e2e();
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read e2e/package-lock.json")?;
    let stamp = folder.join("node_modules").join(".installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    needs_node()?;
    say::step("Installing the test runner's npm packages. Once; a few seconds.");
    // The browser is found or installed by `browser`, not by the package.
    process::run(npm().arg("ci").current_dir(&folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Node, or a sentence that says how to get it.
pub(crate) fn needs_node() -> Result<()> {
    let version = process::capture(Command::new("node").arg("--version")).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= 20 => Ok(()),
        Some(major) => bail!("Node {major} is too old: install Node 20 or newer from nodejs.org, then try again"),
        None => bail!("Node is missing: install Node 20 or newer from nodejs.org, then try again"),
    }
}

/// A folder of the cache.
pub(crate) fn cache(name: &str) -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if let Some(folder) = set("XDG_CACHE_HOME") {
        Some(folder)
    } else if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Caches"))
    } else {
        set("HOME").map(|home| home.join(".cache"))
    };
    let base = base.context("there is no folder to keep tools in: set XDG_CACHE_HOME to one")?;
    Ok(base.join("tacit").join("tools").join(name))
}

/// `npm`, which is a script with another name on Windows.
pub(crate) fn npm() -> Command {
    process::command(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// `npx`, likewise.
pub(crate) fn npx() -> Command {
    process::command(if cfg!(windows) { "npx.cmd" } else { "npx" })
}

fn wasm_target() -> Result<()> {
    let sysroot = process::capture(Command::new("rustc").args(["--print", "sysroot"]).current_dir(workspace::root()))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    say::step("Adding the WebAssembly target to the toolchain. Once; some seconds.");
    process::run(process::command("rustup").args(["target", "add", WASM]))
        .context("the WebAssembly target is missing: install rustup from rustup.rs, then try again")
}

/// The folder with `trunk`.
fn trunk() -> Result<PathBuf> {
    let root = trunk_folder()?;
    if !has_trunk()? {
        say::step(&format!("Installing trunk {TRUNK}, which joins the page's parts."));
        let features = ["--no-default-features", "--features", "rustls"];
        process::compile(install(&root).args(["--locked", "trunk", "--version", TRUNK]).args(features))?;
    }
    Ok(root.join("bin"))
}

fn has_trunk() -> Result<bool> {
    Ok(trunk_folder()?.join("bin").join(program("trunk")).is_file())
}

fn trunk_folder() -> Result<PathBuf> {
    cache(&format!("trunk-{TRUNK}"))
}

/// The folder with `wasm-bindgen` and its test runner, of the version that Cargo.lock asks for.
fn wasm_bindgen() -> Result<PathBuf> {
    let version = workspace::locked_version("wasm-bindgen")?;
    let root = cache(&format!("wasm-bindgen-{version}"))?;
    let bin = root.join("bin");
    if !bin.join(program("wasm-bindgen")).is_file() || !bin.join(program("wasm-bindgen-test-runner")).is_file() {
        say::step(&format!("Installing wasm-bindgen {version}, which joins WebAssembly and script."));
        // Not `--locked`: the published lock file names a crate that was withdrawn.
        process::compile(install(&root).args(["wasm-bindgen-cli", "--version", &version]))?;
    }
    Ok(bin)
}

/// The folder with `wasm-opt`.
fn binaryen() -> Result<PathBuf> {
    let root = cache(&format!("binaryen-{BINARYEN}"))?;
    let bin = root.join("node_modules").join(".bin");
    if !bin.is_dir() {
        needs_node()?;
        say::step(&format!("Installing binaryen {BINARYEN}, which makes the page small. Once; a few seconds."));
        // Beside its place first, so that a broken download is never taken for an installation.
        let fresh = cache(&format!("binaryen-{BINARYEN}.{}", std::process::id()))?;
        fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
        let package = format!("binaryen@{BINARYEN}");
        let done = process::run(npm().args(["install", "--no-save", "--prefix"]).arg(&fresh).arg(package));
        if done.is_ok() {
            fs::remove_dir_all(&root).ok();
            fs::rename(&fresh, &root).with_context(|| format!("cannot move to {}", root.display()))?;
        } else {
            fs::remove_dir_all(&fresh).ok();
        }
        done?;
    }
    Ok(bin)
}

/// `cargo install` into `root`. Its build goes to a folder that is removed afterwards, not among ours.
///
/// The build is lean: these tools wait for compilers and disks, not for themselves.
fn install(root: &Path) -> Command {
    let mut command = process::cargo();
    command.args(["install", "--root"]).arg(root).env_remove("CARGO_TARGET_DIR");
    for (name, value) in [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "1"), ("DEBUG", "false")] {
        command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    command
}

fn program(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

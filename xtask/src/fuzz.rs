//! `cargo xtask fuzz`: what reads bytes from elsewhere, given whatever comes to libFuzzer's mind.

use std::fs;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{process, say, tools, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value = "60")]
    seconds: u32,

    /// Which targets; all of them without any
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if !tools::has_nightly() {
        say::step("SKIPPED: fuzzing takes a nightly toolchain, and there is none: rustup toolchain install nightly");
        return Ok(());
    }
    let all = targets()?;
    if let Some(unknown) = options.targets.iter().find(|target| !all.contains(target)) {
        bail!("there is no fuzz target {unknown}; there are {}", all.join(", "));
    }
    let chosen = if options.targets.is_empty() { &all } else { &options.targets };
    let program = tools::cargo_fuzz()?;
    let folder = workspace::root().join("fuzz");
    let mut broken = Vec::new();
    for target in chosen {
        say::step(&format!("Fuzzing {target}, for {} s", options.seconds));
        let (corpus, seeds) = (folder.join("corpus").join(target), folder.join("seeds").join(target));
        fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
        let mut fuzz = process::command(&program);
        // Our code is safe, so a sanitizer would find nothing that a panic does not tell.
        fuzz.args(["fuzz", "run", "--sanitizer", "none", target]).arg(corpus).arg(seeds);
        fuzz.args(["--", "-timeout=20", "-rss_limit_mb=2048"]).arg(format!("-max_total_time={}", options.seconds));
        fuzz.env("RUSTUP_TOOLCHAIN", "nightly").env_remove("CARGO").env_remove("RUSTC");
        if !process::status(&mut fuzz)?.success() {
            broken.push(target.as_str());
        }
        if process::interrupted() {
            bail!("interrupted");
        }
    }
    if broken.is_empty() { Ok(()) } else { bail!("inputs were found that break {}", broken.join(", ")) }
}

/// The names of all targets.
fn targets() -> Result<Vec<String>> {
    let folder = workspace::root().join("fuzz").join("fuzz_targets");
    let files = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

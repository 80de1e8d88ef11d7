//! `cargo xtask eval`: what the bundled models are worth, in the clear and between two parties.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::bench::{Output, lines};
use crate::{process, say, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// The folder with the data sets [default: $TACIT_DATA, else data/, else ../shared/data]
    #[arg(long)]
    data: Option<PathBuf>,
    /// What makes the products, of the oracle and of the model's owner
    #[arg(long, value_enum, default_value_t = Compute::Auto)]
    compute: Compute,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Compute {
    /// Whichever is faster
    Auto,
    /// The graphics processor, also where it is a program that stands in for one
    Gpu,
    /// The processor
    Cpu,
}

/// A bundled model and the pictures that judge it.
struct Bundled {
    model: &'static str,
    /// Of the data set, in the folder of all.
    folder: &'static str,
    /// Where its authors offer it.
    page: &'static str,
}

const BUNDLED: [Bundled; 2] = [
    Bundled { model: "digits", folder: "mnist", page: "http://yann.lecun.com/exdb/mnist/" },
    Bundled { model: "clothes", folder: "fashion-mnist", page: "https://github.com/zalandoresearch/fashion-mnist" },
];

impl Bundled {
    /// The files with the test pictures and what they show.
    fn files(&self, data: &Path) -> [PathBuf; 2] {
        ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"].map(|file| data.join(self.folder).join(file))
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let named = || env::var_os("TACIT_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let data = folder(options.data.clone().or_else(named))?;
    let mut rows = Vec::new();
    for Bundled { model, folder, .. } in BUNDLED {
        say::step(&format!("Evaluating {model}: 10,000 pictures in the clear, 500 between two parties"));
        let mut command = process::cargo();
        command.args(["run", "--quiet", "--release", "-p", "tacit-infer", "--example", "eval", "--"]);
        command.arg(format!("static/models/{model}.tacit")).arg(folder).arg(&data);
        command.arg(match options.compute {
            Compute::Auto => "auto",
            Compute::Gpu => "gpu",
            Compute::Cpu => "cpu",
        });
        rows.extend(lines(&mut command).with_context(|| format!("{model} was not evaluated, or did not pass"))?);
    }
    options.output.print(&rows)
}

/// The folder that was asked for, or the first of the usual ones that has what is wanted.
fn folder(asked: Option<PathBuf>) -> Result<PathBuf> {
    let root = workspace::root();
    let candidates = asked.map_or_else(|| vec![root.join("data"), root.join("../shared/data")], |folder| vec![folder]);
    let is_complete =
        |data: &&PathBuf| BUNDLED.iter().flat_map(|bundled| bundled.files(data)).all(|file| file.is_file());
    if let Some(data) = candidates.iter().find(is_complete) {
        // The measurement runs in the workspace's root, wherever we were called.
        return std::path::absolute(data).context("the folder has no path");
    }
    let mut wanted = String::new();
    for bundled in &BUNDLED {
        for file in bundled.files(&candidates[0]).iter().filter(|file| !file.is_file()) {
            wanted += &format!("\n    {}", file.display());
        }
        wanted += &format!("\n  The authors of {} offer their files at {}", bundled.folder, bundled.page);
    }
    bail!("The test pictures are not there. Missing:{wanted}\n  Another folder: --data DIR, or TACIT_DATA.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_where_it_is() {
        let error = folder(Some("nowhere".into())).unwrap_err().to_string();
        for words in ["mnist/t10k-labels-idx1-ubyte.gz", "yann.lecun.com", "zalandoresearch", "--data DIR"] {
            assert!(error.contains(words), "{error}");
        }
    }
}

//! `models`: trains, exports and checks the models that come with Tacit.

mod augment;
mod block;
mod check;
mod data;
mod export;
mod net;
mod parameter;
mod recipe;
mod strokes;
mod train;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use tacit_model::file;

use data::Pictures;
use recipe::{Recipe, Schedule};

/// Trains, exports and checks the models that come with Tacit.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains a model from scratch, writes it, and checks what was written.
    Train {
        /// Which model.
        model: Which,
        #[command(flatten)]
        data: Data,
        /// The file to write. Without: the bundled one.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// How often each picture is seen, if not as often as the recipe says.
        #[arg(long)]
        epochs: Option<usize>,
        /// Where all random numbers come from, if not from the recipe's seed.
        #[arg(long)]
        seed: Option<u64>,
        /// Training pictures to judge by instead, after each epoch; for choosing a recipe.
        #[arg(long, default_value_t = 0, value_name = "N")]
        held_out: usize,
    },
    /// Checks a model: accuracy in real and in whole numbers, size, comparisons.
    Check {
        /// Which model.
        model: Which,
        #[command(flatten)]
        data: Data,
        /// Its file. Without: the bundled one.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Data {
    /// The folder with the data sets. Without: data/ or ../shared/data, as seen from the root of the repository.
    #[arg(long = "data", env = "TACIT_DATA", value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// A model that comes with Tacit.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Which {
    /// Handwritten digits.
    Digits,
    /// Articles of clothing.
    Clothes,
}

impl Which {
    fn recipe(self, schedule: Schedule) -> Recipe {
        match self {
            Self::Digits => Recipe::digits(schedule),
            Self::Clothes => Recipe::clothes(schedule),
        }
    }
}

fn main() -> ExitCode {
    let Err(error) = run(Arguments::parse().command) else { return ExitCode::SUCCESS };
    // Causes in one line, and no backtrace: these are mistakes of people, not ours.
    eprintln!("✗ {error:#}");
    ExitCode::FAILURE
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Train { model, data, out, epochs, seed, held_out } => {
            let recipe = model.recipe(Schedule { epochs, seed, held_out });
            let data = data::folder(data.folder.as_deref(), recipe.source)?;
            // Before the long work: it would be a pity to find out afterwards.
            let test = recipe.source.test(&data)?;
            let pictures = recipe.source.training(&data)?;
            ensure!(held_out < pictures.len(), "there are only {} pictures", pictures.len());
            let file = file::write(&export::model(&train::train(&recipe, pictures), &recipe)?)?;
            let path = out.unwrap_or_else(|| bundled(&recipe));
            write(&path, &file)?;
            report(model, &file, &test)
        }
        Command::Check { model, data, file } => {
            let recipe = model.recipe(Schedule::default());
            let data = data::folder(data.folder.as_deref(), recipe.source)?;
            let path = file.unwrap_or_else(|| bundled(&recipe));
            let file = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            report(model, &file, &recipe.source.test(&data)?)
        }
    }
}

/// Where the page and the terminal program take a model from.
fn bundled(recipe: &Recipe) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.join("static/models").join(recipe.name).with_extension("tacit")
}

fn write(path: &Path, file: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, file))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Says what a file is worth. It is read again for that: weights have only 16 bits in it.
fn report(which: Which, file: &[u8], test: &Pictures) -> Result<()> {
    let model = file::read(file)?;
    let (plan, figures) = check::check(&model, test)?;
    println!("{}", check::table(&plan));
    println!("{} parameters, {} bytes, {} compressed", check::parameters(&model), file.len(), check::compressed(file)?);
    println!("{figures}");
    if which == Which::Digits {
        let (right, each) = check::drawn(&model)?;
        println!("on 1000 digits drawn by strokes\n  float accuracy  {:.1} %  {each:?}", right as f32 / 10.0);
    }
    Ok(())
}

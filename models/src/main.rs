//! `models`: trains, exports and checks the models that come with Tacit.

mod augment;
mod block;
mod check;
mod data;
mod export;
mod net;
mod parameter;
mod recipe;
mod train;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

use recipe::{Recipe, Schedule};

/// Trains, exports and checks the models that come with Tacit.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains a model from scratch and writes it.
    Train {
        /// Which model.
        model: Which,
        /// The folder with the data sets. Without: data/ or ../shared/data beside the repository's root.
        #[arg(long, env = "TACIT_DATA", value_name = "DIR")]
        data: Option<PathBuf>,
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
}

/// A model that comes with Tacit.
#[derive(Clone, Copy, ValueEnum)]
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

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Train { model, data, epochs, seed, held_out } => {
            let recipe = model.recipe(Schedule { epochs, seed, held_out });
            let data = data::folder(data.as_deref(), recipe.source)?;
            let _net = train::train(&recipe, recipe.source.training(&data)?);
            Ok(())
        }
    }
}

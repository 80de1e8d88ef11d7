//! The manual page and the shells' completions, from the arguments themselves.

use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;

use crate::arguments::Arguments;
use crate::say::Stop;

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Stop> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tacit", &mut text);
    write(&text)
}

pub(crate) fn manual(folder: Option<&Path>) -> Result<(), Stop> {
    match folder {
        Some(folder) => clap_mangen::generate_to(Arguments::command(), folder)
            .map_err(|error| Stop::Usage(format!("{}: {error}", folder.display()))),
        None => {
            let mut text = Vec::new();
            let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut text);
            rendered.map_err(|error| Stop::Usage(error.to_string()))?;
            write(&text)
        }
    }
}

fn write(text: &[u8]) -> Result<(), Stop> {
    std::io::stdout().write_all(text).map_err(|error| Stop::Usage(format!("standard output: {error}")))
}

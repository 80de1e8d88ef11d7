//! The command line's arguments.

use std::borrow::Cow;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Secure two-party computation in the terminal: the other party may be at the web page, or in a
/// terminal, too.
#[derive(Parser)]
#[command(
    name = "tacit",
    version,
    after_help = "Results go to standard output, everything else to standard error.\n\n\
                  Exit codes: 0 done, 1 something broke here, 2 wrong usage, 3 the network or the meeting server, \
                  4 the other party, 5 what was put in here, 130 interrupted."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Find out who is richer, and nothing else
    Compare(Compare),
    /// Have pictures checked by somebody's model; it does not see them, and you do not see it
    #[command(override_usage = "tacit check [OPTIONS] <PICTURE>... <LINK|CODE>")]
    Check(Check),
    /// Check pictures for many, under a model that stays here
    Serve(Serve),
    /// Measure this program on this machine: a pair, and a served model with many clients
    Bench(Bench),
    /// Look whether everything that a session needs is there
    Doctor(Doctor),
    /// Write the completions for a shell to standard output
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page to standard output, or one for each command into a folder
    Man {
        /// The folder
        folder: Option<PathBuf>,
    },
}

/// How to reach the other party.
#[derive(Args)]
pub(crate) struct Reach {
    /// The meeting server, where a link does not name it
    #[arg(long, value_name = "URL", env = "TACIT_SERVER", default_value = "http://localhost:8080")]
    pub(crate) server: String,

    /// An address of this machine at which the other party may reach it; may be given again
    /// [default: all of them]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Vec<IpAddr>,

    /// Connect through the server's relay or not at all: the other party then does not learn this
    /// machine's address
    #[arg(long)]
    pub(crate) relay_only: bool,
}

/// How to speak with whoever runs this.
#[derive(Args)]
pub(crate) struct Manner {
    /// Tell everything that happens as lines of JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,

    /// Accept the agreement as it is shown, without being asked
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct Compare {
    /// The link or the code that you were given; without it, you invite
    #[arg(value_name = "LINK|CODE")]
    pub(crate) invite: Option<String>,

    /// Your amount, which stays here; `-` reads it from standard input, and without this you are
    /// asked, so that it does not stand in your shell's history
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub(crate) amount: Option<String>,

    #[command(flatten)]
    pub(crate) reach: Reach,

    #[command(flatten)]
    pub(crate) manner: Manner,
}

#[derive(Args)]
pub(crate) struct Check {
    /// The pictures (PNG, JPEG, WebP, GIF or BMP), which stay here, and behind them the link or the
    /// code that the model's owner gave you
    // One argument: clap takes no option between two of which the first may be repeated.
    #[arg(value_name = "PICTURE|LINK|CODE", required = true, value_hint = ValueHint::FilePath)]
    given: Vec<OsString>,

    /// How pictures are prepared; by itself, as the model's labels suggest
    #[arg(long, value_enum)]
    pub(crate) fit: Option<FitTo>,

    /// Let dark and light change places in grey pictures, or not; by itself, for writing and things
    /// on a light ground where the model knows them bright on black
    #[arg(long, value_enum, value_name = "YES|NO", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    pub(crate) invert: Option<Choice>,

    /// Show what the model will get of each picture; by itself, only where that is doubtful
    #[arg(long)]
    pub(crate) show: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,

    #[command(flatten)]
    pub(crate) manner: Manner,
}

impl Check {
    /// The pictures' files, and the invite behind them. `None` where either is missing.
    pub(crate) fn given(&self) -> Option<(Vec<&Path>, Cow<'_, str>)> {
        let (invite, pictures) = self.given.split_last()?;
        let pictures: Vec<&Path> = pictures.iter().map(Path::new).collect();
        (!pictures.is_empty()).then(|| (pictures, invite.to_string_lossy()))
    }
}

/// A choice that is otherwise made by itself.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    Yes,
    No,
}

/// How pictures are prepared.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FitTo {
    /// As MNIST was: for what is written
    Writing,
    /// As Fashion-MNIST was: for a thing
    Thing,
    /// The middle of the picture
    Whole,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// The model file
    pub(crate) model: PathBuf,

    /// Clients at once; others wait at the door
    #[arg(long, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) max_clients: u16,

    /// Threads to compute on [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,

    /// Rounds that one client may have. Every answer tells a little about the model
    #[arg(long, value_name = "N", default_value = "1000")]
    pub(crate) rounds: u32,

    /// Bits of answers that one client may get: the most that it learns of the model, whatever
    /// program it runs. A label of ten is 4 bits, three labels are 12, and every score is 32. A
    /// round counts as soon as this side begins to answer. A client is one connection: the same
    /// person may come again by the same link and begin anew, which `--bits-in-all` bounds
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) bits_per_client: u64,

    /// Bits of answers for all clients together, after which nobody is answered any more; counted
    /// from the start of this program [default: no limit]
    #[arg(long, value_name = "N")]
    pub(crate) bits_in_all: Option<u64>,

    /// How long a client may do nothing
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = parse_seconds)]
    pub(crate) idle: Duration,

    /// How long a client may stay, whatever it does
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = parse_seconds)]
    pub(crate) stay: Duration,

    /// What is told of each picture
    #[arg(long, value_enum, default_value = "label")]
    pub(crate) tell: Tell,

    /// Whether you learn it, too
    #[arg(long)]
    pub(crate) learn: bool,

    /// Pictures in one round, at most
    #[arg(long, value_name = "1|4|16", default_value = "1", value_parser = parse_pictures)]
    pub(crate) pictures: u8,

    /// Where the link is kept, so that it is the same the next time. Whoever can read this file can
    /// come in
    #[arg(long, value_name = "FILE")]
    pub(crate) link_file: Option<PathBuf>,

    /// Where to serve figures for the operator, in Prometheus' format at /metrics. Not for the
    /// public
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) metrics: Option<String>,

    #[command(flatten)]
    pub(crate) reach: Reach,

    /// Write the link as a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is told of each picture.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Tell {
    /// The label that fits best
    Label,
    /// The three labels that fit best
    TopThree,
    /// The score of every label
    Scores,
}

#[derive(Args)]
pub(crate) struct Bench {
    /// The model file
    pub(crate) model: PathBuf,

    /// Clients at once
    #[arg(long, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) clients: u16,

    /// How long to measure
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = parse_seconds)]
    pub(crate) time: Duration,

    /// One line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) reach: Reach,

    /// Lines of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn parse_pictures(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(pictures @ (1 | 4 | 16)) => Ok(pictures),
        _ => Err("it is 1, 4 or 16".into()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("it is a whole number of seconds, from 1 to 86400".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_hold_together() {
        Arguments::command().debug_assert();
    }

    fn check(arguments: &[&str]) -> Check {
        match Arguments::parse_from([&["tacit", "check"], arguments].concat()).command {
            Command::Check(check) => check,
            _ => panic!("a check"),
        }
    }

    #[test]
    fn pictures_are_inverted_by_themselves_or_as_one_says() {
        let invert = |more: &[&str]| check(&[more, &["a.png", "7-copper-violin"]].concat()).invert;
        assert!(invert(&[]).is_none());
        assert!(invert(&["--invert"]) == Some(Choice::Yes) && invert(&["--invert=yes"]) == Some(Choice::Yes));
        assert!(invert(&["--invert=no"]) == Some(Choice::No));
    }

    #[test]
    fn the_invite_is_what_comes_last_wherever_options_stand() {
        for arguments in [
            &["a.png", "b.png", "7-copper-violin"][..],
            &["--show", "a.png", "b.png", "7-copper-violin"],
            &["a.png", "--show", "b.png", "7-copper-violin"],
            &["a.png", "b.png", "--show", "7-copper-violin"],
            &["a.png", "b.png", "7-copper-violin", "--show"],
            &["a.png", "--fit", "whole", "b.png", "--invert", "7-copper-violin", "--yes"],
            &["--yes", "--", "a.png", "b.png", "7-copper-violin"],
        ] {
            let check = check(arguments);
            let (pictures, invite) = check.given().expect("pictures and an invite");
            assert_eq!((pictures, &*invite), (vec![Path::new("a.png"), Path::new("b.png")], "7-copper-violin"));
        }
        assert!(check(&["7-copper-violin"]).given().is_none());
    }
}

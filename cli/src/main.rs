//! `tacit`: a party in the terminal. It is the same party as at the web page: the same meeting,
//! words, agreement and protocols; this program only renders them.

mod arguments;
mod ask;
mod bench;
mod check;
mod compare;
mod doctor;
mod files;
mod papers;
mod party;
mod person;
mod photo;
mod place;
mod say;
mod serve;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use tokio::task::LocalSet;

use arguments::{Arguments, Command};
use say::{Stop, Voice};

/// The time for goodbyes after the result is printed.
const FAREWELL: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let mut voice = Voice::new(match &command {
        Command::Compare(options) => options.manner.json,
        Command::Check(options) => options.manner.json,
        Command::Serve(options) => options.json,
        Command::Bench(options) => options.json,
        Command::Doctor(options) => options.json,
        Command::Completions { .. } | Command::Man { .. } => false,
    });
    // The parties compute on threads of their own, while the runtime's threads handle the packets.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            anstream::eprintln!("error: this system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(LocalSet::new().run_until(async {
        let done = dispatch(command, &mut voice).await;
        let _ = tokio::time::timeout(FAREWELL, tacit_meet::farewells()).await;
        done
    }));
    // An unanswered question blocks a thread that cannot be stopped.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            stop.tell(&mut voice);
            stop.exit_code()
        }
    }
}

/// Returns the number of threads that can compute at once on this machine.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

async fn dispatch(command: Command, voice: &mut Voice) -> Result<(), Stop> {
    match command {
        Command::Compare(options) => compare::run(options, voice).await,
        Command::Check(options) => check::run(options, voice).await,
        Command::Serve(options) => serve::run(options, voice).await,
        Command::Bench(options) => bench::run(options).await,
        Command::Doctor(options) => doctor::run(options, voice).await,
        Command::Completions { shell } => papers::completions(shell),
        Command::Man { folder } => papers::manual(folder.as_deref()),
    }
}

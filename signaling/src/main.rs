//! `tacit-signaling`: serves the page and introduces two parties.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tacit_signaling::{Config, Limits, Server};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Serves the Tacit page and introduces two parties; it never sees what they compute or say.
#[derive(Parser)]
#[command(name = "tacit-signaling", version)]
struct Cli {
    /// Where to listen; [::]:8080 is every address of this machine, and port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: String,

    /// The folder with the built page
    #[arg(long, value_name = "FOLDER", default_value = "dist")]
    page: PathBuf,

    /// How much to tell on standard error; addresses are told at no level
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Log::Info)]
    log: Log,

    #[command(flatten, next_help_heading = "Limits")]
    limits: Limits,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.log);
    // Before anything is announced: whoever reads the announcement may end us at once.
    let shutdown = match shutdown() {
        Ok(shutdown) => shutdown,
        Err(error) => {
            eprintln!("error: cannot listen for signals: {error}\n help: Run it where signals work.");
            return ExitCode::FAILURE;
        }
    };
    let config = Config { listen: cli.listen, page: Some(cli.page), limits: cli.limits };
    match Server::bind(config).await {
        Ok(server) => {
            // Serving matters more than whether anybody reads the announcement.
            drop(writeln!(std::io::stdout(), "Tacit is at {}", server.url()));
            server.run(shutdown).await;
            ExitCode::SUCCESS
        }
        Err(trouble) => {
            eprintln!("error: {trouble}\n help: {}", trouble.remedy());
            ExitCode::FAILURE
        }
    }
}

/// Our own events only: libraries at their lowest level write down frames and addresses.
fn log_to_stderr(level: Log) {
    let level = match level {
        Log::Off => LevelFilter::OFF,
        Log::Error => LevelFilter::ERROR,
        Log::Warn => LevelFilter::WARN,
        Log::Info => LevelFilter::INFO,
        Log::Debug => LevelFilter::DEBUG,
        Log::Trace => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    let ours = Targets::new().with_target("tacit_signaling", level);
    tracing_subscriber::registry().with(ours).with(lines).init();
}

/// Ready at Ctrl-C, or when the system asks to end.
#[cfg(unix)]
fn shutdown() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn shutdown() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

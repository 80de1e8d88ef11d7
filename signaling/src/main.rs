//! `tacit-signaling`: serves the page and introduces two parties.

mod settings;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tacit_signaling::{Config, Limits, PageFrom, RoomsAt, Server, Tls, Turn, TurnTerms, parse_ice_server};
use tacit_signaling_messages::IceServer;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Serves the Tacit page and introduces two parties; it never sees what they compute or say.
#[derive(Parser)]
#[command(name = "tacit-signaling", version, args_override_self = true)]
struct Cli {
    /// Where to listen; [::]:8080 is every address of this machine, and port 0 lets the system
    /// choose
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: String,

    /// The folder with the built page [default: the page inside this program, or `dist` where it
    /// was built without]
    #[arg(long, value_name = "FOLDER")]
    page: Option<PathBuf>,

    /// Serve HTTPS: with a certificate that is made here and kept, or with one that is there.
    ///
    /// Browsers give the camera and the graphics processor only to pages that came safely, which
    /// `http` is from this machine only.
    #[arg(long, value_name = "self-signed|CERT,KEY", value_parser = parse_tls)]
    tls: Option<TlsFrom>,

    /// Where a self-signed certificate is kept [default: tacit in this user's state folder]
    #[arg(long, value_name = "FOLDER")]
    tls_folder: Option<PathBuf>,

    /// A name or address that a self-signed certificate is also for; may be given again
    #[arg(long, value_name = "NAME")]
    tls_name: Vec<String>,

    /// Where to serve figures for the operator, in Prometheus' format at /metrics: how many, never
    /// who. Not for the public
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<String>,

    /// Where rooms are kept: in memory, or in a Redis that several instances share. A password for
    /// it belongs into the environment or the file, not on the command line
    #[arg(long, value_name = "memory|redis://HOST:PORT[/DB]", default_value = "memory")]
    rooms: RoomsAt,

    /// A STUN or TURN server of somebody else that parties are told of: stun:HOST:PORT, or
    /// turn:HOST:PORT,USERNAME,CREDENTIAL, which everybody who meets here sees; may be given again
    #[arg(long, value_name = "URL[,USERNAME,CREDENTIAL]", value_parser = parse_ice_server)]
    ice_server: Vec<IceServer>,

    /// Be a STUN and TURN server, too, over UDP, for parties that cannot reach each other directly
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = "0.0.0.0:3478")]
    turn: Option<String>,

    /// A file with settings: TOML, with the names of these flags as keys. In the environment
    /// --max-rooms is TACIT_SIGNALING_MAX_ROOMS; flags count more than the environment, and that
    /// more than the file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// How much to tell on standard error; addresses are told at no level
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Log::Info)]
    log: Log,

    #[command(flatten, next_help_heading = "Relay (with --turn)")]
    turn_terms: TurnTerms,

    #[command(flatten, next_help_heading = "Limits")]
    limits: Limits,
}

/// The page that this program was built with.
#[cfg(feature = "page-inside")]
const INSIDE: Option<&[(&str, &[u8])]> = Some(include!(concat!(env!("OUT_DIR"), "/page.rs")));
#[cfg(not(feature = "page-inside"))]
const INSIDE: Option<&[(&str, &[u8])]> = None;

fn page(folder: Option<PathBuf>) -> PageFrom {
    match (folder, INSIDE) {
        (Some(folder), _) => PageFrom::Folder(folder),
        (None, Some(files)) => PageFrom::Inside(files),
        (None, None) => PageFrom::Folder("dist".into()),
    }
}

/// The value of `--tls`.
#[derive(Clone)]
enum TlsFrom {
    Ourselves,
    Files { certificate: PathBuf, key: PathBuf },
}

fn parse_tls(text: &str) -> Result<TlsFrom, String> {
    match text.split_once(',') {
        None if text == "self-signed" => Ok(TlsFrom::Ourselves),
        Some((certificate, key)) if !certificate.is_empty() && !key.is_empty() => {
            Ok(TlsFrom::Files { certificate: certificate.into(), key: key.into() })
        }
        _ => Err("it is `self-signed`, or the files of a certificate and its key with a comma between".into()),
    }
}

/// Returns the folder for lasting state of this user's programs.
fn state_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_STATE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| set("HOME").map(|home| home.join(".local").join("state")))?;
    Some(base.join("tacit"))
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
    let cli = match settings::arguments::<Cli>(std::env::args_os(), |name| std::env::var_os(name)) {
        Ok(arguments) => Cli::parse_from(arguments),
        Err(what) => {
            eprintln!("error: {what}\n help: Mend the file that --config names, or go without.");
            return ExitCode::FAILURE;
        }
    };
    log_to_stderr(cli.log);
    // Set up before the announcement: a reader of the announcement may stop the program at once.
    let shutdown = match shutdown() {
        Ok(shutdown) => shutdown,
        Err(error) => {
            eprintln!("error: cannot listen for signals: {error}\n help: Run it where signals work.");
            return ExitCode::FAILURE;
        }
    };
    let tls = match cli.tls {
        None => None,
        Some(TlsFrom::Files { certificate, key }) => Some(Tls::Files { certificate, key }),
        Some(TlsFrom::Ourselves) => {
            let Some(folder) = cli.tls_folder.or_else(state_folder) else {
                eprintln!(
                    "error: there is no folder to keep the certificate in\n help: Say where: --tls-folder FOLDER."
                );
                return ExitCode::FAILURE;
            };
            Some(Tls::SelfSigned { folder, names: cli.tls_name })
        }
    };
    let config = Config {
        listen: cli.listen,
        page: Some(page(cli.page)),
        tls,
        metrics: cli.metrics,
        rooms: cli.rooms,
        ice_servers: cli.ice_server,
        turn: cli.turn.map(|listen| Turn { listen, terms: cli.turn_terms }),
        limits: cli.limits,
    };
    match Server::bind(config).await {
        Ok(server) => {
            // Serving goes on even if nobody reads the announcement.
            if let Some(fingerprint) = server.fingerprint() {
                drop(writeln!(std::io::stdout(), "The certificate's SHA-256 is {fingerprint}"));
            }
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

/// Logs our own events only: libraries at their lowest level write down frames and addresses.
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

/// Returns a future that is ready at Ctrl-C, or when the system asks the program to end.
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

//! Picture checks between two threads of one process over loopback TCP.
//!
//! `cargo run --release -p tacit-infer --example bench_classify` prints one JSON object for each
//! model and batch:
//!
//! - `cold_ms`: from an open link to the answer, on a new pairing whose owner has yet to make the
//!   model ready.
//! - `prepare_ms`, `online_ms`: on a pairing that is set up. All three are medians, as the client
//!   saw them.
//! - `bytes_prepare`, `bytes_online`, `rounds_online`: of a warm run, both directions, as the
//!   client's ledger counts them.
//! - `peak_mb`: the most memory that the process ever had, both parties together. So that it is
//!   this measurement's own, each runs in a process of its own, which is this program with `MODEL
//!   BATCH RUNS`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

use tacit_compute::Cpu;
use tacit_infer::prepare::{self, Tools};
use tacit_infer::run::{self, Input};
use tacit_infer::{Owned, Task, Told};
use tacit_model::calibrate::calibrate;
use tacit_model::quantise::quantise;
use tacit_model::{Model, Plan, Weights, bench, file};
use tacit_ot::Engine;
use tacit_rlwe::Context;
use tacit_session::{Cost, Fault, Link, LinkError, Party, Session, Stage};
use tacit_share::open::To;
use tacit_symmetric::Prg;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A socket with a thread that writes, so that two parties may both say much at once.
struct TcpLink {
    reader: TcpStream,
    writer: Sender<Vec<u8>>,
}

impl TcpLink {
    fn new(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        let (writer, messages) = channel::<Vec<u8>>();
        let mut sink = stream.try_clone()?;
        thread::spawn(move || {
            for message in messages {
                let length = (message.len() as u32).to_le_bytes();
                if sink.write_all(&[&length[..], &message].concat()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { reader: stream, writer })
    }
}

impl Link for TcpLink {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        self.writer.send(message).map_err(|_| LinkError::Lost)
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        let mut reader = &self.reader;
        let mut length = [0; 4];
        reader.read_exact(&mut length).map_err(|_| LinkError::Lost)?;
        let mut message = vec![0; u32::from_le_bytes(length) as usize];
        reader.read_exact(&mut message).map_err(|_| LinkError::Lost)?;
        Ok(message)
    }
}

/// What one pairing showed.
struct Figures {
    cold: f64,
    prepare: Vec<f64>,
    online: Vec<f64>,
    bytes_prepare: u64,
    bytes_online: u64,
    rounds_online: u64,
}

/// What both parties know of a measurement, and what each keeps to itself.
struct Case {
    plan: Plan,
    weights: Weights,
    pixels: Vec<u8>,
    task: Task,
}

/// One cold run, and `runs` warm ones after it.
async fn party(link: TcpLink, party: Party, case: &Case, runs: usize) -> Result<Figures, Fault> {
    let Case { plan, weights, pixels, task } = case;
    let opened = Instant::now();
    let context = Context::new();
    let tools = Tools { context: &context, compute: &Cpu };
    let model = (party == Party::Alice).then(|| Owned::new(&context, &Cpu, plan, weights));
    let mut s = Session::new(party, link);
    let mut rng = Prg::from_seed([party as u8; 32]);
    let mut engine = Engine::setup(&mut s, &mut rng).await?;
    let mut figures = Figures {
        cold: 0.0,
        prepare: Vec::new(),
        online: Vec::new(),
        bytes_prepare: 0,
        bytes_online: 0,
        rounds_online: 0,
    };
    for round in 0..=runs {
        let (before, began) = (s.ledger().total(), Instant::now());
        let prepared = prepare::prepare(&mut s, &tools, &mut engine, plan, model.as_ref(), *task, &mut rng).await?;
        let (between, ran) = (s.ledger().total(), Instant::now());
        let input = model.as_ref().map_or(Input::Pictures(pixels), Input::Model);
        run::run(&mut s, &tools, prepared, plan, input, |_| {}).await?;
        let online: Cost = s.ledger().total() - between;
        if round == 0 {
            figures.cold = milliseconds(opened);
        } else {
            figures.prepare.push((ran - began).as_secs_f64() * 1e3);
            figures.online.push(milliseconds(ran));
        }
        let all = |cost: Cost| cost.sent + cost.received;
        figures.bytes_prepare = all(between - before);
        figures.bytes_online = all(online);
        figures.rounds_online = online.rounds;
    }
    if std::env::var_os("STAGES").is_some() && runs > 0 {
        Stage::ALL.into_iter().for_each(|stage| eprintln!("{party:?} {stage:?} {:?}", s.ledger().stage(stage)));
    }
    Ok(figures)
}

/// Both parties of a pairing; what the client saw.
fn pairing(case: &Case, runs: usize) -> Result<Figures, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::scope(|scope| {
        let owner = scope.spawn(|| -> Result<Figures, Failure> {
            let link = TcpLink::new(listener.accept()?.0)?;
            Ok(futures::executor::block_on(party(link, Party::Alice, case, runs))?)
        });
        let link = TcpLink::new(TcpStream::connect(address)?)?;
        let figures = futures::executor::block_on(party(link, Party::Bob, case, runs))?;
        owner.join().map_err(|_| "the owner's thread broke")??;
        Ok(figures)
    })
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The most memory that this process ever had, both parties together.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1000)
}

fn measure(name: &str, batch: usize, runs: usize) -> Result<(), Failure> {
    let (plan, weights) = quantise(&model(name)?)?;
    let pixels = bench::pictures(plan.input, batch, 3).concat();
    let case = Case { plan, weights, pixels, task: Task { batch, told: Told::First, to: To::One(Party::Bob) } };
    // The first one finds cold caches, which is not what cold means here.
    pairing(&case, 0)?;
    let cold = (0..runs).map(|_| Ok(pairing(&case, 0)?.cold)).collect::<Result<_, Failure>>()?;
    let Figures { prepare, online, bytes_prepare, bytes_online, rounds_online, .. } = pairing(&case, runs)?;
    let peak = peak_megabytes().map_or("null".into(), |peak| peak.to_string());
    println!(
        r#"{{"bench":"classify","model":"{name}","host":"native","batch":{batch},"runs":{runs},"cold_ms":{:.1},"prepare_ms":{:.1},"online_ms":{:.1},"bytes_prepare":{bytes_prepare},"bytes_online":{bytes_online},"rounds_online":{rounds_online},"peak_mb":{peak}}}"#,
        median(cold),
        median(prepare),
        median(online),
    );
    Ok(())
}

/// The bench models by their names; any other name is a bundled one's.
fn model(name: &str) -> Result<Model, Failure> {
    match name {
        "m1" => Ok(calibrated(bench::m1(1))),
        "m2" => Ok(calibrated(bench::m2(1))),
        _ => Ok(file::read(&std::fs::read(bundled(name))?)?),
    }
}

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static/models").join(name).with_extension("tacit")
}

/// Random weights need ceilings before their ranges can be proven.
fn calibrated(mut model: Model) -> Model {
    let pictures = bench::pictures(model.input, 8, 2);
    calibrate(&mut model, pictures.iter().map(Vec::as_slice), 2.0).expect("random networks that can be calibrated");
    model
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--json").collect();
    match &arguments[..] {
        [] => {}
        [name, batch, runs] => return measure(name, batch.parse()?, runs.parse()?),
        _ => return Err("usage: bench_classify [MODEL BATCH RUNS]".into()),
    }
    for (name, batch, runs) in [("m1", 1, 20), ("m1", 16, 10), ("m2", 1, 5), ("digits", 1, 20), ("clothes", 1, 20)] {
        if name.starts_with('m') || bundled(name).is_file() {
            let arguments = [name, &batch.to_string(), &runs.to_string()].map(ToOwned::to_owned);
            let status = Command::new(std::env::current_exe()?).args(arguments).status()?;
            if !status.success() {
                return Err(format!("the measurement of {name} ended with {status}").into());
            }
        }
    }
    Ok(())
}

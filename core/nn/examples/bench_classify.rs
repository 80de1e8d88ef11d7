//! Picture checks between two threads of one process over loopback TCP.
//!
//! `cargo run --release -p tacit-nn --example bench_classify -- [RUNS]` prints one JSON object for each model and batch: `cold_ms` from
//! an open link to the answer, `prepare_ms` and `online_ms` on a pairing that is set up; medians, as the client saw them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

use tacit_compute::Cpu;
use tacit_nn::calibrate::calibrate;
use tacit_nn::prepare::{self, Tools};
use tacit_nn::quantise::quantise;
use tacit_nn::run::{self, Input};
use tacit_nn::{Keys, Model, Owned, Plan, Task, Told, Weights, bench};
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

async fn party(
    link: TcpLink,
    party: Party,
    plan: &Plan,
    weights: Option<&Weights>,
    pixels: &[u8],
    task: Task,
    runs: usize,
) -> Result<Figures, Fault> {
    let context = Context::new();
    let tools = Tools { context: &context, compute: &Cpu };
    let model = weights.map(|weights| Owned::new(&context, &Cpu, plan, weights).expect("a plan that was proven"));
    let mut s = Session::new(party, link);
    let mut rng = Prg::from_seed([party as u8; 32]);
    let opened = Instant::now();
    let mut engine = Engine::setup(&mut s, &mut rng).await?;
    let mut keys = Keys::default();
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
        let prepared =
            prepare::prepare(&mut s, &tools, &mut engine, &mut keys, plan, model.as_ref(), task, &mut rng).await?;
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
    if std::env::var_os("STAGES").is_some() {
        Stage::ALL.into_iter().for_each(|stage| eprintln!("{party:?} {stage:?} {:?}", s.ledger().stage(stage)));
    }
    Ok(figures)
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

fn measure(name: &str, model: &Model, batch: usize, runs: usize) -> Result<(), Failure> {
    let (plan, weights) = quantise(model)?;
    let pixels = bench::pictures(plan.input, batch, 3).concat();
    let task = Task { batch, told: Told::First, to: To::One(Party::Bob) };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let figures = thread::scope(|scope| -> Result<Figures, Failure> {
        let owner = scope.spawn(|| -> Result<Figures, Failure> {
            let link = TcpLink::new(listener.accept()?.0)?;
            Ok(futures::executor::block_on(party(link, Party::Alice, &plan, Some(&weights), &pixels, task, runs))?)
        });
        let link = TcpLink::new(TcpStream::connect(address)?)?;
        let figures = futures::executor::block_on(party(link, Party::Bob, &plan, None, &pixels, task, runs))?;
        owner.join().map_err(|_| "the owner's thread broke")??;
        Ok(figures)
    })?;
    let Figures { cold, prepare, online, bytes_prepare, bytes_online, rounds_online } = figures;
    let peak = peak_megabytes().map_or("null".into(), |peak| peak.to_string());
    println!(
        r#"{{"bench":"classify","model":"{name}","host":"native","batch":{batch},"runs":{runs},"cold_ms":{cold:.1},"prepare_ms":{:.1},"online_ms":{:.1},"bytes_prepare":{bytes_prepare},"bytes_online":{bytes_online},"rounds_online":{rounds_online},"peak_mb":{peak}}}"#,
        median(prepare),
        median(online),
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    let runs = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(5);
    for (name, model, batch) in [("m1", bench::m1(1), 1), ("m1", bench::m1(1), 16), ("m2", bench::m2(1), 1)] {
        measure(name, &calibrated(model), batch, runs)?;
    }
    Ok(())
}

/// Random weights need ceilings before their ranges can be proven.
fn calibrated(mut model: Model) -> Model {
    let pictures = bench::pictures(model.input, 8, 2);
    calibrate(&mut model, pictures.iter().map(Vec::as_slice), 2.0).expect("random networks that can be calibrated");
    model
}

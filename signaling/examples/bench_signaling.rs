//! Measures the server: memory of waiting rooms, and complete introductions.
//!
//! `TACIT_SERVER=PROGRAM cargo run --release -p tacit-signaling --example bench_signaling` starts
//! the program on one thread, on loopback, and prints one JSON object per line: `bench`,
//! `rooms_held`, `bytes_per_room` (of the server's resident memory), `introductions_per_s`, `lost`.
//! An introduction consists of two sockets, a room, a dozen relayed bodies of one kilobyte, and the
//! close.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use tacit_signaling_messages::{Body, Reply, Request, Room, SOCKET_PATH, VERSION};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Number of rooms that wait for their guests.
const ROOMS: usize = 10_000;
/// Number of concurrent introductions, and how long the measurement runs.
const AT_ONCE: usize = 64;
const FOR: Duration = Duration::from_secs(8);
/// Number of bodies that an introduction relays, and bytes in each.
const BODIES: usize = 12;
const BODY: usize = 1_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (server, address) = start().await?;
    let before = resident(&server)?;
    let mut held = Vec::with_capacity(ROOMS);
    let mut lost = 0;
    for _ in 0..ROOMS {
        match host(&address).await {
            Ok(waiting) => held.push(waiting),
            Err(_) => lost += 1,
        }
    }
    let bytes = resident(&server)?.saturating_sub(before) / held.len().max(1) as u64;
    let rooms = held.len();
    println!(
        r#"{{"bench":"signaling","rooms_held":{rooms},"bytes_per_room":{bytes},"introductions_per_s":null,"lost":{lost}}}"#
    );
    drop((held, server));

    let (_server, address) = start().await?;
    let [done, lost] = [(); 2].map(|()| Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    let tasks = (0..AT_ONCE).map(|_| {
        let (address, done, lost) = (address.clone(), Arc::clone(&done), Arc::clone(&lost));
        tokio::spawn(async move {
            while began.elapsed() < FOR {
                let counter = if introduce(&address).await.is_ok() { &done } else { &lost };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await?;
    }
    let per_second = done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    let lost = lost.load(Ordering::Relaxed);
    println!(
        r#"{{"bench":"signaling","rooms_held":null,"bytes_per_room":null,"introductions_per_s":{per_second:.0},"lost":{lost}}}"#
    );
    Ok(())
}

/// Starts the server on one thread, with limits too high to matter here.
async fn start() -> Result<(Child, String), Failure> {
    let program = std::env::var_os("TACIT_SERVER").ok_or("TACIT_SERVER names the server's program")?;
    let mut command = Command::new(program);
    command.args(["--listen", "127.0.0.1:0", "--log", "error", "--max-rooms", "100000", "--waiting", "1h"]);
    for flag in ["max-connections", "connections-per-address", "sockets-per-minute", "seats-per-minute"] {
        command.args([&format!("--{flag}"), "4000000000"]);
    }
    command.env("TOKIO_WORKER_THREADS", "1").stdout(Stdio::piped()).kill_on_drop(true);
    let mut server = command.spawn()?;
    let mut lines = BufReader::new(server.stdout.take().ok_or("the server has no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.strip_prefix("Tacit is at http://localhost") {
            return Ok((server, format!("127.0.0.1{address}")));
        }
    }
    Err("the server ended before it listened".into())
}

/// Returns the resident memory of a process, in bytes.
fn resident(server: &Child) -> Result<u64, Failure> {
    let id = server.id().ok_or("the server ended")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

type Socket = WebSocketStream<TcpStream>;

async fn enter(address: &str) -> Result<Socket, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(tokio_tungstenite::client_async(format!("ws://{address}{SOCKET_PATH}"), stream).await?.0)
}

async fn say(socket: &mut Socket, request: &Request) -> Result<(), Failure> {
    Ok(socket.send(Message::text(serde_json::to_string(request)?)).await?)
}

async fn hear(socket: &mut Socket) -> Result<Reply, Failure> {
    loop {
        if let Message::Text(text) = socket.next().await.ok_or("the server hung up")?? {
            return Ok(serde_json::from_str(&text)?);
        }
    }
}

/// Connects a host, opens a room, and returns its socket and the room.
async fn host(address: &str) -> Result<(Socket, Room), Failure> {
    let mut socket = enter(address).await?;
    say(&mut socket, &Request::Create { version: VERSION }).await?;
    match hear(&mut socket).await? {
        Reply::Created { room, .. } => Ok((socket, room)),
        other => Err(format!("no room: {other:?}").into()),
    }
}

/// Runs one introduction: two parties meet, exchange what two browsers would, and leave.
async fn introduce(address: &str) -> Result<(), Failure> {
    let (mut alice, room) = host(address).await?;
    let mut bob = enter(address).await?;
    say(&mut bob, &Request::Join { version: VERSION, room }).await?;
    let met = (hear(&mut bob).await?, hear(&mut alice).await?);
    if !matches!(met, (Reply::Joined { .. }, Reply::PeerJoined { .. })) {
        return Err("they did not meet".into());
    }
    let body = Request::Relay { body: Body("x".repeat(BODY)) };
    for turn in 0..BODIES {
        let (from, to) = if turn % 2 == 0 { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
        say(from, &body).await?;
        if !matches!(hear(to).await?, Reply::Relay { .. }) {
            return Err("a body was lost".into());
        }
    }
    say(&mut alice, &Request::Close).await
}

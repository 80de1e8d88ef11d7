//! The program as its callers see it: what it prints, where, and how it ends.

mod common;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::{House, Party, join, soon};
use tacit_signaling_messages::{Refusal, Reply, Request, Room, VERSION};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A page of one file; deleted when dropped.
struct Page(PathBuf);

impl Page {
    fn new(name: &str) -> Page {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("program-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("index.html"), "<title>Tacit</title>").unwrap();
        Page(path)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn program(page: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tacit-signaling"))
        .arg("--page")
        .arg(page)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Returns the port from the line on standard output that callers read.
async fn announced(child: &mut Child) -> u16 {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = soon("the announcement", lines.next_line()).await.unwrap().unwrap();
    line.strip_prefix("Tacit is at http://localhost:").expect(&line).parse().unwrap()
}

/// Waits for the end; returns the exit code and the text on standard error.
async fn end(mut child: Child) -> (Option<i32>, String) {
    let mut told = String::new();
    let mut stderr = child.stderr.take().unwrap();
    soon("standard error to end", stderr.read_to_string(&mut told)).await.unwrap();
    (soon("the program to end", child.wait()).await.unwrap().code(), told)
}

#[cfg(unix)]
async fn signal(name: &str, child: &Child) {
    let id = child.id().unwrap().to_string();
    let mut kill = Command::from(tacit_programs::command("kill"));
    assert!(kill.args(["-s", name, &id]).status().await.unwrap().success());
}

#[cfg(unix)]
#[tokio::test]
async fn it_announces_itself_and_ends_when_asked() {
    let page = Page::new("ends");
    for name in ["TERM", "INT"] {
        let mut child = program(&page.0, &["--listen", "127.0.0.1:0"]);
        let port = announced(&mut child).await;
        let mut host = Party::enter(([127, 0, 0, 1], port).into(), &[]).await.unwrap();
        host.say(&Request::Create { version: VERSION }).await;
        assert!(matches!(host.hear().await, Reply::Created { room: Room(1), .. }));
        signal(name, &child).await;
        host.is_refused(Refusal::ShuttingDown, CloseCode::Away).await;
        assert_eq!(end(child).await.0, Some(0), "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn no_address_and_no_body_is_written_down() {
    let page = Page::new("log");
    let limits = ["--seats-per-minute", "4", "--log", "trace"];
    let mut child = program(&page.0, &[&["--listen", "127.0.0.1:0"], limits.as_slice()].concat());
    let port = announced(&mut child).await;
    let mut addresses = Vec::new();
    let mut enter = async || {
        let party = Party::enter(([127, 0, 0, 1], port).into(), &[]).await.unwrap();
        addresses.push(party.socket.get_ref().local_addr().unwrap());
        party
    };
    // An introduction, a stranger, an abuser, and a client over the limit.
    let (mut host, mut guest) = (enter().await, enter().await);
    host.say(&Request::Create { version: VERSION }).await;
    assert!(matches!(host.hear().await, Reply::Created { room: Room(1), .. }));
    guest.say(&join(Room(1))).await;
    assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: false });
    assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
    host.relay("sealed-words").await;
    assert_eq!(guest.hear_relay().await, "sealed-words");
    for room in 2..6 {
        let mut stranger = enter().await;
        stranger.say(&join(Room(room))).await;
        assert!(matches!(stranger.hear().await, Reply::Refused { .. }));
    }
    let mut abuser = enter().await;
    abuser.send_raw(&[0xff; 64]).await;
    assert!(matches!(abuser.hear().await, Reply::Refused { .. }));
    signal("TERM", &child).await;
    let (code, told) = end(child).await;
    assert_eq!(code, Some(0));
    assert!(told.contains("shutting down"), "the log is on: {told}");
    for address in addresses {
        assert!(!told.contains(&address.ip().to_string()), "{told}");
        assert!(!told.contains(&format!(":{}", address.port())), "{told}");
    }
    assert!(!told.contains("sealed-words"), "{told}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_said() {
    let page = Page::new("taken");
    let house = House::open().await;
    let child = program(&page.0, &["--listen", &house.address.to_string()]);
    let (code, told) = end(child).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("error:") && told.contains("is taken"), "{told}");
    assert!(told.contains("help:") && told.contains("--listen"), "{told}");
}

#[tokio::test]
async fn a_page_that_is_not_there_is_said() {
    let child = program(Path::new("no-such-folder"), &["--listen", "127.0.0.1:0"]);
    let (code, told) = end(child).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("no-such-folder") && told.contains("--page"), "{told}");
}

#[tokio::test]
async fn limits_that_make_no_sense_are_said() {
    let page = Page::new("limits");
    for arguments in [["--waiting", "soon"], ["--max-body", "16385"], ["--queue", "0"], ["--listen", "nowhere"]] {
        let (code, told) = end(program(&page.0, &arguments)).await;
        assert_ne!(code, Some(0));
        assert!(told.contains("error:"), "{arguments:?}: {told}");
    }
}

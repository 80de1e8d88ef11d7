//! The program as it is run: two instances, and one that serves sixteen, against the real server on
//! loopback.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::SinkExt as _;
use serde_json::Value;
use tacit_jobs::{Input, Job, Pairing, Picture, Processor, pairing};
use tacit_meet::{ChannelLink, Config, Event, GuestInvite, join};
use tacit_model::{Node, Op, Shape};
use tacit_session::{Code, Link as _, Party as Seat};
use tacit_signaling::{Config as ServerConfig, Limits, Server};
use tacit_signaling_messages::{Request, VERSION};
use tokio::net::TcpSocket;
use tokio::task::LocalSet;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

/// A server of this test's own.
struct House {
    url: String,
    _runtime: tokio::runtime::Runtime,
}

impl House {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listen =
            ServerConfig { listen: "127.0.0.1:0".into(), limits: Limits::default(), ..ServerConfig::default() };
        let server = runtime.block_on(Server::bind(listen)).unwrap();
        let url = format!("http://{}", server.address());
        drop(runtime.spawn(server.run(std::future::pending())));
        Self { url, _runtime: runtime }
    }
}

/// `tacit` at work; it ends when dropped.
struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended by itself cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts the program with these arguments, reachable on loopback only, and with `input` on its
    /// standard input, which stays open if there is none.
    fn start(arguments: &[&str], input: Option<&str>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tacit"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if let Some(input) = input {
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        }
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.out.read_line(&mut line).unwrap() > 0).then(|| line.trim_end().to_owned())
    }

    /// Returns the next event of this kind, of a program that was started with `--json`.
    fn event(&mut self, kind: &str) -> Value {
        loop {
            let line = self.line().unwrap_or_else(|| panic!("no {kind}"));
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["event"] == kind || event["event"]["type"] == kind {
                return event;
            }
        }
    }

    /// Waits for its end; returns the exit code and the text on standard error.
    fn ended(&mut self) -> (i32, String) {
        let code = self.child.wait().unwrap().code().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (code, said)
    }
}

/// A picture of a one, in a file of its own.
fn one(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let bar = |x, y| image::Luma([if (27..33).contains(&x) && (8..52).contains(&y) { 0u8 } else { 255 }]);
    image::ImageBuffer::from_fn(60, 60, bar).save(&file).unwrap();
    file
}

/// Returns the path of a picture file from the field.
fn case(name: &str) -> String {
    format!("{}/../picture/tests/cases/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn digits() -> String {
    format!("{}/../static/models/digits.tacit", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn two_programs_find_out_who_is_richer_and_the_amounts_stay_out_of_sight() {
    let house = House::open();
    let here = ["--address", "127.0.0.1", "--yes"];
    let alice = ["compare", "--amount", "-", "--json", "--server", &house.url];
    let mut alice = Program::start(&[&alice[..], &here[..]].concat(), Some("1250.00\n"));
    let link = alice.event("invited")["link"].as_str().unwrap().to_owned();
    let mut bob = Program::start(&[&["compare", "--amount", "980", &link][..], &here[..]].concat(), Some(""));
    assert_eq!(bob.line().as_deref(), Some("They have more."));
    assert_eq!(alice.event("finished")["event"]["outcome"]["answer"]["order"], "you");
    let ((a, hers), (b, his)) = (alice.ended(), bob.ended());
    assert_eq!((a, b), (0, 0));
    assert!(hers.contains("Understood as 1,250.00.") && his.contains("Understood as 980.00."), "{hers}{his}");
    assert!(!hers.contains("980") && !his.contains("1,250"), "{hers}{his}");
    assert!(his.contains("Connected: direct") && his.contains("who has more"), "{his}");
}

/// The link's own server is used, however a chat program changed the link.
#[test]
fn a_link_with_text_around_it_is_met_at_its_server() {
    let house = House::open();
    let elsewhere = ["--server", "http://127.0.0.1:1", "--address", "127.0.0.1", "--yes"];
    let ways: [fn(&str) -> String; 4] = [
        |link| format!("Join me: {link}"),
        |link| format!("<{link}>"),
        |link| link.trim_start_matches("http://").to_owned(),
        |link| link.replace("/#", "?path=relayed#"),
    ];
    for written in ways {
        let alice = ["compare", "--amount", "5", "--json", "--yes", "--server", &house.url, "--address", "127.0.0.1"];
        let mut alice = Program::start(&alice, Some(""));
        let text = written(alice.event("invited")["link"].as_str().unwrap());
        let mut bob = Program::start(&[&["compare", "--amount", "4", &text][..], &elsewhere[..]].concat(), Some(""));
        assert_eq!(bob.line().as_deref(), Some("They have more."), "{text}");
        assert_eq!((alice.ended().0, bob.ended().0), (0, 0), "{text}");
    }
}

#[test]
fn whoever_finds_a_place_at_once_is_not_told_to_wait() {
    let house = House::open();
    let server = ["--server", &house.url, "--address", "127.0.0.1"];
    let mut serving = Program::start(&[&["serve", &digits()][..], &server[..]].concat(), None);
    let link = serving.line().unwrap();
    let file = one("alone.png").to_string_lossy().into_owned();
    let (code, said) = Program::start(&["check", &file, &link, "--address", "127.0.0.1", "--yes"], Some("")).ended();
    assert!(code == 0 && !said.contains("serves others first"), "{said}");
}

#[test]
fn after_a_code_words_that_differ_end_it_on_both_sides() {
    let house = House::open();
    let server = ["--server", &house.url, "--address", "127.0.0.1"];
    let mut alice = Program::start(&[&["compare", "--amount", "1", "--json"][..], &server[..]].concat(), None);
    let code = alice.event("invited")["code"].as_str().unwrap().to_owned();
    let mut bob = Program::start(&[&["compare", "--amount", "1", &code][..], &server[..]].concat(), Some("n\n"));
    assert_eq!(alice.event("failed")["fault"]["code"], "words-differ", "while she is asked, too");
    let ((a, _), (b, his)) = (alice.ended(), bob.ended());
    assert_eq!((a, b), (4, 4), "the other party, on both sides");
    assert!(his.contains("[words-differ]"), "{his}");
}

#[test]
fn what_makes_no_sense_is_said_before_anybody_is_bothered() {
    let ended = |arguments: &[&str]| Program::start(arguments, Some("")).ended();
    let (code, said) = ended(&["compare", "--amount", "much", "7-copper-violin"]);
    assert!(code == 2 && !said.contains("much"), "{said}");
    let (code, said) = ended(&["check", "/nowhere.png", "7-copper-violin"]);
    assert!(code == 5 && said.contains("/nowhere.png: There is no such file.") && said.contains(" help: "), "{said}");
    let (code, said) = ended(&["compare", "--amount", "1", "7-copper"]);
    assert!(code == 5 && said.contains("[invite-malformed]") && said.contains("second word"), "{said}");
    let (code, said) = ended(&["compare", "--amount", "1", "https://tacit.example/#7.AAECAwQFBgcICQ"]);
    assert!(code == 5 && said.contains("14 of the 22 characters"), "{said}");
    let (code, said) = ended(&["serve", &one("no-model.png").to_string_lossy()]);
    assert!(code == 5 && said.contains("[model-unreadable]"), "{said}");
    assert!(said.contains("This is a picture. A .tacit file holds a network"), "{said}");
    let (code, said) = ended(&["serve", &digits(), "--tell", "scores"]);
    assert!(code == 2 && said.contains("--bits-per-client 64 allows no round: one opens 320 bits"), "{said}");
    let (code, said) = ended(&["serve", &digits(), "--bits-in-all", "3"]);
    assert!(code == 2 && said.contains("--bits-in-all 3"), "{said}");
    assert_eq!(ended(&["check"]).0, 2);
    let (code, said) = ended(&["check", "7-copper-violin"]);
    assert!(code == 2 && said.contains("Name the pictures, and behind them the link or the code."), "{said}");
    let (code, said) = ended(&["check", "/nowhere.png", "--show", "7-copper-violin"]);
    assert!(code == 5 && said.contains("/nowhere.png: There is no such file."), "{said}");
    assert!(ended(&["completions", "bash"]).0 == 0 && ended(&["man"]).0 == 0);
}

/// The invite is malformed, so that nothing happens after the amount was understood.
#[test]
fn an_amount_is_shown_as_understood_or_refused_before_it_is_used() {
    let ended =
        |amount: &str, input: &str| Program::start(&["compare", "--amount", amount, "7-copper"], Some(input)).ended();
    let piped = ["\u{FEFF}1250\n", "1250\r\n", "1 250,00 zł\n", "US$1,250", "１，２５０．００\n", "1.250,-\ny\n"];
    for input in piped {
        let (code, said) = ended("-", input);
        assert!(code == 5 && said.contains("Understood as 1,250.00."), "{input:?}: {said}");
    }
    let refused = [
        ("-5", "", "cannot be negative"),
        ("-€1,250.00", "", "cannot be negative"),
        ("－500", "", "cannot be negative"),
        ("-", "-5\n", "cannot be negative"),
        ("-", "125\n300\n", "more than one number"),
        ("-", "125\t300\n", "more than one number"),
        ("125\n300", "", "more than one number"),
        ("12.345 KWD", "", "12,345.00, or 12.345 with three decimals"),
        ("12k", "", "Only digits"),
    ];
    for (amount, input, why) in refused {
        let (code, said) = ended(amount, input);
        assert!(code == 2 && said.contains(why) && !said.contains("Understood"), "{amount:?} {input:?}: {said}");
    }
    let (code, said) = Program::start(&["compare", "--amount=-5"], Some("")).ended();
    assert!(code == 2 && said.contains("cannot be negative"), "{said}");
}

#[test]
fn a_picture_file_that_is_no_good_is_named_with_what_is_wrong() {
    let refused = |path: &str| {
        let (code, said) =
            Program::start(&["check", &one("fine.png").to_string_lossy(), path, "7-copper-violin"], Some("")).ended();
        assert_eq!(code, 5, "{said}");
        said.lines()
            .find_map(|line| line.split_once(&format!("{path}: ")))
            .unwrap_or_else(|| panic!("{said}"))
            .1
            .to_owned()
    };
    let file = |name: &str, content: &[u8]| {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, content).unwrap();
        file.to_string_lossy().into_owned()
    };
    assert_eq!(refused("nothere.png"), "There is no such file.");
    assert_eq!(refused(env!("CARGO_TARGET_TMPDIR")), "This is a folder. Name a file in it.");
    assert_eq!(refused(&file("empty.png", b"")), "This file is empty.");
    assert_eq!(refused(&file("large.png", &vec![0; 20_000_001])), "This file has more than 20 MB. Take a smaller one.");
    assert!(refused(&file("notes.png", b"notes")).starts_with("This is not a picture that Tacit reads."));
    assert_eq!(refused(&case("cut50-2.jpg")), "This picture is damaged. Take another one.");
}

#[test]
fn pictures_are_read_and_prepared_as_the_page_does() {
    let house = House::open();
    let server = ["--server", &house.url, "--address", "127.0.0.1"];
    let serve = |model: &str, more: &[&str]| {
        let mut serving = Program::start(&[&["serve", model], more, &server[..]].concat(), None);
        let link = serving.line().unwrap();
        (serving, link)
    };
    let check = |arguments: &[&str], link: &str| {
        let mut client =
            Program::start(&[&["check"], arguments, &[link, "--address", "127.0.0.1", "--yes"]].concat(), Some(""));
        let answer: Vec<String> = std::iter::from_fn(|| client.line()).collect();
        let (code, said) = client.ended();
        (answer.join("; "), code, said)
    };
    let (_serving, link) = serve(&digits(), &["--pictures", "16", "--bits-per-client", "64"]);
    let turned = ["exif3-6.jpg", "exif6-4.jpg", "exif3-6.png", "blackongrey-2.png"].map(case);
    let (answer, _, said) = check(&turned.each_ref().map(String::as_str), &link);
    let labels: Vec<&str> =
        answer.split("; ").filter_map(|line| line.rsplit_once(": ")).map(|(_, label)| label).collect();
    assert_eq!(labels, ["6", "4", "6", "2"], "{said}");

    // One among several with nothing in it is named, before anything is accepted.
    let blank = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("blank.png");
    image::GrayImage::from_pixel(60, 60, image::Luma([200])).save(&blank).unwrap();
    let blank = blank.to_string_lossy().into_owned();
    let (_, code, said) = check(&[&one("ink.png").to_string_lossy(), &blank, &turned[0]], &link);
    assert!(code == 5 && said.contains(&format!("{blank}: Nothing stands out in this picture.")), "{said}");

    // The view is shown where somebody asks for it, and where it is doubtful.
    let (answer, _, said) = check(&["--show", &turned[3]], &link);
    assert!(answer == "2" && said.contains("this is what the model gets") && said.contains("██"), "{said}");
    let (answer, _, said) = check(&[&case("boardframe-3.jpg")], &link);
    assert!(answer == "3" && said.contains("Look whether the right thing was taken.") && said.contains("█"), "{said}");

    // Grey, and not 28 × 28: as it is, unless one asks.
    let grey = format!("{}/tests/cases/grey32.tacit", env!("CARGO_MANIFEST_DIR"));
    let (_grey, link) = serve(&grey, &[]);
    let bright = case("bright220.png");
    assert_eq!(check(&[&bright], &link).0, "bright");
    assert_eq!(check(&["--invert=no", &bright], &link).0, "bright");
    assert_eq!(check(&["--invert", &bright], &link).0, "dark");
}

/// A model file with these bytes.
fn model(name: &str, bytes: &[u8]) -> String {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, bytes).unwrap();
    file.to_string_lossy().into_owned()
}

#[test]
fn a_model_that_cannot_be_served_is_refused_for_what_it_is() {
    let cases = format!("{}/../core/model/tests/cases", env!("CARGO_MANIFEST_DIR"));
    let onnx = b"\x08\x08\x12\x07pytorch\x1a\x052.1.0";
    let refused = [
        ("/nowhere/nothere.tacit".into(), 2, "There is no such file."),
        (model("empty.tacit", b""), 2, "This file is empty."),
        (model("large.tacit", &vec![0; 17 << 20]), 2, "This file has more than 16 MiB."),
        (model("model.onnx", onnx), 5, "This is an ONNX model. A .tacit file holds a network"),
        (format!("{cases}/bias1e5.tacit"), 5, "dense: Its bias is too large"),
    ];
    for (file, expected, why) in refused {
        let (code, said) = Program::start(&["serve", &file], Some("")).ended();
        assert!(code == expected && said.contains(why) && said.contains(" help: "), "{file}: {said}");
        assert!(code == 5 || !said.contains("not a model that Tacit can read"), "{said}");
    }
    let labels = tacit_model::Model {
        name: "labels".into(),
        input: Shape::new(1, 28, 28),
        labels: (0..224).map(|label| label.to_string()).collect(),
        nodes: vec![
            Node::new("flat", Op::Flatten, &[0]),
            Node::new("dense", tacit_model::bench::dense(1, 784, 224), &[1]),
        ],
    };
    let file = model("labels.tacit", &tacit_model::file::write(&labels).unwrap());
    let (code, said) = Program::start(&["serve", &file, "--pictures", "16"], Some("")).ended();
    assert!(code == 5 && said.contains("too large for 16 pictures in one round; choose fewer"), "{said}");
}

#[test]
fn sixteen_come_one_is_hostile_one_leaves_and_one_is_slow() {
    let house = House::open();
    let server = ["--server", &house.url, "--address", "127.0.0.1"];
    let mut serving = Program::start(&[&["serve", &digits(), "--max-clients", "16"][..], &server[..]].concat(), None);
    let link = serving.line().unwrap();
    let file = one("one.png").to_string_lossy().into_owned();
    let check = |more: &[&'static str], input| {
        Program::start(&[&["check", &file, &link, "--address", "127.0.0.1"][..], more].concat(), input)
    };
    // It asks whether to accept, and nobody answers.
    let mut slow = check(&["--json"], None);
    slow.event("proposed");
    let mut leaving = check(&["--json", "--yes"], Some(""));
    let hostile = {
        let (url, link) = (house.url.clone(), link.clone());
        std::thread::spawn(move || hostile(&url, &link))
    };
    let mut honest: Vec<_> = (0..13).map(|_| check(&["--yes"], Some(""))).collect();
    leaving.event("started");
    drop(leaving);
    for client in &mut honest {
        assert_eq!(client.line().as_deref(), Some("1"));
        assert_eq!(client.ended().0, 0);
    }
    hostile.join().expect("whoever breaks the protocol is shown out");
    assert!(slow.child.try_wait().unwrap().is_none(), "whoever is slow is not thrown out for it");
    let mut late = check(&["--yes"], Some(""));
    assert_eq!(late.line().as_deref(), Some("1"), "and those who come later are served, too");
}

/// Calls eight times a second from eight addresses, and sends nothing, until `enough` is set.
fn call_and_say_nothing(url: &str, link: &str, enough: &AtomicBool) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (address, room) = (url.strip_prefix("http://").unwrap(), GuestInvite::parse(link).unwrap().room());
    let join = serde_json::to_string(&Request::Join { version: VERSION, room }).unwrap();
    runtime.block_on(async {
        let mut open = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            let from = TcpSocket::new_v4().unwrap();
            from.bind(SocketAddr::from(([127, 0, 0, 10 + open.len() as u8 % 8], 0))).unwrap();
            let stream = from.connect(address.parse().unwrap()).await.unwrap();
            let (mut socket, _) = client_async(format!("ws://{address}/socket"), stream).await.unwrap();
            socket.send(Message::text(&join)).await.unwrap();
            // It stays as long as it is let.
            open.push(socket);
            tokio::time::sleep(Duration::from_millis(125)).await;
        }
        open.len()
    })
}

/// As many places as silent callers would have filled in half a second.
#[test]
fn those_who_call_and_say_nothing_keep_nobody_out() {
    let house = House::open();
    let server = ["--server", &house.url, "--address", "127.0.0.1"];
    let mut serving = Program::start(&[&["serve", &digits(), "--max-clients", "4"][..], &server[..]].concat(), None);
    let link = serving.line().unwrap();
    let enough = Arc::new(AtomicBool::new(false));
    let flood = {
        let (url, link, enough) = (house.url.clone(), link.clone(), Arc::clone(&enough));
        std::thread::spawn(move || call_and_say_nothing(&url, &link, &enough))
    };
    let file = one("flooded.png").to_string_lossy().into_owned();
    // `FLOOD_SECONDS` of it, to measure; here as many clients as it takes for the oldest caller to
    // be sent away.
    let measured = std::env::var("FLOOD_SECONDS").ok().map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let (begun, mut waits, mut answers) = (Instant::now(), Vec::new(), Vec::new());
    while measured.map_or(waits.len() < 3, |time| begun.elapsed() < time) {
        let came = Instant::now();
        let mut client =
            Program::start(&["check", &file, &link, "--address", "127.0.0.1", "--json", "--yes"], Some(""));
        client.event("words");
        waits.push(came.elapsed());
        assert_eq!(client.event("finished")["event"]["outcome"]["answer"]["predictions"][0]["labels"]["ranked"][0], 1);
        answers.push(came.elapsed());
        assert_eq!(client.ended().0, 0);
    }
    enough.store(true, Ordering::Relaxed);
    let callers = flood.join().unwrap();
    let [waited, answered] = [&waits, &answers].map(|times| times.iter().max().unwrap());
    let clients = waits.len();
    println!(
        "{callers} callers said nothing; {clients} clients were let in after {waited:?} and answered after {answered:?} at most"
    );
}

#[cfg(unix)]
#[test]
fn a_round_that_runs_finishes_when_its_house_is_asked_to_close() {
    let house = House::open();
    let server = ["--server", &house.url, "--address", "127.0.0.1"];
    let mut serving = Program::start(&[&["serve", &digits()][..], &server[..]].concat(), None);
    let link = serving.line().unwrap();
    let file = one("last.png").to_string_lossy().into_owned();
    let check = ["check", &file, &link, "--address", "127.0.0.1", "--json"];
    let mut idle = Program::start(&check, None);
    idle.event("proposed");
    let mut running = Program::start(&[&check[..], &["--yes"]].concat(), Some(""));
    running.event("started");
    // The program knows that it has begun a moment before its house does; an answer to its message
    // means that both know.
    while running.event("progress")["event"]["rounds"] == 0 {}
    let asked = tacit_programs::command("kill").args(["-TERM", &serving.child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(running.event("finished")["event"]["outcome"]["answer"]["predictions"][0]["labels"]["ranked"][0], 1);
    assert_eq!(idle.event("failed")["fault"]["code"], "peer-cancelled", "whoever only sits there is asked to leave");
    let (code, said) = serving.ended();
    assert_eq!(code, 0);
    assert!(!said.contains("did not end in time"), "{said}");
}

/// Bits count from the first response on; a client at its limit is told so before another round,
/// and so is every client once all bits are opened.
#[cfg(unix)]
#[test]
fn bits_are_counted_for_each_client_and_in_all() {
    let house = House::open();
    let limits = ["--bits-per-client", "4", "--bits-in-all", "8", "--metrics", "127.0.0.1:0", "--json"];
    let server = ["--server", &house.url, "--address", "127.0.0.1"];
    let mut serving = Program::start(&[&["serve", &digits()][..], &limits[..], &server[..]].concat(), None);
    let begun = serving.event("serving");
    let numbers = ["bits_of_round", "bits_per_client", "bits_in_all"].map(|name| begun[name].as_u64());
    assert_eq!(numbers, [Some(4), Some(4), Some(8)]);
    let link = begun["link"].as_str().unwrap().to_owned();
    let mut log = BufReader::new(serving.child.stderr.take().unwrap());
    let metrics = line_with(&mut log, "/metrics").rsplit_once("address=").unwrap().1.to_owned();

    // The first client would have another answer.
    let (answers, end) = insatiable(&house.url, &link);
    assert_eq!((answers, end), (1, Code::LimitReached));
    let first = serving.event("answering");
    assert_eq!(["bits", "of_client", "in_all"].map(|name| first[name].as_u64()), [Some(4); 3]);

    // The second leaves before its answer, and has cost as much.
    let file = one("budget.png").to_string_lossy().into_owned();
    let check = ["check", &file, &link, "--address", "127.0.0.1", "--yes"];
    let mut leaving = Program::start(&[&check[..], &["--json"]].concat(), Some(""));
    let second = serving.event("answering");
    drop(leaving.child.kill());
    assert_eq!(["of_client", "in_all"].map(|name| second[name].as_u64()), [Some(4), Some(8)]);

    // Nobody is answered any more.
    let (code, said) = Program::start(&check, Some("")).ended();
    assert!(code == 4 && said.contains("[limit-reached]"), "{said}");
    line_with(&mut log, "nobody is answered any more");
    let figures = get(&metrics);
    for figure in ["bits_total 8", "rounds_total 1", "refused_total 2"] {
        assert!(figures.contains(&format!("tacit_serve_{figure}\n")), "{figure} in {figures}");
    }
}

/// The next line that contains this.
fn line_with(lines: &mut impl std::io::BufRead, what: &str) -> String {
    let line = lines.lines().map(Result::unwrap).find(|line| line.contains(what));
    line.unwrap_or_else(|| panic!("no line with {what:?}"))
}

/// Returns the operator's metrics.
fn get(address: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address.trim()).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Runs a client that wants round after round; returns the number of its answers, and why it ends.
fn insatiable(url: &str, link: &str) -> (usize, Code) {
    comes(url, link, async |link| {
        let (commands, receiver) = futures::channel::mpsc::unbounded();
        let answers = Rc::new(Cell::new(0));
        let count = Rc::clone(&answers);
        let person = move |event| {
            let command = match event {
                tacit_jobs::Event::Proposed { agreement, .. } => tacit_jobs::Command::Accept { hash: agreement.hash() },
                tacit_jobs::Event::Agreed => {
                    let picture = Picture::new([1, 28, 28], vec![0; 28 * 28]).unwrap();
                    tacit_jobs::Command::Input { input: Input::Pictures(vec![picture]) }
                }
                tacit_jobs::Event::Finished { .. } => return count.set(count.get() + 1),
                _ => return,
            };
            // After the end nobody listens any more.
            let _ = commands.unbounded_send(command);
        };
        let job = Job::Classify { owner: Seat::Alice };
        let pairing = Pairing { seat: Seat::Bob, confirm_words: false, job, record: false };
        let end = pairing::run(link, pairing, [7; 32], Rc::new(Processor::cpu()), receiver, person).await;
        (answers.get(), end.code)
    })
}

/// Joins by the link like any client, and then sends bytes outside of the protocol.
fn hostile(url: &str, link: &str) {
    comes(url, link, async |link| {
        link.send(vec![0xFF; 1000]).await.unwrap();
        // A client that breaks the protocol is disconnected; a last message may arrive before.
        while link.recv().await.is_ok() {}
    });
}

/// Comes by the link, and does something over the connection.
fn comes<T>(url: &str, link: &str, does: impl AsyncFnOnce(ChannelLink) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let socket = format!("{}/socket", url.replacen("http", "ws", 1));
    let addresses = vec![Ipv4Addr::LOCALHOST.into()];
    let config = Config { socket, ice_servers: Vec::new(), relay_only: false, addresses };
    runtime.block_on(LocalSet::new().run_until(async {
        let (give, taken) = futures::channel::oneshot::channel();
        let open = move |channel| drop(give.send(ChannelLink::new(channel)));
        let on = |event| {
            if let Event::Failed(fault) = event {
                panic!("{fault}");
            }
        };
        let _meeting = join(config, GuestInvite::parse(link).unwrap(), open, on);
        does(taken.await.unwrap()).await
    }))
}

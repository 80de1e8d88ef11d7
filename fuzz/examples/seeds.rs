//! Writes the seeds of all fuzz targets, by the encoders that the programs have: `cargo run
//! --example seeds`, in this folder.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use futures::StreamExt as _;
use futures::channel::mpsc;
use serde_json::to_vec;
use tacit_compute::Processor;
use tacit_fuzz::{Same, model, piece};
use tacit_jobs::handover::pack;
use tacit_jobs::{Amount, Command, Event, Input, Job, ModelFile, Pairing, Picture, Reveal, Transcript, pairing};
use tacit_meet::chunks::Parts;
use tacit_meet::{Action, GuestInvite, Introduction, Invite, LinkSecret, Room};
use tacit_record::{Record, Timed};
use tacit_session::lockstep::{self, Tamper};
use tacit_session::{HEADER, Party};
use tacit_signaling_messages::{Body, IceServer, Refusal, Reply, Request, Ticket};

type Seeds = Vec<(&'static str, String, Vec<u8>)>;

fn main() {
    let mut seeds = Seeds::new();
    signaling(&mut seeds);
    plans(&mut seeds);
    pairings(&mut seeds);
    handovers(&mut seeds);
    invites(&mut seeds);
    pictures(&mut seeds);
    datagrams(&mut seeds);
    for (target, name, bytes) in seeds {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(name), bytes).expect("a file");
    }
}

fn add(seeds: &mut Seeds, target: &'static str, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
    seeds.push((target, name.into(), bytes.into()));
}

fn signaling(seeds: &mut Seeds) {
    let requests = [
        Request::Create { version: 3 },
        Request::Open { version: 3, room: Some(Room(7)) },
        Request::Answer { version: 3, ticket: Ticket("ticket".into()) },
        Request::Join { version: 3, room: Room(7) },
        Request::Relay { body: Body("AQAB".into()) },
        Request::Close,
        Request::Resume { version: 3, room: Room(7), ticket: Ticket("ticket".into()) },
    ];
    let server = IceServer { urls: vec!["turn:x".into()], username: Some("1:a".into()), credential: Some("b".into()) };
    let replies = [
        Reply::Created { room: Room(7), ticket: Some(Ticket("ticket".into())) },
        Reply::Joined { ice: vec![server.clone()], away: true },
        Reply::PeerJoined { ice: vec![server] },
        Reply::Called { ticket: Ticket("ticket".into()) },
        Reply::Relay { body: Body("AQAB".into()) },
        Reply::Refused { reason: Refusal::Busy },
        Reply::Resumed,
    ];
    for (i, request) in requests.iter().enumerate() {
        add(seeds, "signaling_messages", format!("request-{i}"), to_vec(request).expect("JSON"));
    }
    for (i, reply) in replies.iter().enumerate() {
        add(seeds, "signaling_messages", format!("reply-{i}"), to_vec(reply).expect("JSON"));
    }
}

fn plans(seeds: &mut Seeds) {
    let Ok((plan, _)) = tacit_model::quantise::quantise(&model()) else { panic!("a model that can be run") };
    add(seeds, "plan", "small", plan.encode());
    let file = tacit_model::file::write(&model()).expect("a model");
    // Without its head and its hash, which the target puts there.
    add(seeds, "model", "payload", &file[17..file.len() - 32]);
    add(seeds, "model", "file", file);
    add(seeds, "messages", "honest", vec![0]);
    add(seeds, "messages", "honest-three", vec![2]);
    for (name, at, damage) in [("first", 0, 0x73), ("middle", 9, 0x80), ("last", 20, 0x70), ("tag", 5, 0x72)] {
        for party in 0..2 {
            let bytes = [vec![party], vec![1; at], vec![damage, 3, 0, 1, 0, 0xff]].concat();
            add(seeds, "messages", format!("{name}-{party}"), bytes);
        }
    }
}

/// What each side of an honest pairing sends, as a peer of the targets says it.
fn pairings(seeds: &mut Seeds) {
    let file = tacit_model::file::write(&model()).expect("a model");
    for (name, job) in [("compare", Job::Millionaires), ("check", Job::Classify { owner: Party::Bob })] {
        let said: Rc<RefCell<[Vec<u8>; 2]>> = Rc::default();
        let sink = Rc::clone(&said);
        let tamper: Tamper = Rc::new(RefCell::new(move |from: Party, _, frame: Vec<u8>| {
            let said = &mut sink.borrow_mut()[from as usize];
            // Enough to find the way in; the rest is noise.
            if said.len() < 24 << 10 && frame.len() < 16 << 10 {
                said.push(frame[0]);
                said.extend(piece(&frame[HEADER..]));
            }
            vec![frame]
        }));
        let records: Rc<RefCell<Vec<(Party, Transcript)>>> = Rc::default();
        let (a, b) = lockstep::queues_with(&tamper);
        let live = async |link, seat: Party| {
            let (commands, receiver) = mpsc::unbounded();
            let (emit, mut events) = mpsc::unbounded();
            let pairing = Pairing { seat, confirm_words: false, job, record: true };
            let run =
                pairing::run(link, pairing, [seat as u8; 32], Rc::new(Processor::cpu()), receiver, move |event| {
                    drop(emit.unbounded_send(event));
                });
            let person = async {
                let (mut record, mut agreement) = (Record::default(), None);
                while let Some(event) = events.next().await {
                    let say = |command| drop(commands.unbounded_send(command));
                    match event {
                        Event::Offered { job: Job::Classify { owner } } if owner == seat => {
                            say(Command::Model { model: ModelFile(file.clone()), reveal: Reveal::default() });
                        }
                        Event::Proposed { agreement: proposed, .. } => {
                            say(Command::Accept { hash: proposed.hash() });
                            agreement = Some(*proposed);
                        }
                        Event::Agreed if job == Job::Millionaires => {
                            let amount = Amount::from_minor_units(500).expect("an amount");
                            say(Command::Input { input: Input::Amount(amount) });
                        }
                        Event::Agreed => {
                            let picture = Picture::new([1, 4, 4], vec![9; 16]).expect("a picture");
                            say(Command::Input { input: Input::Pictures(vec![picture]) });
                        }
                        Event::Crossed { crossing } => record.push(Timed { at: 0.0, crossing }),
                        Event::Finished { outcome } => {
                            let made = Transcript::new(seat, job, None, agreement.clone(), Some(outcome), &record);
                            records.borrow_mut().push((seat, made));
                            say(Command::Cancel);
                        }
                        _ => {}
                    }
                }
            };
            futures::join!(run, person);
        };
        lockstep::join(live(a, Party::Alice), live(b, Party::Bob));
        for (seat, said) in [Party::Alice, Party::Bob].into_iter().zip(said.borrow().iter()) {
            // What one party sends, the other reads.
            let choice = u8::from(seat == Party::Alice) | if job == Job::Millionaires { 0 } else { 2 };
            add(seeds, "pairing", format!("{name}-{seat:?}"), [&[choice][..], said].concat());
            add(seeds, "frames", format!("{name}-{seat:?}"), &said[..said.len().min(4096)]);
        }
        for (seat, transcript) in records.borrow().iter().filter(|_| job == Job::Millionaires) {
            let text = transcript.to_json();
            let content = text.split_once(r#""content":"#).map_or("", |(_, content)| &content[..content.len() - 1]);
            add(seeds, "transcript", format!("{name}-{seat:?}"), content);
        }
    }
}

fn handovers(seeds: &mut Seeds) {
    let picture = Picture::new([1, 2, 3], vec![0, 1, 2, 253, 254, 255]).expect("a picture");
    add(seeds, "handover", "picture", pack(&picture).to_vec());
    let amount = Amount::from_minor_units(125_000).expect("an amount");
    for (name, command) in [
        ("amount", Command::Input { input: Input::Amount(amount) }),
        ("pictures", Command::Input { input: Input::Pictures(vec![picture]) }),
        ("model", Command::Model { model: ModelFile(vec![7; 30]), reveal: Reveal::default() }),
        ("offer", Command::Offer { job: Job::Classify { owner: Party::Bob } }),
    ] {
        add(seeds, "handover", name, pack(&command).to_vec());
    }
    add(seeds, "chunks", "short", [&[0][..], &piece(b"hello"), &[2, 0, 0]].concat());
    add(seeds, "chunks", "long", [&[0xc0][..], &piece(b"hello"), &[2, 0, 0]].concat());
    for part in Parts::of(b"part".to_vec()) {
        add(seeds, "chunks", "part", [&[1][..], &piece(&part)].concat());
    }
}

fn invites(seeds: &mut Seeds) {
    let invite = Invite::new(Room(7), &mut Same(1));
    let (link, code) = (invite.link("https://example.org/"), invite.code());
    add(seeds, "invites", "link", link);
    add(seeds, "invites", "code", code.clone());
    add(seeds, "invites", "secret", LinkSecret::new(&mut Same(4)).encode());

    // The bodies of a whole introduction, which then meet another one at every stage.
    let sdp = format!("v=0\r\na=fingerprint:sha-256 {}\r\n", vec!["01"; 32].join(":"));
    let mut host = Introduction::host(&invite, Same(2));
    let (mut guest, hello) = Introduction::guest(&GuestInvite::parse(&code).expect("a code"), Same(3));
    let (mut whole, mut next) = (Vec::new(), vec![hello]);
    for turn in 0..4u8 {
        let sent: Vec<Body> =
            next.drain(..).filter_map(|a| if let Action::Send(body) = a { Some(body) } else { None }).collect();
        for Body(text) in &sent {
            whole.push(turn & 1);
            whole.extend(piece(&Base64UrlUnpadded::decode_vec(text).expect("base64url")));
            let party = if turn & 1 == 0 { &mut host } else { &mut guest };
            next.extend(party.on_peer(&Body(text.clone())).expect("an honest message"));
        }
    }
    for stage in 0..4u8 {
        let described = [&[4][..], &piece(sdp.as_bytes()), &[5], &piece(sdp.as_bytes())].concat();
        add(seeds, "introduction", format!("stage-{stage}"), [&[stage << 1][..], &whole, &described].concat());
    }
    let text = |text: &str| [&u16::try_from(text.len()).expect("short").to_be_bytes()[..], text.as_bytes()].concat();
    for (name, letter) in [
        ("offer", [&[1][..], &[1; 32], &text(&sdp)].concat()),
        ("answer", [&[2][..], &[2; 32], &text(&sdp)].concat()),
        ("opening", [&[3][..], &[3; 32]].concat()),
        ("candidate", [&[4, 3][..], &text("0"), &[0, 0], &text("candidate:1 1 udp 1 192.0.2.1 9 typ host")].concat()),
        ("restart", [&[5][..], &text(&sdp)].concat()),
        ("bye", vec![7]),
    ] {
        add(seeds, "letters", name, letter);
    }
}

fn pictures(seeds: &mut Seeds) {
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &[0, 0, 0, 13], b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 3, 8, 0, 0, 0, 0], &[0; 4]]
        .concat();
    let gif = [&b"GIF89a"[..], &[2, 0, 3, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 2, 0, 3, 0, 0, 2, 1, 0, 0, 0x3b]].concat();
    let jpeg = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 3, 0, 2, 1, 1, 0x11, 0, 0xff, 0xd9];
    let webp = [&b"RIFF"[..], &[22, 0, 0, 0], b"WEBPVP8X", &[10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0]].concat();
    let bmp = [&b"BM"[..], &[0; 12], &[40, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 24, 0], &[0; 24]].concat();
    for (name, bytes) in [("png", png), ("gif", gif), ("jpeg", jpeg), ("webp", webp), ("bmp", bmp)] {
        add(seeds, "pictures", name, bytes);
    }
}

/// STUN messages (RFC 8489, section 5): a kind, a length, the cookie, a transaction, attributes.
fn datagrams(seeds: &mut Seeds) {
    let attribute = |kind: u16, value: &[u8]| {
        let length = u16::try_from(value.len()).expect("short");
        let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
        [&kind.to_be_bytes()[..], &length.to_be_bytes(), value, &padding].concat()
    };
    let message = |kind: u16, attributes: &[Vec<u8>]| {
        let body = attributes.concat();
        let length = u16::try_from(body.len()).expect("short");
        [&kind.to_be_bytes()[..], &length.to_be_bytes(), &[0x21, 0x12, 0xa4, 0x42], &[7; 12], &body].concat()
    };
    let signed = [attribute(0x15, b"nonce"), attribute(0x08, &[7; 20])];
    for (name, kind) in [("binding", 1), ("allocate", 3), ("refresh", 4), ("permission", 8), ("channel", 9)] {
        add(seeds, "turn", name, message(kind, &[]));
        add(seeds, "turn", format!("{name}-signed"), message(kind, &signed));
    }
    add(seeds, "turn", "data", [&[0x40, 0, 0, 2][..], &[1, 2]].concat());
}

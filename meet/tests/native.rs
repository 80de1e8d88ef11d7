//! Whole meetings between two programs: the real server, the real WebRTC, on loopback.
#![cfg(not(target_arch = "wasm32"))]

use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::join;
use tacit_meet::chunks::{MAX_MESSAGE, PART};
use tacit_meet::{
    AtDoor, Channel, ChannelLink, Config, Door, DoorInvite, Event, GuestInvite, LinkSecret, Meeting, Os, Path, Room,
    answer, host, join as enter,
};
use tacit_session::{Code, Link as _, LinkError};
use tacit_signaling::{Config as ServerConfig, Server};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, LocalSet};

/// The time after which a test counts as hung: longer than any step on a busy machine.
const HANG: Duration = Duration::from_secs(120);

/// Runs a test against a server of its own.
fn with_server(test: impl AsyncFnOnce(Config)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(async {
        let server =
            Server::bind(ServerConfig { listen: "127.0.0.1:0".into(), ..ServerConfig::default() }).await.unwrap();
        let socket = format!("ws://{}/socket", server.address());
        let serving = tokio::spawn(server.run(std::future::pending()));
        let config =
            Config { socket, ice_servers: Vec::new(), relay_only: false, addresses: vec![Ipv4Addr::LOCALHOST.into()] };
        tokio::time::timeout(HANG, test(config)).await.expect("the test does not hang");
        serving.abort();
    }));
}

/// One program in a meeting.
struct Party {
    meeting: Option<Meeting>,
    events: UnboundedReceiver<Event>,
    link: Rc<RefCell<Option<ChannelLink>>>,
}

impl Party {
    fn new(start: impl FnOnce(Box<dyn FnOnce(Channel)>, Box<dyn FnMut(Event)>) -> Meeting) -> Self {
        let (queue, events) = unbounded();
        let link = Rc::new(RefCell::new(None));
        let place = Rc::clone(&link);
        let open = Box::new(move |channel| *place.borrow_mut() = Some(ChannelLink::new(channel)));
        let on = Box::new(move |event| drop(queue.unbounded_send(event)));
        Self { meeting: Some(start(open, on)), events, link }
    }

    fn host(config: &Config) -> Self {
        Self::new(|open, on| host(config.clone(), open, on))
    }

    fn guest(config: &Config, text: &str) -> Self {
        let invite = GuestInvite::parse(text).unwrap();
        Self::new(|open, on| enter(config.clone(), invite, open, on))
    }

    async fn next(&mut self) -> Event {
        self.events.next().await.expect("the meeting says how it ends")
    }

    /// Returns the link and the code.
    async fn invited(&mut self) -> (String, String) {
        loop {
            if let Event::Invited { invite } = self.next().await {
                return (invite.link("http://localhost"), invite.code());
            }
        }
    }

    /// Returns the words, whether they must be confirmed, and the path.
    async fn met(&mut self) -> ([&'static str; 3], bool, Path) {
        let mut met = None;
        loop {
            match self.next().await {
                Event::Words { words, confirm } => met = Some((words, confirm)),
                Event::Connected { path, .. } => {
                    let (words, confirm) = met.expect("words come first");
                    return (words, confirm, path);
                }
                Event::Proved => self.meeting.as_ref().unwrap().admit(),
                Event::Failed(fault) => panic!("{fault}"),
                _ => {}
            }
        }
    }

    /// Waits until the guest at a door has proved itself.
    async fn proved(&mut self) {
        while !matches!(self.next().await, Event::Proved) {}
    }

    /// Waits for the final fault and returns its code.
    async fn failure(&mut self) -> Code {
        loop {
            if let Event::Failed(fault) = self.next().await {
                return fault.code;
            }
        }
    }

    fn link(&self) -> ChannelLink {
        self.link.borrow_mut().take().unwrap()
    }
}

#[test]
fn two_programs_meet_and_everything_arrives_in_order() {
    with_server(async |config| {
        let mut alice = Party::host(&config);
        let (link, _) = alice.invited().await;
        let mut bob = Party::guest(&config, &link);
        let (a, b) = join(alice.met(), bob.met()).await;
        assert_eq!(a, b);
        assert_eq!((a.1, a.2), (false, Path::Direct));
        let (from, to) = (alice.link(), bob.link());
        let messages: Vec<Vec<u8>> = [0, 1, PART - 1, PART, PART + 1, 3 * PART, 9 << 20]
            .into_iter()
            .map(|length| (0..length).map(|i| (i % 251) as u8).collect())
            .collect();
        let send = async {
            for message in &messages {
                from.send(message.clone()).await.unwrap();
            }
        };
        let receive = async {
            for message in &messages {
                assert!(to.recv().await.unwrap() == *message);
            }
        };
        join(send, receive).await;
        assert_eq!(from.send(vec![0; MAX_MESSAGE + 1]).await, Err(LinkError::Flooded));
        drop(to);
        assert_eq!(from.recv().await, Err(LinkError::Closed));
    });
}

#[test]
fn after_a_code_the_words_must_be_confirmed_and_whoever_leaves_is_missed() {
    with_server(async |config| {
        let mut alice = Party::host(&config);
        let (_, code) = alice.invited().await;
        let mut bob = Party::guest(&config, &code);
        let (a, b) = join(alice.met(), bob.met()).await;
        assert_eq!(a, b);
        assert!(a.1);
        bob.meeting.take().unwrap().close();
        assert_eq!(alice.failure().await, Code::PeerLeft);
    });
}

#[test]
fn a_wrong_secret_and_a_wrong_room_end_a_meeting() {
    with_server(async |config| {
        let mut alice = Party::host(&config);
        let (link, _) = alice.invited().await;
        let (room, secret) = link.split_once('.').unwrap();
        let other: String = secret.chars().rev().collect();
        // Only the first bits of the last character belong to the secret: in an A the others are
        // zero.
        let mut mallory = Party::guest(&config, &format!("{room}.{}A", &other[..21]));
        let (a, m) = join(alice.failure(), mallory.failure()).await;
        assert_eq!((a, m), (Code::CodeWrong, Code::CodeWrong));
        let mut bob = Party::guest(&config, &link);
        assert_eq!(bob.failure().await, Code::CodeUnknown);
    });
}

#[test]
fn many_come_through_a_door_and_each_gets_a_meeting() {
    with_server(async |config| {
        let (queue, mut news) = unbounded();
        let door = Door::open(&config.socket, Some(Room(7)), move |event| drop(queue.unbounded_send(event))).unwrap();
        let Some(AtDoor::Open { room: Room(7) }) = news.next().await else { panic!("the number is free") };
        let invite = DoorInvite::new(Room(7), LinkSecret::new(&mut Os));
        let mut pairs = Vec::new();
        for _ in 0..2 {
            let mut guest = Party::guest(&config, &invite.link("http://localhost"));
            let Some(AtDoor::Called { ticket }) = news.next().await else { panic!("somebody rings") };
            let mut owner = Party::new(|open, on| answer(config.clone(), &invite, ticket, open, on));
            let (o, g) = join(owner.met(), guest.met()).await;
            assert_eq!(o, g);
            pairs.push((owner, guest));
        }
        assert_ne!(
            pairs[0].0.link().send(b"to the first".to_vec()).await,
            Err(LinkError::Closed),
            "the first meeting is not the second's business"
        );
        assert_eq!(pairs[0].1.link().recv().await.unwrap(), b"to the first");

        // Two words could be guessed with unlimited attempts, so no code opens a door.
        let mut guesser = Party::guest(&config, "7-copper-violin");
        let Some(AtDoor::Called { ticket }) = news.next().await else { panic!("somebody rings") };
        let mut owner = Party::new(|open, on| answer(config.clone(), &invite, ticket, open, on));
        assert_eq!(join(owner.failure(), guesser.failure()).await, (Code::CodeWrong, Code::CodeWrong));

        // A guest who has the link and finds no place is told so.
        let mut unlucky = Party::guest(&config, &invite.link("http://localhost"));
        let Some(AtDoor::Called { ticket }) = news.next().await else { panic!("somebody rings") };
        let mut owner = Party::new(|open, on| answer(config.clone(), &invite, ticket, open, on));
        owner.proved().await;
        drop(owner);
        assert_eq!(unlucky.failure().await, Code::ServerBusy);

        drop(door);
        let mut late = Party::guest(&config, &invite.link("http://localhost"));
        assert_eq!(late.failure().await, Code::CodeUnknown);
    });
}

/// A connection to the server that can be cut.
struct Wire {
    config: Config,
    is_open: Rc<Cell<bool>>,
    streams: Rc<RefCell<Vec<AbortHandle>>>,
}

impl Wire {
    /// Forwards a port of its own to the server in `config`.
    async fn lay(config: &Config) -> Self {
        let server: SocketAddr = config.socket["ws://".len()..config.socket.len() - "/socket".len()].parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = format!("ws://{}/socket", listener.local_addr().unwrap());
        let wire = Self {
            config: Config { socket, ..config.clone() },
            is_open: Rc::new(Cell::new(true)),
            streams: Rc::default(),
        };
        let (is_open, streams) = (Rc::clone(&wire.is_open), Rc::clone(&wire.streams));
        tokio::task::spawn_local(async move {
            loop {
                let (mut here, _) = listener.accept().await.unwrap();
                if is_open.get() {
                    let mut there = TcpStream::connect(server).await.unwrap();
                    let carrying = async move { drop(tokio::io::copy_bidirectional(&mut here, &mut there).await) };
                    streams.borrow_mut().push(tokio::task::spawn_local(carrying).abort_handle());
                }
            }
        });
        wire
    }

    fn cut(&self) {
        self.streams.borrow_mut().drain(..).for_each(|stream| stream.abort());
    }
}

#[test]
fn a_host_whose_socket_is_cut_comes_back_to_its_invite() {
    with_server(async |config| {
        let wire = Wire::lay(&config).await;
        let mut alice = Party::host(&wire.config);
        let (link, _) = alice.invited().await;
        for _ in 0..2 {
            wire.cut();
            assert!(matches!(alice.next().await, Event::ServerLost));
            assert!(matches!(alice.next().await, Event::ServerBack));
        }
        let mut bob = Party::guest(&config, &link);
        let (a, b) = join(alice.met(), bob.met()).await;
        assert_eq!(a, b);
    });
}

#[test]
fn a_guest_who_comes_while_the_host_is_cut_off_waits_for_it() {
    with_server(async |config| {
        let wire = Wire::lay(&config).await;
        let mut alice = Party::host(&wire.config);
        let (_, code) = alice.invited().await;
        wire.is_open.set(false);
        wire.cut();
        assert!(matches!(alice.next().await, Event::ServerLost));
        let mut bob = Party::guest(&config, &code);
        assert!(matches!(bob.next().await, Event::HostAway | Event::PeerArrived), "the seat is his");
        wire.is_open.set(true);
        let (a, b) = join(alice.met(), bob.met()).await;
        assert_eq!(a, b);
    });
}

#[test]
fn a_host_who_leaves_while_it_is_cut_off_is_silent() {
    with_server(async |config| {
        let wire = Wire::lay(&config).await;
        let mut alice = Party::host(&wire.config);
        alice.invited().await;
        wire.is_open.set(false);
        wire.cut();
        assert!(matches!(alice.next().await, Event::ServerLost));
        alice.meeting.take().unwrap().close();
        assert!(alice.events.next().await.is_none());
    });
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_missing() {
    with_server(async |config| {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut alice = Party::host(&Config { socket: format!("ws://{nobody}/socket"), ..config });
        assert_eq!(alice.failure().await, Code::ServerUnreachable);
    });
}

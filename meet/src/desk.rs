//! The task that drives a meeting.
//!
//! All inputs (a reply, a candidate, a timer) go into one queue, and [`Desk::step`] takes them from
//! there, one at a time. Only the end does not wait for its turn: [`Ties::cut`] may be called at
//! any moment, also while the page is being closed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable};
use tacit_session::{Code, Fault};
use tacit_signaling_messages::{IceServer, Refusal, Reply, Request, Room, Ticket, VERSION};

use crate::meeting::{Config, Event};
use crate::peer::{FromPeer, Path, State};
use crate::platform::{self, Channel, OnLeave, Peer, Socket, Timer};
use crate::signaling::{self, FromServer};
use crate::ties::{Held, Ties, out_of_turn};
use crate::{Action, GuestInvite, Introduction, Invite, Os};

/// The server's time to answer.
const SERVER_MS: i32 = 15_000;

/// The other page's time for the handshake. It may be asleep on a telephone until its user looks at
/// it.
const HANDSHAKE_MS: i32 = 120_000;

/// The time for a guest who rang at a door to prove that it holds the secret. Its program does that
/// by itself.
const PROOF_MS: i32 = 10_000;

/// The time that a guest who has proved it waits for a place at a door; a little less than the
/// guest's own patience in the handshake.
const ADMIT_MS: i32 = 100_000;

/// How long the host of a room tries to return to it: as long as an invite is said to work.
const PROMISED_MS: f64 = 600_000.0;

/// The delay before the first attempt to return, and the maximum before later ones.
const BACK_MS: [i32; 2] = [500, 15_000];

/// How long a guest waits at a door before it is told so: most are admitted at once.
const PATIENT_MS: i32 = 2_000;

/// The time for a first connection, and for attempts to restore a lost one.
const CONNECT_MS: i32 = 30_000;

/// The delay before the host restarts ICE after the connection broke, and the interval of further
/// restarts.
const RESTART_MS: [i32; 2] = [1_000, 6_000];

/// The interval at which the path is checked.
const LOOK_MS: i32 = 5_000;

/// If the connection breaks this soon after the server said that the other page left, then that
/// page was closed.
const LEAVING_MS: f64 = 15_000.0;

/// The maximum number of unprocessed inputs from the server; an honest one sends some dozens in
/// all.
const MOST_UNREAD: usize = 1024;

type OpenChannel = Box<dyn FnOnce(Channel)>;
type On = Box<dyn FnMut(Event)>;

/// Starts a meeting; returns the handle that ends it.
pub(crate) fn start(config: Config, way: Way, open_channel: OpenChannel, on: On) -> Rc<Ties> {
    let (queue, inputs) = unbounded();
    let ties = Rc::new(Ties { whole: Cell::new(true), hidden: Cell::new(false), held: RefCell::default() });
    let hosts = !matches!(way, Way::Join(_));
    let known = config.ice_servers.len();
    let desk = Desk {
        ties: Rc::clone(&ties),
        queue,
        unread: Rc::default(),
        config,
        hosts,
        way,
        open_channel: Some(open_channel),
        on,
        phase: Phase::Waiting,
        up: false,
        present: false,
        seen: None,
        peer_left: None,
        deadline: None,
        term: 0,
        again: None,
        glance: None,
        waits: None,
        seat: None,
        host_away: false,
        socket: 0,
        known,
    };
    platform::spawn(desk.run(inputs));
    ties
}

/// The way in which this side takes its seat.
pub(crate) enum Way {
    /// Opens a room as its host.
    Create,
    /// Answers a guest who rang at a door.
    Answer { ticket: Ticket, introduction: Option<Box<Introduction>> },
    /// Joins by an invite, which is used up once the seat is taken.
    Join(Option<GuestInvite>),
}

/// An input in the queue.
pub(crate) enum Input {
    /// From the socket with this number.
    Server(u32, FromServer),
    Peer(FromPeer),
    /// The deadline with this number passed.
    Late(u32),
    /// There is a place for the guest at a door.
    Admitted,
    /// Time to restore the connection (host).
    Again,
    /// Time to check the path.
    Look,
    /// The guest has been at the door for a while.
    Waits,
    /// Time to try to return to the room (host).
    Back,
}

/// The state with which the host of a room can return to it, until it has relayed anything to a
/// guest.
struct Seat {
    room: Room,
    ticket: Ticket,
    /// The time at which the seat was taken, in milliseconds.
    since: f64,
    /// The delay before the next attempt.
    pause: i32,
    next: Option<Timer>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Waiting for the server or for a guest.
    Waiting,
    /// Another party is present, not yet authenticated.
    Shaking,
    /// Authenticated; the browsers connect to each other.
    Connecting,
    Connected,
    /// Lost the connection and tries to restore it.
    Reconnecting,
}

struct Desk {
    ties: Rc<Ties>,
    queue: UnboundedSender<Input>,
    /// The number of the server's messages in the queue.
    unread: Rc<Cell<usize>>,
    config: Config,
    hosts: bool,
    way: Way,
    open_channel: Option<OpenChannel>,
    on: On,
    phase: Phase,
    /// Set while the browser reports that packets pass.
    up: bool,
    /// Set while the presence channel is open.
    present: bool,
    /// The last reported path and round-trip time.
    seen: Option<(Path, Option<f64>)>,
    /// The time at which the server said that the other page left, in milliseconds.
    peer_left: Option<f64>,
    deadline: Option<Timer>,
    /// The number of the current deadline: the timer of an earlier one may already be in the queue.
    term: u32,
    again: Option<Timer>,
    glance: Option<Timer>,
    /// Guest at a door: runs until the guest is told that it waits.
    waits: Option<Timer>,
    seat: Option<Seat>,
    /// Guest: the host has sent nothing since it was away.
    host_away: bool,
    /// The number of the current socket.
    socket: u32,
    /// The number of ICE servers that were configured at the start.
    known: usize,
}

impl Desk {
    async fn run(mut self, mut inputs: UnboundedReceiver<Input>) {
        if !self.ties.whole.get() {
            return;
        }
        let (handle, registration) = AbortHandle::new_pair();
        let end = match self.open(handle) {
            // A browser may never answer a request that is pending when its connection closes.
            Ok(()) => Abortable::new(self.work(&mut inputs), registration).await.ok().flatten(),
            Err(fault) => Some(fault),
        };
        // Errors that result from ending the meeting are not reported.
        let ended = !self.ties.whole.get();
        self.ties.cut();
        if self.ties.hidden.get() {
            (self.on)(Event::Failed(Fault::new(Code::ConnectionLost, "this page was put away")));
        } else if let (false, Some(fault)) = (ended, end) {
            (self.on)(Event::Failed(fault));
        }
    }

    /// Processes inputs until the end; returns the fault, unless this side ended the meeting.
    async fn work(&mut self, inputs: &mut UnboundedReceiver<Input>) -> Option<Fault> {
        while let Some(input) = inputs.next().await {
            if !self.ties.whole.get() {
                return None;
            }
            if let Err(fault) = self.step(input).await {
                return Some(fault);
            }
        }
        None
    }

    fn open(&mut self, task: AbortHandle) -> Result<(), Fault> {
        if !platform::supported() {
            return Err(Fault::new(Code::Unsupported, "no WebRTC"));
        }
        let socket = self.connect_to_server()?;
        let on_leave = {
            let ties = Rc::downgrade(&self.ties);
            OnLeave::new(move || {
                if let Some(ties) = ties.upgrade() {
                    ties.hidden.set(ties.whole.get());
                    ties.cut();
                }
            })
        };
        let queue = Some(self.queue.clone());
        let mut held = self.ties.held.borrow_mut();
        let introduction = match &mut self.way {
            Way::Answer { introduction, .. } => introduction.take().map(|introduction| *introduction),
            Way::Create | Way::Join(_) => None,
        };
        *held = Held {
            introduction,
            socket: Some(socket),
            peer: None,
            _on_leave: Some(on_leave),
            queue,
            task: Some(task),
            hosts: self.hosts,
        };
        drop(held);
        self.within(SERVER_MS);
        Ok(())
    }

    /// Opens a socket, which replaces the previous one.
    fn connect_to_server(&mut self) -> Result<Socket, Fault> {
        self.socket += 1;
        let (number, queue, unread) = (self.socket, self.queue.clone(), Rc::clone(&self.unread));
        Socket::open(&self.config.socket, move |news| match unread.get() {
            MOST_UNREAD.. => {}
            unread_yet => {
                unread.set(unread_yet + 1);
                // The last message that is kept reports that this server is of no use.
                let news = if unread_yet + 1 < MOST_UNREAD { news } else { FromServer::Lost };
                put(&queue, Input::Server(number, news));
            }
        })
    }

    async fn step(&mut self, input: Input) -> Result<(), Fault> {
        if matches!(input, Input::Server(..)) {
            self.unread.set(self.unread.get().saturating_sub(1));
        }
        match input {
            Input::Server(number, _) if number != self.socket => Ok(()),
            Input::Server(_, FromServer::Opened) => {
                let request = match (&self.way, &self.seat) {
                    (Way::Create, Some(Seat { room, ticket, .. })) => {
                        Request::Resume { version: VERSION, room: *room, ticket: ticket.clone() }
                    }
                    (Way::Create, None) => Request::Create { version: VERSION },
                    (Way::Answer { ticket, .. }, _) => Request::Answer { version: VERSION, ticket: ticket.clone() },
                    (Way::Join(Some(invite)), _) => Request::Join { version: VERSION, room: invite.room() },
                    (Way::Join(None), _) => return Err(out_of_turn()),
                };
                self.ties.send(&request);
                Ok(())
            }
            Input::Server(_, FromServer::Reply(reply)) => self.reply(reply).await,
            Input::Server(_, FromServer::Lost) => self.server_lost(),
            Input::Peer(FromPeer::Candidate(candidate)) => {
                let actions = self.ties.introduction(|introduction| introduction.candidate(candidate))?;
                self.act(actions).await
            }
            Input::Peer(FromPeer::State(state)) => self.state(state).await,
            Input::Peer(FromPeer::Present) => {
                (self.up, self.present) = (true, true);
                self.look().await
            }
            Input::Peer(FromPeer::Gone) => Err(self.gone()),
            Input::Admitted => {
                let actions = self.ties.introduction(Introduction::admit)?;
                self.act(actions).await
            }
            // An attempt to return to the room may be followed by another.
            Input::Late(term) if term == self.term && self.is_away() => self.server_lost(),
            Input::Late(term) if term == self.term => Err(self.late()),
            Input::Late(_) => Ok(()),
            Input::Again => self.restart().await,
            Input::Look => self.look().await,
            Input::Waits if self.phase < Phase::Connecting => {
                (self.on)(Event::Ringing);
                Ok(())
            }
            Input::Waits => Ok(()),
            Input::Back => self.come_back(),
        }
    }

    async fn reply(&mut self, reply: Reply) -> Result<(), Fault> {
        let fresh = self.ties.held.borrow().introduction.is_none();
        match reply {
            Reply::Created { room, ticket } if matches!(self.way, Way::Create) && fresh => {
                let since = platform::now_ms();
                self.seat = ticket.map(|ticket| Seat { room, ticket, since, pause: BACK_MS[0], next: None });
                let invite = Invite::new(room, &mut Os);
                self.ties.held.borrow_mut().introduction = Some(Introduction::host(&invite, Os));
                self.in_time();
                (self.on)(Event::Invited { invite });
                Ok(())
            }
            Reply::Ringing if fresh && !self.hosts => {
                self.in_time();
                self.waits = self.timer(PATIENT_MS, Input::Waits);
                Ok(())
            }
            Reply::Resumed if self.is_away() => {
                self.in_time();
                if let Some(seat) = &mut self.seat {
                    (seat.pause, seat.next) = (BACK_MS[0], None);
                }
                (self.on)(Event::ServerBack);
                Ok(())
            }
            Reply::Joined { ice, away } if fresh => match &mut self.way {
                Way::Join(invite @ Some(_)) => {
                    let Some(invite) = invite.take() else { return Err(out_of_turn()) };
                    self.hear_of(ice);
                    let (introduction, hello) = Introduction::guest(&invite, Os);
                    self.ties.held.borrow_mut().introduction = Some(introduction);
                    self.host_away = away;
                    self.arrived();
                    self.act(vec![hello]).await
                }
                _ => Err(out_of_turn()),
            },
            Reply::PeerJoined { ice } if self.hosts && !fresh && self.phase == Phase::Waiting => {
                self.hear_of(ice);
                self.arrived();
                Ok(())
            }
            Reply::Relay { body } => {
                if std::mem::take(&mut self.host_away) {
                    (self.on)(Event::PeerArrived);
                }
                let actions = self.ties.introduction(|introduction| introduction.on_peer(&body))?;
                self.act(actions).await
            }
            Reply::Knocked => {
                (self.on)(Event::Knocked);
                Ok(())
            }
            Reply::PeerLeft if self.phase >= Phase::Connected => {
                self.peer_left = Some(platform::now_ms());
                Ok(())
            }
            Reply::PeerLeft => Err(Code::PeerLeft.into()),
            Reply::Refused { .. } if self.phase >= Phase::Connected => Ok(()),
            // Another instance of the server may know the room.
            Reply::Refused { reason: Refusal::ShuttingDown | Refusal::TooMany } if self.seat.is_some() => {
                self.server_lost()
            }
            Reply::Refused { reason: Refusal::UnknownRoom } if self.is_away() => {
                Err(Fault::new(Code::InviteExpired, "the server does not know the session any more"))
            }
            Reply::Refused { reason } => Err(signaling::refused(reason)),
            Reply::Created { .. }
            | Reply::Resumed
            | Reply::Joined { .. }
            | Reply::PeerJoined { .. }
            | Reply::Ringing
            | Reply::Called { .. } => Err(out_of_turn()),
        }
    }

    fn arrived(&mut self) {
        self.phase = Phase::Shaking;
        self.within(if matches!(self.way, Way::Answer { .. }) { PROOF_MS } else { HANDSHAKE_MS });
        (self.on)(if self.host_away { Event::HostAway } else { Event::PeerArrived });
    }

    /// Replaces the ICE servers that the server named before with these.
    fn hear_of(&mut self, ice: Vec<IceServer>) {
        self.config.ice_servers.truncate(self.known);
        self.config.ice_servers.extend(ice);
    }

    /// Handles the loss of the server. Once the two are introduced, they do without it. Before, the
    /// host of a room tries to return to it.
    fn server_lost(&mut self) -> Result<(), Fault> {
        let socket = self.ties.held.borrow_mut().socket.take();
        drop(socket);
        // Later messages of this socket are ignored.
        self.socket += 1;
        if self.ties.words_are_known() {
            return Ok(());
        }
        let is_first = !self.is_away();
        let Some(seat) = &mut self.seat else { return Err(Code::ServerUnreachable.into()) };
        if platform::now_ms() - seat.since > PROMISED_MS {
            return Err(Code::ServerUnreachable.into());
        }
        let pause = seat.pause;
        seat.pause = (pause * 2).min(BACK_MS[1]);
        let next = self.timer(pause, Input::Back);
        if let Some(seat) = &mut self.seat {
            seat.next = next;
        }
        self.phase = Phase::Waiting;
        self.in_time();
        if is_first {
            (self.on)(Event::ServerLost);
        }
        Ok(())
    }

    /// Tells whether this is the host of a room and tries to return to it.
    fn is_away(&self) -> bool {
        self.seat.as_ref().is_some_and(|seat| seat.next.is_some())
    }

    fn come_back(&mut self) -> Result<(), Fault> {
        let socket = self.connect_to_server()?;
        self.ties.held.borrow_mut().socket = Some(socket);
        self.within(SERVER_MS);
        Ok(())
    }

    async fn act(&mut self, actions: Vec<Action>) -> Result<(), Fault> {
        for action in actions {
            match action {
                Action::Send(body) => {
                    // From now on the guest relies on this socket.
                    self.seat = None;
                    self.ties.send(&Request::Relay { body });
                }
                Action::Proved => {
                    self.within(ADMIT_MS);
                    (self.on)(Event::Proved);
                }
                Action::Authenticated => self.connect().await?,
                Action::Apply(description) => {
                    if let Some(answer) = self.ties.calls()?.apply(&description).await? {
                        self.describe(&answer)?;
                    }
                }
                Action::Reach(candidate) => self.ties.calls()?.reach(&candidate).await,
                Action::Words { words, confirm } => {
                    (self.on)(Event::Words { words, confirm });
                    self.look().await?;
                }
                Action::PeerLeft => return Err(Code::PeerLeft.into()),
            }
        }
        Ok(())
    }

    async fn connect(&mut self) -> Result<(), Fault> {
        self.phase = Phase::Connecting;
        self.waits = None;
        self.within(CONNECT_MS);
        let open_channel = self.open_channel.take().ok_or_else(|| Fault::internal("authenticated twice"))?;
        let queue = self.queue.clone();
        let peer = Peer::new(&self.config, open_channel, move |news| put(&queue, Input::Peer(news))).await?;
        let calls = peer.calls();
        if !self.ties.whole.get() {
            return Ok(());
        }
        self.ties.held.borrow_mut().peer = Some(peer);
        if self.hosts {
            let offer = calls.offer(false).await?;
            self.describe(&offer)?;
        }
        Ok(())
    }

    /// Sends this browser's offer or answer to the other side. Called first after an offer or
    /// answer was made.
    fn describe(&mut self, sdp: &str) -> Result<(), Fault> {
        for action in self.ties.introduction(|introduction| introduction.describe(sdp))? {
            if let Action::Send(body) = action {
                self.ties.send(&Request::Relay { body });
            }
        }
        Ok(())
    }

    async fn state(&mut self, state: State) -> Result<(), Fault> {
        match state {
            State::Connected => {
                self.up = true;
                return self.look().await;
            }
            State::Closed => return Err(self.gone()),
            State::Disconnected | State::Failed => self.up = false,
        }
        if self.phase == Phase::Connected {
            if self.peer_left.is_some_and(|at| platform::now_ms() - at < LEAVING_MS) {
                return Err(Code::PeerLeft.into());
            }
            self.phase = Phase::Reconnecting;
            self.seen = None;
            self.glance = None;
            self.within(CONNECT_MS);
            self.again = self.timer(RESTART_MS[0], Input::Again);
            (self.on)(Event::Reconnecting);
        }
        // A failed connection stays failed until ICE is restarted.
        if state == State::Failed { self.restart().await } else { Ok(()) }
    }

    /// Host: offers new ICE credentials through the server, if it is still reachable, and schedules
    /// the next restart.
    async fn restart(&mut self) -> Result<(), Fault> {
        if !self.hosts || self.up || self.peer_left.is_some() || !self.ties.words_are_known() {
            return Ok(());
        }
        self.again = self.timer(RESTART_MS[1], Input::Again);
        let calls = self.ties.calls()?;
        if calls.settled() {
            let offer = calls.offer(true).await?;
            self.describe(&offer)?;
        }
        Ok(())
    }

    /// Checks whether data can flow, and by which path; reports changes.
    async fn look(&mut self) -> Result<(), Fault> {
        if !(self.up && self.present && self.ties.words_are_known()) {
            return Ok(());
        }
        let Some((path, rtt_ms)) = self.ties.calls()?.path().await else {
            self.glance = self.timer(LOOK_MS / 20, Input::Look);
            return Ok(());
        };
        if self.phase != Phase::Connected {
            self.phase = Phase::Connected;
            self.again = None;
            self.in_time();
        }
        self.glance = self.timer(LOOK_MS, Input::Look);
        if self.seen.is_none_or(|(before, time)| before != path || differs(time, rtt_ms)) {
            self.seen = Some((path, rtt_ms));
            (self.on)(Event::Connected { path, rtt_ms });
        }
        Ok(())
    }

    /// Returns the fault for a connection that the other side ended, or that this browser gave up.
    fn gone(&self) -> Fault {
        let lost = self.phase == Phase::Reconnecting && self.peer_left.is_none();
        if lost { Code::ConnectionLost.into() } else { Code::PeerLeft.into() }
    }

    fn late(&self) -> Fault {
        match self.phase {
            Phase::Waiting => Fault::new(Code::ServerUnreachable, "no answer in time"),
            Phase::Reconnecting => Code::ConnectionLost.into(),
            _ => match &self.ties.held.borrow().introduction {
                Some(introduction) => introduction.out_of_time(),
                None => Fault::internal("a deadline without an introduction"),
            },
        }
    }

    fn within(&mut self, ms: i32) {
        self.term += 1;
        self.deadline = self.timer(ms, Input::Late(self.term));
    }

    fn in_time(&mut self) {
        self.term += 1;
        self.deadline = None;
    }

    fn timer(&self, ms: i32, input: Input) -> Option<Timer> {
        let queue = self.queue.clone();
        Timer::after(ms, move || put(&queue, input))
    }
}

/// Tells whether a round-trip time changed enough to be shown.
fn differs(before: Option<f64>, now: Option<f64>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => (before - now).abs() > f64::max(1.0, before * 0.2),
        (before, now) => before.is_some() != now.is_some(),
    }
}

/// Queues an input. A queue that is closed belongs to a meeting that has ended.
fn put(queue: &UnboundedSender<Input>, input: Input) {
    let _ = queue.unbounded_send(input);
}

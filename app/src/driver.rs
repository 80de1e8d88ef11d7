//! Carries out what the state machine asks for: the worker, the meeting, and their end.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::set_timeout;
use serde::Serialize;
use tacit_jobs::Command;
use tacit_meet::{Event, GuestInvite, OpenChannel, Path};
use tacit_session::{Code, Fault, Party};

use crate::app::{Act, Input, InviteText, Route, Shown};
use crate::browser;
use crate::worker::{Said, Worker};

mod rehearsal;
mod remote;

pub(crate) use rehearsal::{OnStage, Stage};
pub(crate) use remote::Remote;

/// How long the last words to the peer may take at most.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// How long the worker's program may take to load, on a slow network.
const LOADING: Duration = Duration::from_secs(60);

/// How long terms that changed are in sight before they can be accepted: a click that was meant for
/// others comes sooner.
const SETTLING: Duration = Duration::from_secs(1);

/// How the other party is reached.
pub(crate) trait Way {
    /// Says to a worker that is up what it must know before it gets its channel.
    fn greet(&self, _worker: &Worker) {}

    /// Begins to meet; dropping what comes back ends it. `open_channel` is called in the task that made the channel.
    fn meet(&self, seat: Party, open_channel: OpenChannel, on: Box<dyn Fn(Input)>) -> Box<dyn Any>;

    /// Takes an invite for the next meeting, where one comes by invite.
    fn keep(&self, _invite: GuestInvite) {}

    /// Sees what the person tells the worker.
    fn passes(&self, _command: &Command) {}
}

/// The outside of the page. One pairing at a time is alive; one that ended may still be saying goodbye.
pub(crate) struct Driver {
    tell: Box<dyn Fn(Input)>,
    show: Box<dyn Fn(Shown)>,
    way: Rc<dyn Way>,
    /// A worker that has met nobody yet.
    spare: RefCell<Option<Rc<Helper>>>,
    live: RefCell<Option<Rc<Live>>>,
    retired: RefCell<Vec<Rc<Live>>>,
}

/// A worker, and how far it is.
struct Helper {
    worker: Worker,
    is_up: Cell<bool>,
    /// Whether it was given a channel: it serves one pairing only.
    is_spent: Cell<bool>,
}

/// The worker and the meeting of one pairing. What they say counts as long as the driver holds it as alive.
struct Live {
    helper: Rc<Helper>,
    /// Which seat this side takes, until the worker is up.
    seat: Cell<Option<Party>>,
    meeting: RefCell<Option<Box<dyn Any>>>,
}

impl Driver {
    pub(crate) fn new(way: Rc<dyn Way>, tell: impl Fn(Input) + 'static, show: impl Fn(Shown) + 'static) -> Rc<Self> {
        Rc::new(Self {
            tell: Box::new(tell),
            show: Box::new(show),
            way,
            spare: RefCell::default(),
            live: RefCell::default(),
            retired: RefCell::default(),
        })
    }

    /// Loads a worker before it is needed, so that a session begins at once.
    pub(crate) fn warm_up(self: &Rc<Self>) {
        if browser::missing().is_none() && self.spare.borrow().is_none() && self.live.borrow().is_none() {
            // If it cannot be had now, it is tried again when it is needed, and then it is said.
            let helper = self.helper().ok();
            self.spare.replace(helper);
        }
    }

    /// Keeps an invite that was read, for the next [`Act::Join`].
    pub(crate) fn keep(&self, invite: GuestInvite) {
        self.way.keep(invite);
    }

    pub(crate) fn carry_out(self: &Rc<Self>, act: Act) {
        match act {
            Act::Host => self.begin(Party::Alice),
            Act::Join => self.begin(Party::Bob),
            Act::Pair(pairing) => {
                self.post("pair", &pairing);
            }
            Act::Command(command) => {
                self.way.passes(&command);
                self.post("command", &command);
            }
            Act::Settle(changes) => {
                let driver = Rc::downgrade(self);
                let settled = move || {
                    if let Some(driver) = driver.upgrade() {
                        (driver.tell)(Input::Settled(changes));
                    }
                };
                set_timeout(settled, SETTLING);
            }
            Act::Retire => self.retire(),
        }
    }

    /// Asks for what has crossed, from this message on; whether there is somebody to ask.
    pub(crate) fn wire(&self, from: u64) -> bool {
        self.with_worker(|worker| worker.wire(from))
    }

    /// Says something to the worker, see [`Worker::post`]; whether one is up.
    pub(crate) fn post(&self, kind: &str, what: &impl Serialize) -> bool {
        self.with_worker(|worker| worker.post(kind, what))
    }

    /// Tells the worker something, once it is up: until then it expects its program and nothing else. Whether it is.
    fn with_worker(&self, act: impl FnOnce(&Worker)) -> bool {
        let live = self.live.borrow();
        let up = live.as_ref().filter(|live| live.helper.is_up.get());
        up.map(|live| act(&live.helper.worker)).is_some()
    }

    /// Takes the worker that is there or starts one; once it is up, the meeting begins.
    fn begin(self: &Rc<Self>, seat: Party) {
        if let Some(what) = browser::missing() {
            return (self.tell)(Input::Failed(Fault::new(Code::Unsupported, what)));
        }
        let spare = self.spare.take();
        let helper = match spare.map_or_else(|| self.helper(), Ok) {
            Ok(helper) => helper,
            Err(fault) => return (self.tell)(Input::Failed(fault)),
        };
        let live =
            Rc::new(Live { helper: Rc::clone(&helper), seat: Cell::new(Some(seat)), meeting: RefCell::default() });
        self.live.replace(Some(Rc::clone(&live)));
        if helper.is_up.get() {
            return self.meet(&live);
        }
        let (driver, live) = (Rc::downgrade(self), Rc::downgrade(&live));
        let look = move || {
            if let (Some(driver), Some(live)) = (driver.upgrade(), live.upgrade())
                && !live.helper.is_up.get()
            {
                driver.hear(&live, Input::Failed(Fault::internal("worker: it did not load in time")));
            }
        };
        set_timeout(look, LOADING);
    }

    /// A worker that this driver listens to.
    fn helper(self: &Rc<Self>) -> Result<Rc<Helper>, Fault> {
        // Known to the listener only once the worker exists.
        let this = Rc::new(RefCell::new(Weak::<Helper>::new()));
        let hear = {
            let (driver, this) = (Rc::downgrade(self), Rc::clone(&this));
            move |said| {
                if let (Some(driver), Some(helper)) = (driver.upgrade(), this.borrow().upgrade()) {
                    driver.on_worker(&helper, said);
                }
            }
        };
        let worker = Worker::start(hear)?;
        let helper = Rc::new(Helper { worker, is_up: Cell::new(false), is_spent: Cell::new(false) });
        this.replace(Rc::downgrade(&helper));
        Ok(helper)
    }

    fn on_worker(self: &Rc<Self>, helper: &Rc<Helper>, said: Said) {
        if matches!(said, Said::Ready) {
            helper.is_up.set(true);
        }
        let live = self.live.borrow().clone().filter(|live| Rc::ptr_eq(&live.helper, helper));
        match (live, said) {
            (Some(live), Said::Ready) => self.meet(&live),
            (Some(_), Said::Event(stamped)) => (self.tell)(Input::Worker(Box::new(stamped))),
            (Some(_), Said::Shown(shown)) => (self.show)(shown),
            (Some(_), Said::Broke(fault)) => (self.tell)(Input::Failed(fault)),
            // A spare that broke is not kept.
            (None, Said::Broke(_)) => {
                self.spare.borrow_mut().take_if(|spare| Rc::ptr_eq(spare, helper));
            }
            (None, Said::Closed) => self.retired.borrow_mut().retain(|live| !Rc::ptr_eq(&live.helper, helper)),
            _ => {}
        }
    }

    fn meet(self: &Rc<Self>, live: &Rc<Live>) {
        let Some(seat) = live.seat.take() else { return };
        let (driver, this) = (Rc::downgrade(self), Rc::downgrade(live));
        let on = move |input| {
            if let (Some(driver), Some(live)) = (driver.upgrade(), this.upgrade()) {
                driver.hear(&live, input);
            }
        };
        let (driver, this) = (Rc::downgrade(self), Rc::downgrade(live));
        let open_channel = move |channel| {
            let (Some(driver), Some(live)) = (driver.upgrade(), this.upgrade()) else { return };
            live.helper.is_spent.set(true);
            if let Err(fault) = live.helper.worker.channel(channel) {
                driver.hear(&live, Input::Failed(fault));
            }
        };
        self.way.greet(&live.helper.worker);
        live.meeting.replace(Some(self.way.meet(seat, Box::new(open_channel), Box::new(on))));
    }

    /// Passes on what a pairing says, unless it is over.
    fn hear(&self, live: &Rc<Live>, input: Input) {
        if self.live.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, live)) {
            (self.tell)(input);
        }
    }

    fn retire(self: &Rc<Self>) {
        let Some(live) = self.live.take() else { return };
        if !live.helper.is_spent.get() {
            // Nobody came: the room closes now, and the worker is as good as new.
            self.spare.replace(Some(Rc::clone(&live.helper)));
            return;
        }
        // The worker tells the peer why it ends, and then says so; one whose peer does not answer never does.
        let (driver, this) = (Rc::downgrade(self), Rc::downgrade(&live));
        self.retired.borrow_mut().push(live);
        let bury = move || {
            if let (Some(driver), Some(live)) = (driver.upgrade(), this.upgrade()) {
                driver.retired.borrow_mut().retain(|other| !Rc::ptr_eq(other, &live));
            }
        };
        set_timeout(bury, FAREWELL);
    }
}

/// What the meeting says, in the page's own words.
fn translate(event: Event) -> Input {
    match event {
        Event::Invited { invite } => {
            Input::Invited(InviteText { link: invite.link(&browser::address()), code: invite.code() })
        }
        Event::Ringing => Input::Ringing,
        // Of doors, which a page does not open, there is no more to say than that somebody is
        // there.
        Event::PeerArrived | Event::Proved => Input::PeerArrived,
        Event::ServerLost | Event::HostAway => Input::Away(true),
        Event::ServerBack => Input::Away(false),
        Event::Knocked => Input::Knocked,
        Event::Words { words, confirm } => Input::Words { words, confirm },
        Event::Connected { path, rtt_ms } => Input::Connected(Route { direct: matches!(path, Path::Direct), rtt_ms }),
        Event::Reconnecting => Input::Reconnecting,
        Event::Failed(fault) => Input::Failed(fault),
    }
}

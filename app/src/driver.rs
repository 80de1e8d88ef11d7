//! Carries out what the state machine asks for: the worker, the meeting, and their end.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::set_timeout;
use tacit_jobs::rehearsal::Look;
use tacit_meet::GuestInvite;
use tacit_session::{Code, Fault, Party};

use crate::app::{Act, Input, Network, Shown};
use crate::browser;
use crate::worker::{Said, Worker};

mod stage;

pub(crate) use stage::Stage;

/// How long the last words to the peer may take at most.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// How long the worker's program may take to load, on a slow network.
const LOADING: Duration = Duration::from_secs(60);

/// The outside of the page. One pairing at a time is alive; one that ended may still be saying goodbye.
pub(crate) struct Driver {
    tell: Box<dyn Fn(Input)>,
    show: Box<dyn Fn(Shown)>,
    /// Where the other party of a rehearsal is waited for; none where it is another person.
    stage: Option<(Rc<Stage>, Party)>,
    /// What network a rehearsal is like.
    network: Cell<Network>,
    /// The invite for the next [`Act::Join`].
    guest: RefCell<Option<GuestInvite>>,
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
    /// What this side begins with, until the worker is up.
    seat: RefCell<Option<Seat>>,
    meeting: RefCell<Option<meeting::Meeting>>,
}

/// How this side comes to the meeting.
enum Seat {
    Host,
    Guest(GuestInvite),
    OnStage(Rc<Stage>, Party),
}

impl Driver {
    /// With a stage, both parties are in this page, and this is one of them.
    pub(crate) fn new(
        stage: Option<(Rc<Stage>, Party)>,
        tell: impl Fn(Input) + 'static,
        show: impl Fn(Shown) + 'static,
    ) -> Rc<Self> {
        Rc::new(Self {
            tell: Box::new(tell),
            show: Box::new(show),
            stage,
            network: Cell::new(Network::ALL[0]),
            guest: RefCell::default(),
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
        self.guest.replace(Some(invite));
    }

    pub(crate) fn carry_out(self: &Rc<Self>, act: Act) {
        match act {
            Act::Host | Act::Join if let Some((stage, party)) = &self.stage => {
                self.begin(Seat::OnStage(Rc::clone(stage), *party));
            }
            Act::Host => self.begin(Seat::Host),
            Act::Join => {
                let invite = self.guest.take();
                match invite {
                    Some(invite) => self.begin(Seat::Guest(invite)),
                    None => (self.tell)(Input::Failed(Fault::internal("joined without an invite"))),
                }
            }
            Act::Pair(pairing) => {
                self.with_worker(|worker| worker.pair(&pairing));
            }
            Act::Command(command) => {
                self.with_worker(|worker| worker.command(&command));
            }
            Act::Retire => self.retire(),
        }
    }

    /// Asks for what has crossed, from this message on; whether there is somebody to ask.
    pub(crate) fn wire(&self, from: u64) -> bool {
        self.with_worker(|worker| worker.wire(from))
    }

    /// In a rehearsal: has the worker look at a picture on its way through a model.
    pub(crate) fn look(&self, look: &Look) {
        self.with_worker(|worker| worker.look(look));
    }

    /// In a rehearsal: has the network be like this.
    pub(crate) fn network(&self, network: Network) {
        self.network.set(network);
        // A worker that is not up yet is told when it is.
        self.with_worker(|worker| worker.network(&network));
    }

    /// Tells the worker something, once it is up: until then it expects its program and nothing else. Whether it is.
    fn with_worker(&self, act: impl FnOnce(&Worker)) -> bool {
        let live = self.live.borrow();
        let up = live.as_ref().filter(|live| live.helper.is_up.get());
        up.map(|live| act(&live.helper.worker)).is_some()
    }

    /// Takes the worker that is there or starts one; once it is up, the meeting begins.
    fn begin(self: &Rc<Self>, seat: Seat) {
        if let Some(what) = browser::missing() {
            return (self.tell)(Input::Failed(Fault::new(Code::Unsupported, what)));
        }
        let spare = self.spare.take();
        let helper = match spare.map_or_else(|| self.helper(), Ok) {
            Ok(helper) => helper,
            Err(fault) => return (self.tell)(Input::Failed(fault)),
        };
        let live =
            Rc::new(Live { helper: Rc::clone(&helper), seat: RefCell::new(Some(seat)), meeting: RefCell::default() });
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
        match seat {
            Seat::OnStage(stage, party) => {
                live.helper.worker.network(&self.network.get());
                stage.enter(party, Box::new(open_channel), move |event| on(meeting::translate(event)));
            }
            Seat::Host => drop(live.meeting.replace(Some(meeting::host(open_channel, on)))),
            Seat::Guest(invite) => drop(live.meeting.replace(Some(meeting::join(invite, open_channel, on)))),
        }
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

/// The meeting, in the page's own words.
mod meeting {
    pub(super) use tacit_meet::Meeting;
    use tacit_meet::{Config, Event, GuestInvite, Path};
    use web_sys::RtcDataChannel;

    use crate::app::{Input, InviteText, Route};
    use crate::browser;

    pub(super) fn host(open_channel: impl FnOnce(RtcDataChannel) + 'static, on: impl Fn(Input) + 'static) -> Meeting {
        tacit_meet::host(config(), open_channel, move |event| on(translate(event)))
    }

    pub(super) fn join(
        invite: GuestInvite,
        open_channel: impl FnOnce(RtcDataChannel) + 'static,
        on: impl Fn(Input) + 'static,
    ) -> Meeting {
        tacit_meet::join(config(), invite, open_channel, move |event| on(translate(event)))
    }

    fn config() -> Config {
        Config { relay_only: browser::relay_only(), ..Config::default() }
    }

    pub(super) fn translate(event: Event) -> Input {
        match event {
            Event::Invited { invite } => {
                Input::Invited(InviteText { link: invite.link(&browser::address()), code: invite.code() })
            }
            Event::Ringing => Input::Ringing,
            Event::PeerArrived => Input::PeerArrived,
            Event::Knocked => Input::Knocked,
            Event::Words { words, confirm } => Input::Words { words, confirm },
            Event::Connected { path, rtt_ms } => {
                Input::Connected(Route { direct: matches!(path, Path::Direct), rtt_ms })
            }
            Event::Reconnecting => Input::Reconnecting,
            Event::Failed(fault) => Input::Failed(fault),
        }
    }
}

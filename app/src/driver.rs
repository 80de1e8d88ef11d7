//! Carries out what the state machine asks for: the worker, the meeting, and their end.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::*;
use tacit_meet::GuestInvite;
use tacit_session::{Code, Fault};

use crate::app::{Act, Input};
use crate::browser;
use crate::worker::{Said, Worker};

/// How long the last words to the peer may take at most.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// How long the worker's program may take to load, on a slow network.
const LOADING: Duration = Duration::from_secs(60);

/// What hears of everything that happens.
type Tell = Rc<dyn Fn(Input)>;

/// The outside of the page. One pairing at a time is alive; one that ended may still be saying goodbye.
pub(crate) struct Driver {
    tell: Tell,
    guest: RefCell<Option<GuestInvite>>,
    live: RefCell<Option<Rc<Live>>>,
    /// What is over and may still be saying goodbye to its peer.
    retired: RefCell<Vec<Rc<Live>>>,
}

/// The worker and the meeting of one pairing. What they say counts as long as the driver holds it.
struct Live {
    worker: Worker,
    meeting: RefCell<Option<meeting::Meeting>>,
    is_up: Cell<bool>,
}

impl Driver {
    pub(crate) fn new(tell: impl Fn(Input) + 'static) -> Rc<Self> {
        Rc::new(Self {
            tell: Rc::new(tell),
            guest: RefCell::default(),
            live: RefCell::default(),
            retired: RefCell::default(),
        })
    }

    /// Keeps an invite that was read, for the next [`Act::Join`].
    pub(crate) fn keep(&self, invite: GuestInvite) {
        self.guest.replace(Some(invite));
    }

    pub(crate) fn carry_out(self: &Rc<Self>, act: Act) {
        match act {
            Act::Host => self.begin(None),
            Act::Join => {
                let invite = self.guest.take();
                self.begin(invite);
            }
            Act::Pair(pairing) => self.with_worker(|worker| worker.pair(&pairing)),
            Act::Command(command) => self.with_worker(|worker| worker.command(&command)),
            Act::Retire => {
                if let Some(live) = self.live.take() {
                    // The worker tells the peer why it ends and then closes; one that never met anybody does not.
                    let (driver, this) = (Rc::downgrade(self), Rc::downgrade(&live));
                    self.retired.borrow_mut().push(live);
                    let bury = move || {
                        if let (Some(driver), Some(live)) = (driver.upgrade(), this.upgrade()) {
                            driver.bury(&live);
                        }
                    };
                    set_timeout(bury, FAREWELL);
                }
            }
        }
    }

    fn with_worker(&self, act: impl FnOnce(&Worker)) {
        if let Some(live) = &*self.live.borrow() {
            act(&live.worker);
        }
    }

    /// Starts the worker; once it is up, the meeting.
    fn begin(self: &Rc<Self>, invite: Option<GuestInvite>) {
        if let Some(what) = browser::missing() {
            return (self.tell)(Input::Failed(Fault::new(Code::Unsupported, what)));
        }
        let invite = Rc::new(RefCell::new(invite));
        // Known to the worker's listener only once the worker exists.
        let this = Rc::new(RefCell::new(Weak::<Live>::new()));
        let hear = {
            let (driver, this) = (Rc::downgrade(self), Rc::clone(&this));
            move |said| {
                let (Some(driver), Some(live)) = (driver.upgrade(), this.borrow().upgrade()) else { return };
                match said {
                    Said::Ready => {
                        live.is_up.set(true);
                        driver.meet(&live, invite.take());
                    }
                    Said::Closed => driver.bury(&live),
                    Said::Event(stamped) => driver.hear(&live, Input::Worker(stamped)),
                    Said::Broke(fault) => driver.hear(&live, Input::Failed(fault)),
                }
            }
        };
        let worker = match Worker::start(hear) {
            Ok(worker) => worker,
            Err(fault) => return (self.tell)(Input::Failed(fault)),
        };
        let live = Rc::new(Live { worker, meeting: RefCell::default(), is_up: Cell::new(false) });
        this.replace(Rc::downgrade(&live));
        self.live.replace(Some(Rc::clone(&live)));
        let (driver, live) = (Rc::downgrade(self), Rc::downgrade(&live));
        let look = move || {
            if let (Some(driver), Some(live)) = (driver.upgrade(), live.upgrade())
                && !live.is_up.get()
            {
                driver.hear(&live, Input::Failed(Fault::internal("worker: it did not load in time")));
            }
        };
        set_timeout(look, LOADING);
    }

    fn meet(self: &Rc<Self>, live: &Rc<Live>, invite: Option<GuestInvite>) {
        if !self.is_live(live) {
            return;
        }
        let (driver, this) = (Rc::downgrade(self), Rc::downgrade(live));
        let on = move |input| {
            if let (Some(driver), Some(live)) = (driver.upgrade(), this.upgrade()) {
                driver.hear(&live, input);
            }
        };
        let (driver, this) = (Rc::downgrade(self), Rc::downgrade(live));
        let open_channel = move |channel| {
            if let (Some(driver), Some(live)) = (driver.upgrade(), this.upgrade())
                && let Err(fault) = live.worker.channel(channel)
            {
                driver.hear(&live, Input::Failed(fault));
            }
        };
        let meeting = meeting::start(invite, open_channel, on);
        live.meeting.replace(Some(meeting));
    }

    /// Passes on what a pairing says, unless it is over.
    fn hear(&self, live: &Rc<Live>, input: Input) {
        if self.is_live(live) {
            (self.tell)(input);
        }
    }

    /// Ends the worker and the connection of what was retired.
    fn bury(&self, live: &Rc<Live>) {
        self.retired.borrow_mut().retain(|other| !Rc::ptr_eq(other, live));
    }

    fn is_live(&self, live: &Rc<Live>) -> bool {
        self.live.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, live))
    }
}

/// The meeting, in the page's own words.
mod meeting {
    pub(super) use tacit_meet::Meeting;
    use tacit_meet::{Config, Event, GuestInvite, Path, host, join};
    use web_sys::RtcDataChannel;

    use crate::app::{Input, InviteText, Route};
    use crate::browser;

    /// Joins with an invite, hosts without one.
    pub(super) fn start(
        invite: Option<GuestInvite>,
        open_channel: impl FnOnce(RtcDataChannel) + 'static,
        on: impl Fn(Input) + 'static,
    ) -> Meeting {
        let on = move |event| on(translate(event));
        match invite {
            Some(invite) => join(Config::default(), invite, open_channel, on),
            None => host(Config::default(), open_channel, on),
        }
    }

    fn translate(event: Event) -> Input {
        match event {
            Event::Invited { invite } => {
                Input::Invited(InviteText { link: invite.link(&browser::address()), code: invite.code() })
            }
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

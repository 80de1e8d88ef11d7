//! The whole page: one state in one signal, and the screen that goes with it.

use std::cell::Cell;
use std::rc::Rc;

use leptos::html::Dialog;
use leptos::prelude::*;
use serde::Serialize;
use tacit_jobs::{Amount, Event};
use tacit_meet::{GuestInvite, Method};
use tacit_record::{Record, Slice};
use tacit_session::{Code, Fault, Party};
use wasm_bindgen_futures::spawn_local;

use crate::app::{Act, Input, Model, Screen, Session, Shown};
use crate::browser::{self, Awake};
use crate::driver::{Driver, Remote, Way};
use crate::parts::footer::Footer;
use crate::parts::header::Header;
use crate::screens;

/// What every part of the page holds: the state to show, and where to send what the person does.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    pub(crate) model: RwSignal<Model>,
    driver: StoredValue<Option<Rc<Driver>>, LocalStorage>,
    /// What has crossed, as far as it was asked for.
    pub(crate) wire: RwSignal<Record>,
    /// Questions about it that the worker has not answered yet.
    asked: StoredValue<u32>,
    /// Whether the person looks at it.
    pub(crate) shows_wire: RwSignal<bool>,
    /// What the worker understood of the amount that was typed last; nothing until it has answered.
    pub(crate) understood: RwSignal<Option<Result<Amount, String>>>,
    /// Typed amounts that the worker has not answered yet.
    unread: StoredValue<u32>,
    /// In a rehearsal: what was seen of a picture, layer by layer, as the worker packed it.
    pub(crate) lens: RwSignal<Option<Vec<u8>>>,
    /// In a rehearsal: how many messages to this side wait until they are let through.
    pub(crate) waiting: RwSignal<usize>,
    /// In a rehearsal, which of the two parties this is; none where the other one is another person.
    pub(crate) side: Option<Party>,
    /// Asks before a running job is stopped.
    pub(crate) stop: NodeRef<Dialog>,
}

impl Page {
    /// The whole page, or one side of a rehearsal.
    pub(crate) fn new(way: Rc<dyn Way>, side: Option<Party>) -> Self {
        let page = Self {
            model: RwSignal::new(Model::new()),
            driver: StoredValue::new_local(None),
            wire: RwSignal::new(Record::default()),
            asked: StoredValue::new(0),
            shows_wire: RwSignal::new(false),
            understood: RwSignal::new(None),
            unread: StoredValue::new(0),
            lens: RwSignal::new(None),
            waiting: RwSignal::new(0),
            side,
            stop: NodeRef::new(),
        };
        let hear = move |shown| match shown {
            Shown::Understood(understood) => page.hear_understood(understood),
            Shown::Wire(slice) => page.hear_wire(slice),
            Shown::Lens(lens) => page.lens.set(Some(lens)),
            Shown::Waiting(waiting) => page.waiting.set(waiting),
        };
        let driver = Driver::new(way, move |input| page.send(input), hear);
        page.driver.set_value(Some(driver));
        page
    }

    /// Takes in what happened, and has done what follows from it.
    pub(crate) fn send(self, input: Input) {
        let finished = matches!(&input, Input::Worker(stamped) if matches!(stamped.event, Event::Finished { .. }));
        let acts: Vec<Act> = self.model.try_update(|model| model.update(input)).unwrap_or_default();
        let Some(driver) = self.driver() else { return };
        for act in acts {
            if matches!(act, Act::Pair(_)) {
                self.wire.set(Record::default());
                self.asked.set_value(0);
                self.unread.set_value(0);
                self.understood.set(None);
            }
            driver.carry_out(act);
        }
        if finished {
            // Whoever opens the wire then finds it there, even if the other party has left.
            self.ask_wire();
        }
    }

    /// Asks the worker for what has crossed since it was asked last.
    pub(crate) fn ask_wire(self) {
        if let (Some(driver), Some(from)) = (self.driver(), self.wire.try_with_untracked(Record::len))
            && driver.wire(from)
        {
            self.asked.update_value(|asked| *asked += 1);
        }
    }

    /// Asks once more, unless the worker is still busy with the last time.
    pub(crate) fn keep_asking(self) {
        if self.asked.try_get_value() == Some(0) {
            self.ask_wire();
        }
    }

    fn hear_wire(self, slice: Slice) {
        self.asked.update_value(|asked| *asked = asked.saturating_sub(1));
        // Asked twice, the worker says it twice.
        let is_next = |record: &Record| slice.messages.first().is_none_or(|first| first.crossing.index >= record.len());
        let is_new = self.wire.try_with_untracked(|record| !slice.messages.is_empty() && is_next(record));
        if is_new == Some(true) {
            self.wire.update(|record| record.extend(slice));
            // There may be more.
            self.ask_wire();
        }
    }

    /// Has the worker read an amount as it was typed.
    ///
    /// The worker reads it because the signs of all currencies are too much for the first load.
    pub(crate) fn read_amount(self, typed: &str) {
        self.understood.set(None);
        if self.post("typed", &typed) {
            self.unread.update_value(|unread| *unread += 1);
        }
    }

    /// Answers come in the order of the texts: only the last one is of the text in the field.
    fn hear_understood(self, understood: Result<Amount, String>) {
        self.unread.update_value(|unread| *unread = unread.saturating_sub(1));
        if self.unread.try_get_value() == Some(0) {
            self.understood.set(Some(understood));
        }
    }

    /// In a rehearsal: lets one message through to this side.
    pub(crate) fn pass(self) {
        self.post("pass", &());
    }

    /// Says something to the worker; whether one is up.
    pub(crate) fn post(self, kind: &str, what: &impl Serialize) -> bool {
        self.driver().is_some_and(|driver| driver.post(kind, what))
    }

    /// Identifiers for the elements of a screen, which in a rehearsal is there twice.
    pub(crate) fn id(self, names: &str) -> String {
        match self.side {
            Some(Party::Bob) => names.split(' ').map(|name| format!("bobs-{name}")).collect::<Vec<_>>().join(" "),
            _ => names.to_owned(),
        }
    }

    /// A session is likely to begin soon: loads for it what the first look does not need.
    pub(crate) fn warm_up(self) {
        if let Some(driver) = self.driver() {
            driver.warm_up();
        }
    }

    /// Leaves; while machines compute on inputs, asks first.
    pub(crate) fn leave(self) {
        if self.model.with_untracked(Model::job_runs)
            && let Some(dialog) = self.stop.get_untracked()
            && dialog.show_modal().is_ok()
        {
            return;
        }
        self.send(Input::Leave);
    }

    /// Takes the second seat with a text that should be an invite.
    ///
    /// # Errors
    /// `InviteMalformed` when it is none, `InviteElsewhere` when it is a link to another server,
    /// `CodeWrong` when it is a code that was used here; nothing has changed then.
    pub(crate) fn join(self, text: &str) -> Result<(), Fault> {
        let invite = GuestInvite::parse(text)?;
        // Here its room would be a stranger's.
        if let Some(elsewhere) = invite.address().filter(|address| !browser::is_from(address)) {
            return Err(Fault::new(Code::InviteElsewhere, elsewhere.host()));
        }
        let typed = (invite.method() == Method::Code).then_some(invite.room().0);
        if typed.is_some_and(|number| self.model.with_untracked(|model| model.has_used(number))) {
            return Err(Fault::new(Code::CodeWrong, "a code works once, whoever was there"));
        }
        if let Some(driver) = self.driver() {
            driver.keep(invite);
        }
        self.send(Input::Join { typed });
        Ok(())
    }

    /// What names a part of a screen; in a rehearsal with the side's name before it, because that part may be there twice.
    pub(crate) fn label(self, names: &str) -> String {
        match self.side {
            Some(party) => format!("{} {}", side_id(party), self.id(names)),
            None => self.id(names),
        }
    }

    /// Something of the session, again whenever it changes; its default without a session.
    pub(crate) fn of_session<T>(self, read: impl Fn(&Session) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: Default + Clone + PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.model.with(|model| model.session.as_ref().map(&read).unwrap_or_default()))
    }

    /// The screen, again whenever it changes.
    pub(crate) fn screen(self) -> Memo<Screen> {
        Memo::new(move |_| self.model.with(|model| model.screen))
    }

    fn driver(self) -> Option<Rc<Driver>> {
        self.driver.get_value()
    }

    /// Joins when the address carries an invite, and takes it out of the address.
    fn take_invite(self) {
        let fragment = browser::take_fragment();
        if let Some(fragment) = fragment
            && let Err(fault) = self.join(&fragment)
        {
            // Whatever was going on is over: the person opened another link.
            self.send(Input::GoHome);
            self.send(Input::Failed(fault));
        }
    }
}

/// The identifier of a side's name.
pub(crate) fn side_id(party: Party) -> &'static str {
    match party {
        Party::Alice => "alices-side",
        Party::Bob => "bobs-side",
    }
}

/// The state, for whoever is on the page.
pub(crate) fn page() -> Page {
    expect_context()
}

#[component]
pub(crate) fn App() -> impl IntoView {
    let page = Page::new(Rc::<Remote>::default(), None);
    provide_context(page);
    let opening = tacit_parts::provide();
    page.take_invite();
    let listener = window_event_listener(leptos::ev::hashchange, move |_| page.take_invite());
    on_cleanup(move || listener.remove());

    let screen = page.screen();
    Effect::new(move |before: Option<()>| {
        document().set_title(screen.get().title());
        if before.is_some() {
            opening.0.set(false);
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
    keep_people_from_losing_it(screen);

    let failure = move || page.model.with(|model| model.failure.as_ref().map(|failed| failed.fault.code.as_str()));
    view! {
        <Header/>
        <main data-screen=move || screen.get().name() data-failure=failure>
            {move || show(screen.get())}
            <p class="unseen" role="status">{move || page.model.with(|model| model.said.clone())}</p>
        </main>
        <Footer/>
    }
}

/// What a screen shows.
fn show(screen: Screen) -> AnyView {
    match screen {
        Screen::Home => screens::home::Home().into_any(),
        Screen::Join => screens::join::Join().into_any(),
        Screen::Invite => screens::invite::Invite().into_any(),
        Screen::Meet => screens::meet::Meet().into_any(),
        Screen::Failure => screens::failure::Failure().into_any(),
        screen => show_session(screen),
    }
}

/// What a screen shows that two people come to who have met.
pub(crate) fn show_session(screen: Screen) -> AnyView {
    match screen {
        Screen::Model => screens::model::Model().into_any(),
        Screen::Agree => screens::agree::Agree().into_any(),
        Screen::Amount => screens::amount::Amount().into_any(),
        Screen::Picture => screens::picture::Picture().into_any(),
        Screen::Run => screens::run::Run().into_any(),
        Screen::Result => screens::result::Result().into_any(),
        Screen::Home | Screen::Join | Screen::Invite | Screen::Meet | Screen::Failure => ().into_any(),
    }
}

/// While two people are in the middle of something: asks before the page is closed, and keeps the screen on.
fn keep_people_from_losing_it(screen: Memo<Screen>) {
    let is_under_way = Memo::new(move |_| screen.get().is_under_way());
    let listener = window_event_listener(leptos::ev::beforeunload, move |event| {
        if is_under_way.get_untracked() {
            event.prevent_default();
            // What older browsers wait for.
            event.set_return_value("leave");
        }
    });
    on_cleanup(move || listener.remove());

    let awake: Rc<Cell<Option<Awake>>> = Rc::default();
    let ask = move || {
        let awake = Rc::clone(&awake);
        if is_under_way.get_untracked() {
            spawn_local(async move { awake.set(Awake::ask().await) });
        } else {
            awake.set(None);
        }
    };
    let again = ask.clone();
    Effect::new(move |_| {
        is_under_way.track();
        ask();
    });
    // A lock ends when the page is put away, and has to be asked for again.
    let listener = window_event_listener(leptos::ev::visibilitychange, move |_| {
        if document().visibility_state() == web_sys::VisibilityState::Visible {
            again();
        }
    });
    on_cleanup(move || listener.remove());
}

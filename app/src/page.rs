//! The whole page: one state in one signal, and the screen that goes with it.

use std::cell::Cell;
use std::rc::Rc;

use leptos::html::Dialog;
use leptos::prelude::*;
use tacit_meet::GuestInvite;
use tacit_session::Fault;
use wasm_bindgen_futures::spawn_local;

use crate::app::{Act, Input, Model, Screen, Session};
use crate::browser::{self, Awake};
use crate::driver::Driver;
use crate::parts::footer::Footer;
use crate::parts::header::Header;
use crate::screens;

/// What every part of the page holds: the state to show, and where to send what the person does.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    pub(crate) model: RwSignal<Model>,
    driver: StoredValue<Option<Rc<Driver>>, LocalStorage>,
    /// Asks before a running job is stopped.
    pub(crate) stop: NodeRef<Dialog>,
}

impl Page {
    fn new() -> Self {
        let page =
            Self { model: RwSignal::new(Model::new()), driver: StoredValue::new_local(None), stop: NodeRef::new() };
        page.driver.set_value(Some(Driver::new(move |input| page.send(input))));
        page
    }

    /// Takes in what happened, and has done what follows from it.
    pub(crate) fn send(self, input: Input) {
        let acts: Vec<Act> = self.model.try_update(|model| model.update(input)).unwrap_or_default();
        if let Some(driver) = self.driver() {
            acts.into_iter().for_each(|act| driver.carry_out(act));
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
    /// `InviteMalformed` when it is none; nothing has changed then.
    pub(crate) fn join(self, text: &str) -> Result<(), Fault> {
        let invite = GuestInvite::parse(text)?;
        if let Some(driver) = self.driver() {
            driver.keep(invite);
        }
        self.send(Input::Join);
        Ok(())
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
        if let Some(fragment) = browser::take_fragment()
            && let Err(fault) = self.join(&fragment)
        {
            // Whatever was going on is over: the person opened another link.
            self.send(Input::GoHome);
            self.send(Input::Failed(fault));
        }
    }
}

/// The state, for whoever is on the page.
pub(crate) fn page() -> Page {
    expect_context()
}

#[component]
pub(crate) fn App() -> impl IntoView {
    let page = Page::new();
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
            {move || match screen.get() {
                Screen::Home => screens::home::Home().into_any(),
                Screen::Join => screens::join::Join().into_any(),
                Screen::Invite => screens::invite::Invite().into_any(),
                Screen::Meet => screens::meet::Meet().into_any(),
                Screen::Model => screens::model::Model().into_any(),
                Screen::Agree => screens::agree::Agree().into_any(),
                Screen::Amount => screens::amount::Amount().into_any(),
                Screen::Picture => screens::picture::Picture().into_any(),
                Screen::Run => screens::run::Run().into_any(),
                Screen::Result => screens::result::Result().into_any(),
                Screen::Failure => screens::failure::Failure().into_any(),
            }}
            <p class="unseen" role="status">{move || page.model.with(|model| model.said.clone())}</p>
        </main>
        <Footer/>
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

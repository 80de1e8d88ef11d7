//! The worker's side of its conversation with the page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::mpsc;
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::de::DeserializeOwned;
use tacit_jobs::handover::{pack, unpack};
use tacit_jobs::rehearsal::Look;
use tacit_jobs::{Amount, Command, Event, Pairing, Processor, Stamped, pairing};
use tacit_meet::ChannelLink;
use tacit_record::{Record, Timed};
use tacit_session::Fault;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use zeroize::Zeroizing;

use crate::paced::{Paced, Road};
use crate::processor;
use crate::watchdog::Watchdog;

/// How often the page hears of progress at most, in milliseconds: a screen shows no more, and every message costs the machines
/// time.
const PROGRESS_EVERY: f64 = 33.0;

/// Messages that the page gets at once of those that crossed: reading them must not hold up a screen.
const SLICE: usize = 250;

/// What has come from the page before the pairing can begin.
struct Inbox {
    link: Option<Paced<ChannelLink>>,
    pairing: Option<Pairing>,
    commands: Option<mpsc::UnboundedReceiver<Command>>,
    /// What lies between the two of a rehearsal.
    road: Option<Rc<Road>>,
    /// What has crossed.
    record: Rc<RefCell<Record>>,
}

impl Inbox {
    fn road(&mut self) -> &Road {
        self.road.get_or_insert_with(|| Rc::new(Road::new(|waiting| post("waiting", Some(&pack(&waiting))))))
    }
}

/// Listens to the page, for ever.
pub(crate) fn listen() {
    std::panic::set_hook(Box::new(|info| {
        emit(Event::Ended { fault: Fault::internal(info.to_string()) });
    }));
    let (sender, commands) = mpsc::unbounded();
    let inbox = RefCell::new(Inbox {
        link: None,
        pairing: None,
        commands: Some(commands),
        road: None,
        record: Rc::new(RefCell::new(Record::with_room())),
    });
    let processor = processor::start();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Err(what) = receive(&event.data(), &inbox, &sender, &processor) {
            emit(Event::Ended { fault: Fault::internal(what) });
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    post("ready", None);
}

fn receive(
    message: &JsValue,
    inbox: &RefCell<Inbox>,
    commands: &mpsc::UnboundedSender<Command>,
    processor: &Rc<Processor>,
) -> Result<(), String> {
    match field(message, "kind").as_string().as_deref() {
        Some("channel") => {
            let link = ChannelLink::handed_over(message).ok_or("a channel that is none")?;
            let mut inbox = inbox.borrow_mut();
            inbox.link = Some(match &inbox.road {
                Some(road) => Paced::slow(link, Rc::clone(road)),
                None => Paced::plain(link),
            });
        }
        Some("network") => {
            inbox.borrow_mut().road().is_like(read(message)?);
            return Ok(());
        }
        Some("hold") => {
            inbox.borrow_mut().road().shut(read(message)?);
            return Ok(());
        }
        Some("pass") => {
            inbox.borrow_mut().road().pass();
            return Ok(());
        }
        Some("typed") => {
            let typed = Zeroizing::new(read::<String>(message)?);
            let understood = Amount::parse(&typed).map_err(|error| error.to_string());
            post("understood", Some(&pack(&understood)));
            return Ok(());
        }
        Some("look") => {
            let look: Look = read(message)?;
            post("look", Some(&pack(&look.look(seed()?))));
            return Ok(());
        }
        Some("wire") => {
            let from = field(message, "from").as_f64().unwrap_or_default() as u64;
            let slice = inbox.borrow().record.borrow().since(from, SLICE);
            post("wire", Some(&pack(&slice)));
            return Ok(());
        }
        Some("pair") => {
            let pairing = read(message)?;
            inbox.borrow_mut().pairing = Some(pairing);
        }
        Some("command") => {
            let command = read(message)?;
            // After the end nobody listens any more, and that is fine.
            let _ = commands.unbounded_send(command);
            return Ok(());
        }
        _ => return Err("a message of no known kind".into()),
    }
    begin(&mut inbox.borrow_mut(), commands, processor)
}

/// Begins as soon as there is both a link and a pairing.
fn begin(
    inbox: &mut Inbox,
    commands: &mpsc::UnboundedSender<Command>,
    processor: &Rc<Processor>,
) -> Result<(), String> {
    let (Some(_), Some(pairing)) = (&inbox.link, inbox.pairing) else { return Ok(()) };
    let (Some(link), Some(receiver)) = (inbox.link.take(), inbox.commands.take()) else {
        return Err("a second pairing in one worker".into());
    };
    let seed = seed()?;
    let stalled = commands.clone();
    let road = inbox.road.clone();
    let is_held = move || road.as_ref().is_some_and(|road| road.is_shut());
    let watchdog = Watchdog::new(is_held, move || {
        let _ = stalled.unbounded_send(Command::Stalled);
    });
    // The other program's hello is the machine's business, too.
    watchdog.wind();
    let last_progress = Cell::new(f64::NEG_INFINITY);
    let record = Rc::clone(&inbox.record);
    let on_event = move |event: Event| {
        watchdog.observe(&event);
        if let Event::Crossed { crossing } = event {
            return record.borrow_mut().push(Timed { at: everybodys_now(), crossing });
        }
        if let Event::Progress { done, total, .. } = event
            && done < total
        {
            let now = now();
            if now - last_progress.get() < PROGRESS_EVERY {
                return;
            }
            last_progress.set(now);
        }
        emit(event);
    };
    processor.watch(|report| emit(Event::Processor { report: report.clone() }));
    let processor = Rc::clone(processor);
    wasm_bindgen_futures::spawn_local(async move {
        pairing::run(link, pairing, seed, processor, receiver, on_event).await;
        post("closed", None);
    });
    Ok(())
}

/// Fresh from the system's generator.
fn seed() -> Result<[u8; 32], String> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| "the system has no random numbers")?;
    Ok(seed)
}

fn emit(event: Event) {
    post("event", Some(&pack(&Stamped { at: now(), event })));
}

/// What the page packed into this message, which is wiped: it may be an input.
fn read<T: DeserializeOwned>(message: &JsValue) -> Result<T, String> {
    let packed: Uint8Array = field(message, "bytes").dyn_into().map_err(|_| "a message without bytes")?;
    let bytes = Zeroizing::new(packed.to_vec());
    packed.fill(0, 0, packed.length());
    unpack(&bytes).map_err(|_| "a message that cannot be read".into())
}

fn post(kind: &str, bytes: Option<&[u8]>) {
    let message = Object::new();
    // Setting a field of a fresh object cannot fail.
    let _ = Reflect::set(&message, &"kind".into(), &kind.into());
    let transfer = Array::new();
    if let Some(bytes) = bytes {
        let bytes = Uint8Array::from(bytes);
        transfer.push(&bytes.buffer());
        let _ = Reflect::set(&message, &"bytes".into(), &bytes);
    }
    // Posting cannot fail either: there is nothing that cannot be cloned or transferred.
    let _ = scope().post_message_with_transfer(&message, &transfer);
}

fn field(message: &JsValue, name: &str) -> JsValue {
    Reflect::get(message, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Milliseconds on the worker's clock.
pub(crate) fn now() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

/// Milliseconds on a clock that all workers of a page share.
fn everybodys_now() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.time_origin() + clock.now())
}

/// The worker's global scope.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

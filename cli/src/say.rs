//! The program's output: results on standard output, everything else on standard error.

use std::borrow::Cow;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use icu_properties::CodePointMapData;
use icu_properties::props::BidiClass;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;
use tacit_jobs::{Agreement, Amount, Event};
use tacit_meet::{Invite, Path, Qr};
use tacit_session::{Blame, Code, Cost, Fault, Party as Seat, Stage};

use crate::party::Heard;

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();

/// The output format, and the progress bar that is being drawn.
pub(crate) struct Voice {
    json: bool,
    bar: Option<ProgressBar>,
    /// The time of the last progress output.
    told: Duration,
}

/// The minimum time between two progress outputs: every frame makes one, too many to read.
const PROGRESS_EVERY: Duration = Duration::from_millis(33);

impl Voice {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, bar: None, told: Duration::ZERO }
    }

    /// Prints one line for a person.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            self.over(|| anstream::eprintln!("{FAINT}·{FAINT:#} {text}"));
        }
    }

    /// Prints a remark that a person should read before the next question.
    pub(crate) fn remark(&self, text: &str) {
        self.json(&serde_json::json!({ "event": "remark", "text": text }));
        self.note(text);
    }

    /// Prints one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) {
        if self.json
            && let Ok(text) = serde_json::to_string(value)
        {
            // Output that nobody reads may be lost.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// Prints the result, for scripts, on standard output.
    pub(crate) fn result(&mut self, text: &str) {
        self.bar = None;
        if !self.json {
            let _ = writeln!(anstream::stdout(), "{BOLD}{text}{BOLD:#}");
        }
    }

    /// Prints an event, as lines of JSON, or as notes or a bar for a person.
    pub(crate) fn heard(&mut self, heard: &Heard, origin: &str, at: Duration) {
        match heard {
            Heard::Met(event) => self.met(event, origin),
            Heard::Told(Event::Progress { done, total, .. }) if done < total && at < self.told + PROGRESS_EVERY => {}
            Heard::Told(event) => {
                if let Event::Progress { .. } = event {
                    self.told = at;
                }
                self.json(&serde_json::json!({ "at": at.as_secs_f64() * 1e3, "event": typed(event) }));
                self.told(event);
            }
            Heard::Gone => {}
        }
    }

    fn met(&mut self, event: &tacit_meet::Event, origin: &str) {
        use tacit_meet::Event;
        match event {
            Event::Invited { invite } => self.invite(invite, origin),
            Event::Ringing => {
                self.json(&serde_json::json!({ "event": "ringing" }));
                self.note("The other side serves others first. It is your turn as soon as there is a place.");
            }
            Event::ServerLost => {
                self.note("The meeting server is out of reach. Trying to get it back; the invite stays good.");
            }
            Event::ServerBack => self.note("The meeting server is back. Waiting for the other party."),
            Event::HostAway => {
                self.note("The other party’s connection dropped. It goes on by itself when they are back.");
            }
            Event::PeerArrived => self.note("The other party is here."),
            Event::Knocked => self.note("A third person tried to come in and was turned away."),
            Event::Words { words, confirm } => {
                self.json(&serde_json::json!({ "event": "words", "words": words, "confirm": confirm }));
                let [a, b, c] = words;
                self.note(&format!("Both see these words: {BOLD}{a} {b} {c}{BOLD:#}"));
            }
            Event::Connected { path, rtt_ms } => {
                let path = if *path == Path::Direct { "direct" } else { "relayed" };
                self.json(&serde_json::json!({ "event": "connected", "path": path, "rtt_ms": rtt_ms }));
                let time = rtt_ms.map(|ms| format!(", {ms:.1} ms there and back")).unwrap_or_default();
                self.note(&format!("Connected: {path}{time}."));
            }
            Event::Reconnecting => self.note("The connection dropped. Trying to get it back, for 30 seconds."),
            Event::Proved | Event::Failed(_) => {}
        }
    }

    fn invite(&self, invite: &Invite, origin: &str) {
        let (link, code) = (invite.link(origin), invite.code());
        self.json(&serde_json::json!({ "event": "invited", "link": link, "code": code }));
        if !self.json {
            anstream::eprintln!("Give this link, or this code, to one person. It works once.\n");
            anstream::eprintln!("  {BOLD}{link}{BOLD:#}\n  {BOLD}{code}{BOLD:#}\n");
            if let Some(qr) = Qr::of(&link) {
                anstream::eprintln!("{}", drawn(&qr));
            }
        }
    }

    fn told(&mut self, event: &Event) {
        match event {
            Event::Progress { stage, done, total, .. } if !self.json => self.progress(*stage, *done, *total),
            Event::PeerConfirmedWords => self.note("The other party says that the words are the same."),
            Event::PeerAccepted => self.note("The other party accepted."),
            Event::PeerReady => self.note("The other party is ready."),
            Event::Finished { .. } => self.bar = None,
            _ => {}
        }
    }

    fn progress(&mut self, stage: Stage, done: u64, total: u64) {
        let name = match stage {
            Stage::Talk => "talking",
            Stage::BaseOt => "setting up",
            Stage::Extend => "preparing",
            Stage::Correlate => "encrypting",
            Stage::Compare => "comparing",
            Stage::Infer => "computing",
            Stage::Reveal => "opening",
        };
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg:>12} {bar:32} {bytes}/{total_bytes}");
            ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(name);
        if done >= total {
            bar.finish_and_clear();
        }
    }

    /// Prints without breaking the progress bar.
    fn over(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Prints the agreement that both are to accept.
    pub(crate) fn agreement(&self, agreement: &Agreement, seat: Seat) {
        if self.json {
            return;
        }
        let (mine, theirs) = (agreement.terms(seat), agreement.terms(seat.other()));
        let cost = |cost: Cost| {
            let bytes = indicatif::DecimalBytes(cost.sent + cost.received);
            format!("{bytes}, {} rounds", cost.rounds)
        };
        self.over(|| {
            anstream::eprintln!("\n{BOLD}{}{BOLD:#}", agreement.title);
            if let Some(card) = &agreement.model {
                let [channels, height, width] = card.picture;
                let colours = if channels == 1 { "grey" } else { "in colour" };
                anstream::eprintln!("  the model   “{}”: {width} × {height} pixels, {colours}", isolated(&card.name));
                let labels: Vec<_> = card.labels.iter().map(|label| isolated(label)).collect();
                anstream::eprintln!("  can say     {}", labels.join(", "));
            }
            for (name, terms) in [("you", mine), ("they", theirs)] {
                anstream::eprintln!("  {name:<4} put in {}", terms.puts_in);
                anstream::eprintln!("       learn  {}", terms.learns);
                anstream::eprintln!("       can see {}", terms.sees);
            }
            anstream::eprintln!(
                "  it takes    {} to prepare; {} to answer",
                cost(agreement.offline),
                cost(agreement.online)
            );
            if let Some(card) = &agreement.model {
                anstream::eprintln!("  it opens    {} bits of each picture", card.opened().of_picture);
            }
            anstream::eprintln!("  {}\n", agreement.cautions(seat).join("\n  "));
        });
    }

    /// Prints a fault as a pair: what happened, and what to do.
    pub(crate) fn fault(&mut self, fault: &Fault) {
        self.bar = None;
        self.json(&serde_json::json!({ "event": "failed", "fault": fault, "what": fault.code.headline(), "next": fault.code.next_step() }));
        anstream::eprintln!("{RED}error{RED:#}: {} [{}]", fault.code.headline(), fault.code.as_str());
        if let Some(detail) = &fault.detail {
            anstream::eprintln!("       {detail}");
        }
        anstream::eprintln!(" help: {}", fault.code.next_step());
    }
}

/// Shows how an amount was read, with `--json` too: on standard error, because lines of JSON are
/// kept.
pub(crate) fn understood(amount: &Amount) {
    anstream::eprintln!("{FAINT}·{FAINT:#} Understood as {}.", amount.to_text());
}

/// Isolates the direction of a name, so that it does not reverse the text beside it.
pub(crate) fn isolated(name: &str) -> Cow<'_, str> {
    let class = CodePointMapData::<BidiClass>::new();
    let is_right_to_left = |c| matches!(class.get(c), BidiClass::RightToLeft | BidiClass::ArabicLetter);
    if name.chars().any(is_right_to_left) { format!("\u{2068}{name}\u{2069}").into() } else { name.into() }
}

/// Returns an event in the form for scripts: its name as `type`, and its fields beside it.
fn typed(event: &Event) -> Value {
    match serde_json::to_value(event) {
        Ok(Value::Object(one)) => one.into_iter().next().map_or(Value::Null, |(name, mut fields)| {
            if let Some(fields) = fields.as_object_mut() {
                fields.insert("type".into(), name.into());
            }
            fields
        }),
        Ok(name) => serde_json::json!({ "type": name }),
        Err(_) => Value::Null,
    }
}

/// The reason why a command has no result.
pub(crate) enum Stop {
    /// The arguments are invalid, or name an unusable file; explained in a sentence that does not
    /// repeat an amount.
    Usage(String),
    /// A session ended with a fault, or never began.
    Fault(Fault),
    /// A round ended as it should, but the opened value is not a valid answer.
    Spoiled,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Stop {
    pub(crate) fn tell(&self, voice: &mut Voice) {
        match self {
            Self::Usage(what) => anstream::eprintln!("{RED}error{RED:#}: {what}\n help: See `tacit help`."),
            Self::Fault(fault) => voice.fault(fault),
            Self::Spoiled => anstream::eprintln!(
                "{RED}error{RED:#}: No valid answer: the other program sent wrong values.\n help: It was not told that you have \
                 none. Do not tell them either, and try again only if you know why."
            ),
        }
    }

    /// Returns the exit code for the kind of error.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Spoiled => 4,
            Self::Fault(fault) => match (fault.code, fault.blame()) {
                (Code::Internal, _) => 1,
                // Ctrl-C; a question without an answer says so in its detail.
                (Code::Cancelled, _) if fault.detail.is_none() => 130,
                (_, Blame::Link) => 3,
                (_, Blame::Peer) => 4,
                (_, Blame::Local) => 5,
            },
        })
    }
}

/// Draws a QR code in half blocks, dark on light in any colours of the terminal.
fn drawn(qr: &Qr) -> String {
    // The quiet zone is four modules wide, and belongs to the code.
    let side = qr.size() + 8;
    let dark = |x: u32, y: u32| x >= 4 && y >= 4 && qr.dark(x - 4, y - 4);
    let style = Style::new().fg_color(Some(AnsiColor::Black.into())).bg_color(Some(AnsiColor::White.into()));
    let row = |y: u32| -> String {
        (0..side)
            .map(|x| match (dark(x, y), dark(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect()
    };
    (0..side).step_by(2).map(|y| format!("  {style}{}{style:#}\n", row(y))).collect()
}

#[cfg(test)]
mod tests {
    use tacit_session::Stage;

    use super::*;

    #[test]
    fn names_of_other_directions_are_kept_apart() {
        assert_eq!(isolated("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(isolated("قطة 2"), "\u{2068}قطة 2\u{2069}");
        assert_eq!(isolated("T-shirt, é 🐱"), "T-shirt, é 🐱");
    }

    #[test]
    fn scripts_find_the_name_of_an_event_beside_its_fields() {
        let progress = Event::Progress { stage: Stage::Infer, done: 1, total: 2, rounds: 3 };
        let expected = serde_json::json!({ "type": "progress", "stage": "infer", "done": 1, "total": 2, "rounds": 3 });
        assert_eq!(typed(&progress), expected);
        assert_eq!(typed(&Event::PeerAccepted), serde_json::json!({ "type": "peer-accepted" }));
    }
}

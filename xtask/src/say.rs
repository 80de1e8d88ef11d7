//! What the developer reads, on stderr. Colour only where a terminal reads it and `NO_COLOR` is not set.

use std::io::IsTerminal;

/// Announces a step that follows.
pub(crate) fn step(text: &str) {
    if colours() {
        eprintln!("\x1b[1m▸ {text}\x1b[0m");
    } else {
        eprintln!("▸ {text}");
    }
}

/// A line under a step.
pub(crate) fn note(text: &str) {
    eprintln!("  {text}");
}

/// How far a long step is: one line that is drawn anew in a terminal, a line for each tenth
/// elsewhere.
pub(crate) struct Bar {
    tenths: usize,
    is_drawn: bool,
}

impl Bar {
    pub(crate) fn new() -> Self {
        Self { tenths: 0, is_drawn: false }
    }

    /// Shows that `done` of `all` crates are compiled.
    pub(crate) fn show(&mut self, done: usize, all: usize) {
        let (percent, tenths) = (done * 100 / all.max(1), done * 10 / all.max(1));
        let line = format!("{percent:>3} %  {done} of {all} crates compiled");
        if std::io::stderr().is_terminal() {
            eprint!("\r  {}{} {line}\x1b[K", "█".repeat(2 * tenths), "░".repeat(20_usize.saturating_sub(2 * tenths)));
            self.is_drawn = true;
        } else if tenths > self.tenths {
            note(&line);
        }
        self.tenths = self.tenths.max(tenths);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.is_drawn {
            eprintln!();
        }
    }
}

/// Says what went wrong, with its causes, outermost first.
pub(crate) fn problem(error: &anyhow::Error) {
    let mark = if colours() { "\x1b[31m✗\x1b[0m" } else { "✗" };
    eprintln!("{mark} {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  {cause}");
    }
}

/// Whether colours may be used on stderr.
pub(crate) fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

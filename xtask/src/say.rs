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

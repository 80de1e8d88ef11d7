//! Questions to the person at the terminal, or to whatever standard input is.
//!
//! A read from a terminal cannot be called off, so it happens on a thread that ends with the program: meanwhile the other party
//! may leave, and that must be said at once.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use futures::channel::oneshot;
use tacit_session::{Code, Fault};
use zeroize::Zeroizing;

/// A line that was typed or piped in, without its end.
pub(crate) async fn line(question: &str) -> Result<String, Fault> {
    anstream::eprint!("{question} ");
    let _ = anstream::stderr().flush();
    read(|| {
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(1..) => Ok(line.trim().to_owned()),
            _ => Err(silence()),
        }
    })
    .await
}

/// Like [`line()`], but what is typed is not shown.
pub(crate) async fn secret(question: &'static str) -> Result<Zeroizing<String>, Fault> {
    if !std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(line(question).await?));
    }
    read(move || rpassword::prompt_password(format!("{question} ")).map(Zeroizing::new).map_err(|_| silence())).await
}

/// A yes or no.
pub(crate) async fn yes(question: &str) -> Result<bool, Fault> {
    loop {
        match line(&format!("{question} [y/n]")).await?.to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}

async fn read<T: Send + 'static>(read: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Result<T, Fault> {
    let (answer, answered) = oneshot::channel();
    std::thread::spawn(move || drop(answer.send(read())));
    answered.await.unwrap_or_else(|_| Err(silence()))
}

/// Standard input is at its end.
fn silence() -> Fault {
    Fault::new(Code::Cancelled, "a question without an answer: standard input has ended")
}

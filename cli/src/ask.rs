//! Questions to the person at the terminal, or to whatever standard input is.
//!
//! A read from a terminal cannot be called off, so it happens on a thread that ends with the program: meanwhile the other party
//! may leave, and that must be said at once.

use std::io::{BufRead, BufReader, ErrorKind, IsTerminal as _, Stdin, Write as _};
use std::sync::{LazyLock, Mutex};

use futures::channel::oneshot;
use tacit_session::{Code, Fault};
use zeroize::Zeroizing;

/// Standard input, whose lines answer one question after the other.
static INPUT: LazyLock<Mutex<BufReader<Stdin>>> = LazyLock::new(|| Mutex::new(BufReader::new(std::io::stdin())));

/// A line that was typed or piped in, without its end.
async fn line(question: &str) -> Result<String, Fault> {
    anstream::eprint!("{question} ");
    let _ = anstream::stderr().flush();
    read(|| read_line(&mut *INPUT.lock().map_err(|_| silence())?)).await
}

/// An amount: not shown while it is typed. Of a pipe, the numbers in the lines behind it come with
/// it, for these are no answers to other questions.
pub(crate) async fn amount() -> Result<Zeroizing<String>, Fault> {
    const QUESTION: &str = "Your amount: ";
    if is_terminal() {
        return read(|| rpassword::prompt_password(QUESTION).map(Zeroizing::new).map_err(|_| silence())).await;
    }
    anstream::eprint!("{QUESTION}");
    read(|| {
        let mut input = INPUT.lock().map_err(|_| silence())?;
        let mut text = Zeroizing::new(read_line(&mut *input)?);
        let rest = Zeroizing::new(String::from_utf8_lossy(input.buffer()).into_owned());
        let others: Vec<_> = rest.lines().filter(|line| line.contains(char::is_numeric)).collect();
        if !others.is_empty() {
            // Together they are refused: none of them may answer when it is asked again.
            let read = input.buffer().len();
            input.consume(read);
        }
        for line in others {
            text.push('\n');
            text.push_str(line);
        }
        Ok(text)
    })
    .await
}

/// Whether a person can be asked.
pub(crate) fn is_terminal() -> bool {
    std::io::stdin().is_terminal()
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

/// The next line, without its end.
fn read_line(input: &mut impl BufRead) -> Result<String, Fault> {
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(1..) => Ok(line.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            Err(Fault::new(Code::Cancelled, "standard input is not UTF-8 text"))
        }
        _ => Err(silence()),
    }
}

/// Standard input is at its end.
fn silence() -> Fault {
    Fault::new(Code::Cancelled, "a question without an answer: standard input has ended")
}

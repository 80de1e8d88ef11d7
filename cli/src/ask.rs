//! Questions to the person at the terminal, answered from standard input.
//!
//! A read from a terminal cannot be cancelled, so it runs on a thread that ends with the program:
//! the other party may leave in the meantime, and that must be reported at once.

use std::io::{BufRead, BufReader, ErrorKind, IsTerminal as _, Stdin, Write as _};
use std::sync::{LazyLock, Mutex};

use futures::channel::oneshot;
use tacit_session::{Code, Fault};
use zeroize::Zeroizing;

/// Standard input; its lines answer one question after the other.
static INPUT: LazyLock<Mutex<BufReader<Stdin>>> = LazyLock::new(|| Mutex::new(BufReader::new(std::io::stdin())));

/// Asks a question and returns the typed or piped line, without its end.
async fn line(question: &str) -> Result<String, Fault> {
    anstream::eprint!("{question} ");
    let _ = anstream::stderr().flush();
    read(|| read_line(&mut *INPUT.lock().map_err(|_| silence())?)).await
}

/// Asks for an amount, which is not shown while it is typed. From a pipe, the number lines that
/// follow are returned with it, because they are not answers to other questions.
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
            // Several numbers are refused together: none of them may answer when the question is
            // repeated.
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

/// Tells whether a person can be asked.
pub(crate) fn is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks a question that is answered with yes or no.
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

/// Returns the next line, without its end.
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

/// Returns the fault for the end of standard input.
fn silence() -> Fault {
    Fault::new(Code::Cancelled, "a question without an answer: standard input has ended")
}

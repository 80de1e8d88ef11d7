//! `tacit compare`: who is richer.

use tacit_jobs::{Agreement, Amount, AmountError, Answer, Input, Job, Order};
use tacit_meet::{host, join};
use tacit_session::{Code, Fault, Party as Seat};

use crate::arguments::Compare;
use crate::ask;
use crate::party::Party;
use crate::person::{Hand, Person};
use crate::place::{self, Given};
use crate::say::{self, Stop, Voice};

pub(crate) async fn run(options: Compare, voice: &mut Voice) -> Result<(), Stop> {
    // The arguments are checked before the other party is invited.
    let mut purse = match options.amount.as_deref() {
        None => Purse::Asks,
        Some("-") if ask::is_terminal() => Purse::Holds(asked().await?),
        Some("-") => Purse::Holds(understood(&ask::amount().await?).await?),
        Some(text) => Purse::Holds(understood(text).await?),
    };
    let given = options.invite.as_deref().map(Given::read).transpose()?;
    let server = given.as_ref().map_or(options.reach.server.as_str(), |given| given.server(&options.reach)).to_owned();
    let config = place::config(&server, &options.reach)?;
    let seat = if given.is_some() { Seat::Bob } else { Seat::Alice };
    let party = Party::start(seat, Job::Millionaires, |open, on| match given {
        None => host(config, open, on),
        Some(given) => join(config, given.invite, open, on),
    });
    let person = Person { party, seat, manner: &options.manner, voice, origin: &server };
    let (outcome, _) = person.round(&mut purse).await?;
    voice.result(match outcome.answer {
        Answer::Order(Order::You) => "You have more.",
        Answer::Order(Order::They) => "They have more.",
        Answer::Order(Order::Equal) => "You have the same.",
        Answer::Spoiled => return Err(Stop::Spoiled),
        Answer::Predictions(_) | Answer::Nothing => return Err(Fault::internal("a comparison without an order").into()),
    });
    Ok(())
}

/// Parses an amount and shows how it was read, before it is used. If a text has two readings and a
/// person can answer, asks which one is meant.
async fn understood(text: &str) -> Result<Amount, Stop> {
    let refused = |error: AmountError| Stop::Usage(error.to_string());
    let amount = match Amount::parse(text) {
        Err(error @ AmountError::ThreeDecimals(thousands)) if ask::is_terminal() => {
            let amount = thousands.amount().map_err(refused)?;
            if !ask::yes(&format!("Is this {}?", amount.to_text())).await? {
                return Err(refused(error));
            }
            amount
        }
        read => read.map_err(refused)?,
    };
    say::understood(&amount);
    Ok(amount)
}

/// Asks for an amount until one parses and, at a terminal, is confirmed.
async fn asked() -> Result<Amount, Fault> {
    loop {
        match understood(&ask::amount().await?).await {
            Ok(amount) if !ask::is_terminal() || ask::yes("Is that right?").await? => return Ok(amount),
            Ok(_) => {}
            Err(Stop::Fault(fault)) => return Err(fault),
            Err(stop) => stop.tell(&mut Voice::new(false)),
        }
    }
}

/// The source of the amount.
enum Purse {
    /// The person is asked when the amount is needed.
    Asks,
    Holds(Amount),
    Empty,
}

impl Hand for Purse {
    fn look(&mut self, agreement: &Agreement) -> Result<(), Fault> {
        match agreement.job {
            Job::Millionaires => Ok(()),
            Job::Classify { .. } => {
                Err(Fault::new(Code::Declined, "they offer a picture check; take part with `tacit check`"))
            }
        }
    }

    async fn give(&mut self) -> Result<Input, Fault> {
        match std::mem::replace(self, Purse::Empty) {
            Purse::Holds(amount) => Ok(Input::Amount(amount)),
            Purse::Asks => Ok(Input::Amount(asked().await?)),
            Purse::Empty => Err(Fault::internal("an amount was asked for twice")),
        }
    }
}

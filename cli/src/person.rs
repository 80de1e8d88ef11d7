//! The person at this terminal, from the meeting to one result: the same for every job.

use std::time::Instant;

use tacit_jobs::{Agreement, Command, Event, Input, Outcome};
use tacit_session::{Code, Fault, Party as Seat};

use crate::arguments::Manner;
use crate::ask;
use crate::party::{Heard, Party};
use crate::say::Voice;

/// The input of a person to a round.
pub(crate) trait Hand {
    /// Checks the proposed agreement before it is accepted, so that a mismatch is found before the
    /// other party waits.
    ///
    /// # Errors
    /// The reason why the round is impossible.
    fn look(&mut self, agreement: &Agreement) -> Result<(), Fault>;

    /// Returns remarks on the input for the person, before it is used.
    fn remarks(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Returns the input, once both have accepted.
    ///
    /// # Errors
    /// The reason why there is no input.
    async fn give(&mut self) -> Result<Input, Fault>;
}

/// A person who runs one round.
pub(crate) struct Person<'a> {
    pub(crate) party: Party,
    pub(crate) seat: Seat,
    pub(crate) manner: &'a Manner,
    pub(crate) voice: &'a mut Voice,
    /// The address of the page at which an invite opens.
    pub(crate) origin: &'a str,
}

impl Person<'_> {
    /// Runs one round, and says goodbye.
    ///
    /// # Errors
    /// The reason why there is no result.
    pub(crate) async fn round(mut self, hand: &mut impl Hand) -> Result<(Outcome, Agreement), Fault> {
        let result = tokio::select! {
            result = self.until_finished(hand) => result,
            _ = tokio::signal::ctrl_c() => Err(Code::Cancelled.into()),
        };
        self.party.leave().await;
        result
    }

    async fn until_finished(&mut self, hand: &mut impl Hand) -> Result<(Outcome, Agreement), Fault> {
        let start = Instant::now();
        let mut accepted = None;
        loop {
            let heard = self.party.next().await?;
            self.voice.heard(&heard, self.origin, start.elapsed());
            match heard {
                Heard::Met(tacit_meet::Event::Words { confirm: true, .. }) => {
                    let question = "Do both of you see the same words? If not, somebody is in between.";
                    if !self.party.meanwhile(ask::yes(question)).await? {
                        self.party.tell(Command::WordsDiffer);
                        return Err(Code::WordsDiffer.into());
                    }
                    self.party.tell(Command::ConfirmWords);
                }
                Heard::Told(Event::Proposed { agreement, .. }) => {
                    self.voice.agreement(&agreement, self.seat);
                    hand.look(&agreement)?;
                    hand.remarks().into_iter().for_each(|remark| self.voice.remark(remark));
                    if !self.manner.yes && !self.party.meanwhile(ask::yes("Do you accept exactly this?")).await? {
                        self.party.tell(Command::Decline);
                        return Err(Code::Declined.into());
                    }
                    self.party.tell(Command::Accept { hash: agreement.hash() });
                    accepted = Some(agreement);
                }
                Heard::Told(Event::Agreed) => {
                    let input = self.party.meanwhile(hand.give()).await?;
                    self.party.tell(Command::Input { input });
                }
                Heard::Told(Event::Refused { fault }) => return Err(fault),
                Heard::Told(Event::Finished { outcome }) => {
                    let agreement = accepted.ok_or_else(|| Fault::internal("a result that was not agreed on"))?;
                    return Ok((outcome, *agreement));
                }
                _ => {}
            }
        }
    }
}

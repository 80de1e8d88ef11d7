//! The person at this terminal, from the meeting to one result: the same for every job.

use std::time::Instant;

use tacit_jobs::{Agreement, Command, Event, Input, Outcome};
use tacit_session::{Code, Fault, Party as Seat};

use crate::arguments::Manner;
use crate::ask;
use crate::party::{Heard, Party};
use crate::say::Voice;

/// What a person puts into a round.
pub(crate) trait Hand {
    /// Looks at what was proposed, before it is accepted: what does not fit is noticed before anybody is kept waiting.
    ///
    /// # Errors
    /// Why this cannot be done.
    fn look(&mut self, agreement: &Agreement) -> Result<(), Fault>;

    /// What the person should know about what is put in, before it is.
    fn remarks(&self) -> Vec<&str> {
        Vec::new()
    }

    /// What is put in, once both have accepted.
    ///
    /// # Errors
    /// Why there is nothing.
    async fn give(&mut self) -> Result<Input, Fault>;
}

/// Someone who runs one round.
pub(crate) struct Person<'a> {
    pub(crate) party: Party,
    pub(crate) seat: Seat,
    pub(crate) manner: &'a Manner,
    pub(crate) voice: &'a mut Voice,
    /// The address of the page at which an invite opens.
    pub(crate) origin: &'a str,
}

impl Person<'_> {
    /// One round, and goodbye.
    ///
    /// # Errors
    /// Why there is no result.
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

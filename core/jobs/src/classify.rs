//! Private picture check: one has a model, the other pictures; what they show under that model is
//! told to whom they agreed.

mod explain;

use std::cell::RefCell;
use std::rc::Rc;

pub use explain::explain;
use tacit_compute::Cpu;
use tacit_infer::prepare::{self, Tools};
use tacit_infer::run;
use tacit_infer::{Answer as Seen, Owned, Prepared, Task, cost};
use tacit_model::quantise::quantise;
use tacit_model::{Plan, file};
use tacit_rlwe::Context;
use tacit_rlwe::linear::OPENED_BITS;
use tacit_session::{Code, Cost, Fault, Link, Party, Stage};
use tacit_share::linear::Role;
use tacit_share::open::To;
use zeroize::Zeroizing;

use crate::protocol::{Offer, Protocol, Stock, Subject, Work};
use crate::{
    Agreement, Answer, Audience, Detail, Input, Job, MOST_PICTURES, Machine, ModelCard, ModelFile, Opened, Picture,
    Prediction, Reveal, machine, progress,
};

/// The identifier of the job.
pub const ID: &str = "classify";

/// The most bits that are opened to the other side while one lattice secret is in use.
///
/// An altered owner of a model, whom answers reach, can send responses that make the client's
/// shares, and so the answers, carry bits of the client's key; an altered client likewise gets bits
/// of the owner's randomness out of its answers. A ternary secret of N = 4096 coefficients has
/// N·log2(3) ≈ 6,492 bits, and 205 opened words of 32 bits (6,560 bits) were enough to compute a
/// whole key. So a secret is given up long before: 1,000 bits leave more than 5,400 unknown.
pub const MOST_OPENED: u64 = OPENED_BITS as u64;

/// The most bytes of a model file.
pub const MOST_BYTES: usize = file::MAX_BYTES;

/// The picture check of one round as both know it.
#[derive(Clone, PartialEq, Eq)]
pub struct Check {
    /// The plan that both follow.
    pub plan: Rc<Plan>,
    /// Who has the model.
    pub owner: Party,
    /// What is told, and to whom.
    pub reveal: Reveal,
}

/// A model file, read and made ready by its owner.
///
/// # Errors
/// [`Code::ModelUnreadable`] when it is no model; [`Code::ModelRefused`], with the layer's name and
/// what to change, when it cannot be run.
pub fn open_model(model: &[u8]) -> Result<(Plan, Owned), Fault> {
    let model = file::read(model).map_err(|error| Fault::new(Code::ModelUnreadable, error.to_string()))?;
    let refused = |refusal: tacit_model::Refusal| Fault::new(Code::ModelRefused, refusal.to_string());
    let (plan, weights) = quantise(&model).map_err(refused)?;
    let owned = Owned::new(Context::shared(), &Cpu, &plan, &weights);
    Ok((plan, owned))
}

impl Check {
    /// The side of `party`.
    #[must_use]
    pub fn role(&self, party: Party) -> Role {
        if party == self.owner { Role::Owner } else { Role::Client }
    }

    /// What both know of the model.
    #[must_use]
    pub fn card(&self) -> ModelCard {
        let plan = &*self.plan;
        let input = plan.input;
        let comparisons: usize = plan.steps.iter().map(tacit_model::Step::comparisons).sum();
        ModelCard {
            name: undirected(&plan.model),
            labels: plan.labels.iter().map(|label| undirected(label)).collect(),
            picture: [input.channels, input.height, input.width],
            layers: plan.steps.iter().map(|step| undirected(&step.name)).collect(),
            comparisons: comparisons as u64,
            plan: plan.hash(),
            reveal: self.reveal,
        }
    }

    fn task(&self) -> Task {
        let to = match self.reveal.audience {
            Audience::Holder => To::One(self.owner.other()),
            Audience::Both => To::Both,
        };
        Task { batch: self.reveal.pictures.into(), told: self.reveal.detail.told(), to }
    }

    /// Bits that are opened to the other side at most while one lattice secret is in use. A key
    /// serves a round, but a single picture where scores reach the owner; the owner's randomness
    /// serves a single response, and so a part of one picture.
    fn opened_for_one_secret(&self) -> u64 {
        let Opened { of_picture, of_round } = self.card().opened();
        if self.reveal.detail == Detail::Scores { of_picture } else { of_round }
    }

    /// Whether so many pictures at once are possible at all, and safe: see [`MOST_OPENED`].
    ///
    /// # Errors
    /// [`Code::ModelRefused`] with what to change.
    pub fn is_affordable(&self) -> Result<(), Fault> {
        let pictures = self.reveal.pictures;
        if !(1..=MOST_PICTURES).contains(&pictures) {
            return Err(Fault::internal("a round of so many pictures"));
        }
        let refused = |detail| Err(Fault::new(Code::ModelRefused, detail));
        let opened = self.opened_for_one_secret();
        if opened > MOST_OPENED {
            let instead = match self.reveal.detail {
                Detail::Scores => "tell the label, or the three that fit best, and no scores",
                Detail::TopThree | Detail::Label => "choose fewer pictures",
            };
            return refused(format!(
                "It would open {opened} bits under one key, and {MOST_OPENED} are safe: {instead}."
            ));
        }
        let fits = |batch: &u8| Task { batch: (*batch).into(), ..self.task() }.is_affordable(&self.plan);
        if fits(&pictures) {
            return Ok(());
        }
        refused(match (1..pictures).rev().find(fits) {
            Some(most) => {
                format!("It is too large for {pictures} pictures in one round; choose fewer: at most {most}.")
            }
            None => "It is too large even for one picture in a round; take a smaller model.".into(),
        })
    }

    /// What preparing costs `party`, by stage, without the set-up.
    #[must_use]
    pub fn prepare_cost(&self, party: Party) -> Vec<(Stage, Cost)> {
        cost::prepare(party, self.role(party), Context::shared(), &self.plan, self.task())
    }

    /// What a run costs `party`, by stage.
    #[must_use]
    pub fn run_cost(&self, party: Party) -> Vec<(Stage, Cost)> {
        cost::run(party, self.role(party), &self.plan, self.task())
    }

    /// What both are shown of costs that `party` counts: rounds are those of the picture's owner,
    /// so that both see the same.
    #[must_use]
    pub fn shown(&self, party: Party, cost: impl Fn(Party) -> Vec<(Stage, Cost)>) -> Cost {
        let sum = |party| cost(party).into_iter().map(|(_, cost)| cost).sum::<Cost>();
        Cost { rounds: sum(self.owner.other()).rounds, ..sum(party) }
    }

    /// The answer as this person reads it, of the first so many pictures.
    fn read(&self, seen: Option<Vec<Seen>>, pictures: usize) -> Answer {
        seen.map_or(Answer::Nothing, |seen| {
            Answer::Predictions(seen.into_iter().take(pictures).map(|seen| self.prediction(seen)).collect())
        })
    }

    fn prediction(&self, seen: Seen) -> Prediction {
        match seen {
            Seen::Places(ranked) => Prediction::Labels { ranked, scores: None },
            Seen::Spoiled => Prediction::Spoiled,
            Seen::Scores(logits) => {
                let mut ranked: Vec<usize> = (0..logits.len()).collect();
                // A stable sort: of equal ones the earlier comes first.
                ranked.sort_by_key(|&label| std::cmp::Reverse(logits.get(label).copied()));
                let unit = f64::from(1u32 << self.plan.fraction);
                let score = |label: &usize| logits.get(*label).map_or(0.0, |&logit| f64::from(logit) / unit);
                let scores = Some(ranked.iter().map(score).collect());
                Prediction::Labels { ranked, scores }
            }
        }
    }

    /// Whether there are as many pictures as may be, of the shape that the model takes.
    ///
    /// # Errors
    /// [`Code::PictureRefused`] with both numbers, or both shapes.
    pub fn takes(&self, pictures: &[Picture]) -> Result<(), Fault> {
        let most = self.reveal.pictures.into();
        if !(1..=most).contains(&pictures.len()) {
            let detail = format!("a round takes from 1 to {most} pictures, not {}", pictures.len());
            return Err(Fault::new(Code::PictureRefused, detail));
        }
        let input = self.plan.input;
        let wanted = [input.channels, input.height, input.width];
        let Some(got) = pictures.iter().map(Picture::shape).find(|got| *got != wanted) else { return Ok(()) };
        let shape = |[channels, height, width]: [usize; 3]| format!("{width} × {height} pixels in {channels} channels");
        Err(Fault::new(Code::PictureRefused, format!("the model takes {}, not {}", shape(wanted), shape(got))))
    }
}

/// A name without the characters that turn text round: these would reach beyond it, and one sees
/// something else than what is there.
fn undirected(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')).collect()
}

/// The picture checks of one party in a pairing.
pub(crate) struct Classify {
    party: Party,
    /// This party's model, once one was chosen.
    mine: RefCell<Option<Mine>>,
    /// The material of the coming round.
    prepared: RefCell<Option<Prepared>>,
}

/// A model that this party owns, and the check it offers under it.
struct Mine {
    model: Rc<Owned>,
    check: Check,
}

/// One round: a check, and the model where this party owns it.
struct CheckRound {
    job: Rc<Classify>,
    check: Check,
    model: Option<Rc<Owned>>,
}

impl Classify {
    pub(crate) fn new(party: Party) -> Self {
        Self { party, mine: RefCell::default(), prepared: RefCell::default() }
    }
}

impl<L: Link + 'static> Protocol<L> for Classify {
    fn id(&self) -> &'static str {
        ID
    }

    /// The owner's seat; behind it, once the owner has chosen a model, what is told and the plan.
    fn offer(&self, job: Job) -> Vec<u8> {
        let Job::Classify { owner } = job else { return Vec::new() };
        let mut offer = vec![owner as u8];
        if let Some(Mine { check, .. }) = self.mine.borrow().as_ref().filter(|mine| mine.check.owner == owner) {
            let Reveal { detail, audience, pictures } = check.reveal;
            offer.extend([detail as u8, audience as u8, pictures]);
            offer.extend(check.plan.encode());
        }
        offer
    }

    fn read(self: Rc<Self>, offer: &[u8], by: Party) -> Result<Offer<L>, Fault> {
        let malformed = || Fault::peer("malformed offer of a picture check");
        let (owner, rest) = offer.split_first().ok_or_else(malformed)?;
        let owner =
            [Party::Alice, Party::Bob].into_iter().find(|party| *party as u8 == *owner).ok_or_else(malformed)?;
        let job = Job::Classify { owner };
        let [detail, audience, pictures, plan @ ..] = rest else {
            return if rest.is_empty() { Ok(Offer { job, subject: None }) } else { Err(malformed()) };
        };
        if owner != by {
            return Err(Fault::peer("an offer of a model by a party that does not own it"));
        }
        let reveal = Reveal {
            detail: Detail::ALL.into_iter().find(|d| *d as u8 == *detail).ok_or_else(malformed)?,
            audience: Audience::ALL.into_iter().find(|a| *a as u8 == *audience).ok_or_else(malformed)?,
            pictures: *pictures,
        };
        let plan = Rc::new(Plan::decode(plan).map_err(|_| Fault::peer("malformed plan"))?);
        let check = Check { plan, owner, reveal };
        check.is_affordable().map_err(|_| Fault::peer("an offer beyond what the model allows"))?;
        let mine = self.mine.borrow();
        let model = mine.as_ref().filter(|mine| mine.check == check).map(|mine| Rc::clone(&mine.model));
        drop(mine);
        Ok(Offer { job, subject: Some(Rc::new(CheckRound { job: self, check, model })) })
    }

    fn take_model(&self, job: Job, model: &ModelFile, reveal: Reveal) -> Result<bool, Fault> {
        let owner = self.party;
        if job != (Job::Classify { owner }) {
            return Ok(false);
        }
        let (plan, model) = open_model(&model.0)?;
        let check = Check { plan: Rc::new(plan), owner, reveal };
        check.is_affordable()?;
        *self.mine.borrow_mut() = Some(Mine { model: Rc::new(model), check });
        Ok(true)
    }

    /// Sets up the extension; everything else depends on the model.
    fn warm_up(self: Rc<Self>, mut machine: Box<Machine<L>>) -> Work<L, Stock> {
        Work::new(vec![(Stage::BaseOt, machine::base_cost())], async move {
            machine.set_up().await?;
            Ok((machine, Stock { ready: 0, target: 1 }))
        })
    }
}

impl<L: Link + 'static> Subject<L> for CheckRound {
    fn agreement(&self, round: u32, setup: Cost) -> Agreement {
        let (party, check) = (self.job.party, &self.check);
        let offline = setup + check.shown(party, |party| check.prepare_cost(party));
        let online = check.shown(party, |party| check.run_cost(party));
        Agreement::classify(round, check.owner, check.card(), offline, online)
    }

    fn asks_for_input(&self) -> bool {
        self.check.owner != self.job.party
    }

    fn accepts(&self, input: &Input) -> Result<bool, Fault> {
        match input {
            Input::Pictures(pictures) if self.check.owner != self.job.party => {
                self.check.takes(pictures).map(|()| true)
            }
            _ => Ok(false),
        }
    }

    fn is_prepared(&self) -> bool {
        self.job.prepared.borrow().is_some()
    }

    fn prepare(self: Rc<Self>, mut machine: Box<Machine<L>>) -> Work<L, Stock> {
        Work::new(crossing(self.check.prepare_cost(self.job.party)), async move {
            machine.set_up().await?;
            let engine = machine.engine.as_mut().ok_or_else(|| Fault::internal("no transfers were set up"))?;
            let tools = Tools { context: Context::shared(), compute: &*machine.processor };
            let (plan, task, model) = (&*self.check.plan, self.check.task(), self.model.as_deref());
            let (session, rng) = (&mut machine.session, &mut machine.rng);
            let prepared = prepare::prepare(session, &tools, engine, plan, model, task, rng).await?;
            *self.job.prepared.borrow_mut() = Some(prepared);
            Ok((machine, Stock { ready: 1, target: 1 }))
        })
    }

    fn run(
        self: Rc<Self>,
        mut machine: Box<Machine<L>>,
        input: Option<Input>,
        at_layer: Box<dyn Fn(usize)>,
    ) -> Work<L, Answer> {
        Work::new(crossing(self.check.run_cost(self.job.party)), async move {
            let prepared = self.job.prepared.take().ok_or_else(|| Fault::internal("no check was prepared"))?;
            let check = &self.check;
            let places: usize = check.reveal.pictures.into();
            let mut pixels = Zeroizing::new(Vec::new());
            let (input, pictures) = match (self.model.as_deref(), &input) {
                (Some(model), None) => (run::Input::Model(model), places),
                (None, Some(Input::Pictures(pictures))) => {
                    check.takes(pictures)?;
                    // Black pictures take the empty places, so that nothing tells the owner how
                    // many there are.
                    pixels.resize(places * check.plan.input.len(), 0);
                    for (place, picture) in pixels.chunks_exact_mut(check.plan.input.len()).zip(pictures) {
                        place.copy_from_slice(picture.pixels());
                    }
                    (run::Input::Pictures(&pixels), pictures.len())
                }
                _ => return Err(Fault::internal("one puts in a model, the other pictures")),
            };
            let tools = Tools { context: Context::shared(), compute: &*machine.processor };
            let seen = run::run(&mut machine.session, &tools, prepared, &check.plan, input, at_layer).await?;
            let answer = check.read(seen, pictures);
            Ok((machine, answer))
        })
    }
}

/// The stages in which something crosses, as progress counts them.
fn crossing(costs: Vec<(Stage, Cost)>) -> progress::Plan {
    costs.into_iter().filter(|(_, cost)| cost.sent + cost.received > 0).collect()
}

//! The online phase: pictures pass through the layers of a plan as additive shares.
//!
//! *Computes*: the function of the [oracle](tacit_model::plain), up to one unit for each truncation
//! and for each sum of a linear layer. Of the logits it opens only the part that the [`Task`]
//! names, to the parties that it names. *From*: the composition is that of Delphi (Mishra et
//! al. 2020) with the non-linear layers of CrypTFlow2 and Cheetah; see `tacit_share`. *Security*:
//! the layers pass only shares to each other, and only the last step opens anything. A malicious
//! party that sends wrong shares computes another function and can make the answer wrong. It learns
//! at most the bits that are opened to it ([`Told::bits`]): every message before the opening is
//! uniform in its view, and a fault depends on the form of a message and never on an opened value.
//! *Cost*: [`crate::cost::run`]. *Deviations*: none.

use tacit_compute::Compute;
use tacit_model::{Plan, Shape, Step, StepOp};
use tacit_ring::Bits;
use tacit_session::{Fault, Link, Party, Session, Stage};
use tacit_share::open::{self, To};
use tacit_share::rank::{self, Lists};
use tacit_share::{Words, activation, linear, truncate};

use crate::demand::Material;
use crate::prepare::{ClearLayer, Linear, Owned, Prepared, Tools};

/// The part of the logits that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The index of the largest logit.
    First,
    /// The indices of the three largest logits, in order.
    Three,
    /// All logits.
    Scores,
}

impl Told {
    /// The bits that are opened for each picture of a model with `labels` labels. A malicious party
    /// learns at most these bits.
    #[must_use]
    pub fn bits(self, labels: usize) -> usize {
        match self {
            Self::First | Self::Three => rank::indices_len(Lists { count: 1, len: labels, width: 1 }, self.places()),
            Self::Scores => u32::BITS as usize * labels,
        }
    }

    /// The number of ranks whose labels are opened.
    fn places(self) -> usize {
        match self {
            Self::First => 1,
            Self::Three => 3,
            Self::Scores => 0,
        }
    }
}

/// The parameters of a run, which both parties have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The number of pictures.
    pub batch: usize,
    /// The part of the logits that is opened.
    pub told: Told,
    /// The parties that learn it.
    pub to: To,
}

impl Task {
    /// The number of lattice keys that the client makes: one for the round, or one for each picture
    /// if scores are opened to the owner, because opened scores may carry bits of a key
    /// ([`tacit_rlwe::linear`]).
    #[must_use]
    pub fn keys(&self, owner: Party) -> usize {
        if self.told == Told::Scores && self.to.is(owner) { self.batch } else { 1 }
    }

    /// Whether a run of `plan` for this task keeps within the limits of
    /// [`load`](tacit_model::load).
    #[must_use]
    pub fn is_affordable(&self, plan: &Plan) -> bool {
        let ranked = match self.told {
            Told::First | Told::Three => true,
            Told::Scores => false,
        };
        plan.affords(self.batch, ranked)
    }
}

/// The answer for one picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The indices of the largest logits, the largest first.
    Places(Vec<usize>),
    /// All logits.
    Scores(Vec<i32>),
    /// The opened bits are no valid indices, because the other party sent wrong shares. The other
    /// party must not learn this.
    Spoiled,
}

/// The input of this party.
pub enum Input<'a> {
    /// The model owner's input.
    Model(&'a Owned),
    /// The client's input: the pixels of all pictures, concatenated.
    Pictures(&'a [u8]),
}

/// Runs a plan. Returns this party's answer for each picture, or `None` if it learns nothing. `at`
/// is called with the index of each step before the step begins.
///
/// # Errors
/// Faults of the link or the peer.
///
/// # Panics
/// When the input or the material belongs to another plan or role.
pub async fn run<L: Link, C: Compute>(
    s: &mut Session<L>,
    tools: &Tools<'_, C>,
    prepared: Prepared,
    plan: &Plan,
    input: Input<'_>,
    mut at: impl FnMut(usize),
) -> Result<Option<Vec<Answer>>, Fault> {
    let side = match input {
        Input::Model(model) => Side::Owner(&model.clear),
        Input::Pictures(pixels) => Side::Client(pixels),
    };
    let mut running = Running::begin(s, prepared, plan, side);
    for index in 0..plan.steps.len() {
        at(index);
        running.step(s, tools, index).await?;
    }
    running.tell(s).await
}

/// The part of a party's input that the steps use.
#[derive(Clone, Copy)]
pub(crate) enum Side<'a> {
    /// The weights of each linear step.
    Owner(&'a [ClearLayer]),
    /// The pixels.
    Client(&'a [u8]),
}

/// A run that advances step by step.
pub(crate) struct Running<'a> {
    plan: &'a Plan,
    task: Task,
    side: Side<'a>,
    layers: Layers,
    values: Values,
}

impl<'a> Running<'a> {
    /// Starts a run. Sends nothing yet.
    ///
    /// # Panics
    /// When the pictures do not have the plan's shape.
    pub(crate) fn begin<L: Link>(s: &mut Session<L>, prepared: Prepared, plan: &'a Plan, side: Side<'a>) -> Self {
        let Prepared { task, linear, pieces } = prepared;
        s.begin();
        s.enter(Stage::Infer);
        let first = match side {
            Side::Owner(_) => Words::zeros(task.batch * plan.input.len()),
            Side::Client(pixels) => {
                assert_eq!(pixels.len(), task.batch * plan.input.len(), "pictures of the plan's shape");
                Words::from_input(pixels.iter().map(|&pixel| pixel.into()).collect())
            }
        };
        let layers = Layers { batch: task.batch, linear: linear.into_iter(), pieces: pieces.into_iter(), layer: 0 };
        Self { plan, task, side, layers, values: Values::new(plan, first) }
    }

    /// Runs the next step, which has this index.
    ///
    /// # Errors
    /// Faults of the link or the peer.
    pub(crate) async fn step<L: Link, C: Compute>(
        &mut self,
        s: &mut Session<L>,
        tools: &Tools<'_, C>,
        index: usize,
    ) -> Result<(), Fault> {
        let step = &self.plan.steps[index];
        let inputs = self.values.take(step, index);
        let output = self.layers.step(s, tools, step, self.side, inputs).await?;
        self.values.push(output);
        Ok(())
    }

    /// Shares of the last step's output.
    pub(crate) fn value(&self) -> &Words {
        self.values.values.last().and_then(Option::as_ref).expect("what no step has taken yet")
    }

    /// Opens the answer after the last step.
    async fn tell<L: Link>(self, s: &mut Session<L>) -> Result<Option<Vec<Answer>>, Fault> {
        self.layers.tell(s, self.plan, self.task, &self.values.last()).await
    }
}

/// Shares of the values that later steps still need.
struct Values {
    values: Vec<Option<Words>>,
    /// For each value, the index of the last step that takes it.
    last_use: Vec<usize>,
}

impl Values {
    fn new(plan: &Plan, picture: Words) -> Self {
        let mut last_use = vec![0; plan.steps.len() + 1];
        for (index, step) in plan.steps.iter().enumerate() {
            step.inputs.iter().for_each(|&input| last_use[input] = index);
        }
        Self { values: vec![Some(picture)], last_use }
    }

    /// The inputs of a step. A value is copied if a later step needs it, and moved otherwise.
    fn take(&mut self, step: &Step, index: usize) -> Vec<Words> {
        let mut take = |(place, &input): (usize, &usize)| {
            let again = self.last_use[input] > index || step.inputs[place + 1..].contains(&input);
            let value =
                if again { self.values[input].as_ref().map(Words::duplicate) } else { self.values[input].take() };
            value.expect("a value that was computed and is needed")
        };
        step.inputs.iter().enumerate().map(&mut take).collect()
    }

    fn push(&mut self, value: Words) {
        self.values.push(Some(value));
    }

    fn last(mut self) -> Words {
        self.values.pop().flatten().expect("a plan has a last step, which nothing takes")
    }
}

/// The correlated randomness that is not yet spent.
struct Layers {
    batch: usize,
    linear: LinearSteps,
    pieces: std::vec::IntoIter<Material>,
    /// The number of linear steps so far.
    layer: usize,
}

enum LinearSteps {
    Owner(std::vec::IntoIter<Vec<linear::OwnerMaterial>>),
    Client(std::vec::IntoIter<Vec<linear::ClientMaterial>>),
}

impl Linear {
    fn into_iter(self) -> LinearSteps {
        match self {
            Self::Owner(steps) => LinearSteps::Owner(steps.into_iter()),
            Self::Client(steps) => LinearSteps::Client(steps.into_iter()),
        }
    }
}

const ENOUGH: &str = "material for every step of the plan";

impl Layers {
    async fn step<L: Link, C: Compute>(
        &mut self,
        s: &mut Session<L>,
        tools: &Tools<'_, C>,
        step: &Step,
        side: Side<'_>,
        mut inputs: Vec<Words>,
    ) -> Result<Words, Fault> {
        let x = inputs.pop().expect("every step takes something");
        match step.op {
            StepOp::Linear { shape, truncate } => {
                let layer = self.layer;
                self.layer += 1;
                let y = match (&mut self.linear, side) {
                    (LinearSteps::Owner(steps), Side::Owner(layers)) => {
                        let (material, model) = (steps.next().expect(ENOUGH), &layers[layer]);
                        linear::receive_input(s, tools.compute, material, &shape, &model.weights, &model.bias, &x)
                            .await?
                    }
                    (LinearSteps::Client(steps), Side::Client(_)) => {
                        linear::send_input(s, steps.next().expect(ENOUGH), &x).await?
                    }
                    _ => panic!("material of the other role"),
                };
                self.truncate(s, y, truncate).await
            }
            StepOp::Max { size, stride, width } => {
                let window = (0..size * size).map(|place| [place / size, place % size]);
                let candidates = window.map(|corner| self.window(&x, step, stride, corner)).collect();
                self.largest(s, candidates, width).await
            }
            StepOp::Relu { width, ceiling } => self.relu(s, x, width, ceiling).await,
            StepOp::Average { size, stride, multiplier, truncate } => {
                let mut sum = Words::zeros(self.batch * step.output.len());
                for place in 0..size * size {
                    sum.add(&self.window(&x, step, stride, [place / size, place % size]));
                }
                sum.scale(multiplier);
                self.truncate(s, sum, truncate).await
            }
            StepOp::Add => {
                let mut sum = x;
                sum.add(&inputs.pop().expect("a sum takes two"));
                Ok(sum)
            }
        }
    }

    /// The number at one position of every window.
    fn window(&self, x: &Words, step: &Step, stride: usize, [row, column]: [usize; 2]) -> Words {
        let Shape { channels, height, width } = step.output;
        let input = step.input;
        let planes = 0..self.batch * channels;
        x.select(planes.flat_map(|plane| {
            let places = (0..height).flat_map(move |y| (0..width).map(move |x| [y, x]));
            places.map(move |[y, x]| (plane * input.height + y * stride + row) * input.width + x * stride + column)
        }))
    }

    /// The elementwise maximum of the candidates, by a tournament: all pairs of a round at once.
    async fn largest<L: Link>(
        &mut self,
        s: &mut Session<L>,
        mut candidates: Vec<Words>,
        width: u32,
    ) -> Result<Words, Fault> {
        while candidates.len() > 1 {
            let left_over = if candidates.len().is_multiple_of(2) { None } else { candidates.pop() };
            let n = candidates[0].len();
            let pairs = candidates.len() / 2;
            let [x, y] = [0, 1].map(|side| Words::join(candidates.iter().skip(side).step_by(2)));
            let Some(Material::Activate(material)) = self.pieces.next() else { panic!("{ENOUGH}") };
            let winners = activation::larger(s, material, &x, &y, width).await?;
            candidates = (0..pairs).map(|pair| winners.select(pair * n..(pair + 1) * n)).chain(left_over).collect();
        }
        Ok(candidates.pop().expect("a window has a place"))
    }

    /// max(x, 0), or min(max(x, 0), ceiling) = max(x, 0) − max(x − ceiling, 0).
    async fn relu<L: Link>(
        &mut self,
        s: &mut Session<L>,
        x: Words,
        width: u32,
        ceiling: Option<tacit_model::Ceiling>,
    ) -> Result<Words, Fault> {
        let Some(Material::Activate(material)) = self.pieces.next() else { panic!("{ENOUGH}") };
        let Some(ceiling) = ceiling else { return activation::relu(s, material, &x, width).await };
        let mut above = x.duplicate();
        above.add_public(s, ceiling.value.wrapping_neg());
        let n = x.len();
        let both =
            activation::relu(s, material, &Words::join([&x, &above].into_iter()), width.max(ceiling.width)).await?;
        let mut y = both.select(0..n);
        y.sub(&both.select(n..2 * n));
        Ok(y)
    }

    async fn truncate<L: Link>(&mut self, s: &mut Session<L>, x: Words, bits: u32) -> Result<Words, Fault> {
        if bits == 0 {
            return Ok(x);
        }
        let Some(Material::Truncate(material)) = self.pieces.next() else { panic!("{ENOUGH}") };
        truncate::truncate(s, material, &x, bits).await
    }

    /// Opens the part of the logits that the task names.
    async fn tell<L: Link>(
        mut self,
        s: &mut Session<L>,
        plan: &Plan,
        task: Task,
        logits: &Words,
    ) -> Result<Option<Vec<Answer>>, Fault> {
        let lists = Lists { count: task.batch, len: plan.logits(), width: plan.logits_width() };
        let indices = match self.pieces.next() {
            None => {
                s.enter(Stage::Reveal);
                let scores = open::reveal_words_to(s, task.to, logits).await?;
                let of_picture = |scores: &[u32]| Answer::Scores(scores.iter().map(|x| x.cast_signed()).collect());
                return Ok(scores.map(|scores| scores.chunks_exact(lists.len).map(of_picture).collect()));
            }
            Some(Material::First(material)) => rank::indices(lists, &rank::places(s, material, lists, logits).await?),
            Some(Material::Three(material)) => rank::indices(lists, &rank::places(s, material, lists, logits).await?),
            Some(_) => panic!("{ENOUGH}"),
        };
        s.enter(Stage::Reveal);
        let opened = open::reveal_to(s, task.to, &indices).await?;
        let read = |opened: Bits| rank::read_indices(lists, task.told.places(), &opened);
        let answer = |places: Option<Vec<usize>>| places.map_or(Answer::Spoiled, Answer::Places);
        Ok(opened.map(|opened| read(opened).into_iter().map(answer).collect()))
    }
}

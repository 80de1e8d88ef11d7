//! Everything that a run needs and that does not depend on the picture.
//!
//! *Computes*: for every linear step and picture the client's `W·r − s` and the owner's s ([`tacit_share::linear`]); for every
//! truncation, comparison and place the random products that it spends. *From*: Mishra et al., *Delphi*, 2020, for what is done
//! before and what after; each part names its own source. *Security*: semi-honest, that of its parts; nothing that is sent
//! depends on a picture. *Cost*: [`crate::cost::prepare`]. *Deviations*: the client asks for all layers at once and the owner answers
//! one by one, so both are at work at the same time; transfers are made and turned into material in portions that overlap, so that
//! memory does not grow with the model and nobody waits for the link.

use tacit_compute::{Compute, Cpu, Kernels, Resident};
use tacit_ot::Engine;
use tacit_ring::Tensor;
use tacit_rlwe::{Context, Packing, PublicKey, SecretKey};
use tacit_session::{Fault, Link, Session, Stage};
use tacit_share::linear::{self, ClientMaterial, OwnerMaterial, Role};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::demand::Material;
use crate::run::Task;
use crate::supply::Supply;
use crate::{Plan, Refusal, StepOp, Weights};

/// A model as its owner runs it: weights as ring elements, and transformed for products under encryption. Made once.
pub struct Owned {
    layers: Vec<OwnedLayer>,
    pub(crate) clear: Vec<ClearLayer>,
}

/// One linear step of an [`Owned`] model, for products under encryption.
struct OwnedLayer {
    packing: Packing,
    transformed: tacit_rlwe::Weights,
}

/// One linear step of an [`Owned`] model, for products in the clear.
pub(crate) struct ClearLayer {
    pub(crate) weights: Resident,
    pub(crate) bias: Zeroizing<Vec<u32>>,
}

impl ClearLayer {
    pub(crate) fn all(weights: &Weights) -> Vec<Self> {
        let layers = weights.layers.iter();
        layers.map(|layer| Self { weights: Resident::new(layer.words()), bias: layer.bias.clone().into() }).collect()
    }
}

impl Owned {
    /// Makes a model ready for its owner. Takes some milliseconds for each million products, once.
    ///
    /// # Errors
    /// [`Refusal`] where the noise of a layer could not be hidden; [`quantise`](crate::quantise::quantise) refuses these
    /// before.
    ///
    /// # Panics
    /// When the weights are another plan's.
    pub fn new(context: &Context, kernels: &impl Kernels, plan: &Plan, weights: &Weights) -> Result<Self, Refusal> {
        let names = plan.steps.iter().filter(|step| matches!(step.op, StepOp::Linear { .. })).map(|step| &step.name);
        let layers = packings(plan).zip(names).zip(&weights.layers).map(|((packing, name), layer)| {
            let transformed = tacit_rlwe::Weights::new(context, kernels, &packing, &layer.weights).map_err(|_| {
                Refusal::new(name, "Its weights are too large to be hidden.", "Make its weights smaller.")
            })?;
            Ok::<_, Refusal>(OwnedLayer { packing, transformed })
        });
        Ok(Self { layers: layers.collect::<Result<_, _>>()?, clear: ClearLayer::all(weights) })
    }
}

/// How each linear step is packed.
pub(crate) fn packings(plan: &Plan) -> impl Iterator<Item = Packing> {
    plan.steps.iter().filter_map(|step| match &step.op {
        // A plan is only a plan if every layer fits.
        StepOp::Linear { shape, .. } => Some(Packing::convolution(shape).expect("a layer that fits into polynomials")),
        _ => None,
    })
}

/// The keys of a pairing: this party's own, made when it first has a picture, and the other's. They serve every run.
#[derive(Default)]
pub struct Keys {
    mine: Option<SecretKey>,
    theirs: Option<PublicKey>,
}

impl Keys {
    /// Whether a run in this role needs no new key.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        match role {
            Role::Owner => self.theirs.is_some(),
            Role::Client => self.mine.is_some(),
        }
    }
}

/// Material for one run. Spent by value.
pub struct Prepared {
    pub(crate) task: Task,
    pub(crate) linear: Linear,
    /// Step by step, and for the answer at the end.
    pub(crate) pieces: Vec<Material>,
}

/// Material of the linear steps, step by step and picture by picture.
pub(crate) enum Linear {
    Owner(Vec<Vec<OwnerMaterial>>),
    Client(Vec<Vec<ClientMaterial>>),
}

impl Prepared {
    /// The run that it is for.
    #[must_use]
    pub fn task(&self) -> Task {
        self.task
    }
}

/// What the parties have and share while they prepare and run.
pub struct Tools<'a, C> {
    /// The ring of the lattice encryption.
    pub context: &'a Context,
    /// What does the owner's products and convolutions. What the client does is little, and done by the processor.
    pub compute: &'a C,
}

#[expect(clippy::too_many_arguments, reason = "what two parties have, and what one run takes")]
/// Prepares one run. The owner has a `model`, the client none. See the [module](self).
///
/// # Errors
/// The link's and the peer's.
pub async fn prepare<L: Link, C: Compute>(
    s: &mut Session<L>,
    tools: &Tools<'_, C>,
    engine: &mut Engine,
    keys: &mut Keys,
    plan: &Plan,
    model: Option<&Owned>,
    task: Task,
    rng: &mut Prg,
) -> Result<Prepared, Fault> {
    s.begin();
    s.enter(Stage::Correlate);
    let mut supply = Supply::new(plan, task);
    // 1. Products of the weights, under encryption.
    let linear = match model {
        Some(model) => Linear::Owner(answer(s, tools, keys, model, task.batch, rng).await?),
        None => {
            let key = match &mut keys.mine {
                Some(key) => key,
                none => none.insert(linear::send_key(s, tools.context, &Cpu, rng).await?),
            };
            let asked = ask(s, tools.context, key, plan, task.batch, rng).await?;
            // While the owner multiplies.
            supply.begin(s, engine).await?;
            s.enter(Stage::Correlate);
            Linear::Client(receive(s, tools.context, key, asked).await?)
        }
    };
    // 2. Transfers, and what is made of them.
    let pieces = supply.finish(s, engine).await?;
    Ok(Prepared { task, linear, pieces })
}

/// A linear step, and the client's r for each picture.
type Asked = (Packing, Vec<Tensor<u32>>);

/// The client's side of the linear steps: all questions.
async fn ask<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    key: &SecretKey,
    plan: &Plan,
    batch: usize,
    rng: &mut Prg,
) -> Result<Vec<Asked>, Fault> {
    let mut asked = Vec::new();
    for packing in packings(plan) {
        let mut layer = Vec::with_capacity(batch);
        for _ in 0..batch {
            layer.push(linear::ask(s, context, &Cpu, key, &packing, rng).await?);
        }
        asked.push((packing, layer));
    }
    Ok(asked)
}

/// The client's side of the linear steps: the answers to all questions.
async fn receive<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    key: &SecretKey,
    asked: Vec<Asked>,
) -> Result<Vec<Vec<ClientMaterial>>, Fault> {
    let mut material = Vec::with_capacity(asked.len());
    for (packing, asked) in asked {
        let mut layer = Vec::with_capacity(asked.len());
        for r in asked {
            layer.push(linear::receive_products(s, context, &Cpu, key, &packing, r).await?);
        }
        material.push(layer);
    }
    Ok(material)
}

/// The owner's side of the linear steps.
async fn answer<L: Link, C: Compute>(
    s: &mut Session<L>,
    tools: &Tools<'_, C>,
    keys: &mut Keys,
    model: &Owned,
    batch: usize,
    rng: &mut Prg,
) -> Result<Vec<Vec<OwnerMaterial>>, Fault> {
    let Tools { context, compute } = *tools;
    let key = match &mut keys.theirs {
        Some(key) => key,
        none => none.insert(linear::receive_key(s, context).await?),
    };
    let mut material = Vec::new();
    for OwnedLayer { packing, transformed } in &model.layers {
        let mut layer = Vec::with_capacity(batch);
        for _ in 0..batch {
            layer.push(linear::answer(s, context, compute, key, packing, transformed, rng).await?);
        }
        material.push(layer);
    }
    Ok(material)
}

//! The offline phase: the correlated randomness of a run, which does not depend on the picture.
//!
//! *Computes*: for every linear step and picture the client's `W·r − s` and the owner's s
//! ([`tacit_share::linear`]); for every truncation, comparison and rank the random transfers and
//! triples that it spends. *From*: the split into an offline and an online phase is that of Mishra
//! et al., *Delphi*, 2020; each part names its own source. *Security*: that of its parts; no
//! message depends on a picture. A lattice key serves one run, or one picture of it
//! ([`Task::keys`]). *Cost*: [`crate::cost::prepare`]. *Deviations*: the client sends the requests
//! of all layers at once and the owner answers them one by one, so both compute at the same time.
//! Random transfers are made and turned into material in overlapping portions, so memory does not
//! grow with the model and no party waits for the link.

use tacit_compute::{Compute, Cpu, Kernels, Resident};
use tacit_model::{Plan, StepOp, Weights};
use tacit_ot::Engine;
use tacit_ring::Tensor;
use tacit_rlwe::{Context, Packing, SecretKey};
use tacit_session::{Fault, Link, Session, Stage};
use tacit_share::linear::{self, ClientMaterial, OwnerMaterial};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::demand::Material;
use crate::run::Task;
use crate::supply::Supply;

/// The owner's form of a model, made once: weights as ring elements, and weights transformed for
/// products under encryption.
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
    /// Transforms the weights. Takes some milliseconds for each million products.
    ///
    /// # Panics
    /// When the weights belong to another plan.
    #[must_use]
    pub fn new(context: &Context, kernels: &impl Kernels, plan: &Plan, weights: &Weights) -> Self {
        let layers = packings(plan).zip(&weights.layers).map(|(packing, layer)| {
            let transformed = tacit_rlwe::Weights::new(context, kernels, &packing, &layer.weights);
            OwnedLayer { packing, transformed }
        });
        Self { layers: layers.collect(), clear: ClearLayer::all(weights) }
    }
}

/// The packing of each linear step.
pub(crate) fn packings(plan: &Plan) -> impl Iterator<Item = Packing> {
    plan.steps.iter().filter_map(|step| match &step.op {
        // A runnable plan has only layers that fit.
        StepOp::Linear { shape, .. } => Some(Packing::convolution(shape).expect("a layer that fits into polynomials")),
        _ => None,
    })
}

/// The correlated randomness of one run. Spent by value.
pub struct Prepared {
    pub(crate) task: Task,
    pub(crate) linear: Linear,
    /// For each step, and for the answer at the end.
    pub(crate) pieces: Vec<Material>,
}

/// Material of the linear steps, for each step and each picture.
pub(crate) enum Linear {
    Owner(Vec<Vec<OwnerMaterial>>),
    Client(Vec<Vec<ClientMaterial>>),
}

impl Prepared {
    /// The task that it was prepared for.
    #[must_use]
    pub fn task(&self) -> Task {
        self.task
    }
}

/// The tools that a party computes with in both phases.
pub struct Tools<'a, C> {
    /// The ring of the lattice encryption.
    pub context: &'a Context,
    /// The back end for the owner's products and convolutions. The client has little to compute and
    /// uses the processor.
    pub compute: &'a C,
}

/// Prepares one run. The owner passes its `model`, the client `None`. See the [module](self).
///
/// # Errors
/// Faults of the link or the peer.
pub async fn prepare<L: Link, C: Compute>(
    s: &mut Session<L>,
    tools: &Tools<'_, C>,
    engine: &mut Engine,
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
        Some(model) => Linear::Owner(answer(s, tools, model, task, rng).await?),
        None => {
            let (keys, asked) = ask(s, tools.context, plan, task, rng).await?;
            // The owner multiplies meanwhile.
            supply.begin(s, engine).await?;
            s.enter(Stage::Correlate);
            Linear::Client(receive(s, tools.context, &keys, asked).await?)
        }
    };
    // 2. Random transfers, and the material that is made of them.
    let pieces = supply.finish(s, engine).await?;
    Ok(Prepared { task, linear, pieces })
}

/// A linear step, and the client's r for each picture.
type Asked = (Packing, Vec<Tensor<u32>>);

/// The client's side of the linear steps: sends its keys and all requests.
async fn ask<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    plan: &Plan,
    task: Task,
    rng: &mut Prg,
) -> Result<(Vec<SecretKey>, Vec<Asked>), Fault> {
    let (mut keys, mut asked) = (Vec::new(), Vec::new());
    if packings(plan).next().is_none() {
        return Ok((keys, asked));
    }
    let origin = linear::receive_nonce(s).await?;
    for _ in 0..task.keys(s.party().other()) {
        keys.push(linear::send_key(s, context, &Cpu, origin, rng).await?);
    }
    for packing in packings(plan) {
        let mut layer = Vec::with_capacity(task.batch);
        for key in keys.iter().cycle().take(task.batch) {
            layer.push(linear::ask(s, context, &Cpu, key, &packing, rng).await?);
        }
        asked.push((packing, layer));
    }
    Ok((keys, asked))
}

/// The client's side of the linear steps: receives the responses to all requests.
async fn receive<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    keys: &[SecretKey],
    asked: Vec<Asked>,
) -> Result<Vec<Vec<ClientMaterial>>, Fault> {
    let mut material = Vec::with_capacity(asked.len());
    for (packing, asked) in asked {
        let mut layer = Vec::with_capacity(asked.len());
        for (r, key) in asked.into_iter().zip(keys.iter().cycle()) {
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
    model: &Owned,
    task: Task,
    rng: &mut Prg,
) -> Result<Vec<Vec<OwnerMaterial>>, Fault> {
    let Tools { context, compute } = *tools;
    let mut material = Vec::new();
    if model.layers.is_empty() {
        return Ok(material);
    }
    let origin = linear::send_nonce(s, rng).await?;
    let mut keys = Vec::new();
    for _ in 0..task.keys(s.party()) {
        keys.push(linear::receive_key(s, context, origin).await?);
    }
    for OwnedLayer { packing, transformed } in &model.layers {
        let mut layer = Vec::with_capacity(task.batch);
        for key in keys.iter().cycle().take(task.batch) {
            layer.push(linear::answer(s, context, compute, key, packing, transformed, rng).await?);
        }
        material.push(layer);
    }
    Ok(material)
}

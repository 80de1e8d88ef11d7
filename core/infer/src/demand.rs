//! The list of correlated randomness that a plan takes. Offline phase, online phase and declared
//! cost all follow this one list.

use tacit_model::{Plan, Step, StepOp};
use tacit_ot::Pool;
use tacit_session::Party;
use tacit_share::material::Transfers;
use tacit_share::rank::{self, Lists};
use tacit_share::{activation, truncate};

use crate::run::{Task, Told};

/// One item of the list; items are spent in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Truncate { n: usize },
    Activate { width: u32, n: usize },
    First { lists: Lists },
    Three { lists: Lists },
}

/// The material of a piece.
pub(crate) enum Material {
    Truncate(truncate::Material),
    Activate(activation::Material),
    First(rank::Material<1>),
    Three(rank::Material<3>),
}

impl Piece {
    pub(crate) fn transfers(self) -> Transfers {
        match self {
            Self::Truncate { n } => truncate::Material::transfers(n),
            Self::Activate { width, n } => activation::Material::transfers(width, n),
            Self::First { lists } => rank::Material::<1>::transfers(lists),
            Self::Three { lists } => rank::Material::<3>::transfers(lists),
        }
    }

    pub(crate) fn material(self, party: Party, pool: &mut Pool) -> Material {
        match self {
            Self::Truncate { n } => Material::Truncate(truncate::Material::from_pool(party, pool, n)),
            Self::Activate { width, n } => Material::Activate(activation::Material::from_pool(party, pool, width, n)),
            Self::First { lists } => Material::First(rank::Material::from_pool(party, pool, lists)),
            Self::Three { lists } => Material::Three(rank::Material::from_pool(party, pool, lists)),
        }
    }

    /// Splits the piece into portions of about `most` transfers in each direction at most, which
    /// fit into one message.
    pub(crate) fn portions(self, most: usize) -> impl Iterator<Item = Self> {
        let (n, make): (usize, fn(Self, usize) -> Self) = match self {
            Self::Truncate { n } => (n, |_, n| Self::Truncate { n }),
            Self::Activate { n, .. } => (n, |piece, n| match piece {
                Self::Activate { width, .. } => Self::Activate { width, n },
                other => other,
            }),
            Self::First { .. } | Self::Three { .. } => (1, |piece, _| piece),
        };
        let Transfers { alice, bob } = make(self, 1).transfers();
        let portion = (most / alice.max(bob).max(1)).max(1);
        (0..n).step_by(portion).map(move |start| make(self, portion.min(n - start)))
    }
}

impl Material {
    /// Appends another portion of the same piece.
    ///
    /// # Panics
    /// When the portion belongs to another piece.
    pub(crate) fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Truncate(mine), Self::Truncate(other)) => mine.append(other),
            (Self::Activate(mine), Self::Activate(other)) => mine.append(other),
            _ => panic!("portions of one piece"),
        }
    }
}

/// The pieces that one step takes for `batch` pictures.
pub(crate) fn of_step(step: &Step, batch: usize) -> Vec<Piece> {
    let n = batch * step.output.len();
    let truncation = |truncate| (truncate > 0).then_some(Piece::Truncate { n });
    match step.op {
        StepOp::Linear { truncate, .. } | StepOp::Average { truncate, .. } => {
            truncation(truncate).into_iter().collect()
        }
        StepOp::Max { size, width, .. } => {
            rounds(size * size).map(|pairs| Piece::Activate { width, n: pairs * n }).collect()
        }
        StepOp::Relu { width, ceiling: None } => vec![Piece::Activate { width, n }],
        // Both of max(x, 0) and max(x − ceiling, 0) at once.
        StepOp::Relu { width, ceiling: Some(ceiling) } => {
            vec![Piece::Activate { width: width.max(ceiling.width), n: 2 * n }]
        }
        StepOp::Add => Vec::new(),
    }
}

/// The piece that the answer takes, if any.
pub(crate) fn of_answer(plan: &Plan, task: Task) -> Option<Piece> {
    let lists = Lists { count: task.batch, len: plan.logits(), width: plan.logits_width() };
    match task.told {
        Told::First => Some(Piece::First { lists }),
        Told::Three => Some(Piece::Three { lists }),
        Told::Scores => None,
    }
}

/// The number of pairs in each round of a tournament of `n` candidates.
pub(crate) fn rounds(n: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(n), |n| Some(n.div_ceil(2))).take_while(|&n| n > 1).map(|n| n / 2)
}

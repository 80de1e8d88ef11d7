//! Material: the correlated randomness that gates spend, made out of random oblivious transfers
//! before any input exists.

use std::ops::{Add, Mul};

use tacit_ot::{Engine, Pool, ReceiverProducts, SenderProducts};
use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Party, Session};

/// Random transfers that something takes, by who sends them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfers {
    /// Sent by Alice.
    pub alice: usize,
    /// Sent by Bob.
    pub bob: usize,
}

impl Transfers {
    /// The number of transfers that `party` sends, and the number that it receives.
    #[must_use]
    pub fn of(self, party: Party) -> (usize, usize) {
        match party {
            Party::Alice => (self.alice, self.bob),
            Party::Bob => (self.bob, self.alice),
        }
    }
}

impl Add for Transfers {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { alice: self.alice + other.alice, bob: self.bob + other.bob }
    }
}

/// An amount of material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Private ANDs.
    pub private: usize,
    /// ANDs of width 2: pairs of products that share an operand.
    pub pairs: usize,
}

impl Mul<usize> for Demand {
    type Output = Self;
    fn mul(self, n: usize) -> Self {
        Self { private: self.private * n, pairs: self.pairs * n }
    }
}

/// One party's random bit products with the roles that a private AND needs: `s·δ = u ⊕ v`.
pub enum PrivateProducts {
    /// Alice's half: she was the transfers' receiver.
    Alice {
        /// Her random bits.
        s: Bits,
        /// Her shares of the products.
        u: Bits,
    },
    /// Bob's half: he was the sender.
    Bob {
        /// His random bits.
        delta: Bits,
        /// His shares of the products.
        v: Bits,
    },
}

impl PrivateProducts {
    /// The one-time pad for this party's input.
    #[must_use]
    pub fn mask(&self) -> &Bits {
        match self {
            Self::Alice { s, .. } => s,
            Self::Bob { delta, .. } => delta,
        }
    }

    /// Takes the first `n` off the front.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn take(&mut self, n: usize) -> Self {
        match self {
            Self::Alice { s, u } => Self::Alice { s: s.take_front(n), u: u.take_front(n) },
            Self::Bob { delta, v } => Self::Bob { delta: delta.take_front(n), v: v.take_front(n) },
        }
    }
}

/// Shares of random `a`, `b_1, …, b_W` and of `c_j = a·b_j`. Spent by value: a triple that is used
/// twice reveals its operands.
pub struct Triples<const W: usize> {
    /// Shares of the common operand.
    pub a: Bits,
    /// Shares of the other operands.
    pub b: [Bits; W],
    /// Shares of the products.
    pub c: [Bits; W],
}

impl<const W: usize> Triples<W> {
    /// Joins two random products, one in each direction, into triples.
    ///
    /// *Computes*: with `a = s_A ⊕ s_B` and `b = δ_A ⊕ δ_B`, `a·b = s_A·δ_A ⊕ s_B·δ_B ⊕ (u_A ⊕ v_B)
    /// ⊕ (u_B ⊕ v_A)`, so each party's share of `c` is `s·δ ⊕ u ⊕ v` of its own values. *From*:
    /// Asharov, Lindell, Schneider, Zohner 2013. Local.
    #[must_use]
    pub fn from_products(received: ReceiverProducts<W>, sent: SenderProducts<W>) -> Self {
        let ReceiverProducts { s, u } = received;
        let SenderProducts { delta, v } = sent;
        let c = std::array::from_fn(|j| {
            let mut c = &s & &delta[j];
            c ^= &u[j];
            c ^= &v[j];
            c
        });
        Self { a: s, b: delta, c }
    }

    /// The transfers that `n` triples take.
    #[must_use]
    pub fn transfers(n: usize) -> Transfers {
        Transfers { alice: n, bob: n }
    }

    /// `n` triples out of a pool.
    ///
    /// # Panics
    /// When the pool holds too little.
    #[must_use]
    pub fn from_pool(pool: &mut Pool, n: usize) -> Self {
        let received = pool.receiver_products(n);
        Self::from_products(received, pool.sender_products(n))
    }

    /// Appends `other`.
    pub fn append(&mut self, other: &Self) {
        self.a.append(&other.a);
        self.b.iter_mut().zip(&other.b).for_each(|(mine, other)| mine.append(other));
        self.c.iter_mut().zip(&other.c).for_each(|(mine, other)| mine.append(other));
    }

    /// Takes the first `n` off the front.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn take(&mut self, n: usize) -> Self {
        Self {
            a: self.a.take_front(n),
            b: self.b.each_mut().map(|b| b.take_front(n)),
            c: self.c.each_mut().map(|c| c.take_front(n)),
        }
    }
}

/// Material for one computation.
pub struct Material {
    /// For private ANDs.
    pub private: PrivateProducts,
    /// For ANDs of width 2.
    pub pairs: Triples<2>,
}

impl Material {
    /// Takes what `demand` says off the front.
    ///
    /// # Panics
    /// When there is less.
    #[must_use]
    pub fn take(&mut self, demand: Demand) -> Self {
        Self { private: self.private.take(demand.private), pairs: self.pairs.take(demand.pairs) }
    }
}

/// The numbers of transfers that `demand` takes with `party` as sender and as receiver.
fn transfers(party: Party, demand: Demand) -> (usize, usize) {
    Transfers { alice: demand.pairs, bob: demand.private + demand.pairs }.of(party)
}

/// Makes material out of the engine's random transfers.
///
/// *Computes*: private products from one transfer each, triples from two, one in each direction.
/// *From*: Goldreich–Micali–Wigderson 1987; Asharov et al. 2013. *Security*: that of the engine;
/// the rest is local. A corrupted party may choose its own half of this material; the other half is
/// uniform apart from the relation. *Cost*: [`prepare_cost`]: one round. *Deviations*: none.
///
/// # Errors
/// The engine's.
pub async fn prepare<L: Link>(s: &mut Session<L>, engine: &mut Engine, demand: Demand) -> Result<Material, Fault> {
    let (as_sender, as_receiver) = transfers(s.party(), demand);
    let mut pool = engine.extend(s, as_sender, as_receiver).await?;
    let private = match s.party() {
        Party::Alice => {
            let ReceiverProducts { s, u: [u] } = pool.receiver_products(demand.private);
            PrivateProducts::Alice { s, u }
        }
        Party::Bob => {
            let SenderProducts { delta: [delta], v: [v] } = pool.sender_products(demand.private);
            PrivateProducts::Bob { delta, v }
        }
    };
    Ok(Material { private, pairs: Triples::from_pool(&mut pool, demand.pairs) })
}

/// The cost of [`prepare`] for `party`.
#[must_use]
pub fn prepare_cost(party: Party, demand: Demand) -> Cost {
    let (as_sender, as_receiver) = transfers(party, demand);
    Engine::extend_cost(as_sender, as_receiver)
}

//! How fast gates are here, for one thread that plays both parties.
//!
//! | `bench` | `variant` | `unit` |
//! |---|---|---|
//! | `and` | `online`: material at hand | gates/s |
//! | `and` | `with material`: transfers and triples included | gates/s |
//! | `compare` | `online`: 256 at once, 64 bits each, material at hand | comparisons/s |

use std::hint::black_box;

use tacit_measure::{Row, per_second};
use tacit_ot::Engine;
use tacit_ring::Bits;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Fault, Party, Session};
use tacit_symmetric::Prg;

use crate::material::{self, Demand, Material, PrivateProducts, Triples};
use crate::{Shared, and, compare};

/// Pairs of gates at once: a layer of a small network.
const PAIRS: usize = 1 << 15;

/// Comparisons at once.
const COMPARISONS: usize = 256;

/// Measures everything. `clock` gives milliseconds; `emit` gets each row as soon as it is known.
///
/// # Errors
/// None that two honest parties in one process meet.
pub fn all(clock: &dyn Fn() -> f64, emit: &mut dyn FnMut(&Row)) -> Result<(), Fault> {
    let mut row = |bench, variant: &str, value, unit| emit(&Row { bench, variant: variant.into(), value, unit });
    let (a, b) = lockstep::queues();
    let (alice, bob) = lockstep::join(Side::new(Party::Alice, a), Side::new(Party::Bob, b));
    let (mut alice, mut bob) = (alice?, bob?);

    let times = per_second(clock, || {
        honest(lockstep::join(alice.gates(zeros(PAIRS)), bob.gates(zeros(PAIRS))));
    });
    row("and", "online", 2.0 * PAIRS as f64 * times, "gates/s");

    let times = per_second(clock, || {
        honest(lockstep::join(alice.gates_from_scratch(), bob.gates_from_scratch()));
    });
    row("and", "with material", 2.0 * PAIRS as f64 * times, "gates/s");

    let times = per_second(clock, || {
        honest(lockstep::join(alice.comparisons(), bob.comparisons()));
    });
    row("compare", "online", COMPARISONS as f64 * times, "comparisons/s");
    Ok(())
}

/// Two honest parties in one process meet no fault.
fn honest<A, B>((alice, bob): (Result<A, Fault>, Result<B, Fault>)) {
    black_box((alice.expect("an honest peer"), bob.expect("an honest peer")));
}

/// Triples of zeros: they are triples, and arithmetic does not look.
fn zeros(n: usize) -> Triples<2> {
    let pair = || [Bits::zeros(n), Bits::zeros(n)];
    Triples { a: Bits::zeros(n), b: pair(), c: pair() }
}

/// One party.
struct Side {
    session: Session<QueueLink>,
    engine: Engine,
}

impl Side {
    async fn new(party: Party, link: QueueLink) -> Result<Self, Fault> {
        let mut session = Session::new(party, link);
        let mut engine = Engine::setup(&mut session, &mut Prg::from_seed([party as u8; 32])).await?;
        // The trees travel with the first extension.
        engine.extend(&mut session, 1, 1).await?;
        Ok(Self { session, engine })
    }

    async fn gates(&mut self, triples: Triples<2>) -> Result<[Shared; 2], Fault> {
        let x = Shared::from_input(&Bits::zeros(PAIRS));
        and::and(&mut self.session, triples, &x, [&x, &x]).await
    }

    async fn gates_from_scratch(&mut self) -> Result<[Shared; 2], Fault> {
        let demand = Demand { private: 0, pairs: PAIRS };
        let material = material::prepare(&mut self.session, &mut self.engine, demand).await?;
        self.gates(material.pairs).await
    }

    async fn comparisons(&mut self) -> Result<(Shared, Shared), Fault> {
        let demand = compare::demand(COMPARISONS);
        let bits = || Bits::zeros(demand.private);
        let private = match self.session.party() {
            Party::Alice => PrivateProducts::Alice { s: bits(), u: bits() },
            Party::Bob => PrivateProducts::Bob { delta: bits(), v: bits() },
        };
        let material = Material { private, pairs: zeros(demand.pairs) };
        compare::less_and_equal(&mut self.session, material, &[7; COMPARISONS]).await
    }
}

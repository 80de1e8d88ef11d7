//! How fast gates are here, for one thread that plays both parties.
//!
//! | `bench` | `variant` | `unit` |
//! |---|---|---|
//! | `and` | `online`: material at hand | gates/s |
//! | `and` | `with material`: transfers and triples included | gates/s |
//! | `compare` | `online`: 256 at once, 64 bits each, material at hand | comparisons/s |
//! | `relu` | `online`, `with material`: 4096 at once, 14 bits each; with material, transfers included | words/s |
//! | `truncate` | `with material`: 4096 at once by 12 bits | words/s |
//! | `encrypted product` | `ask`, `answer`, `finish`: a convolution 16 to 16, 5×5 on 12×12 | ms |

use std::hint::black_box;

use futures::FutureExt as _;
use tacit_compute::{Convolution, Cpu};
use tacit_measure::{Row, per_second};
use tacit_ot::{Engine, Pool};
use tacit_ring::Bits;
use tacit_rlwe::{Context, Origin, Packing, PublicKey, SecretKey, Weights, linear as rlwe};
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Fault, Party, Session};
use tacit_symmetric::Prg;

use crate::material::{self, Demand, Material, PrivateProducts, Transfers, Triples};
use crate::{Shared, Words, activation, and, compare, truncate};

/// Pairs of gates at once: a layer of a small network.
const PAIRS: usize = 1 << 15;

/// Comparisons at once.
const COMPARISONS: usize = 256;

/// Words at once, and the bits of each.
const WORDS: usize = 4096;
const WIDTH: u32 = 14;
/// Bits that are truncated.
const FRACTION: u32 = 12;

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

    let times = per_second(clock, || {
        honest(lockstep::join(alice.relu(), bob.relu()));
    });
    row("relu", "with material", WORDS as f64 * times, "words/s");
    // The material is made outside of the measured time.
    let (mut spent, mut runs) = (0.0, 0.0);
    while spent < 200.0 {
        let (a, b) = lockstep::join(alice.relu_material(), bob.relu_material());
        let (a, b) = (a?, b?);
        let began = clock();
        honest(lockstep::join(alice.relu_with(a), bob.relu_with(b)));
        spent += clock() - began;
        runs += 1.0;
    }
    row("relu", "online", WORDS as f64 * runs * 1e3 / spent, "words/s");

    let times = per_second(clock, || {
        honest(lockstep::join(alice.truncation(), bob.truncation()));
    });
    row("truncate", "with material", WORDS as f64 * times, "words/s");

    encrypted_product(clock, &mut row);
    Ok(())
}

/// Both sides of a layer's product under encryption, without the link between.
fn encrypted_product(clock: &dyn Fn() -> f64, row: &mut dyn FnMut(&'static str, &str, f64, &'static str)) {
    let shape = Convolution { channels: 16, height: 12, width: 12, filters: 16, kernel: [5; 2], stride: 1, padding: 0 };
    let (context, mut rng) = (Context::new(), Prg::from_seed([1; 32]));
    let packing = Packing::convolution(&shape).expect("a layer that fits");
    let origin = Origin::new(0, rng.bytes());
    let key = SecretKey::generate(&context, &Cpu, origin, &mut rng);
    let public = key.public_key(&context, &Cpu, &mut rng);
    let public = PublicKey::from_bytes(&context, origin, &public).expect("our own key");
    let weights = Weights::new(&context, &Cpu, &packing, &vec![100; shape.weights()]);
    let r = vec![7; shape.inputs()];
    let ask = |rng: &mut Prg| rlwe::request(&context, &Cpu, &key, &packing, &r, rng);
    let request = ask(&mut rng);
    let answer = |rng: &mut Prg| {
        let answer = rlwe::respond(&context, &Cpu, &public, &packing, &weights, &request, rng);
        answer.now_or_never().expect("the processor answers at once").expect("our own request")
    };
    let (response, _) = answer(&mut rng);
    let times = per_second(clock, || drop(black_box(ask(&mut rng))));
    row("encrypted product", "ask", 1e3 / times, "ms");
    let times = per_second(clock, || drop(black_box(answer(&mut rng))));
    row("encrypted product", "answer", 1e3 / times, "ms");
    let times = per_second(clock, || {
        black_box(rlwe::finish(&context, &Cpu, &key, &packing, &response).expect("our own response"));
    });
    row("encrypted product", "finish", 1e3 / times, "ms");
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

    async fn pool(&mut self, transfers: Transfers) -> Result<Pool, Fault> {
        let (as_sender, as_receiver) = transfers.of(self.session.party());
        self.engine.extend(&mut self.session, as_sender, as_receiver).await
    }

    async fn relu_material(&mut self) -> Result<activation::Material, Fault> {
        let mut pool = self.pool(activation::Material::transfers(WIDTH, WORDS)).await?;
        Ok(activation::Material::from_pool(self.session.party(), &mut pool, WIDTH, WORDS))
    }

    async fn relu_with(&mut self, material: activation::Material) -> Result<Words, Fault> {
        activation::relu(&mut self.session, material, &Words::zeros(WORDS), WIDTH).await
    }

    async fn relu(&mut self) -> Result<Words, Fault> {
        let material = self.relu_material().await?;
        self.relu_with(material).await
    }

    async fn truncation(&mut self) -> Result<Words, Fault> {
        let mut pool = self.pool(truncate::Material::transfers(WORDS)).await?;
        let material = truncate::Material::from_pool(self.session.party(), &mut pool, WORDS);
        truncate::truncate(&mut self.session, material, &Words::zeros(WORDS), FRACTION).await
    }
}

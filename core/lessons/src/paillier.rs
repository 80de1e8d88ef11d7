//! A lesson on sums under encryption: with a toy key that a reader can follow, and with a real key,
//! whose run time is measured.

use serde::{Deserialize, Serialize};
use tacit_paillier::linear::{self, Format, Model};
use tacit_paillier::{BITS, Ciphertext, Error, Number, PublicKey, SecretKey};
use tacit_session::{Cost, Fault, Link, Malformed, Message, Party, Session, Tag};
use tacit_symmetric::Prg;

use crate::message::one_way;
use crate::party::{self, Aside, Report, Run, Task};
use crate::{Clock, Crossed};

macro_rules! messages {
    ($($(#[doc = $doc:literal])+ $name:ident, $tag:ident;)+) => {$(
        $(#[doc = $doc])+
        struct $name(Vec<u8>);

        impl Message for $name {
            const TAG: Tag = Tag::$tag;
            /// The length in bytes.
            type Shape = usize;

            fn encode(&self) -> Vec<u8> {
                self.0.clone()
            }

            fn decode(body: &[u8], len: usize) -> Result<Self, Malformed> {
                if body.len() == len { Ok(Self(body.to_vec())) } else { Err(Malformed) }
            }
        }

        impl From<Vec<u8>> for $name {
            fn from(bytes: Vec<u8>) -> Self {
                Self(bytes)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
    )+};
}

messages! {
    /// n and g.
    Key, PublicKey;
    /// Ciphertexts that only the key's owner can decrypt.
    Sealed, Encrypted;
    /// Results computed on ciphertexts, still encrypted.
    Summed, Multiplied;
}

/// Bits of the toy's n = 35.
const TOY_BITS: u32 = 6;

/// The toy run: Alice has the key and a number; Bob adds his own without seeing hers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toy {
    /// n and n².
    pub n: [u64; 2],
    /// g, λ and μ.
    pub key: [u64; 3],
    /// Alice’s 5, encrypted with r = 2.
    pub hers: u64,
    /// Bob’s 5, encrypted with r = 4.
    pub his: u64,
    /// The product of both ciphertexts, which encrypts the sum.
    pub sum: u64,
    /// Alice's ciphertext squared, which encrypts the double.
    pub double: u64,
    /// The plaintexts of both results, decrypted by Alice.
    pub read: [u64; 2],
    /// The messages: the key, her ciphertext, both results.
    pub crossed: Vec<Crossed>,
}

/// One party's task in [`adding`]: its number, the randomness of its encryption, and for Alice the
/// primes of the key.
#[derive(Serialize, Deserialize)]
pub struct ToyPart {
    number: u32,
    randomness: u32,
    primes: Option<[u32; 2]>,
}

/// A party's output of the toy run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    /// Alice's output.
    Owner {
        /// n and n².
        n: [u64; 2],
        /// g, λ and μ.
        key: [u64; 3],
        /// Her number, encrypted.
        hers: u64,
        /// The decrypted results.
        read: [u64; 2],
    },
    /// Bob's output.
    Helper {
        /// His number, encrypted.
        his: u64,
        /// The sum, encrypted.
        sum: u64,
        /// The double, encrypted.
        double: u64,
    },
}

/// The toy run with n = 35 and g = 36: Alice has 5, Bob has 5.
#[must_use]
pub fn adding() -> Run<Toy> {
    let hers = ToyPart { number: 5, randomness: 2, primes: Some([5, 7]) };
    let his = ToyPart { number: 5, randomness: 4, primes: None };
    Run {
        tasks: [hers, his].map(Task::Toy),
        read: Box::new(|reports| match Report::both(reports)? {
            (
                [
                    party::Held::Toy(Held::Owner { n, key, hers, read }),
                    party::Held::Toy(Held::Helper { his, sum, double }),
                ],
                crossed,
            ) => Ok(Toy { n, key, hers, his, sum, double, read, crossed }),
            _ => Err(party::strange()),
        }),
    }
}

/// The cost of [`adding`] for a party: the key and a ciphertext from Alice, two ciphertexts back, a
/// round for Alice.
#[must_use]
pub fn toy_cost(party: Party) -> Cost {
    let bytes = TOY_BITS.div_ceil(8) as usize;
    let there = one_way(Party::Alice, party, 3 * bytes) + one_way(Party::Alice, party, 2 * bytes);
    there + one_way(Party::Bob, party, 4 * bytes) + rounds(party, 1)
}

/// Rounds that only Alice counts, because Bob only replies.
fn rounds(party: Party, n: u64) -> Cost {
    Cost { rounds: if party == Party::Alice { n } else { n - 1 }, ..Cost::default() }
}

/// [`adding`] in lockstep.
///
/// # Errors
/// None with two honest parties.
pub fn toy() -> Result<Toy, Fault> {
    adding().undrawn()
}

pub(crate) async fn play_toy<L: Link>(s: &mut Session<L>, part: ToyPart) -> Result<Held, Fault> {
    let ToyPart { number: mine, randomness, primes } = part;
    match primes {
        Some([p, q]) => {
            let key = SecretKey::from_primes(&number(p), &number(q), &number(p * q + 1)).map_err(internal)?;
            owner(s, &key, [mine, randomness].map(number)).await
        }
        None => helper(s, [mine, randomness].map(number)).await,
    }
}

/// Alice's side: sends her key and her encrypted number, and decrypts the reply. [`helper`] is the
/// other side.
///
/// *Computes*: the sum of two numbers, and the double of the first, for Alice. *From*:
/// Paillier 1999. *Security*: with a toy key none; with a real one Bob sees an encryption only, and
/// Alice what she decrypts. *Cost*: [`toy_cost`]. *Deviations*: the randomness is fixed by the
/// lesson, and Bob does not re-randomise his replies, so that a reader can follow.
async fn owner<L: Link>(s: &mut Session<L>, key: &SecretKey, [mine, randomness]: [Number; 2]) -> Result<Held, Fault> {
    let public = key.public();
    let sealed = public.encrypt_with(&mine, &randomness).map_err(internal)?;
    s.send(&Key(public.to_bytes())).await?;
    send::<Sealed, _>(s, public, std::slice::from_ref(&sealed)).await?;
    let [sum, double] = recv::<Summed, _, 2>(s, public).await?;
    let read = |answer| Ok::<_, Fault>(small(&*key.decrypt(answer).map_err(peer)?));
    Ok(Held::Owner {
        n: [small(public.n()), small(public.n_squared())],
        key: [small(public.g()), small(key.lambda()), small(key.mu())],
        hers: small(sealed.value()),
        read: [read(&sum)?, read(&double)?],
    })
}

/// Bob's side: adds his own encrypted number to Alice's ciphertext, and doubles that ciphertext.
async fn helper<L: Link>(s: &mut Session<L>, [mine, randomness]: [Number; 2]) -> Result<Held, Fault> {
    let public = recv_key(s, TOY_BITS).await?;
    let [hers] = recv::<Sealed, _, 1>(s, &public).await?;
    let mine = public.encrypt_with(&mine, &randomness).map_err(|_| Fault::peer("a key that seals no such number"))?;
    let sum = public.add(&hers, &mine).map_err(peer)?;
    let double = public.multiply_plain(&hers, &number(2)).map_err(peer)?;
    let held = Held::Helper { his: small(mine.value()), sum: small(sum.value()), double: small(double.value()) };
    send::<Summed, _>(s, &public, &[sum, double]).await?;
    Ok(held)
}

async fn recv_key<L: Link>(s: &mut Session<L>, bits: u32) -> Result<PublicKey, Fault> {
    let bytes = s.recv::<Key>(3 * bits.div_ceil(8) as usize).await?.0;
    PublicKey::from_bytes(bits, &bytes).map_err(peer)
}

async fn send<M: Message + From<Vec<u8>>, L: Link>(
    s: &mut Session<L>,
    public: &PublicKey,
    sealed: &[Ciphertext],
) -> Result<(), Fault> {
    s.send(&M::from(sealed.iter().flat_map(|sealed| sealed.to_bytes(public)).collect())).await
}

async fn recv<M: Message<Shape = usize> + AsRef<[u8]>, L: Link, const N: usize>(
    s: &mut Session<L>,
    public: &PublicKey,
) -> Result<[Ciphertext; N], Fault> {
    let length = 2 * public.bytes();
    let message = s.recv::<M>(N * length).await?;
    let sealed = message.as_ref().chunks(length).map(|bytes| Ciphertext::from_bytes(public, bytes));
    let sealed: Vec<_> = sealed.collect::<Result<_, _>>().map_err(peer)?;
    sealed.try_into().map_err(|_| Fault::internal("another number of ciphertexts"))
}

/// A step of the run with a real key, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Piece {
    /// Alice generates a key.
    Key,
    /// Alice encrypts a number.
    Hers,
    /// Bob encrypts a number.
    His,
    /// Bob adds both ciphertexts.
    Sum,
    /// Bob multiplies Alice's ciphertext.
    Multiple,
    /// Alice decrypts the sum.
    SumRead,
    /// Alice decrypts the multiple.
    MultipleRead,
    /// Alice encrypts a flat's features.
    Flat,
    /// Bob computes the flat's price.
    Price,
    /// Alice decrypts the price.
    PriceRead,
    /// The sum of the same two numbers by secret sharing.
    Shares,
}

impl Piece {
    /// Every step.
    pub const ALL: [Self; 11] = [
        Self::Key,
        Self::Hers,
        Self::His,
        Self::Sum,
        Self::Multiple,
        Self::SumRead,
        Self::MultipleRead,
        Self::Flat,
        Self::Price,
        Self::PriceRead,
        Self::Shares,
    ];

    /// A description for users.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Key => "a key of 2048 bits",
            Self::Hers => "1,250, encrypted",
            Self::His => "980, encrypted",
            Self::Sum => "their sum",
            Self::Multiple => "three times the first",
            Self::SumRead => "the sum, decrypted",
            Self::MultipleRead => "the multiple, decrypted",
            Self::Flat => "a flat with three features, encrypted",
            Self::Price => "its price, computed unseen",
            Self::PriceRead => "the price, decrypted",
            Self::Shares => "the same sum, on shares",
        }
    }
}

/// A finished step and its duration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The step.
    pub piece: Piece,
    /// The party that did it.
    pub by: Party,
    /// The duration in milliseconds.
    pub ms: f64,
    /// The size of its result in bytes, if it has one.
    pub bytes: Option<u64>,
    /// The decrypted value.
    pub read: Option<f64>,
}

/// The model of the private prediction: the price of a flat, in thousands, by rooms, square metres
/// and floor.
pub const WEIGHTS: [f64; 3] = [12.5, 3.25, -1.5];
/// The constant term of every price.
pub const BIAS: f64 = 40.0;
/// The flat whose price is predicted.
pub const FLAT: [f64; 3] = [3.0, 72.0, 4.0];

/// The fixed-point format of the model's numbers.
const FORMAT: Format = Format { fraction: 8, bits: 32 };

/// One party's task in [`predicting`].
#[derive(Serialize, Deserialize)]
pub enum Part {
    /// Alice's: the bits of the key that she generates, a number, a flat.
    Client(u32, u32, [f64; 3]),
    /// Bob's: the bits of the key that he receives, a number, and a model's weights and bias.
    Owner(u32, u32, [f64; 3], f64),
}

/// The run with a real key: sums and multiples, and a private prediction. Each step is reported
/// when it is done.
#[must_use]
pub fn predicting() -> Run<()> {
    predicting_under(BITS)
}

/// The same with a key of `bits` bits; below 2048 it is a toy key.
#[must_use]
pub fn predicting_under(bits: u32) -> Run<()> {
    Run {
        tasks: [Part::Client(bits, 1250, FLAT), Part::Owner(bits, 980, WEIGHTS, BIAS)].map(Task::Predict),
        read: Box::new(|reports| match Report::both(reports)? {
            ([party::Held::Predict, party::Held::Predict], _) => Ok(()),
            _ => Err(party::strange()),
        }),
    }
}

/// The cost of [`predicting_under`] for a party: the key, a ciphertext and three from Alice, two
/// and one from Bob; two rounds for Alice.
#[must_use]
pub fn predict_cost(party: Party, bits: u32) -> Cost {
    let bytes = bits.div_ceil(8) as usize;
    let from = |from: Party, ciphertexts: usize| one_way(from, party, ciphertexts * 2 * bytes);
    let hers = one_way(Party::Alice, party, 3 * bytes) + from(Party::Alice, 1) + from(Party::Alice, 3);
    hers + from(Party::Bob, 2) + from(Party::Bob, 1) + rounds(party, 2)
}

pub(crate) async fn play<L: Link>(
    s: &mut Session<L>,
    part: Part,
    prg: &mut Prg,
    aside: Aside<'_>,
) -> Result<(), Fault> {
    let timed = Timed { by: s.party(), aside };
    match part {
        Part::Client(bits, mine, flat) => client(s, bits, mine, &flat, prg, timed).await,
        Part::Owner(bits, mine, weights, bias) => model_owner(s, bits, mine, (&weights, bias), prg, timed).await,
    }
}

/// Alice's side: generates a key, and lets Bob compute on her ciphertexts. [`model_owner`] is the
/// other side.
///
/// *Computes*: the sum of two numbers, the triple of hers, and `w·x + b`, for her. *From*: Paillier
/// 1999; [`linear`]. *Security*: semi-honest: Bob sees encryptions only; Alice learns the sum, so
/// his number, and the price, see [`linear`]. *Cost*: [`predict_cost`]. *Deviations*: Bob does not
/// re-randomise the sum and the multiple, which tell Alice nothing that she does not know or read.
async fn client<L: Link>(
    s: &mut Session<L>,
    bits: u32,
    mine: u32,
    flat: &[f64],
    prg: &mut Prg,
    timed: Timed<'_>,
) -> Result<(), Fault> {
    let make = || if bits < BITS { SecretKey::toy(bits, prg) } else { SecretKey::generate(bits, prg) };
    let key = timed.step(Piece::Key, make, internal, |key| (Some(key.public().to_bytes().len()), None))?;
    let public = key.public();
    let sealed = timed.step(Piece::Hers, || public.encrypt(&number(mine), prg), internal, size(public, 1))?;
    // 1. The sum and the multiple.
    s.send(&Key(public.to_bytes())).await?;
    send::<Sealed, _>(s, public, &[sealed]).await?;
    let [sum, multiple] = recv::<Summed, _, 2>(s, public).await?;
    let read = |piece, sealed: &Ciphertext| {
        timed.step(piece, || Ok(small(&*key.decrypt(sealed)?)), peer, |number| (None, Some(*number as f64)))
    };
    let sum = read(Piece::SumRead, &sum)?;
    read(Piece::MultipleRead, &multiple)?;
    // 2. The prediction.
    let ask = || linear::request(public, FORMAT, flat, prg);
    let request = timed.step(Piece::Flat, ask, internal, |request| size(public, request.len())(&()))?;
    send::<Sealed, _>(s, public, &request).await?;
    let [answer] = recv::<Summed, _, 1>(s, public).await?;
    timed.step(Piece::PriceRead, || linear::finish(&key, FORMAT, &answer), peer, |price| (None, Some(**price)))?;
    // 3. For comparison, the sum of the same two numbers by secret sharing. It is repeated a
    // thousand times, because one run is too short to measure. Alice knows Bob's number by now: it
    // is the sum less her own.
    let (word, clock) = (Clock::new(1 << 32), timed.aside.clock);
    let (mine, his) = (u64::from(mine), word.sub(sum, mine.into()));
    let shared = |prg: &mut Prg| {
        let [a, b] = [word.draw(prg), word.draw(prg)];
        let alice = word.add(a, b);
        let bob = word.add(word.sub(mine, a), word.sub(his, b));
        word.add(alice, bob)
    };
    let start = clock();
    let read = (0..1000).fold(0, |_, _| shared(prg));
    timed.tell(Piece::Shares, (clock() - start) / 1000.0, (Some(4), Some(read as f64)));
    Ok(())
}

/// Bob's side: computes on ciphertexts that he cannot decrypt.
async fn model_owner<L: Link>(
    s: &mut Session<L>,
    bits: u32,
    mine: u32,
    (weights, bias): (&[f64], f64),
    prg: &mut Prg,
    timed: Timed<'_>,
) -> Result<(), Fault> {
    let model = Model::new(FORMAT, weights, bias).map_err(internal)?;
    // 1. The sum and the multiple.
    let public = &recv_key(s, bits).await?;
    let [hers] = recv::<Sealed, _, 1>(s, public).await?;
    let his = timed.step(Piece::His, || public.encrypt(&number(mine), prg), peer, size(public, 1))?;
    let sum = timed.step(Piece::Sum, || public.add(&hers, &his), peer, size(public, 1))?;
    let thrice = || public.multiply_plain(&hers, &number(3));
    let multiple = timed.step(Piece::Multiple, thrice, peer, size(public, 1))?;
    send::<Summed, _>(s, public, &[sum, multiple]).await?;
    // 2. The prediction.
    let request = recv::<Sealed, _, 3>(s, public).await?;
    let respond = || linear::respond(public, &model, &request, prg);
    let answer = timed.step(Piece::Price, respond, peer, size(public, 1))?;
    send::<Summed, _>(s, public, &[answer]).await
}

/// The size of this many ciphertexts, and no decrypted value.
fn size<T>(public: &PublicKey, ciphertexts: usize) -> impl Fn(&T) -> Came {
    let bytes = ciphertexts * 2 * public.bytes();
    move |_| (Some(bytes), None)
}

/// The size of a result, and its decrypted value.
type Came = (Option<usize>, Option<f64>);

/// Measures the time of one party's steps.
#[derive(Clone, Copy)]
struct Timed<'a> {
    by: Party,
    aside: Aside<'a>,
}

impl Timed<'_> {
    fn step<T>(
        self,
        piece: Piece,
        work: impl FnOnce() -> Result<T, Error>,
        blame: fn(Error) -> Fault,
        say: impl FnOnce(&T) -> Came,
    ) -> Result<T, Fault> {
        let start = (self.aside.clock)();
        let made = work().map_err(blame)?;
        let ms = (self.aside.clock)() - start;
        self.tell(piece, ms, say(&made));
        Ok(made)
    }

    fn tell(self, piece: Piece, ms: f64, (bytes, read): Came) {
        (self.aside.tell)(Done { piece, by: self.by, ms, bytes: bytes.map(|bytes| bytes as u64), read });
    }
}

fn number(x: u32) -> Number {
    Number::from(x)
}

/// A number that is known to fit.
fn small(x: &Number) -> u64 {
    x.to_be_bytes().iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn internal(error: Error) -> Fault {
    Fault::internal(error.to_string())
}

fn peer(error: Error) -> Fault {
    Fault::peer(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tacit_session::lockstep;

    use super::*;

    #[test]
    fn the_toy_adds_and_doubles_unseen() {
        let toy = toy().unwrap();
        assert_eq!((toy.n, toy.key), ([35, 1225], [36, 12, 3]));
        assert_eq!((toy.hers, toy.his, toy.sum, toy.double), (718, 674, 57, 1024));
        assert_eq!(toy.read, [10, 10]);
        let sent: Vec<_> = toy.crossed.iter().map(|message| (message.from, message.body().len())).collect();
        assert_eq!(sent, [(Party::Alice, 3), (Party::Alice, 2), (Party::Bob, 4)]);
    }

    #[test]
    fn the_sum_and_the_double_are_encryptions_with_other_randomness() {
        let key = SecretKey::from_primes(&number(5), &number(7), &number(36)).unwrap();
        let ten = |r| small(key.public().encrypt_with(&number(10), &number(r)).unwrap().value());
        assert_eq!((ten(8), ten(4)), (57, 1024));
    }

    #[test]
    fn both_cost_what_is_declared() {
        let bits = 160;
        let [[toy_a, toy_b], [a, b]] = [adding().tasks, predicting_under(bits).tasks];
        let (hers, his) = ([toy_a, a], [toy_b, b]);
        let party = async |mut s: Session<_>, tasks: [Task; 2]| {
            let mut prg = Prg::from_seed([1; 32]);
            let mut costs = Vec::new();
            for task in tasks {
                let before = s.ledger().total();
                s.begin();
                match task {
                    Task::Toy(part) => play_toy(&mut s, part).await.map(|_| ())?,
                    Task::Predict(part) => play(&mut s, part, &mut prg, Aside::SILENT).await?,
                    _ => return Err(party::strange()),
                }
                costs.push(s.ledger().total() - before);
            }
            Ok::<_, Fault>(costs)
        };
        let (alice, bob) = lockstep::run(async |s| party(s, hers).await, async |s| party(s, his).await);
        let declared = |party| Ok(vec![toy_cost(party), predict_cost(party, bits)]);
        assert_eq!((alice, bob), (declared(Party::Alice), declared(Party::Bob)));
    }

    #[test]
    fn every_piece_is_told_once_by_who_does_it() {
        let told = RefCell::new(Vec::new());
        let aside = Aside { clock: &|| 0.0, tell: &|done| told.borrow_mut().push(done) };
        let mut prgs = [Prg::from_seed([1; 32]), Prg::from_seed([2; 32])];
        let run = predicting_under(160);
        (run.read)(party::play_both(run.tasks, &mut prgs, aside)).unwrap();
        let told = told.into_inner();
        assert_eq!(told.iter().map(|done| done.piece).collect::<Vec<_>>(), Piece::ALL);
        let by_bob: Vec<_> = told.iter().filter(|done| done.by == Party::Bob).map(|done| done.piece).collect();
        assert_eq!(by_bob, [Piece::His, Piece::Sum, Piece::Multiple, Piece::Price]);
        let read: Vec<_> = told.iter().filter_map(|done| done.read).collect();
        assert_eq!(read, [2230.0, 3750.0, 305.5, 2230.0]);
    }
}

//! Sums under encryption: with a toy key that one can follow, and with a real one that takes its
//! time.

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
            /// How many bytes.
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
    /// What only the key's owner can read.
    Sealed, Encrypted;
    /// What was computed on them, still sealed.
    Summed, Multiplied;
}

/// Bits of the toy's n = 35.
const TOY_BITS: u32 = 6;

/// The toy run: Alice has the key and a number, Bob adds his own without seeing hers.
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
    /// Their product.
    pub sum: u64,
    /// Hers, squared.
    pub double: u64,
    /// What Alice reads in both.
    pub read: [u64; 2],
    /// The key, her ciphertext, both answers.
    pub crossed: Vec<Crossed>,
}

/// One party's part in [`adding`]: its number, the randomness that it seals it with, and for Alice
/// the key's primes.
#[derive(Serialize, Deserialize)]
pub struct ToyPart {
    number: u32,
    randomness: u32,
    primes: Option<[u32; 2]>,
}

/// What a party of the toy has in the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    /// Alice.
    Owner {
        /// n and n².
        n: [u64; 2],
        /// g, λ and μ.
        key: [u64; 3],
        /// Her number, sealed.
        hers: u64,
        /// What she reads.
        read: [u64; 2],
    },
    /// Bob.
    Helper {
        /// His number, sealed.
        his: u64,
        /// The sum, sealed.
        sum: u64,
        /// The double, sealed.
        double: u64,
    },
}

/// The toy, n = 35 and g = 36: Alice's 5 and Bob's 5.
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

/// What [`adding`] costs a party: the key and a ciphertext from Alice, two ciphertexts back, a
/// round for Alice.
#[must_use]
pub fn toy_cost(party: Party) -> Cost {
    let bytes = TOY_BITS.div_ceil(8) as usize;
    let there = one_way(Party::Alice, party, 3 * bytes) + one_way(Party::Alice, party, 2 * bytes);
    there + one_way(Party::Bob, party, 4 * bytes) + rounds(party, 1)
}

/// Rounds that only Alice counts, because Bob only answers.
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

/// Alice: sends her key and her number under it, and reads what comes back. [`helper`] is the other
/// side.
///
/// *Computes*: the sum of two numbers, and the double of the first, for Alice. *From*:
/// Paillier 1999. *Security*: with a toy key none; with a real one Bob sees an encryption only, and
/// Alice what she decrypts. *Cost*: [`toy_cost`]. *Deviations*: the randomness is that of the
/// lesson, and Bob does not refresh his answers, so that one can follow.
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

/// Bob: adds his own number, sealed, to what he cannot read, and doubles that.
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

/// A piece of work with a real key, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Piece {
    /// Alice makes a key.
    Key,
    /// She seals a number.
    Hers,
    /// Bob seals one.
    His,
    /// He adds both.
    Sum,
    /// He multiplies hers.
    Multiple,
    /// She reads the sum.
    SumRead,
    /// And the multiple.
    MultipleRead,
    /// She seals a flat.
    Flat,
    /// He computes its price.
    Price,
    /// She reads it.
    PriceRead,
    /// The sum of the same two numbers in halves.
    Shares,
}

impl Piece {
    /// Every piece.
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

    /// In words.
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

/// A piece of work that is done, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Which.
    pub piece: Piece,
    /// Who did it.
    pub by: Party,
    /// Milliseconds.
    pub ms: f64,
    /// How large it is, in bytes, where something came of it.
    pub bytes: Option<u64>,
    /// What was read.
    pub read: Option<f64>,
}

/// The model of the private prediction: the price of a flat, in thousands, by rooms, square metres
/// and floor.
pub const WEIGHTS: [f64; 3] = [12.5, 3.25, -1.5];
/// What every flat costs at least.
pub const BIAS: f64 = 40.0;
/// The flat that is asked about.
pub const FLAT: [f64; 3] = [3.0, 72.0, 4.0];

/// How numbers of the model are written.
const FORMAT: Format = Format { fraction: 8, bits: 32 };

/// One party's part in [`predicting`].
#[derive(Serialize, Deserialize)]
pub enum Part {
    /// Alice's: bits of the key that she makes, a number, a flat.
    Client(u32, u32, [f64; 3]),
    /// Bob's: bits of the key that he gets, a number, and a model's weights and bias.
    Owner(u32, u32, [f64; 3], f64),
}

/// With a real key: sums and multiples, and a private prediction. Each piece is told as soon as it
/// is done.
#[must_use]
pub fn predicting() -> Run<()> {
    predicting_under(BITS)
}

/// The same under a key of so many bits; below 2048 a toy's.
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

/// What [`predicting_under`] costs a party: the key, a ciphertext and three from Alice, two and one
/// from Bob; two rounds for Alice.
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

/// Alice: makes a key, and has Bob compute on what he cannot read. [`model_owner`] is the other
/// side.
///
/// *Computes*: the sum of two numbers, the triple of hers, and `w·x + b`, for her. *From*: Paillier
/// 1999; [`linear`]. *Security*: semi-honest: Bob sees encryptions only; Alice learns the sum, so
/// his number, and the price, see [`linear`]. *Cost*: [`predict_cost`]. *Deviations*: Bob does not
/// refresh the sum and the multiple, which tell Alice nothing that she does not know or read.
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
    // 3. Beside it the sum of the same two numbers in halves, a thousand times over, because once
    // is too short to measure. She knows his number by now: it is what the sum is more than hers.
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

/// Bob: computes on what he cannot read.
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

/// The size of so many ciphertexts, and nothing that was read.
fn size<T>(public: &PublicKey, ciphertexts: usize) -> impl Fn(&T) -> Came {
    let bytes = ciphertexts * 2 * public.bytes();
    move |_| (Some(bytes), None)
}

/// How large something is, and what was read.
type Came = (Option<usize>, Option<f64>);

/// Takes the time of one party's work.
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

/// A number that is known to be small.
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

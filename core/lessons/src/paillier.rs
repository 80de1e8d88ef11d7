//! Sums under encryption: with a toy key that one can follow, and with a real one that takes its time.

use tacit_paillier::linear::{self, Format, Model};
use tacit_paillier::{BITS, Ciphertext, Error, Number, PublicKey, SecretKey};
use tacit_session::{Fault, Link, Malformed, Message, Session, Tag};
use tacit_symmetric::Prg;

use crate::{Clock, Crossed, run};

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
    )+};
}

messages! {
    /// n and g.
    Key, PublicKey;
    /// What only the key's owner can read.
    Sealed, Encrypted;
    /// The sum and the double, still sealed.
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

/// Runs the toy: n = 35, g = 36.
///
/// # Errors
/// None with two honest parties.
pub fn toy() -> Result<Toy, Fault> {
    let key = SecretKey::from_primes(&number(5), &number(7), &number(36)).map_err(internal)?;
    let public = key.public();
    let (hers, his, crossed) = run(async |mut s| owner(&mut s, &key).await, async |mut s| helper(&mut s).await);
    let ((hers, read), (his, sum, double)) = (hers?, his?);
    Ok(Toy {
        n: [small(public.n()), small(public.n_squared())],
        key: [small(public.g()), small(key.lambda()), small(key.mu())],
        hers,
        his,
        sum,
        double,
        read,
        crossed,
    })
}

/// Alice: sends her key and Enc(5; 2), and reads what comes back. [`helper`] is the other side.
///
/// *Computes*: the sum of two numbers, and the double of the first, for Alice. *From*: Paillier 1999. *Security*: with a toy key none;
/// with a real one Bob sees an encryption only, and Alice what she decrypts. *Cost*: the key and a ciphertext one way, two ciphertexts
/// back, one round. *Deviations*: the randomness is that of the lesson, and Bob does not refresh his answers, so that one can follow.
async fn owner<L: Link>(s: &mut Session<L>, key: &SecretKey) -> Result<(u64, [u64; 2]), Fault> {
    let public = key.public();
    let sealed = public.encrypt_with(&number(5), &number(2)).map_err(internal)?;
    s.send(&Key(public.to_bytes())).await?;
    s.send(&Sealed(sealed.to_bytes(public))).await?;
    let length = 2 * public.bytes();
    let answers = s.recv::<Summed>(2 * length).await?.0;
    let mut read = [0; 2];
    for (read, bytes) in read.iter_mut().zip(answers.chunks(length)) {
        let answer = Ciphertext::from_bytes(public, bytes).map_err(peer)?;
        *read = small(&*key.decrypt(&answer).map_err(peer)?);
    }
    Ok((small(sealed.value()), read))
}

/// Bob: adds his own Enc(5; 4) to what he cannot read, and doubles it.
async fn helper<L: Link>(s: &mut Session<L>) -> Result<(u64, u64, u64), Fault> {
    let bytes = TOY_BITS.div_ceil(8) as usize;
    let public = PublicKey::from_bytes(TOY_BITS, &s.recv::<Key>(3 * bytes).await?.0).map_err(peer)?;
    let hers = Ciphertext::from_bytes(&public, &s.recv::<Sealed>(2 * bytes).await?.0).map_err(peer)?;
    let mine = public.encrypt_with(&number(5), &number(4)).map_err(internal)?;
    let sum = public.add(&hers, &mine).map_err(peer)?;
    let double = public.multiply_plain(&hers, &number(2)).map_err(peer)?;
    s.send(&Summed([sum.to_bytes(&public), double.to_bytes(&public)].concat())).await?;
    Ok((small(mine.value()), small(sum.value()), small(double.value())))
}

/// Something done with a real key, and how long it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// What.
    pub what: &'static str,
    /// Milliseconds.
    pub ms: f64,
    /// How large it is, in bytes, where something came of it.
    pub bytes: Option<u64>,
    /// What was read.
    pub read: Option<f64>,
}

/// The model of the private prediction: the price of a flat, in thousands, by rooms, square metres and floor.
pub const WEIGHTS: [f64; 3] = [12.5, 3.25, -1.5];
/// What every flat costs at least.
pub const BIAS: f64 = 40.0;
/// The flat that is asked about.
pub const FLAT: [f64; 3] = [3.0, 72.0, 4.0];

/// With a key of 2048 bits: the key, two encryptions, a sum, a multiple, two decryptions, and a private prediction. Then
/// the same sum on shares. `clock` gives milliseconds, `emit` gets each as soon as it is done.
///
/// # Errors
/// None that numbers in range meet.
pub fn real(prg: &mut Prg, clock: &dyn Fn() -> f64, emit: &mut dyn FnMut(&Done)) -> Result<(), Fault> {
    let mut timed = Timed { clock, emit };
    let key = timed.step(
        "a key of 2048 bits",
        || SecretKey::generate(BITS, prg),
        |key| (Some(key.public().to_bytes().len()), None),
    )?;
    let public = key.public();
    let sealed = |_: &Ciphertext| (Some(2 * public.bytes()), None);
    let a = timed.step("1,250, encrypted", || public.encrypt(&number(1250), prg), sealed)?;
    let b = timed.step("980, encrypted", || public.encrypt(&number(980), prg), sealed)?;
    let sum = timed.step("their sum", || public.add(&a, &b), sealed)?;
    let triple = timed.step("three times the first", || public.multiply_plain(&a, &number(3)), sealed)?;
    let read = |number: &u64| (None, Some(*number as f64));
    timed.step("the sum, decrypted", || key.decrypt(&sum).map(|number| small(&number)), read)?;
    timed.step("the multiple, decrypted", || key.decrypt(&triple).map(|number| small(&number)), read)?;
    let format = Format { fraction: 8, bits: 32 };
    let request = timed.step(
        "a flat with three features, encrypted",
        || linear::request(public, format, &FLAT, prg),
        |request| (Some(request.len() * 2 * public.bytes()), None),
    )?;
    let model = Model::new(format, &WEIGHTS, BIAS).map_err(internal)?;
    let answer = timed.step("its price, computed unseen", || linear::respond(public, &model, &request, prg), sealed)?;
    timed.step(
        "the price, decrypted",
        || linear::finish(&key, format, &answer).map(|price| *price),
        |price| (None, Some(*price)),
    )?;
    // Beside it: two numbers in halves, and their sum, a thousand times over, because once is too short to measure.
    let word = Clock::new(1 << 32);
    let shared = |prg: &mut Prg| {
        let [a, b] = [word.draw(prg), word.draw(prg)];
        let alice = word.add(a, b);
        let bob = word.add(word.sub(1250, a), word.sub(980, b));
        word.add(alice, bob)
    };
    let start = clock();
    let read = (0..1000).fold(0, |_, _| shared(prg));
    emit(&Done {
        what: "the same sum, on shares",
        ms: (clock() - start) / 1000.0,
        bytes: Some(4),
        read: Some(read as f64),
    });
    Ok(())
}

struct Timed<'a> {
    clock: &'a dyn Fn() -> f64,
    emit: &'a mut dyn FnMut(&Done),
}

impl Timed<'_> {
    fn step<T>(
        &mut self,
        what: &'static str,
        work: impl FnOnce() -> Result<T, Error>,
        say: impl FnOnce(&T) -> (Option<usize>, Option<f64>),
    ) -> Result<T, Fault> {
        let start = (self.clock)();
        let made = work().map_err(internal)?;
        let ms = (self.clock)() - start;
        let (bytes, read) = say(&made);
        (self.emit)(&Done { what, ms, bytes: bytes.map(|bytes| bytes as u64), read });
        Ok(made)
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
    use tacit_session::Party;

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
}

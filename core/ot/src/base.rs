//! Base oblivious transfers: 128 in each direction at once, by elliptic curves.
//!
//! *Computes*: 128 random transfers. The sender gets pairs `(k0, k1)`, the receiver, who chose bits `c`, gets `k_c`.
//!
//! *From*: Chou, Orlandi, *The Simplest Protocol for Oblivious Transfer*, 2015, over ristretto255. In its
//! notation the sender draws `a` and sends `A = aG`; the receiver draws `b_i` and sends `B_i = b_i·G + c_i·A`; then
//! `k0 = H(a·B_i)`, `k1 = H(a·(B_i − A))` and the receiver knows `H(b_i·A)`, which is the one that `c_i` names.
//!
//! *Security*: semi-honest. `B_i` is uniform whatever `c_i` is, so the choice is hidden perfectly. To
//! know both keys is to solve computational Diffie–Hellman from `A`, in the random-oracle model. The hash takes in the
//! whole transcript, the direction, and the index, so no key of one transfer, session or direction is one of another.
//!
//! Against malicious parties the protocol is weaker than its paper says: a simulator cannot always extract the
//! inputs in time, so it does not compose universally (Genç, Iovino, Rial 2017; Byali, Patra, Ravi, Sarkar 2017). Nothing here relies on that.
//! What a malicious peer can do to a *program* is excluded: encodings that are not canonical, and the identity, are refused.
//!
//! *Cost*: [`cost`]: one point, then 128 points each way; two rounds.
//!
//! *Deviations*: none in what is sent. Scalars are drawn as halves, because ristretto255 encodes many doubled points
//! at once far faster than one by one.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity as _, IsIdentity as _};
use subtle::{Choice, ConditionallySelectable as _};
use tacit_session::{Cost, Fault, Link, Malformed, Message, Party, Session, Tag};
use tacit_symmetric::{Block, Blocks, Prg};
use zeroize::Zeroizing;

/// How many transfers: as many as the security parameter has bits.
pub const COUNT: usize = 128;

/// Bytes of an encoded point.
const POINT: usize = 32;

/// What the sender of the base transfers gets.
pub struct BaseSender {
    /// Both messages of every transfer.
    pub pairs: Zeroizing<Vec<[Block; 2]>>,
}

/// What the receiver of the base transfers gets.
pub struct BaseReceiver {
    /// Bit `i` chose the message of transfer `i`.
    pub choices: Zeroizing<Block>,
    /// The chosen messages.
    pub messages: Blocks,
}

/// 128 random transfers in each direction; this party receives by `choices`.
///
/// # Errors
/// The link's; the peer's, when a point is malformed or the identity.
pub async fn both<L: Link>(
    s: &mut Session<L>,
    rng: &mut Prg,
    choices: Block,
) -> Result<(BaseSender, BaseReceiver), Fault> {
    let (me, peer) = (s.party(), s.party().other());

    // 1. As senders, both draw a and send A = aG.
    let half_a = scalar(rng);
    let half_a_point = Zeroizing::new(&*half_a * RISTRETTO_BASEPOINT_TABLE);
    let my_a = SenderPoint(Points::doubled(&[*half_a_point]));
    let their_a: SenderPoint = s.exchange(&my_a, ()).await?;
    let their_a_point = their_a.0.points[0];

    // 2. As receivers, both draw b_i and send B_i = b_i·G + c_i·A, which is twice (b_i/2)·G + c_i·(A/2).
    let half_b: Zeroizing<Vec<Scalar>> = (0..COUNT).map(|_| *scalar(rng)).collect::<Vec<_>>().into();
    let half_their_a = their_a_point * Scalar::from(2u64).invert();
    let half_point = |(i, half_b): (usize, &Scalar)| {
        let chosen = Choice::from(choices.bit(i) as u8);
        let c_half_a = RistrettoPoint::conditional_select(&RistrettoPoint::identity(), &half_their_a, chosen);
        half_b * RISTRETTO_BASEPOINT_TABLE + c_half_a
    };
    let half_points: Vec<RistrettoPoint> = half_b.iter().enumerate().map(half_point).collect();
    let my_b = ReceiverPoints(Points::doubled(&half_points));
    s.send(&my_b).await?;

    // 3. While theirs are on the way: the receiver's keys, from b_i·A, which is twice (b_i/2)·A. A table of
    //    multiples of A costs less than it saves.
    let table = RistrettoBasepointTable::create(&their_a_point);
    let shared: Zeroizing<Vec<RistrettoPoint>> = half_b.iter().map(|half_b| half_b * &table).collect::<Vec<_>>().into();
    let messages = Oracle::new(peer, &their_a, &my_b).keys(&encode_doubled(&shared));

    // 4. The sender's keys, from a·B_i and a·B_i − a·A.
    let their_b: ReceiverPoints = s.recv(()).await?;
    let shared: Zeroizing<Vec<RistrettoPoint>> =
        their_b.0.points.iter().map(|b| b * *half_a).collect::<Vec<_>>().into();
    let half_aa = Zeroizing::new(*half_a_point * (*half_a + *half_a));
    let without: Zeroizing<Vec<RistrettoPoint>> = shared.iter().map(|ab| ab - *half_aa).collect::<Vec<_>>().into();
    let both = Zeroizing::new([&**shared, &**without].concat());
    let encoded = encode_doubled(&both);
    let (if_zero, if_one) = encoded.split_at(COUNT * POINT);
    let oracle = Oracle::new(me, &my_a, &their_b);
    let (zeros, ones) = (oracle.keys(if_zero), oracle.keys(if_one));
    let pairs = zeros.iter().zip(ones.iter()).map(|(zero, one)| [*zero, *one]).collect::<Vec<_>>().into();

    Ok((BaseSender { pairs }, BaseReceiver { choices: Zeroizing::new(choices), messages }))
}

/// What [`both`] costs.
#[must_use]
pub fn cost() -> Cost {
    Cost::exchange(POINT) + Cost::exchange(COUNT * POINT)
}

/// A uniform scalar.
fn scalar(rng: &mut Prg) -> Zeroizing<Scalar> {
    let bytes: Zeroizing<[u8; 64]> = Zeroizing::new(rng.bytes());
    Zeroizing::new(Scalar::from_bytes_mod_order_wide(&bytes))
}

/// The encodings of twice these points, one after the other.
fn encode_doubled(points: &[RistrettoPoint]) -> Zeroizing<Vec<u8>> {
    let encodings = RistrettoPoint::double_and_compress_batch(points);
    encodings.iter().flat_map(CompressedRistretto::to_bytes).collect::<Vec<u8>>().into()
}

/// The random oracle of one direction of one run.
struct Oracle(blake3::Hash);

impl Oracle {
    fn new(sender: Party, a: &SenderPoint, b: &ReceiverPoints) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("tacit base OT v1, transcript of one direction");
        hasher.update(match sender {
            Party::Alice => b"A",
            Party::Bob => b"B",
        });
        hasher.update(&a.0.encoded);
        hasher.update(&b.0.encoded);
        Self(hasher.finalize())
    }

    /// The keys of consecutive encoded points.
    fn keys(&self, encoded: &[u8]) -> Blocks {
        let key = |(i, point): (usize, &[u8])| {
            let mut hasher = blake3::Hasher::new_keyed(self.0.as_bytes());
            hasher.update(&(i as u64).to_le_bytes());
            hasher.update(point);
            let mut bytes = Zeroizing::new([0; 16]);
            hasher.finalize_xof().fill(&mut *bytes);
            Block::from_bytes(*bytes)
        };
        encoded.chunks_exact(POINT).enumerate().map(key).collect::<Vec<_>>().into()
    }
}

/// Public points and their encodings, one after the other.
struct Points {
    encoded: Vec<u8>,
    points: Vec<RistrettoPoint>,
}

impl Points {
    /// Twice these points.
    fn doubled(halves: &[RistrettoPoint]) -> Self {
        Self { encoded: encode_doubled(halves).to_vec(), points: halves.iter().map(|half| half + half).collect() }
    }

    /// `count` canonical encodings of points other than the identity.
    #[deny(clippy::indexing_slicing)]
    fn decode(body: &[u8], count: usize) -> Result<Self, Malformed> {
        if body.len() != count * POINT {
            return Err(Malformed);
        }
        let point = |bytes: &[u8]| {
            let encoding = CompressedRistretto::from_slice(bytes).map_err(|_| Malformed)?;
            encoding.decompress().filter(|point| !point.is_identity()).ok_or(Malformed)
        };
        let points = body.chunks_exact(POINT).map(point).collect::<Result<_, _>>()?;
        Ok(Self { encoded: body.to_vec(), points })
    }
}

/// The sender's point A.
struct SenderPoint(Points);

impl Message for SenderPoint {
    const TAG: Tag = Tag::BaseOtSender;
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        self.0.encoded.clone()
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        Points::decode(body, 1).map(Self)
    }
}

/// The receiver's points B_i.
struct ReceiverPoints(Points);

impl Message for ReceiverPoints {
    const TAG: Tag = Tag::BaseOtReceiver;
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        self.0.encoded.clone()
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        Points::decode(body, COUNT).map(Self)
    }
}

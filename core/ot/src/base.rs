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
//! Against malicious parties the protocol is weaker than its paper says: a simulator cannot always extract the inputs
//! in time, so it does not compose universally (Genç, Iovino, Rial 2017; Byali, Patra, Ravi, Sarkar 2017). Nothing here
//! relies on that. What a malicious peer can do to a *program* is excluded: encodings that are not canonical, and the
//! identity, are refused.
//!
//! *Cost*: [`cost`]: one point, then 128 points each way; two rounds. 17 ms of computing for a party in wasm, 7 ms
//! natively: 128 multiplications of received points, 256 by tables.
//!
//! *Deviations*: none in what is sent. Scalars are drawn as halves, because ristretto255 encodes many doubled points
//! at once far faster than one by one.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
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

    // Multiples of G, made here: the library's ready-made table would be a tenth of what the page's worker loads.
    let multiples_of_g = RistrettoBasepointTable::create(&RISTRETTO_BASEPOINT_POINT);

    // 1. As senders, both draw a and send A = aG.
    let half_a = scalar(rng);
    let half_a_point = Zeroizing::new(&*half_a * &multiples_of_g);
    let my_a = SenderPoint(Points::doubled(&[*half_a_point]));
    let their_a: SenderPoint = s.exchange(&my_a, ()).await?;
    let their_a_point = their_a.0.points[0];

    // 2. As receivers, both draw b_i and send B_i = b_i·G + c_i·A, which is twice (b_i/2)·G + c_i·(A/2).
    let half_b: Zeroizing<Vec<Scalar>> = (0..COUNT).map(|_| *scalar(rng)).collect::<Vec<_>>().into();
    let half_their_a = their_a_point * Scalar::from(2u64).invert();
    let half_point = |(i, half_b): (usize, &Scalar)| {
        let chosen = Choice::from(choices.bit(i) as u8);
        let c_half_a = RistrettoPoint::conditional_select(&RistrettoPoint::identity(), &half_their_a, chosen);
        half_b * &multiples_of_g + c_half_a
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

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
    use tacit_session::lockstep;
    use tacit_session::{Code, HEADER};

    #[test]
    fn each_gets_what_was_chosen_and_the_other_is_different() {
        let choices = [Block::new([0x0123_4567_89ab_cdef, 0]), Block::new([u64::MAX, 0xaaaa_5555_f00f_1234])];
        let run = async |mut s: Session<_>, seed, choices| {
            let base = both(&mut s, &mut Prg::from_seed([seed; 32]), choices).await.unwrap();
            (base, s.ledger().total())
        };
        let ((alice, alice_cost), (bob, bob_cost)) =
            lockstep::run(async |s| run(s, 1, choices[0]).await, async |s| run(s, 2, choices[1]).await);
        assert_eq!((alice_cost, bob_cost), (cost(), cost()));
        assert_eq!(cost().sent as usize, HEADER + 32 + HEADER + 4096);
        for (sender, receiver) in [(&alice.0, &bob.1), (&bob.0, &alice.1)] {
            for i in 0..COUNT {
                let [chosen, other] = match receiver.choices.bit(i) {
                    0 => sender.pairs[i],
                    _ => [sender.pairs[i][1], sender.pairs[i][0]],
                };
                assert!(receiver.messages[i] == chosen && receiver.messages[i] != other, "transfer {i}");
            }
        }
        assert!(alice.0.pairs[0][0] != bob.0.pairs[0][0] && alice.0.pairs[0][0] != alice.0.pairs[1][0]);
    }

    /// Points that no honest party sends: refused wherever they stand.
    #[test]
    fn malformed_points_are_refused() {
        let good = G.compress().to_bytes();
        // Not below the field's prime; an odd encoding ("negative"); the identity; not on the curve.
        let identity = [0; 32];
        let mut not_reduced = [0xff; 32];
        not_reduced[31] = 0x7f;
        let mut negative = good;
        negative[0] ^= 1;
        // From RFC 9496, A.3: a number for which there is no point.
        let off_curve = 0x26948d35_ca62e643_e26a8317_7332e6b6_u128.to_be_bytes();
        let rest = 0xafeb9d08_e4268b65_0f1f5bbd_8d81d371_u128.to_be_bytes();
        let off_curve: [u8; 32] = std::array::from_fn(|i| if i < 16 { off_curve[i] } else { rest[i - 16] });
        assert!(SenderPoint::decode(&good, ()).is_ok());
        for bad in [identity, not_reduced, negative, off_curve, [0xff; 32]] {
            assert!(SenderPoint::decode(&bad, ()).is_err(), "{bad:x?}");
            for at in [0, 64, COUNT - 1] {
                let mut points = [good; COUNT];
                points[at] = bad;
                assert!(ReceiverPoints::decode(points.as_flattened(), ()).is_err(), "{bad:x?} at {at}");
            }
        }
        assert!(ReceiverPoints::decode([good; COUNT].as_flattened(), ()).is_ok());
        assert!(ReceiverPoints::decode([good; COUNT - 1].as_flattened(), ()).is_err());
        assert!(SenderPoint::decode(&good[..31], ()).is_err());
    }

    /// A peer who sends well-formed but foolish points, her own A reflected or B = A, gets no one to panic.
    #[test]
    fn a_foolish_peer_is_survived() {
        let (alice, bob) = lockstep::run(
            async |mut s| both(&mut s, &mut Prg::from_seed([1; 32]), Block::ZERO).await.map(|_| ()),
            async |mut s| {
                let SenderPoint(a) = s.recv::<SenderPoint>(()).await?;
                let half = a.points[0] * Scalar::from(2u64).invert();
                s.send(&SenderPoint(a)).await?;
                s.send(&ReceiverPoints(Points::doubled(&[half; COUNT]))).await?;
                s.recv::<ReceiverPoints>(()).await.map(|_| ())
            },
        );
        assert_eq!((alice, bob), (Ok(()), Ok(())));
    }

    #[test]
    fn a_point_that_is_none_ends_the_run() {
        struct Nonsense;
        impl Message for Nonsense {
            const TAG: Tag = Tag::BaseOtSender;
            type Shape = ();
            fn encode(&self) -> Vec<u8> {
                vec![0xff; POINT]
            }
            fn decode(_: &[u8], (): ()) -> Result<Self, Malformed> {
                Err(Malformed)
            }
        }
        let (alice, _) = lockstep::run(
            async |mut s| both(&mut s, &mut Prg::from_seed([1; 32]), Block::ZERO).await.map(|_| ()),
            async |mut s| {
                s.send(&Nonsense).await?;
                s.recv::<SenderPoint>(()).await.map(|_| ())
            },
        );
        assert_eq!(alice.map_err(|fault| fault.code), Err(Code::PeerBroke));
    }
}

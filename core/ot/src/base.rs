//! Base oblivious transfers: 128 in each direction at once, from elliptic curves.
//!
//! *Computes*: 128 random transfers. The sender gets pairs `(k0, k1)`; the receiver has chosen bits
//! `c` and gets `k_c`.
//!
//! *From*: Masny, Rindal, *Endemic Oblivious Transfer*, CCS 2019 (ePrint 2019/706), from
//! Diffie–Hellman key agreement over ristretto255. The sender draws `a` and sends `A = aG`. For
//! transfer `i` the receiver draws `b_i` and a uniform point `r_{1−c}`, sets `r_c = b_i·G −
//! H_c(r_{1−c})`, and sends `(r_0, r_1)`. The sender computes `B_0 = r_0 + H_0(r_1)` and `B_1 =
//! r_1 + H_1(r_0)`; `k_j` is a hash of `a·B_j`. The receiver knows `b_i·A = a·B_c`. `H` hashes the
//! receiver, the side, the index and the encoded point to 64 bytes with BLAKE3, and maps those to
//! the group as in RFC 9496, 4.3.4.
//!
//! *Security*: malicious and composable, in the random-oracle model under the gap Diffie–Hellman
//! assumption. The functionality is *endemic*: a corrupted party may choose its own outputs, and
//! the other party's outputs are uniform apart from that. SoftSpokenOT is proven from endemic base
//! transfers (Roy 2022).
//!
//! - *The choice is hidden perfectly*: `r_0` and `r_1` are uniform and independent for both values
//!   of `c`.
//! - *The receiver knows one key only*: whichever of `r_0` and `r_1` is fixed last, its hash shifts
//!   the other point by a random offset. Knowing both keys means solving Diffie–Hellman for `A` and
//!   a point that the receiver did not choose.
//! - *One `A` serves all 128 transfers*. McQuoid, Rosulek, Roy, *Batching Base Oblivious
//!   Transfers*, ASIACRYPT 2021, show how shared messages break protocols whose hashes do not name
//!   their transfer. Here both hashes include the index and the side. The key also hashes all
//!   messages of both parties, and so fresh points of both: keys of different transfers, sides,
//!   directions and sessions are independent, and a peer who reflects or replays messages gets
//!   other keys.
//! - Non-canonical encodings and the identity are refused.
//!
//! *Cost*: [`cost`]: one point and 256 points each way, sent at once: one round. For each party 256
//! multiplications of received points, 384 hashes to a point and 384 multiplications by tables:
//! some 50 ms in wasm and 20 ms natively, processor time on a busy two-core machine.
//!
//! *Deviations*: `H` does not include a session identifier: both parties speak at once, so nothing
//! is common to both before. The keys do. `H` is twice the mapped point, and scalars are drawn as
//! halves, because ristretto255 encodes doubled points in batches far faster than one by one; twice
//! a uniform point is uniform. `r_{1−c}` is a random multiple of `G` rather than a hash: an honest
//! receiver forgets the scalar.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity as _;
use subtle::{Choice, ConditionallySelectable as _};
use tacit_session::{Cost, Fault, HEADER, Link, Malformed, Message, Party, Session, Tag};
use tacit_symmetric::{Block, Blocks, Prg};
use zeroize::Zeroizing;

/// The number of base OTs: one for every bit of the security parameter.
pub const COUNT: usize = 128;

/// Bytes of an encoded point, and of the body of the sender's message.
pub const POINT: usize = 32;

/// Bytes of the body of the receiver's message: `r_0 ‖ r_1` of each transfer, in order.
pub const RECEIVER_BYTES: usize = COUNT * 2 * POINT;

/// The output of the base-OT sender.
pub struct BaseSender {
    /// Both messages of every transfer.
    pub pairs: Zeroizing<Vec<[Block; 2]>>,
    /// The hash of all messages of both parties.
    pub transcript: [u8; 32],
}

/// The output of the base-OT receiver.
pub struct BaseReceiver {
    /// Bit `i` chose the message of transfer `i`.
    pub choices: Zeroizing<Block>,
    /// The chosen messages.
    pub messages: Blocks,
    /// The hash of all messages of both parties.
    pub transcript: [u8; 32],
}

/// 128 random transfers in each direction; this party receives by `choices`.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a point is malformed or the identity.
pub async fn both<L: Link>(
    s: &mut Session<L>,
    rng: &mut Prg,
    choices: Block,
) -> Result<(BaseSender, BaseReceiver), Fault> {
    let (me, peer) = (s.party(), s.party().other());

    // Multiples of G, made here: the library's ready-made table would be a tenth of what the page's
    // worker loads.
    let multiples_of_g = RistrettoBasepointTable::create(&RISTRETTO_BASEPOINT_POINT);

    // 1. As senders, both draw a and send A = aG.
    let half_a = scalar(rng);
    let my_a = SenderPoint(Points::doubled(&[&*half_a * &multiples_of_g]));
    s.send(&my_a).await?;

    // 2. As receivers, both draw b_i and r_{1−c}, and send r_c = b_i·G − H_c(r_{1−c}) beside it.
    let half_b: Zeroizing<Vec<Scalar>> = (0..COUNT).map(|_| *scalar(rng)).collect::<Vec<_>>().into();
    let my_r = ReceiverPoints(Points::hiding(me, choices, &half_b, &multiples_of_g, rng));
    s.send(&my_r).await?;

    // 3. The receiver's shared points b_i·A, halved. A table of multiples of A costs less than it
    //    saves.
    let their_a: SenderPoint = s.recv(()).await?;
    let table = RistrettoBasepointTable::create(&their_a.0.points[0]);
    let received: Zeroizing<Vec<RistrettoPoint>> =
        half_b.iter().map(|half_b| half_b * &table).collect::<Vec<_>>().into();

    // 4. The sender's shared points a·B_0 and a·B_1, halved.
    let their_r: ReceiverPoints = s.recv(()).await?;
    let sent: Zeroizing<Vec<RistrettoPoint>> =
        their_r.0.moved(peer).iter().map(|b| b * *half_a).collect::<Vec<_>>().into();

    // 5. The keys, by a hash that includes all four messages.
    let oracle = match me {
        Party::Alice => Oracle::new([&my_a.0, &my_r.0, &their_a.0, &their_r.0]),
        Party::Bob => Oracle::new([&their_a.0, &their_r.0, &my_a.0, &my_r.0]),
    };
    let encoded = encode_doubled(&received);
    let key = |(i, point): (usize, &[u8; POINT])| oracle.key(peer, i, choices.bit(i) as u8, point);
    let messages = encoded.iter().enumerate().map(key).collect::<Vec<_>>().into();
    let encoded = encode_doubled(&sent);
    let keys =
        |(i, pair): (usize, &[[u8; POINT]; 2])| [0, 1].map(|side| oracle.key(me, i, side, &pair[usize::from(side)]));
    let pairs = encoded.as_chunks::<2>().0.iter().enumerate().map(keys).collect::<Vec<_>>().into();

    let transcript = *oracle.0.as_bytes();
    Ok((BaseSender { pairs, transcript }, BaseReceiver { choices: Zeroizing::new(choices), messages, transcript }))
}

/// The cost of [`both`].
#[must_use]
pub fn cost() -> Cost {
    let bytes = (HEADER + POINT + HEADER + RECEIVER_BYTES) as u64;
    Cost { sent: bytes, received: bytes, rounds: 1 }
}

/// A uniform scalar.
fn scalar(rng: &mut Prg) -> Zeroizing<Scalar> {
    let bytes: Zeroizing<[u8; 64]> = Zeroizing::new(rng.bytes());
    Zeroizing::new(Scalar::from_bytes_mod_order_wide(&bytes))
}

/// The encodings of twice these points.
fn encode_doubled(points: &[RistrettoPoint]) -> Zeroizing<Vec<[u8; POINT]>> {
    let encodings = RistrettoPoint::double_and_compress_batch(points);
    encodings.iter().map(CompressedRistretto::to_bytes).collect::<Vec<_>>().into()
}

/// Half of `H_side(other)` for transfer `index` to `receiver`. The time does not depend on `side`.
fn half_hash(receiver: Party, index: usize, side: u8, other: &[u8]) -> RistrettoPoint {
    let mut hasher = blake3::Hasher::new_derive_key("tacit base OT v2, a point to a point");
    hasher.update(&[receiver as u8, side]);
    hasher.update(&(index as u64).to_le_bytes());
    hasher.update(other);
    let mut bytes = [0; 64];
    hasher.finalize_xof().fill(&mut bytes);
    RistrettoPoint::from_uniform_bytes(&bytes)
}

/// The random oracle for the keys of one run, keyed by the hash of all messages.
struct Oracle(blake3::Hash);

impl Oracle {
    /// Takes Alice's messages, then Bob's.
    fn new(messages: [&Points; 4]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("tacit base OT v2, transcript");
        for message in messages {
            hasher.update(&message.encoded);
        }
        Self(hasher.finalize())
    }

    /// The key of one side of a transfer by `sender`.
    fn key(&self, sender: Party, index: usize, side: u8, point: &[u8; POINT]) -> Block {
        let mut hasher = blake3::Hasher::new_keyed(self.0.as_bytes());
        hasher.update(&[sender as u8, side]);
        hasher.update(&(index as u64).to_le_bytes());
        hasher.update(point);
        let mut bytes = Zeroizing::new([0; 16]);
        hasher.finalize_xof().fill(&mut *bytes);
        Block::from_bytes(*bytes)
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
        let points = halves.iter().map(|half| half + half).collect();
        Self { encoded: encode_doubled(halves).concat(), points }
    }

    /// `(r_0, r_1)` of every transfer to `receiver`: a uniform point on the side that was not
    /// chosen, and on the chosen side the point that its hash shifts to `b_i·G`.
    fn hiding(
        receiver: Party,
        choices: Block,
        half_b: &[Scalar],
        multiples_of_g: &RistrettoBasepointTable,
        rng: &mut Prg,
    ) -> Self {
        // Its distribution is all that matters here, and a multiple of G is cheaper than a hash.
        let uniform = |_| &*scalar(rng) * multiples_of_g;
        let others: Zeroizing<Vec<RistrettoPoint>> = (0..COUNT).map(uniform).collect::<Vec<_>>().into();
        let chosen = |(i, (half_b, other)): (usize, (&Scalar, &[u8; POINT]))| {
            half_b * multiples_of_g - half_hash(receiver, i, choices.bit(i) as u8, other)
        };
        let encoded = encode_doubled(&others);
        let chosen = half_b.iter().zip(encoded.iter()).enumerate().map(chosen);
        let pair = |(i, (mut left, mut right))| {
            RistrettoPoint::conditional_swap(&mut left, &mut right, Choice::from(choices.bit(i) as u8));
            [left, right]
        };
        let halves: Vec<RistrettoPoint> = chosen.zip(others.iter().copied()).enumerate().flat_map(pair).collect();
        Self::doubled(&halves)
    }

    /// `B_0` and `B_1` of every transfer to `receiver`.
    fn moved(&self, receiver: Party) -> Vec<RistrettoPoint> {
        let (points, encoded) = (self.points.as_chunks::<2>().0, self.encoded.as_chunks::<{ 2 * POINT }>().0);
        let moved = |(i, ([r_0, r_1], encoded)): (usize, (&[RistrettoPoint; 2], &[u8; 2 * POINT]))| {
            let (left, right) = encoded.split_at(POINT);
            let [half_0, half_1] = [half_hash(receiver, i, 0, right), half_hash(receiver, i, 1, left)];
            [r_0 + half_0 + half_0, r_1 + half_1 + half_1]
        };
        points.iter().zip(encoded).enumerate().flat_map(moved).collect()
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

/// The receiver's points `r_0` and `r_1`.
struct ReceiverPoints(Points);

impl Message for ReceiverPoints {
    const TAG: Tag = Tag::BaseOtReceiver;
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        self.0.encoded.clone()
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        Points::decode(body, 2 * COUNT).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
    use tacit_session::Code;
    use tacit_session::lockstep;

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
        assert_eq!((cost().sent as usize, cost().rounds), (HEADER + 32 + HEADER + 8192, 1));
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
        // Not below the field's prime; an odd encoding ("negative"); the identity; not on the
        // curve.
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
            for at in [0, 64, 2 * COUNT - 1] {
                let mut points = [good; 2 * COUNT];
                points[at] = bad;
                assert!(ReceiverPoints::decode(points.as_flattened(), ()).is_err(), "{bad:x?} at {at}");
            }
        }
        assert!(ReceiverPoints::decode([good; 2 * COUNT].as_flattened(), ()).is_ok());
        assert!(ReceiverPoints::decode([good; 2 * COUNT - 1].as_flattened(), ()).is_err());
        assert!(SenderPoint::decode(&good[..31], ()).is_err());
    }

    /// A receiver who sends related points knows at most one key, and causes no panic.
    #[test]
    fn related_points_give_no_second_key() {
        type Strategy = fn(usize, Scalar) -> [RistrettoPoint; 2];
        // Half of the offset of a side, which any receiver can compute.
        fn half(i: usize, side: u8, other: RistrettoPoint) -> RistrettoPoint {
            half_hash(Party::Bob, i, side, &other.compress().to_bytes())
        }
        let strategies: [(&str, Strategy); 5] = [
            ("the same twice", |_, b| [G * b; 2]),
            ("a point and its negative", |_, b| [G * b, G * -b]),
            ("a point and its double", |_, b| [G * b, G * (b + b)]),
            ("the first hashes to b·G", |i, b| {
                let other = G * (b + b);
                let half = half(i, 0, other);
                [G * b - half - half, other]
            }),
            ("each hashes to b·G if the other had stayed", |i, b| {
                let (left, right) = (G * b, G * (b + b));
                let (half_0, half_1) = (half(i, 0, right), half(i, 1, left));
                [G * b - half_0 - half_0, G * b - half_1 - half_1]
            }),
        ];
        for (name, strategy) in strategies {
            let b = |i: usize| Scalar::from(i as u64 + 2);
            let (alice, bob) = lockstep::run(
                async |mut s| both(&mut s, &mut Prg::from_seed([1; 32]), Block::ZERO).await.map(|(sender, _)| sender),
                async |mut s| {
                    let half = Scalar::from(2u64).invert();
                    let halves: Vec<RistrettoPoint> =
                        (0..COUNT).flat_map(|i| strategy(i, b(i))).map(|point| point * half).collect();
                    let (my_a, my_r) = (SenderPoint(Points::doubled(&[G])), ReceiverPoints(Points::doubled(&halves)));
                    s.send(&my_a).await?;
                    s.send(&my_r).await?;
                    let (a, r): (SenderPoint, ReceiverPoints) = (s.recv(()).await?, s.recv(()).await?);
                    let oracle = Oracle::new([&a.0, &r.0, &my_a.0, &my_r.0]);
                    // The keys that he can compute: those for the points b·G, 2b·G and −b·G.
                    let tries =
                        |i: usize| [b(i), b(i) + b(i), -b(i)].map(|b| (a.0.points[0] * b).compress().to_bytes());
                    let known = |i| [0, 1].map(|side| tries(i).map(|point| oracle.key(Party::Alice, i, side, &point)));
                    Ok::<_, Fault>((0..COUNT).map(known).collect::<Vec<_>>())
                },
            );
            let (alice, bob) = (alice.unwrap(), bob.unwrap());
            for (pair, known) in alice.pairs.iter().zip(bob) {
                let keys = [0, 1].map(|side| known[side].contains(&pair[side]));
                let honest = name == "the first hashes to b·G";
                assert_eq!(keys, [honest, false], "{name}");
                assert!(pair[0] != pair[1], "{name}");
            }
        }
    }

    /// A peer who reflects messages gets no key.
    #[test]
    fn reflected_messages_have_other_keys() {
        let (alice, bob) = lockstep::run(
            async |mut s| both(&mut s, &mut Prg::from_seed([1; 32]), Block::ZERO).await,
            async |mut s| {
                let (a, r): (SenderPoint, ReceiverPoints) = (s.recv(()).await?, s.recv(()).await?);
                s.send(&a).await?;
                s.send(&r).await
            },
        );
        bob.unwrap();
        let (sender, receiver) = alice.unwrap();
        for (pair, message) in sender.pairs.iter().zip(receiver.messages.iter()) {
            assert!(!pair.contains(message) && pair[0] != pair[1]);
        }
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

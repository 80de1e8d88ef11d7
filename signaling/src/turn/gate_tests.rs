use proptest::prelude::*;
use stun::attributes::ATTR_ERROR_CODE;
use stun::message::{CLASS_INDICATION, CLASS_SUCCESS_RESPONSE, Method, Setter};

use super::*;

const CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7)), 4000);

async fn gate() -> Arc<Gate> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    Gate::new(Arc::new(socket), Ledger::new(4, 4))
}

fn request(method: Method, more: Vec<Box<dyn Setter>>) -> Vec<u8> {
    let mut message = Message::new();
    let mut parts: Vec<Box<dyn Setter>> =
        vec![Box::new(TransactionId::new()), Box::new(MessageType::new(method, CLASS_REQUEST))];
    parts.extend(more);
    message.build(&parts).unwrap();
    message.raw
}

/// A request with an invalid signature, which only the library checks.
fn signed(method: Method, nonce: &str) -> Vec<u8> {
    let integrity = stun::integrity::MessageIntegrity(vec![7; 16]);
    request(method, vec![Box::new(TextAttribute::new(ATTR_NONCE, nonce.to_owned())), Box::new(integrity)])
}

fn error_code(verdict: Verdict) -> u16 {
    let Verdict::Answer(raw) = verdict else { panic!("{verdict:?}") };
    let mut message = Message { raw, ..Message::default() };
    message.decode().unwrap();
    let code = message.get(ATTR_ERROR_CODE).unwrap();
    u16::from(code[2]) * 100 + u16::from(code[3])
}

/// Takes the gate's own request for a nonce, and answers it as the library does.
async fn give_nonce(gate: &Gate, nonce: &str) {
    let mut buffer = [0; 1500];
    let (length, from) = gate.recv_from(&mut buffer).await.unwrap();
    assert_eq!(from, NOBODY);
    let mut asked = Message { raw: buffer[..length].to_vec(), ..Message::default() };
    asked.decode().unwrap();
    let mut answer = Message::new();
    answer
        .build(&[
            Box::new(asked.transaction_id),
            Box::new(MessageType::new(METHOD_ALLOCATE, CLASS_ERROR_RESPONSE)),
            Box::new(TextAttribute::new(ATTR_NONCE, nonce.to_owned())),
        ])
        .unwrap();
    gate.send_to(&answer.raw, NOBODY).await.unwrap();
}

#[tokio::test]
async fn whoever_has_no_nonce_gets_the_one_of_the_hour_and_the_library_hears_nothing() {
    let gate = gate().await;
    assert_eq!(gate.judge(&request(METHOD_ALLOCATE, vec![]), CLIENT), Verdict::Drop, "there is none yet");
    give_nonce(&gate, "first").await;
    for method in [METHOD_ALLOCATE, METHOD_REFRESH, METHOD_CREATE_PERMISSION, METHOD_CHANNEL_BIND] {
        assert_eq!(error_code(gate.judge(&request(method, vec![]), CLIENT)), 401);
        assert_eq!(error_code(gate.judge(&signed(method, "another"), CLIENT)), 438);
    }
    assert_eq!(gate.judge(&signed(METHOD_ALLOCATE, "first"), CLIENT), Verdict::Pass);
}

#[tokio::test(start_paused = true)]
async fn the_nonce_of_before_is_good_and_the_one_before_that_is_not() {
    let gate = gate().await;
    for nonce in ["first", "second", "third"] {
        give_nonce(&gate, nonce).await;
    }
    let verdict = |nonce| gate.judge(&signed(METHOD_REFRESH, nonce), CLIENT);
    assert_eq!((verdict("third"), verdict("second")), (Verdict::Pass, Verdict::Pass));
    assert_eq!(error_code(verdict("first")), 438);
}

#[tokio::test(start_paused = true)]
async fn a_library_that_does_not_come_back_is_noticed() {
    let gate = gate().await;
    assert!(!gate.is_stuck());
    give_nonce(&gate, "first").await;
    tokio::time::advance(STUCK_AFTER).await;
    assert!(!gate.is_stuck());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(gate.is_stuck());
    gate.retire();
    assert!(gate.recv_from(&mut [0; 1500]).await.is_err());
}

#[tokio::test]
async fn peers_are_named_only_by_who_has_an_allocation() {
    let gate = gate().await;
    give_nonce(&gate, "first").await;
    for method in [METHOD_CREATE_PERMISSION, METHOD_CHANNEL_BIND] {
        assert_eq!(gate.judge(&signed(method, "first"), CLIENT), Verdict::Drop);
    }
    gate.ledger.asks("somebody", CLIENT);
    let _lease = gate.ledger.open(5000, Instant::now().into_std()).unwrap();
    for method in [METHOD_CREATE_PERMISSION, METHOD_CHANNEL_BIND] {
        assert_eq!(gate.judge(&signed(method, "first"), CLIENT), Verdict::Pass);
    }
}

#[tokio::test]
async fn one_place_asks_only_so_often() {
    let gate = gate().await;
    let asked = (0..2000).filter(|_| gate.judge(&request(METHOD_BINDING, vec![]), CLIENT) == Verdict::Pass).count();
    assert!((1000..1500).contains(&asked), "{asked}");
    let elsewhere = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 8)), 4000);
    assert_eq!(gate.judge(&request(METHOD_BINDING, vec![]), elsewhere), Verdict::Pass);
}

#[tokio::test]
async fn what_is_no_request_goes_no_further() {
    let gate = gate().await;
    give_nonce(&gate, "first").await;
    for class in [CLASS_INDICATION, CLASS_SUCCESS_RESPONSE, CLASS_ERROR_RESPONSE] {
        let mut message = Message::new();
        message.build(&[Box::new(MessageType::new(METHOD_BINDING, class))]).unwrap();
        assert_eq!(gate.judge(&message.raw, CLIENT), Verdict::Drop);
    }
    let even: Box<dyn Setter> = Box::new(turn::proto::evenport::EvenPort::default());
    let mut message = Message { raw: signed(METHOD_ALLOCATE, "first"), ..Message::default() };
    message.decode().unwrap();
    even.add_to(&mut message).unwrap();
    assert_eq!(gate.judge(&message.raw, CLIENT), Verdict::Drop);
}

proptest! {
    #[test]
    fn garbage_is_judged_without_a_panic(datagram in proptest::collection::vec(any::<u8>(), 0..200), cookie in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut datagram = datagram;
        if cookie && datagram.len() >= 8 {
            datagram[4..8].copy_from_slice(&0x2112_a442_u32.to_be_bytes());
        }
        let _ = runtime.block_on(gate()).judge(&datagram, CLIENT);
    }
}

//! Compares the state machine in Redis with the one in `rooms.rs`: the same steps, answers and
//! notices.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use redis::IntoConnectionInfo as _;

use super::*;
use crate::rooms::{Arrival, Notice, Rooms};

#[path = "../tests/common/redis.rs"]
mod redis_server;

use redis_server::Redis;

/// A time that no test reaches: expiry is tested through sockets.
const LONG: Duration = Duration::from_secs(3600);

const TERMS: Terms = Terms { max_rooms: 3, waiting: LONG, lifetime: LONG, rest: LONG, at_door: 2, ringing: LONG };

#[derive(Clone, Debug)]
enum Step {
    Enter(u64, Ask),
    /// The member who answers, and the guest whose ticket it shows.
    Answer(u64, u64),
    TurnAway(u64),
    Relay(u64),
    Close(u64),
    /// The member, and whether it leaves for good.
    Leave(u64, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let member = || 0..7u64;
    prop_oneof![
        member().prop_map(|member| Step::Enter(member, Ask::Create)),
        (member(), 1..6u32, member())
            .prop_map(|(member, room, host)| Step::Enter(member, Ask::Resume(Room(room), ticket_of(host)))),
        (member(), proptest::option::of(0..25u32))
            .prop_map(|(member, wanted)| Step::Enter(member, Ask::Open(wanted.map(Room)))),
        (member(), 1..6u32).prop_map(|(member, room)| Step::Enter(member, Ask::Join(Room(room)))),
        (member(), member()).prop_map(|(member, guest)| Step::Answer(member, guest)),
        member().prop_map(Step::TurnAway),
        member().prop_map(Step::Relay),
        member().prop_map(Step::Close),
        (member(), any::<bool>()).prop_map(|(member, for_good)| Step::Leave(member, for_good)),
    ]
}

fn ticket_of(guest: u64) -> Ticket {
    Ticket(format!("ticket-of-{guest}"))
}

/// The result of a step: the reply to the member who took it, and the notices to other members.
type Outcome = (Result<Reply, Refusal>, Vec<(u64, Reply, bool)>);

/// Normalises notices: their order among members does not matter, and knocks depend on time.
fn tidy(mut notices: Vec<(u64, Reply, bool)>) -> Vec<(u64, Reply, bool)> {
    notices.retain(|(_, reply, _)| *reply != Reply::Knocked);
    notices.sort_by_key(|(to, ..)| *to);
    notices
}

fn here(rooms: &mut Rooms, step: &Step) -> Outcome {
    let now = std::time::Instant::now();
    let mut notices = Vec::new();
    let nothing = Reply::Ringing;
    let said = match step {
        Step::Enter(member, Ask::Create) => rooms
            .create(Member(*member), ticket_of(*member), now)
            .map(|room| Reply::Created { room, ticket: Some(ticket_of(*member)) }),
        Step::Enter(member, Ask::Resume(room, ticket)) => {
            rooms.resume(Member(*member), *room, ticket, now, &mut notices).map(|()| Reply::Resumed)
        }
        Step::Enter(member, Ask::Open(wanted)) => {
            rooms.open_door(Member(*member), *wanted, now).map(|room| Reply::Created { room, ticket: None })
        }
        Step::Enter(member, Ask::Join(room)) => {
            let joined = rooms.join(Member(*member), *room, || Ok(ticket_of(*member)), now, &mut notices);
            joined.map(|arrival| match arrival {
                Arrival::Seated { away } => Reply::Joined { ice: Vec::new(), away },
                Arrival::Ringing => Reply::Ringing,
            })
        }
        Step::Enter(_, Ask::Answer(_)) => unreachable!("see Step::Answer"),
        Step::Answer(member, guest) => {
            let answered = rooms.answer(Member(*member), &ticket_of(*guest), now, &mut notices);
            answered.map(|()| Reply::PeerJoined { ice: Vec::new() })
        }
        Step::TurnAway(guest) => {
            rooms.turn_away(&ticket_of(*guest), &mut notices);
            Ok(nothing)
        }
        Step::Relay(member) => rooms.relay(Member(*member), Body("x".into()), &mut notices).map(|()| nothing),
        Step::Close(member) => {
            rooms.close(Member(*member), now, &mut notices);
            Ok(nothing)
        }
        Step::Leave(member, for_good) => {
            rooms.leave(Member(*member), *for_good, now, &mut notices);
            Ok(nothing)
        }
    };
    let told = notices.into_iter().map(|Notice { to: Member(to), reply, last }| (to, reply, last));
    (said, tidy(told.collect()))
}

async fn there(lines: &Lines, line: &Line, posts: &mut PubSubStream, step: &Step) -> Outcome {
    let body = serde_json::to_string(&Reply::Relay { body: Body("x".into()) }).unwrap();
    let (verb, member, argument, ask) = match step {
        Step::Enter(member, ask) => match ask {
            Ask::Create => ("create", *member, String::new(), Some(ask.clone())),
            Ask::Resume(Room(number), _) => ("resume", *member, number.to_string(), Some(ask.clone())),
            Ask::Open(wanted) => {
                let wanted = wanted.map(|Room(number)| number.to_string()).unwrap_or_default();
                ("open", *member, wanted, Some(ask.clone()))
            }
            Ask::Join(Room(number)) => ("join", *member, number.to_string(), Some(ask.clone())),
            Ask::Answer(_) => unreachable!("see Step::Answer"),
        },
        Step::Answer(member, guest) => {
            let ticket = ticket_of(*guest);
            ("answer", *member, ticket.0.clone(), Some(Ask::Answer(ticket)))
        }
        Step::TurnAway(guest) => ("turn-away", 0, ticket_of(*guest).0, None),
        Step::Relay(member) => ("relay", *member, body, None),
        Step::Close(member) => ("close", *member, String::new(), None),
        Step::Leave(member, true) => ("leave", *member, "for-good".to_owned(), None),
        Step::Leave(member, false) => ("leave", *member, String::new(), None),
    };
    let Ticket(ticket) = match &ask {
        Some(Ask::Resume(_, ticket)) => ticket.clone(),
        _ => ticket_of(member),
    };
    let answer = lines.call(line, verb, Member(member), &argument, &ticket).await.unwrap();
    let said = match (answer, ask) {
        (Answer::Refused(reason), _) => Err(reason),
        (Answer::Done(value), Some(ask)) => Ok(reply(&ask, &value, &ticket).unwrap()),
        (Answer::Done(_), None) | (Answer::Ringing, Some(Ask::Join(_))) => Ok(Reply::Ringing),
        other => panic!("{other:?}"),
    };
    // A script's notices are published before it ends, so all of them arrive before a mark.
    lines.mark(line).await.unwrap();
    let mut told = Vec::new();
    loop {
        let message = posts.next().await.unwrap();
        match parse(message.get_payload_bytes()) {
            Some((Member(to), Post { reply, last })) => told.push((to, reply, last)),
            None => return (said, tidy(told)),
        }
    }
}

#[test]
fn both_machines_decide_alike() {
    let Some(redis) = Redis::start() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lines = Lines::new(redis.url().as_str().into_connection_info().unwrap(), TERMS, LONG).unwrap();
    // Fewer steps than numbers may rest.
    let steps = proptest::collection::vec(step(), 0..60);
    let mut runner = TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() });
    let compared = runner.run(&steps, |steps| {
        runtime.block_on(async {
            lines.forget_everything().await.unwrap();
            let (line, mut posts) = lines.arrive().await.unwrap();
            let mut rooms = Rooms::new(TERMS);
            for step in steps {
                let (wanted, got) = (here(&mut rooms, &step), there(&lines, &line, &mut posts, &step).await);
                prop_assert_eq!(&got, &wanted, "in Redis and here, after {:?}", step);
            }
            // When all members have left, only rooms of hosts that are away remain.
            for member in 0..7 {
                let step = Step::Leave(member, true);
                prop_assert_eq!(there(&lines, &line, &mut posts, &step).await, here(&mut rooms, &step));
            }
            let beat = lines.call(&line, "beat", Member(0), "", "").await.unwrap();
            prop_assert!(matches!(&beat, Answer::Done(open) if *open == rooms.len().to_string()), "{:?}", beat);
            Ok(())
        })
    });
    compared.unwrap();
}

//! Tests of rooms alone: the clock is an argument, so every time here is exact.

use proptest::prelude::*;

use super::*;

#[path = "doors_tests.rs"]
mod doors;

const ALICE: Member = Member(1);
const BOB: Member = Member(2);
const EVE: Member = Member(3);
const CAROL: Member = Member(5);

const TERMS: Terms = Terms {
    max_rooms: 3,
    waiting: Duration::from_secs(600),
    lifetime: Duration::from_secs(43_200),
    rest: Duration::from_secs(3600),
    at_door: 2,
    ringing: Duration::from_secs(120),
};

/// Rooms, and a clock that only the test advances.
struct Table {
    rooms: Rooms,
    now: Instant,
    notices: Vec<Notice>,
}

impl Table {
    fn new() -> Self {
        Table { rooms: Rooms::new(TERMS), now: Instant::now(), notices: Vec::new() }
    }

    /// A table in which Alice waits in room 1.
    fn waiting() -> Self {
        let mut table = Table::new();
        assert_eq!(table.create(ALICE), Ok(Room(1)));
        table
    }

    /// A table in which Alice and Bob sit in room 1.
    fn joined() -> Self {
        let mut table = Table::waiting();
        assert_eq!(table.join(BOB, 1), Ok(HERE));
        assert_eq!(table.told(), [tell(ALICE, Reply::PeerJoined { ice: Vec::new() })]);
        table
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn create(&mut self, member: Member) -> Result<Room, Refusal> {
        self.rooms.create(member, ticket_of(member), self.now)
    }

    /// Lets `member` return to the room that `host` made.
    fn resume(&mut self, member: Member, room: u32, host: Member) -> Result<(), Refusal> {
        self.rooms.resume(member, Room(room), &ticket_of(host), self.now, &mut self.notices)
    }

    fn join(&mut self, member: Member, room: u32) -> Result<Arrival, Refusal> {
        self.rooms.join(member, Room(room), || Ok(ticket_of(member)), self.now, &mut self.notices)
    }

    fn open_door(&mut self, member: Member, wanted: Option<u32>) -> Result<Room, Refusal> {
        self.rooms.open_door(member, wanted.map(Room), self.now)
    }

    fn answer(&mut self, member: Member, ticket: &Ticket) -> Result<(), Refusal> {
        self.rooms.answer(member, ticket, self.now, &mut self.notices)
    }

    fn relay(&mut self, member: Member, text: &str) -> Result<(), Refusal> {
        self.rooms.relay(member, Body(text.into()), &mut self.notices)
    }

    fn close(&mut self, member: Member) {
        self.rooms.close(member, self.now, &mut self.notices);
    }

    /// Lets `member` leave for good.
    fn leave(&mut self, member: Member) {
        self.rooms.leave(member, true, self.now, &mut self.notices);
    }

    /// Breaks the socket of `member`.
    fn lose(&mut self, member: Member) {
        self.rooms.leave(member, false, self.now, &mut self.notices);
    }

    fn expire(&mut self) {
        self.rooms.expire(self.now, &mut self.notices);
    }

    fn told(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }
}

const HERE: Arrival = Arrival::Seated { away: false };
const ALONE: Arrival = Arrival::Seated { away: true };

/// Makes a ticket that names its guest, for tests.
fn ticket_of(Member(guest): Member) -> Ticket {
    Ticket(format!("ticket of {guest}"))
}

fn tell(to: Member, reply: Reply) -> Notice {
    Notice { to, reply, last: false }
}

fn last(to: Member, reply: Reply) -> Notice {
    Notice { to, reply, last: true }
}

fn expired() -> Reply {
    Reply::Refused { reason: Refusal::Expired }
}

#[test]
fn what_one_says_the_other_hears_both_ways_and_in_order() {
    let mut table = Table::joined();
    for (from, to, text) in [(ALICE, BOB, "offer"), (BOB, ALICE, "answer"), (BOB, ALICE, "candidate")] {
        table.relay(from, text).unwrap();
        assert_eq!(table.told(), [tell(to, Reply::Relay { body: Body(text.into()) })]);
    }
}

#[test]
fn nothing_is_relayed_before_the_guest_is_there() {
    let mut table = Table::waiting();
    assert_eq!(table.relay(ALICE, "offer"), Err(Refusal::Malformed));
    assert!(table.told().is_empty());
}

#[test]
fn a_third_is_turned_away_and_both_are_told() {
    let mut table = Table::joined();
    assert_eq!(table.join(EVE, 1), Err(Refusal::RoomFull));
    assert_eq!(table.told(), [tell(ALICE, Reply::Knocked), tell(BOB, Reply::Knocked)]);
}

#[test]
fn many_knocks_are_one_a_second() {
    let mut table = Table::joined();
    for _ in 0..100 {
        assert_eq!(table.join(EVE, 1), Err(Refusal::RoomFull));
    }
    assert_eq!(table.told().len(), 2);
    table.pass(KNOCK_GAP);
    assert_eq!(table.join(EVE, 1), Err(Refusal::RoomFull));
    assert_eq!(table.told().len(), 2);
}

#[test]
fn a_room_that_was_joined_is_never_joined_again() {
    let mut table = Table::joined();
    table.leave(BOB);
    assert_eq!(table.told(), [tell(ALICE, Reply::PeerLeft)]);
    assert_eq!(table.join(EVE, 1), Err(Refusal::RoomFull));
    assert_eq!(table.join(BOB, 1), Err(Refusal::RoomFull));
    assert_eq!(table.told(), [tell(ALICE, Reply::Knocked)]);
    // A body that Alice relays now is dropped, without an error for her.
    assert_eq!(table.relay(ALICE, "hello?"), Ok(()));
    table.leave(ALICE);
    assert!(table.told().is_empty());
    assert_eq!(table.join(EVE, 1), Err(Refusal::UnknownRoom));
}

#[test]
fn the_guest_hears_that_the_host_left() {
    let mut table = Table::joined();
    table.leave(ALICE);
    assert_eq!(table.told(), [tell(BOB, Reply::PeerLeft)]);
    assert_eq!(table.join(EVE, 1), Err(Refusal::RoomFull));
}

#[test]
fn a_room_whose_host_left_early_is_gone() {
    let mut table = Table::waiting();
    table.leave(ALICE);
    assert_eq!(table.join(BOB, 1), Err(Refusal::UnknownRoom));
    assert_eq!(table.rooms.len(), 0);
}

fn peer_joined() -> Reply {
    Reply::PeerJoined { ice: Vec::new() }
}

fn says(text: &str) -> Reply {
    Reply::Relay { body: Body(text.into()) }
}

#[test]
fn a_host_whose_socket_breaks_comes_back_to_its_room() {
    let mut table = Table::waiting();
    let over = table.now + TERMS.waiting;
    table.lose(ALICE);
    table.pass(TERMS.waiting / 2);
    table.expire();
    assert_eq!(table.resume(EVE, 1, BOB), Err(Refusal::UnknownRoom), "the ticket is another room's");
    assert_eq!(table.resume(CAROL, 1, ALICE), Ok(()));
    assert!(table.told().is_empty());
    assert_eq!(table.rooms.next_deadline(), Some(over), "it waits no longer than it would have");
    assert_eq!(table.join(BOB, 1), Ok(HERE));
    assert_eq!(table.told(), [tell(CAROL, peer_joined())]);
    table.relay(CAROL, "hello").unwrap();
    assert_eq!(table.told(), [tell(BOB, says("hello"))]);
    table.lose(CAROL);
    assert_eq!(table.told(), [tell(BOB, Reply::PeerLeft)], "it has spoken, and the two go on by themselves");
    assert_eq!(table.resume(ALICE, 1, ALICE), Err(Refusal::UnknownRoom));
}

#[test]
fn a_guest_who_comes_meanwhile_waits_and_is_heard() {
    let mut table = Table::waiting();
    let over = table.now + TERMS.waiting;
    table.lose(ALICE);
    assert_eq!(table.join(BOB, 1), Ok(ALONE));
    table.relay(BOB, "hello").unwrap();
    table.relay(BOB, "more than one says first").unwrap();
    assert_eq!(table.join(EVE, 1), Err(Refusal::RoomFull));
    assert_eq!(table.told(), [tell(BOB, Reply::Knocked)]);
    assert_eq!(table.rooms.next_deadline(), Some(over));
    assert_eq!(table.resume(CAROL, 1, ALICE), Ok(()));
    assert_eq!(table.told(), [tell(CAROL, peer_joined()), tell(CAROL, says("hello"))]);
    assert_eq!(table.rooms.next_deadline(), Some(table.now + TERMS.lifetime));
}

#[test]
fn a_guest_who_waits_in_vain_leaves_the_room_to_others() {
    let mut table = Table::waiting();
    table.lose(ALICE);
    assert_eq!(table.join(BOB, 1), Ok(ALONE));
    table.relay(BOB, "hello").unwrap();
    table.lose(BOB);
    assert_eq!(table.join(EVE, 1), Ok(ALONE), "nobody has answered yet");
    assert_eq!(table.resume(ALICE, 1, ALICE), Ok(()));
    assert_eq!(table.told(), [tell(ALICE, peer_joined())], "what the first one said is forgotten");
}

#[test]
fn a_socket_that_is_broken_unnoticed_is_replaced() {
    let mut table = Table::joined();
    table.relay(BOB, "hello").unwrap();
    assert_eq!(table.told(), [tell(ALICE, says("hello"))]);
    assert_eq!(table.resume(CAROL, 1, ALICE), Ok(()));
    let replaced = last(ALICE, Reply::Refused { reason: Refusal::RoomFull });
    assert_eq!(table.told(), [replaced, tell(CAROL, peer_joined()), tell(CAROL, says("hello"))]);
    table.lose(ALICE);
    assert!(table.told().is_empty(), "it has no seat any more");

    let mut table = Table::joined();
    table.lose(BOB);
    table.told();
    assert_eq!(table.resume(CAROL, 1, ALICE), Ok(()), "and a guest that was never seen has not been there");
    table.told();
    assert_eq!(table.join(EVE, 1), Ok(HERE));
}

#[test]
fn a_host_that_does_not_come_back_is_waited_for_as_long_as_its_guest_was() {
    let mut table = Table::waiting();
    table.lose(ALICE);
    assert_eq!(table.join(BOB, 1), Ok(ALONE));
    table.pass(TERMS.waiting);
    assert_eq!(table.resume(ALICE, 1, ALICE), Err(Refusal::UnknownRoom), "even before the sweep");
    table.expire();
    assert_eq!(table.told(), [last(BOB, expired())]);
    assert_eq!((table.rooms.len(), table.rooms.away.len()), (0, 0));
}

#[test]
fn few_rooms_are_without_their_hosts() {
    let mut table = Table::waiting();
    table.create(CAROL).unwrap();
    table.lose(ALICE);
    assert_eq!(table.join(BOB, 1), Ok(ALONE));
    table.pass(KNOCK_GAP);
    table.lose(CAROL);
    assert_eq!(table.told(), [last(BOB, Reply::Refused { reason: Refusal::UnknownRoom })]);
    assert_eq!(table.resume(ALICE, 1, ALICE), Err(Refusal::UnknownRoom));
    assert_eq!(table.resume(CAROL, 2, CAROL), Ok(()));
}

#[test]
fn nobody_comes_back_to_a_room_that_is_closed() {
    let mut table = Table::waiting();
    table.close(ALICE);
    assert_eq!(table.resume(ALICE, 1, ALICE), Err(Refusal::UnknownRoom));
    let mut table = Table::joined();
    table.leave(ALICE);
    assert_eq!(table.told(), [tell(BOB, Reply::PeerLeft)]);
    assert_eq!(table.resume(ALICE, 1, ALICE), Err(Refusal::UnknownRoom));
    table.lose(BOB);
    assert_eq!(table.rooms.len(), 0);
}

#[test]
fn either_closes_for_both() {
    for (closer, other) in [(ALICE, BOB), (BOB, ALICE)] {
        let mut table = Table::joined();
        table.close(closer);
        assert_eq!(table.told(), [last(other, Reply::PeerLeft)]);
        assert_eq!(table.join(EVE, 1), Err(Refusal::UnknownRoom));
        // The sockets leave later, without further effect.
        table.leave(closer);
        table.leave(other);
        assert!(table.told().is_empty());
    }
}

#[test]
fn one_member_has_one_seat() {
    let mut table = Table::joined();
    assert_eq!(table.create(ALICE), Err(Refusal::Malformed));
    assert_eq!(table.create(BOB), Err(Refusal::Malformed));
    assert_eq!(table.join(ALICE, 1), Err(Refusal::Malformed));
    assert!(table.told().is_empty(), "one's own knock is not a stranger's");
}

#[test]
fn a_host_cannot_be_its_own_guest() {
    let mut table = Table::waiting();
    assert_eq!(table.join(ALICE, 1), Err(Refusal::Malformed));
    assert_eq!(table.join(BOB, 1), Ok(HERE));
}

#[test]
fn waiting_ends_on_time() {
    let mut table = Table::waiting();
    assert_eq!(table.rooms.next_deadline(), Some(table.now + TERMS.waiting));
    table.pass(TERMS.waiting - Duration::from_nanos(1));
    table.expire();
    assert!(table.told().is_empty());
    table.pass(Duration::from_nanos(1));
    assert_eq!(table.join(BOB, 1), Err(Refusal::UnknownRoom), "even before the sweep");
    table.expire();
    assert_eq!(table.told(), [last(ALICE, expired())]);
    assert_eq!(table.rooms.next_deadline(), None);
    assert_eq!(table.join(BOB, 1), Err(Refusal::UnknownRoom));
}

#[test]
fn a_joined_room_lives_longer_and_not_for_ever() {
    let mut table = Table::waiting();
    table.pass(TERMS.waiting / 2);
    table.join(BOB, 1).unwrap();
    table.told();
    table.pass(TERMS.lifetime - Duration::from_nanos(1));
    table.expire();
    assert!(table.told().is_empty());
    table.pass(Duration::from_nanos(1));
    table.expire();
    assert_eq!(table.told(), [last(ALICE, expired()), last(BOB, expired())]);
    assert_eq!(table.rooms.len(), 0);
}

#[test]
fn numbers_are_the_lowest_free_ones_and_rest_after_use() {
    let mut table = Table::new();
    for number in 1..=3 {
        assert_eq!(table.create(Member(number.into())), Ok(Room(number)));
    }
    assert_eq!(table.create(Member(9)), Err(Refusal::ServerFull));
    table.leave(Member(2));
    assert_eq!(table.create(Member(9)), Ok(Room(4)), "2 rests");
    table.leave(Member(1));
    table.pass(TERMS.rest);
    assert_eq!(table.create(Member(10)), Ok(Room(1)), "1 and 2 have rested");
}

#[test]
fn a_flood_of_rooms_does_not_make_numbers_long() {
    let mut table = Table::new();
    for _ in 0..10_000 {
        let Room(number) = table.create(ALICE).unwrap();
        assert!(number < 100, "{number}");
        table.leave(ALICE);
    }
    assert!(table.rooms.numbers.resting.len() <= 65);
}

#[test]
fn rooms_know_nothing_of_each_other() {
    let mut table = Table::joined();
    assert_eq!(table.create(EVE), Ok(Room(2)));
    table.close(EVE);
    assert!(table.told().is_empty());
    table.relay(ALICE, "still here").unwrap();
    assert_eq!(table.told().len(), 1);
}

#[derive(Clone, Debug)]
enum Step {
    Create(u64),
    Open(u64, Option<u32>),
    Join(u64, u32),
    Answer(u64, u64),
    TurnAway(u64),
    Relay(u64),
    Close(u64),
    Leave(u64),
    Lose(u64),
    Resume(u64, u32, u64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let member = 0..6u64;
    prop_oneof![
        member.clone().prop_map(Step::Create),
        (member.clone(), proptest::option::of(0..25u32)).prop_map(|(member, room)| Step::Open(member, room)),
        (member.clone(), member.clone()).prop_map(|(member, guest)| Step::Answer(member, guest)),
        member.clone().prop_map(Step::TurnAway),
        (member.clone(), 1..5u32).prop_map(|(member, room)| Step::Join(member, room)),
        member.clone().prop_map(Step::Relay),
        member.clone().prop_map(Step::Close),
        member.clone().prop_map(Step::Leave),
        member.clone().prop_map(Step::Lose),
        (member.clone(), 1..5u32, member).prop_map(|(member, room, host)| Step::Resume(member, room, host)),
        (0..900u64).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn the_books_agree_whatever_happens(steps in proptest::collection::vec(step(), 0..80)) {
        let mut table = Table::new();
        // Open rooms with a number in which the host has relayed a body.
        let mut spoken: Vec<u32> = Vec::new();
        for step in steps {
            match step {
                Step::Create(member) => drop(table.create(Member(member))),
                Step::Open(member, wanted) => drop(table.open_door(Member(member), wanted)),
                Step::Answer(member, guest) => drop(table.answer(Member(member), &ticket_of(Member(guest)))),
                Step::TurnAway(guest) => table.rooms.turn_away(&ticket_of(Member(guest)), &mut table.notices),
                Step::Join(member, room) => {
                    let joined = table.join(Member(member), room);
                    // A room in which the host has relayed a body has had its guest.
                    let is_seated = matches!(joined, Ok(Arrival::Seated { .. }));
                    prop_assert!(!is_seated || !spoken.contains(&room));
                }
                Step::Relay(member) => drop(table.relay(Member(member), "x")),
                Step::Close(member) => table.close(Member(member)),
                Step::Leave(member) => table.leave(Member(member)),
                Step::Lose(member) => table.lose(Member(member)),
                Step::Resume(member, room, host) => drop(table.resume(Member(member), room, Member(host))),
                Step::Pass(seconds) => {
                    table.pass(Duration::from_secs(seconds));
                    table.expire();
                }
            }
            let rooms = &table.rooms;
            spoken = rooms.open.iter().filter(|(_, open)| open.joined && open.pending.is_none())
                .filter_map(|(key, _)| key.number()).map(|room| room.0).collect();
            let ringing = rooms.doors.check();
            prop_assert!(rooms.len() <= 3);
            prop_assert_eq!(rooms.open.len(), rooms.deadlines.len());
            for (key, open) in &rooms.open {
                prop_assert!(rooms.deadlines.contains(&(open.deadline, *key)));
                // A host may leave when its room has already waited for long enough.
                prop_assert!(open.deadline > table.now || open.pending.is_some());
                let away = open.pending.as_ref().and_then(|pending| pending.away);
                prop_assert!(open.seated().count() > 0 || away.is_some(), "an empty room is closed");
                prop_assert!(away.is_none_or(|since| open.host.is_none() && rooms.away.contains(&(since, *key))));
                prop_assert!(open.joined || open.pending.is_some());
                prop_assert!(open.joined || key.number().is_some(), "without a number nobody could come");
                for member in open.seated() {
                    prop_assert_eq!(rooms.places.get(&member), Some(&Place::In(*key)));
                }
            }
            let away = rooms.open.values().filter(|open| open.pending.as_ref().is_some_and(|it| it.away.is_some()));
            prop_assert!(rooms.away.len() <= 1 && away.count() == rooms.away.len());
            let mut doors = Vec::new();
            for (member, place) in &rooms.places {
                match place {
                    Place::In(_) => {}
                    Place::OwnsDoor(room) => doors.push(room.0),
                    Place::RingsAt(room) => prop_assert_eq!(ringing.get(member), Some(room)),
                }
            }
            prop_assert_eq!(doors.len(), rooms.doors.len());
            prop_assert!(doors.iter().all(|&room| rooms.doors.at(Room(room)).unwrap().ringing() <= 2));
            let seated: usize = rooms.open.values().map(|open| open.seated().count()).sum();
            prop_assert_eq!(seated + ringing.len() + doors.len(), rooms.places.len());
            let numbers = &rooms.numbers;
            let mut held: Vec<u32> = numbers.resting.iter().map(|&(_, number, _)| number).collect();
            held.extend(&numbers.rested);
            held.extend(rooms.open.keys().filter_map(|key| key.number()).map(|room| room.0));
            held.extend(doors);
            held.sort_unstable();
            let known: Vec<u32> = (1..numbers.fresh).chain(numbers.ahead.iter().copied()).collect();
            prop_assert_eq!(held, known, "no number is lost or held twice");
        }
    }
}

//! Tests of doors alone: one owner, many guests, a room for each.

use super::*;

const DAVE: Member = Member(4);

impl Table {
    /// A table in which Alice owns door 1.
    fn with_door() -> Self {
        let mut table = Table::new();
        assert_eq!(table.open_door(ALICE, None), Ok(Room(1)));
        table
    }

    /// The same, with Bob ringing at the door.
    fn with_guest() -> Self {
        let mut table = Table::with_door();
        assert_eq!(table.join(BOB, 1), Ok(Arrival::Ringing));
        assert_eq!(table.told(), [tell(ALICE, Reply::Called { ticket: ticket_of(BOB) })]);
        table
    }

    /// The same, with Bob answered by Dave, who is another socket of Alice's.
    fn answered() -> Self {
        let mut table = Table::with_guest();
        assert_eq!(table.answer(DAVE, &ticket_of(BOB)), Ok(()));
        assert_eq!(table.told(), [tell(BOB, Reply::Joined { ice: Vec::new(), away: false })]);
        table
    }
}

fn body(text: &str) -> Reply {
    Reply::Relay { body: Body(text.into()) }
}

#[test]
fn who_rings_and_is_answered_has_a_room_for_two() {
    let mut table = Table::answered();
    table.relay(BOB, "hello").unwrap();
    table.relay(DAVE, "good day").unwrap();
    assert_eq!(table.told(), [tell(DAVE, body("hello")), tell(BOB, body("good day"))]);
    table.close(BOB);
    assert_eq!(table.told(), [last(DAVE, Reply::PeerLeft)]);
    assert_eq!(table.rooms.len(), 1, "the door stays");
}

#[test]
fn many_come_to_one_door_and_know_nothing_of_each_other() {
    let mut table = Table::answered();
    assert_eq!(table.join(EVE, 1), Ok(Arrival::Ringing));
    assert_eq!(table.told(), [tell(ALICE, Reply::Called { ticket: ticket_of(EVE) })]);
    assert_eq!(table.answer(Member(5), &ticket_of(EVE)), Ok(()));
    table.told();
    table.relay(EVE, "for five").unwrap();
    assert_eq!(table.told(), [tell(Member(5), body("for five"))]);
}

#[test]
fn a_room_behind_a_door_has_no_number_to_knock_at() {
    let mut table = Table::answered();
    for number in 2..100 {
        assert_eq!(table.join(EVE, number), Err(Refusal::UnknownRoom));
    }
    assert!(table.told().is_empty());
    assert_eq!(table.create(EVE), Ok(Room(2)), "it took none");
}

#[test]
fn a_ticket_is_good_once_and_for_one_guest() {
    let mut table = Table::answered();
    assert_eq!(table.answer(EVE, &ticket_of(BOB)), Err(Refusal::UnknownRoom));
    assert_eq!(table.answer(EVE, &Ticket("guessed".into())), Err(Refusal::UnknownRoom));
    assert_eq!(table.answer(DAVE, &ticket_of(BOB)), Err(Refusal::Malformed), "who sits already");
}

#[test]
fn only_so_many_ring_at_once() {
    let mut table = Table::with_guest();
    assert_eq!(table.join(EVE, 1), Ok(Arrival::Ringing));
    assert_eq!(table.join(DAVE, 1), Err(Refusal::Busy));
    table.leave(BOB);
    assert_eq!(table.join(DAVE, 1), Ok(Arrival::Ringing));
}

#[test]
fn nobody_rings_for_ever() {
    let mut table = Table::with_guest();
    assert_eq!(table.rooms.next_deadline(), Some(table.now + TERMS.ringing));
    table.pass(TERMS.ringing - Duration::from_nanos(1));
    table.expire();
    assert!(table.told().is_empty());
    table.pass(Duration::from_nanos(1));
    assert_eq!(table.answer(DAVE, &ticket_of(BOB)), Err(Refusal::UnknownRoom), "even before the sweep");
    table.expire();
    assert_eq!(table.told(), [Notice::last(BOB, Refusal::Busy)]);
    assert_eq!(table.rooms.next_deadline(), None, "the door has no deadline");
}

#[test]
fn a_guest_who_goes_before_the_answer_is_gone() {
    for go in [Table::leave, Table::close] {
        let mut table = Table::with_guest();
        go(&mut table, BOB);
        assert!(table.told().is_empty());
        assert_eq!(table.answer(DAVE, &ticket_of(BOB)), Err(Refusal::UnknownRoom));
    }
}

#[test]
fn a_guest_whom_the_owner_cannot_be_told_of_is_sent_away() {
    let mut table = Table::with_guest();
    table.rooms.turn_away(&ticket_of(BOB), &mut table.notices);
    assert_eq!(table.told(), [Notice::last(BOB, Refusal::Busy)]);
    assert_eq!(table.answer(DAVE, &ticket_of(BOB)), Err(Refusal::UnknownRoom));
}

#[test]
fn when_the_owner_goes_who_rings_is_told_and_who_was_answered_goes_on() {
    for go in [Table::leave, Table::close] {
        let mut table = Table::answered();
        assert_eq!(table.join(EVE, 1), Ok(Arrival::Ringing));
        table.told();
        go(&mut table, ALICE);
        assert_eq!(table.told(), [Notice::last(EVE, Refusal::UnknownRoom)]);
        assert_eq!(table.join(Member(5), 1), Err(Refusal::UnknownRoom));
        table.relay(BOB, "still here").unwrap();
        assert_eq!(table.told(), [tell(DAVE, body("still here"))]);
    }
}

#[test]
fn a_room_behind_a_door_has_a_lifetime() {
    let mut table = Table::answered();
    table.pass(TERMS.lifetime);
    table.expire();
    assert_eq!(table.told(), [last(DAVE, expired()), last(BOB, expired())]);
    assert_eq!(table.rooms.len(), 1);
}

#[test]
fn at_a_door_nothing_is_relayed() {
    let mut table = Table::with_guest();
    assert_eq!(table.relay(ALICE, "in?"), Err(Refusal::Malformed));
    assert_eq!(table.relay(BOB, "hello?"), Err(Refusal::Malformed));
}

#[test]
fn doors_and_their_rooms_count_as_rooms() {
    let mut table = Table::with_guest();
    assert_eq!(table.open_door(EVE, None), Ok(Room(2)));
    assert_eq!(table.create(DAVE), Ok(Room(3)));
    assert_eq!(table.open_door(Member(5), None), Err(Refusal::ServerFull));
    assert_eq!(table.answer(Member(5), &ticket_of(BOB)), Err(Refusal::ServerFull));
    table.leave(DAVE);
    assert_eq!(table.answer(Member(5), &ticket_of(BOB)), Ok(()), "the guest rang on");
}

#[test]
fn the_number_of_before_is_given_again() {
    let mut table = Table::with_door();
    table.leave(ALICE);
    assert_eq!(table.create(BOB), Ok(Room(2)), "1 rests");
    assert_eq!(table.open_door(ALICE, Some(1)), Ok(Room(1)), "but not for a door");
    table.leave(ALICE);
    table.pass(TERMS.rest);
    assert_eq!(table.open_door(ALICE, Some(1)), Ok(Room(1)), "nor once it has rested");
}

#[test]
fn a_number_that_another_server_gave_is_given_and_later_ones_step_over_it() {
    let mut table = Table::new();
    assert_eq!(table.open_door(ALICE, Some(2)), Ok(Room(2)));
    assert_eq!(table.create(BOB), Ok(Room(1)));
    assert_eq!(table.create(EVE), Ok(Room(3)));
}

#[test]
fn a_number_that_is_not_free_is_not_given() {
    let mut table = Table::joined();
    assert_eq!(table.open_door(EVE, Some(1)), Ok(Room(2)), "a room has it");
    table.leave(EVE);
    table.close(ALICE);
    assert_eq!(table.open_door(EVE, Some(1)), Ok(Room(3)), "a room had it: an old code must not reach a stranger");
    assert_eq!(table.open_door(DAVE, Some(3)), Ok(Room(4)), "a door has it");
    table.leave(DAVE);
    for never in [0, 1_000_000, u32::MAX] {
        let Room(number) = table.open_door(DAVE, Some(never)).unwrap();
        assert!((1..100).contains(&number), "{number}");
        table.leave(DAVE);
    }
}

#[test]
fn asking_for_numbers_costs_no_memory_without_end() {
    let mut table = Table::new();
    for wanted in (0..100_000).rev() {
        let Room(number) = table.open_door(ALICE, Some(wanted)).unwrap();
        assert!(number < 100, "{number}");
        table.leave(ALICE);
    }
    let numbers = &table.rooms.numbers;
    assert!(numbers.ahead.len() + numbers.rested.len() + numbers.resting.len() < 300);
}

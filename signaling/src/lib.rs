//! The server: rooms with two seats, relay, the hosted page.

//! Two parties, one link: messages, sessions, ledger, faults and the lockstep driver.

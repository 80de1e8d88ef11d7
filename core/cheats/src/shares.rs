//! Shares that lie.

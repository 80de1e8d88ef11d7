//! The compute worker: the protocol side of the page.

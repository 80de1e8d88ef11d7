//! What the lessons are put together from.

pub(crate) mod bench;
pub(crate) mod note;
pub(crate) mod overlap;
pub(crate) mod played;
pub(crate) mod section;
pub(crate) mod strip;

//! Parts that several screens share.

pub(crate) mod actions;
pub(crate) mod badge;
pub(crate) mod computes_on;
pub(crate) mod copy;
pub(crate) mod footer;
pub(crate) mod gauge;
pub(crate) mod given;
pub(crate) mod header;
pub(crate) mod heading;
pub(crate) mod labels;
pub(crate) mod mark;
pub(crate) mod noise;
pub(crate) mod predictions;
pub(crate) mod promises;
pub(crate) mod qr;
pub(crate) mod seam;
pub(crate) mod secret_sharing;
pub(crate) mod thumbnail;
pub(crate) mod wire;
pub(crate) mod words;

//! Parts that several screens share; those that the lessons show as well are in `tacit-parts`.

pub(crate) use tacit_parts::{heading, mark, noise};

pub(crate) mod actions;
pub(crate) mod badge;
pub(crate) mod computes_on;
pub(crate) mod copy;
pub(crate) mod footer;
pub(crate) mod gauge;
pub(crate) mod given;
pub(crate) mod header;
pub(crate) mod labels;
pub(crate) mod predictions;
pub(crate) mod promises;
pub(crate) mod qr;
pub(crate) mod seam;
pub(crate) mod thumbnail;
pub(crate) mod wire;
pub(crate) mod words;

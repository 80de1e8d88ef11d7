//! One file for each screen.

pub(crate) mod agree;
pub(crate) mod amount;
pub(crate) mod failure;
pub(crate) mod home;
pub(crate) mod invite;
pub(crate) mod join;
pub(crate) mod meet;
pub(crate) mod model;
pub(crate) mod picture;
pub(crate) mod result;
pub(crate) mod run;

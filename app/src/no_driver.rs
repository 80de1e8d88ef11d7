//! Outside of a browser there is nothing to drive. This stands in for `driver` where the page's logic is tested natively.

use std::rc::Rc;

use serde::Serialize;
use tacit_jobs::{ModelFile, Picture};
use tacit_meet::GuestInvite;

use crate::app::{Act, Input, Shown};
use crate::rehearsal::Network;

pub(crate) struct Driver;

pub(crate) trait Way {}

#[derive(Default)]
pub(crate) struct Remote;

impl Way for Remote {}

#[derive(Default)]
pub(crate) struct Stage;

pub(crate) struct OnStage;

impl Way for OnStage {}

impl OnStage {
    pub(crate) fn new(_: Rc<Stage>) -> Rc<Self> {
        Rc::new(Self)
    }

    pub(crate) fn network(&self, _: Network) {}

    pub(crate) fn hold(&self, _: bool) {}

    pub(crate) fn kept(&self) -> (Option<Picture>, Option<ModelFile>) {
        (None, None)
    }
}

impl Driver {
    pub(crate) fn new(_: Rc<dyn Way>, _: impl Fn(Input) + 'static, _: impl Fn(Shown) + 'static) -> Rc<Self> {
        Rc::new(Self)
    }

    pub(crate) fn warm_up(self: &Rc<Self>) {}

    pub(crate) fn keep(&self, _: GuestInvite) {}

    pub(crate) fn wire(&self, _: u64) -> bool {
        false
    }

    pub(crate) fn post(&self, _: &str, _: &impl Serialize) -> bool {
        false
    }

    pub(crate) fn carry_out(self: &Rc<Self>, _: Act) {}
}

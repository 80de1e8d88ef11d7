//! Outside of a browser there is nothing to drive. This stands in for `driver` where the page's logic is tested natively.

use std::rc::Rc;

use tacit_jobs::rehearsal::Look;
use tacit_meet::GuestInvite;
use tacit_session::Party;

use crate::app::{Act, Input, Network, Shown};

pub(crate) struct Driver;

#[derive(Default)]
pub(crate) struct Stage;

impl Driver {
    pub(crate) fn new(
        _: Option<(Rc<Stage>, Party)>,
        _: impl Fn(Input) + 'static,
        _: impl Fn(Shown) + 'static,
    ) -> Rc<Self> {
        Rc::new(Self)
    }

    pub(crate) fn warm_up(self: &Rc<Self>) {}

    pub(crate) fn keep(&self, _: GuestInvite) {}

    pub(crate) fn wire(&self, _: u64) -> bool {
        false
    }

    pub(crate) fn look(&self, _: &Look) {}

    pub(crate) fn network(&self, _: Network) {}

    pub(crate) fn carry_out(self: &Rc<Self>, _: Act) {}
}

//! Outside of a browser there is nothing to drive. This stands in for `driver` where the page's logic is tested natively.

use std::rc::Rc;

use tacit_meet::GuestInvite;

use crate::app::{Act, Input};

pub(crate) struct Driver;

impl Driver {
    pub(crate) fn new(_: impl Fn(Input) + 'static) -> Rc<Self> {
        Rc::new(Self)
    }

    pub(crate) fn warm_up(self: &Rc<Self>) {}

    pub(crate) fn keep(&self, _: GuestInvite) {}

    pub(crate) fn carry_out(self: &Rc<Self>, _: Act) {}
}

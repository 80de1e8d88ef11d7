//! Where the model's owner computes, and why there: a line of a list of figures. Whoever has the picture computes little, and on
//! the processor.

use leptos::prelude::*;
use tacit_jobs::{Operation, Report};

use crate::app::Role;
use crate::page::page;

#[component]
pub(crate) fn ComputesOn() -> impl IntoView {
    let report = page().of_session(|session| session.processor.clone().filter(|_| session.role() == Some(Role::Owner)));
    move || {
        report.get().map(|report| {
            let on = on(&report);
            view! {
                <div data-testid="computes-on">
                    <dt>"you compute on"</dt>
                    <dd>{on}<span class="soft note why">{report.why}</span></dd>
                </div>
            }
        })
    }
}

/// What does the work, by name where it has one.
fn on(report: &Report) -> String {
    let Some(name) = &report.adapter else { return "the processor".into() };
    let gpu = format!("the graphics processor ({name})");
    match report.uses.len() {
        0 => format!("the processor, not {gpu}"),
        n if n == Operation::ALL.len() => gpu,
        _ => format!("the processor and {gpu}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_does_the_work() {
        let report = |adapter: Option<&str>, uses: &[Operation]| Report {
            adapter: adapter.map(Into::into),
            uses: uses.to_vec(),
            why: String::new(),
        };
        assert_eq!(on(&report(None, &[])), "the processor");
        assert_eq!(on(&report(Some("A"), &[])), "the processor, not the graphics processor (A)");
        assert_eq!(on(&report(Some("A"), &[Operation::Products])), "the processor and the graphics processor (A)");
        assert_eq!(on(&report(Some("A"), &Operation::ALL)), "the graphics processor (A)");
    }
}

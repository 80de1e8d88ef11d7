//! The transcript of a pairing, with the jobs, agreements and outcomes of this crate.

use crate::{Agreement, Job, Outcome};

/// What one party saw of a pairing.
pub type Transcript = tacit_record::Transcript<Job, Agreement, Outcome>;

//! Programs that are to be crashed, filled or held.

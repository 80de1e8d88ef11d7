//! The quick tier of `cargo xtask test`: what it leaves out.

/// The parts of the whole test that the quick tier does not run, as its result names them.
pub(crate) const LEFT_OUT: [&str; 6] = [
    "dependencies",
    "the slowest native tests (listed in xtask/src/quick.rs)",
    "doc tests",
    "wasm tests",
    "documentation",
    "two browsers",
];

/// The native tests that take more than about four seconds on two cores, by the names of their
/// functions: together two thirds of the time of all.
pub(crate) const SLOW: [&str; 19] = [
    "a_forged_frame_is_the_peers_fault_or_a_wrong_number",
    "a_frame_that_is_damaged_on_its_way_is_the_peers_fault",
    "a_hostile_peer_gets_a_fault_and_nothing_else",
    "a_plan_asks_for_bounded_memory",
    "a_socket_that_never_asks_for_anything",
    "every_attack_gains_what_is_agreed_at_most",
    "every_damage_is_the_peers_fault",
    "every_damaged_frame_is_the_peers_fault_or_a_wrong_number",
    "every_format_is_read_with_every_sign",
    "ink_of_any_colour_is_read_on_ground_of_any_other",
    "nothing_tells_the_simulator_from_the_protocol",
    "pictures_are_read_and_prepared_as_the_page_does",
    "sixteen_come_one_is_hostile_one_leaves_and_one_is_slow",
    "strokes_of_any_width_are_read",
    "the_most_ciphertexts_of_a_round_run_and_more_are_refused_before_the_agreement",
    "the_most_labels_of_a_round_run_and_more_are_refused_before_the_agreement",
    "what_lies_around_a_page_is_left_out",
    "what_the_models_owner_receives_stays_flat_as_the_picture_changes",
    "whatever_decodes_runs",
];

/// All tests but the slow ones, in nextest's language of filters.
pub(crate) fn nextest_filter() -> String {
    let slow: Vec<String> = SLOW.iter().map(|name| format!("test(/(^|::){name}$/)")).collect();
    format!("not ({})", slow.join(" | "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{fs, io};

    use super::*;
    use crate::workspace;

    fn sources(folder: &Path, text: &mut String) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                sources(&path, text)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                *text += &fs::read_to_string(&path)?;
            }
        }
        Ok(())
    }

    /// A slow test that was renamed would come back into the quick tier unseen.
    #[test]
    fn every_slow_test_exists() {
        let mut text = String::new();
        for member in workspace::members().unwrap() {
            for part in ["src", "tests"] {
                let folder = workspace::root().join(&member).join(part);
                if folder.is_dir() {
                    sources(&folder, &mut text).unwrap();
                }
            }
        }
        let missing: Vec<&str> = SLOW.into_iter().filter(|name| !text.contains(&format!("fn {name}("))).collect();
        assert!(missing.is_empty(), "no longer there: {missing:?}");
    }

    #[test]
    fn a_filter_names_whole_functions() {
        let filter = nextest_filter();
        assert!(filter.starts_with("not (test(/(^|::)a_forged_frame_"), "{filter}");
        assert_eq!(filter.matches("test(/").count(), SLOW.len());
    }
}

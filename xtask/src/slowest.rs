//! The slowest tests of a run, from the JUnit reports that nextest and Playwright write. The runner
//! of wasm tests and `cargo test` report no times.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::say;

/// The number of tests that are shown.
const SHOWN: usize = 10;

/// A test and how long it took.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timed {
    seconds: f64,
    /// The program or the file that the test is in.
    place: String,
    name: String,
}

/// The tests of the report at `path`; none without a report.
pub(crate) fn read(path: &Path) -> Vec<Timed> {
    let Ok(report) = fs::read_to_string(path) else { return Vec::new() };
    parse(&report).unwrap_or_else(|error| {
        say::problem(&error.context(format!("cannot read {}", path.display())));
        Vec::new()
    })
}

/// The tests of a JUnit report.
fn parse(report: &str) -> Result<Vec<Timed>> {
    let document = roxmltree::Document::parse(report).context("not XML")?;
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    cases
        .map(|case| {
            let attribute = |name| case.attribute(name).with_context(|| format!("a test case without {name}"));
            Ok(Timed {
                seconds: attribute("time")?.parse().context("a time that is not a number")?,
                place: attribute("classname")?.to_owned(),
                name: attribute("name")?.to_owned(),
            })
        })
        .collect()
}

/// A heading and a line for each of the slowest tests, slowest first; empty if no time is known.
pub(crate) fn table(mut tests: Vec<Timed>) -> String {
    if tests.is_empty() {
        return String::new();
    }
    tests.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let lines = tests.iter().take(SHOWN).map(|test| format!("{:>7.1} s  {}  {}", test.seconds, test.place, test.name));
    let heading = "The slowest tests (wasm tests report no times)".to_owned();
    [heading].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(seconds: f64, place: &str, name: &str) -> Timed {
        Timed { seconds, place: place.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn nextests_report_is_read() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="2" failures="1" errors="0" uuid="7" timestamp="2026-12-01T02:00:00Z" time="26.2">
    <testsuite name="tacit-ot" tests="1" disabled="0" errors="0" failures="1">
        <testcase name="extension::tests::checks" classname="tacit-ot" timestamp="2026-12-01T02:00:00Z" time="0.412">
            <failure type="test failure">assertion &lt;left&gt; == right</failure>
        </testcase>
    </testsuite>
    <testsuite name="tacit-ot::suite" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="every_damage" classname="tacit-ot::suite" timestamp="2026-12-01T02:00:00Z" time="25.754"/>
    </testsuite>
</testsuites>"#;
        let expected =
            [timed(0.412, "tacit-ot", "extension::tests::checks"), timed(25.754, "tacit-ot::suite", "every_damage")];
        assert_eq!(parse(report).unwrap(), expected);
    }

    #[test]
    fn playwrights_report_is_read() {
        let report = r#"<testsuites id="" name="" tests="1" failures="0" skipped="0" errors="0" time="4.5">
<testsuite name="access.spec.js" timestamp="2026-12-01T02:00:00.000Z" hostname="" tests="1" failures="0" time="4.2">
<testcase name="on a phone › the whole flow fits" classname="access.spec.js" time="4.151">
</testcase>
</testsuite>
</testsuites>"#;
        assert_eq!(parse(report).unwrap(), [timed(4.151, "access.spec.js", "on a phone › the whole flow fits")]);
    }

    #[test]
    fn a_damaged_report_is_an_error() {
        assert!(parse("<testsuites><testcase name=").is_err());
        assert!(parse(r#"<testsuites><testcase name="a" classname="b" time="long"/></testsuites>"#).is_err());
        assert!(parse(r#"<testsuites><testcase name="a" time="1"/></testsuites>"#).is_err());
    }

    #[test]
    fn the_slowest_ten_are_shown_slowest_first() {
        let tests: Vec<Timed> = (0..12).map(|number| timed(f64::from(number), "place", &number.to_string())).collect();
        let table = table(tests);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(lines[1], "   11.0 s  place  11");
        assert_eq!(lines[10], "    2.0 s  place  2");
        assert_eq!(super::table(Vec::new()), "");
    }
}

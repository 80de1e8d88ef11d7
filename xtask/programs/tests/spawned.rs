//! The list against what the tests do start, by their sources: every program goes through one of
//! the two places that refuse what is not listed, and every program on the list is used.

use std::fs;
use std::path::{Path, PathBuf};

use tacit_programs::all;

/// Folders that are built, installed or not tested here.
const ELSEWHERE: [&str; 6] = [".git", "target", "dist", "node_modules", "fuzz", "models"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file under `folder` with this extension: its path from the root, and its text.
fn sources(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !ELSEWHERE.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                let place = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push((place, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// The part of a Rust file that is compiled for tests only.
fn test_code<'a>(place: &str, text: &'a str) -> &'a str {
    if place.contains("/tests/") || place.ends_with("tests.rs") {
        return text;
    }
    text.find("#[cfg(test)]\nmod tests {").map_or("", |at| &text[at..])
}

/// What stands behind each `opening` in `text` that is no method's, up to the next comma or
/// bracket.
fn arguments<'a>(text: &'a str, opening: &str) -> Vec<&'a str> {
    let ends = |rest: &'a str| rest.split([',', ')']).next().unwrap_or_default().trim();
    let is_whole = |at: usize| !text[..at].ends_with(|c: char| c == '.' || c == '_' || c.is_alphanumeric());
    let found = text.match_indices(opening).filter(|(at, _)| is_whole(*at));
    found.map(|(at, _)| ends(&text[at + opening.len()..])).collect()
}

/// What an argument says, if it is a literal of this language.
fn literal(argument: &str, quote: char) -> Option<&str> {
    argument.strip_prefix(quote)?.strip_suffix(quote)
}

/// The programs that Rust code takes from the list.
fn taken(text: &str) -> Vec<String> {
    let openings = ["tacit_programs::command(", "listed(", "bring("];
    let all = openings.iter().flat_map(|opening| arguments(text, opening));
    all.filter_map(|argument| literal(argument, '"')).map(ToOwned::to_owned).collect()
}

/// Rust's tests start our own programs, and what they take from the list.
#[test]
fn tests_in_rust_start_what_is_listed() {
    let mut started = Vec::new();
    for (place, text) in sources(&root(), "rs") {
        if place.starts_with("xtask/programs/") {
            continue;
        }
        let text = test_code(&place, &text);
        for program in arguments(text, "Command::new(") {
            let is_ours = program.starts_with("env!(\"CARGO_BIN_EXE_");
            let is_taken = literal(program, '"').is_none() && text.contains("listed(\"");
            assert!(is_ours || is_taken, "{place} starts {program} by itself: use tacit_programs::command");
        }
        started.extend(taken(text));
    }
    assert!(started.contains(&"redis-server".to_owned()) && started.contains(&"kill".to_owned()), "{started:?}");
    for name in started {
        assert!(all().iter().any(|program| program.name == name), "{name} is not listed");
    }
}

/// JavaScript's tests start our own programs, and what they take from the list.
#[test]
fn tests_in_javascript_start_what_is_listed() {
    let mut started = Vec::new();
    for (place, text) in sources(&root().join("e2e"), "js") {
        if place != "e2e/support/programs.js" {
            assert!(!text.contains("child_process"), "{place} starts programs by itself: use support/programs.js");
        }
        for browser in arguments(&text, "executablePath: ") {
            assert!(browser.starts_with("find('"), "{place} starts {browser}: take it from the list by `find`");
        }
        let openings = ["find(", "start(", "read("];
        let names = openings.iter().flat_map(|opening| arguments(&text, opening));
        started.extend(names.filter_map(|argument| literal(argument, '\'')).map(ToOwned::to_owned));
    }
    for name in ["chromium", "firefox-esr", "ps", "WebKitWebDriver", "Xvfb"] {
        assert!(started.iter().any(|started| started == name), "{name} is not started any more: {started:?}");
    }
    for name in started {
        assert!(all().iter().any(|program| program.name == name), "{name} is not listed");
    }
}

/// Nothing is installed that no test starts.
#[test]
fn what_is_listed_is_used() {
    let mut words = String::new();
    for (_, text) in sources(&root(), "rs").into_iter().chain(sources(&root().join("e2e"), "js")) {
        words += &text;
    }
    for program in all() {
        let name = &program.name;
        assert!(words.contains(&format!("\"{name}\"")) || words.contains(&format!("'{name}'")), "{name}");
    }
}

#[test]
fn a_program_that_a_test_starts_by_itself_is_found() {
    let test = "#[test]\nfn f() { std::process::Command::new(\"redis-cli\").arg(\"x\"); }";
    assert_eq!(arguments(test_code("signaling/tests/any.rs", test), "Command::new("), ["\"redis-cli\""]);
    let source = "fn f() { Command::new(\"git\"); }\n#[cfg(test)]\nmod tests {\n Command::new(\"ls\") }";
    assert_eq!(arguments(test_code("cli/src/any.rs", source), "Command::new("), ["\"ls\""]);
    assert_eq!(arguments("launch({ executablePath: '/usr/bin/x', headless })", "executablePath: "), ["'/usr/bin/x'"]);
}

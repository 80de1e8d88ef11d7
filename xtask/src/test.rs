//! `cargo xtask test`: everything that must hold, cheapest first.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use tacit_programs::SKIPPED_FILE;

use crate::build::PageBuild;
use crate::slowest::Timed;
use crate::{audit, browser, build, packages, process, quick, say, slowest, tools, workspace};

const WASM: &str = "wasm32-unknown-unknown";

#[derive(Args)]
pub(crate) struct Options {
    /// Only this part
    #[arg(long)]
    only: Option<Part>,
    /// What a commit needs, in minutes: format, clippy, native tests without the slowest, and clippy
    /// for the browser without tests. Leaves out: dependencies, the slowest native tests, doc tests,
    /// wasm tests, documentation, and the browsers
    #[arg(long, conflicts_with = "only")]
    quick: bool,
    /// Passed on to the test runner, for example the name of a test
    #[arg(requires = "only")]
    filter: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Formatting, clippy, dependencies, documentation
    Lint,
    /// Tests on this machine
    Native,
    /// Tests in Chromium, compiled to WebAssembly
    Wasm,
    /// Two real browsers and a real server
    E2e,
}

/// What one step came to.
struct Outcome {
    name: &'static str,
    took: Duration,
    ok: bool,
    tally: Tally,
}

/// How many tests a runner said it ran. Steps that only check something count nothing.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Tally {
    passed: u32,
    failed: u32,
    /// For want of a program. What a filter leaves out is not counted.
    skipped: u32,
}

/// Whose closing lines are read. Each runner repeats what a failing test wrote, and nextest runs
/// libtest for each test: of every runner only its own lines count.
#[derive(Clone, Copy, Debug)]
enum Runner {
    /// `cargo test`, and the runner of wasm tests, which says the same.
    Cargo,
    Nextest,
    Playwright,
}

/// The native tests that a step runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tests {
    All,
    /// All but [`quick::SLOW`].
    Quick,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.quick {
        return run_quick();
    }
    let wanted = |part| options.only.is_none_or(|only| only == part);
    let filter = options.filter.as_slice();
    let mut report = Report::default();
    // The page takes minutes, much of it on one core, and is needed last. Its build has a lower
    // priority than the steps before, and takes the time in which they leave a core idle.
    let page = options.only.is_none().then(PageBuild::start);
    if wanted(Part::Lint) {
        report.check("format", format)?;
        report.check("clippy", clippy)?;
        report.check("clippy, wasm", || clippy_wasm(&["--all-targets"]))?;
        report.step("dependencies", dependencies)?;
    }
    if wanted(Part::Native) {
        report.timed("native tests", |tally| native(Tests::All, filter, tally))?;
        if filter.is_empty() {
            report.step("doc tests", |tally| {
                counted(Runner::Cargo, &mut cargo(&["test", "--workspace", "--doc"]), tally)
            })?;
        }
    }
    if wanted(Part::Wasm) {
        report.step("wasm tests", |tally| wasm(filter, tally))?;
    }
    if wanted(Part::Lint) {
        report.check("documentation", || {
            let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
            passes(doc.env("RUSTDOCFLAGS", "-D warnings"))
        })?;
    }
    if wanted(Part::E2e) {
        report.timed("two browsers", |tally| e2e(filter, page, tally))?;
    }
    report.close()
}

/// The quick tier: what a commit needs.
fn run_quick() -> Result<()> {
    let mut report = Report { leaves_out: &quick::LEFT_OUT, ..Report::default() };
    report.check("format", format)?;
    report.check("clippy", clippy)?;
    report.check("clippy, wasm", || clippy_wasm(&[]))?;
    report.timed("native tests", |tally| native(Tests::Quick, &[], tally))?;
    report.close()
}

fn format() -> Result<bool> {
    passes(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<bool> {
    passes(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Tests on this machine, by nextest where it is installed, and the times that it reports.
fn native(tests: Tests, filter: &[String], tally: &mut Tally) -> Result<(bool, Vec<Timed>)> {
    browser::adapter()?;
    if cfg!(unix) {
        packages::bring("redis-server")?;
        packages::bring("kill")?;
    }
    let nextest = process::capture(process::cargo().args(["nextest", "--version"])).is_ok();
    let (runner, mut command) = if nextest {
        (Runner::Nextest, cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]))
    } else {
        let words = ["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast", "--"];
        (Runner::Cargo, cargo(&words))
    };
    let notes = workspace::target().join("skipped-tests");
    fs::write(&notes, "").with_context(|| format!("cannot write {}", notes.display()))?;
    if tests == Tests::Quick && nextest {
        command.args(["-E", &quick::nextest_filter()]);
    } else if tests == Tests::Quick {
        command.args(quick::SLOW.iter().flat_map(|name| ["--skip", name]));
    }
    // A report of an earlier run must not stand for this one.
    let times = workspace::target().join("nextest/default/junit.xml");
    fs::remove_file(&times).ok();
    let ok = counted(runner, command.args(filter).env(SKIPPED_FILE, &notes), tally)?;
    let notes = fs::read_to_string(&notes).with_context(|| format!("cannot read {}", notes.display()))?;
    notes.lines().for_each(say::note);
    tally.were_skipped(u32::try_from(notes.lines().count()).unwrap_or(u32::MAX));
    Ok((ok, slowest::read(&times)))
}

/// Licences, versions and sources of the dependencies. What is known against them takes a network; `cargo xtask audit` asks.
fn dependencies(tally: &mut Tally) -> Result<bool> {
    if audit::installed() {
        return audit::passes();
    }
    say::note(&format!("SKIPPED. {}", audit::MISSING));
    tally.skipped = 1;
    Ok(true)
}

/// Clippy on what runs in the browser, as it is compiled for the browser.
fn clippy_wasm(targets: &[&str]) -> Result<bool> {
    let mut command = cargo(&["clippy", "--target", WASM]);
    command.args(targets);
    for package in wasm_packages(|_| true)? {
        command.args(["-p", &package]);
    }
    passes(command.args(["--", "-D", "warnings"]))
}

/// Tests that are compiled to WebAssembly and run in Chromium.
fn wasm(filter: &[String], tally: &mut Tally) -> Result<bool> {
    let packages = wasm_packages(|folder| mentions(folder, "wasm_bindgen_test"))?;
    if packages.is_empty() {
        bail!("no package has tests for the browser");
    }
    let runner = tools::wasm_test_runner()?;
    let chromium = browser::chromium()?;
    let driver = browser::driver(&chromium)?;
    let settings = webdriver_settings(&chromium.program)?;
    let mut command = cargo(&["test", "--target", WASM, "--no-fail-fast", "--lib"]);
    for package in packages {
        command.args(["-p", &package]);
    }
    for test in wasm_test_files()? {
        command.args(["--test", &test]);
    }
    command
        .arg("--")
        .args(filter)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env("CHROMEDRIVER", driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", settings)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    counted(Runner::Cargo, &mut command, tally)
}

/// Two browser processes against the page as it is hosted, and the server and the terminal program.
/// Returns the times that Playwright reports, too.
fn e2e(filter: &[String], page: Option<Result<PageBuild>>, tally: &mut Tally) -> Result<(bool, Vec<Timed>)> {
    tools::node_packages()?;
    let chromium = browser::chromium()?;
    for name in ["firefox-esr", "WebKitWebDriver", "Xvfb"] {
        packages::bring(name)?;
    }
    if cfg!(unix) {
        packages::bring("ps")?;
    }
    let page = page.map_or_else(build::page, |build| build?.finish())?;
    let programs = build::for_tests()?;
    let refused = workspace::target().join("refused-models");
    process::run(process::command(programs.write_models).arg("refused").arg(&refused))?;
    say::step("Two browsers against one real server");
    let times = workspace::target().join("e2e-junit.xml");
    fs::remove_file(&times).ok();
    let mut command = process::command("node");
    command
        .current_dir(workspace::e2e())
        .args(["node_modules/@playwright/test/cli.js", "test", "--reporter=list,junit"])
        .env("PLAYWRIGHT_JUNIT_OUTPUT_FILE", &times)
        .args(filter)
        .env("CHROME", chromium.program)
        .env("TACIT_SERVER", programs.server)
        .env("TACIT_TERMINAL", programs.terminal)
        .env("TACIT_PAGE", page)
        .env("TACIT_REFUSED_MODELS", refused);
    let ok = counted(Runner::Playwright, &mut command, tally)?;
    Ok((ok, slowest::read(&times)))
}

/// The packages that are compiled for the browser: all but the server and the developer commands.
fn wasm_packages(wanted: impl Fn(&Path) -> bool) -> Result<Vec<String>> {
    let native = ["signaling", "xtask", "xtask/programs", "cli"];
    let members = workspace::members()?.into_iter().filter(|member| !native.contains(&member.as_str()));
    members
        .filter(|member| wanted(&workspace::root().join(member)))
        .map(|member| workspace::package_name(&member))
        .collect()
}

/// The integration tests that run in a browser, by name.
fn wasm_test_files() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for member in workspace::members()? {
        let Ok(files) = fs::read_dir(workspace::root().join(member).join("tests")) else { continue };
        let paths = files.flatten().map(|file| file.path());
        let named = paths.filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("wasm_bindgen_test")));
        names.extend(named.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())));
    }
    Ok(names)
}

/// Whether a Rust source of the package in `folder` contains `word`.
fn mentions(folder: &Path, word: &str) -> bool {
    ["src", "tests"].iter().any(|part| mentions_under(&folder.join(part), word))
}

fn mentions_under(folder: &Path, word: &str) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        (path.is_dir() && mentions_under(&path, word))
            || (is_rust && fs::read_to_string(&path).is_ok_and(|text| text.contains(word)))
    })
}

/// Tells chromedriver which browser to start, and how.
fn webdriver_settings(chromium: &Path) -> Result<std::path::PathBuf> {
    let settings = serde_json::json!({
        "goog:chromeOptions": {
            "binary": chromium,
            "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--no-first-run", "--enable-unsafe-webgpu"],
        }
    });
    let path = workspace::target().join("webdriver.json");
    fs::create_dir_all(workspace::target()).ok();
    fs::write(&path, settings.to_string()).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn cargo(words: &[&str]) -> std::process::Command {
    let mut command = process::cargo();
    command.args(words);
    if say::colours() && words.first() != Some(&"fmt") {
        // Its output passes through us, so it cannot see the terminal by itself.
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

fn passes(command: &mut std::process::Command) -> Result<bool> {
    Ok(process::status(command)?.success())
}

/// Runs a test runner and adds up what it says it ran.
fn counted(runner: Runner, command: &mut std::process::Command, tally: &mut Tally) -> Result<bool> {
    process::watch(command, |line| tally.read(runner, line))
}

impl Tally {
    /// Adds a runner's closing line.
    fn read(&mut self, runner: Runner, line: &str) {
        match runner {
            Runner::Cargo => {
                let verdicts = ["test result: ok. ", "test result: FAILED. "];
                let Some(counts) = verdicts.iter().find_map(|verdict| line.strip_prefix(verdict)) else { return };
                self.passed += before(counts, "passed");
                self.failed += before(counts, "failed");
            }
            Runner::Nextest => {
                let is_summary = line.trim_start().starts_with("Summary [");
                let Some((_, counts)) = line.split_once(" run: ").filter(|_| is_summary) else { return };
                self.passed += before(counts, "passed");
                // `2 failed, 1 exec failed, 1 timed out`
                self.failed += ["failed", "exec", "timed"].map(|word| before(counts, word)).iter().sum::<u32>();
            }
            Runner::Playwright => {
                // `  7 passed (3.2m)`: two spaces, and nothing else on the line.
                let Some(line) = line.strip_prefix("  ") else { return };
                let (number, words) = line.split_once(' ').unwrap_or_default();
                let Ok(number) = number.parse::<u32>() else { return };
                match words.split_once(" (").map_or(words, |(words, _)| words) {
                    // A flaky test passed at its second try.
                    "passed" | "flaky" => self.passed += number,
                    "failed" | "interrupted" => self.failed += number,
                    "skipped" | "did not run" => self.skipped += number,
                    _ => {}
                }
            }
        }
    }

    /// So many of the tests that passed said that they were skipped.
    fn were_skipped(&mut self, tests: u32) {
        self.passed = self.passed.saturating_sub(tests);
        self.skipped += tests;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped == 0 { Ok(()) } else { write!(f, ", {} skipped", self.skipped) }
    }
}

/// The number in front of `word`.
fn before(text: &str, word: &str) -> u32 {
    let words: Vec<&str> = text.split([' ', ';', ',']).filter(|part| !part.is_empty()).collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    pairs.filter(|(_, next)| **next == word).filter_map(|(number, _)| number.parse::<u32>().ok()).sum()
}

#[derive(Default)]
struct Report {
    outcomes: Vec<Outcome>,
    /// The tests whose times are known.
    timed: Vec<Timed>,
    /// The parts of the whole test that this tier does not run.
    leaves_out: &'static [&'static str],
}

impl Report {
    /// Runs a step that counts tests. A step that fails does not keep the later ones from running.
    fn step(&mut self, name: &'static str, step: impl FnOnce(&mut Tally) -> Result<bool>) -> Result<()> {
        say::step(name);
        let started = Instant::now();
        let mut tally = Tally::default();
        let ok = match step(&mut tally) {
            Ok(ok) => ok,
            Err(error) if process::interrupted() => return Err(error),
            Err(error) => {
                say::problem(&error);
                false
            }
        };
        self.outcomes.push(Outcome { name, took: started.elapsed(), ok, tally });
        Ok(())
    }

    /// Runs a step whose runner reports the time of each test.
    fn timed(&mut self, name: &'static str, step: impl FnOnce(&mut Tally) -> Result<(bool, Vec<Timed>)>) -> Result<()> {
        let mut tests = Vec::new();
        self.step(name, |tally| {
            let (ok, times) = step(tally)?;
            tests = times;
            Ok(ok)
        })?;
        self.timed.append(&mut tests);
        Ok(())
    }

    /// Runs a step that only passes or fails.
    fn check(&mut self, name: &'static str, step: impl FnOnce() -> Result<bool>) -> Result<()> {
        self.step(name, |_| step())
    }

    /// Prints the slowest tests, a line for each step and one for all; an error unless everything
    /// passed.
    fn close(self) -> Result<()> {
        let slowest = slowest::table(self.timed);
        if !slowest.is_empty() {
            println!("\n{slowest}");
        }
        println!();
        for outcome in &self.outcomes {
            println!("{}", outcome.line());
        }
        let took: Duration = self.outcomes.iter().map(|outcome| outcome.took).sum();
        let passed: u32 = self.outcomes.iter().map(|outcome| outcome.tally.passed).sum();
        let failed: u32 = self.outcomes.iter().map(|outcome| outcome.tally.failed).sum();
        let skipped: u32 = self.outcomes.iter().map(|outcome| outcome.tally.skipped).sum();
        println!("{} in {}", Tally { passed, failed, skipped }, clock(took));
        if !self.leaves_out.is_empty() {
            println!("This was the quick tier. Not run: {}.", self.leaves_out.join(", "));
        }
        let broken: Vec<&str> =
            self.outcomes.iter().filter(|outcome| !outcome.ok).map(|outcome| outcome.name).collect();
        if broken.is_empty() {
            return Ok(());
        }
        bail!("did not pass: {}", broken.join("; "))
    }
}

impl Outcome {
    fn line(&self) -> String {
        let tally = self.tally;
        let result = match (self.ok, tally.passed + tally.failed + tally.skipped) {
            (true, 0) => "passed".to_owned(),
            (false, 0) => "failed".to_owned(),
            (true, _) => tally.to_string(),
            // A runner may fail beside its tests, for example by not compiling.
            (false, _) => format!("{tally}: not ok"),
        };
        format!("{:<14} {result:<32} {:>8}", self.name, clock(self.took))
    }
}

fn clock(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(runner: Runner, lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(runner, line));
        tally
    }

    #[test]
    fn every_runners_closing_line_is_read() {
        let cargo = [
            "test join ... ok",
            "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
        ];
        assert_eq!(told(Runner::Cargo, &cargo), Tally { passed: 15, failed: 1, skipped: 0 });
        let nextest = [
            "     Summary [   1.234s] 32 tests run: 28 passed (1 slow), 2 failed, 1 exec failed, 1 timed out, 5 skipped",
        ];
        assert_eq!(told(Runner::Nextest, &nextest), Tally { passed: 28, failed: 4, skipped: 0 });
        let playwright = [
            "  4 failed",
            "    4 failed attempts to join are counted",
            "    [chromium] › tests/door.spec.js:12:1 › a third person is refused ",
            "  1 flaky",
            "  3 skipped",
            "  2 did not run",
            "  7 passed (3.2m)",
        ];
        assert_eq!(told(Runner::Playwright, &playwright), Tally { passed: 8, failed: 4, skipped: 5 });
    }

    /// What nextest shows of a test that fails: libtest's own closing line is in it.
    #[test]
    fn a_failing_test_is_counted_once() {
        let lines = [
            "        FAIL [   0.012s] (1/2) tacit-signaling::shared a_door_here_is_a_door_there",
            "  stdout ---",
            "    running 1 test",
            "    test a_door_here_is_a_door_there ... FAILED",
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 11 filtered out; finished in 0.00s",
            "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 11 filtered out; finished in 0.00s",
            "     Summary [   0.020s] 2 tests run: 1 passed, 1 failed, 0 skipped",
            "        FAIL [   0.012s] (1/2) tacit-signaling::shared a_door_here_is_a_door_there",
        ];
        assert_eq!(told(Runner::Nextest, &lines), Tally { passed: 1, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_test_that_was_skipped_has_not_passed() {
        let mut tally = Tally { passed: 20, failed: 1, skipped: 0 };
        tally.were_skipped(13);
        assert_eq!(tally.to_string(), "7 passed, 1 failed, 13 skipped");
    }

    #[test]
    fn the_server_is_not_compiled_for_the_browser() {
        let packages = wasm_packages(|_| true).unwrap();
        assert!(packages.contains(&"tacit-jobs".to_owned()) && packages.contains(&"tacit-app".to_owned()));
        assert!(!packages.contains(&"tacit-signaling".to_owned()) && !packages.contains(&"xtask".to_owned()));
    }
}

//! Writes down which build this is, so that the page can say it.

use std::process::Command;

fn main() {
    // A commit moves this log; outside a repository the page says that it does not know.
    println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
    println!("cargo::rerun-if-env-changed=TACIT_SOURCE");
    if let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) {
        println!("cargo::rustc-env=TACIT_COMMIT={commit}");
    }
    // Where the source can be read: said by whoever hosts the page, or else where the clone came from.
    let source = std::env::var("TACIT_SOURCE").ok().filter(|url| !url.is_empty());
    let source = source.or_else(|| git(&["config", "--get", "remote.origin.url"]));
    if let Some(url) = source.filter(|url| is_public(url)) {
        println!("cargo::rustc-env=TACIT_SOURCE_URL={}", url.trim_end_matches(".git"));
    }
}

/// A web address without a name or a password in it.
fn is_public(url: &str) -> bool {
    url.starts_with("https://") && !url.contains('@')
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

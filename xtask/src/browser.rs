//! Finding Chromium, its driver and a graphics adapter on this machine, or installing them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use tacit_programs::listed;

use crate::{packages, process, say, tools, workspace};

/// A Chromium or Chrome.
pub(crate) struct Chromium {
    pub(crate) program: PathBuf,
    /// For example `156.0.8078.79`.
    version: String,
}

/// Finds Chromium or Chrome, else installs it, else says what to do.
pub(crate) fn chromium() -> Result<Chromium> {
    let chromium = listed("chromium");
    if let Some(named) = chromium.named() {
        return look_at(&named).with_context(|| format!("CHROME names {}, which does not run", named.display()));
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    install().with_context(|| chromium.missing())?;
    installed().with_context(|| chromium.missing())
}

/// Finds the chromedriver that fits `chromium`, else installs it, else says what to do.
pub(crate) fn driver(chromium: &Chromium) -> Result<PathBuf> {
    let listed = listed("chromedriver");
    let wanted = major(&chromium.version);
    let fits = |program: &Path| look_at(program).is_some_and(|driver| major(&driver.version) == wanted);
    if let Some(named) = listed.named() {
        if fits(&named) {
            return Ok(named);
        }
        bail!("CHROMEDRIVER names {}, which is not chromedriver {wanted}", named.display());
    }
    let on_path = || listed.installed().into_iter().find(|program| fits(program));
    if let Some(driver) = on_path() {
        return Ok(driver);
    }
    let folder = tools::cache(&format!("chromedriver-{wanted}"))?;
    if let Some(driver) = search(&folder, "chromedriver").filter(|program| fits(program)) {
        return Ok(driver);
    }
    say::step(&format!("Installing chromedriver {wanted}, which takes tests into the browser. Once; some seconds."));
    if packages::install(listed).is_ok()
        && let Some(driver) = on_path()
    {
        return Ok(driver);
    }
    let version = format!("chromedriver@{}", chromium.version);
    process::run(tools::npx().args(["--yes", "@puppeteer/browsers@2", "install", &version, "--path"]).arg(&folder))
        .ok();
    search(&folder, "chromedriver").filter(|program| fits(program)).with_context(|| {
        format!("There is no chromedriver {wanted} here. Install the one for your browser, or set CHROMEDRIVER to it.")
    })
}

/// Makes sure that native tests find a graphics adapter: on Linux a Vulkan driver, which may be a program that stands in for one.
pub(crate) fn adapter() -> Result<()> {
    let is_named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].iter().any(|name| env::var_os(name).is_some());
    if cfg!(target_os = "linux") && !is_named {
        packages::bring("vulkan")?;
    }
    Ok(())
}

/// Where Chromium and Chrome usually are, then Playwright's own.
fn installed() -> Option<Chromium> {
    let mut places = listed("chromium").installed();
    if cfg!(target_os = "macos") {
        places.push("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome".into());
        places.push("/Applications/Chromium.app/Contents/MacOS/Chromium".into());
    }
    for variable in ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"] {
        if let Some(folder) = env::var_os(variable) {
            places.push(Path::new(&folder).join("Google/Chrome/Application/chrome.exe"));
        }
    }
    places.iter().find_map(|program| look_at(program)).or_else(playwrights)
}

/// The Chromium that Playwright downloaded, if it did.
fn playwrights() -> Option<Chromium> {
    let script = "process.stdout.write(require('@playwright/test').chromium.executablePath())";
    let program = process::capture(Command::new("node").args(["-e", script]).current_dir(workspace::e2e())).ok()?;
    look_at(Path::new(program.trim()))
}

fn install() -> Result<()> {
    say::step("Installing Chromium, because there is none here. Once; about a minute.");
    tools::node_packages()?;
    let cli = workspace::e2e().join("node_modules/@playwright/test/cli.js");
    let playwright = process::run(process::command("node").arg(cli).args(["install", "chromium"]));
    if playwright.is_ok() && playwrights().is_some() {
        return Ok(());
    }
    say::note("Playwright's Chromium does not run here; trying the distribution's.");
    packages::install(listed("chromium"))
}

/// The program with its version, if it runs.
fn look_at(program: &Path) -> Option<Chromium> {
    if !program.is_file() {
        return None;
    }
    let version = if cfg!(windows) && program.ends_with("chrome.exe") {
        // Chrome on Windows opens a window when asked for its version; its folder is named after it.
        let folders = fs::read_dir(program.parent()?).ok()?;
        folders.flatten().find_map(|entry| version_in(&entry.file_name().to_string_lossy()))?
    } else {
        version_in(&process::capture(Command::new(program).arg("--version")).ok()?)?
    };
    Some(Chromium { program: program.to_owned(), version })
}

/// The first word of `text` that is a version of four numbers.
fn version_in(text: &str) -> Option<String> {
    let is_version = |word: &&str| word.split('.').count() == 4 && word.split('.').all(|n| n.parse::<u32>().is_ok());
    text.split_whitespace().find(is_version).map(ToOwned::to_owned)
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// The program called `name` somewhere under `folder`.
fn search(folder: &Path, name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).ok()?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if entry.file_name().to_string_lossy() == file {
                return Some(path);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_browsers_say() {
        let said = "Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)";
        assert_eq!(version_in(said).as_deref(), Some("156.0.8078.79"));
        assert_eq!(version_in("ChromeDriver 9.0.1.2 (abc-refs/branch-heads/8078@{#1})").as_deref(), Some("9.0.1.2"));
        assert_eq!(version_in("no version 1.2"), None);
        assert_eq!(major("156.0.8078.79"), "156");
    }
}

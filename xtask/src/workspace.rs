//! Where things are.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    // Cargo names the manifest's folder at run time, which stays true when the checkout has moved since the build.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or(manifest.clone(), Path::to_path_buf)
}

/// Where cargo builds, honouring `CARGO_TARGET_DIR`.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty()) {
        // A relative folder means: from where cargo was called.
        Some(folder) => env::current_dir().map_or_else(|_| root(), |here| here.join(folder)),
        None => root().join("target"),
    }
}

/// Where trunk puts the built page.
pub(crate) fn page() -> PathBuf {
    root().join("dist")
}

/// The end-to-end tests and the scripts that drive browsers.
pub(crate) fn e2e() -> PathBuf {
    root().join("e2e")
}

/// The picture in README.
pub(crate) fn readme_picture() -> PathBuf {
    root().join("docs/home.png")
}

/// The version of `package` in `Cargo.lock`.
pub(crate) fn locked_version(package: &str) -> Result<String> {
    let path = root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    version_in(&lock, package).with_context(|| format!("Cargo.lock does not name {package}"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    Some(version.trim_end_matches('"').to_owned())
}

/// The folders of the workspace's members, relative to [`root`].
pub(crate) fn members() -> Result<Vec<String>> {
    let path = root().join("Cargo.toml");
    let manifest = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let list = manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']')).map(|(list, _)| list);
    let list = list.context("Cargo.toml has no `members = […]`")?;
    Ok(list.split(',').map(|member| member.trim().trim_matches('"').to_owned()).filter(|m| !m.is_empty()).collect())
}

/// The package name of the member in `folder`.
pub(crate) fn package_name(folder: &str) -> Result<String> {
    let path = root().join(folder).join("Cargo.toml");
    let manifest = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = \""));
    Ok(name.with_context(|| format!("{} has no name", path.display()))?.trim_end_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_by_the_whole_name() {
        let lock =
            "[[package]]\nname = \"abc-d\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"abc\"\nversion = \"2.1.3\"\n";
        assert_eq!(version_in(lock, "abc").as_deref(), Some("2.1.3"));
        assert_eq!(version_in(lock, "ab"), None);
    }

    #[test]
    fn the_workspace_knows_its_members() {
        let members = members().unwrap();
        assert!(members.contains(&"xtask".to_owned()), "{members:?}");
        assert_eq!(package_name("xtask").unwrap(), "xtask");
    }
}

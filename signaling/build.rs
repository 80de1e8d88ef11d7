//! Embeds the built page into the program if the build asks for it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PAGE_INSIDE").is_none() {
        return;
    }
    println!("cargo:rerun-if-env-changed=TACIT_PAGE");
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo sets it"));
    let page = env::var_os("TACIT_PAGE").map_or_else(|| manifest.join("../dist"), PathBuf::from);
    println!("cargo:rerun-if-changed={}", page.display());
    let page = page.canonicalize().ok().filter(|page| page.join("index.html").is_file()).unwrap_or_else(|| {
        panic!(
            "there is no built page in {}: build it (trunk build --release), or set TACIT_PAGE to its folder",
            page.display()
        )
    });
    let mut list = String::from("&[\n");
    add(&page, "", &mut list);
    list += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    fs::write(out.join("page.rs"), list).expect("the build folder can be written");
}

/// Adds every file of a folder to `list`, except hidden files.
fn add(folder: &Path, prefix: &str, list: &mut String) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder that can be read").flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        println!("cargo:rerun-if-changed={}", path.display());
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            add(&path, &format!("{prefix}{name}/"), list);
        } else {
            writeln!(list, "({:?}, include_bytes!({path:?})),", format!("{prefix}{name}")).expect("text grows");
        }
    }
}

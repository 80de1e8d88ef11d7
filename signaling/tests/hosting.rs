//! The built page as a browser gets it: encodings, caching, headers, and no file from outside the
//! folder.

mod common;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Answer, House};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use tacit_signaling::{Config, PageFrom, Server, Trouble};

const SCRIPT: &str = "\nimport init from '/tacit-app-1a2b3c4d5e6f7a8b.js';\nawait init();\n";
const HASHED: &str = "/tacit-app-1a2b3c4d5e6f7a8b_bg.wasm";

/// A folder with a built page; deleted when dropped.
struct Folder(PathBuf);

impl Folder {
    fn empty() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn built() -> Folder {
        let folder = Folder::empty();
        let index =
            format!("<!doctype html><title>Tacit</title><script type=\"module\">{SCRIPT}</script>{}", padding());
        folder.write("dist/index.html", index);
        folder.write("dist/tacit-app-1a2b3c4d5e6f7a8b.js", format!("export default () => {{}};{}", padding()));
        folder.write("dist/tacit-app-1a2b3c4d5e6f7a8b_bg.wasm", [b"\0asm\x01\0\0\0".as_slice(), &[0; 5000]].concat());
        folder.write("dist/fonts/inter.woff2", [7; 3000]);
        folder.write("dist/icon.svg", format!("<svg xmlns='http://www.w3.org/2000/svg'/>{}", padding()));
        folder.write("dist/.hidden", "not for you");
        folder.write("secret.txt", "above the page");
        folder
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn page(&self) -> PathBuf {
        self.0.join("dist")
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.page().join(name)).unwrap()
    }

    async fn house(&self) -> House {
        House::serving(Config { page: Some(PageFrom::Folder(self.page())), ..Config::default() }).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn padding() -> String {
    "<!-- worth compressing -->".repeat(100)
}

fn decoded(answer: &Answer) -> Vec<u8> {
    let mut plain = Vec::new();
    match answer.header("content-encoding") {
        Some("br") => brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut plain).unwrap(),
        Some("gzip") => flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut plain).unwrap(),
        None => answer.body.as_slice().read_to_end(&mut plain).unwrap(),
        Some(other) => panic!("{other}"),
    };
    plain
}

#[tokio::test]
async fn every_file_in_every_encoding_is_the_file() {
    let folder = Folder::built();
    let house = folder.house().await;
    for (name, kind, shrinks) in [
        ("index.html", "text/html; charset=utf-8", true),
        ("tacit-app-1a2b3c4d5e6f7a8b.js", "text/javascript; charset=utf-8", true),
        ("tacit-app-1a2b3c4d5e6f7a8b_bg.wasm", "application/wasm", true),
        ("fonts/inter.woff2", "font/woff2", false),
        ("icon.svg", "image/svg+xml", true),
    ] {
        for (accept, coding) in [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("identity", "")] {
            let answer = house.ask("GET", &format!("/{name}"), &format!("Accept-Encoding: {accept}\r\n")).await;
            assert_eq!(answer.status, 200, "{name}");
            assert_eq!(answer.header("content-type"), Some(kind));
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            assert_eq!(answer.header("content-encoding").unwrap_or(""), if shrinks { coding } else { "" }, "{name}");
            assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
            assert_eq!(decoded(&answer), folder.read(name), "{name} {accept}");
        }
    }
}

#[tokio::test]
async fn hashed_names_are_kept_for_ever_and_others_asked_about() {
    let folder = Folder::built();
    let house = folder.house().await;
    for (path, cache) in [
        (HASHED, "public, max-age=31536000, immutable"),
        ("/tacit-app-1a2b3c4d5e6f7a8b.js", "public, max-age=31536000, immutable"),
        ("/", "no-cache"),
        ("/index.html", "no-cache"),
        ("/fonts/inter.woff2", "no-cache"),
    ] {
        assert_eq!(house.ask("GET", path, "").await.header("cache-control"), Some(cache), "{path}");
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let folder = Folder::built();
    let house = folder.house().await;
    let first = house.ask("GET", "/", "Accept-Encoding: br\r\n").await;
    let tag = first.header("etag").unwrap();
    let again = house.ask("GET", "/", &format!("Accept-Encoding: br\r\nIf-None-Match: \"x\", W/{tag}\r\n")).await;
    assert_eq!(again.status, 304);
    assert!(again.body.is_empty());
    for name in ["etag", "cache-control", "vary", "content-security-policy"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    // The tag identifies the bytes: another encoding or another content has another tag.
    let plain = house.ask("GET", "/", &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!(plain.status, 200);
    let other = house.ask("GET", "/icon.svg", &format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n")).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let folder = Folder::built();
    let house = folder.house().await;
    for path in ["/", HASHED, "/missing.js", "/healthz"] {
        let get = house.ask("GET", path, "Accept-Encoding: gzip\r\n").await;
        let head = house.ask("HEAD", path, "Accept-Encoding: gzip\r\n").await;
        assert!(head.body.is_empty());
        let without_date = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.retain(|(name, _)| name != "date");
            headers.sort();
            (answer.status, headers)
        };
        assert_eq!(without_date(&head), without_date(&get), "{path}");
    }
}

#[tokio::test]
async fn the_policy_allows_the_inline_script_and_no_other() {
    let folder = Folder::built();
    let house = folder.house().await;
    let hash = format!("'sha256-{}'", BASE64.encode(&Sha256::digest(SCRIPT)));
    // A worker's policy comes with its own script, so every file carries it.
    for path in ["/", "/meet/7", HASHED, "/tacit-app-1a2b3c4d5e6f7a8b.js", "/missing.js"] {
        let answer = house.ask("GET", path, "").await;
        let policy = answer.header("content-security-policy").unwrap();
        let directives: Vec<_> = policy.split("; ").collect();
        let scripts = format!("script-src 'self' 'wasm-unsafe-eval' {hash}");
        for wanted in [
            scripts.as_str(),
            "default-src 'none'",
            "style-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(directives.contains(&wanted), "{wanted} in {policy}");
        }
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("permissions-policy").unwrap().contains("microphone=()"));
    }
}

#[tokio::test]
async fn a_view_of_the_page_is_the_page_and_a_missing_file_is_missing() {
    let folder = Folder::built();
    let house = folder.house().await;
    let index = folder.read("index.html");
    for view in ["/", "/meet", "/meet/7-copper-violin", "/meet/", "/fonts", "/?x=1", "/%C3%BC"] {
        let answer = house.ask("GET", view, "").await;
        assert_eq!((answer.status, &answer.body), (200, &index), "{view}");
    }
    for missing in ["/favicon.ico", "/meet/missing.js", "/fonts/inter.woff", "/index.html/x.y"] {
        assert_eq!(house.ask("GET", missing, "").await.status, 404, "{missing}");
    }
}

/// A program on the way turned the link's `#` into `%23`, so the browser requests the invite
/// itself.
#[tokio::test]
async fn a_link_that_was_changed_on_its_way_is_explained_and_its_secret_taken_away() {
    let house = Folder::built().house().await;
    let first = house.ask("GET", "/", "").await.header("content-security-policy").unwrap().to_owned();
    for path in [
        "/%237.AAECAwQFBgcICQoLDA0ODw",
        "/%25237.AAECAwQFBgcICQoLDA0ODw",
        "/7.AAECAwQFBgcICQoLDA0ODw",
        "/?path=relayed%237.AAECAwQFBgcICQoLDA0ODw",
        "/%237-copper-violin",
    ] {
        let answer = house.ask("GET", path, "").await;
        assert_eq!((answer.status, answer.header("cache-control")), (404, Some("no-store")), "{path}");
        let html = String::from_utf8(answer.body.clone()).unwrap();
        assert!(html.contains("This link was changed on its way."), "{path}");
        assert!(!html.contains("AAEC") && !html.contains("copper"), "{path}: the secret is not repeated");
        let script = html.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        assert!(script.contains("history.replaceState"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        let hash = BASE64.encode(&Sha256::digest(script));
        assert!(policy != first && policy.contains(&format!("'sha256-{hash}'")), "{path}: the script may run");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
}

#[tokio::test]
async fn a_second_page_has_its_own_views_and_its_own_policy() {
    let folder = Folder::built();
    let index = folder.read("index.html");
    folder.write(
        "dist/learn/index.html",
        "<!doctype html><title>Lessons</title><script type=\"module\">let lesson = 1;</script>",
    );
    folder.write("dist/learn/tacit-learn.js", "export default () => {};");
    let house = folder.house().await;
    let lessons = folder.read("learn/index.html");
    let policy = |answer: &Answer| answer.header("content-security-policy").unwrap().to_owned();
    let first = policy(&house.ask("GET", "/", "").await);
    for view in ["/learn", "/learn/", "/learn/shares", "/learn/shares/2", "/learn/index.html"] {
        let answer = house.ask("GET", view, "").await;
        assert_eq!((answer.status, &answer.body), (200, &lessons), "{view}");
        assert!(policy(&answer) != first && policy(&answer).contains("'sha256-"), "{view}");
    }
    for view in ["/learning", "/meet/learn"] {
        let answer = house.ask("GET", view, "").await;
        assert_eq!((&answer.body, policy(&answer)), (&index, first.clone()), "{view}");
    }
    assert_eq!(house.ask("GET", "/learn/missing.js", "").await.status, 404);
    assert_eq!(house.ask("GET", "/learn/tacit-learn.js", "").await.status, 200);
}

#[tokio::test]
async fn there_is_no_way_out_of_the_folder() {
    let folder = Folder::built();
    let house = folder.house().await;
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/fonts/../../secret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
        "/./../secret.txt",
        "/..",
        "/../",
        "/../../etc/passwd",
        "/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/%00",
        "/%ff",
        "/.hidden",
        "/fonts/..",
    ] {
        let answer = house.ask("GET", path, "").await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.body.windows(9).any(|nine| nine == b"above the"), "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_folder_is_not_followed() {
    let folder = Folder::built();
    std::os::unix::fs::symlink(folder.0.join("secret.txt"), folder.page().join("link.txt")).unwrap();
    std::os::unix::fs::symlink(&folder.0, folder.page().join("up")).unwrap();
    let house = folder.house().await;
    for path in ["/link.txt", "/up/secret.txt"] {
        assert_eq!(house.ask("GET", path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let folder = Folder::built();
    let house = folder.house().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = house.ask(method, "/", "Content-Length: 0\r\n").await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn health() {
    let house = House::open().await;
    let answer = house.ask("GET", "/healthz", "").await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok".as_slice()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    // Without a page nothing else is served.
    assert_eq!(house.ask("GET", "/", "").await.status, 404);
}

async fn trouble(page: PathBuf) -> Trouble {
    let config = Config { listen: "127.0.0.1:0".into(), page: Some(PageFrom::Folder(page)), ..Config::default() };
    match Server::bind(config).await {
        Ok(_) => panic!("it started"),
        Err(trouble) => trouble,
    }
}

#[tokio::test]
async fn a_folder_without_a_page_is_said() {
    let folder = Folder::empty();
    for page in [folder.0.clone(), folder.0.join("nowhere")] {
        let trouble = trouble(page).await;
        assert!(matches!(trouble, Trouble::NoPage { .. }), "{trouble}");
        assert!(trouble.remedy().contains("--page"));
    }
}

#[tokio::test]
async fn a_script_that_cannot_be_hashed_is_said() {
    let folder = Folder::empty();
    folder.write("index.html", "<script>let open = true;");
    let trouble = trouble(folder.0.clone()).await;
    assert!(matches!(trouble, Trouble::Script { .. }), "{trouble}");
}

#[tokio::test]
async fn a_page_may_be_inside_the_program() {
    let files: &[(&str, &[u8])] = &[("index.html", b"<!doctype html><title>Inside</title>"), ("a/b.js", b"1")];
    let house = House::serving(Config { page: Some(PageFrom::Inside(files)), ..Config::default() }).await;
    let answer = house.ask("GET", "/", "").await;
    assert_eq!((answer.status, &answer.body[..]), (200, files[0].1));
    assert!(answer.header("content-security-policy").is_some());
    assert_eq!(house.ask("GET", "/a/b.js", "").await.body, b"1");
    assert_eq!(house.ask("GET", "/c.js", "").await.status, 404);
    let empty = Config { page: Some(PageFrom::Inside(&[])), ..Config::default() };
    assert!(matches!(
        Server::bind(Config { listen: "127.0.0.1:0".into(), ..empty }).await,
        Err(Trouble::NoPage { .. })
    ));
}

//! One file of the page: its media type, its compressed forms, its entity tag.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::http::HeaderValue;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// A file, held in memory in every form it is served in.
pub(super) struct Asset {
    pub(super) kind: &'static str,
    /// Set if the file's name changes whenever its content does.
    pub(super) immutable: bool,
    hash: String,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// The content coding of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
    Plain,
}

impl Coding {
    /// Returns the value of `Content-Encoding`.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Coding::Brotli => Some("br"),
            Coding::Gzip => Some("gzip"),
            Coding::Plain => None,
        }
    }
}

/// The suffix of a file that was compressed with brotli beforehand.
const PRESSED: &str = ".br";

/// Makes an asset of each file, on as many threads as there are cores, because good compression
/// takes seconds. A file `NAME.br` beside `NAME` is its compressed form, not an asset of its own.
pub(super) fn press(files: &[(String, Vec<u8>)]) -> HashMap<String, Asset> {
    let all: HashMap<&str, &[u8]> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let is_form = |name: &str| name.strip_suffix(PRESSED).is_some_and(|plain| all.contains_key(plain));
    let files: Vec<_> = files.iter().filter(|(name, _)| !is_form(name)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(HashMap::with_capacity(files.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((name, bytes)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let pressed = all.get(format!("{name}{PRESSED}").as_str()).copied();
                    let asset = Asset::new(name, bytes, pressed);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(name.clone(), asset);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Asset {
    fn new(name: &str, bytes: &[u8], pressed: Option<&[u8]>) -> Asset {
        let (kind, compressible) = kind_of(name);
        // A compressed form that is older than its file is ignored.
        let pressed = pressed.filter(|form| unpacks_to(form, bytes));
        let forms = compressible.then(|| (pressed.map_or_else(|| brotli(bytes), <[u8]>::to_vec), gzip(bytes)));
        // A form that saves less than a twentieth is not worth the decoding.
        let worth = |form: Vec<u8>| (form.len() < bytes.len() - bytes.len() / 20).then(|| Bytes::from(form));
        let (brotli, gzip) = forms.map_or((None, None), |(brotli, gzip)| (worth(brotli), worth(gzip)));
        let mut hash = HEXLOWER.encode(&Sha256::digest(bytes));
        hash.truncate(32);
        Asset { kind, immutable: is_hashed(name), hash, plain: Bytes::copy_from_slice(bytes), brotli, gzip }
    }

    /// Returns the smallest form that the client accepts.
    pub(super) fn choose<'a>(&self, accepted: impl IntoIterator<Item = &'a HeaderValue>) -> (Coding, &Bytes) {
        let (mut brotli, mut gzip, mut any) = (None, None, None);
        for value in accepted {
            for item in value.to_str().unwrap_or_default().split(',') {
                let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
                let slot = match name.trim().to_ascii_lowercase().as_str() {
                    "br" => &mut brotli,
                    "gzip" | "x-gzip" => &mut gzip,
                    "*" => &mut any,
                    _ => continue,
                };
                *slot = Some(is_wanted(parameters));
            }
        }
        let any = any.unwrap_or(false);
        match (&self.brotli, &self.gzip) {
            (Some(bytes), _) if brotli.unwrap_or(any) => (Coding::Brotli, bytes),
            (_, Some(bytes)) if gzip.unwrap_or(any) => (Coding::Gzip, bytes),
            _ => (Coding::Plain, &self.plain),
        }
    }

    /// Returns the `ETag`: a hash of the content, and the coding, because the tag names the bytes
    /// that are sent.
    pub(super) fn tag(&self, coding: Coding) -> HeaderValue {
        let tag = match coding.name() {
            Some(name) => format!("\"{}-{name}\"", self.hash),
            None => format!("\"{}\"", self.hash),
        };
        HeaderValue::from_str(&tag).expect("hexadecimal digits and quotes are a legal header")
    }
}

/// Tells whether these parameters of an `Accept-Encoding` item leave it a weight above zero.
fn is_wanted(parameters: &str) -> bool {
    parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('='))
        .all(|weight| weight.trim().parse().is_ok_and(|weight: f32| weight > 0.0))
}

/// Returns the media type, and whether compression can help.
fn kind_of(name: &str) -> (&'static str, bool) {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" | "md" => ("text/plain; charset=utf-8", true),
        "xml" => ("application/xml", true),
        "ico" => ("image/x-icon", true),
        "woff2" => ("font/woff2", false),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "webp" => ("image/webp", false),
        "avif" => ("image/avif", false),
        // Models among others; their integers often compress.
        _ => ("application/octet-stream", true),
    }
}

/// Tells whether the file's name carries a hash of its content, as Trunk writes it:
/// `app-1a2b3c4d5e6f7a8b_bg.wasm`.
///
/// Only the file's own name counts: the folders of wasm-bindgen's snippets carry a hash of
/// something else.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.match_indices('-').any(|(at, _)| {
        let after = &name[at + 1..];
        let digits = after.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
        digits == 16 && after[digits..].starts_with(['.', '_'])
    })
}

/// Files up to this size, in bytes, get the best compression, which takes a second or two; larger
/// ones a faster one.
const SMALL: usize = 4 << 20;

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let quality = if bytes.len() <= SMALL { 11 } else { 6 };
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 64 * 1024, quality, 22);
    writer.write_all(bytes).expect("writing to memory does not fail");
    writer.into_inner()
}

/// Tells whether `form` decompresses to `bytes`.
fn unpacks_to(form: &[u8], bytes: &[u8]) -> bool {
    let mut plain = Vec::with_capacity(bytes.len());
    let most = bytes.len() as u64 + 1;
    brotli::Decompressor::new(form, 64 * 1024).take(most).read_to_end(&mut plain).is_ok() && plain == bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).expect("writing to memory does not fail");
    writer.finish().expect("writing to memory does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accepted: &[&str]) -> Coding {
        let asset = Asset::new("a.js", "let it = 'be';".repeat(100).as_bytes(), None);
        let headers: Vec<_> = accepted.iter().map(|text| HeaderValue::from_str(text).unwrap()).collect();
        asset.choose(&headers).0
    }

    #[test]
    fn the_best_coding_that_the_client_takes() {
        assert_eq!(chosen(&["gzip, deflate, br, zstd"]), Coding::Brotli);
        assert_eq!(chosen(&["gzip", "br;q=0.1"]), Coding::Brotli);
        assert_eq!(chosen(&["gzip, br;q=0"]), Coding::Gzip);
        assert_eq!(chosen(&["GZIP; q=0.5"]), Coding::Gzip);
        assert_eq!(chosen(&["*"]), Coding::Brotli);
        assert_eq!(chosen(&["*;q=0.5, br;q=0.000"]), Coding::Gzip);
        assert_eq!(chosen(&["*, br;q=0, gzip;q=0"]), Coding::Plain);
        for plain in ["identity", "", "br;q=x", "deflate", "bread", "*;q=0"] {
            assert_eq!(chosen(&[plain]), Coding::Plain, "{plain}");
        }
        assert_eq!(chosen(&[]), Coding::Plain);
    }

    #[test]
    fn what_does_not_shrink_stays_plain() {
        let accepted = HeaderValue::from_static("br, gzip");
        let noise: Vec<u8> = (0..4u8).flat_map(|seed| Sha256::digest([seed])).collect();
        for (name, bytes) in [("a.js", &b"x"[..]), ("a.js", &b""[..]), ("a.bin", &noise), ("a.png", &[0; 1000])] {
            let asset = Asset::new(name, bytes, None);
            assert_eq!(asset.choose([&accepted]).0, Coding::Plain, "{name}");
        }
    }

    #[test]
    fn a_form_that_was_pressed_before_is_served_if_it_is_of_this_file() {
        let (text, accepted) = (b"let it = 'be';".repeat(100), HeaderValue::from_static("br"));
        // The output of another encoder is recognised by its bytes.
        let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 18);
        writer.write_all(&text).unwrap();
        let form = writer.into_inner();
        assert_ne!(form, brotli(&text));
        let files = |other: &[u8]| [("a.js".to_owned(), other.to_vec()), ("a.js.br".to_owned(), form.clone())];
        let assets = press(&files(&text));
        assert_eq!(assets.keys().collect::<Vec<_>>(), ["a.js"]);
        assert_eq!(assets["a.js"].choose([&accepted]).1, &form);
        let newer = b"let it = 'so';".repeat(100);
        assert_eq!(press(&files(&newer))["a.js"].choose([&accepted]).1, &brotli(&newer));
        // Without the uncompressed file beside it, it is a file like any other.
        assert!(press(&[("b.js.br".to_owned(), form)]).contains_key("b.js.br"));
    }

    #[test]
    fn names_with_a_content_hash() {
        for name in [
            "tacit-app-1a2b3c4d5e6f7a8b.js",
            "tacit-app-1a2b3c4d5e6f7a8b_bg.wasm",
            "fonts/inter-0123456789abcdef.woff2",
            "tacit-worker-1a2b3c4d5e6f7a8b_loader.js",
        ] {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "index.html",
            "tacit-app.js",
            "a-1a2b3c4d5e6f7a8.js",
            "a-1a2b3c4d5e6f7a8b9.js",
            "a-1A2B3C4D5E6F7A8B.js",
            "1a2b3c4d5e6f7a8b.js",
            "snippets/tacit-1a2b3c4d5e6f7a8b/inline0.js",
            "a-1a2b3c4d5e6f7a8b",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn the_tag_names_content_and_form() {
        let (one, other) = (Asset::new("a.js", b"1", None), Asset::new("a.js", b"2", None));
        assert_ne!(one.tag(Coding::Plain), other.tag(Coding::Plain));
        assert_ne!(one.tag(Coding::Plain), one.tag(Coding::Brotli));
        assert_ne!(one.tag(Coding::Gzip), one.tag(Coding::Brotli));
    }
}

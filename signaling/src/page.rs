//! The built page: read and compressed once, then served from memory.
//!
//! Only files that were found in the folder at the start can be requested, by exactly their names:
//! no request reaches the file system, so path traversal is impossible. A folder that is rebuilt is
//! served after a restart.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use percent_encoding::percent_decode_str;

use crate::csp;
use crate::trouble::Trouble;

mod asset;
mod mangled;

use asset::Asset;

/// The maximum size of the page, in bytes: many times the page with its models, and far below a
/// home folder.
const MOST: u64 = 256 << 20;

/// The name of a folder's document.
const INDEX: &str = "index.html";

/// The source of the built page.
#[derive(Clone, Debug)]
pub enum PageFrom {
    /// A folder, the one with `index.html`.
    Folder(PathBuf),
    /// The program itself: names and contents.
    Inside(&'static [(&'static str, &'static [u8])]),
}

/// Every file of the built page.
pub(crate) struct Page {
    /// The files by path within the folder, with forward slashes and no leading one.
    assets: HashMap<String, Asset>,
    /// The policy of each document, by its path; every other response carries that of the first
    /// page.
    policies: HashMap<String, HeaderValue>,
    /// The policy of the document for a link that was altered on its way.
    of_mangled: HeaderValue,
}

impl Page {
    /// Reads, checks and compresses the page.
    ///
    /// # Errors
    /// [`Trouble`] if there is no `index.html`, the page is unreadable or too large, or it has an
    /// inline script that cannot be hashed.
    pub(crate) fn load(from: &PageFrom) -> Result<Page, Trouble> {
        match from {
            PageFrom::Folder(folder) => Self::press(&Self::read(folder)?, folder),
            PageFrom::Inside(files) => {
                let files: Vec<_> = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
                Self::press(&files, Path::new("this program"))
            }
        }
    }

    /// Reads every file in a folder, except hidden files, links and special files.
    fn read(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
        if !folder.join(INDEX).is_file() {
            return Err(Trouble::NoPage { folder: folder.to_owned() });
        }
        let mut files = Vec::new();
        walk(folder, "", &mut files)?;
        let mut read = Vec::new();
        let mut total = 0;
        for (name, path) in files {
            total += fs::metadata(&path).map_err(|source| unreadable(&path, source))?.len();
            if total > MOST {
                return Err(Trouble::TooLarge { folder: folder.to_owned(), limit: MOST });
            }
            let bytes = fs::read(&path).map_err(|source| unreadable(&path, source))?;
            read.push((name, bytes));
        }
        Ok(read)
    }

    /// Checks and compresses the files that were read from `folder`.
    fn press(read: &[(String, Vec<u8>)], folder: &Path) -> Result<Page, Trouble> {
        if !read.iter().any(|(name, _)| name == INDEX) {
            return Err(Trouble::NoPage { folder: folder.to_owned() });
        }
        let mut policies = HashMap::new();
        let policy = |name: &str, html: &str| {
            let trouble = |reason| Trouble::Script { path: folder.join(name), reason };
            let policy = csp::policy(html).map_err(trouble)?;
            // A hash is base64 and the rest is ours, so the policy is always a legal header.
            HeaderValue::from_str(&policy).map_err(|_| trouble("its hash makes no header"))
        };
        for (name, bytes) in read.iter().filter(|(name, _)| is_document(name)) {
            policies.insert(name.clone(), policy(name, &String::from_utf8_lossy(bytes))?);
        }
        let of_mangled = policy("mangled.html", mangled::HTML)?;
        let assets = asset::press(read);
        tracing::info!(files = assets.len(), "the page is read");
        Ok(Page { assets, policies, of_mangled })
    }

    /// Answers any request that no other route takes.
    pub(crate) fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
        let is_mangled = mangled::is_invite(uri.path_and_query().map_or(uri.path(), PathAndQuery::as_str));
        let found = self.find(uri.path()).filter(|_| !is_mangled);
        let own = found.as_ref().and_then(|(name, _)| self.policies.get(name));
        let policy = if is_mangled { Some(&self.of_mangled) } else { own.or_else(|| self.policies.get(INDEX)) };
        let mut response = if method == Method::GET || method == Method::HEAD {
            match &found {
                Some((_, asset)) => asset_response(asset, method, headers),
                None if is_mangled => {
                    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], Html(mangled::HTML)).into_response()
                }
                None => (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response(),
            }
        } else {
            (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response()
        };
        let common = response.headers_mut();
        if let Some(policy) = policy {
            common.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        for (name, value) in COMMON {
            common.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Finds the file with that name and returns it with its name; for a path that could be a view
    /// of a page with its own routing, the index of the nearest folder that has one.
    fn find(&self, path: &str) -> Option<(String, &Asset)> {
        let path = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
        if let Some(asset) = self.assets.get(path.as_ref()) {
            return Some((path.into_owned(), asset));
        }
        let odd = |segment: &str| segment.starts_with('.') || segment.contains(['\\', '\0']);
        if path.split('/').any(odd) || path.rsplit('/').next()?.contains('.') {
            return None;
        }
        let folders = std::iter::successors(Some(path.as_ref()), |path| {
            path.rsplit_once('/').map(|(above, _)| above).or_else(|| (!path.is_empty()).then_some(""))
        });
        folders
            .map(
                |folder| {
                    if folder.is_empty() {
                        INDEX.to_owned()
                    } else {
                        format!("{}/{INDEX}", folder.trim_end_matches('/'))
                    }
                },
            )
            .find_map(|name| self.assets.get(&name).map(|asset| (name, asset)))
    }
}

/// Tells whether the file is a page of its own.
fn is_document(name: &str) -> bool {
    name == INDEX || name.ends_with("/index.html")
}

/// Headers on every response of the page, found or not.
///
/// The page is isolated from other origins (COOP, COEP, CORP), may use the camera itself and grants
/// no other origin anything.
const COMMON: [(HeaderName, &str); 6] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), hid=(), \
         midi=(), browsing-topics=()",
    ),
];

fn asset_response(asset: &Asset, method: &Method, headers: &HeaderMap) -> Response {
    let (coding, bytes) = asset.choose(headers.get_all(header::ACCEPT_ENCODING));
    let tag = asset.tag(coding);
    let fresh = headers.get_all(header::IF_NONE_MATCH).iter().any(|wanted| matches_tag(wanted, &tag));
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = if method == Method::HEAD { Body::empty() } else { Body::from(bytes.clone()) };
        let mut response = Response::new(body);
        let own = response.headers_mut();
        own.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
        own.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        if let Some(name) = coding.name() {
            own.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    };
    let own = response.headers_mut();
    own.insert(header::ETAG, tag);
    own.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let cache = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Tells whether one of the listed tags is ours; weak or strong makes no difference for a GET.
fn matches_tag(wanted: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(wanted), Ok(tag)) = (wanted.to_str(), tag.to_str()) else { return false };
    wanted.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Trouble> {
    let entries = fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        let kind = entry.file_type().map_err(|source| unreadable(&entry.path(), source))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            files.push((format!("{prefix}{name}"), entry.path()));
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: std::io::Error) -> Trouble {
    Trouble::Unreadable { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(wanted: &str) -> bool {
        matches_tag(&HeaderValue::from_str(wanted).unwrap(), &HeaderValue::from_static("\"abc-br\""))
    }

    #[test]
    fn a_tag_is_found_in_a_list_and_when_weak() {
        assert!(matches("\"abc-br\""));
        assert!(matches("\"x\", W/\"abc-br\""));
        assert!(matches("*"));
        assert!(!matches("\"abc\""));
        assert!(!matches("abc-br"));
        assert!(!matches(""));
    }
}

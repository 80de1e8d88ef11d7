//! Links whose `#` was rewritten on their way, so that the browser requests the invite itself from
//! us.

use percent_encoding::percent_decode_str;

/// The document for such a request. Its script removes the secret from the address bar.
pub(super) const HTML: &str = include_str!("mangled.html");

/// How many times a `#` may have been percent-encoded.
const ENCODED: usize = 3;

/// Tells whether a request asks for text that belongs behind a `#`: no file has one in its name,
/// nor ends like the secret of a link.
pub(super) fn is_invite(path_and_query: &str) -> bool {
    let mut text = path_and_query.to_owned();
    for _ in 0..ENCODED {
        if text.contains('#') || ends_like_a_link(&text) {
            return true;
        }
        text = match percent_decode_str(&text).decode_utf8() {
            Ok(decoded) if decoded != text => decoded.into_owned(),
            _ => return false,
        };
    }
    text.contains('#') || ends_like_a_link(&text)
}

/// Tells whether the last part of a path is a number, a dot, and 22 characters or more of
/// base64url.
fn ends_like_a_link(text: &str) -> bool {
    let part = text.rsplit('/').next().unwrap_or_default();
    part.split_once('.').is_some_and(|(number, secret)| {
        let own = secret.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && own >= 22
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_told_from_a_file() {
        for mangled in [
            "/%237.AAECAwQFBgcICQoLDA0ODw",
            "/%25237.AAECAwQFBgcICQoLDA0ODw",
            "/%2525237.AAECAwQFBgcICQoLDA0ODw",
            "/sub/%237.AAECAwQFBgcICQoLDA0ODw%20",
            "/?path=relayed%237.AAECAwQFBgcICQoLDA0ODw",
            "/7.AAECAwQFBgcICQoLDA0ODw",
            "/7%2EAAECAwQFBgcICQoLDA0ODw_",
            "/%237-copper-violin",
            "/%23",
        ] {
            assert!(is_invite(mangled), "{mangled}");
        }
        for other in
            ["/", "/missing.js", "/a/b", "/app-0123456789abcdef_bg.wasm", "/7.js", "/?compute=gpu", "/%20", "/%ff%23"]
        {
            assert!(!is_invite(other), "{other}");
        }
    }
}

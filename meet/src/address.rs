//! The server that a link names.

use crate::legible::percent_decoded;

/// The server that a link names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether the server is reached over TLS, if the link says so.
    secure: Option<bool>,
    /// The host, with the port if there is one.
    host: String,
}

impl Address {
    /// Reads the text before the `#` of a link, perhaps with other text in front of it. Returns
    /// `None` if it names no server. Of several nested addresses the first counts, or the
    /// `innermost` one.
    ///
    /// # Errors
    /// The reason why the server's name is ambiguous.
    pub(crate) fn of(text: &str, innermost: bool) -> Result<Option<Self>, &'static str> {
        if let Some((secure, rest)) = after_scheme(text, innermost) {
            return Self::at(secure, rest).map(Some);
        }
        match text.strip_prefix("//") {
            Some(rest) if !rest.is_empty() => Self::at(None, rest).map(Some),
            Some(_) => Ok(None),
            None => Self::without_scheme(text),
        }
    }

    /// The host, with its port where the link has one: `tacit.example:8443`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns whether the link says `https` or `http`; `None` if it says neither.
    #[must_use]
    pub fn secure(&self) -> Option<bool> {
        self.secure
    }

    /// Tells whether this is the server at `host`, which may have a port: default ports and the
    /// names of this machine make no difference.
    #[must_use]
    pub fn is_at(&self, host: &str) -> bool {
        let (mine, theirs) = (plain(&self.host), plain(host));
        mine.0.eq_ignore_ascii_case(theirs.0) && mine.1 == theirs.1
    }

    /// Tells whether this names the machine that it is read on.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        plain(&self.host).0 == LOCALHOST
    }

    fn at(secure: Option<bool>, rest: &str) -> Result<Self, &'static str> {
        let rest = rest.trim_start_matches(['/', '\\']);
        let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = percent_decoded(host).unwrap_or_else(|| host.to_owned());
        let is_host = |c: char| c.is_alphanumeric() || "-._:[]".contains(c);
        let host = host.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ']').to_ascii_lowercase();
        // The other bracket belongs to Markdown.
        let host = if host.contains(']') { &*host } else { host.trim_start_matches('[') };
        if host.contains(char::is_alphanumeric) && host.chars().all(is_host) {
            Ok(Self { secure, host: host.to_owned() })
        } else {
            Err("it does not say clearly for which server the link is")
        }
    }

    /// Reads an address without a scheme, `tacit.example/`, as people abbreviate it.
    fn without_scheme(text: &str) -> Result<Option<Self>, &'static str> {
        let head = text.split(['/', '\\', '?']).next().unwrap_or_default();
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let name = head.trim_start_matches(|c| !is_host(c));
        let (stranger, host) = match name.char_indices().rev().find(|&(_, c)| !is_host(c)) {
            Some((at, c)) => (c.is_alphabetic(), &name[at + c.len_utf8()..]),
            None => (head[..head.len() - name.len()].ends_with(char::is_alphabetic), name),
        };
        // In “Link:tacit.example” the text after the colon is a port, or the name.
        let host = match host.rsplit_once(':') {
            Some((_, after))
                if after.is_empty() || !after.bytes().all(|b| b.is_ascii_digit()) && !after.ends_with(']') =>
            {
                after
            }
            _ => host,
        };
        let host = host.trim_start_matches(['.', '-', '_', ':']);
        let path = &text[head.len()..];
        let has_dot = host.trim_end_matches('.').contains('.');
        if !(has_dot || host.contains(':') || host.eq_ignore_ascii_case(LOCALHOST) || path == "/") || host.is_empty() {
            return Ok(None);
        }
        if stranger {
            // It may be a part of the name, or the end of a sentence without spaces.
            return Err("it does not say clearly where the server’s name begins; put https:// in front of it");
        }
        Self::at(None, host).map(Some)
    }
}

const LOCALHOST: &str = "localhost";

/// Returns the text after `https://`, in any spelling, and whether the scheme is that or `http://`.
fn after_scheme(text: &str, innermost: bool) -> Option<(Option<bool>, &str)> {
    let mut found = None;
    for (at, colon) in text.match_indices(':') {
        let (scheme, rest) = (&text[..at], &text[at + colon.len()..]);
        let ends = |name: &str| {
            let start = scheme.len().checked_sub(name.len())?;
            let is_it = scheme.get(start..)?.eq_ignore_ascii_case(name);
            is_it.then(|| !scheme[..start].ends_with(|c: char| c.is_ascii_alphanumeric()))
        };
        let has_slashes = rest.starts_with("//") || rest.starts_with("\\\\");
        let secure = match (ends("https"), ends("http")) {
            (Some(stands_alone), _) if has_slashes || stands_alone => Some(true),
            (_, Some(stands_alone)) if has_slashes || stands_alone => Some(false),
            _ if has_slashes && scheme.ends_with(|c: char| c.is_ascii_alphanumeric()) => None,
            _ => continue,
        };
        // An unknown scheme counts if there is no better one: a letter may be missing.
        let better = match found {
            None => true,
            Some((None, _)) => secure.is_some() || innermost,
            Some((Some(_), _)) => secure.is_some() && innermost,
        };
        if better {
            found = Some((secure, rest));
        }
    }
    found
}

/// Returns name and port, normalised for comparison.
fn plain(host: &str) -> (&str, &str) {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let port = if matches!(port, "80" | "443") { "" } else { port };
    (if matches!(name, "127.0.0.1" | "[::1]") { LOCALHOST } else { name }, port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<bool>, String)> {
        Address::of(text, false).unwrap().map(|address| (address.secure, address.host))
    }

    #[test]
    fn a_server_is_found_however_its_address_is_written() {
        for (text, secure, host) in [
            ("https://tacit.example/", Some(true), "tacit.example"),
            ("Https://Tacit.Example./", Some(true), "tacit.example"),
            ("HTTP://tacit.example:8080/sub/", Some(false), "tacit.example:8080"),
            ("https://tacit.example?path=relayed", Some(true), "tacit.example"),
            ("https://tacit.example", Some(true), "tacit.example"),
            ("https:/tacit.example/", Some(true), "tacit.example"),
            ("https:tacit.example/", Some(true), "tacit.example"),
            (r"https:\\tacit.example\", Some(true), "tacit.example"),
            ("https://somebody@tacit.example/", Some(true), "tacit.example"),
            ("https://tacit%2Eexample/", Some(true), "tacit.example"),
            ("http://[::1]:8080/", Some(false), "[::1]:8080"),
            ("ttps://tacit.example/", None, "tacit.example"),
            ("hxxps://tacit.example/", None, "tacit.example"),
            ("//tacit.example/", None, "tacit.example"),
            ("tacit.example/", None, "tacit.example"),
            ("tacit.example", None, "tacit.example"),
            ("tacit.example:8443/?path=relayed", None, "tacit.example:8443"),
            ("localhost:8080/", None, "localhost:8080"),
            ("127.0.0.1:8080/", None, "127.0.0.1:8080"),
            ("Link:tacit.example/", None, "tacit.example"),
            ("Link:https://tacit.example/", Some(true), "tacit.example"),
            ("*tacit.example/", None, "tacit.example"),
            ("_https://tacit.example/", Some(true), "tacit.example"),
            ("→tacit.example/", None, "tacit.example"),
            ("加入https://tacit.example/", Some(true), "tacit.example"),
            ("https://tacit.example/?to=https://evil.example/", Some(true), "tacit.example"),
            ("app://open?url=https://tacit.example/", Some(true), "tacit.example"),
            ("https://bücher.example/", Some(true), "bücher.example"),
        ] {
            assert_eq!(read(text), Some((secure, host.to_owned())), "{text}");
        }
        for none in ["", "/", "//", "/sub/", "#", "Invite", "(", "Join me: "] {
            assert_eq!(read(none), None, "{none}");
        }
        for unclear in
            ["https://", "https:///", "https://a b/", "https://a,b/", "加入tacit.example/", "bücher.example/"]
        {
            assert!(Address::of(unclear, false).is_err(), "{unclear}");
        }
        let innermost = Address::of("https://wrapper.example/?url=https://tacit.example/", true).unwrap().unwrap();
        assert_eq!(innermost.host(), "tacit.example");
    }

    #[test]
    fn a_server_is_recognised() {
        let is_at = |text: &str, host| Address::of(text, false).unwrap().unwrap().is_at(host);
        assert!(is_at("https://tacit.example/", "Tacit.example"));
        assert!(is_at("https://tacit.example:443/", "tacit.example"));
        assert!(is_at("http://tacit.example/", "tacit.example:80"));
        assert!(is_at("http://127.0.0.1:8080/", "localhost:8080"));
        assert!(is_at("http://[::1]:8080/", "localhost:8080"));
        assert!(!is_at("https://tacit.example:8443/", "tacit.example"));
        assert!(!is_at("https://tacit.example.evil.example/", "tacit.example"));
        assert!(!is_at("http://[::1]/", "tacit.example"));
    }
}

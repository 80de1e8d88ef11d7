//! The page's Content-Security-Policy, and the inline scripts that it allows.
//!
//! Trunk starts the Wasm from one small inline `<script type="module">`. Instead of a nonce, which
//! would make every response different, the policy carries the SHA-256 of exactly that text: no
//! other inline script ever runs.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// Makes the policy for a page with this `index.html`.
///
/// `connect-src 'self'` covers the WebSocket as well: since CSP 3 a `ws:` or `wss:` URL of the
/// page's own host and port matches `'self'`. Chromium and Firefox do so since 2018 and WebKit
/// since 2022, before it had Wasm SIMD, which the page needs anyway.
///
/// # Errors
/// The ambiguity of an inline script, see [`inline_scripts`].
pub(crate) fn policy(html: &str) -> Result<String, &'static str> {
    let hashes: String = inline_scripts(html)?.iter().map(|script| format!(" 'sha256-{}'", digest(script))).collect();
    Ok(format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; font-src 'self'; \
         img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    ))
}

fn digest(script: &str) -> String {
    BASE64.encode(&Sha256::digest(script.as_bytes()))
}

/// Returns the text of every inline script, as a browser would hash it.
///
/// This is not an HTML parser: it handles comments, the elements whose content is text, and
/// attributes with and without quotes, which is enough for a page that we built ourselves. If it
/// misreads a script, the browser refuses to run that script and the page does not start; it can
/// never allow a script that is not in the file.
///
/// # Errors
/// A script without an end tag, or a script that contains `<!--`, after which HTML interprets
/// `</script>` differently.
fn inline_scripts(html: &str) -> Result<Vec<String>, &'static str> {
    // A browser normalises line ends before it parses.
    let html = html.replace("\r\n", "\n").replace('\r', "\n");
    let mut scripts = Vec::new();
    let mut rest = html.as_str();
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some(tag) = Tag::read(rest) else {
            rest = &rest[1..];
            continue;
        };
        rest = tag.after;
        let Some(name) = ["script", "style", "title", "textarea"].into_iter().find(|name| tag.is(name)) else {
            continue;
        };
        let Some((content, after)) = split_at_end_tag(rest, name) else {
            if name == "script" {
                return Err("it has no end tag");
            }
            break;
        };
        rest = after;
        if name == "script" && !tag.has_src {
            if content.contains("<!--") {
                return Err("it contains <!--, which changes where a script ends");
            }
            scripts.push(content.to_owned());
        }
    }
    Ok(scripts)
}

/// A start tag.
struct Tag<'a> {
    name: &'a str,
    has_src: bool,
    after: &'a str,
}

impl<'a> Tag<'a> {
    /// Reads a start tag from text that begins with `<`; `None` if it is something else.
    fn read(text: &'a str) -> Option<Self> {
        let inside = text.strip_prefix('<').filter(|inside| inside.starts_with(|c: char| c.is_ascii_alphabetic()))?;
        let (name, mut rest) = inside.split_at(inside.find(ends_name)?);
        let mut has_src = false;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if let Some(after) = rest.strip_prefix('>') {
                return Some(Tag { name, has_src, after });
            }
            // By the HTML standard an attribute's name may begin with an equals sign.
            let first = rest.chars().next()?.len_utf8();
            let end = first + rest[first..].find(|c| c == '=' || ends_name(c))?;
            has_src |= rest[..end].eq_ignore_ascii_case("src");
            rest = rest[end..].trim_start_matches(|c: char| c.is_ascii_whitespace());
            let Some(value) = rest.strip_prefix('=') else { continue };
            let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
            rest = match value.chars().next()? {
                quote @ ('"' | '\'') => value[1..].split_once(quote)?.1,
                _ => &value[value.find(|c: char| c.is_ascii_whitespace() || c == '>')?..],
            };
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

fn ends_name(c: char) -> bool {
    c.is_ascii_whitespace() || c == '/' || c == '>'
}

/// Splits the text at the end tag `</name>`: the text before it, and the text after its `>`.
fn split_at_end_tag<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    for (at, _) in text.match_indices("</") {
        let inside = &text[at + 2..];
        let is_it = inside.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if is_it && inside[name.len()..].starts_with(ends_name) {
            return Some((&text[..at], inside.split_once('>')?.1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scripts(html: &str) -> Vec<String> {
        inline_scripts(html).unwrap()
    }

    #[test]
    fn the_hash_is_the_one_in_the_standard() {
        // CSP Level 2, section 7.17.2 (script-src hash usage).
        assert_eq!(digest("alert('Hello, world.');"), "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn what_trunk_writes_is_found_exactly() {
        let html = r#"<!DOCTYPE html><html lang="en"><head><title>Tacit <script></title>
<link rel="modulepreload" href="/app.js" crossorigin="anonymous" integrity="sha384-x">
<script type="module">
import init, * as bindings from '/app-1a2b3c4d5e6f7a8b.js';
const wasm = await init({ module_or_path: '/app-1a2b3c4d5e6f7a8b_bg.wasm' });
if (1 < 2 && a</b/.test("</scripted>")) {}
</script></head><body></body></html>"#;
        let found = scripts(html);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("\nimport init"), "the text between the tags, whole: {found:?}");
        assert!(found[0].ends_with("{}\n"));
    }

    #[test]
    fn the_ways_to_write_a_script_tag() {
        for (html, wanted) in [
            ("<SCRIPT>a</SCRIPT>", vec!["a"]),
            ("<script\n>a</script\t><script>b</script x=1>", vec!["a", "b"]),
            ("<script/>a</script/>", vec!["a"]),
            ("<script></script>", vec![""]),
            ("<script>a\r\nb\rc</script>", vec!["a\nb\nc"]),
            ("<script data-x='>' type=\"module\">a</script>", vec!["a"]),
            ("<script data-src=x>a</script>", vec!["a"]),
            ("<script src=x.js></script>", vec![]),
            ("<script SRC = 'x.js' defer></script>", vec![]),
            ("<script src>a</script>", vec![]),
            ("<script async src=\"x.js\"/></script><script>a</script>", vec!["a"]),
            ("<!-- <script>a</script> --><script>b</script>", vec!["b"]),
            ("<style>a > b { content: '<script>' }</style><script>b</script>", vec!["b"]),
            ("<textarea><script>a</script></textarea>", vec![]),
            ("<scripted>a</scripted>", vec![]),
            ("1 < 2 <3 <script>a</script> <", vec!["a"]),
            ("<p title='<script>a</script>'>ü</p>", vec![]),
            ("<p =x =>y<script>a</script>", vec!["a"]),
        ] {
            assert_eq!(scripts(html), wanted, "{html}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        assert!(inline_scripts("<script>a").is_err());
        assert!(inline_scripts("<script>a</scrip></script").is_err());
        assert!(inline_scripts("<script><!-- <script> </script></script>").is_err());
        assert!(policy("<script>a").is_err());
    }

    #[test]
    fn the_policy_names_each_hash_and_no_unsafe_inline() {
        let policy = policy("<script>a</script><script>b</script>").unwrap();
        for text in ["a", "b"] {
            assert!(policy.contains(&format!("'sha256-{}'", digest(text))), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert!(!policy.contains('\n'));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(html in "(?i)([<>/='\" a\r\nü!-]|<script|</script>|src|<!--|-->){0,40}") {
            if let Ok(found) = inline_scripts(&html) {
                let normal = html.replace("\r\n", "\n").replace('\r', "\n");
                for script in found {
                    prop_assert!(normal.contains(&script));
                }
            }
        }

        #[test]
        fn a_script_between_other_things_is_found(
            before in "(<p>|<b x='1'>|text|<!-- c -->|<link href=/x>){0,6}",
            content in "[^<]{0,40}",
        ) {
            let normal = content.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(scripts(&format!("{before}<script type=module>{content}</script>")), vec![normal]);
        }
    }
}

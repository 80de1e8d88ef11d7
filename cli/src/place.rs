//! The place of the meeting: from an invite to the server's socket.

use tacit_meet::{Address, Config, GuestInvite};
use tacit_session::{Code, Fault};
use url::{Position, Url};

use crate::arguments::Reach;

/// The invite that a person received, and the server that it names.
pub(crate) struct Given {
    pub(crate) invite: GuestInvite,
    /// The origin in a link: `https://tacit.example`.
    origin: Option<String>,
}

impl Given {
    /// Reads a link or a code.
    ///
    /// # Errors
    /// [`Code::InviteMalformed`].
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let invite = GuestInvite::parse(text)?;
        let origin = invite.address().map(|address| {
            // Pages use TLS, except those of this machine.
            let secure = address.secure().unwrap_or(!address.is_this_machine());
            format!("{}://{}", if secure { "https" } else { "http" }, address.host())
        });
        Ok(Self { invite, origin })
    }

    /// Returns the server to meet at: the link's, if it names one.
    pub(crate) fn server<'a>(&'a self, reach: &'a Reach) -> &'a str {
        // A link without a scheme may name the known server.
        let is_known = |address: &Address| {
            let known = Url::parse(&reach.server).ok();
            let known = known.as_ref().map_or("", |known| &known[Position::BeforeHost..Position::AfterPort]);
            address.secure().is_none() && address.is_at(known)
        };
        match &self.origin {
            Some(origin) if !self.invite.address().is_some_and(is_known) => origin,
            _ => &reach.server,
        }
    }
}

/// Makes the configuration of a meeting at this server.
///
/// # Errors
/// [`Code::ServerUnreachable`] if `server` is not the address of a page.
pub(crate) fn config(server: &str, reach: &Reach) -> Result<Config, Fault> {
    let wrong =
        || Fault::new(Code::ServerUnreachable, format!("{server} is not an address like https://tacit.example"));
    let url = Url::parse(server).ok().filter(Url::has_host).ok_or_else(wrong)?;
    let scheme = match url.scheme() {
        "http" => "ws",
        "https" => "wss",
        _ => return Err(wrong()),
    };
    let socket = format!("{scheme}://{}/socket", &url[Position::BeforeHost..Position::AfterPort]);
    Ok(Config { socket, ice_servers: Vec::new(), relay_only: reach.relay_only, addresses: reach.address.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach() -> Reach {
        Reach { server: "http://localhost:8080".into(), address: Vec::new(), relay_only: false }
    }

    fn server(text: &str) -> String {
        Given::read(text).unwrap().server(&reach()).to_owned()
    }

    #[test]
    fn a_link_names_its_server_and_a_code_does_not() {
        assert_eq!(server("https://tacit.example:8443/sub/#7.AAECAwQFBgcICQoLDA0ODw"), "https://tacit.example:8443");
        assert_eq!(server("7-copper-violin"), "http://localhost:8080");
        assert_eq!(server("#7.AAECAwQFBgcICQoLDA0ODw"), "http://localhost:8080");
        assert_eq!(config("https://tacit.example/sub", &reach()).unwrap().socket, "wss://tacit.example/socket");
        assert_eq!(config("HTTPS://Tacit.example", &reach()).unwrap().socket, "wss://tacit.example/socket");
        assert_eq!(config("http://[::1]:8080", &reach()).unwrap().socket, "ws://[::1]:8080/socket");
        assert_eq!(config("https://bücher.example", &reach()).unwrap().socket, "wss://xn--bcher-kva.example/socket");
        for bad in ["tacit.example", "localhost:8080", "ftp://tacit.example", "https://", ""] {
            assert_eq!(config(bad, &reach()).err().map(|fault| fault.code), Some(Code::ServerUnreachable), "{bad}");
        }
    }

    #[test]
    fn a_link_is_met_at_its_server_however_it_is_written() {
        for text in [
            "Join me: https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODw",
            "<https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODw>",
            "tacit.example/#7.AAECAwQFBgcICQoLDA0ODw",
            "https://tacit.example?path=relayed#7.AAECAwQFBgcICQoLDA0ODw",
            "Https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODw",
            "“https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODw”",
            "[link](https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODw)",
            "https://tacit.example/%237.AAECAwQFBgcICQoLDA0ODw",
            "https://tacit.example/#7-copper-violin",
        ] {
            assert_eq!(server(text), "https://tacit.example", "{text}");
            assert_eq!(config(&server(text), &reach()).unwrap().socket, "wss://tacit.example/socket", "{text}");
        }
        // Without a scheme: the known server, this machine, and any other one.
        assert_eq!(server("127.0.0.1:8080/#7.AAECAwQFBgcICQoLDA0ODw"), "http://localhost:8080");
        assert_eq!(server("localhost:9000/#7.AAECAwQFBgcICQoLDA0ODw"), "http://localhost:9000");
        assert_eq!(server("tacit.example:8443/#7.AAECAwQFBgcICQoLDA0ODw"), "https://tacit.example:8443");
        assert!(
            Given::read("加入tacit.example/#7.AAECAwQFBgcICQoLDA0ODw").is_err(),
            "refused rather than met elsewhere"
        );
    }
}

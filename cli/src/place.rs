//! Where to meet: from what a person was given to the server's socket.

use tacit_meet::{Config, GuestInvite};
use tacit_session::{Code, Fault};

use crate::arguments::Reach;

/// What a person was given, and the server that it names.
pub(crate) struct Given {
    pub(crate) invite: GuestInvite,
    /// `https://tacit.example`, from a whole link.
    origin: Option<String>,
}

impl Given {
    /// Reads a link or a code.
    ///
    /// # Errors
    /// [`Code::InviteMalformed`].
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let origin = text.trim().split_once('#').and_then(|(address, _)| origin(address)).map(str::to_owned);
        Ok(Self { invite: GuestInvite::parse(text)?, origin })
    }

    /// The server to meet at.
    pub(crate) fn server<'a>(&'a self, reach: &'a Reach) -> &'a str {
        self.origin.as_deref().unwrap_or(&reach.server)
    }
}

/// The page's address without what comes after the host: `http://host:port`.
fn origin(address: &str) -> Option<&str> {
    let start = address.find("://")? + 3;
    let end = address[start..].find('/').map_or(address.len(), |slash| start + slash);
    let known = address.starts_with("http://") || address.starts_with("https://");
    (known && end > start).then(|| &address[..end])
}

/// A meeting at this server.
///
/// # Errors
/// [`Code::ServerUnreachable`] for what is no address of a page.
pub(crate) fn config(server: &str, reach: &Reach) -> Result<Config, Fault> {
    let wrong =
        || Fault::new(Code::ServerUnreachable, format!("{server} is not an address like https://tacit.example"));
    let origin = origin(server).ok_or_else(wrong)?;
    // `http` becomes `ws`, and `https` becomes `wss`.
    let socket = format!("{}/socket", origin.replacen("http", "ws", 1));
    Ok(Config { socket, ice_servers: Vec::new(), relay_only: reach.relay_only, addresses: reach.address.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_server_and_a_code_does_not() {
        let reach = Reach { server: "http://localhost:8080".into(), address: Vec::new(), relay_only: false };
        let given = |text| Given::read(text).unwrap().server(&reach).to_owned();
        assert_eq!(given("https://tacit.example:8443/sub/#7.AAECAwQFBgcICQoLDA0ODw"), "https://tacit.example:8443");
        assert_eq!(given("7-copper-violin"), "http://localhost:8080");
        assert_eq!(config("https://tacit.example/sub", &reach).unwrap().socket, "wss://tacit.example/socket");
        assert_eq!(config("http://[::1]:8080", &reach).unwrap().socket, "ws://[::1]:8080/socket");
        for bad in ["tacit.example", "ftp://tacit.example", "https://", ""] {
            assert_eq!(config(bad, &reach).err().map(|fault| fault.code), Some(Code::ServerUnreachable), "{bad}");
        }
    }
}

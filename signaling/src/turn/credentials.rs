//! Credentials for the relay that are good for a while and stored nowhere.
//!
//! From: *A REST API For Access To TURN Services*, draft-uberti-behave-turn-rest-00. The username says until when it is good,
//! and the password is a code over it that only this server can make; so whoever shows it proves that this server gave it out,
//! and nothing need be remembered. The secret behind it lives as long as the program.
//!
//! Deviations: none but that the part after the time is random instead of a user's name, for there are no users.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use turn::auth::{AuthHandler, generate_auth_key};

use super::REALM;
use super::ledger::Ledger;

/// Gives credentials out, and knows them again.
pub(crate) struct Issuer {
    secret: hmac::Key,
    lifetime: Duration,
}

impl Issuer {
    /// With a fresh secret.
    ///
    /// # Errors
    /// If the system has no random bytes.
    pub(crate) fn new(lifetime: Duration) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        // SHA-1 is what the draft and every TURN server have; as a code with a key it stands.
        Ok(Issuer { secret: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret), lifetime })
    }

    /// A username that nobody else has, and its password; nothing if the system has no random bytes.
    pub(crate) fn issue(&self, now: SystemTime) -> Option<(String, String)> {
        let mut id = [0; 12];
        getrandom::fill(&mut id).ok()?;
        let until = now.checked_add(self.lifetime)?.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let username = format!("{until}:{}", HEXLOWER.encode(&id));
        let password = self.password(&username);
        Some((username, password))
    }

    /// The key with which the holder of `username` signs requests, if its time is not over.
    ///
    /// Any name gets a key: that somebody knows the password to it is what the signature shows.
    fn key(&self, username: &str, now: SystemTime) -> Option<Vec<u8>> {
        let until: u64 = username.split_once(':')?.0.parse().ok()?;
        let good = now.duration_since(UNIX_EPOCH).ok()?.as_secs() < until;
        good.then(|| generate_auth_key(username, REALM, &self.password(username)))
    }

    fn password(&self, username: &str) -> String {
        BASE64.encode(hmac::sign(&self.secret, username.as_bytes()).as_ref())
    }
}

/// The issuer as the TURN library asks it. The library compares signatures in constant time.
pub(crate) struct Doorman {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) ledger: Arc<Ledger>,
}

impl AuthHandler for Doorman {
    fn auth_handle(&self, username: &str, realm: &str, from: SocketAddr) -> Result<Vec<u8>, turn::Error> {
        let key = self.issuer.key(username, SystemTime::now()).filter(|_| realm == REALM);
        // An allocation that comes of this request is on this name.
        self.ledger.asks(username, from);
        key.ok_or(turn::Error::ErrNoSuchUser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_good_until_its_time_is_over() {
        let issuer = Issuer::new(Duration::from_secs(60)).unwrap();
        let now = SystemTime::now();
        let (username, password) = issuer.issue(now).unwrap();
        let key = generate_auth_key(&username, REALM, &password);
        assert_eq!(issuer.key(&username, now), Some(key.clone()));
        assert_eq!(issuer.key(&username, now + Duration::from_secs(58)), Some(key));
        assert_eq!(issuer.key(&username, now + Duration::from_secs(61)), None);
    }

    #[test]
    fn every_credential_is_another_and_another_server_knows_none_of_them() {
        let issuer = Issuer::new(Duration::from_secs(60)).unwrap();
        let other = Issuer::new(Duration::from_secs(60)).unwrap();
        let now = SystemTime::now();
        let (first, second) = (issuer.issue(now).unwrap(), issuer.issue(now).unwrap());
        assert_ne!(first.0, second.0);
        assert_ne!(first.1, second.1);
        assert_ne!(issuer.key(&first.0, now), other.key(&first.0, now));
    }

    #[test]
    fn a_name_that_we_never_gave_out_has_no_key() {
        let issuer = Issuer::new(Duration::from_secs(60)).unwrap();
        for name in ["", "me", ":", "x:y", "-1:y", "99999999999999999999:y", "4102444800"] {
            assert_eq!(issuer.key(name, SystemTime::now()), None, "{name}");
        }
    }

    #[test]
    fn the_password_is_the_one_of_the_convention() {
        // The vector of the `turn` crate's own tests, which is coturn's as well.
        let secret = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"foobar");
        let issuer = Issuer { secret, lifetime: Duration::from_secs(1) };
        assert_eq!(issuer.password("1599491771"), "Tpz/nKkyvX/vMSLKvL4sbtBt8Vs=");
    }
}

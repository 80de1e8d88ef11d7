//! Credentials for the relay that are valid for a limited time and stored nowhere.
//!
//! From: *A REST API For Access To TURN Services*, draft-uberti-behave-turn-rest-00. The username
//! holds its expiry, and the password is a MAC over it that only this server can make; so a party
//! that shows it proves that this server issued it, and nothing need be stored. The secret key
//! lives as long as the program.
//!
//! Deviations: none, except that the part after the time is random instead of a user's name,
//! because there are no users.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use turn::auth::{AuthHandler, generate_auth_key};

use super::REALM;
use super::ledger::Ledger;

/// Issues credentials, and verifies them.
pub(crate) struct Issuer {
    secret: hmac::Key,
    lifetime: Duration,
}

impl Issuer {
    /// Makes an issuer with a fresh secret.
    ///
    /// # Errors
    /// If the system has no random bytes.
    pub(crate) fn new(lifetime: Duration) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        // The draft and every TURN server use SHA-1; as HMAC it is unbroken.
        Ok(Issuer { secret: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret), lifetime })
    }

    /// Issues a unique username and its password; `None` if the system has no random bytes.
    pub(crate) fn issue(&self, now: SystemTime) -> Option<(String, String)> {
        let mut id = [0; 12];
        getrandom::fill(&mut id).ok()?;
        let until = now.checked_add(self.lifetime)?.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let username = format!("{until}:{}", HEXLOWER.encode(&id));
        let password = self.password(&username);
        Some((username, password))
    }

    /// Returns the key with which the holder of `username` signs requests, unless it has expired.
    ///
    /// Any name gets a key: the signature proves that the sender knows the password for it.
    fn key(&self, username: &str, now: SystemTime) -> Option<Vec<u8>> {
        let until: u64 = username.split_once(':')?.0.parse().ok()?;
        let good = now.duration_since(UNIX_EPOCH).ok()?.as_secs() < until;
        good.then(|| generate_auth_key(username, REALM, &self.password(username)))
    }

    fn password(&self, username: &str) -> String {
        BASE64.encode(hmac::sign(&self.secret, username.as_bytes()).as_ref())
    }
}

/// The issuer as the TURN library calls it. The library compares signatures in constant time.
pub(crate) struct Doorman {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) ledger: Arc<Ledger>,
}

impl AuthHandler for Doorman {
    fn auth_handle(&self, username: &str, realm: &str, from: SocketAddr) -> Result<Vec<u8>, turn::Error> {
        let key = self.issuer.key(username, SystemTime::now()).filter(|_| realm == REALM);
        // An allocation that results from this request counts for this name.
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

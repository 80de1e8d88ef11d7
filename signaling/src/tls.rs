//! TLS: browsers give the camera and WebGPU only to pages from a secure origin, so a server that is
//! reached from other machines needs it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::trouble::Trouble;

/// The file that holds a self-signed certificate and its key.
const FILE: &str = "self-signed.pem";

/// The source of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// A certificate that we make, and keep in this folder with its key: browsers warn of it once,
    /// and it stays the same.
    SelfSigned {
        /// The folder that keeps the certificate.
        folder: PathBuf,
        /// Names and addresses that it is valid for, besides this machine's own.
        names: Vec<String>,
    },
    /// An existing certificate.
    Files {
        /// The certificate and its chain, as PEM.
        certificate: PathBuf,
        /// Its key, as PEM.
        key: PathBuf,
    },
}

/// A certificate that is ready for use.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    /// The SHA-256 of the certificate, as browsers show it.
    pub(crate) fingerprint: String,
}

impl Tls {
    /// Tells whether browsers may be told to use HTTPS only, see [`strictly`].
    pub(crate) fn is_lasting(&self) -> bool {
        matches!(self, Self::Files { .. })
    }
}

impl Identity {
    /// Reads the certificate, or makes it.
    ///
    /// # Errors
    /// [`Trouble`] with the files or their contents.
    pub(crate) fn load(tls: &Tls) -> Result<Self, Trouble> {
        match tls {
            Tls::Files { certificate, key } => Self::new(&read(certificate)?, certificate, &read(key)?, key),
            Tls::SelfSigned { folder, names } => {
                let path = folder.join(FILE);
                let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
                all.extend(names.iter().cloned());
                let is_for = format!("# For {}\n", all.join(" "));
                let kept = match fs::read(&path) {
                    Ok(kept) if kept.starts_with(is_for.as_bytes()) => kept,
                    // No certificate yet, or one for other names.
                    _ => make(&path, &is_for, all)?,
                };
                Self::new(&kept, &path, &kept, &path)
            }
        }
    }

    fn new(certificate: &[u8], certificate_path: &Path, key: &[u8], key_path: &Path) -> Result<Self, Trouble> {
        let unusable = |path: &Path, reason: String| Trouble::Certificate { path: path.to_owned(), reason };
        let chain = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(certificate_path, error.to_string()))?;
        let first = chain.first().ok_or_else(|| unusable(certificate_path, "there is no certificate in it".into()))?;
        let digest = Sha256::digest(first);
        let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| unusable(key_path, "there is no key in it".into()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| unusable(key_path, error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), fingerprint })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    fs::read(path).map_err(|source| Trouble::Unreadable { path: path.to_owned(), source })
}

/// Makes a certificate for `names` and keeps it, readable by this user only.
fn make(path: &Path, is_for: &str, names: Vec<String>) -> Result<Vec<u8>, Trouble> {
    let unusable = |error: rcgen::Error| Trouble::Certificate { path: path.to_owned(), reason: error.to_string() };
    let mut parameters = rcgen::CertificateParams::new(names).map_err(unusable)?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Tacit");
    let key = rcgen::KeyPair::generate().map_err(unusable)?;
    let certificate = parameters.self_signed(&key).map_err(unusable)?;
    let text = format!("{is_for}{}{}", certificate.pem(), key.serialize_pem());
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Written under another name and then renamed, so that a partial file is never taken for
        // the whole.
        let fresh = path.with_extension("new");
        drop(fs::remove_file(&fresh));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(|source| Trouble::Unwritable { path: path.to_owned(), source })?;
    Ok(text.into_bytes())
}

/// The value of `Strict-Transport-Security`: for a year browsers reach this host by HTTPS only.
/// Names below it belong to other servers and are left out.
const STRICT: &str = "max-age=31536000";

/// Adds a header to every answer which says that this host is to be reached by HTTPS only (RFC
/// 6797), so that nobody in between can take a later visit back to HTTP.
///
/// This applies only under a certificate that an operator gave us. With a self-signed one a browser
/// lets its user in past a warning, and under this rule it must not (section 8.4): once such a
/// certificate changed, there would be no way in. It does not apply to `localhost` either: the rule
/// holds for all ports of a name, so it would shut out other programs of this machine.
pub(crate) fn strictly(router: Router) -> Router {
    async fn strict(request: Request, next: Next) -> Response {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host.split_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
        let is_here = name == "localhost" || name.ends_with(".localhost");
        let mut response = next.run(request).await;
        if !is_here {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(STRICT));
        }
        response
    }
    router.layer(from_fn(strict))
}

/// Redirects a browser that was given `http` to the same address with `https`.
pub(crate) fn towards_https() -> Router {
    async fn redirect(headers: HeaderMap, uri: Uri) -> Response {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let authority = host.and_then(|host| host.parse::<axum::http::uri::Authority>().ok());
        match authority {
            // The redirect is temporary: the next server at this address may speak plain HTTP.
            Some(authority) => {
                let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
                Redirect::temporary(&format!("https://{authority}{rest}")).into_response()
            }
            None => (StatusCode::BAD_REQUEST, "This address speaks HTTPS.\n").into_response(),
        }
    }
    Router::new().fallback(redirect)
}

//! HTTPS: with a self-signed certificate, which stays the same, or with an existing one.

mod common;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{House, soon};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tacit_signaling::{Config, Limits, Server, Tls, Trouble};
use tacit_signaling_messages::SOCKET_PATH;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A temporary folder; deleted when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{}-{number}", std::process::id())))
    }

    fn certificate(&self) -> PathBuf {
        self.0.join("self-signed.pem")
    }

    fn tls(&self, names: &[&str]) -> Tls {
        Tls::SelfSigned { folder: self.0.clone(), names: names.iter().map(ToString::to_string).collect() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn bind(tls: Tls) -> Result<Server, Trouble> {
    Server::bind(Config { listen: "127.0.0.1:0".into(), tls: Some(tls), ..Config::default() }).await
}

async fn fingerprint(tls: Tls) -> String {
    bind(tls).await.unwrap().fingerprint().unwrap().to_owned()
}

/// Sends a request to a server whose certificate must be the one in `file`, for `name`; returns its
/// response until it closes.
async fn ask(address: SocketAddr, file: &Path, name: &'static str, request: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(ServerName::try_from(name).unwrap(), stream).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // Servers may close without a TLS close notification.
    drop(soon("the server to close", stream.read_to_end(&mut answer)).await);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_certificate_of_our_own_is_kept() {
    let folder = Folder::new();
    let first = fingerprint(folder.tls(&[])).await;
    assert_eq!((first.len(), first.matches(':').count()), (95, 31), "{first}");
    assert_eq!(fingerprint(folder.tls(&[])).await, first, "the next time it is the same");
    let other = fingerprint(folder.tls(&["tacit.local"])).await;
    assert_ne!(other, first, "for other names it is another");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.certificate()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "nobody else may read the key");
    }
}

#[tokio::test]
async fn pages_and_sockets_come_safely() {
    let folder = Folder::new();
    let house = House::serving(Config { tls: Some(folder.tls(&["tacit.local"])), ..Config::default() }).await;
    for name in ["localhost", "127.0.0.1", "tacit.local"] {
        let answer = ask(house.address, &folder.certificate(), name, HEALTH).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
    }
    assert!(ask(house.address, &folder.certificate(), "other.example", HEALTH).await.is_err(), "not its name");
    let upgrade = format!(
        "GET {SOCKET_PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://localhost\r\n\r\n\
         \u{0}\u{0}"
    );
    let answer = ask(house.address, &folder.certificate(), "localhost", &upgrade).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
}

#[tokio::test]
async fn whoever_speaks_plainly_is_sent_on_and_whoever_babbles_is_hung_up_on() {
    let folder = Folder::new();
    let limits = Limits { first_word: Duration::from_millis(200), ..Limits::default() };
    let house = House::serving(Config { tls: Some(folder.tls(&[])), limits, ..Config::default() }).await;
    let answer = house.ask("GET", "/learn?x=1", "").await;
    assert_eq!((answer.status, answer.header("location")), (307, Some("https://localhost/learn?x=1")));
    let answer = house.raw(b"GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
    // A malformed handshake, one that never continues, and silence.
    for start in [&b"\x16\x03\x01\x00\x05hello-hello-hello"[..], b"\x16", b""] {
        let answer = house.raw(start).await;
        assert!(answer.len() < 16, "at most an alert: {answer:?}");
    }
    assert!(ask(house.address, &folder.certificate(), "localhost", HEALTH).await.is_ok(), "others do not notice");
}

#[tokio::test]
async fn only_a_certificate_that_was_given_binds_browsers_to_https() {
    let (folder, rule) = (Folder::new(), "strict-transport-security: max-age=31536000\r\n");
    let own = House::serving(Config { tls: Some(folder.tls(&["tacit.local"])), ..Config::default() }).await;
    let at = |host: &str, path: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let answer = ask(own.address, &folder.certificate(), "tacit.local", &at("tacit.local", "/healthz")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("strict-transport"), "{answer}");

    let files = Tls::Files { certificate: folder.certificate(), key: folder.certificate() };
    let given = House::serving(Config { tls: Some(files), ..Config::default() }).await;
    for (path, status) in [("/healthz", 200), ("/", 404), (SOCKET_PATH, 426)] {
        let request = at("tacit.local", path);
        let answer = ask(given.address, &folder.certificate(), "tacit.local", &request).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(rule), "{answer}");
    }
    let answer =
        ask(given.address, &folder.certificate(), "localhost", &at("localhost:8443", "/healthz")).await.unwrap();
    assert!(!answer.contains("strict-transport"), "all ports of this machine would be bound: {answer}");
    let plain = given.ask("GET", "/", "").await;
    assert_eq!((plain.status, plain.header("strict-transport-security")), (307, None), "never over HTTP");
}

#[tokio::test]
async fn a_certificate_that_is_there_is_used_or_what_is_wrong_is_said() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (first, second) = (fingerprint(folder.tls(&[])).await, fingerprint(other.tls(&[])).await);
    assert_ne!(first, second);
    let files = |certificate: PathBuf, key: PathBuf| Tls::Files { certificate, key };
    assert_eq!(fingerprint(files(folder.certificate(), folder.certificate())).await, first);

    let wrong = async |certificate, key| bind(files(certificate, key)).await.err().unwrap();
    let mixed = wrong(folder.certificate(), other.certificate()).await;
    assert!(matches!(mixed, Trouble::Certificate { .. }) && mixed.remedy().contains("belongs to it"), "{mixed}");
    let empty = folder.0.join("empty.pem");
    std::fs::write(&empty, "nothing").unwrap();
    assert!(
        matches!(wrong(empty.clone(), folder.certificate()).await, Trouble::Certificate { path, .. } if path == empty)
    );
    assert!(
        matches!(wrong(folder.certificate(), empty.clone()).await, Trouble::Certificate { path, .. } if path == empty)
    );
    assert!(matches!(wrong(folder.0.join("none.pem"), empty).await, Trouble::Unreadable { .. }));

    let file = folder.certificate();
    let nowhere = bind(Tls::SelfSigned { folder: file.join("below"), names: Vec::new() }).await.err().unwrap();
    assert!(matches!(nowhere, Trouble::Unwritable { .. }) && nowhere.remedy().contains("--tls-folder"), "{nowhere}");
}

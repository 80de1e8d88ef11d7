//! The accept loop: one task per connection, each with bounds on its resources.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tacit_signaling_messages::SOCKET_PATH;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Limits, RedisAt, RoomsAt};
use crate::handshake;
use crate::hub::{Hub, Store};
use crate::ice::Ice;
use crate::limits::{Allowance, Doorkeeper, PLACES, Rate, Visit};
use crate::memory::Memory;
use crate::page::Page;
use crate::rooms::Terms;
use crate::shared::Shared as Rooms;
use crate::tls::{Identity, Tls, strictly, towards_https};
use crate::trouble::Trouble;
use crate::turn::Relay;

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    identity: Option<Identity>,
    metrics: Option<TcpListener>,
    doorkeeper: Arc<Doorkeeper>,
    shared: Arc<Shared>,
}

/// State that every request may need.
pub(crate) struct Shared {
    pub(crate) hub: Arc<Hub>,
    /// The STUN and TURN servers that parties are told of.
    pub(crate) ice: Arc<Ice>,
    relay: Option<Arc<Relay>>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) page: Option<Page>,
    /// Cancelled when the server is to end.
    pub(crate) closing: CancellationToken,
    /// Connections and sockets; at its end the server waits for them for a bounded time.
    pub(crate) tasks: TaskTracker,
}

/// How long the shutdown waits for open connections before it cuts them off.
const GRACE: Duration = Duration::from_secs(3);

/// The maximum lifetime of a connection that serves pages; a page is some hundred kilobytes.
/// Sockets are not bound by it.
const PAGE_PATIENCE: Duration = Duration::from_secs(600);

/// The delay after the system refused a connection for lack of a resource, to avoid a busy loop.
const BREATHER: Duration = Duration::from_millis(50);

impl Server {
    /// Reads and compresses the page, and listens.
    ///
    /// # Errors
    /// [`Trouble`] with the page or the address.
    pub async fn bind(config: Config) -> Result<Server, Trouble> {
        let Config { listen, page, tls, metrics, rooms, ice_servers, turn, limits } = config;
        // The address comes first: it is the likelier error, and is found at once.
        let listener = TcpListener::bind(&listen).await.map_err(|source| refused(&listen, source))?;
        let address = listener.local_addr().map_err(|source| refused(&listen, source))?;
        let metrics = match metrics {
            Some(listen) => Some(TcpListener::bind(&listen).await.map_err(|source| refused(&listen, source))?),
            None => None,
        };
        let relay = match turn {
            Some(turn) => Some(Arc::new(Relay::bind(turn).await?)),
            None => None,
        };
        let identity = tls.as_ref().map(Identity::load).transpose()?;
        let page = page.map(|from| tokio::task::spawn_blocking(move || Page::load(&from)));
        let page = match page {
            Some(loading) => Some(loading.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?),
            None => None,
        };
        let terms = Terms {
            max_rooms: limits.max_rooms,
            waiting: limits.waiting,
            lifetime: limits.lifetime,
            rest: limits.rest,
            at_door: limits.waiting_at_door,
            ringing: limits.answer_within,
        };
        let store = match rooms {
            RoomsAt::Memory => Store::Memory(Memory::new(terms)),
            RoomsAt::Redis(RedisAt(redis)) => {
                let address = redis.addr().to_string();
                let connected = Rooms::connect(redis, terms, limits.instance_silence).await;
                Store::Shared(connected.map_err(|error| Trouble::Redis { address, reason: error.to_string() })?)
            }
        };
        let allowance = Allowance {
            total: limits.max_connections,
            connections: limits.connections_per_address,
            sockets: Rate::per_minute(limits.sockets_per_minute),
            seats: Rate::per_minute(limits.seats_per_minute),
        };
        let shared = Arc::new(Shared {
            hub: Hub::new(store),
            ice: Arc::new(Ice::new(ice_servers, relay.clone())),
            relay,
            limits: Arc::new(limits),
            page,
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let doorkeeper = Doorkeeper::new(allowance, PLACES, Instant::now().into_std());
        let router = router(shared.clone());
        let router = if tls.is_some_and(|tls| Tls::is_lasting(&tls)) { strictly(router) } else { router };
        Ok(Server { listener, address, router, identity, metrics, doorkeeper, shared })
    }

    /// Returns the address that the server listens on; the port is the real one if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address to type into a browser on this machine.
    pub fn url(&self) -> String {
        let scheme = if self.identity.is_some() { "https" } else { "http" };
        let ip = self.address.ip();
        if ip.is_loopback() || ip.is_unspecified() {
            format!("{scheme}://localhost:{}", self.address.port())
        } else {
            format!("{scheme}://{}", self.address)
        }
    }

    /// Returns the SHA-256 of the certificate, as browsers show it; `None` without TLS.
    pub fn fingerprint(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.fingerprint.as_str())
    }

    /// Returns the address of the operator's metrics, if they are served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `shutdown` is ready, then tells all members and returns within a few seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Server { listener, router, identity, metrics, doorkeeper, shared, .. } = self;
        let service = TowerToHyperService::new(router);
        let acceptor = identity.map(|identity| identity.acceptor);
        let accept = async {
            loop {
                let (stream, from) = match listener.accept().await {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(kind = %error.kind(), "cannot accept a connection");
                        tokio::time::sleep(BREATHER).await;
                        continue;
                    }
                };
                // A connection beyond the limit is dropped: an answer would cost the resources that
                // are missing.
                let Some(visit) = doorkeeper.admit(from.ip(), Instant::now().into_std()) else { continue };
                // Messages are small and latency matters: sending them at once matters more than
                // filling packets.
                drop(stream.set_nodelay(true));
                let (service, shared) = (service.clone(), shared.clone());
                match acceptor.clone() {
                    None => shared.tasks.clone().spawn(serve_connection(stream, service, visit, shared)),
                    Some(acceptor) => shared.tasks.clone().spawn(secure(stream, acceptor, service, visit, shared)),
                };
            }
        };
        tracing::info!("serving");
        tokio::select! {
            () = accept => {}
            () = shared.hub.keep_time() => {}
            () = tell(metrics, &shared) => {}
            () = relay(shared.relay.as_deref()) => {}
            () = shutdown => {}
        }
        tracing::info!("shutting down");
        drop(listener);
        shared.closing.cancel();
        shared.tasks.close();
        // Done while our own sockets say goodbye: the members opposite them on other instances need
        // not wait.
        let everybody = async { tokio::join!(shared.tasks.wait(), shared.hub.end()) };
        if tokio::time::timeout(GRACE, everybody).await.is_err() {
            tracing::warn!(left = shared.tasks.len(), "some connections did not end in time");
        }
    }
}

/// Runs the relay for ever, if one is configured.
async fn relay(relay: Option<&Relay>) {
    match relay {
        Some(relay) => relay.run().await,
        None => std::future::pending().await,
    }
}

/// Serves the operator's metrics, one connection at a time, for ever.
async fn tell(listener: Option<TcpListener>, shared: &Arc<Shared>) {
    let Some(listener) = listener else { return std::future::pending().await };
    let figures = |State(shared): State<Arc<Shared>>| async move {
        let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4"), (header::CACHE_CONTROL, "no-store")];
        let relay = shared.relay.as_ref().map(|relay| relay.figures()).unwrap_or_default();
        (kind, shared.hub.metrics(shared.tasks.len()) + &relay)
    };
    let service = TowerToHyperService::new(Router::new().route("/metrics", get(figures)).with_state(shared.clone()));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATHER).await;
            continue;
        };
        let answer = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service.clone());
        // A slow client delays only other readers of the metrics.
        drop(tokio::time::timeout(GRACE, answer).await);
    }
}

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// Performs the TLS handshake, then serves. A client that speaks plain HTTP is redirected to HTTPS.
async fn secure(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    service: TowerToHyperService<Router>,
    visit: Visit,
    shared: Arc<Shared>,
) {
    let patience = shared.limits.first_word;
    let mut first = [0];
    let Ok(Ok(1)) = tokio::time::timeout(patience, stream.peek(&mut first)).await else { return };
    if first != [HANDSHAKE] {
        let elsewhere = TowerToHyperService::new(towards_https());
        return serve_connection(stream, elsewhere, visit, shared).await;
    }
    if let Ok(Ok(stream)) = tokio::time::timeout(patience, acceptor.accept(stream)).await {
        serve_connection(stream, service, visit, shared).await;
    }
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: TowerToHyperService<Router>,
    visit: Visit,
    shared: Arc<Shared>,
) {
    // A socket's task outlives this one, and the connection counts as open until then.
    let visit = Arc::new(visit);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(visit.clone());
        service.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.limits.first_word)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    // Errors here are the client's own: it hung up, or did not speak HTTP.
    tokio::select! {
        served = connection.as_mut() => return drop(served),
        () = shared.closing.cancelled() => {}
        () = tokio::time::sleep(PAGE_PATIENCE) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(tokio::time::timeout(GRACE / 2, connection).await);
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route(SOCKET_PATH, any(handshake::upgrade))
        .route("/healthz", get(|| async { ([(header::CACHE_CONTROL, "no-store")], "ok") }))
        .fallback(page)
        .with_state(shared)
}

async fn page(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match &shared.page {
        Some(page) => page.answer(request.method(), request.uri(), request.headers()),
        None => axum::http::StatusCode::NOT_FOUND.into_response(),
    }
}

fn refused(listen: &str, source: std::io::Error) -> Trouble {
    let listen = listen.to_owned();
    match source.kind() {
        std::io::ErrorKind::AddrInUse => Trouble::Taken { listen },
        _ => Trouble::Listen { listen, source },
    }
}

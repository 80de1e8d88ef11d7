//! Upgrades an HTTP request to a WebSocket, if it comes from our own page or from no page at all.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use crate::limits::Visit;
use crate::server::Shared;
use crate::socket::{self, Surroundings};

/// Answers a request for the socket: 101 and a task that serves it, or an error status.
///
/// - 403: a page of another origin asks. A browser sends the `Origin` of the page; a program sends
///   none.
/// - 426: not a WebSocket handshake.
/// - 429: this address opened too many sockets in a short time.
/// - 503: the server is shutting down.
pub(crate) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Arc<Visit>>,
    mut request: Request,
) -> Response {
    if !is_same_origin(request.headers()) {
        return (StatusCode::FORBIDDEN, "This page may not use this server.\n").into_response();
    }
    let Ok(response) = create_response_with_body(&request, Body::empty) else {
        let upgrade = [(header::UPGRADE, "websocket")];
        return (StatusCode::UPGRADE_REQUIRED, upgrade, "This address speaks WebSocket.\n").into_response();
    };
    if !visit.may_open_socket(tokio::time::Instant::now().into_std()) {
        let later = [(header::RETRY_AFTER, "10")];
        return (StatusCode::TOO_MANY_REQUESTS, later, "Too many sockets in a short time.\n").into_response();
    }
    if shared.closing.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down.\n").into_response();
    }
    let upgraded = hyper::upgrade::on(&mut request);
    let around = Surroundings {
        hub: shared.hub.clone(),
        ice: shared.ice.clone(),
        visit,
        limits: shared.limits.clone(),
        closing: shared.closing.clone(),
    };
    let patience = shared.limits.first_word;
    shared.tasks.spawn(async move {
        // The upgrade happens once the 101 is written; a client that never reads it must not hold
        // the task.
        if let Ok(Ok(stream)) = tokio::time::timeout(patience, upgraded).await {
            socket::serve(TokioIo::new(stream), around).await;
        }
    });
    response
}

/// Tells whether `Origin`, if present, names the host that the request was sent to.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    if origins.next().is_some() {
        return false;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    match (host, origin) {
        (Some(host), Some(origin)) => authority_of(&origin).is_some_and(|authority| {
            // Behind a proxy that terminates TLS, the scheme we see is not the page's; the host
            // must match.
            let (ours, theirs) = (without_default_port(host), without_default_port(authority));
            ours.eq_ignore_ascii_case(theirs)
        }),
        _ => false,
    }
}

fn authority_of(origin: &Uri) -> Option<&str> {
    let is_web = matches!(origin.scheme_str(), Some("http" | "https"));
    origin.authority().filter(|_| is_web).map(axum::http::uri::Authority::as_str)
}

/// Browsers omit the default port in both headers; some clients write it in one of them.
fn without_default_port(authority: &str) -> &str {
    authority.strip_suffix(":80").or_else(|| authority.strip_suffix(":443")).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: Option<&str>, host: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::ORIGIN, origin), (header::HOST, host)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        is_same_origin(&headers)
    }

    #[test]
    fn our_own_page_and_programs_are_let_in() {
        for (origin, host) in [
            (None, Some("localhost:8080")),
            (Some("http://localhost:8080"), Some("localhost:8080")),
            (Some("http://LocalHost:8080"), Some("localhost:8080")),
            (Some("https://tacit.example"), Some("tacit.example")),
            (Some("https://tacit.example"), Some("tacit.example:443")),
            (Some("http://[::1]:8080"), Some("[::1]:8080")),
        ] {
            assert!(allowed(origin, host), "{origin:?} {host:?}");
        }
    }

    #[test]
    fn every_other_page_is_not() {
        for (origin, host) in [
            (Some("http://localhost:8081"), Some("localhost:8080")),
            (Some("http://evil.example"), Some("tacit.example")),
            (Some("http://tacit.example.evil.example"), Some("tacit.example")),
            (Some("http://tacit.example@evil.example"), Some("tacit.example")),
            (Some("http://evil.example/tacit.example"), Some("tacit.example")),
            (Some("null"), Some("localhost:8080")),
            (Some("tacit.example"), Some("tacit.example")),
            (Some("file://tacit.example"), Some("tacit.example")),
            (Some(""), Some("tacit.example")),
            (Some("http://localhost:8080"), None),
        ] {
            assert!(!allowed(origin, host), "{origin:?} {host:?}");
        }
    }

    #[test]
    fn two_origins_are_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "tacit.example".parse().unwrap());
        headers.append(header::ORIGIN, "http://tacit.example".parse().unwrap());
        headers.append(header::ORIGIN, "http://tacit.example".parse().unwrap());
        assert!(!is_same_origin(&headers));
    }
}

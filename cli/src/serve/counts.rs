//! The operator's metrics: counts, never identities. In Prometheus' text format, on an address of
//! its own.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::say::Stop;

/// Current numbers, and totals since the start.
#[derive(Default)]
pub(crate) struct Counts {
    pub(super) inside: AtomicU64,
    pub(super) waiting: AtomicU64,
    pub(super) strangers: AtomicU64,
    pub(super) clients: AtomicU64,
    pub(super) rounds: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) bits: AtomicU64,
    pub(super) refused: AtomicU64,
}

impl Counts {
    fn text(&self) -> String {
        let mut text = String::new();
        for (name, kind, help, value) in [
            ("clients", "gauge", "Clients that are inside now.", &self.inside),
            ("clients_waiting", "gauge", "Clients that have the link and wait for a place.", &self.waiting),
            ("strangers", "gauge", "Callers that have not proved that they have the link.", &self.strangers),
            ("clients_total", "counter", "Clients that came in.", &self.clients),
            ("rounds_total", "counter", "Rounds that were answered.", &self.rounds),
            ("bits_total", "counter", "Bits of answers that were opened, from the first response on.", &self.bits),
            (
                "refused_total",
                "counter",
                "Clients that were told that a limit of bits or rounds is reached.",
                &self.refused,
            ),
            ("faults_total", "counter", "Clients that ended otherwise than by leaving.", &self.faults),
        ] {
            let value = value.load(Ordering::Relaxed);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "# HELP tacit_serve_{name} {help}\n# TYPE tacit_serve_{name} {kind}\ntacit_serve_{name} {value}"
            );
        }
        text
    }
}

/// Serves the metrics until the program ends.
pub(super) async fn serve(address: &str, counts: Arc<Counts>) -> Result<(), Stop> {
    let listener = TcpListener::bind(address).await.map_err(|error| Stop::Usage(format!("{address}: {error}")))?;
    let figures = move || {
        let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4"), (header::CACHE_CONTROL, "no-store")];
        let text = counts.text();
        async move { (kind, text) }
    };
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "figures are at /metrics");
    }
    drop(tokio::spawn(async move { axum::serve(listener, Router::new().route("/metrics", get(figures))).await }));
    Ok(())
}

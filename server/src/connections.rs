//! Taking connections: one task each, no longer than it takes to ask, and all of them told to end when the server stops.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::Service as _;

/// Answers with `app` until `stop` ends, then takes no more connections and returns when those that are open have answered what
/// they were asked.
///
/// A connection on which no whole request head arrives within `header_timeout` is closed without a word: neither half a head nor
/// silence holds it for longer. The time begins when it is opened and again after each answer, so that an answer that never ends (a
/// stream) and a body that is on its way are not counted.
pub(crate) async fn answer(mut listener: TcpListener, app: Router, header_timeout: Duration, stop: impl Future<Output = ()>) {
    // Browsers and proxies speak HTTP/1.1 without TLS. Waiting to see whether somebody begins with HTTP/2 would have no limit.
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout);
    let mut app = app.into_make_service_with_connect_info::<SocketAddr>();
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, address) = tokio::select! {
            taken = Listener::accept(&mut listener) => taken,
            () = &mut stop => break,
        };
        let Ok(answers) = app.call(address).await;
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(answers)));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%address, %error, "a connection ended early");
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}

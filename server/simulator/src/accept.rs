//! Taking connections of protocols that are not HTTP.

use std::future::Future;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// Serves each connection by itself until the task is dropped. `kind` is what the log calls them.
pub(crate) async fn accept<F>(listener: TcpListener, kind: &'static str, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let served = serve(stream);
                tokio::spawn(async move {
                    if let Err(error) = served.await {
                        tracing::debug!(%error, "a {kind} connection broke");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no {kind} connection could be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

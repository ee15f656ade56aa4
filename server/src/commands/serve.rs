//! `shouma serve`, and what it shares with the demo: where to listen, what is logged and measured, and when to stop.

use std::net::SocketAddr;

use server::clock;
use server::config::Config;
use server::serve as site;
use tokio::net::TcpListener;

use super::{Failed, config, is_demo};

/// `shouma serve`.
pub async fn serve() -> Result<(), Failed> {
    let config = config()?;
    start_log(&config);
    let store = site::open_store(&config).await.map_err(Failed::setting)?;
    if is_demo(&store).await? {
        return Err(Failed::setting(format!(
            "database_url: {} holds a demo; serve it with shouma demo, or name another database",
            config.database_url
        )));
    }
    start_metrics(&config)?;
    let listener = listen(config.listen).await?;
    let site = site::site(config.clone(), store, clock::system(), None).await?;
    println!("shouma serves {} on {}", config.public_url, config.listen);
    site::serve(site, listener, stop_signal()).await;
    Ok(())
}

/// Listens there.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Failed> {
    TcpListener::bind(address).await.map_err(|error| Failed::setting(format!("listen: {address}: {error}")))
}

/// Logs to standard error, as the settings say.
pub(super) fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log_is_json {
        log.json().init();
    } else {
        log.init();
    }
}

/// Serves metrics, if the settings name an address for them.
pub(super) fn start_metrics(config: &Config) -> Result<(), Failed> {
    let Some(address) = config.metrics_listen else { return Ok(()) };
    let exporter = metrics_exporter_prometheus::PrometheusBuilder::new().with_http_listener(address);
    exporter.install().map_err(|error| Failed::setting(format!("metrics_listen: {address}: {error}")))
}

/// Ends when the program is asked to stop: Ctrl-C or SIGTERM.
pub(super) async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

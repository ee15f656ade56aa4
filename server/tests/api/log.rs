//! What the server logged and counted, for tests that look at it.

use std::io::Write;
use std::sync::{LazyLock, Mutex, Once};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static COUNTED: LazyLock<PrometheusHandle> = LazyLock::new(|| PrometheusBuilder::new().install_recorder().unwrap());
static START: Once = Once::new();

struct Keep;

impl Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps the log and the metrics of this process from now on. Our own crates tell everything, the others what they tell in use.
pub fn start() {
    START.call_once(|| {
        LazyLock::force(&COUNTED);
        let filter = EnvFilter::new("info,server=trace,app=trace,domain=trace");
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Keep).init();
    });
}

/// Everything that was logged so far.
pub fn text() -> String {
    String::from_utf8_lossy(&LOGGED.lock().unwrap()).into_owned()
}

/// The value of a counter, named as in `/metrics`, labels included; 0 when it was never counted.
pub fn counted(name: &str) -> u64 {
    let metrics = COUNTED.render();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.trim().parse().unwrap())
}

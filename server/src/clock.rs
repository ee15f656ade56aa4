//! The one place that reads the system time. Everything else is handed a clock, so that tests own time.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::Millis;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// The machine's own clock.
pub fn system() -> Clock {
    Arc::new(|| {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock set before 1970 reads as 1970: signatures would then fail loudly instead of the server panicking.
        Millis::of(since_epoch.map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)))
    })
}

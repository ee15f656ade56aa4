//! Watches our clock beside the channel's: whoever looks after the server hears of it before signatures are refused (row H17).

use std::sync::{Mutex, PoisonError};

use domain::drift::Drift;

/// What an operator was last told of the clock.
#[derive(Default)]
pub struct ClockWatch(Mutex<Drift>);

impl ClockWatch {
    /// Hears how far our clock is ahead of the channel's, in milliseconds, where that is known. A distance is told once when it grows
    /// beyond a limit and once when it is over, however often it is heard.
    pub fn hear(&self, off_ms: Option<i64>) {
        let Some(off_ms) = off_ms else { return };
        metrics::gauge!("shouma_clock_off_ms").set(off_ms as f64);
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *told;
        *told = before.after(off_ms);
        if *told > before {
            metrics::counter!("shouma_alarms_total", "alarm" => "clock").increment(1);
        }
        match *told {
            now if now == before => {}
            Drift::Far => tracing::error!(off_ms, "our clock is so far from the channel's that it soon refuses everything: set the clock"),
            Drift::Off => tracing::warn!(off_ms, "our clock is more than a minute from the channel's: set the clock"),
            Drift::Near => tracing::info!(off_ms, "our clock is as near to the channel's as it should be again"),
        }
    }
}

//! A pause for a door that keeps failing, so that a broken channel is not stormed and payers are not kept waiting (H19).

use std::sync::{Mutex, PoisonError};

use domain::Millis;

/// Failures in a row after which a door is left alone for a while.
const PATIENCE: u32 = 5;

/// The shortest and the longest pause.
const PAUSE_MS: (i64, i64) = (1_000, 30_000);

/// One kind of call; each fails and recovers by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Orders, JSAPI and Native.
    Create,
    /// Order queries.
    Query,
    /// Closing orders.
    Close,
    /// Refunds.
    Refund,
    /// Refund queries.
    QueryRefund,
}

/// Remembers how each door did lately.
#[derive(Debug, Default)]
pub struct Breaker {
    doors: [Mutex<Record>; 5],
}

#[derive(Debug, Default, Clone, Copy)]
struct Record {
    failures: u32,
    paused_until_ms: Option<Millis>,
}

impl Breaker {
    /// Lets a call through. After a pause one call goes ahead and tries, while the others wait for what it finds.
    ///
    /// # Errors
    /// How long the pause still lasts.
    pub fn admit(&self, door: Door, now: Millis) -> Result<(), i64> {
        let mut record = self.record(door);
        let Some(until) = record.paused_until_ms else { return Ok(()) };
        let left_ms = until.since_ms(now);
        // A clock that was set back must not shut a door for longer than the longest pause.
        if (1..=PAUSE_MS.1).contains(&left_ms) {
            return Err(left_ms);
        }
        record.paused_until_ms = Some(now.plus_ms(pause_ms(record.failures)));
        Ok(())
    }

    /// Remembers whether the channel answered at this door.
    pub fn note(&self, door: Door, answered: bool, now: Millis) {
        let mut record = self.record(door);
        if answered {
            *record = Record::default();
            return;
        }
        record.failures = record.failures.saturating_add(1);
        if record.failures >= PATIENCE {
            record.paused_until_ms = Some(now.plus_ms(pause_ms(record.failures)));
        }
    }

    fn record(&self, door: Door) -> std::sync::MutexGuard<'_, Record> {
        self.doors[door as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Doubles with every further failure.
fn pause_ms(failures: u32) -> i64 {
    let doublings = failures.saturating_sub(PATIENCE).min(10);
    (PAUSE_MS.0 << doublings).min(PAUSE_MS.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_that_keeps_failing_rests_longer_each_time_and_opens_with_the_first_answer() {
        let breaker = Breaker::default();
        let mut now = Millis::of(1_000_000);
        for _ in 0..PATIENCE {
            assert_eq!(breaker.admit(Door::Query, now), Ok(()));
            breaker.note(Door::Query, false, now);
        }
        for pause_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            assert_eq!(breaker.admit(Door::Query, now.plus_ms(pause_ms - 1)), Err(1));
            now = now.plus_ms(pause_ms);
            assert_eq!(breaker.admit(Door::Query, now), Ok(()), "after {pause_ms}");
            assert!(breaker.admit(Door::Query, now).is_err(), "only one tries");
            breaker.note(Door::Query, false, now);
        }
        assert_eq!(breaker.admit(Door::Create, now), Ok(()), "other doors stay open");
        now = now.plus_ms(30_000);
        assert_eq!(breaker.admit(Door::Query, now), Ok(()));
        breaker.note(Door::Query, true, now);
        assert_eq!(breaker.admit(Door::Query, now), Ok(()));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_shut_a_door() {
        let breaker = Breaker::default();
        for _ in 0..PATIENCE {
            breaker.note(Door::Close, false, Millis::of(9_000_000_000));
        }
        assert_eq!(breaker.admit(Door::Close, Millis::of(1_000)), Ok(()));
    }
}

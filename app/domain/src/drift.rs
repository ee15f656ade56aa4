//! How far our clock may be from the channel's before somebody is told (row H17): signatures are believed for five minutes on
//! either side, so whoever looks after the server has to know before.

/// Beyond this distance an operator is told.
const OFF_MS: u64 = 60_000;

/// Beyond this distance an operator is called: the channel soon refuses everything.
const FAR_MS: u64 = 240_000;

/// So much nearer than where it began a state ends. The channel's `Date` has whole seconds and an answer takes its time, so the distance
/// sways, and a clock that stands at a limit would be told again and again.
const SWAY_MS: u64 = 10_000;

/// How far two clocks are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Drift {
    /// As near as clocks are.
    #[default]
    Near,
    /// More than a minute apart.
    Off,
    /// More than four minutes apart.
    Far,
}

impl Drift {
    /// What it is after a clock was seen `off_ms` ahead (behind: less than zero).
    pub const fn after(self, off_ms: i64) -> Drift {
        let apart_ms = off_ms.unsigned_abs();
        let far_ms = if matches!(self, Drift::Far) { FAR_MS - SWAY_MS } else { FAR_MS };
        let off_ms = if matches!(self, Drift::Near) { OFF_MS } else { OFF_MS - SWAY_MS };
        if apart_ms > far_ms {
            Drift::Far
        } else if apart_ms > off_ms {
            Drift::Off
        } else {
            Drift::Near
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_after_a_minute_and_far_after_four_and_comes_back_a_little_nearer() {
        use Drift::*;
        let table = [
            (Near, 0, Near),
            (Near, 60_000, Near),
            (Near, 60_001, Off),
            (Near, -60_001, Off),
            (Near, 240_001, Far),
            (Off, 50_001, Off),
            (Off, 50_000, Near),
            (Off, 240_000, Off),
            (Off, -240_001, Far),
            (Far, 230_001, Far),
            (Far, 230_000, Off),
            (Far, 50_000, Near),
            (Near, i64::MIN, Far),
        ];
        for (before, off_ms, expected) in table {
            assert_eq!(before.after(off_ms), expected, "{before:?} {off_ms}");
        }
    }
}

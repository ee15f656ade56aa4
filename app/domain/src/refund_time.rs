//! By when returned money is there: change within minutes, a bank card within three working days (wechat-pay 2.7, idea I3).

use crate::{Day, Millis};

/// Working days after which returned money is on every card (wechat-pay 2.7).
pub const MOST_WORKING_DAYS: u32 = 3;

/// The last day on which money that was asked back at `asked_at` arrives: the third working day after that day in Shanghai. Public
/// holidays are announced year by year and are not known here; they put the day off, and whoever names the day says so.
pub fn arrives_by(asked_at: Millis) -> Day {
    let mut day = asked_at.day();
    let mut left = MOST_WORKING_DAYS;
    while left > 0 {
        day = Day::of(day.get() + 1);
        left -= u32::from(is_working(day));
    }
    day
}

/// Monday to Friday. The first day of the count, 1970-01-01, was a Thursday.
const fn is_working(day: Day) -> bool {
    (day.get() + 3).rem_euclid(7) < 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_there_by_the_third_working_day_after_it_was_asked_back() {
        let table = [
            ("2026-11-20T12:00:00+08:00", "2026-11-25"),
            ("2026-11-21T12:00:00+08:00", "2026-11-25"),
            ("2026-11-22T23:59:59+08:00", "2026-11-25"),
            ("2026-11-23T00:00:00+08:00", "2026-11-26"),
            ("2026-11-24T12:00:00+08:00", "2026-11-27"),
            ("2026-11-25T12:00:00+08:00", "2026-11-30"),
            ("2026-11-26T12:00:00+08:00", "2026-12-01"),
            // Still the evening before in Greenwich.
            ("2026-11-22T16:00:00Z", "2026-11-26"),
            ("1969-12-30T12:00:00+08:00", "1970-01-02"),
        ];
        for (asked_at, expected) in table {
            assert_eq!(arrives_by(Millis::parse_rfc3339(asked_at).unwrap()).to_string(), expected, "{asked_at}");
        }
    }
}

//! Moments and days. Days are those of Asia/Shanghai (UTC+8, no daylight saving), wherever the server stands.

use std::fmt;

use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;
const SHANGHAI_OFFSET_MS: i64 = 8 * 3_600_000;

/// A moment: milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(i64);

impl Millis {
    /// The moment `ms` milliseconds after the epoch.
    pub const fn of(ms: i64) -> Millis {
        Millis(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The moment `ms` later (earlier when negative). Saturates at the ends of time.
    pub const fn plus_ms(self, ms: i64) -> Millis {
        Millis(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment, negative when it lies after it.
    pub const fn since_ms(self, earlier: Millis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day in Shanghai.
    pub const fn day(self) -> Day {
        Day(self.0.saturating_add(SHANGHAI_OFFSET_MS).div_euclid(DAY_MS) as i32)
    }

    /// Hour, minute and second in Shanghai.
    pub const fn clock(self) -> (u32, u32, u32) {
        let second = self.0.saturating_add(SHANGHAI_OFFSET_MS).rem_euclid(DAY_MS) / 1000;
        ((second / 3600) as u32, (second / 60 % 60) as u32, (second % 60) as u32)
    }

    /// `2026-11-21 14:32:08` in Shanghai.
    pub fn text(self) -> String {
        let (hour, minute, second) = self.clock();
        format!("{} {hour:02}:{minute:02}:{second:02}", self.day())
    }

    /// `2026-11-21T14:32:08+08:00`, the form that WeChat Pay expects and gives (RFC 3339).
    pub fn rfc3339(self) -> String {
        let (hour, minute, second) = self.clock();
        format!("{}T{hour:02}:{minute:02}:{second:02}+08:00", self.day())
    }

    /// Reads RFC 3339 with seconds or fractions and any offset; `None` when it is not one.
    pub fn parse_rfc3339(text: &str) -> Option<Millis> {
        let bytes = text.as_bytes();
        let number = |range: std::ops::Range<usize>| -> Option<i64> {
            let part = text.get(range)?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if bytes.len() < 20 || marks.iter().any(|(at, mark)| bytes[*at] != *mark) || !matches!(bytes[10], b'T' | b't' | b' ') {
            return None;
        }
        let day = Day::from_ymd(number(0..4)? as i32, number(5..7)? as u32, number(8..10)? as u32)?;
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (fraction_ms, rest) = split_fraction(text.get(19..)?)?;
        let offset_ms = parse_offset_ms(rest)?;
        let utc_midnight = i64::from(day.0) * DAY_MS;
        Some(Millis(utc_midnight + (hour * 3600 + minute * 60 + second) * 1000 + fraction_ms - offset_ms))
    }
}

/// `.123Z` becomes 123 and `Z`.
fn split_fraction(text: &str) -> Option<(i64, &str)> {
    let Some(digits_on) = text.strip_prefix('.') else { return Some((0, text)) };
    let length = digits_on.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let (digits, rest) = digits_on.split_at(length);
    let padded = format!("{digits}000");
    Some((padded[..3].parse().ok()?, rest))
}

fn parse_offset_ms(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hour, minute) = rest.split_once(':')?;
    let fits = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit());
    if !fits(hour) || !fits(minute) {
        return None;
    }
    Some(sign * (hour.parse::<i64>().ok()? * 3_600_000 + minute.parse::<i64>().ok()? * 60_000))
}

/// A calendar day in Shanghai, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(i32);

impl Day {
    /// The day `number` days after 1970-01-01.
    pub const fn of(number: i32) -> Day {
        Day(number)
    }

    /// Days since 1970-01-01.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// The day with this date; `None` when the calendar has none such.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9999).contains(&year) {
            return None;
        }
        // Years begin in March here, so that the leap day is the last of a year (the usual civil-calendar arithmetic).
        let shifted = if month > 2 { year } else { year - 1 };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = (month as i32 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let found = Day(era * 146_097 + day_of_era - 719_468);
        (found.ymd() == (year, month, day)).then_some(found)
    }

    /// Year, month, day.
    pub const fn ymd(self) -> (i32, u32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month as u32, day as u32)
    }

    /// Midnight in Shanghai, the first moment of the day.
    pub const fn starts_at(self) -> Millis {
        Millis(self.0 as i64 * DAY_MS - SHANGHAI_OFFSET_MS)
    }

    /// The first moment after the day.
    pub const fn ends_at(self) -> Millis {
        Day(self.0 + 1).starts_at()
    }

    /// The day with the same number `months` months earlier, or the last day of that month when it is shorter.
    pub fn months_before(self, months: u32) -> Day {
        let (year, month, day) = self.ymd();
        let count = i64::from(year) * 12 + i64::from(month) - 1 - i64::from(months);
        let (year, month) = (count.div_euclid(12) as i32, count.rem_euclid(12) as u32 + 1);
        (day.min(28)..=day).rev().find_map(|number| Day::from_ymd(year, month, number)).unwrap_or(self)
    }

    /// Reads `2026-11-21`.
    pub fn parse(text: &str) -> Option<Day> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if year.len() != 4 {
            return None;
        }
        Day::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ago_is_the_same_number_or_the_end_of_the_month() {
        let table = [
            ("2026-11-22", 1, "2026-10-22"),
            ("2026-11-22", 3, "2026-08-22"),
            ("2026-03-31", 1, "2026-02-28"),
            ("2024-03-31", 1, "2024-02-29"),
            ("2026-01-01", 1, "2025-12-01"),
            ("2026-05-31", 3, "2026-02-28"),
            ("2026-11-05", 25, "2024-10-05"),
        ];
        for (day, months, expected) in table {
            assert_eq!(Day::parse(day).map(|day| day.months_before(months).to_string()).as_deref(), Some(expected), "{day} - {months}");
        }
    }

    #[test]
    fn the_day_turns_at_midnight_in_shanghai() {
        let table = [
            ("2026-11-21T15:59:59Z", "2026-11-21 23:59:59"),
            ("2026-11-21T16:00:00Z", "2026-11-22 00:00:00"),
            ("2024-02-28T16:00:00Z", "2024-02-29 00:00:00"),
            ("1969-12-31T16:00:00Z", "1970-01-01 00:00:00"),
            ("2018-06-08T10:34:56+08:00", "2018-06-08 10:34:56"),
            ("2018-06-08T10:34:56.789+08:00", "2018-06-08 10:34:56"),
        ];
        for (given, expected) in table {
            assert_eq!(Millis::parse_rfc3339(given).map(Millis::text).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn what_is_not_a_moment_is_refused() {
        for given in [
            "",
            "2026-11-21",
            "2026-13-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T10:00:00",
            "2026-11-21T10:00:00+8",
            "2026-11-21T10:00:00.Z",
        ] {
            assert_eq!(Millis::parse_rfc3339(given), None, "{given}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_day_and_its_date_are_one(number in -300_000_i32..300_000) {
            let day = Day(number);
            let (year, month, date) = day.ymd();
            if year >= 1 {
                proptest::prop_assert_eq!(Day::from_ymd(year, month, date), Some(day));
            }
            proptest::prop_assert_eq!(day.starts_at().day(), day);
            proptest::prop_assert_eq!(day.ends_at().plus_ms(-1).day(), day);
        }

        #[test]
        fn a_moment_survives_being_written(second in 0_i64..4_000_000_000) {
            let moment = Millis(second * 1000);
            proptest::prop_assert_eq!(Millis::parse_rfc3339(&moment.rfc3339()), Some(moment));
        }
    }
}

//! Time as a value: the clock that the simulator was handed, and the date forms that WeChat Pay speaks (always UTC+8).

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time in milliseconds since the epoch. Server and simulator share one in tests, so that both live in the same second.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// The computer's own clock: the only place of this crate that reads it.
#[must_use]
pub fn system_clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock of the simulator")]
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// A moment as people in China read it from the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: i64,
    pub month: u8,
    pub day: u8,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

/// Splits a moment into China's calendar fields.
pub(crate) fn civil(at_ms: i64) -> Civil {
    let local = at_ms + CHINA_OFFSET_MS;
    let (year, month, day) = date_of_day_number(local.div_euclid(DAY_MS));
    let second_of_day = local.rem_euclid(DAY_MS) / 1000;
    Civil { year, month, day, hour: second_of_day / 3600, minute: second_of_day / 60 % 60, second: second_of_day % 60 }
}

/// `2018-06-08T10:34:56+08:00`, the form of every time in APIv3.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    let Civil { year, month, day, hour, minute, second } = civil(at_ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
}

/// `Fri, 08 Jun 2018 02:34:56 GMT`, the form of the `Date` header.
pub(crate) fn http_date(at_ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // The calendar of China, eight hours earlier, is that of Greenwich.
    let Civil { year, month, day, hour, minute, second } = civil(at_ms - CHINA_OFFSET_MS);
    let weekday = DAYS[usize::try_from(at_ms.div_euclid(DAY_MS).rem_euclid(7)).unwrap_or(0)];
    let month = MONTHS[usize::from(month).saturating_sub(1) % 12];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// `2018-06-08`, the day in Greenwich, by which Tencent Cloud dates requests.
pub(crate) fn utc_date(at_ms: i64) -> String {
    let Civil { year, month, day, .. } = civil(at_ms - CHINA_OFFSET_MS);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2018-06-08 10:34:56`, the form of times in bills.
pub(crate) fn bill_time(at_ms: i64) -> String {
    let Civil { year, month, day, hour, minute, second } = civil(at_ms);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// `20180608`, the date inside WeChat's own numbers.
pub(crate) fn compact_date(at_ms: i64) -> String {
    let Civil { year, month, day, .. } = civil(at_ms);
    format!("{year:04}{month:02}{day:02}")
}

/// Reads an RFC 3339 moment with any offset; `None` when it is not one.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let midnight_utc = day_number(date)? * DAY_MS;
    let time = rest.get(..8)?;
    let mut fields = time.split(':').map(|field| (field.len() == 2).then(|| field.parse::<i64>().ok()).flatten());
    let (hour, minute, second) = (fields.next()??, fields.next()??, fields.next()??);
    if hour > 23 || minute > 59 || second > 60 || fields.next().is_some() {
        return None;
    }
    let zone = rest.get(8..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    Some(midnight_utc + ((hour * 60 + minute) * 60 + second) * 1000 - zone_offset_ms(zone)?)
}

/// The first millisecond in China of a day written `2018-06-08`; `None` when it is not a day.
pub(crate) fn china_midnight(date: &str) -> Option<i64> {
    Some(day_number(date)? * DAY_MS - CHINA_OFFSET_MS)
}

fn zone_offset_ms(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?) * 60_000)
}

/// Days since the epoch of `YYYY-MM-DD`, which must be a day of the calendar.
fn day_number(date: &str) -> Option<i64> {
    let mut fields = date.split('-');
    let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
    if year.len() != 4 || month.len() != 2 || day.len() != 2 || fields.next().is_some() {
        return None;
    }
    let (year, month, day) = (year.parse::<i64>().ok()?, month.parse::<u8>().ok()?, day.parse::<u8>().ok()?);
    let number = day_number_of(year, month, day);
    // A day that does not come back as itself (30 February) is not on the calendar.
    (date_of_day_number(number) == (year, month, day)).then_some(number)
}

/// Counts days with years that begin in March, so that the leap day is the last of its year.
fn day_number_of(year: i64, month: u8, day: u8) -> i64 {
    let month = i64::from(month);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date_of_day_number(number: i64) -> (i64, u8, u8) {
    let shifted = number + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_china_reads_it_and_back() {
        for (at_ms, text) in [
            (0, "1970-01-01T08:00:00+08:00"),
            (1_528_425_296_000, "2018-06-08T10:34:56+08:00"),
            (1_709_222_399_000, "2024-02-29T23:59:59+08:00"),
            (1_735_660_800_000, "2025-01-01T00:00:00+08:00"),
        ] {
            assert_eq!(rfc3339(at_ms), text);
            assert_eq!(parse_rfc3339(text), Some(at_ms));
        }
    }

    #[test]
    fn only_real_moments_are_read() {
        for (text, expected) in [
            ("2018-06-08T02:34:56Z", Some(1_528_425_296_000)),
            ("2018-06-08T02:34:56.123Z", Some(1_528_425_296_000)),
            ("2018-02-30T00:00:00+08:00", None),
            ("2018-06-08 10:34:56", None),
            ("2018-06-08T10:34:56", None),
            ("2018-06-08T25:34:56+08:00", None),
            ("", None),
            ("20180608T103456+08:00", None),
        ] {
            assert_eq!(parse_rfc3339(text), expected, "{text}");
        }
    }

    #[test]
    fn a_date_header_is_of_greenwich() {
        let table = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_528_425_296_000, "Fri, 08 Jun 2018 02:34:56 GMT"),
            (1_795_305_600_000, "Sun, 22 Nov 2026 00:00:00 GMT"),
        ];
        for (at_ms, expected) in table {
            assert_eq!(http_date(at_ms), expected);
        }
    }
}

//! Moments, days and counts as people read them in their language.

use domain::{Day, Millis};

use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;

/// `14:32` in Shanghai.
pub fn clock(at: Millis) -> String {
    let (hour, minute, _) = at.clock();
    format!("{hour:02}:{minute:02}")
}

/// `14:32:08` in Shanghai.
pub fn clock_with_seconds(at: Millis) -> String {
    let (hour, minute, second) = at.clock();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `11月21日` or `21 Nov`, with the year when it is not that of `today`.
pub fn date(locale: Locale, day: Day, today: Day) -> String {
    // Names of months are no sentences: they are written here, beside the order in which a date is written.
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, number) = day.ymd();
    let same_year = today.ymd().0 == year;
    match locale {
        Locale::zh if same_year => format!("{month}月{number}日"),
        Locale::zh => format!("{year}年{month}月{number}日"),
        Locale::en => {
            let name = MONTHS[(month as usize + 11) % 12];
            if same_year { format!("{number} {name}") } else { format!("{number} {name} {year}") }
        }
    }
}

/// `今天 11月21日`, `昨天 11月20日`, then the date alone.
pub fn day(locale: Locale, day: Day, today: Day) -> String {
    let date = date(locale, day, today);
    match today.get() - day.get() {
        0 => format!("{} {date}", td_string!(locale, receipts.today)),
        1 => format!("{} {date}", td_string!(locale, receipts.yesterday)),
        _ => date,
    }
}

/// `11月21日 14:32`, with the year when it is not that of `now`; today the time alone.
pub fn moment(locale: Locale, at: Millis, now: Millis) -> String {
    if at.day() == now.day() { clock(at) } else { format!("{} {}", date(locale, at.day(), now.day()), clock(at)) }
}

/// `27 笔`, `1 payment`.
pub fn payments(locale: Locale, count: u64) -> String {
    if count == 1 {
        td_string!(locale, receipts.one_payment).to_owned()
    } else {
        fill(td_string!(locale, receipts.payments), &[("count", &count)])
    }
}

/// How long something still lasts, in hours and minutes: `还有 2 小时 59 分`. Minutes that have begun to run out do not count.
pub fn left(locale: Locale, ms: i64) -> String {
    let minutes = ms / 60_000;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match (hours, minutes) {
        (0, 0) => td_string!(locale, manager.left_moment).to_owned(),
        (0, _) => fill(td_string!(locale, manager.left_minutes), &[("minutes", &minutes)]),
        (_, 0) => fill(td_string!(locale, manager.left_hours), &[("hours", &hours)]),
        _ => fill(td_string!(locale, manager.left_both), &[("hours", &hours), ("minutes", &minutes)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_in_hours_and_minutes_and_never_too_much() {
        let table = [
            (3 * 3_600_000, "还有 3 小时", "3 h left"),
            (3 * 3_600_000 - 1, "还有 2 小时 59 分", "2 h 59 min left"),
            (3_600_000, "还有 1 小时", "1 h left"),
            (3_599_999, "还有 59 分钟", "59 min left"),
            (60_000, "还有 1 分钟", "1 min left"),
            (59_999, "不到 1 分钟", "less than a minute left"),
            (1, "不到 1 分钟", "less than a minute left"),
        ];
        for (ms, zh, en) in table {
            assert_eq!((left(Locale::zh, ms).as_str(), left(Locale::en, ms).as_str()), (zh, en), "{ms}");
        }
    }

    #[test]
    fn days_are_named_from_today() {
        let today = Day::from_ymd(2026, 11, 21).unwrap();
        let table = [
            ((2026, 11, 21), "今天 11月21日", "Today 21 Nov"),
            ((2026, 11, 20), "昨天 11月20日", "Yesterday 20 Nov"),
            ((2026, 1, 2), "1月2日", "2 Jan"),
            ((2025, 12, 31), "2025年12月31日", "31 Dec 2025"),
        ];
        for ((year, month, number), zh, en) in table {
            let named = Day::from_ymd(year, month, number).unwrap();
            assert_eq!((day(Locale::zh, named, today).as_str(), day(Locale::en, named, today).as_str()), (zh, en));
        }
    }

    #[test]
    fn one_payment_is_not_one_payments() {
        assert_eq!([1, 2].map(|count| payments(Locale::en, count)), ["1 payment", "2 payments"]);
        assert_eq!([1, 2].map(|count| payments(Locale::zh, count)), ["1 笔", "2 笔"]);
    }
}

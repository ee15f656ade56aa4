//! One-time codes by SMS: six digits that prove who holds a phone number, for one purpose, for five minutes, with five tries
//! (row E7; reliability 3.5).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// How long a code can be used, counted from when it was made.
pub const CODE_MS: i64 = 5 * 60_000;

/// Wrong tries after which a code is void.
pub const CODE_TRIES: u32 = 5;

/// Most codes for one phone number within a minute, an hour and a day, whatever they are for: each costs money, and anybody can
/// type anybody's number. Ten codes of five tries let somebody guess one in twenty thousand days.
pub const CODE_ASKS: [(i64, usize); 3] = [(60_000, 1), (3_600_000, 5), (86_400_000, 10)];

/// What a code proves. One that was asked for one purpose is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signing in with another WeChat identity than the one that is bound.
    SignIn,
    /// Setting a new password for a lost one.
    Recovery,
    /// Saying that a sign-in was not one's own.
    NotMe,
}

/// The six digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Digits([u8; 6]);

impl Digits {
    /// The code that a random number stands for.
    pub fn of_number(number: u64) -> Digits {
        let mut rest = number % 1_000_000;
        let mut digits = [b'0'; 6];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Digits(digits)
    }

    /// Reads what a person typed or pasted: spaces, hyphens and full-width digits are meant well. `None` when it is no code.
    pub fn parse(typed: &str) -> Option<Digits> {
        let mut digits = vec![];
        for c in typed.trim().chars() {
            match c {
                '0'..='9' => digits.push(c as u8),
                '０'..='９' => digits.push(b'0' + (c as u32 - '０' as u32) as u8),
                ' ' | '-' | '\u{3000}' => {}
                _ => return None,
            }
        }
        digits.try_into().ok().map(Digits)
    }

    /// The six digits as text, for the message and for nothing else.
    pub fn text(&self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(..)")
    }
}

/// A code that was made, and what was tried with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    /// What it proves.
    pub purpose: Purpose,
    /// When it was made.
    pub made_at_ms: Millis,
    /// How often something else was typed.
    pub wrong: u32,
    /// Whether it was used, or another one took its place.
    pub is_used: bool,
}

/// What came of typing a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was the code; it is used up.
    Right,
    /// It was another one.
    Wrong {
        /// How many tries are left.
        left: u32,
    },
    /// The code cannot be used any more, whatever was typed, or never could for this.
    Over,
}

impl Issued {
    /// Whether it can still be used at `now`.
    pub fn is_open(self, now: Millis) -> bool {
        !self.is_used && self.wrong < CODE_TRIES && now.since_ms(self.made_at_ms) < CODE_MS
    }

    /// What comes of typing something that `fits` or not, for `purpose` at `now`, and the code afterwards.
    #[must_use]
    pub fn tried(self, purpose: Purpose, fits: bool, now: Millis) -> (Issued, Verdict) {
        match () {
            () if self.purpose != purpose || !self.is_open(now) => (self, Verdict::Over),
            () if fits => (Issued { is_used: true, ..self }, Verdict::Right),
            () => {
                let after = Issued { wrong: self.wrong + 1, ..self };
                let left = CODE_TRIES - after.wrong;
                (after, if left == 0 { Verdict::Over } else { Verdict::Wrong { left } })
            }
        }
    }
}

/// What is known of the message with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It is being handed over.
    Sending,
    /// The provider took it, which is all that can be known.
    Sent,
    /// Nobody knows whether it was taken; it is not repeated by itself, because a second message costs again and confuses.
    Unknown,
    /// The provider refuses more messages to this number for a while.
    TooOften,
    /// The number takes no messages.
    BadNumber,
    /// The provider refuses for a reason that only whoever configured it can mend.
    NoService,
    /// There is nobody with this number to write to; nothing was sent.
    Nobody,
}

impl Delivery {
    /// Whether a code may have reached somebody.
    pub const fn may_have_arrived(self) -> bool {
        matches!(self, Delivery::Sending | Delivery::Sent | Delivery::Unknown)
    }
}

/// How long whoever holds the number waits before the next code may be sent to it, after `earlier` ones; 0 when it may be sent now.
pub fn wait_ms(earlier: &[Millis], now: Millis) -> i64 {
    let mut earlier = earlier.to_vec();
    earlier.sort_unstable();
    let wait = |(span_ms, most): (i64, usize)| {
        let oldest_that_counts = earlier.len().checked_sub(most).and_then(|index| earlier.get(index));
        oldest_that_counts.map_or(0, |at| at.plus_ms(span_ms).since_ms(now))
    };
    CODE_ASKS.into_iter().map(wait).max().unwrap_or_default().max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: Millis = Millis::of(1_000_000);
    const FRESH: Issued = Issued { purpose: Purpose::SignIn, made_at_ms: MADE, wrong: 0, is_used: false };

    #[test]
    fn a_code_is_read_as_it_is_typed() {
        let table = [
            ("012345", Some("012345")),
            (" 012 345 ", Some("012345")),
            ("012-345", Some("012345")),
            ("０１２３４５", Some("012345")),
            ("12345", None),
            ("1234567", None),
            ("12345a", None),
            ("", None),
        ];
        for (typed, expected) in table {
            assert_eq!(Digits::parse(typed).map(|digits| digits.text()).as_deref(), expected, "{typed:?}");
        }
        let numbers = [(0, "000000"), (7, "000007"), (999_999, "999999"), (1_000_000, "000000"), (u64::MAX, "551615")];
        for (number, expected) in numbers {
            assert_eq!(Digits::of_number(number).text(), expected);
        }
        assert_eq!(format!("{:?}", Digits::of_number(123_456)), "Digits(..)", "no log shows a code");
    }

    #[test]
    fn a_code_lasts_five_minutes_and_five_tries_and_works_once_for_its_purpose() {
        let at = |ms| MADE.plus_ms(ms);
        let wrong = |wrong| Issued { wrong, ..FRESH };
        let used = Issued { is_used: true, ..FRESH };
        let table = [
            (FRESH, Purpose::SignIn, true, at(0), Verdict::Right),
            (FRESH, Purpose::SignIn, true, at(299_000), Verdict::Right),
            (FRESH, Purpose::SignIn, true, at(299_999), Verdict::Right),
            (FRESH, Purpose::SignIn, true, at(300_000), Verdict::Over),
            (FRESH, Purpose::SignIn, false, at(300_000), Verdict::Over),
            (FRESH, Purpose::Recovery, true, at(0), Verdict::Over),
            (FRESH, Purpose::NotMe, false, at(0), Verdict::Over),
            (FRESH, Purpose::SignIn, false, at(0), Verdict::Wrong { left: 4 }),
            (wrong(3), Purpose::SignIn, false, at(0), Verdict::Wrong { left: 1 }),
            (wrong(4), Purpose::SignIn, false, at(0), Verdict::Over),
            (wrong(4), Purpose::SignIn, true, at(0), Verdict::Right),
            (wrong(5), Purpose::SignIn, true, at(0), Verdict::Over),
            (used, Purpose::SignIn, true, at(0), Verdict::Over),
        ];
        for (issued, purpose, fits, now, expected) in table {
            assert_eq!(issued.tried(purpose, fits, now).1, expected, "{issued:?} {purpose:?} {fits} {now:?}");
        }
    }

    #[test]
    fn a_number_gets_one_code_a_minute_five_an_hour_and_ten_a_day() {
        let minutes = |all: &[i64]| all.iter().map(|minute| Millis::of(minute * 60_000)).collect::<Vec<_>>();
        let hour = 3_600_000;
        let ten: Vec<i64> = (0..10).map(|n| n * 15).collect();
        let table = [
            (minutes(&[]), 0, 0),
            (minutes(&[0]), 1, 59_999),
            (minutes(&[0]), 59_999, 1),
            (minutes(&[0]), 60_000, 0),
            (minutes(&[0, 1, 2, 3]), 4 * 60_000, 0),
            (minutes(&[0, 1, 2, 3, 4]), 5 * 60_000, hour - 5 * 60_000),
            (minutes(&[4, 3, 2, 1, 0]), hour - 1, 1),
            (minutes(&[0, 1, 2, 3, 4]), hour, 0),
            (minutes(&ten), 10 * hour, 14 * hour),
            (minutes(&ten), 24 * hour - 1, 1),
            (minutes(&ten), 24 * hour, 0),
        ];
        for (earlier, now, expected) in table {
            assert_eq!(wait_ms(&earlier, Millis::of(now)), expected, "{earlier:?} {now}");
        }
    }
}

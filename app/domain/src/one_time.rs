//! One-time codes by SMS: six digits that prove who holds a phone number, for one purpose, for five minutes, with five tries
//! (row E7; reliability 3.5).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// How long a code can be used, counted from when it was made.
pub const CODE_MS: i64 = 5 * 60_000;

/// Wrong tries after which a code is void.
pub const CODE_TRIES: u32 = 5;

/// Which earlier codes of a phone number count against another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Those of the same purpose: what was asked for something else keeps nobody waiting.
    Purpose,
    /// Those that anybody could ask for; they count against nothing else.
    Anonymous,
    /// All.
    All,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Most codes for one phone number within a span. Each costs money and rings a phone, and anybody can type anybody's number. Of all,
/// it is what a provider lets through to one number unless told otherwise; what anybody can ask for is kept to a part of that, and
/// so keeps no owner from signing in. Ten codes of five tries let somebody guess one in twenty thousand days.
const CODE_ASKS: [(Counted, i64, usize); 7] = [
    (Counted::Purpose, MINUTE_MS, 1),
    (Counted::Purpose, DAY_MS, 6),
    (Counted::Anonymous, HOUR_MS, 3),
    (Counted::Anonymous, DAY_MS, 5),
    (Counted::All, 30_000, 1),
    (Counted::All, HOUR_MS, 5),
    (Counted::All, DAY_MS, 10),
];

/// How long a code counts for the pace of its number.
pub const PACE_MS: i64 = DAY_MS;

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

impl Purpose {
    /// Whether anybody may ask for it who knows no more than the number. The others take a right password, or a browser in which
    /// its owner was signed in.
    pub const fn is_anonymous(self) -> bool {
        matches!(self, Purpose::Recovery)
    }
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

/// How long whoever holds the number waits before the next code for `purpose` may be sent to it, after `earlier` ones; 0 when it may
/// be sent now.
pub fn wait_ms(earlier: &[(Purpose, Millis)], purpose: Purpose, now: Millis) -> i64 {
    let wait = |(counted, span_ms, most): (Counted, i64, usize)| {
        let counts = |other: Purpose| match counted {
            Counted::Purpose => other == purpose,
            Counted::Anonymous => other.is_anonymous() && purpose.is_anonymous(),
            Counted::All => true,
        };
        let mut counted: Vec<Millis> = earlier.iter().filter(|(other, _)| counts(*other)).map(|(_, at)| *at).collect();
        counted.sort_unstable();
        let oldest_that_counts = counted.len().checked_sub(most).and_then(|index| counted.get(index));
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
    fn a_number_gets_one_code_a_minute_five_an_hour_and_six_a_day_for_each_purpose() {
        let minutes = |all: &[i64]| all.iter().map(|minute| (Purpose::SignIn, Millis::of(minute * MINUTE_MS))).collect::<Vec<_>>();
        let six = [0, 15, 30, 45, 60, 75];
        let table = [
            (minutes(&[]), 0, 0),
            (minutes(&[0]), 1, 59_999),
            (minutes(&[0]), 59_999, 1),
            (minutes(&[0]), 60_000, 0),
            (minutes(&[0, 1, 2, 3]), 4 * MINUTE_MS, 0),
            (minutes(&[0, 1, 2, 3, 4]), 5 * MINUTE_MS, HOUR_MS - 5 * MINUTE_MS),
            (minutes(&[4, 3, 2, 1, 0]), HOUR_MS - 1, 1),
            (minutes(&[0, 1, 2, 3, 4]), HOUR_MS, 0),
            (minutes(&six), 6 * HOUR_MS, 18 * HOUR_MS),
            (minutes(&six), 24 * HOUR_MS - 1, 1),
            (minutes(&six), 24 * HOUR_MS, 0),
        ];
        for (earlier, now, expected) in table {
            assert_eq!(wait_ms(&earlier, Purpose::SignIn, Millis::of(now)), expected, "{earlier:?} {now}");
        }
    }

    #[test]
    fn what_was_asked_for_another_purpose_keeps_nobody_waiting_for_more_than_half_a_minute_within_the_days_ten() {
        use Purpose::{NotMe, Recovery, SignIn};
        let (hour, day) = (HOUR_MS, DAY_MS);
        let times = |purpose, count: i64, pause_ms: i64| (0..count).map(move |n| (purpose, Millis::of(n * pause_ms)));
        let both = |one: Vec<_>, other: Vec<_>| [one, other].concat();
        let of = |purpose, count, pause_ms| times(purpose, count, pause_ms).collect::<Vec<_>>();
        let table = [
            // One a minute is of each purpose, one in half a minute of all.
            (of(Recovery, 1, 0), SignIn, 1, 29_999),
            (of(Recovery, 1, 0), NotMe, 29_999, 1),
            (of(Recovery, 1, 0), SignIn, 30_000, 0),
            (of(Recovery, 1, 0), Recovery, 1, MINUTE_MS - 1),
            // Whoever knows no more than the number gets three an hour and five a day, and nothing of that counts against the owner.
            (of(Recovery, 3, MINUTE_MS), Recovery, 3 * MINUTE_MS, hour - 3 * MINUTE_MS),
            (of(Recovery, 3, MINUTE_MS), Recovery, hour, 0),
            (of(Recovery, 3, MINUTE_MS), SignIn, 3 * MINUTE_MS, 0),
            (of(Recovery, 5, hour), Recovery, 5 * hour, day - 5 * hour),
            (of(Recovery, 5, hour), SignIn, 5 * hour, 0),
            (of(Recovery, 5, hour), NotMe, 5 * hour, 0),
            (of(Recovery, 5, hour), Recovery, day, 0),
            // With theirs, two an hour are left for the owner at the least.
            (both(of(Recovery, 3, MINUTE_MS), of(SignIn, 1, 0)), SignIn, 3 * MINUTE_MS, 0),
            (both(of(Recovery, 3, MINUTE_MS), of(SignIn, 2, MINUTE_MS)), SignIn, 3 * MINUTE_MS, hour - 3 * MINUTE_MS),
            // The owner's own codes leave some for a lost password, and the other way round.
            (of(SignIn, 6, hour), Recovery, 6 * hour, 0),
            (both(of(Recovery, 5, hour), of(SignIn, 4, hour)), SignIn, 5 * hour, 0),
            // Ten a day, whatever they are for.
            (both(of(Recovery, 5, hour), of(SignIn, 5, hour)), SignIn, 6 * hour, 18 * hour),
            (both(of(NotMe, 6, hour), of(SignIn, 4, hour)), Recovery, 6 * hour, 18 * hour),
            (both(of(NotMe, 6, hour), of(SignIn, 4, hour)), Recovery, day, 0),
        ];
        for (earlier, purpose, now, expected) in table {
            assert_eq!(wait_ms(&earlier, purpose, Millis::of(now)), expected, "{earlier:?} {purpose:?} {now}");
        }
    }
}

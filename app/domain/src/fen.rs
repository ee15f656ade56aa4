//! Money: whole fen in a checked integer. No float touches it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in fen (1 yuan = 100 fen). Arithmetic is checked: an overflow is a `None`, never a wrong amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(i64);

/// Why a typed amount is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum YuanError {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Something other than digits and one point was typed.
    #[error("not a number")]
    NotANumber,
    /// More than two places after the point: a third would have to be rounded, and money is not rounded silently.
    #[error("more than two decimals")]
    TooManyDecimals,
    /// Larger than any amount that could be collected.
    #[error("too large")]
    TooLarge,
}

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);

    /// An amount of `fen`.
    pub const fn of(fen: i64) -> Fen {
        Fen(fen)
    }

    /// The number of fen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` when it does not fit.
    pub fn plus(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    /// The difference, or `None` when it does not fit. It may be negative.
    pub fn minus(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    /// True for amounts that can be collected or returned.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Reads what a person typed in yuan: `12`, `12.5`, `12.50`, `.5`, `¥1,234.50`, full-width digits included.
    ///
    /// A comma is accepted only as a thousands separator, because `12,50` means different things to different people.
    ///
    /// # Errors
    /// [`YuanError`] names what is wrong; nothing is rounded.
    pub fn parse_yuan(typed: &str) -> Result<Fen, YuanError> {
        let text: String = typed.trim().chars().map(half_width).collect();
        let text = text.strip_prefix('¥').unwrap_or(&text).trim();
        let text = text.strip_suffix('元').unwrap_or(text).trim();
        if text.is_empty() {
            return Err(YuanError::Empty);
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let whole = without_separators(whole).ok_or(YuanError::NotANumber)?;
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !digits(&whole) || !digits(part) || (whole.is_empty() && part.is_empty()) {
            return Err(YuanError::NotANumber);
        }
        if part.len() > 2 {
            return Err(YuanError::TooManyDecimals);
        }
        let whole = whole.trim_start_matches('0');
        // Twelve digits of yuan are far above any order and far below i64.
        if whole.len() > 12 {
            return Err(YuanError::TooLarge);
        }
        let number = |s: &str| s.bytes().fold(0_i64, |sum, b| sum * 10 + i64::from(b - b'0'));
        let fen = if part.len() == 1 { number(part) * 10 } else { number(part) };
        Ok(Fen(number(whole) * 100 + fen))
    }

    /// Yuan with two decimals and no separators, `1234.50`: what a form field or a file carries.
    pub fn yuan(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl fmt::Display for Fen {
    /// Yuan as people read them, `1,234.50`; the currency sign stands outside.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let whole = (fen / 100).to_string();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}", fen % 100)
    }
}

/// Chinese keyboards type full-width digits and points; they mean the same amount.
fn half_width(c: char) -> char {
    match c {
        '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
        '．' | '。' => '.',
        '，' => ',',
        '￥' => '¥',
        _ => c,
    }
}

/// The digits of `1,234`; `None` when a comma does not separate thousands.
fn without_separators(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    well_formed.then(|| whole.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_yuan_become_fen_or_a_named_error() {
        use YuanError::*;
        let table: &[(&str, Result<i64, YuanError>)] = &[
            ("12.5", Ok(1250)),
            ("12.50", Ok(1250)),
            ("12", Ok(1200)),
            (".5", Ok(50)),
            ("12.", Ok(1200)),
            ("0", Ok(0)),
            ("000.01", Ok(1)),
            (" ¥1,234.50 ", Ok(123_450)),
            ("１２．５", Ok(1250)),
            ("12元", Ok(1200)),
            ("999999999999.99", Ok(99_999_999_999_999)),
            ("", Err(Empty)),
            ("  ", Err(Empty)),
            ("¥", Err(Empty)),
            (".", Err(NotANumber)),
            ("12.3.4", Err(NotANumber)),
            ("12,50", Err(NotANumber)),
            ("1,2345", Err(NotANumber)),
            (",123", Err(NotANumber)),
            ("-1", Err(NotANumber)),
            ("+1", Err(NotANumber)),
            ("1e3", Err(NotANumber)),
            ("0x10", Err(NotANumber)),
            ("٣", Err(NotANumber)),
            ("0.019", Err(TooManyDecimals)),
            ("1000000000000", Err(TooLarge)),
        ];
        for (typed, expected) in table {
            assert_eq!(Fen::parse_yuan(typed), expected.map(Fen), "{typed:?}");
        }
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        let table = [(0, "0.00"), (5, "0.05"), (123_450, "1,234.50"), (100_000_000, "1,000,000.00"), (-99_999, "-999.99")];
        for (fen, expected) in table {
            assert_eq!(Fen(fen).to_string(), expected);
        }
        assert_eq!(Fen(123_450).yuan(), "1234.50");
        assert_eq!(Fen(-5).yuan(), "-0.05");
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_is_read_back(fen in 0_i64..=99_999_999_999_999) {
            let amount = Fen(fen);
            proptest::prop_assert_eq!(Fen::parse_yuan(&amount.yuan()), Ok(amount));
            proptest::prop_assert_eq!(Fen::parse_yuan(&amount.to_string()), Ok(amount));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,40}") {
            let _ = Fen::parse_yuan(&text);
        }
    }
}

//! A place in the list of receipts, and in the live stream.

use std::fmt;
use std::str::FromStr;

use domain::{Millis, PaymentId};
use serde::{Deserialize, Serialize};

/// A place in a list that is ordered by time and payment. On the wire, in `?before=` and as the id of a live event it is
/// the opaque text `<at_ms>-<payment>`, the payment in 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cursor {
    /// When the payment became a receipt.
    pub at_ms: Millis,
    /// The payment, which orders those of one millisecond.
    pub payment: PaymentId,
}

impl Cursor {
    /// The place before everything that happened at `at_ms`: where a live stream continues figures read at that moment.
    pub const fn at(at_ms: Millis) -> Cursor {
        Cursor { at_ms, payment: PaymentId::of(uuid::Uuid::nil()) }
    }
}

/// A text that names no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the list")]
pub struct NoSuchPlace;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at_ms.get(), self.payment)
    }
}

impl FromStr for Cursor {
    type Err = NoSuchPlace;

    fn from_str(text: &str) -> Result<Cursor, NoSuchPlace> {
        let (at_ms, payment) = text.split_once('-').ok_or(NoSuchPlace)?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if at_ms.is_empty() || !digits(at_ms) || payment.len() != 32 {
            return Err(NoSuchPlace);
        }
        let at_ms = Millis::of(at_ms.parse().map_err(|_| NoSuchPlace)?);
        Ok(Cursor { at_ms, payment: payment.parse().map_err(|_| NoSuchPlace)? })
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> String {
        cursor.to_string()
    }
}

impl TryFrom<String> for Cursor {
    type Error = NoSuchPlace;

    fn try_from(text: String) -> Result<Cursor, NoSuchPlace> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_text_names_a_place() {
        let table = [
            ("1795240000000-0199a0b1c2d3e4f50617283940516273", true),
            ("0-00000000000000000000000000000000", true),
            ("", false),
            ("1795240000000", false),
            ("-1-0199a0b1c2d3e4f50617283940516273", false),
            ("1795240000000-0199a0b1", false),
            ("1795240000000-0199a0b1-c2d3-e4f5-0617-283940516273", false),
            ("99999999999999999999-0199a0b1c2d3e4f50617283940516273", false),
            ("17952x-0199a0b1c2d3e4f50617283940516273", false),
        ];
        for (text, expected) in table {
            let read = text.parse::<Cursor>();
            assert_eq!(read.is_ok(), expected, "{text}");
            if let Ok(cursor) = read {
                assert_eq!(cursor.to_string(), text);
            }
        }
    }

    #[test]
    fn it_travels_as_one_word() {
        let cursor: Cursor = "7-0199a0b1c2d3e4f50617283940516273".parse().unwrap();
        let json = serde_json::to_string(&cursor).unwrap();
        assert_eq!(json, "\"7-0199a0b1c2d3e4f50617283940516273\"");
        assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
    }
}

//! A place in the list of concerns.

use std::fmt;
use std::str::FromStr;

use domain::{ConcernId, Millis, PaymentId};
use serde::{Deserialize, Serialize};

use crate::receipts::{Cursor, NoSuchPlace};

/// A place in a list that is ordered by time and concern. On the wire and in `?before=` it is the opaque text `<at_ms>-<id>`, as
/// in the list of receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Place {
    /// When the concern was last worth a look.
    pub at_ms: Millis,
    /// The concern, which orders those of one millisecond.
    pub id: ConcernId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at_ms.get(), self.id)
    }
}

impl FromStr for Place {
    type Err = NoSuchPlace;

    fn from_str(text: &str) -> Result<Place, NoSuchPlace> {
        let Cursor { at_ms, payment } = text.parse()?;
        Ok(Place { at_ms, id: ConcernId::of(PaymentId::get(payment)) })
    }
}

impl From<Place> for String {
    fn from(place: Place) -> String {
        place.to_string()
    }
}

impl TryFrom<String> for Place {
    type Error = NoSuchPlace;

    fn try_from(text: String) -> Result<Place, NoSuchPlace> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_its_own_text_only() {
        let table =
            [("7-0199a0b1c2d3e4f50617283940516273", true), ("7-x", false), ("", false), ("x-0199a0b1c2d3e4f50617283940516273", false)];
        for (text, expected) in table {
            let read = text.parse::<Place>();
            assert_eq!(read.is_ok(), expected, "{text}");
            assert!(read.is_err() || read.unwrap().to_string() == text);
        }
    }
}

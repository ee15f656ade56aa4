//! What a page of the mobile bundle shows first: read by the server before it renders, carried in the page as JSON, and read
//! again by the browser, so that both render the same without asking twice.

use serde::{Deserialize, Serialize};

use crate::Refusal;
use crate::concerns::ConcernCount;
use crate::manager::{Desk, Today};
use crate::receipts::{ReceiptPage, ReceiptQuery};
use crate::ui::prefs::Prefs;

/// Where the page carries it.
pub const SEED_ID: &str = "seed";

/// The first contents of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seed {
    /// Language and appearance.
    pub prefs: Prefs,
    /// Whether this is a demonstration, in which no real money moves.
    pub is_demo: bool,
    /// Today so far, where somebody is signed in.
    pub today: Option<Today>,
    /// The screen with the code.
    pub desk: Option<Result<Desk, Refusal>>,
    /// The list of receipts, and which part of it.
    pub list: Option<(ReceiptQuery, Result<ReceiptPage, Refusal>)>,
    /// How much there is to look at.
    #[serde(default)]
    pub concern_count: ConcernCount,
}

impl Seed {
    /// The seed as text that may stand inside a `script` element.
    pub fn to_json(&self) -> String {
        // A seed is made of strings and numbers, which always have a JSON form.
        let json = serde_json::to_string(self).unwrap_or_default();
        json.replace('<', "\\u003c")
    }

    /// The seed that a page carries; `None` on a page without one, such as the static page of the fast loop.
    pub fn from_json(text: &str) -> Option<Seed> {
        serde_json::from_slice(text.as_bytes()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_cannot_end_the_element_that_carries_it() {
        let desk = Desk { merchant_name: "</script><script>alert(1)".to_owned(), ..Desk::default() };
        let seed = Seed { desk: Some(Ok(desk)), ..Seed::default() };
        let json = seed.to_json();
        assert!(!json.contains('<'));
        assert_eq!(Seed::from_json(&json), Some(seed));
    }
}

//! What a page of the mobile bundle shows first: read by the server before it renders, carried in the page as JSON, and read
//! again by the browser, so that both render the same without asking twice.

use domain::{Millis, PaymentId};
use serde::{Deserialize, Serialize};

use crate::Refusal;
use crate::concerns::{ConcernCount, ConcernPage, ConcernQuery, PaymentDetail};
use crate::manager::{Desk, OwnCode, Today};
use crate::receipts::{ReceiptDetail, ReceiptPage, ReceiptQuery};
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
    /// What the sign-in page says and keeps.
    pub sign_in: SignIn,
    /// Today so far, where somebody is signed in.
    pub today: Option<Today>,
    /// The screen with the code.
    pub desk: Option<Result<Desk, Refusal>>,
    /// The codes that may be shown.
    pub codes: Option<Result<Vec<OwnCode>, Refusal>>,
    /// The list of receipts, and which part of it.
    pub list: Option<(ReceiptQuery, Result<ReceiptPage, Refusal>)>,
    /// One receipt.
    pub one: Option<(PaymentId, Result<ReceiptDetail, Refusal>)>,
    /// How much there is to look at.
    #[serde(default)]
    pub concern_count: ConcernCount,
    /// The list of what there is to look at, and which part of it.
    #[serde(default)]
    pub concerns: Option<(ConcernQuery, Result<ConcernPage, Refusal>)>,
    /// One payment that is no simple receipt.
    #[serde(default)]
    pub payment: Option<(PaymentId, Result<PaymentDetail, Refusal>)>,
}

/// What the sign-in page says and keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignIn {
    /// What was typed as phone number.
    pub phone: String,
    /// Why the page is shown.
    pub why: Option<SignInWhy>,
    /// Where to return afterwards: a path under `/m`, checked by the server.
    pub next: String,
}

/// Why the sign-in page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum SignInWhy {
    /// The page that was asked for needs it.
    Needed,
    /// Phone or password are wrong; which of them is not said.
    Wrong,
    /// Too many wrong passwords in a row.
    Locked {
        /// Until then.
        until_ms: Millis,
    },
    /// Too many tries from one place.
    Later {
        /// When it makes sense to try again.
        after_s: u32,
    },
    /// The session was ended by a sign-in elsewhere.
    Ended,
    /// The person signed out.
    SignedOut,
}

impl SignInWhy {
    /// The reason that `?why=` may carry in a link. Those with figures only come from the server's own answer to a try.
    pub fn of_word(word: &str) -> Option<SignInWhy> {
        match word {
            "needed" => Some(SignInWhy::Needed),
            "ended" => Some(SignInWhy::Ended),
            "signed_out" => Some(SignInWhy::SignedOut),
            _ => None,
        }
    }

    /// Whether it is a fault, as opposed to a remark.
    pub fn is_fault(self) -> bool {
        matches!(self, SignInWhy::Wrong | SignInWhy::Locked { .. } | SignInWhy::Later { .. })
    }
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
        let sign_in = SignIn { phone: "</script><script>alert(1)".to_owned(), why: Some(SignInWhy::Wrong), next: "/m".to_owned() };
        let seed = Seed { sign_in, ..Seed::default() };
        let json = seed.to_json();
        assert!(!json.contains('<'));
        assert_eq!(Seed::from_json(&json), Some(seed));
    }
}

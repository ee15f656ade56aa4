//! The number of a payment page, which may prove when the page was opened.
//!
//! A page that was opened while its token worked may be sent a little after the token's end ([`domain::token::OPEN_PAGE_MS`]). That
//! the page is that old is signed into the number that the form sends as `idem`; who sends a number of their own is not trusted.

use domain::Millis;

use crate::fresh;
use crate::site::Site;
use crate::store::codes::{CodeKind, FoundCode};

/// The longest number that is read.
pub const MOST_CHARS: usize = 160;

/// How long a page proves when it was opened: an old token lives for three hours, and nobody fills in a form for a day.
const PROOF_MS: i64 = 24 * 3_600_000;

/// The number of a page that is shown now and was first opened at `opened_at`. The token of a printed code has no end, so its pages
/// need no proof.
pub fn number(site: &Site, found: &FoundCode, opened_at: Millis) -> String {
    let number = fresh::token();
    match found.kind {
        CodeKind::Plate | CodeKind::Receivable => number,
        CodeKind::App => site.seal.seal(&purpose(found), &format!("{number} {}", opened_at.get()), opened_at.plus_ms(PROOF_MS)),
    }
}

/// When the page was opened that sends this number; `None` when that is not proved.
pub fn opened_at(site: &Site, found: &FoundCode, number: &str, now: Millis) -> Option<Millis> {
    let opened = site.seal.open(&purpose(found), number, now)?;
    let (_, opened_at) = opened.split_once(' ')?;
    opened_at.parse().ok().map(Millis::of)
}

/// A page proves nothing about other tokens.
fn purpose(found: &FoundCode) -> String {
    format!("page {}", found.token)
}

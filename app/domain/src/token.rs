//! The token in a collection code's address: since when, until when and for whom it works (rows E10, E11, idea I7).
//!
//! A code on a manager's screen keeps its token until somebody refreshes it. The token that was replaced works for exactly three
//! hours more, unless it is cut; each refresh leaves one such old token with three hours of its own. Printed plates keep theirs.

use serde::{Deserialize, Serialize};

use crate::code::{AmountRule, CodeRefusal, Validity};
use crate::form::Typed;
use crate::{Code, Millis};

/// How long a token works after the refresh that replaced it (row E11).
pub const OLD_TOKEN_MS: i64 = 3 * 3_600_000;

/// How long after a token's end a payment page that was opened before may still be sent. Nobody who is filling in a form is
/// turned away in the middle of it; a token that was cut grants nothing.
pub const OPEN_PAGE_MS: i64 = 10 * 60_000;

/// What became of a token since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenLife {
    /// When a refresh replaced it; `None` while it is the one that is shown.
    pub replaced_at_ms: Option<Millis>,
    /// When its manager cut it.
    pub cut_at_ms: Option<Millis>,
}

impl TokenLife {
    /// Whether it is the one that is shown.
    pub fn is_current(self) -> bool {
        self == TokenLife::default()
    }

    /// The first moment at which it no longer works; `None` for never.
    pub fn ends_at_ms(self) -> Option<Millis> {
        let worn_out = self.replaced_at_ms.map(|replaced| replaced.plus_ms(OLD_TOKEN_MS));
        [worn_out, self.cut_at_ms].into_iter().flatten().min()
    }

    /// For how many milliseconds it still works; `None` without an end.
    pub fn left_ms(self, now: Millis) -> Option<i64> {
        self.ends_at_ms().map(|end| end.since_ms(now).max(0))
    }

    /// Whether a payment page may be opened through it at `now`.
    ///
    /// # Errors
    /// [`CodeRefusal::Replaced`] from its end on.
    pub fn opens(self, now: Millis) -> Result<(), CodeRefusal> {
        self.takes(None, now)
    }

    /// Whether a page that was opened at `opened_at` may be sent at `now`; `None` when nobody knows since when it is open.
    ///
    /// # Errors
    /// [`CodeRefusal::Replaced`] from its end on, and for pages that were open by then, [`OPEN_PAGE_MS`] later.
    pub fn takes(self, opened_at: Option<Millis>, now: Millis) -> Result<(), CodeRefusal> {
        let Some(end) = self.ends_at_ms() else { return Ok(()) };
        let was_open = self.cut_at_ms.is_none() && opened_at.is_some_and(|opened| opened < end);
        let last = if was_open { end.plus_ms(OPEN_PAGE_MS) } else { end };
        if now < last { Ok(()) } else { Err(CodeRefusal::Replaced) }
    }
}

/// What an administrator has configured for a code, as it stood when a token was made (row E13: a refresh brings it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the code is called.
    pub name: String,
    /// The version of the form that is asked.
    pub form_version: u32,
    /// How much may be collected.
    pub amount: AmountRule,
    /// What the code answers itself.
    pub presets: Typed,
    /// From when until when it may be used.
    pub validity: Validity,
}

/// One thing that an administrator changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// What the code is called now.
    Name(String),
    /// How much may be collected now.
    Amount(AmountRule),
    /// What payers are asked.
    Form,
    /// What the code answers itself.
    Presets,
    /// From when until when it may be used now.
    Validity(Validity),
}

impl Terms {
    /// What is configured for `code` now.
    pub fn of(code: &Code) -> Terms {
        Terms {
            name: code.name.clone(),
            form_version: code.form.version,
            amount: code.amount,
            presets: code.presets.clone(),
            validity: code.validity,
        }
    }

    /// What became different from `before`, in the order of [`Change`].
    pub fn changes_since(&self, before: &Terms) -> Vec<Change> {
        let changes = [
            (self.name != before.name).then(|| Change::Name(self.name.clone())),
            (self.amount != before.amount).then_some(Change::Amount(self.amount)),
            (self.form_version != before.form_version).then_some(Change::Form),
            (self.presets != before.presets).then_some(Change::Presets),
            (self.validity != before.validity).then_some(Change::Validity(self.validity)),
        ];
        changes.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fen;

    const H: i64 = 3_600_000;

    fn life(replaced: Option<i64>, cut: Option<i64>) -> TokenLife {
        TokenLife { replaced_at_ms: replaced.map(Millis::of), cut_at_ms: cut.map(Millis::of) }
    }

    #[test]
    fn an_old_token_works_for_three_hours_from_its_refresh_and_not_a_moment_longer() {
        // Replaced, cut, page opened, sent; whether it is taken.
        let table = [
            (None, None, None, 0, true),
            (None, None, Some(-99 * H), i64::MAX, true),
            // 2:59:59 and 3:00:00 after the refresh.
            (Some(0), None, None, 3 * H - 1000, true),
            (Some(0), None, None, 3 * H - 1, true),
            (Some(0), None, None, 3 * H, false),
            (Some(0), None, None, 9 * H, false),
            // Each refresh counts for itself.
            (Some(H), None, None, 3 * H, true),
            (Some(H), None, None, 4 * H, false),
            // A page that was opened in time may be sent for ten minutes more.
            (Some(0), None, Some(3 * H - 1), 3 * H, true),
            (Some(0), None, Some(-H), 3 * H + 599_999, true),
            (Some(0), None, Some(3 * H - 1), 3 * H + 600_000, false),
            (Some(0), None, Some(3 * H), 3 * H, false),
            (Some(0), None, Some(3 * H), 3 * H + 1, false),
            // Cut is cut: at once, also for pages that are open, and never later than three hours.
            (Some(0), Some(H), None, H - 1, true),
            (Some(0), Some(H), None, H, false),
            (Some(0), Some(H), Some(0), H, false),
            (Some(0), Some(0), Some(-1), 0, false),
            (Some(0), Some(4 * H), None, 3 * H, false),
        ];
        for (replaced, cut, opened, now, expected) in table {
            let taken = life(replaced, cut).takes(opened.map(Millis::of), Millis::of(now));
            assert_eq!(taken.is_ok(), expected, "{replaced:?} {cut:?} {opened:?} {now}");
            if opened.is_none() {
                assert_eq!(life(replaced, cut).opens(Millis::of(now)), taken);
            }
        }
    }

    #[test]
    fn what_is_left_counts_down_to_nothing() {
        let table = [
            (None, None, 0, None),
            (Some(0), None, 0, Some(3 * H)),
            (Some(0), None, 2 * H, Some(H)),
            (Some(0), None, 3 * H - 1, Some(1)),
            (Some(0), None, 5 * H, Some(0)),
            (Some(0), Some(H), H - 7, Some(7)),
            (Some(0), Some(H), 2 * H, Some(0)),
        ];
        for (replaced, cut, now, expected) in table {
            assert_eq!(life(replaced, cut).left_ms(Millis::of(now)), expected, "{replaced:?} {cut:?} {now}");
        }
        assert_eq!([life(None, None), life(Some(0), None), life(Some(0), Some(1))].map(TokenLife::is_current), [true, false, false]);
    }

    #[test]
    fn a_refresh_names_what_changed_and_nothing_else() {
        let fixed = |fen| AmountRule::Fixed { amount_fen: Fen::of(fen) };
        let validity = |until| Validity { from_ms: None, until_ms: Some(Millis::of(until)) };
        let before = Terms {
            name: "Lunch".to_owned(),
            form_version: 2,
            amount: fixed(1250),
            presets: Typed::from_pairs([("field.class", "3A")]),
            validity: validity(1),
        };
        let table = [
            (before.clone(), vec![]),
            (Terms { name: "Dinner".to_owned(), ..before.clone() }, vec![Change::Name("Dinner".to_owned())]),
            (Terms { amount: fixed(1300), ..before.clone() }, vec![Change::Amount(fixed(1300))]),
            (Terms { form_version: 3, ..before.clone() }, vec![Change::Form]),
            (Terms { presets: Typed::from_pairs([("field.class", "3B")]), ..before.clone() }, vec![Change::Presets]),
            (Terms { validity: validity(2), ..before.clone() }, vec![Change::Validity(validity(2))]),
            (Terms { form_version: 3, amount: AmountRule::Free, ..before.clone() }, vec![Change::Amount(AmountRule::Free), Change::Form]),
        ];
        for (after, expected) in table {
            assert_eq!(after.changes_since(&before), expected);
        }
    }
}

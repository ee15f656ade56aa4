//! Collection codes: who collects, how much, what the payer is asked, and when the code may be used.

use serde::{Deserialize, Serialize};

use crate::form::{FormSchema, Typed};
use crate::{AccountId, CodeId, Fen, Millis, TenantId};

/// The most that one payment may collect unless a code says less: ¥50,000, far below every channel's own limit.
pub const LARGEST_PAYMENT: Fen = Fen::of(5_000_000);

/// What a payer may type as amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum AmountRule {
    /// The payer types any amount up to the general limit.
    #[default]
    Free,
    /// The code collects exactly this (row B81); nothing is typed.
    Fixed {
        /// What is collected.
        amount_fen: Fen,
    },
    /// The payer types an amount within these bounds, both included.
    Between {
        /// The least.
        min_fen: Fen,
        /// The most.
        max_fen: Fen,
    },
}

/// Why an amount cannot be collected through a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum AmountRefusal {
    /// Zero or less.
    #[error("not positive")]
    NotPositive,
    /// Below the code's least amount.
    #[error("below the minimum")]
    BelowMin {
        /// The least amount.
        min_fen: Fen,
    },
    /// Above the code's or the general limit.
    #[error("above the maximum")]
    AboveMax {
        /// The most.
        max_fen: Fen,
    },
    /// The code collects a fixed amount and another was sent.
    #[error("not the fixed amount")]
    NotTheFixed {
        /// The fixed amount.
        amount_fen: Fen,
    },
}

impl AmountRule {
    /// The amount to collect when the payer typed `typed`.
    ///
    /// # Errors
    /// [`AmountRefusal`] with the bound that was missed.
    pub fn check(self, typed: Fen) -> Result<Fen, AmountRefusal> {
        if !typed.is_positive() {
            return Err(AmountRefusal::NotPositive);
        }
        match self {
            AmountRule::Fixed { amount_fen } if typed != amount_fen => Err(AmountRefusal::NotTheFixed { amount_fen }),
            AmountRule::Between { min_fen, .. } if typed < min_fen => Err(AmountRefusal::BelowMin { min_fen }),
            _ if typed > self.max() => Err(AmountRefusal::AboveMax { max_fen: self.max() }),
            _ => Ok(typed),
        }
    }

    /// The most that one payment may be.
    pub fn max(self) -> Fen {
        match self {
            AmountRule::Free => LARGEST_PAYMENT,
            AmountRule::Fixed { amount_fen } => amount_fen,
            AmountRule::Between { max_fen, .. } => max_fen.min(LARGEST_PAYMENT),
        }
    }
}

/// Whether the owner lets the code be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeState {
    /// May be used within its validity.
    Active,
    /// Switched off by its owner or an administrator.
    Disabled,
}

/// When the code may be used; the start is included, the end is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validity {
    /// First usable moment; `None` for always.
    pub from_ms: Option<Millis>,
    /// First moment at which it no longer works; `None` for never.
    pub until_ms: Option<Millis>,
}

/// A collection code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The organisation.
    pub tenant: TenantId,
    /// The code itself, whatever token it is reached by.
    pub id: CodeId,
    /// Who collects: payments through this code are this person's receipts.
    pub payee: AccountId,
    /// What the payee calls it, e.g. 门口码牌.
    pub name: String,
    /// How much may be collected.
    pub amount: AmountRule,
    /// What the payer is asked.
    pub form: FormSchema,
    /// Answers that the code gives itself (row E13): the payer sees them and cannot change them.
    pub presets: Typed,
    /// Switched on or off.
    pub state: CodeState,
    /// From when until when.
    pub validity: Validity,
}

/// Why a code cannot be paid through now. Each becomes a sentence for the payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CodeRefusal {
    /// No code has this token.
    #[error("unknown code")]
    Unknown,
    /// The organisation does not collect at present.
    #[error("merchant closed")]
    MerchantClosed,
    /// Switched off.
    #[error("code disabled")]
    Disabled,
    /// Not usable yet.
    #[error("code not yet valid")]
    NotYet,
    /// No longer usable.
    #[error("code expired")]
    Expired,
    /// Reached by a token that a refresh replaced, and whose time is over (row E11).
    #[error("code replaced")]
    Replaced,
    /// All that was owed by it came.
    #[error("debt settled")]
    Settled,
    /// What was owed by it is demanded no more.
    #[error("debt written off")]
    WrittenOff,
}

impl Code {
    /// Whether a payer may pay through this code at `now`. A closed merchant is said first, because then no code helps.
    ///
    /// # Errors
    /// The [`CodeRefusal`] that the payer should hear.
    pub fn usable(&self, merchant_open: bool, now: Millis) -> Result<(), CodeRefusal> {
        let Validity { from_ms, until_ms } = self.validity;
        match () {
            _ if !merchant_open => Err(CodeRefusal::MerchantClosed),
            _ if self.state == CodeState::Disabled => Err(CodeRefusal::Disabled),
            _ if until_ms.is_some_and(|until| now >= until) => Err(CodeRefusal::Expired),
            _ if from_ms.is_some_and(|from| now < from) => Err(CodeRefusal::NotYet),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_within_its_rule_or_refused_by_the_bound_it_missed() {
        use AmountRefusal::*;
        let between = AmountRule::Between { min_fen: Fen::of(100), max_fen: Fen::of(200) };
        let fixed = AmountRule::Fixed { amount_fen: Fen::of(1250) };
        let table = [
            (AmountRule::Free, 1, Ok(1)),
            (AmountRule::Free, 5_000_000, Ok(5_000_000)),
            (AmountRule::Free, 5_000_001, Err(AboveMax { max_fen: LARGEST_PAYMENT })),
            (AmountRule::Free, 0, Err(NotPositive)),
            (AmountRule::Free, -1, Err(NotPositive)),
            (between, 99, Err(BelowMin { min_fen: Fen::of(100) })),
            (between, 100, Ok(100)),
            (between, 200, Ok(200)),
            (between, 201, Err(AboveMax { max_fen: Fen::of(200) })),
            (fixed, 1250, Ok(1250)),
            (fixed, 1249, Err(NotTheFixed { amount_fen: Fen::of(1250) })),
            (fixed, 0, Err(NotPositive)),
        ];
        for (rule, typed, expected) in table {
            assert_eq!(rule.check(Fen::of(typed)), expected.map(Fen::of), "{rule:?} {typed}");
        }
    }

    #[test]
    fn a_code_works_from_its_first_moment_until_just_before_its_last() {
        let code = |state, from: Option<i64>, until: Option<i64>| Code {
            tenant: TenantId::of(uuid::Uuid::nil()),
            id: CodeId::of(uuid::Uuid::nil()),
            payee: AccountId::of(uuid::Uuid::nil()),
            name: "门口码牌".into(),
            amount: AmountRule::Free,
            form: FormSchema::default(),
            presets: Typed::default(),
            state,
            validity: Validity { from_ms: from.map(Millis::of), until_ms: until.map(Millis::of) },
        };
        use CodeState::*;
        let table = [
            (Active, None, None, true, 50, Ok(())),
            (Active, Some(50), Some(51), true, 50, Ok(())),
            (Active, Some(51), None, true, 50, Err(CodeRefusal::NotYet)),
            (Active, None, Some(50), true, 50, Err(CodeRefusal::Expired)),
            (Disabled, None, Some(50), true, 50, Err(CodeRefusal::Disabled)),
            (Disabled, None, None, false, 50, Err(CodeRefusal::MerchantClosed)),
        ];
        for (state, from, until, open, now, expected) in table {
            assert_eq!(code(state, from, until).usable(open, Millis::of(now)), expected, "{state:?} {from:?} {until:?} {open}");
        }
    }
}

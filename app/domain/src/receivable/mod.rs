//! Receivables 应收款: who owes what until when, and what became of it (rows E15, I23).
//!
//! What a debtor owes follows from three facts alone: what was raised, what is settled by money that came and stayed, and whether
//! it was written off. Money is never turned away and never guessed at: what comes beyond the debt is said to be too much.

use serde::{Deserialize, Serialize};

use crate::account::Phone;
use crate::code::LARGEST_PAYMENT;
use crate::{AccountId, AmountRule, CodeId, Day, Fen, Millis, PaymentId, ReceivableId, TenantId};

mod ageing;
mod claim;
mod entry;
mod hours;
mod import;
mod proposal;
mod reminded;
mod reminder;
mod right;
mod share;

pub use ageing::{Age, Ageing};
pub use claim::{Claim, ClaimRefusal, Movement, MovementKind, Standing, transfers};
pub use entry::{Entry, EntryField, EntryTyped, EntryWrong, LARGEST_RECEIVABLE, MOST_REMARK_CHARS, Remark, parse_day};
pub use hours::{QuietHours, ReminderHour};
pub use import::{BadRow, BadWhy, ImportedRows, Line, Sameness, column_letters, read_rows};
pub use proposal::{Proposed, proposal};
pub use reminded::{LastReminder, LastState, Reminded, ReminderMark};
pub use reminder::{
    Cause, Hold, MOST_REMINDERS, MOST_REMINDERS_A_DAY, Next, NotByHand, Outcome, REFUSED_GAP_MS, REMINDER_GAP_MS, Reminder, Reminding,
};
pub use right::{ManagerWriteOffs, NoWriteOff, may_write_off};
pub use share::{countable, kept_of_shares};

/// Who owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debtor {
    /// Their name.
    pub name: String,
    /// What the collecting side knows them by: a student's, a room's, a contract's number; may be empty.
    pub reference: String,
    /// Their phone.
    pub phone: Option<Phone>,
}

impl Debtor {
    /// The name as others may see it: the first character, and the last of three or more. `张小明` is `张*明`.
    pub fn masked_name(&self) -> String {
        let chars: Vec<char> = self.name.chars().collect();
        match chars.as_slice() {
            [] => String::new(),
            [one] => one.to_string(),
            [first, _] => format!("{first}*"),
            [first, .., last] => format!("{first}*{last}"),
        }
    }
}

/// Where a receivable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// Somebody entered it.
    Entered,
    /// It stood in a file.
    Imported,
    /// What is still owed beside a receipt.
    Receipt {
        /// The receipt's payment.
        payment: PaymentId,
    },
}

/// One debt to a manager who collects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receivable {
    /// The organisation.
    pub tenant: TenantId,
    /// The debt.
    pub id: ReceivableId,
    /// Who collects.
    pub payee: AccountId,
    /// The debt's own code, by which it is paid.
    pub code: CodeId,
    /// Who owes.
    pub debtor: Debtor,
    /// What for.
    pub title: String,
    /// How much was raised; it never changes.
    pub amount_fen: Fen,
    /// The last day on which it is in time; `None` without a limit.
    pub due: Option<Day>,
    /// Whether it may be paid in parts.
    pub in_parts: bool,
    /// For the collecting side only.
    pub remark: String,
    /// Where it comes from.
    pub source: Source,
    /// When it was raised.
    pub raised_at_ms: Millis,
}

impl Receivable {
    /// Whether it is overdue on `today`, given what is still owed: the due day itself is still in time.
    pub fn is_overdue(&self, claim: Claim, today: Day) -> bool {
        claim.outstanding().is_positive() && self.due.is_some_and(|due| due < today)
    }

    /// What its code collects at present: all that is owed, or any part of it where parts are allowed. `None` when nothing is.
    pub fn amount_rule(&self, claim: Claim) -> Option<AmountRule> {
        let owed = claim.outstanding();
        match (owed.is_positive(), self.in_parts) {
            (false, _) => None,
            (true, false) => Some(AmountRule::Fixed { amount_fen: owed }),
            (true, true) => Some(AmountRule::Between { min_fen: Fen::of(1), max_fen: owed.min(LARGEST_PAYMENT) }),
        }
    }
}

//! The ledger: every movement of money is a transfer from one account to another, written once and never edited.
//!
//! One row names both sides, so the sum over all accounts is zero by construction; a correction is a new transfer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AccountId, Fen, OutRefundNo, PaymentId};

/// Where money is, or to whom it is owed, within one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LedgerAccount {
    /// What the channel holds for us (an asset).
    Clearing,
    /// What a manager has collected for the organisation.
    Collected(AccountId),
    /// Money that came but is not (yet) anybody's receipt: a wrong amount, or a second payment that goes back.
    Suspense,
    /// Refunds that were asked for and not yet confirmed by the channel.
    RefundsPayable,
}

impl fmt::Display for LedgerAccount {
    /// The stored name: `clearing`, `collected:{account}`, `suspense`, `refunds_payable`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LedgerAccount::Clearing => f.write_str("clearing"),
            LedgerAccount::Collected(account) => write!(f, "collected:{account}"),
            LedgerAccount::Suspense => f.write_str("suspense"),
            LedgerAccount::RefundsPayable => f.write_str("refunds_payable"),
        }
    }
}

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The business event that caused it, unique within the organisation: booking it twice is impossible.
    pub key: String,
    /// The side that receives (debit).
    pub debit: LedgerAccount,
    /// The side that gives (credit).
    pub credit: LedgerAccount,
    /// How much, always positive.
    pub amount_fen: Fen,
    /// The payment that it belongs to.
    pub payment: PaymentId,
}

impl Transfer {
    /// Money arrived through the channel for `credit`. Key `pay:{channel}:{transaction}` (reliability L3).
    pub fn arrival(transaction: &str, credit: LedgerAccount, amount: Fen, payment: PaymentId) -> Transfer {
        Transfer::of(format!("pay:wechat:{transaction}"), LedgerAccount::Clearing, credit, amount, payment)
    }

    /// Money set aside for a refund.
    pub fn refund_hold(no: &OutRefundNo, from: LedgerAccount, amount: Fen, payment: PaymentId) -> Transfer {
        Transfer::of(format!("refund-hold:{no}"), from, LedgerAccount::RefundsPayable, amount, payment)
    }

    /// The channel returned the money to the payer.
    pub fn refund_done(no: &OutRefundNo, amount: Fen, payment: PaymentId) -> Transfer {
        Transfer::of(format!("refund:{no}"), LedgerAccount::RefundsPayable, LedgerAccount::Clearing, amount, payment)
    }

    /// The channel gave the refund up; what was set aside goes back to where it came from.
    pub fn refund_release(no: &OutRefundNo, to: LedgerAccount, amount: Fen, payment: PaymentId) -> Transfer {
        Transfer::of(format!("refund-release:{no}"), LedgerAccount::RefundsPayable, to, amount, payment)
    }

    fn of(key: String, debit: LedgerAccount, credit: LedgerAccount, amount_fen: Fen, payment: PaymentId) -> Transfer {
        assert!(amount_fen.is_positive(), "a transfer moves a positive amount");
        assert!(debit != credit, "a transfer has two different sides");
        Transfer { key, debit, credit, amount_fen, payment }
    }
}

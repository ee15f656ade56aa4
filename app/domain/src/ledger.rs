//! The ledger: every movement of money is a transfer from one account to another, written once and never edited.
//!
//! One row names both sides, so the sum over all accounts is zero by construction; a correction is a new transfer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AccountId, Fen, OutRefundNo, PaymentId, ReceivableId};

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

/// What is owed to whom, beside the money itself: the five accounts of one manager's receivables sum to zero among themselves, so
/// that a claim is never taken for money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ClaimAccount {
    /// What debtors owe and is demanded (an asset).
    Owed(AccountId),
    /// All that was ever raised; stands against the others.
    Raised(AccountId),
    /// What came for it and stayed.
    Settled(AccountId),
    /// What is demanded no more.
    WrittenOff(AccountId),
    /// What came beyond a debt, to be returned (a liability).
    Overpaid(AccountId),
}

impl fmt::Display for ClaimAccount {
    /// The stored name: `claim_owed:{account}` and so on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClaimAccount::Owed(account) => write!(f, "claim_owed:{account}"),
            ClaimAccount::Raised(account) => write!(f, "claim_raised:{account}"),
            ClaimAccount::Settled(account) => write!(f, "claim_settled:{account}"),
            ClaimAccount::WrittenOff(account) => write!(f, "claim_written_off:{account}"),
            ClaimAccount::Overpaid(account) => write!(f, "claim_overpaid:{account}"),
        }
    }
}

/// One movement of a claim. Money has [`Transfer`]s of its own; the types keep the two apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimTransfer {
    /// The movement that caused it, with its place: `claim:{movement}:{place}`, unique within the organisation.
    pub key: String,
    /// The side that receives (debit).
    pub debit: ClaimAccount,
    /// The side that gives (credit).
    pub credit: ClaimAccount,
    /// How much, always positive.
    pub amount_fen: Fen,
    /// The debt that it belongs to.
    pub receivable: ReceivableId,
}

//! Who may return money of a receipt, how much of it, and by which name people know it (rows B85, E17, idea I3).

use serde::{Deserialize, Serialize};

use crate::{Fen, Millis, Payment, Role};

/// What an organisation lets its managers return by themselves, of receipts that are their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "managers", rename_all = "snake_case")]
pub enum ManagerRefunds {
    /// Nothing: they ask an administrator.
    #[default]
    Never,
    /// Up to so much of one receipt, all its refunds together.
    UpTo {
        /// The most of one receipt.
        limit_fen: Fen,
    },
    /// All of it on the day of the payment (a withdrawal, row B85), and nothing later.
    SameDay,
    /// All of it.
    Whole,
}

/// Why somebody may not return what they ask for, although the payment would allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "right", rename_all = "snake_case")]
pub enum NoRight {
    /// Not in this role, or not of somebody else's receipt.
    #[error("not allowed")]
    NotAllowed,
    /// More than they may return of this receipt; somebody with a greater right may.
    #[error("more than the role's limit")]
    AboveLimit {
        /// What they may still return of it.
        most_fen: Fen,
    },
}

/// What somebody may return of one receipt at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRight {
    /// What the payment itself has left.
    pub left_fen: Fen,
    /// What they may return of that; less than `left_fen` where a limit binds.
    pub most_fen: Fen,
}

impl RefundRight {
    /// The right of somebody in `role` at `now`. `is_payee`: the receipt is their own. Administrators return of every receipt.
    ///
    /// # Errors
    /// [`NoRight::NotAllowed`].
    pub fn of(role: Role, is_payee: bool, managers: ManagerRefunds, payment: &Payment, now: Millis) -> Result<RefundRight, NoRight> {
        let left_fen = payment.refundable();
        let is_today = payment.paid_at_ms.is_some_and(|paid_at| ReturnName::at(paid_at, now) == ReturnName::Withdrawal);
        let most_fen = match (role, managers) {
            (Role::Administrator, _) => left_fen,
            (Role::Manager, ManagerRefunds::Whole) if is_payee => left_fen,
            (Role::Manager, ManagerRefunds::SameDay) if is_payee && is_today => left_fen,
            (Role::Manager, ManagerRefunds::UpTo { limit_fen }) if is_payee => left_fen.min(rest(limit_fen, payment)),
            _ => return Err(NoRight::NotAllowed),
        };
        Ok(RefundRight { left_fen, most_fen })
    }

    /// Whether `amount` is within the right. What the payment has not got left is for the payment's own rules to refuse.
    ///
    /// # Errors
    /// [`NoRight::AboveLimit`].
    pub fn covers(&self, amount: Fen) -> Result<(), NoRight> {
        let RefundRight { left_fen, most_fen } = *self;
        if amount > most_fen && amount <= left_fen { Err(NoRight::AboveLimit { most_fen }) } else { Ok(()) }
    }
}

/// What of the limit earlier refunds of the receipt left, whoever asked for them.
fn rest(limit: Fen, payment: &Payment) -> Fen {
    let spent = payment.refunding_fen.plus(payment.refunded_fen);
    spent.and_then(|spent| limit.minus(spent)).filter(|rest| rest.is_positive()).unwrap_or(Fen::ZERO)
}

/// The name under which people know a return of money. With WeChat both are the same call (row B85).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnName {
    /// On the day of the payment in Shanghai: 撤销.
    Withdrawal,
    /// On a later day: 退款.
    Refund,
}

impl ReturnName {
    /// The name of a return at `now` of money that came at `paid_at`.
    pub fn at(paid_at: Millis, now: Millis) -> ReturnName {
        if paid_at.day() == now.day() { ReturnName::Withdrawal } else { ReturnName::Refund }
    }
}

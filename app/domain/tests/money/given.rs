//! A payment of ¥1.00, and the words that the channel may say about it.

use domain::payment::{Attempt, AttemptKind, AttemptState, Trade};
use domain::{AccountId, CodeId, Fen, Millis, OutRefundNo, OutTradeNo, Payment, PaymentId, PaymentState, TenantId};
use uuid::Uuid;

/// What is asked.
pub const ASKED: Fen = Fen::of(100);
/// The last moment at which the payment may be paid is just before this one.
pub const EXPIRY: Millis = Millis::of(1_000_000);
/// A moment at which it may be paid.
pub const EARLY: Millis = Millis::of(500_000);
/// A moment after its end.
pub const LATE: Millis = Millis::of(2_000_000);
/// When the channel says that money came.
pub const PAID_AT: Millis = Millis::of(600_000);

pub fn payment_id() -> PaymentId {
    PaymentId::of(Uuid::from_u128(3))
}

/// The number of the attempt at `index`, as it is made for it.
pub fn no(index: usize) -> OutTradeNo {
    if index == 0 { OutTradeNo::first(payment_id()) } else { OutTradeNo::later(Uuid::from_u128(100 + index as u128)) }
}

/// The number of the `n`th refund that somebody asks for.
pub fn refund_no(n: u32) -> OutRefundNo {
    OutRefundNo::of_request(Uuid::from_u128(1000 + u128::from(n)))
}

pub fn attempt(index: usize, state: AttemptState) -> Attempt {
    let money = state.has_money();
    let received = if state == AttemptState::Held { Fen::of(99) } else { ASKED };
    Attempt {
        no: no(index),
        kind: if index == 0 { AttemptKind::Jsapi } else { AttemptKind::Native },
        state,
        transaction: money.then(|| transaction(index)),
        received_fen: money.then_some(received),
    }
}

/// The channel's transaction number for the attempt at `index`.
pub fn transaction(index: usize) -> String {
    format!("tx{index}")
}

/// A payment in `state` with attempts in `attempts`.
pub fn payment(state: PaymentState, attempts: &[AttemptState]) -> Payment {
    Payment {
        tenant: TenantId::of(Uuid::from_u128(1)),
        id: payment_id(),
        code: CodeId::of(Uuid::from_u128(2)),
        payee: AccountId::of(Uuid::from_u128(4)),
        amount_fen: ASKED,
        state,
        opened_at_ms: Millis::of(0),
        expires_at_ms: EXPIRY,
        paid_at_ms: (state == PaymentState::Paid).then_some(PAID_AT),
        refunding_fen: Fen::ZERO,
        refunded_fen: Fen::ZERO,
        refund_count: 0,
        attempts: attempts.iter().enumerate().map(|(index, state)| attempt(index, *state)).collect(),
    }
}

/// An open payment with `attempts` attempts that can be paid.
pub fn open(attempts: usize) -> Payment {
    payment(PaymentState::Open, &vec![AttemptState::Ready; attempts])
}

/// A paid payment.
pub fn paid() -> Payment {
    payment(PaymentState::Paid, &[AttemptState::Paid])
}

/// The word that `fen` came by `transaction`.
pub fn came(transaction: &str, fen: i64) -> Trade {
    Trade::Paid { transaction: transaction.to_owned(), amount_fen: Fen::of(fen), is_cny: true, at_ms: PAID_AT }
}

/// The word that the attempt at `index` was paid as asked.
pub fn success(index: usize) -> Trade {
    came(&transaction(index), ASKED.get())
}

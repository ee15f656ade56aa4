//! Refunds: what goes back of a payment, asked for at the channel until it is final.

use domain::refund::{Refund, RefundCause, RefundState};
use domain::{AccountId, Fen, Millis, OtherRefundNo, OutRefundNo, OutTradeNo, PaymentId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::attempts::out_trade_no;
use crate::store::claim::claim;
use crate::store::words::{of_word, unreadable, word};
use crate::store::{StoreError, Tx, on};

/// A refund with what only storage knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRefund {
    /// The refund.
    pub refund: Refund,
    /// How often the channel was asked.
    pub tries: i64,
    /// When it became final.
    pub final_at_ms: Option<Millis>,
}

#[derive(FromRow)]
struct RefundRow {
    tenant: Uuid,
    no: String,
    payment: Uuid,
    attempt: String,
    received_fen: i64,
    amount_fen: i64,
    cause: String,
    reason: String,
    state: String,
    asked_at_ms: i64,
    tries: i64,
    final_at_ms: Option<i64>,
}

impl RefundRow {
    fn read(self) -> Result<StoredRefund, StoreError> {
        let no = OutRefundNo::parse(&self.no).ok_or_else(|| unreadable("refund.no", &self.no))?;
        Ok(StoredRefund {
            refund: Refund {
                tenant: TenantId::of(self.tenant),
                no,
                payment: PaymentId::of(self.payment),
                attempt: out_trade_no(&self.attempt)?,
                received_fen: Fen::of(self.received_fen),
                amount_fen: Fen::of(self.amount_fen),
                cause: of_word::<RefundCause>("refund.cause", &self.cause)?,
                reason: self.reason,
                state: of_word::<RefundState>("refund.state", &self.state)?,
                asked_at_ms: Millis::of(self.asked_at_ms),
            },
            tries: self.tries,
            final_at_ms: self.final_at_ms.map(Millis::of),
        })
    }
}

/// Stores a refund that is to be asked for at the channel.
pub async fn insert_refund(tx: &mut Tx<'_>, refund: &Refund, asked_by: Option<AccountId>) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO refund (tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, asked_by, due_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)",
    )
    .bind(refund.tenant.get())
    .bind(refund.no.as_str())
    .bind(refund.payment.get())
    .bind(refund.attempt.as_str())
    .bind(refund.received_fen.get())
    .bind(refund.amount_fen.get())
    .bind(word(&refund.cause)?)
    .bind(&refund.reason)
    .bind(word(&refund.state)?)
    .bind(refund.asked_at_ms.get())
    .bind(asked_by.map(AccountId::get))
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// The refund with this number of this payment's tenant.
pub async fn load_refund(tx: &mut Tx<'_>, tenant: TenantId, no: &OutRefundNo) -> Result<Option<StoredRefund>, StoreError> {
    let row: Option<RefundRow> = on!(tx, |db| sqlx::query_as(
        "SELECT tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, tries, final_at_ms \
         FROM refund WHERE tenant = $1 AND no = $2",
    )
    .bind(tenant.get())
    .bind(no.as_str())
    .fetch_optional(db)
    .await)?;
    row.map(RefundRow::read).transpose()
}

/// The refunds of a payment, oldest first.
pub async fn refunds_of(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId) -> Result<Vec<StoredRefund>, StoreError> {
    let rows: Vec<RefundRow> = on!(tx, |db| sqlx::query_as(
        "SELECT tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, tries, final_at_ms \
         FROM refund WHERE tenant = $1 AND payment = $2 ORDER BY asked_at_ms, no",
    )
    .bind(tenant.get())
    .bind(payment.get())
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(RefundRow::read).collect()
}

/// Takes up to `limit` refunds that are due to be asked for or about, and puts them off to `lease_until`, by the rule of
/// [`crate::leases`].
pub async fn claim_due_refunds(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<StoredRefund>, StoreError> {
    let rows: Vec<RefundRow> = claim!(
        tx, now: now, lease_until: lease_until, limit: limit,
        table: "refund", key: "no", due: "due_at_ms", also: ", tries = tries + 1",
        row: "tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, tries, final_at_ms",
    )?;
    rows.into_iter().map(RefundRow::read).collect()
}

/// Keeps everybody from asking for a refund before `until`. `false` when it is asked for no more, or when somebody may be asking just now
/// or any moment: whoever took it up put it off by a lease, so one that is due later than `leased_until` is in nobody's hands.
pub async fn hold_refund(tx: &mut Tx<'_>, refund: &Refund, leased_until: Millis, until: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE refund SET due_at_ms = $4 WHERE tenant = $1 AND no = $2 AND state = 'asked' AND due_at_ms > $3 RETURNING no";
    let held: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(refund.tenant.get())
        .bind(refund.no.as_str())
        .bind(leased_until.get())
        .bind(until.get())
        .fetch_optional(db)
        .await)?;
    Ok(held.is_some())
}

/// Notes which refund of the channel's own platform returned this money in its place. `false` when that one stands in for another refund
/// already.
pub async fn mark_made_as(tx: &mut Tx<'_>, refund: &Refund, other: &OtherRefundNo) -> Result<bool, StoreError> {
    let sql = "UPDATE refund SET made_as = $4 WHERE tenant = $1 AND no = $2 AND NOT EXISTS \
         (SELECT 1 FROM refund other WHERE other.tenant = $1 AND other.attempt = $3 AND other.made_as = $4)";
    on!(tx, |db| sqlx::query(sql)
        .bind(refund.tenant.get())
        .bind(refund.no.as_str())
        .bind(refund.attempt.as_str())
        .bind(other.as_str())
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
    .map_err(StoreError::from)
}

/// Whether the refund of this number, made on the channel's own platform, stands for one of ours.
pub async fn is_made_as(tx: &mut Tx<'_>, tenant: TenantId, attempt: &OutTradeNo, other: &str) -> Result<bool, StoreError> {
    let sql = "SELECT no FROM refund WHERE tenant = $1 AND attempt = $2 AND made_as = $3";
    let row: Option<(String,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(attempt.as_str()).bind(other).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// Notes when the channel is to be asked about a refund again.
pub async fn set_refund_due(tx: &mut Tx<'_>, refund: &Refund, due_at: Option<Millis>) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE refund SET due_at_ms = $3 WHERE tenant = $1 AND no = $2 AND final_at_ms IS NULL")
        .bind(refund.tenant.get())
        .bind(refund.no.as_str())
        .bind(due_at.map(Millis::get))
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

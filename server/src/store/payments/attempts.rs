//! Attempts: the tries of a payment that the channel knows by their numbers.

use domain::payment::{Attempt, AttemptState};
use domain::{Fen, Millis, OutTradeNo, Payment, PaymentId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::claim::claim;
use crate::store::words::{unreadable, word};
use crate::store::{StoreError, Tx, on};

/// An attempt as it is stored.
#[derive(FromRow)]
pub(super) struct AttemptRow {
    pub(super) no: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) trade: Option<String>,
    pub(super) received_fen: Option<i64>,
    pub(super) ticket: Option<String>,
    pub(super) made_at_ms: i64,
    pub(super) heard_at_ms: Option<i64>,
    pub(super) closed_at_ms: Option<i64>,
}

/// Stores one more attempt. It is asked about soon, because from now on the channel may know it.
pub async fn insert_attempt(tx: &mut Tx<'_>, payment: &Payment, attempt: &Attempt, position: usize, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO attempt (tenant, no, payment, position, kind, state, made_at_ms, query_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(payment.tenant.get())
    .bind(attempt.no.as_str())
    .bind(payment.id.get())
    .bind(i64::try_from(position).unwrap_or(i64::MAX))
    .bind(word(&attempt.kind)?)
    .bind(word(&attempt.state)?)
    .bind(now.get())
    .bind(now.plus_ms(domain::payment::query_pause_ms(0)).get())
    .execute(db)
    .await
    .map(drop))?;
    on!(tx, |db| sqlx::query("INSERT INTO trade_no (no, tenant, payment) VALUES ($1, $2, $3)")
        .bind(attempt.no.as_str())
        .bind(payment.tenant.get())
        .bind(payment.id.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Notes what the channel gave for paying an attempt, or that it refused. Only an attempt that was unknown changes.
pub async fn set_ticket(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    no: &OutTradeNo,
    state: AttemptState,
    ticket: Option<&str>,
    now: Millis,
) -> Result<(), StoreError> {
    let query_at = state.is_live().then(|| now.plus_ms(domain::payment::query_pause_ms(0)).get());
    on!(tx, |db| sqlx::query(
        "UPDATE attempt SET state = $3, ticket = COALESCE($4, ticket), heard_at_ms = $5, query_at_ms = $6 \
         WHERE tenant = $1 AND no = $2 AND state = 'unknown'",
    )
    .bind(tenant.get())
    .bind(no.as_str())
    .bind(word(&state)?)
    .bind(ticket)
    .bind(now.get())
    .bind(query_at)
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// Notes when the channel is to be asked about an attempt again, and that it spoke just now if it did. Whoever was still asking when
/// money came, or when the order was refused, puts no further question: of such an attempt there is nothing more to learn.
pub async fn set_query(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    no: &OutTradeNo,
    heard_at: Option<Millis>,
    query_at: Option<Millis>,
) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "UPDATE attempt SET heard_at_ms = COALESCE($3, heard_at_ms), query_at_ms = $4 \
         WHERE tenant = $1 AND no = $2 AND ($4 IS NULL OR state IN ('unknown', 'ready', 'closed'))",
    )
    .bind(tenant.get())
    .bind(no.as_str())
    .bind(heard_at.map(Millis::get))
    .bind(query_at.map(Millis::get))
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// An attempt that the channel is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAttempt {
    /// The organisation.
    pub tenant: TenantId,
    /// The payment.
    pub payment: PaymentId,
    /// The attempt.
    pub no: OutTradeNo,
}

/// Takes up to `limit` attempts that are due to be asked about, and puts them off to `lease_until`, by the rule of [`crate::leases`].
pub async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<DueAttempt>, StoreError> {
    let rows: Vec<(Uuid, Uuid, String)> = claim!(
        tx, now: now, lease_until: lease_until, limit: limit,
        table: "attempt", key: "no", due: "query_at_ms", also: "", row: "tenant, payment, no",
    )?;
    let read = |(tenant, payment, no): (Uuid, Uuid, String)| {
        Ok(DueAttempt { tenant: TenantId::of(tenant), payment: PaymentId::of(payment), no: out_trade_no(&no)? })
    };
    rows.into_iter().map(read).collect()
}

/// Stores what became of an attempt. `heard_at` is when the channel said so, if it did.
pub(super) async fn update_attempt(
    tx: &mut Tx<'_>,
    payment: &Payment,
    attempt: &Attempt,
    heard_at: Option<Millis>,
) -> Result<(), StoreError> {
    let closed_at = heard_at.filter(|_| attempt.state == AttemptState::Closed);
    let look_again_at = closed_at.and_then(|closed_at| Some(closed_at.plus_ms(domain::payment::look_again_ms(0)?)));
    on!(tx, |db| sqlx::query(
        "UPDATE attempt SET state = $3, trade = $4, received_fen = $5, heard_at_ms = COALESCE($6, heard_at_ms), \
         query_at_ms = CASE WHEN $7 THEN query_at_ms ELSE $8 END, closed_at_ms = COALESCE(closed_at_ms, $9) \
         WHERE tenant = $1 AND no = $2",
    )
    .bind(payment.tenant.get())
    .bind(attempt.no.as_str())
    .bind(word(&attempt.state)?)
    .bind(&attempt.transaction)
    .bind(attempt.received_fen.map(Fen::get))
    .bind(heard_at.map(Millis::get))
    .bind(attempt.state.is_live())
    .bind(look_again_at.map(Millis::get))
    .bind(closed_at.map(Millis::get))
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// A number as it is stored.
pub(super) fn out_trade_no(text: &str) -> Result<OutTradeNo, StoreError> {
    OutTradeNo::parse(text).ok_or_else(|| unreadable("trade_no", text))
}

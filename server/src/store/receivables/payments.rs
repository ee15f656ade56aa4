//! Payments that settle a debt: through its own code in the transaction that makes the receipt, or matched by somebody; and what
//! goes back of them.

use domain::receivable::{Claim, Movement, MovementKind};
use domain::{AccountId, Fen, Millis, Payment, PaymentId, ReceivableId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Decided, Stored, by_code, load, moved};
use crate::store::payments::{Ids, of_word, word};
use crate::store::{StoreError, Tx, on};

/// How a payment came to settle a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Through the debt's own code.
    Code,
    /// Somebody confirmed it.
    Match,
}

/// A payment that settles a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// The payment.
    pub payment: PaymentId,
    /// The debt.
    pub receivable: ReceivableId,
    /// How.
    pub way: Way,
    /// What stayed of it so far.
    pub kept_fen: Fen,
    /// Since when.
    pub at_ms: Millis,
}

#[derive(FromRow)]
struct Row {
    payment: Uuid,
    receivable: Uuid,
    way: String,
    kept_fen: i64,
    at_ms: i64,
}

impl Row {
    fn read(self) -> Result<Paid, StoreError> {
        Ok(Paid {
            payment: PaymentId::of(self.payment),
            receivable: ReceivableId::of(self.receivable),
            way: of_word("receivable_payment.way", &self.way)?,
            kept_fen: Fen::of(self.kept_fen),
            at_ms: Millis::of(self.at_ms),
        })
    }
}

/// What the merchant keeps of a payment at present: what it collected less what goes or went back.
pub fn kept_of(payment: &Payment) -> Fen {
    payment.refundable()
}

/// What a payment settles, if it settles a debt.
pub async fn of_payment(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId) -> Result<Option<Paid>, StoreError> {
    let sql = "SELECT payment, receivable, way, kept_fen, at_ms FROM receivable_payment WHERE tenant = $1 AND payment = $2";
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payment.get()).fetch_optional(db).await)?;
    row.map(Row::read).transpose()
}

/// The payments that settle a debt, oldest first.
pub async fn paid_for(tx: &mut Tx<'_>, tenant: TenantId, receivable: ReceivableId) -> Result<Vec<Paid>, StoreError> {
    let sql = "SELECT payment, receivable, way, kept_fen, at_ms FROM receivable_payment WHERE tenant = $1 AND receivable = $2 \
         ORDER BY at_ms, payment LIMIT 500";
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(receivable.get()).fetch_all(db).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Counts a payment that came through a debt's own code, in the transaction that makes it a receipt.
pub async fn collect(tx: &mut Tx<'_>, paid: &Payment, ids: &mut Ids, now: Millis) -> Result<(), StoreError> {
    let Some(stored) = by_code(tx, paid.tenant, paid.code).await? else { return Ok(()) };
    settle(tx, &stored, paid, Way::Code, Decided { payment: Some(paid.id), ..Decided::default() }, ids, now).await
}

/// Counts a payment that came another way, because somebody confirmed it. The payment must be guarded against refunds meanwhile.
///
/// # Errors
/// [`StoreError::Duplicate`] when it settles a debt already.
pub async fn match_payment(
    tx: &mut Tx<'_>,
    stored: &Stored,
    paid: &Payment,
    by: AccountId,
    ids: &mut Ids,
    now: Millis,
) -> Result<(), StoreError> {
    let decided = Decided { by: Some(by), payment: Some(paid.id), reason: None };
    settle(tx, stored, paid, Way::Match, decided, ids, now).await
}

async fn settle(
    tx: &mut Tx<'_>,
    stored: &Stored,
    paid: &Payment,
    way: Way,
    decided: Decided<'_>,
    ids: &mut Ids,
    now: Millis,
) -> Result<(), StoreError> {
    let kept = kept_of(paid);
    let kind = if way == Way::Code { MovementKind::Collected } else { MovementKind::Matched };
    moved(tx, stored, Movement { kind, amount_fen: kept }, decided, ids, now).await?;
    let sql = "INSERT INTO receivable_payment (tenant, payment, receivable, way, kept_fen, at_ms) VALUES ($1, $2, $3, $4, $5, $6)";
    on!(tx, |db| sqlx::query(sql)
        .bind(paid.tenant.get())
        .bind(paid.id.get())
        .bind(stored.receivable.id.get())
        .bind(word(&way)?)
        .bind(kept.get())
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Carries a payment's refunds over to the debt that it settles, if it settles one, in the transaction that sets the money aside or
/// frees it again.
pub async fn follow(tx: &mut Tx<'_>, after: &Payment, ids: &mut Ids, now: Millis) -> Result<(), StoreError> {
    let Some(paid) = of_payment(tx, after.tenant, after.id).await? else { return Ok(()) };
    let kept = kept_of(after);
    let change = kept.get() - paid.kept_fen.get();
    if change == 0 {
        return Ok(());
    }
    let Some(stored) = load(tx, after.tenant, paid.receivable).await? else { return Err(StoreError::Stale) };
    let kind = if change > 0 { MovementKind::ReturnFailed } else { MovementKind::Returned };
    let movement = Movement { kind, amount_fen: Fen::of(change.abs()) };
    moved(tx, &stored, movement, Decided { payment: Some(after.id), ..Decided::default() }, ids, now).await?;
    let sql = "UPDATE receivable_payment SET kept_fen = $3 WHERE tenant = $1 AND payment = $2 RETURNING payment";
    let kept_now: Option<(Uuid,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(after.tenant.get()).bind(after.id.get()).bind(kept.get()).fetch_optional(db).await)?;
    // Undone at this very moment: what was read is no more.
    kept_now.map(drop).ok_or(StoreError::Stale)
}

/// Undoes a match: the payment settles nothing any more. What the debt comes to then.
pub async fn unmatch(tx: &mut Tx<'_>, stored: &Stored, paid: Paid, by: AccountId, ids: &mut Ids, now: Millis) -> Result<Claim, StoreError> {
    let tenant = stored.receivable.tenant;
    let sql = "DELETE FROM receivable_payment WHERE tenant = $1 AND payment = $2 AND receivable = $3 AND way = 'match' AND kept_fen = $4 \
         RETURNING payment";
    let gone: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(tenant.get())
        .bind(paid.payment.get())
        .bind(paid.receivable.get())
        .bind(paid.kept_fen.get())
        .fetch_optional(db)
        .await)?;
    if gone.is_none() {
        return Err(StoreError::Stale);
    }
    // All of it may have gone back meanwhile: then it settled nothing any more.
    if !paid.kept_fen.is_positive() {
        return Ok(stored.claim);
    }
    let movement = Movement { kind: MovementKind::Unmatched, amount_fen: paid.kept_fen };
    moved(tx, stored, movement, Decided { by: Some(by), payment: Some(paid.payment), reason: None }, ids, now).await
}

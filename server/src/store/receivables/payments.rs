//! Payments that settle a debt: through its own code in the transaction that makes the receipt, or matched by somebody; and what
//! goes back of them. What a payment settles of a debt is its share; one that was matched may have several.

use domain::receivable::{Movement, MovementKind, kept_of_shares};
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
    /// What was counted of it.
    pub share_fen: Fen,
    /// What stayed of that so far.
    pub kept_fen: Fen,
    /// Since when.
    pub at_ms: Millis,
}

#[derive(FromRow)]
struct Row {
    payment: Uuid,
    receivable: Uuid,
    way: String,
    share_fen: i64,
    kept_fen: i64,
    at_ms: i64,
}

impl Row {
    fn read(self) -> Result<Paid, StoreError> {
        Ok(Paid {
            payment: PaymentId::of(self.payment),
            receivable: ReceivableId::of(self.receivable),
            way: of_word("receivable_share.way", &self.way)?,
            share_fen: Fen::of(self.share_fen),
            kept_fen: Fen::of(self.kept_fen),
            at_ms: Millis::of(self.at_ms),
        })
    }
}

/// What the merchant keeps of a payment at present: what it collected less what goes or went back.
fn kept_of(payment: &Payment) -> Fen {
    payment.refundable()
}

/// What a payment settles of which debts, in the order in which it was counted.
pub async fn of_payment(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId) -> Result<Vec<Paid>, StoreError> {
    let sql = "SELECT payment, receivable, way, share_fen, kept_fen, at_ms FROM receivable_share WHERE tenant = $1 AND payment = $2 \
         ORDER BY at_ms, receivable";
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payment.get()).fetch_all(db).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// What is kept of `payment` and counts for no debt, given what it settles.
pub fn uncounted(payment: &Payment, shares: &[Paid]) -> Fen {
    let counted: i64 = shares.iter().map(|share| share.kept_fen.get()).sum();
    Fen::of((kept_of(payment).get() - counted).max(0))
}

/// The payments that settle a debt, oldest first.
pub async fn paid_for(tx: &mut Tx<'_>, tenant: TenantId, receivable: ReceivableId) -> Result<Vec<Paid>, StoreError> {
    let sql = "SELECT payment, receivable, way, share_fen, kept_fen, at_ms FROM receivable_share WHERE tenant = $1 AND receivable = $2 \
         ORDER BY at_ms, payment LIMIT 500";
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(receivable.get()).fetch_all(db).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Counts a payment that came through a debt's own code, in the transaction that makes it a receipt.
pub async fn collect(tx: &mut Tx<'_>, paid: &Payment, ids: &mut Ids, now: Millis) -> Result<(), StoreError> {
    let Some(stored) = by_code(tx, paid.tenant, paid.code).await? else { return Ok(()) };
    let decided = Decided { payment: Some(paid.id), ..Decided::default() };
    settle(tx, &stored, (Way::Code, paid.amount_fen, kept_of(paid)), decided, ids, now).await
}

/// Counts so much of a payment that came another way, because somebody confirmed it; beside what it counted for this debt before. The
/// payment must be guarded against refunds and other matches meanwhile, and so much of it must be uncounted.
pub async fn match_payment(
    tx: &mut Tx<'_>,
    stored: &Stored,
    (payment, amount): (PaymentId, Fen),
    by: AccountId,
    ids: &mut Ids,
    now: Millis,
) -> Result<(), StoreError> {
    let decided = Decided { by: Some(by), payment: Some(payment), reason: None };
    settle(tx, stored, (Way::Match, amount, amount), decided, ids, now).await
}

async fn settle(
    tx: &mut Tx<'_>,
    stored: &Stored,
    (way, share, kept): (Way, Fen, Fen),
    decided: Decided<'_>,
    ids: &mut Ids,
    now: Millis,
) -> Result<(), StoreError> {
    let kind = if way == Way::Code { MovementKind::Collected } else { MovementKind::Matched };
    moved(tx, stored, Movement { kind, amount_fen: kept }, decided, ids, now).await?;
    let sql = "INSERT INTO receivable_share (tenant, payment, receivable, way, share_fen, kept_fen, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (tenant, payment, receivable) DO UPDATE SET share_fen = receivable_share.share_fen + excluded.share_fen, \
         kept_fen = receivable_share.kept_fen + excluded.kept_fen";
    on!(tx, |db| sqlx::query(sql)
        .bind(stored.receivable.tenant.get())
        .bind(decided.payment.map(PaymentId::get))
        .bind(stored.receivable.id.get())
        .bind(word(&way)?)
        .bind(share.get())
        .bind(kept.get())
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Carries a payment's refunds over to the debts that it settles, in the transaction that sets the money aside or frees it again.
pub async fn follow(tx: &mut Tx<'_>, after: &Payment, ids: &mut Ids, now: Millis) -> Result<(), StoreError> {
    let shares = of_payment(tx, after.tenant, after.id).await?;
    let kept = kept_of_shares(kept_of(after), shares.iter().map(|share| share.share_fen));
    for (share, kept) in shares.into_iter().zip(kept) {
        keep(tx, after, share, kept, ids, now).await?;
    }
    Ok(())
}

/// Stores what stays of a share now, with the movement of its debt.
async fn keep(tx: &mut Tx<'_>, after: &Payment, share: Paid, kept: Fen, ids: &mut Ids, now: Millis) -> Result<(), StoreError> {
    let change = kept.get() - share.kept_fen.get();
    if change == 0 {
        return Ok(());
    }
    let Some(stored) = load(tx, after.tenant, share.receivable).await? else { return Err(StoreError::Stale) };
    let kind = if change > 0 { MovementKind::ReturnFailed } else { MovementKind::Returned };
    let movement = Movement { kind, amount_fen: Fen::of(change.abs()) };
    moved(tx, &stored, movement, Decided { payment: Some(after.id), ..Decided::default() }, ids, now).await?;
    let sql = "UPDATE receivable_share SET kept_fen = $4 WHERE tenant = $1 AND payment = $2 AND receivable = $3 AND kept_fen = $5 \
         RETURNING payment";
    let kept_now: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(after.tenant.get())
        .bind(after.id.get())
        .bind(share.receivable.get())
        .bind(kept.get())
        .bind(share.kept_fen.get())
        .fetch_optional(db)
        .await)?;
    // Undone at this very moment: what was read is no more.
    kept_now.map(drop).ok_or(StoreError::Stale)
}

/// Undoes a match: the payment settles nothing of this debt any more. What went back of its other shares is not made good by what
/// is free now, because nothing is counted unless somebody confirms it. The payment must be guarded as for
/// [`match_payment`].
pub async fn unmatch(tx: &mut Tx<'_>, stored: &Stored, paid: Paid, by: AccountId, ids: &mut Ids, now: Millis) -> Result<(), StoreError> {
    let tenant = stored.receivable.tenant;
    let sql = "DELETE FROM receivable_share WHERE tenant = $1 AND payment = $2 AND receivable = $3 AND way = 'match' AND kept_fen = $4 \
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
    for sql in [
        "DELETE FROM receivable_share WHERE tenant = $1 AND payment = $2 AND kept_fen = 0",
        "UPDATE receivable_share SET share_fen = kept_fen WHERE tenant = $1 AND payment = $2 AND share_fen > kept_fen",
    ] {
        on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(paid.payment.get()).execute(db).await.map(drop))?;
    }
    // All of it may have gone back meanwhile: then it settled nothing any more.
    if !paid.kept_fen.is_positive() {
        return Ok(());
    }
    let movement = Movement { kind: MovementKind::Unmatched, amount_fen: paid.kept_fen };
    moved(tx, stored, movement, Decided { by: Some(by), payment: Some(paid.payment), reason: None }, ids, now).await.map(drop)
}

//! The ledger's rows. They are only ever inserted; guards in the database refuse everything else.

use domain::ledger::{ClaimTransfer, Transfer};
use domain::{Fen, Millis, TenantId};
use uuid::Uuid;

use super::{StoreError, Tx, on};

/// Books a transfer.
///
/// # Errors
/// [`StoreError::Duplicate`] when its business event was booked before.
pub async fn book(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, transfer: &Transfer, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO transfer (tenant, id, key, debit, credit, amount_fen, payment, booked_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.get())
    .bind(id)
    .bind(&transfer.key)
    .bind(transfer.debit.to_string())
    .bind(transfer.credit.to_string())
    .bind(transfer.amount_fen.get())
    .bind(transfer.payment.get())
    .bind(now.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// The balance of an account, debits less credits.
pub async fn balance(tx: &mut Tx<'_>, tenant: TenantId, account: &str) -> Result<Fen, StoreError> {
    let (fen,): (i64,) = on!(tx, |db| sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(CASE WHEN debit = $2 THEN amount_fen ELSE -amount_fen END), 0) AS BIGINT) \
         FROM transfer WHERE tenant = $1 AND (debit = $2 OR credit = $2)",
    )
    .bind(tenant.get())
    .bind(account)
    .fetch_one(db)
    .await)?;
    Ok(Fen::of(fen))
}

/// Books a movement of a claim.
///
/// # Errors
/// [`StoreError::Duplicate`] when it was booked before.
pub async fn book_claim(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, transfer: &ClaimTransfer, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO transfer (tenant, id, key, debit, credit, amount_fen, receivable, booked_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.get())
    .bind(id)
    .bind(&transfer.key)
    .bind(transfer.debit.to_string())
    .bind(transfer.credit.to_string())
    .bind(transfer.amount_fen.get())
    .bind(transfer.receivable.get())
    .bind(now.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

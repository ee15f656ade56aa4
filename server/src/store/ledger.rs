//! The ledger's rows. They are only ever inserted; guards in the database refuse everything else.

use domain::ledger::{ClaimTransfer, Transfer};
use domain::{Fen, Millis, PaymentId, ReceivableId, TenantId};
use uuid::Uuid;

use super::{StoreError, Tx, on};

/// Books a transfer.
///
/// # Errors
/// [`StoreError::Duplicate`] when its business event was booked before.
pub async fn book(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, transfer: &Transfer, now: Millis) -> Result<(), StoreError> {
    let Transfer { key, debit, credit, amount_fen, payment } = transfer;
    let row = Row { key, debit: debit.to_string(), credit: credit.to_string(), amount_fen: *amount_fen, of: Of::Payment(*payment) };
    insert(tx, tenant, id, row, now).await
}

/// Books a movement of a claim.
///
/// # Errors
/// [`StoreError::Duplicate`] when it was booked before.
pub async fn book_claim(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, transfer: &ClaimTransfer, now: Millis) -> Result<(), StoreError> {
    let ClaimTransfer { key, debit, credit, amount_fen, receivable } = transfer;
    let row = Row { key, debit: debit.to_string(), credit: credit.to_string(), amount_fen: *amount_fen, of: Of::Receivable(*receivable) };
    insert(tx, tenant, id, row, now).await
}

/// A movement as it is booked, of money or of a claim.
struct Row<'a> {
    key: &'a str,
    debit: String,
    credit: String,
    amount_fen: Fen,
    of: Of,
}

/// What a movement belongs to.
enum Of {
    Payment(PaymentId),
    Receivable(ReceivableId),
}

async fn insert(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, row: Row<'_>, now: Millis) -> Result<(), StoreError> {
    let (payment, receivable) = match row.of {
        Of::Payment(payment) => (Some(payment.get()), None),
        Of::Receivable(receivable) => (None, Some(receivable.get())),
    };
    on!(tx, |db| sqlx::query(
        "INSERT INTO transfer (tenant, id, key, debit, credit, amount_fen, payment, receivable, booked_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.get())
    .bind(id)
    .bind(row.key)
    .bind(&row.debit)
    .bind(&row.credit)
    .bind(row.amount_fen.get())
    .bind(payment)
    .bind(receivable)
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

//! Photographs that payers attach, re-encoded by us.

use domain::{Millis, PaymentId, TenantId};
use uuid::Uuid;

use super::{StoreError, Tx, on};

/// A stored photograph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// `image/jpeg` or `image/png`.
    pub mime: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Stores a photograph that belongs to no payment yet.
pub async fn insert(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, photo: &Photo, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("INSERT INTO photo (tenant, id, mime, bytes, created_at_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(tenant.get())
        .bind(id)
        .bind(&photo.mime)
        .bind(&photo.bytes)
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Ties a photograph to the payment whose form it answers. `false` when there is none such or it belongs to another payment.
pub async fn attach(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, payment: PaymentId) -> Result<bool, StoreError> {
    let sql = "UPDATE photo SET payment = $3 WHERE tenant = $1 AND id = $2 AND (payment IS NULL OR payment = $3)";
    let changed =
        on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(id).bind(payment.get()).execute(db).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// The photograph, or `None`.
pub async fn load(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid) -> Result<Option<Photo>, StoreError> {
    let row: Option<(String, Vec<u8>)> = on!(tx, |db| sqlx::query_as("SELECT mime, bytes FROM photo WHERE tenant = $1 AND id = $2")
        .bind(tenant.get())
        .bind(id)
        .fetch_optional(db)
        .await)?;
    Ok(row.map(|(mime, bytes)| Photo { mime, bytes }))
}

/// Photographs from before `$1` that no payment has.
pub(super) const DELETE_UNATTACHED: &str = "DELETE FROM photo WHERE payment IS NULL AND created_at_ms < $1";

/// Forgets photographs that were stored before `before` and never became part of a payment; tells how many.
pub async fn delete_unattached(tx: &mut Tx<'_>, before: Millis) -> Result<u64, StoreError> {
    on!(tx, |db| sqlx::query(DELETE_UNATTACHED).bind(before.get()).execute(db).await.map(|done| done.rows_affected()))
        .map_err(StoreError::from)
}

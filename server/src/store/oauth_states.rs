//! Single-use marks of a trip to the channel's sign-in page, tied to the browser that began it.

use domain::{Millis, PaymentId, TenantId};
use uuid::Uuid;

use super::sessions::TokenHash;
use super::{StoreError, Tx, on};

/// A trip that begins.
#[derive(Debug, Clone)]
pub struct Trip {
    /// The hash of the mark in the address.
    pub state_hash: TokenHash,
    /// The hash of what the browser keeps.
    pub browser_hash: TokenHash,
    /// The payment that is to be paid.
    pub payment: PaymentId,
    /// Its organisation.
    pub tenant: TenantId,
    /// Until when the browser may come back.
    pub expires_at_ms: Millis,
}

/// Stores a trip.
pub async fn insert(tx: &mut Tx<'_>, trip: &Trip) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO oauth_state (state_hash, tenant, payment, browser_hash, expires_at_ms) VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(&trip.state_hash[..])
    .bind(trip.tenant.get())
    .bind(trip.payment.get())
    .bind(&trip.browser_hash[..])
    .bind(trip.expires_at_ms.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// The payment of a trip, whoever began it and however it ended: a landing address that is opened again leads to the payment's
/// own page, which tells nothing that the address does not.
pub async fn payment_of(tx: &mut Tx<'_>, state_hash: &TokenHash) -> Result<Option<(TenantId, PaymentId)>, StoreError> {
    let row: Option<(Uuid, Uuid)> = on!(tx, |db| sqlx::query_as("SELECT tenant, payment FROM oauth_state WHERE state_hash = $1")
        .bind(&state_hash[..])
        .fetch_optional(db)
        .await)?;
    Ok(row.map(|(tenant, payment)| (TenantId::of(tenant), PaymentId::of(payment))))
}

/// Uses the mark up and tells which payment it was for; `None` when it was used before, is over, belongs to another browser,
/// or never was.
pub async fn take(
    tx: &mut Tx<'_>,
    state_hash: &TokenHash,
    browser_hash: &TokenHash,
    now: Millis,
) -> Result<Option<(TenantId, PaymentId)>, StoreError> {
    let row: Option<(Uuid, Uuid)> = on!(tx, |db| {
        sqlx::query_as(
        "UPDATE oauth_state SET used_at_ms = $3 WHERE state_hash = $1 AND browser_hash = $2 AND used_at_ms IS NULL AND expires_at_ms > $3 \
         RETURNING tenant, payment",
    )
    .bind(&state_hash[..])
    .bind(&browser_hash[..])
    .bind(now.get())
    .fetch_optional(db)
    .await
    })?;
    Ok(row.map(|(tenant, payment)| (TenantId::of(tenant), PaymentId::of(payment))))
}

/// The payment of a mark, used or not, while the browser that began the trip holds it: a landing page that is loaded again
/// goes on to the payment without signing in a second time.
pub async fn look(tx: &mut Tx<'_>, state_hash: &TokenHash, browser_hash: &TokenHash) -> Result<Option<(TenantId, PaymentId)>, StoreError> {
    let sql = "SELECT tenant, payment FROM oauth_state WHERE state_hash = $1 AND browser_hash = $2";
    let row: Option<(Uuid, Uuid)> =
        on!(tx, |db| sqlx::query_as(sql).bind(&state_hash[..]).bind(&browser_hash[..]).fetch_optional(db).await)?;
    Ok(row.map(|(tenant, payment)| (TenantId::of(tenant), PaymentId::of(payment))))
}

/// Trips that were over at `$1`.
pub(super) const DELETE_EXPIRED: &str = "DELETE FROM oauth_state WHERE expires_at_ms <= $1";

/// Forgets marks that ended before `now`.
pub async fn delete_expired(tx: &mut Tx<'_>, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(DELETE_EXPIRED).bind(now.get()).execute(db).await.map(drop)).map_err(StoreError::from)
}

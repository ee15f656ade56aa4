//! What people have to be told. Stored with the change that it tells of, delivered afterwards, at least once.

use domain::payment::Message;
use domain::{Millis, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::claim::claim;
use super::words::{json, of_json};
use super::{StoreError, Tx, on};

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The organisation.
    pub tenant: TenantId,
    /// The row.
    pub id: Uuid,
    /// What is to be told.
    pub message: Message,
    /// When it was stored.
    pub created_at_ms: Millis,
    /// How often it was taken up, this time included.
    pub tries: i64,
}

#[derive(FromRow)]
struct Row {
    tenant: Uuid,
    id: Uuid,
    message: String,
    created_at_ms: i64,
    tries: i64,
}

impl Row {
    fn read(self) -> Result<Due, StoreError> {
        Ok(Due {
            tenant: TenantId::of(self.tenant),
            id: self.id,
            message: of_json("outbox.message", &self.message)?,
            created_at_ms: Millis::of(self.created_at_ms),
            tries: self.tries,
        })
    }
}

/// Stores a message that is due at once.
pub async fn insert(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, message: &Message, now: Millis) -> Result<(), StoreError> {
    let message = json(message)?;
    on!(tx, |db| sqlx::query("INSERT INTO outbox (tenant, id, message, created_at_ms, due_at_ms) VALUES ($1, $2, $3, $4, $4)")
        .bind(tenant.get())
        .bind(id)
        .bind(message)
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Takes up to `limit` due messages and puts them off to `lease_until`, by the rule of [`crate::leases`].
pub async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<Due>, StoreError> {
    let mut rows: Vec<Row> = claim!(
        tx, now: now, lease_until: lease_until, limit: limit,
        table: "outbox", key: "tenant, id", due: "due_at_ms", also: ", tries = tries + 1",
        row: "tenant, id, message, created_at_ms, tries",
    )?;
    rows.sort_by_key(|row| (row.created_at_ms, row.id));
    // One that this version cannot read, perhaps because a newer one wrote it, holds up no other; it comes again with each lease.
    let read = |row: Row| {
        let id = row.id;
        row.read().inspect_err(|error| tracing::error!(%error, message = %id, "a message to be told cannot be read")).ok()
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Notes that the message was delivered; whether nobody had noted it before.
pub async fn done(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, now: Millis) -> Result<bool, StoreError> {
    on!(tx, |db| sqlx::query("UPDATE outbox SET done_at_ms = $3, due_at_ms = NULL WHERE tenant = $1 AND id = $2 AND done_at_ms IS NULL")
        .bind(tenant.get())
        .bind(id)
        .bind(now.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
    .map_err(StoreError::from)
}

/// Puts a message off after a failed try, or gives it up (`None`): then it is a dead letter, kept for a person.
pub async fn put_off(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, due_at: Option<Millis>) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE outbox SET due_at_ms = $3 WHERE tenant = $1 AND id = $2 AND done_at_ms IS NULL")
        .bind(tenant.get())
        .bind(id)
        .bind(due_at.map(Millis::get))
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The newest `limit` messages that were given up.
pub async fn dead(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Due>, StoreError> {
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(
        "SELECT tenant, id, message, created_at_ms, tries FROM outbox WHERE due_at_ms IS NULL AND done_at_ms IS NULL \
         ORDER BY created_at_ms DESC LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

//! How far mailboxes were read to which mails come back, and who reads one at present.

use domain::Millis;

use super::{StoreError, Tx, on};

/// How far a mailbox was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// How often in a row it could not be read.
    pub failures: i64,
    /// Which numbering of mails `last_uid` belongs to.
    pub validity: i64,
    /// The last mail that was looked at.
    pub last_uid: i64,
}

/// Whether the mailbox is due, or was never read.
pub async fn is_due(tx: &mut Tx<'_>, name: &str, now: Millis) -> Result<bool, StoreError> {
    let sql = "SELECT due_at_ms FROM return_mailbox WHERE name = $1";
    let row: Option<(i64,)> = on!(tx, |db| sqlx::query_as(sql).bind(name).fetch_optional(db).await)?;
    Ok(row.is_none_or(|(due_at_ms,)| due_at_ms <= now.get()))
}

/// Takes a due mailbox and puts it off to `lease_until`, so that nobody else reads it meanwhile; `None` when it is not due.
pub async fn claim(tx: &mut Tx<'_>, name: &str, now: Millis, lease_until: Millis) -> Result<Option<Place>, StoreError> {
    let insert = "INSERT INTO return_mailbox (name, due_at_ms) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    on!(tx, |db| sqlx::query(insert).bind(name).bind(now.get()).execute(db).await.map(drop))?;
    let sql = "UPDATE return_mailbox SET due_at_ms = $3 WHERE name = $1 AND due_at_ms <= $2 RETURNING failures, validity, last_uid";
    let row: Option<(i64, i64, i64)> =
        on!(tx, |db| sqlx::query_as(sql).bind(name).bind(now.get()).bind(lease_until.get()).fetch_optional(db).await)?;
    Ok(row.map(|(failures, validity, last_uid)| Place { failures, validity, last_uid }))
}

/// Notes how far whoever put it off to `lease_until` has read, and when it is due again. Whoever was so slow that somebody else took it
/// meanwhile notes nothing.
pub async fn leave(tx: &mut Tx<'_>, name: &str, lease_until: Millis, place: &Place, due_at: Millis) -> Result<(), StoreError> {
    let sql = "UPDATE return_mailbox SET due_at_ms = $3, failures = $4, validity = $5, last_uid = $6 WHERE name = $1 AND due_at_ms = $2";
    on!(tx, |db| sqlx::query(sql)
        .bind(name)
        .bind(lease_until.get())
        .bind(due_at.get())
        .bind(place.failures)
        .bind(place.validity)
        .bind(place.last_uid)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

//! Doors: how often in a row a phone number was tried with a wrong password. Kept for every number that is tried, whether or
//! not it has an account, so that a lock tells nobody who exists.

use domain::Millis;
use domain::account::{Door, Phone};

use super::audit::{Act, Actor, Deed};
use super::{Command, StoreError, Tx, accounts, audit, on};

/// The door of a phone number; a number that was never tried has a fresh one.
pub async fn of(tx: &mut Tx<'_>, phone: &Phone) -> Result<Door, StoreError> {
    let row: Option<(i64, i64)> = on!(tx, |db| sqlx::query_as("SELECT wrong_in_a_row, locked_until_ms FROM door WHERE phone = $1")
        .bind(phone.as_str())
        .fetch_optional(db)
        .await)?;
    let door =
        row.map(|(wrong, until)| Door { wrong_in_a_row: u32::try_from(wrong).unwrap_or(u32::MAX), locked_until_ms: Millis::of(until) });
    Ok(door.unwrap_or_default())
}

/// Forgets the wrong tries: the right password was given, or an operator unlocks. `false` when there were none.
pub async fn open(tx: &mut Tx<'_>, phone: &Phone) -> Result<bool, StoreError> {
    let gone: Option<(String,)> =
        on!(tx, |db| sqlx::query_as("DELETE FROM door WHERE phone = $1 RETURNING phone").bind(phone.as_str()).fetch_optional(db).await)?;
    Ok(gone.is_some())
}

/// Forgets numbers that nobody tried since `before` and that are not locked any more.
pub async fn delete_untouched(tx: &mut Tx<'_>, before: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("DELETE FROM door WHERE tried_at_ms < $1").bind(before.get()).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// A wrong password was given. Two at once both count, because the count is written against the one that was read.
pub struct Wrong {
    /// The number that was tried.
    pub phone: Phone,
    /// When.
    pub now: Millis,
}

impl Command for Wrong {
    /// The door afterwards.
    type Done = Door;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Door, StoreError> {
        let before = of(tx, &self.phone).await?;
        let after = before.after_wrong(self.now);
        let written: Option<(String,)> = on!(tx, |db| {
            sqlx::query_as(
            "INSERT INTO door (phone, wrong_in_a_row, locked_until_ms, tried_at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (phone) DO UPDATE \
             SET wrong_in_a_row = excluded.wrong_in_a_row, locked_until_ms = excluded.locked_until_ms, tried_at_ms = excluded.tried_at_ms \
             WHERE door.wrong_in_a_row = $5 AND door.locked_until_ms = $6 RETURNING phone",
        )
        .bind(self.phone.as_str())
        .bind(i64::from(after.wrong_in_a_row))
        .bind(after.locked_until_ms.get())
        .bind(self.now.get())
        .bind(i64::from(before.wrong_in_a_row))
        .bind(before.locked_until_ms.get())
        .fetch_optional(db)
        .await
        })?;
        written.ok_or(StoreError::Stale)?;
        if after.is_locked(self.now) && !before.is_locked(self.now) {
            self.note_lock(tx, after).await?;
        }
        Ok(after)
    }
}

impl Wrong {
    /// The moment at which sign-ins begin to be refused is a row; each refused try after it is not, because anybody could fill
    /// the trail with them.
    async fn note_lock(&self, tx: &mut Tx<'_>, door: Door) -> Result<(), StoreError> {
        let Some(account) = accounts::by_phone(tx, &self.phone).await? else { return Ok(()) };
        let detail = serde_json::json!({"until_ms": door.locked_until_ms, "wrong_in_a_row": door.wrong_in_a_row});
        let deed = Deed::new(self.now, Actor::Unknown, Act::Lock, account.id, &detail);
        audit::append_everywhere(tx, account.id, &deed).await
    }
}

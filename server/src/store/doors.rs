//! Doors: how often in a row a phone number was tried with a wrong password. Kept for every number that is tried, whether or
//! not it has an account, so that a lock tells nobody who exists. A browser in which the number's owner signed in before has a door of
//! its own: anybody can shut the one that everybody else stands before.

use domain::Millis;
use domain::account::{Door, Phone};

use super::audit::{Act, Actor, Deed};
use super::{Command, StoreError, Tx, accounts, audit, on};

/// Which door somebody stands before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// The number that is tried.
    pub phone: Phone,
    /// The browser, where the owner signed in with it before; `None` is every other one.
    pub device: Option<String>,
}

impl Entrance {
    fn device(&self) -> &str {
        self.device.as_deref().unwrap_or_default()
    }
}

/// The door; one that was never tried is fresh.
pub async fn of(tx: &mut Tx<'_>, at: &Entrance) -> Result<Door, StoreError> {
    let sql = "SELECT wrong_in_a_row, locked_until_ms FROM door WHERE phone = $1 AND device = $2";
    let row: Option<(i64, i64)> = on!(tx, |db| sqlx::query_as(sql).bind(at.phone.as_str()).bind(at.device()).fetch_optional(db).await)?;
    let door =
        row.map(|(wrong, until)| Door { wrong_in_a_row: u32::try_from(wrong).unwrap_or(u32::MAX), locked_until_ms: Millis::of(until) });
    Ok(door.unwrap_or_default())
}

/// Forgets the wrong tries at one door: the right password was given there.
pub async fn open(tx: &mut Tx<'_>, at: &Entrance) -> Result<(), StoreError> {
    let sql = "DELETE FROM door WHERE phone = $1 AND device = $2";
    on!(tx, |db| sqlx::query(sql).bind(at.phone.as_str()).bind(at.device()).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Forgets the wrong tries at every door of a number: its owner set a password, or an operator unlocks. `false` when there were none.
pub async fn open_all(tx: &mut Tx<'_>, phone: &Phone) -> Result<bool, StoreError> {
    let sql = "DELETE FROM door WHERE phone = $1";
    let gone = on!(tx, |db| sqlx::query(sql).bind(phone.as_str()).execute(db).await.map(|done| done.rows_affected()))?;
    Ok(gone > 0)
}

/// Forgets numbers that nobody tried since `before` and that are not locked any more.
pub async fn delete_untouched(tx: &mut Tx<'_>, before: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("DELETE FROM door WHERE tried_at_ms < $1").bind(before.get()).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// A wrong password was given. Two at once both count, because the count is written against the one that was read.
pub struct Wrong {
    /// Where.
    pub at: Entrance,
    /// When.
    pub now: Millis,
}

impl Command for Wrong {
    /// The door afterwards.
    type Done = Door;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Door, StoreError> {
        let before = of(tx, &self.at).await?;
        let after = before.after_wrong(self.now);
        let written: Option<(String,)> = on!(tx, |db| {
            sqlx::query_as(
            "INSERT INTO door (phone, device, wrong_in_a_row, locked_until_ms, tried_at_ms) VALUES ($1, $7, $2, $3, $4) \
             ON CONFLICT (phone, device) DO UPDATE SET wrong_in_a_row = excluded.wrong_in_a_row, locked_until_ms = excluded.locked_until_ms, tried_at_ms = excluded.tried_at_ms \
             WHERE door.wrong_in_a_row = $5 AND door.locked_until_ms = $6 RETURNING phone",
        )
        .bind(self.at.phone.as_str())
        .bind(i64::from(after.wrong_in_a_row))
        .bind(after.locked_until_ms.get())
        .bind(self.now.get())
        .bind(i64::from(before.wrong_in_a_row))
        .bind(before.locked_until_ms.get())
        .bind(self.at.device())
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
        let Some(account) = accounts::by_phone(tx, &self.at.phone).await? else { return Ok(()) };
        let detail = serde_json::json!({"until_ms": door.locked_until_ms, "wrong_in_a_row": door.wrong_in_a_row, "is_trusted": self.at.device.is_some()});
        let deed = Deed::new(self.now, Actor::Unknown, Act::Lock, account.id, &detail);
        audit::append_everywhere(tx, account.id, &deed).await
    }
}

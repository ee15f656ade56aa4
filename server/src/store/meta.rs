//! What the database says about itself.

use super::{StoreError, Tx, on};

/// Marks the database as a demonstration: `serve` refuses it, so that nobody collects real money with known passwords.
pub async fn mark_demo(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    set(tx, "demo", "yes").await
}

/// Whether the database is a demonstration.
pub async fn is_demo(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(get(tx, "demo").await?.is_some())
}

/// What stands under `name`, or `None`.
pub async fn get(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> =
        on!(tx, |db| sqlx::query_as("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(db).await)?;
    Ok(row.map(|(value,)| value))
}

/// Writes `value` under `name`, instead of what stood there.
pub async fn set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    on!(tx, |db| sqlx::query(sql).bind(name).bind(value).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Writes `value` under `name` unless something stands there, and answers what stands there then. Of several instances that do so
/// at once the first one's value stays, and all of them answer it.
pub async fn keep(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<String, StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    on!(tx, |db| sqlx::query(sql).bind(name).bind(value).execute(db).await.map(drop))?;
    let (kept,): (String,) = on!(tx, |db| sqlx::query_as("SELECT value FROM meta WHERE name = $1").bind(name).fetch_one(db).await)?;
    Ok(kept)
}

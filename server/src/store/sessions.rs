//! Who is signed in, and the single-use links by which a password is set. Only hashes of the tokens are kept.

use domain::{AccountId, Caller, Millis, Role, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::accounts::read_role;
use super::{StoreError, Tx, on};

/// The SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// A session that begins.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The hash of its token.
    pub token_hash: TokenHash,
    /// Who acts where and as what.
    pub caller: Caller,
    /// What the person is told about the device, e.g. its browser's name.
    pub device: String,
    /// When it ends at the latest.
    pub expires_at_ms: Millis,
}

/// A session that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who acts where and as what.
    pub caller: Caller,
    /// The person's name.
    pub account_name: String,
    /// The organisation's name.
    pub tenant_name: String,
    /// What the person is told about the device.
    pub device: String,
    /// When it began.
    pub created_at_ms: Millis,
    /// When it was last used, to the minute.
    pub seen_at_ms: Millis,
    /// When it ends at the latest.
    pub expires_at_ms: Millis,
}

#[derive(FromRow)]
struct Row {
    tenant: Uuid,
    account: Uuid,
    role: String,
    account_name: String,
    tenant_name: String,
    device: String,
    created_at_ms: i64,
    seen_at_ms: i64,
    expires_at_ms: i64,
}

/// Stores a session.
pub async fn insert(tx: &mut Tx<'_>, new: &NewSession, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO session (token_hash, tenant, account, role, device, created_at_ms, seen_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
    )
    .bind(&new.token_hash[..])
    .bind(new.caller.tenant.get())
    .bind(new.caller.account.get())
    .bind(new.caller.role.word())
    .bind(&new.device)
    .bind(now.get())
    .bind(new.expires_at_ms.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// The session with this token, if it lasts at `now` and the person still has that role there.
pub async fn by_token(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(
        "SELECT s.tenant, s.account, s.role, a.name AS account_name, t.name AS tenant_name, s.device, s.created_at_ms, s.seen_at_ms, \
         s.expires_at_ms FROM session s JOIN account a ON a.id = s.account JOIN tenant t ON t.id = s.tenant \
         JOIN member m ON m.tenant = s.tenant AND m.account = s.account AND m.role = s.role \
         WHERE s.token_hash = $1 AND s.expires_at_ms > $2",
    )
    .bind(&token_hash[..])
    .bind(now.get())
    .fetch_optional(db)
    .await)?;
    row.map(|row| {
        let role: Role = read_role(&row.role)?;
        Ok(Session {
            caller: Caller { tenant: TenantId::of(row.tenant), account: AccountId::of(row.account), role },
            account_name: row.account_name,
            tenant_name: row.tenant_name,
            device: row.device,
            created_at_ms: Millis::of(row.created_at_ms),
            seen_at_ms: Millis::of(row.seen_at_ms),
            expires_at_ms: Millis::of(row.expires_at_ms),
        })
    })
    .transpose()
}

/// Notes that the session was used. A use within a minute of the last changes nothing, so that reading stays reading.
pub async fn touch(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE session SET seen_at_ms = $2 WHERE token_hash = $1 AND seen_at_ms < $2 - 60000")
        .bind(&token_hash[..])
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Ends a session.
pub async fn delete(tx: &mut Tx<'_>, token_hash: &TokenHash) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("DELETE FROM session WHERE token_hash = $1").bind(&token_hash[..]).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Ends every session of the person and tells how many there were: a new sign-in evicts the old one, and a new password
/// evicts all.
pub async fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, StoreError> {
    on!(tx, |db| sqlx::query("DELETE FROM session WHERE account = $1")
        .bind(account.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected()))
    .map_err(StoreError::from)
}

/// Forgets sessions and links that ended before `now`.
pub async fn delete_expired(tx: &mut Tx<'_>, now: Millis) -> Result<(), StoreError> {
    for sql in ["DELETE FROM session WHERE expires_at_ms <= $1", "DELETE FROM password_link WHERE expires_at_ms <= $1"] {
        on!(tx, |db| sqlx::query(sql).bind(now.get()).execute(db).await.map(drop))?;
    }
    Ok(())
}

/// Stores a single-use link by which the person may set a password until `expires_at`.
pub async fn insert_link(tx: &mut Tx<'_>, token_hash: &TokenHash, account: AccountId, expires_at: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("INSERT INTO password_link (token_hash, account, expires_at_ms) VALUES ($1, $2, $3)")
        .bind(&token_hash[..])
        .bind(account.get())
        .bind(expires_at.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Whose link it is while it can be used, without using it: for showing the page.
pub async fn look_at_link(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<Option<AccountId>, StoreError> {
    let sql = "SELECT account FROM password_link WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(&token_hash[..]).bind(now.get()).fetch_optional(db).await)?;
    Ok(row.map(|(account,)| AccountId::of(account)))
}

/// Uses the link up and tells whose it was; `None` when it was used before, is over, or never was.
pub async fn take_link(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<Option<AccountId>, StoreError> {
    let sql =
        "UPDATE password_link SET used_at_ms = $2 WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2 RETURNING account";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(&token_hash[..]).bind(now.get()).fetch_optional(db).await)?;
    Ok(row.map(|(account,)| AccountId::of(account)))
}

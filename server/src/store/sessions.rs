//! Who is signed in, and the single-use links by which a password is set. Only hashes of the tokens are kept.

use domain::{AccountId, Caller, Millis, Role, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::accounts::read_role;
use super::words::{of_word, unreadable, word};
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
    /// When it ends unless it is used until then; `None` when it lasts without being used.
    pub idle_at_ms: Option<Millis>,
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
    /// When it was last used, to the second, where it ends when it is not used; otherwise when it began.
    pub seen_at_ms: Millis,
    /// When it ends at the latest.
    pub expires_at_ms: Millis,
    /// When it ends unless it is used until then.
    pub idle_at_ms: Option<Millis>,
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
    idle_at_ms: Option<i64>,
}

/// Stores a session.
pub async fn insert(tx: &mut Tx<'_>, new: &NewSession, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO session (token_hash, tenant, account, role, device, created_at_ms, seen_at_ms, expires_at_ms, idle_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
    )
    .bind(&new.token_hash[..])
    .bind(new.caller.tenant.get())
    .bind(new.caller.account.get())
    .bind(new.caller.role.word())
    .bind(&new.device)
    .bind(now.get())
    .bind(new.expires_at_ms.get())
    .bind(new.idle_at_ms.map(Millis::get))
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// The session with this token, if it lasts at `now` and the person still has that role there.
pub async fn by_token(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(
        "SELECT s.tenant, s.account, s.role, a.name AS account_name, t.name AS tenant_name, s.device, s.created_at_ms, s.seen_at_ms, \
         s.expires_at_ms, s.idle_at_ms FROM session s JOIN account a ON a.id = s.account JOIN tenant t ON t.id = s.tenant \
         JOIN member m ON m.tenant = s.tenant AND m.account = s.account AND m.role = s.role \
         AND m.suspended_at_ms IS NULL WHERE s.token_hash = $1 AND s.expires_at_ms > $2 \
         AND (s.idle_at_ms IS NULL OR s.idle_at_ms > $2)",
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
            idle_at_ms: row.idle_at_ms.map(Millis::of),
        })
    })
    .transpose()
}

/// Notes that a session was used that ends at `idle_at` unless it is used again. One that ended stays ended.
pub async fn touch(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis, idle_at: Millis) -> Result<(), StoreError> {
    let sql = "UPDATE session SET seen_at_ms = $2, idle_at_ms = $3 WHERE token_hash = $1 AND idle_at_ms > $2 AND seen_at_ms < $2";
    on!(tx, |db| sqlx::query(sql).bind(&token_hash[..]).bind(now.get()).bind(idle_at.get()).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndWhy {
    /// The person signed out.
    SignedOut,
    /// They signed in elsewhere (row E6).
    Elsewhere,
    /// A password was set.
    NewPassword,
    /// An administrator suspended them.
    Suspended,
    /// It was not used for too long.
    Expired,
    /// The person proved that a sign-in was not theirs.
    Reported,
}

/// How sessions end.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Why.
    pub why: EndWhy,
    /// The `User-Agent` of the sign-in that ends them, if one does.
    pub by_device: Option<&'a str>,
    /// When.
    pub now: Millis,
}

/// Which sessions end.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// The one with this token.
    One(&'a TokenHash),
    /// Every one of the person.
    All(AccountId),
    /// Those of the person in this role, at whatever organisation.
    OfRole(AccountId, Role),
    /// Those of the person in this role at this organisation.
    OfMember(TenantId, AccountId, Role),
    /// Those whose time is over; at most a thousand at once.
    Expired(Millis),
}

/// Ends sessions and tells how many went on until now. One whose time was over before ended then, by itself, whatever ends it now.
/// What they were stays for thirty days.
pub async fn end(tx: &mut Tx<'_>, which: Which<'_>, end: End<'_>) -> Result<u64, StoreError> {
    let mut ended = 0;
    for Lasting { token_hash, until } in lasting(tx, which).await? {
        let is_over = until <= end.now;
        let end = if is_over { End { why: EndWhy::Expired, by_device: None, now: until } } else { end };
        keep_ended(tx, &token_hash, end).await?;
        let gone = on!(tx, |db| sqlx::query("DELETE FROM session WHERE token_hash = $1")
            .bind(&token_hash[..])
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        ended += if is_over { 0 } else { gone };
    }
    Ok(ended)
}

/// A stored session, and when it is over by itself.
struct Lasting {
    token_hash: Vec<u8>,
    until: Millis,
}

async fn lasting(tx: &mut Tx<'_>, which: Which<'_>) -> Result<Vec<Lasting>, StoreError> {
    macro_rules! sql {
        ($condition:literal) => {
            concat!("SELECT token_hash, expires_at_ms, idle_at_ms FROM session WHERE ", $condition)
        };
    }
    let rows: Vec<(Vec<u8>, i64, Option<i64>)> = match which {
        Which::One(hash) => on!(tx, |db| sqlx::query_as(sql!("token_hash = $1")).bind(&hash[..]).fetch_all(db).await)?,
        Which::All(account) => on!(tx, |db| sqlx::query_as(sql!("account = $1")).bind(account.get()).fetch_all(db).await)?,
        Which::OfRole(account, role) => {
            on!(tx, |db| sqlx::query_as(sql!("account = $1 AND role = $2")).bind(account.get()).bind(role.word()).fetch_all(db).await)?
        }
        Which::OfMember(tenant, account, role) => on!(tx, |db| sqlx::query_as(sql!("tenant = $1 AND account = $2 AND role = $3"))
            .bind(tenant.get())
            .bind(account.get())
            .bind(role.word())
            .fetch_all(db)
            .await)?,
        Which::Expired(now) => {
            on!(tx, |db| sqlx::query_as(sql!("expires_at_ms <= $1 OR idle_at_ms <= $1 LIMIT 1000")).bind(now.get()).fetch_all(db).await)?
        }
    };
    let until = |expires: i64, idle: Option<i64>| Millis::of(idle.map_or(expires, |idle| idle.min(expires)));
    Ok(rows.into_iter().map(|(token_hash, expires, idle)| Lasting { token_hash, until: until(expires, idle) }).collect())
}

async fn keep_ended(tx: &mut Tx<'_>, hash: &[u8], end: End<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO ended_session (token_hash, tenant, account, role, device, created_at_ms, ended_at_ms, why, by_device) \
         SELECT token_hash, tenant, account, role, device, created_at_ms, $2, $3, $4 FROM session WHERE token_hash = $1 \
         ON CONFLICT DO NOTHING";
    let why = word(&end.why)?;
    on!(tx, |db| sqlx::query(sql).bind(hash).bind(end.now.get()).bind(why).bind(end.by_device).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// A session that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Who acted where and as what.
    pub caller: Caller,
    /// Its `User-Agent`.
    pub device: String,
    /// When it began.
    pub created_at_ms: Millis,
    /// When it ended.
    pub ended_at_ms: Millis,
    /// Why.
    pub why: EndWhy,
    /// The `User-Agent` of the sign-in that ended it, if one did.
    pub by_device: Option<String>,
}

#[derive(FromRow)]
struct EndedRow {
    tenant: Uuid,
    account: Uuid,
    role: String,
    device: String,
    created_at_ms: i64,
    ended_at_ms: i64,
    why: String,
    by_device: Option<String>,
}

impl EndedRow {
    fn read(self) -> Result<Ended, StoreError> {
        let caller = Caller { tenant: TenantId::of(self.tenant), account: AccountId::of(self.account), role: read_role(&self.role)? };
        Ok(Ended {
            caller,
            device: self.device,
            created_at_ms: Millis::of(self.created_at_ms),
            ended_at_ms: Millis::of(self.ended_at_ms),
            why: of_word("ended_session.why", &self.why)?,
            by_device: self.by_device,
        })
    }
}

/// What became of the session with this token, if it is over and not forgotten yet.
pub async fn ended(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<Option<Ended>, StoreError> {
    let sql = "SELECT tenant, account, role, device, created_at_ms, ended_at_ms, why, by_device FROM ended_session WHERE token_hash = $1";
    let row: Option<EndedRow> = on!(tx, |db| sqlx::query_as(sql).bind(&token_hash[..]).fetch_optional(db).await)?;
    match row {
        Some(row) => row.read().map(Some),
        None => ran_out(tx, token_hash, now).await,
    }
}

/// A session whose time is over and that was not put away yet.
async fn ran_out(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<Option<Ended>, StoreError> {
    let sql = "SELECT tenant, account, role, device, created_at_ms, \
         CASE WHEN idle_at_ms < expires_at_ms THEN idle_at_ms ELSE expires_at_ms END AS ended_at_ms, CAST('expired' AS TEXT) AS why, CAST(NULL AS TEXT) AS by_device \
         FROM session WHERE token_hash = $1 AND (expires_at_ms <= $2 OR idle_at_ms <= $2)";
    let row: Option<EndedRow> = on!(tx, |db| sqlx::query_as(sql).bind(&token_hash[..]).bind(now.get()).fetch_optional(db).await)?;
    row.map(EndedRow::read).transpose()
}

/// The tokens of sessions that ended at `since` or later, latest first, at most `limit`: whose screens an instance has to tell that
/// learned of it from the store alone. Sessions that expired are left out: many end at one moment, and every screen looks for itself.
pub async fn ended_since(tx: &mut Tx<'_>, since: Millis, limit: i64) -> Result<Vec<TokenHash>, StoreError> {
    let sql = "SELECT token_hash FROM ended_session WHERE ended_at_ms >= $1 AND why <> 'expired' ORDER BY ended_at_ms DESC LIMIT $2";
    let rows: Vec<(Vec<u8>,)> = on!(tx, |db| sqlx::query_as(sql).bind(since.get()).bind(limit).fetch_all(db).await)?;
    rows.into_iter().map(|(hash,)| hash.try_into().map_err(|_| unreadable("ended_session.token_hash", "not a hash"))).collect()
}

/// The person's sessions in this role at this organisation that are over, latest beginning first, at most a hundred: the history of
/// sign-ins.
pub async fn history(tx: &mut Tx<'_>, caller: &Caller) -> Result<Vec<Ended>, StoreError> {
    let sql = "SELECT tenant, account, role, device, created_at_ms, ended_at_ms, why, by_device FROM ended_session \
         WHERE tenant = $1 AND account = $2 AND role = $3 ORDER BY created_at_ms DESC, token_hash LIMIT 100";
    let rows: Vec<EndedRow> = on!(tx, |db| sqlx::query_as(sql)
        .bind(caller.tenant.get())
        .bind(caller.account.get())
        .bind(caller.role.word())
        .fetch_all(db)
        .await)?;
    rows.into_iter().map(EndedRow::read).collect()
}

/// The person's session in this role at this organisation that goes on, or `None`.
pub async fn present(tx: &mut Tx<'_>, caller: &Caller, now: Millis) -> Result<Option<(String, Millis)>, StoreError> {
    let sql = "SELECT device, created_at_ms FROM session WHERE tenant = $1 AND account = $2 AND role = $3 AND expires_at_ms > $4 \
         AND (idle_at_ms IS NULL OR idle_at_ms > $4) ORDER BY created_at_ms DESC LIMIT 1";
    let row: Option<(String, i64)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(caller.tenant.get())
        .bind(caller.account.get())
        .bind(caller.role.word())
        .bind(now.get())
        .fetch_optional(db)
        .await)?;
    Ok(row.map(|(device, at)| (device, Millis::of(at))))
}

/// How long sessions that are over are remembered.
const REMEMBERED_MS: i64 = 30 * 86_400_000;

/// Ends the sessions whose time is over before `now`, and forgets links that are over and sessions that ended long ago.
pub async fn tidy(tx: &mut Tx<'_>, now: Millis) -> Result<(), StoreError> {
    end(tx, Which::Expired(now), End { why: EndWhy::Expired, by_device: None, now }).await?;
    let before = now.plus_ms(-REMEMBERED_MS);
    for (sql, until) in
        [("DELETE FROM password_link WHERE expires_at_ms <= $1", now), ("DELETE FROM ended_session WHERE ended_at_ms <= $1", before)]
    {
        on!(tx, |db| sqlx::query(sql).bind(until.get()).execute(db).await.map(drop))?;
    }
    Ok(())
}

/// Makes every link of the person void: a password was set by one of them, or the person is suspended.
pub async fn void_links(tx: &mut Tx<'_>, account: AccountId, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE password_link SET used_at_ms = $2 WHERE account = $1 AND used_at_ms IS NULL")
        .bind(account.get())
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
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

//! The tokens of collection codes: which one is shown, which old ones still work, and what each was made with.

use domain::token::{Terms, TokenLife};
use domain::{AccountId, Code, CodeId, Millis, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::words::{json, of_json};
use super::{StoreError, Tx, on};

/// A token that a refresh replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldToken {
    /// The token.
    pub token: String,
    /// The code that it reaches.
    pub code: CodeId,
    /// What that code is called.
    pub code_name: String,
    /// What became of it.
    pub life: TokenLife,
}

/// The refresh that made a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// When.
    pub at_ms: Millis,
    /// What was configured before.
    pub before: Terms,
    /// What it brought.
    pub after: Terms,
}

/// Lets `code` be reached by `token`, in the place of the one that it `replaces`.
///
/// # Errors
/// [`StoreError::Duplicate`] when some code has this token, or this code shows another one.
pub async fn insert(tx: &mut Tx<'_>, code: &Code, token: &str, replaces: Option<&str>, now: Millis) -> Result<(), StoreError> {
    let terms = json(&Terms::of(code))?;
    let sql = "INSERT INTO code_token (token, tenant, code, created_at_ms, replaces, terms) VALUES ($1, $2, $3, $4, $5, $6)";
    on!(tx, |db| sqlx::query(sql)
        .bind(token)
        .bind(code.tenant.get())
        .bind(code.id.get())
        .bind(now.get())
        .bind(replaces)
        .bind(terms)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Takes the token off the screen; it runs out from `now` on. `false` when it was replaced before.
pub async fn replace(tx: &mut Tx<'_>, tenant: TenantId, token: &str, now: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE code_token SET replaced_at_ms = $3 WHERE tenant = $1 AND token = $2 AND replaced_at_ms IS NULL RETURNING token";
    let row: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(token).bind(now.get()).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// Ends an old token at once. `false` when it was cut before, or is the one that is shown.
pub async fn cut(tx: &mut Tx<'_>, tenant: TenantId, token: &str, now: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE code_token SET cut_at_ms = $3 WHERE tenant = $1 AND token = $2 AND replaced_at_ms IS NOT NULL \
         AND cut_at_ms IS NULL RETURNING token";
    let row: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(token).bind(now.get()).fetch_optional(db).await)?;
    Ok(row.is_some())
}

#[derive(FromRow)]
struct OldRow {
    token: String,
    code: Uuid,
    name: String,
    replaced_at_ms: Option<i64>,
    cut_at_ms: Option<i64>,
}

impl OldRow {
    fn read(self) -> OldToken {
        let life = TokenLife { replaced_at_ms: self.replaced_at_ms.map(Millis::of), cut_at_ms: self.cut_at_ms.map(Millis::of) };
        OldToken { token: self.token, code: CodeId::of(self.code), code_name: self.name, life }
    }
}

/// The old tokens of a payee's codes that still work at `now`, the one that was replaced last first: also those of codes that are not
/// the one on the screen, because they take money as well.
pub async fn working(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, now: Millis) -> Result<Vec<OldToken>, StoreError> {
    let sql = "SELECT k.token, k.code, c.name, k.replaced_at_ms, k.cut_at_ms FROM code c \
         JOIN code_token k ON k.tenant = c.tenant AND k.code = c.id WHERE c.tenant = $1 AND c.payee = $2 AND c.kind = 'app' \
         AND c.state = 'active' AND k.replaced_at_ms IS NOT NULL AND k.cut_at_ms IS NULL AND k.replaced_at_ms > $3 \
         ORDER BY k.replaced_at_ms DESC, k.created_at_ms DESC, k.token";
    let since = now.plus_ms(-domain::token::OLD_TOKEN_MS);
    let rows: Vec<OldRow> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).bind(since.get()).fetch_all(db).await)?;
    Ok(rows.into_iter().map(OldRow::read).filter(|old| old.life.opens(now).is_ok()).collect())
}

/// The refresh that made this token; `None` for a code's first one.
pub async fn refreshed(tx: &mut Tx<'_>, tenant: TenantId, token: &str) -> Result<Option<Refreshed>, StoreError> {
    let sql = "SELECT k.created_at_ms, b.terms, k.terms FROM code_token k JOIN code_token b ON b.token = k.replaces \
         WHERE k.tenant = $1 AND k.token = $2";
    let row: Option<(i64, String, String)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(token).fetch_optional(db).await)?;
    row.map(|(at_ms, before, after)| {
        Ok(Refreshed {
            at_ms: Millis::of(at_ms),
            before: of_json("code_token.terms", &before)?,
            after: of_json("code_token.terms", &after)?,
        })
    })
    .transpose()
}

/// Writes on the code `$2` of `$1` that it changed at `$3`, or just after the last change of its payee's codes.
pub(super) const TOUCH: &str = "UPDATE code SET changed_at_ms = CASE WHEN $3 > (SELECT MAX(o.changed_at_ms) FROM code o \
     WHERE o.tenant = $1 AND o.payee = code.payee) THEN $3 ELSE (SELECT MAX(o.changed_at_ms) + 1 FROM code o \
     WHERE o.tenant = $1 AND o.payee = code.payee) END WHERE tenant = $1 AND id = $2 RETURNING changed_at_ms";

/// Notes that something changed that the screens of the code's manager show, and answers when: later than every change of the
/// manager's codes before.
pub async fn touch(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, now: Millis) -> Result<Millis, StoreError> {
    let row: Option<(i64,)> =
        on!(tx, |db| sqlx::query_as(TOUCH).bind(tenant.get()).bind(code.get()).bind(now.get()).fetch_optional(db).await)?;
    row.map(|(at,)| Millis::of(at)).ok_or(StoreError::Stale)
}

/// Notes that all of these codes of one payee changed, by touching one of them: screens ask for the last change of any, and there is
/// a code for each debt. When; `None` without codes.
pub async fn touch_together(tx: &mut Tx<'_>, tenant: TenantId, codes: &[CodeId], now: Millis) -> Result<Option<Millis>, StoreError> {
    match codes.first() {
        Some(code) => touch(tx, tenant, *code, now).await.map(Some),
        None => Ok(None),
    }
}

/// The last change of the codes of `$2` in `$1`.
pub(super) const CHANGED_AT: &str = "SELECT MAX(changed_at_ms) FROM code WHERE tenant = $1 AND payee = $2";

/// When a code of this manager changed last.
pub async fn changed_at(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Option<Millis>, StoreError> {
    let (at,): (Option<i64>,) = on!(tx, |db| sqlx::query_as(CHANGED_AT).bind(tenant.get()).bind(payee.get()).fetch_one(db).await)?;
    Ok(at.map(Millis::of))
}

/// Whose codes changed since then, at most `limit`, whatever the organisation.
pub async fn all_changed_since(tx: &mut Tx<'_>, since: Millis, limit: i64) -> Result<Vec<(TenantId, AccountId, Millis)>, StoreError> {
    let sql = "SELECT tenant, payee, changed_at_ms FROM code WHERE changed_at_ms > $1 ORDER BY changed_at_ms LIMIT $2";
    let rows: Vec<(Uuid, Uuid, i64)> = on!(tx, |db| sqlx::query_as(sql).bind(since.get()).bind(limit).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(tenant, payee, at)| (TenantId::of(tenant), AccountId::of(payee), Millis::of(at))).collect())
}

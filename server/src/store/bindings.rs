//! The WeChat identity that an account is bound to (row E7).

use domain::{AccountId, Millis};
use serde::{Deserialize, Serialize};

use super::{StoreError, Tx, on};

/// Somebody's identity within an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WechatIdentity {
    /// The application.
    pub appid: String,
    /// The name within it.
    pub openid: String,
}

/// The openid that the account is bound to in this application, or `None`.
pub async fn bound(tx: &mut Tx<'_>, account: AccountId, appid: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT openid FROM wechat_binding WHERE account = $1 AND appid = $2";
    let row: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql).bind(account.get()).bind(appid).fetch_optional(db).await)?;
    Ok(row.map(|(openid,)| openid))
}

/// Binds the account to this identity if it is bound to none in this application; `false` when it is.
pub async fn bind_first(tx: &mut Tx<'_>, account: AccountId, identity: &WechatIdentity, now: Millis) -> Result<bool, StoreError> {
    let sql = "INSERT INTO wechat_binding (account, appid, openid, bound_at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    on!(tx, |db| sqlx::query(sql)
        .bind(account.get())
        .bind(&identity.appid)
        .bind(&identity.openid)
        .bind(now.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
    .map_err(StoreError::from)
}

/// Binds the account to this identity, in the place of any other.
pub async fn bind(tx: &mut Tx<'_>, account: AccountId, identity: &WechatIdentity, now: Millis) -> Result<(), StoreError> {
    let sql = "INSERT INTO wechat_binding (account, appid, openid, bound_at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (account, appid) \
         DO UPDATE SET openid = excluded.openid, bound_at_ms = excluded.bound_at_ms";
    on!(tx, |db| sqlx::query(sql)
        .bind(account.get())
        .bind(&identity.appid)
        .bind(&identity.openid)
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Forgets every identity of the account: its owner proved who they are in another way, so whoever was bound need not be them.
pub async fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("DELETE FROM wechat_binding WHERE account = $1").bind(account.get()).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

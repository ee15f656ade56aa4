//! Messages of the WeChat account on their way to listeners: each with one number under which it is repeated.

use domain::digest::News;
use domain::{AccountId, Millis, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::claim::claim;
use super::listeners::Listener;
use super::words::{json, of_json, of_word, word};
use super::{StoreError, Tx, on};

/// Where a posting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostingState {
    /// To be sent, or sent again.
    Waiting,
    /// WeChat took it.
    Accepted,
    /// WeChat said that it arrived.
    Arrived,
    /// It was refused or did not arrive. What a digest said was gathered again.
    Lost,
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The organisation.
    pub tenant: TenantId,
    /// Its number, also towards WeChat.
    pub id: Uuid,
    /// Who hears it.
    pub account: AccountId,
    /// The switching on that it belongs to.
    pub listener: Uuid,
    /// What it tells.
    pub news: News,
    /// Where it stands.
    pub state: PostingState,
    /// How often it was taken up.
    pub tries: i64,
    /// When it was written.
    pub made_at_ms: Millis,
}

#[derive(FromRow)]
struct Row {
    tenant: Uuid,
    id: Uuid,
    account: Uuid,
    listener: Uuid,
    news: String,
    state: String,
    tries: i64,
    made_at_ms: i64,
}

impl Row {
    fn read(self) -> Result<Posting, StoreError> {
        Ok(Posting {
            tenant: TenantId::of(self.tenant),
            id: self.id,
            account: AccountId::of(self.account),
            listener: self.listener,
            news: of_json("posting.news", &self.news)?,
            state: of_word("posting.state", &self.state)?,
            tries: self.tries,
            made_at_ms: Millis::of(self.made_at_ms),
        })
    }
}

/// Stores a posting that is due at once.
pub async fn insert(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    account: AccountId,
    listener: Uuid,
    id: Uuid,
    news: &News,
    now: Millis,
) -> Result<(), StoreError> {
    let (count, sum_fen) = match news {
        News::Digest(digest) => (digest.count, digest.sum_fen.get()),
        _ => (0, 0),
    };
    on!(tx, |db| sqlx::query(
        "INSERT INTO posting (tenant, id, account, listener, news, count, sum_fen, state, made_at_ms, due_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(tenant.get())
    .bind(id)
    .bind(account.get())
    .bind(listener)
    .bind(json(news)?)
    .bind(count)
    .bind(sum_fen)
    .bind(word(&PostingState::Waiting)?)
    .bind(now.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// Takes up to `limit` due postings and puts them off to `lease_until`, by the rule of [`crate::leases`].
pub async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<Posting>, StoreError> {
    let mut rows: Vec<Row> = claim!(
        tx, now: now, lease_until: lease_until, limit: limit,
        table: "posting", key: "tenant, id", due: "due_at_ms", also: ", tries = tries + 1",
        row: "tenant, id, account, listener, news, state, tries, made_at_ms",
    )?;
    rows.sort_by_key(|row| (row.made_at_ms, row.id));
    rows.into_iter().map(Row::read).collect()
}

/// The posting, or `None`.
pub async fn load(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid) -> Result<Option<Posting>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(
        "SELECT tenant, id, account, listener, news, state, tries, made_at_ms FROM posting WHERE tenant = $1 AND id = $2"
    )
    .bind(tenant.get())
    .bind(id)
    .fetch_optional(db)
    .await)?;
    row.map(Row::read).transpose()
}

/// The newest posting to `openid` that WeChat took under this number.
pub async fn by_msgid(tx: &mut Tx<'_>, openid: &str, msgid: i64) -> Result<Option<Posting>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(
        "SELECT l.tenant, l.id, l.account, l.listener, l.news, l.state, l.tries, l.made_at_ms FROM posting l \
         JOIN listener h ON h.tenant = l.tenant AND h.account = l.account AND h.id = l.listener \
         WHERE l.msgid = $1 AND h.openid = $2 ORDER BY l.made_at_ms DESC LIMIT 1",
    )
    .bind(msgid)
    .bind(openid)
    .fetch_optional(db)
    .await)?;
    row.map(Row::read).transpose()
}

/// Notes where a posting stands now and when it is due again; whether it stood at `before` until now, so that of two who were
/// told the same only one acts on it.
pub async fn step(
    tx: &mut Tx<'_>,
    posting: &Posting,
    before: PostingState,
    after: PostingState,
    msgid: Option<i64>,
    due_at: Option<Millis>,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE posting SET state = $4, msgid = COALESCE($5, msgid), due_at_ms = $6 WHERE tenant = $1 AND id = $2 AND state = $3"
    )
    .bind(posting.tenant.get())
    .bind(posting.id)
    .bind(word(&before)?)
    .bind(word(&after)?)
    .bind(msgid)
    .bind(due_at.map(Millis::get))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Makes what waits for a listener due at once: they can be reached again.
pub async fn hasten(tx: &mut Tx<'_>, listener: &Listener, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE posting SET due_at_ms = $3 WHERE tenant = $1 AND listener = $2 AND state = $4 AND due_at_ms > $3")
        .bind(listener.tenant.get())
        .bind(listener.id)
        .bind(now.get())
        .bind(word(&PostingState::Waiting)?)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Forgets postings that were written before `before` and are on no way any more. Their sales leave the listener's count too.
pub async fn forget(tx: &mut Tx<'_>, before: Millis) -> Result<(), StoreError> {
    let gone: Vec<(Uuid, i64, i64, String)> = on!(tx, |db| sqlx::query_as(
        "DELETE FROM posting WHERE made_at_ms < $1 AND due_at_ms IS NULL RETURNING listener, count, sum_fen, state"
    )
    .bind(before.get())
    .fetch_all(db)
    .await)?;
    let lost = word(&PostingState::Lost)?;
    for (listener, count, sum_fen, _) in gone.into_iter().filter(|(_, count, _, state)| *count > 0 && *state != lost) {
        on!(tx, |db| sqlx::query(
            "UPDATE listener SET heard_count = heard_count - $2, heard_fen = heard_fen - $3, revision = revision + 1 WHERE id = $1"
        )
        .bind(listener)
        .bind(count)
        .bind(sum_fen)
        .execute(db)
        .await
        .map(drop))?;
    }
    Ok(())
}

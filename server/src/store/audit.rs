//! Who did what. Every row carries the hash of the one before it, so that a changed, missing or inserted row shows.

use aws_lc_rs::digest;
use domain::{Millis, TenantId};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::payments::json;
use super::{StoreError, Tx, on};

/// One deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deed {
    /// When.
    pub at_ms: Millis,
    /// Who: an account, or the program itself.
    pub actor: String,
    /// What, as a word such as `refund.ask`.
    pub act: String,
    /// To what.
    pub subject: String,
    /// What else is to be known, as JSON or a sentence.
    pub detail: String,
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    at_ms: i64,
    actor: String,
    act: String,
    subject: String,
    detail: String,
    prev_hash: String,
    hash: String,
}

/// What the first row of a chain follows.
const BEGINNING: &str = "";

/// Writes `deed` at the end of the organisation's chain and tells its number.
///
/// # Errors
/// [`StoreError::Stale`] when another instance wrote there at the same moment; the writer runs the command again.
pub async fn append(tx: &mut Tx<'_>, tenant: TenantId, deed: &Deed) -> Result<i64, StoreError> {
    let last: Option<(i64, String)> =
        on!(tx, |db| sqlx::query_as("SELECT seq, hash FROM audit WHERE tenant = $1 ORDER BY seq DESC LIMIT 1")
            .bind(tenant.get())
            .fetch_optional(db)
            .await)?;
    let (last_seq, prev_hash) = last.unwrap_or((0, BEGINNING.to_owned()));
    let seq = last_seq + 1;
    let hash = chained(tenant, seq, &prev_hash, deed)?;
    let sql = "INSERT INTO audit (tenant, seq, at_ms, actor, act, subject, detail, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant, seq) DO NOTHING";
    let written = on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(seq)
        .bind(deed.at_ms.get())
        .bind(&deed.actor)
        .bind(&deed.act)
        .bind(&deed.subject)
        .bind(&deed.detail)
        .bind(&prev_hash)
        .bind(&hash)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if written == 1 { Ok(seq) } else { Err(StoreError::Stale) }
}

/// Goes along the chain of an organisation and tells how many rows it has and what is wrong with the first bad one.
pub async fn verify(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(u64, Option<String>), StoreError> {
    let (mut seq, mut prev_hash, mut count) = (0, BEGINNING.to_owned(), 0);
    loop {
        let rows: Vec<Row> = on!(tx, |db| {
            sqlx::query_as(
            "SELECT seq, at_ms, actor, act, subject, detail, prev_hash, hash FROM audit WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT 500",
        )
        .bind(tenant.get())
        .bind(seq)
        .fetch_all(db)
        .await
        })?;
        if rows.is_empty() {
            return Ok((count, None));
        }
        for row in rows {
            count += 1;
            if let Some(wrong) = fault(tenant, &row, seq, &prev_hash)? {
                return Ok((count, Some(format!("audit row {} of tenant {tenant} {wrong}", row.seq))));
            }
            (seq, prev_hash) = (row.seq, row.hash);
        }
    }
}

fn fault(tenant: TenantId, row: &Row, seq_before: i64, hash_before: &str) -> Result<Option<&'static str>, StoreError> {
    let (at_ms, row_actor) = (Millis::of(row.at_ms), row.actor.clone());
    let deed = Deed { at_ms, actor: row_actor, act: row.act.clone(), subject: row.subject.clone(), detail: row.detail.clone() };
    Ok(match () {
        () if row.seq != seq_before + 1 => Some("does not follow the one before it: rows are missing"),
        () if row.prev_hash != hash_before => Some("does not carry the hash of the one before it"),
        () if row.hash != chained(tenant, row.seq, &row.prev_hash, &deed)? => Some("was changed after it was written"),
        () => None,
    })
}

/// SHA-256 in hex over the row as one JSON array, which has only one spelling.
fn chained(tenant: TenantId, seq: i64, prev_hash: &str, deed: &Deed) -> Result<String, StoreError> {
    let tenant: Uuid = tenant.get();
    let row = json(&(tenant.simple().to_string(), seq, prev_hash, deed.at_ms, &deed.actor, &deed.act, &deed.subject, &deed.detail))?;
    let hash = digest::digest(&digest::SHA256, row.as_bytes());
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

//! Finding what is kept by what is written on it. Tokens of two characters are kept per scope and looked up newest first; what they
//! find is verified on the text, so the result is that of reading everything (performance 4.3).

use std::collections::BTreeSet;

use domain::search::{matches, query_tokens};
use domain::{Millis, TenantId};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{StoreError, Tx, on};

/// What is looked at in one call; whoever wants more goes on from where it ended.
const MOST_LOOKED_AT: usize = 2_000;

/// How far the rarity of a token is counted.
const COUNT_LIMIT: i64 = 1_000;

/// Where something stands among its like, which go back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// When it came.
    pub at_ms: Millis,
    /// What it is.
    pub id: Uuid,
}

impl Place {
    /// Before everything.
    const FIRST: Place = Place { at_ms: Millis::of(i64::MAX), id: Uuid::max() };
}

/// Something that is kept under tokens.
pub(super) trait Written: Sized {
    /// Its row.
    type Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin;

    /// All rows of the places of [`with_token!`], in their order.
    const WITH_TOKEN: &'static str;

    /// Reads a row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    fn read(row: Self::Row) -> Result<Self, StoreError>;

    /// Where it stands.
    fn place(&self) -> Place;

    /// The pieces of text that are written on it.
    fn texts(&self) -> Vec<String>;
}

/// The places that a token leads to, as `s`: of the tenant `$1`, the scope `$2` and the token `$3`, after the place `$4` and `$5`, at
/// most `$6`.
macro_rules! with_token {
    () => {
        "JOIN (SELECT at_ms, id FROM search_token WHERE tenant = $1 AND scope = $2 AND token = $3 AND (at_ms, id) < ($4, $5) \
         ORDER BY at_ms DESC, id DESC LIMIT $6) s "
    };
}
pub(super) use with_token;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<T> {
    /// Newest first.
    pub rows: Vec<T>,
    /// Where to go on; `None` when there is nothing older.
    pub next: Option<Place>,
}

/// The newest of a scope that `takes` wants and on which every word of `query` is written, at most `limit`, from `before` on when it is
/// given. `None` when the query is too short to be looked up: a single character that is not Chinese.
pub(super) async fn find<T: Written>(
    tx: &mut Tx<'_>,
    (tenant, scope): (TenantId, Uuid),
    query: &str,
    takes: impl Fn(&T) -> bool,
    before: Option<Place>,
    limit: usize,
) -> Result<Option<Found<T>>, StoreError> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let wanted: BTreeSet<String> = words.iter().flat_map(|word| query_tokens(word)).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut found = Found { rows: vec![], next: None };
    let Some(token) = rarest(tx, (tenant, scope), wanted).await? else { return Ok(Some(found)) };
    let mut place = before.unwrap_or(Place::FIRST);
    let mut looked_at = 0;
    let mut batch = (limit + 1).max(16);
    loop {
        let candidates = led_to::<T>(tx, (tenant, scope), &token, place, batch).await?;
        let is_last = candidates.len() < batch;
        for row in candidates {
            let candidate = T::read(row)?;
            if found.rows.len() == limit {
                found.next = Some(place);
                return Ok(Some(found));
            }
            place = candidate.place();
            looked_at += 1;
            let texts = candidate.texts();
            if takes(&candidate) && words.iter().all(|word| texts.iter().any(|text| matches(text, word))) {
                found.rows.push(candidate);
            }
        }
        if is_last {
            return Ok(Some(found));
        }
        if looked_at >= MOST_LOOKED_AT {
            found.next = Some(place);
            return Ok(Some(found));
        }
        batch = (batch * 2).min(256);
    }
}

/// The token that leads to the fewest; `None` when one of them leads to nothing at all.
async fn rarest(tx: &mut Tx<'_>, of: (TenantId, Uuid), wanted: BTreeSet<String>) -> Result<Option<String>, StoreError> {
    let mut best = None;
    for token in wanted {
        let (count,): (i64,) = on!(tx, |db| sqlx::query_as(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM search_token WHERE tenant = $1 AND scope = $2 AND token = $3 LIMIT $4) t"
        )
        .bind(of.0.get())
        .bind(of.1)
        .bind(&token)
        .bind(COUNT_LIMIT)
        .fetch_one(db)
        .await)?;
        if count == 0 {
            return Ok(None);
        }
        if best.as_ref().is_none_or(|(least, _)| count < *least) {
            best = Some((count, token));
        }
    }
    Ok(best.map(|(_, token)| token))
}

async fn led_to<T: Written>(
    tx: &mut Tx<'_>,
    of: (TenantId, Uuid),
    token: &str,
    before: Place,
    limit: usize,
) -> Result<Vec<T::Row>, StoreError> {
    Ok(on!(tx, |db| sqlx::query_as(T::WITH_TOKEN)
        .bind(of.0.get())
        .bind(of.1)
        .bind(token)
        .bind(before.at_ms.get())
        .bind(before.id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?)
}

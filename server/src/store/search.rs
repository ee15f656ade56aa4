//! Finding receipts by what is written on them. Tokens of two characters are kept per payee and looked up newest first; what
//! they find is verified on the text, so the result is that of reading every receipt (performance 4.3).

use std::collections::BTreeSet;

use domain::form::Answer;
use domain::receipt::Receipt;
use domain::search::{matches, query_tokens, tokens};
use domain::{AccountId, Fen, Millis, Payment, PaymentId, TenantId};
use uuid::Uuid;

use super::receipts::{Before, Narrow, Row, rows};
use super::words::json;
use super::{StoreError, Tx, dialect, on};

/// Receipts that are looked at in one call; whoever wants more goes on from where it ended.
const MOST_LOOKED_AT: usize = 2_000;

/// How far the rarity of a token is counted.
const COUNT_LIMIT: i64 = 1_000;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The receipts, newest first.
    pub receipts: Vec<Receipt>,
    /// Where to go on; `None` when there is nothing older.
    pub next: Option<Before>,
}

/// The newest receipts of a payee that `narrow` takes and on which every word of `query` is written, at most `limit`, from
/// `before` on when it is given. `None` when the query is too short to be looked up: a single character that is not Chinese.
pub async fn search(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    query: &str,
    narrow: Narrow,
    before: Option<Before>,
    limit: usize,
) -> Result<Option<Found>, StoreError> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let wanted: BTreeSet<String> = words.iter().flat_map(|word| query_tokens(word)).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut found = Found { receipts: vec![], next: None };
    let Some(token) = rarest(tx, tenant, payee, wanted).await? else { return Ok(Some(found)) };
    let mut place = before.unwrap_or(Before { paid_at_ms: Millis::of(i64::MAX), payment: PaymentId::of(Uuid::max()) });
    let mut looked_at = 0;
    let mut batch = (limit + 1).max(16);
    loop {
        let candidates = with_token(tx, tenant, payee, &token, place, batch).await?;
        let is_last = candidates.len() < batch;
        for row in candidates {
            let (code, candidate) = (row.code(), row.receipt()?);
            if found.receipts.len() == limit {
                found.next = Some(place);
                return Ok(Some(found));
            }
            place = Before::of(&candidate);
            looked_at += 1;
            if narrow.takes(code, &candidate) && words.iter().all(|word| texts(&candidate).any(|text| matches(&text, word))) {
                found.receipts.push(candidate);
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

/// Keeps the tokens of a new receipt.
pub(super) async fn index(tx: &mut Tx<'_>, paid: &Payment, answers: &[Answer], paid_at: Millis) -> Result<(), StoreError> {
    let found = tokens_of(paid.id, paid.amount_fen, answers);
    let sql = dialect::INSERT_TOKENS.of(tx);
    on!(tx, |db| sqlx::query(sql)
        .bind(paid.tenant.get())
        .bind(paid.payee.get())
        .bind(json(&found)?)
        .bind(paid_at.get())
        .bind(paid.id.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The tokens under which a receipt is kept.
pub(super) fn tokens_of(payment: PaymentId, amount: Fen, answers: &[Answer]) -> BTreeSet<String> {
    written(payment, amount, answers).flat_map(|text| tokens(&text)).collect()
}

fn texts(receipt: &Receipt) -> impl Iterator<Item = String> {
    written(receipt.payment, receipt.amount_fen, &receipt.answers)
}

/// The pieces of text by which a receipt is found: the answers, the amount, the last digits of the number.
fn written(payment: PaymentId, amount: Fen, answers: &[Answer]) -> impl Iterator<Item = String> {
    answers.iter().map(|answer| answer.text.clone()).chain([amount.yuan(), payment.tail()])
}

/// The token that the fewest receipts have; `None` when one of them is on no receipt at all.
async fn rarest(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, wanted: BTreeSet<String>) -> Result<Option<String>, StoreError> {
    let mut best = None;
    for token in wanted {
        let (count,): (i64,) = on!(tx, |db| sqlx::query_as(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM search_token WHERE tenant = $1 AND scope = $2 AND token = $3 LIMIT $4) t"
        )
        .bind(tenant.get())
        .bind(payee.get())
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

async fn with_token(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    token: &str,
    before: Before,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    Ok(on!(tx, |db| sqlx::query_as(rows!(
        "JOIN (SELECT at_ms, id FROM search_token WHERE tenant = $1 AND scope = $2 AND token = $3 AND (at_ms, id) < ($4, $5) \
         ORDER BY at_ms DESC, id DESC LIMIT $6) s ON s.id = r.payment WHERE r.tenant = $1 ORDER BY s.at_ms DESC, s.id DESC"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .bind(token)
    .bind(before.paid_at_ms.get())
    .bind(before.payment.get())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?)
}

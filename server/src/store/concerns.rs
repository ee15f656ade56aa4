//! What payees have to know of money that did not simply arrive or go back. Written with the change that it tells of.

use domain::concern::Concern;
use domain::form::Answer;
use domain::payment::Message;
use domain::{AccountId, ConcernId, Fen, Millis, Payment, PaymentId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::payments::Ids;
use super::words::{of_json, of_word, word};
use super::{StoreError, Tx, on, outbox};

/// A concern with what its payee sees beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConcern {
    /// The row.
    pub id: ConcernId,
    /// What it is about and where that stands.
    pub concern: Concern,
    /// What the payment asked for.
    pub asked_fen: Fen,
    /// What names the payment in a list: the payer's first answer, or nothing.
    pub title: String,
    /// The code's name.
    pub code_name: String,
    /// Whether the payment has a receipt.
    pub has_receipt: bool,
    /// When it began.
    pub happened_at_ms: Millis,
    /// When it was last worth a look: the order of the list.
    pub at_ms: Millis,
    /// Whether its payee has seen it since.
    pub is_seen: bool,
}

/// How much a payee has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Not seen yet.
    pub unseen: i64,
    /// Seen, and waiting for an operator.
    pub waiting: i64,
}

/// Where a page of concerns begins: right after this one, going back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// When it was last worth a look.
    pub at_ms: Millis,
    /// The row.
    pub id: ConcernId,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    payment: Uuid,
    subject: String,
    kind: String,
    state: String,
    amount_fen: i64,
    why: Option<String>,
    happened_at_ms: i64,
    at_ms: i64,
    seen_at_ms: Option<i64>,
    asked_fen: i64,
    answers: String,
    payment_state: String,
    code_name: String,
}

impl Row {
    fn read(self) -> Result<StoredConcern, StoreError> {
        let answers: Vec<Answer> = of_json("payment.answers", &self.answers)?;
        Ok(StoredConcern {
            id: ConcernId::of(self.id),
            concern: Concern {
                payment: PaymentId::of(self.payment),
                subject: self.subject,
                kind: of_word("concern.kind", &self.kind)?,
                state: of_word("concern.state", &self.state)?,
                amount_fen: Fen::of(self.amount_fen),
                why: self.why.map(|code| of_word("concern.why", &code)).transpose()?,
            },
            asked_fen: Fen::of(self.asked_fen),
            title: answers.iter().find_map(Answer::in_passing).unwrap_or_default().to_owned(),
            code_name: self.code_name,
            has_receipt: self.payment_state == "paid",
            happened_at_ms: Millis::of(self.happened_at_ms),
            at_ms: Millis::of(self.at_ms),
            is_seen: self.seen_at_ms.is_some(),
        })
    }
}

/// Everything about concerns; a condition follows.
macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.payment, c.subject, c.kind, c.state, c.amount_fen, c.why, c.happened_at_ms, c.at_ms, c.seen_at_ms, ",
            "p.amount_fen AS asked_fen, p.answers, p.state AS payment_state, k.name AS code_name FROM concern c ",
            "JOIN payment p ON p.tenant = c.tenant AND p.id = c.payment JOIN code k ON k.tenant = p.tenant AND k.id = p.code ",
            $rest
        )
    };
}

/// Stores what a payee has to know and what people have to be told. A contradiction that was told before is not told again,
/// however often the channel repeats it. Answers whether the payee has something new to look at.
pub async fn tell(
    tx: &mut Tx<'_>,
    payment: &Payment,
    concerns: &[Concern],
    messages: &[Message],
    ids: &mut Ids,
    now: Millis,
) -> Result<bool, StoreError> {
    let mut known = vec![];
    for concern in concerns {
        if !put(tx, payment, concern, ids.next(), now).await? {
            known.push(concern.subject.as_str());
        }
    }
    let is_known = |message: &Message| matches!(message, Message::Contradiction { said, .. } if known.contains(&said.as_str()));
    for message in messages.iter().filter(|message| !is_known(message)) {
        outbox::insert(tx, payment.tenant, ids.next(), message, now).await?;
    }
    Ok(known.len() < concerns.len())
}

/// Stores where a thing stands now; `false` when that is known already, or nothing that a payee has to know. What is worth
/// another look opens a concern that was seen before.
pub async fn put(tx: &mut Tx<'_>, payment: &Payment, concern: &Concern, id: Uuid, now: Millis) -> Result<bool, StoreError> {
    let Concern { subject, kind, state, amount_fen, why, .. } = concern;
    let why = why.as_ref().map(word).transpose()?;
    let (is_news, needs_operator) = (state.is_news(), concern.needs_operator());
    let moved: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(
        "UPDATE concern SET state = $4, why = $5, at_ms = CASE WHEN $6 THEN $8 ELSE at_ms END, \
         seen_at_ms = CASE WHEN $6 THEN NULL ELSE seen_at_ms END, is_open = ($6 OR $7 OR seen_at_ms IS NULL) \
         WHERE tenant = $1 AND payment = $2 AND subject = $3 AND (state <> $4 OR COALESCE(why, '') <> COALESCE($5, '')) RETURNING id",
    )
    .bind(payment.tenant.get())
    .bind(payment.id.get())
    .bind(subject)
    .bind(word(state)?)
    .bind(&why)
    .bind(is_news)
    .bind(needs_operator)
    .bind(now.get())
    .fetch_optional(db)
    .await)?;
    if moved.is_some() || !concern.begins() {
        return Ok(moved.is_some());
    }
    let begun: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(
        "INSERT INTO concern (tenant, id, payee, payment, subject, kind, state, amount_fen, why, happened_at_ms, at_ms, is_open) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, TRUE) ON CONFLICT (tenant, payment, subject) DO NOTHING RETURNING id",
    )
    .bind(payment.tenant.get())
    .bind(id)
    .bind(payment.payee.get())
    .bind(payment.id.get())
    .bind(subject)
    .bind(word(kind)?)
    .bind(word(state)?)
    .bind(amount_fen.get())
    .bind(&why)
    .bind(now.get())
    .fetch_optional(db)
    .await)?;
    Ok(begun.is_some())
}

/// How much a payee has to look at. The index holds only what is open, so a long history costs nothing.
pub async fn counts(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Counts, StoreError> {
    let (unseen, waiting): (i64, i64) = on!(tx, |db| sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(CASE WHEN seen_at_ms IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN seen_at_ms IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT) \
         FROM concern WHERE tenant = $1 AND payee = $2 AND is_open",
    )
    .bind(tenant.get())
    .bind(payee.get())
    .fetch_one(db)
    .await)?;
    Ok(Counts { unseen, waiting })
}

/// The newest concerns of a payee, at most `limit`, from `before` on when it is given.
pub async fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<StoredConcern>, StoreError> {
    let before = before.unwrap_or(Before { at_ms: Millis::of(i64::MAX), id: ConcernId::of(Uuid::max()) });
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(rows!(
        "WHERE c.tenant = $1 AND c.payee = $2 AND (c.at_ms, c.id) < ($3, $4) ORDER BY c.at_ms DESC, c.id DESC LIMIT $5"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .bind(before.at_ms.get())
    .bind(before.id.get())
    .bind(limit)
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The concerns of a payment, newest first, whoever may see them: the caller has found the payment for somebody.
pub async fn of_payment(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId) -> Result<Vec<StoredConcern>, StoreError> {
    let rows: Vec<Row> =
        on!(tx, |db| sqlx::query_as(rows!("WHERE c.tenant = $1 AND c.payment = $2 ORDER BY c.at_ms DESC, c.id DESC LIMIT 100"))
            .bind(tenant.get())
            .bind(payment.get())
            .fetch_all(db)
            .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// What is open in the organisation `$1`, without what is back with its payer: of that only its payee may not know yet.
pub(super) const OPEN_OF_ALL: &str =
    rows!("WHERE c.tenant = $1 AND c.is_open AND c.state <> 'returned' ORDER BY c.at_ms DESC, c.id DESC LIMIT $2");

/// What waits for an operator in an organisation, or goes on and was not seen by its payee, newest first, at most `limit`. The index
/// holds only what is open, so a long history costs nothing.
pub async fn open_of_all(tx: &mut Tx<'_>, tenant: TenantId, limit: i64) -> Result<Vec<StoredConcern>, StoreError> {
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(OPEN_OF_ALL).bind(tenant.get()).bind(limit).fetch_all(db).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// What waits for an operator in the whole installation, oldest first, at most `limit`, each with its organisation.
pub async fn waiting(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<StoredConcern>, StoreError> {
    let rows: Vec<Row> =
        on!(tx, |db| sqlx::query_as(rows!("WHERE c.is_open ORDER BY c.at_ms, c.id LIMIT $1")).bind(limit).fetch_all(db).await)?;
    let all: Vec<StoredConcern> = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|it| it.concern.needs_operator()).collect())
}

/// Its payee has seen it. What waits for an operator stays open all the same.
///
/// `None` when the payee has no such concern.
///
/// # Errors
/// [`StoreError::Stale`] when it moved at the same moment: what was seen is not what stands there now.
pub async fn see(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    id: ConcernId,
    now: Millis,
) -> Result<Option<StoredConcern>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(rows!("WHERE c.tenant = $1 AND c.id = $2 AND c.payee = $3"))
        .bind(tenant.get())
        .bind(id.get())
        .bind(payee.get())
        .fetch_optional(db)
        .await)?;
    let Some(found) = row.map(Row::read).transpose()? else { return Ok(None) };
    let seen: Option<(Uuid,)> = on!(tx, |db| {
        sqlx::query_as(
        "UPDATE concern SET seen_at_ms = COALESCE(seen_at_ms, $4), is_open = $5 WHERE tenant = $1 AND id = $2 AND state = $3 RETURNING id",
    )
    .bind(tenant.get())
    .bind(id.get())
    .bind(word(&found.concern.state)?)
    .bind(now.get())
    .bind(found.concern.needs_operator())
    .fetch_optional(db)
    .await
    })?;
    if seen.is_none() {
        return Err(StoreError::Stale);
    }
    Ok(Some(StoredConcern { is_seen: true, ..found }))
}

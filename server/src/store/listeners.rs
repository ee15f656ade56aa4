//! Who hears of money by messages of the WeChat account (E19): what each was not told yet.
//!
//! A sale is gathered in the transaction that marks its outbox row as done, so it is gathered once, however many instances run.
//! The payee of a code hears what comes through it, on a screen and on a plate alike, and a cashier what their store collects; an
//! administrator hears all (B83, B84).

use domain::digest::{Digest, News, Pace, Unreached};
use domain::payment::Message;
use domain::refund::RefundCause;
use domain::{AccountId, Fen, Millis, PaymentId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::payments::Ids;
use super::words::{of_word, word};
use super::{StoreError, Tx, on, postings};

/// Somebody who wants messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The organisation.
    pub tenant: TenantId,
    /// The person.
    pub account: AccountId,
    /// This switching on; the next one has another.
    pub id: Uuid,
    /// Whom the account writes to.
    pub openid: String,
    /// `zh` or `en`.
    pub lang: String,
    /// When they asked for messages.
    pub created_at_ms: Millis,
    /// Why messages do not get through at present.
    pub unreached: Option<Unreached>,
    /// When one last got through.
    pub reached_at_ms: Option<Millis>,
    /// When they last asked to see one.
    pub tested_at_ms: Option<Millis>,
    /// How many messages may still be sent, where each needs a consent.
    pub consents: i64,
    /// When a consent was last asked for, in seconds.
    pub asked_at_s: i64,
    /// What was not told yet, and when it may be.
    pub pace: Pace,
    /// The digest that is being sent.
    pub under_way: Option<Uuid>,
    revision: i64,
}

#[derive(FromRow)]
struct Row {
    tenant: Uuid,
    account: Uuid,
    id: Uuid,
    openid: String,
    lang: String,
    created_at_ms: i64,
    unreached: Option<String>,
    reached_at_ms: Option<i64>,
    tested_at_ms: Option<i64>,
    consents: i64,
    asked_at_s: i64,
    count: i64,
    sum_fen: i64,
    largest_fen: i64,
    largest: Option<Uuid>,
    refunded_count: i64,
    refunded_fen: i64,
    from_ms: Option<i64>,
    until_ms: Option<i64>,
    under_way: Option<Uuid>,
    last_ms: Option<i64>,
    not_before_ms: Option<i64>,
    revision: i64,
}

impl Row {
    fn read(self) -> Result<Listener, StoreError> {
        let gathered = Digest {
            count: self.count,
            sum_fen: Fen::of(self.sum_fen),
            largest_fen: Fen::of(self.largest_fen),
            largest: self.largest.map(PaymentId::of),
            refunded_count: self.refunded_count,
            refunded_fen: Fen::of(self.refunded_fen),
            from_ms: self.from_ms.map(Millis::of),
            until_ms: self.until_ms.map(Millis::of),
        };
        let pace = Pace {
            gathered,
            is_under_way: self.under_way.is_some(),
            last_ms: self.last_ms.map(Millis::of),
            not_before_ms: self.not_before_ms.map(Millis::of),
        };
        Ok(Listener {
            tenant: TenantId::of(self.tenant),
            account: AccountId::of(self.account),
            id: self.id,
            openid: self.openid,
            lang: self.lang,
            created_at_ms: Millis::of(self.created_at_ms),
            unreached: self.unreached.map(|why| of_word("listener.unreached", &why)).transpose()?,
            reached_at_ms: self.reached_at_ms.map(Millis::of),
            tested_at_ms: self.tested_at_ms.map(Millis::of),
            consents: self.consents,
            asked_at_s: self.asked_at_s,
            pace,
            under_way: self.under_way,
            revision: self.revision,
        })
    }
}

/// Whether a listener hears of a payment: tenant `$1`, payment `$2`. Who lost the role or is suspended hears nothing more, and no
/// manager does where the organisation does not want it.
macro_rules! hears {
    () => {
        "listener.tenant = $1 AND (EXISTS (SELECT 1 FROM payment p JOIN tenant t ON t.id = p.tenant JOIN member m ON m.tenant = p.tenant \
         WHERE p.tenant = $1 AND p.id = $2 AND t.has_messages AND m.account = listener.account AND m.role = 'manager' \
         AND m.suspended_at_ms IS NULL AND (p.payee = m.account OR EXISTS (SELECT 1 FROM cashier c WHERE c.tenant = p.tenant \
         AND c.store = p.payee AND c.account = m.account))) \
         OR EXISTS (SELECT 1 FROM member m WHERE m.tenant = $1 AND m.account = listener.account AND m.role = 'administrator' \
         AND m.suspended_at_ms IS NULL))"
    };
}

/// Whether listener `l` may be written to at all: somebody who lost every role that hears of money, or is suspended, is not.
macro_rules! seated {
    () => {
        "EXISTS (SELECT 1 FROM member m WHERE m.tenant = l.tenant AND m.account = l.account AND m.role IN ('manager', 'administrator') \
         AND m.suspended_at_ms IS NULL)"
    };
}

/// When a listener's digest becomes due if it has sales: now `$5`.
macro_rules! due {
    () => {
        "due_at_ms = CASE WHEN under_way IS NOT NULL OR due_at_ms IS NOT NULL THEN due_at_ms WHEN next_ms > $5 THEN next_ms ELSE $5 END"
    };
}

/// Lets everybody hear of `message` who is to: sales are gathered, everything else is a message of its own. To be called once
/// for each message, in the transaction that makes sure of it. `at` is when it happened.
pub async fn hear(tx: &mut Tx<'_>, tenant: TenantId, message: &Message, at: Millis, seed: Uuid, now: Millis) -> Result<(), StoreError> {
    match *message {
        Message::Arrived { payment, amount_fen } => gather_sale(tx, tenant, payment, amount_fen, at, now).await?,
        Message::Refunded { payment, amount_fen, cause: RefundCause::Merchant } => {
            gather_refund(tx, tenant, payment, amount_fen, at).await?;
        }
        _ => {}
    }
    let Some(news) = News::at_once(message) else { return Ok(()) };
    let Some(payment) = news.payment() else { return Ok(()) };
    let mut ids = Ids(seed);
    for (account, listener) in hearers(tx, tenant, payment).await? {
        postings::insert(tx, tenant, account, listener, ids.next(), &news, now).await?;
    }
    Ok(())
}

async fn gather_sale(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payment: PaymentId,
    amount: Fen,
    at: Millis,
    now: Millis,
) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(concat!(
        "UPDATE listener SET count = count + 1, sum_fen = sum_fen + $3, heard_count = heard_count + 1, heard_fen = heard_fen + $3, \
         largest = CASE WHEN largest_fen < $3 THEN $2 ELSE largest END, \
         largest_fen = CASE WHEN largest_fen < $3 THEN $3 ELSE largest_fen END, revision = revision + 1, \
         from_ms = CASE WHEN from_ms < $4 THEN from_ms ELSE $4 END, until_ms = CASE WHEN until_ms > $4 THEN until_ms ELSE $4 END, ",
        due!(),
        " WHERE ",
        hears!()
    ))
    .bind(tenant.get())
    .bind(payment.get())
    .bind(amount.get())
    .bind(at.get())
    .bind(now.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

async fn gather_refund(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId, amount: Fen, at: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(concat!(
        "UPDATE listener SET refunded_count = refunded_count + 1, refunded_fen = refunded_fen + $3, revision = revision + 1, \
         from_ms = CASE WHEN from_ms < $4 THEN from_ms ELSE $4 END, until_ms = CASE WHEN until_ms > $4 THEN until_ms ELSE $4 END \
         WHERE ",
        hears!()
    ))
    .bind(tenant.get())
    .bind(payment.get())
    .bind(amount.get())
    .bind(at.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

async fn hearers(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId) -> Result<Vec<(AccountId, Uuid)>, StoreError> {
    let rows: Vec<(Uuid, Uuid)> =
        on!(tx, |db| sqlx::query_as(concat!("SELECT account, id FROM listener WHERE ", hears!(), " ORDER BY account"))
            .bind(tenant.get())
            .bind(payment.get())
            .fetch_all(db)
            .await)?;
    Ok(rows.into_iter().map(|(account, id)| (AccountId::of(account), id)).collect())
}

/// Everything about listeners; a condition follows.
macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT tenant, account, id, openid, lang, created_at_ms, unreached, reached_at_ms, tested_at_ms, consents, asked_at_s, ",
            "count, sum_fen, largest_fen, largest, ",
            "refunded_count, refunded_fen, from_ms, until_ms, under_way, last_ms, not_before_ms, revision FROM listener ",
            $rest
        )
    };
}

/// The listener, or `None` for somebody who wants no messages.
pub async fn load(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId) -> Result<Option<Listener>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(rows!("WHERE tenant = $1 AND account = $2"))
        .bind(tenant.get())
        .bind(account.get())
        .fetch_optional(db)
        .await)?;
    row.map(Row::read).transpose()
}

/// Whoever is reached by this openid: a person may listen for several organisations.
pub async fn of_openid(tx: &mut Tx<'_>, openid: &str) -> Result<Vec<Listener>, StoreError> {
    let rows: Vec<Row> =
        on!(tx, |db| sqlx::query_as(rows!("WHERE openid = $1 ORDER BY tenant, account")).bind(openid).fetch_all(db).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether somebody may be written to, who listens or listened here.
pub async fn is_seated(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId) -> Result<bool, StoreError> {
    let sql = concat!("SELECT l.id FROM listener l WHERE l.tenant = $1 AND l.account = $2 AND ", seated!());
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(account.get()).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// Whether somebody reads the app of managers, and not the administrator's pages alone.
pub async fn is_manager(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId) -> Result<bool, StoreError> {
    let sql = "SELECT account FROM member WHERE tenant = $1 AND account = $2 AND role = 'manager' AND suspended_at_ms IS NULL";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(account.get()).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// Up to `limit` listeners whose digest is due, longest first. What is due of a suspended one waits until they are let in again.
pub async fn due(tx: &mut Tx<'_>, now: Millis, limit: i64) -> Result<Vec<(TenantId, AccountId)>, StoreError> {
    let sql =
        concat!("SELECT l.tenant, l.account FROM listener l WHERE l.due_at_ms <= $1 AND ", seated!(), " ORDER BY l.due_at_ms LIMIT $2");
    let rows: Vec<(Uuid, Uuid)> = on!(tx, |db| sqlx::query_as(sql).bind(now.get()).bind(limit).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(tenant, account)| (TenantId::of(tenant), AccountId::of(account))).collect())
}

/// Switches messages on. Somebody who had them for the same openid keeps what was gathered; another openid begins anew.
pub async fn begin(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    account: AccountId,
    id: Uuid,
    openid: &str,
    lang: &str,
    now: Millis,
) -> Result<Listener, StoreError> {
    match load(tx, tenant, account).await? {
        Some(mut known) if known.openid == openid => {
            known.lang = lang.to_owned();
            known.pace.reachable();
            save(tx, &known).await?;
        }
        known => {
            if known.is_some() {
                end(tx, tenant, account).await?;
            }
            on!(tx, |db| sqlx::query(
                "INSERT INTO listener (tenant, account, id, openid, lang, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6)"
            )
            .bind(tenant.get())
            .bind(account.get())
            .bind(id)
            .bind(openid)
            .bind(lang)
            .bind(now.get())
            .execute(db)
            .await
            .map(drop))?;
        }
    }
    load(tx, tenant, account).await?.ok_or(StoreError::Stale)
}

/// Switches messages off. What was not sent yet is not sent any more.
pub async fn end(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId) -> Result<(), StoreError> {
    for sql in ["DELETE FROM posting WHERE tenant = $1 AND account = $2", "DELETE FROM listener WHERE tenant = $1 AND account = $2"] {
        on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(account.get()).execute(db).await.map(drop))?;
    }
    Ok(())
}

/// Stores what became of a listener.
///
/// # Errors
/// [`StoreError::Stale`] when a sale was gathered or somebody else decided since it was loaded.
pub async fn save(tx: &mut Tx<'_>, listener: &Listener) -> Result<(), StoreError> {
    let Pace { gathered, last_ms, not_before_ms, .. } = listener.pace;
    let pace = Pace { is_under_way: listener.under_way.is_some(), ..listener.pace };
    let changed: Option<(i64,)> = on!(tx, |db| sqlx::query_as(
        "UPDATE listener SET lang = $4, unreached = $5, reached_at_ms = $6, tested_at_ms = $7, count = $8, sum_fen = $9, \
         largest_fen = $10, refunded_count = $11, refunded_fen = $12, from_ms = $13, until_ms = $14, under_way = $15, last_ms = $16, \
         not_before_ms = $17, next_ms = $18, due_at_ms = $19, consents = $20, asked_at_s = $21, largest = $22, revision = revision + 1 \
         WHERE tenant = $1 AND account = $2 AND revision = $3 RETURNING revision",
    )
    .bind(listener.tenant.get())
    .bind(listener.account.get())
    .bind(listener.revision)
    .bind(&listener.lang)
    .bind(listener.unreached.map(|why| word(&why)).transpose()?)
    .bind(listener.reached_at_ms.map(Millis::get))
    .bind(listener.tested_at_ms.map(Millis::get))
    .bind(gathered.count)
    .bind(gathered.sum_fen.get())
    .bind(gathered.largest_fen.get())
    .bind(gathered.refunded_count)
    .bind(gathered.refunded_fen.get())
    .bind(gathered.from_ms.map(Millis::get))
    .bind(gathered.until_ms.map(Millis::get))
    .bind(listener.under_way)
    .bind(last_ms.map(Millis::get))
    .bind(not_before_ms.map(Millis::get))
    .bind(pace.next_at().get())
    .bind(pace.due_at().map(Millis::get))
    .bind(listener.consents)
    .bind(listener.asked_at_s)
    .bind(gathered.largest.map(PaymentId::get))
    .fetch_optional(db)
    .await)?;
    changed.map(drop).ok_or(StoreError::Stale)
}

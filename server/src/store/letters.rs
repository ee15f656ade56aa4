//! Mails to people who sign in: stored with what they tell of, sent afterwards, at least once.

use domain::account::Lang;
use domain::letter::{LastLetter, LetterKind, LetterState, MailAddress};
use domain::{AccountId, Millis, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::claim::claim;
use super::words::{of_word, unreadable, word};
use super::{StoreError, Tx, on};

/// A letter to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// The organisation in whose name it is written.
    pub tenant: TenantId,
    /// Its id.
    pub id: Uuid,
    /// To whom.
    pub account: AccountId,
    /// What for.
    pub kind: LetterKind,
    /// Where to.
    pub address: MailAddress,
    /// In which language.
    pub lang: Lang,
    /// Waiting, or why it cannot be sent at all.
    pub state: LetterState,
}

/// A letter on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLetter {
    /// What it is.
    pub letter: NewLetter,
    /// The organisation's name.
    pub tenant_name: String,
    /// The person's name.
    pub account_name: String,
    /// When it was written.
    pub created_at_ms: Millis,
    /// How often it was taken up, this time included.
    pub tries: i64,
}

#[derive(FromRow)]
struct Row {
    tenant: Uuid,
    id: Uuid,
    account: Uuid,
    kind: String,
    address: String,
    lang: String,
    state: String,
    created_at_ms: i64,
    tries: i64,
}

/// Stores a letter; one that waits is due at once.
pub async fn insert(tx: &mut Tx<'_>, new: &NewLetter, now: Millis) -> Result<(), StoreError> {
    let is_waiting = new.state == LetterState::Waiting;
    let sql = "INSERT INTO letter (tenant, id, account, kind, address, lang, state, created_at_ms, due_at_ms, done_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (kind, state) = (word(&new.kind)?, word(&new.state)?);
    on!(tx, |db| sqlx::query(sql)
        .bind(new.tenant.get())
        .bind(new.id)
        .bind(new.account.get())
        .bind(kind)
        .bind(new.address.as_str())
        .bind(new.lang.word())
        .bind(state)
        .bind(now.get())
        .bind(is_waiting.then_some(now.get()))
        .bind((!is_waiting).then_some(now.get()))
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Takes up to `limit` due letters and puts them off to `lease_until`, by the rule of [`crate::leases`].
pub async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<DueLetter>, StoreError> {
    let mut rows: Vec<Row> = claim!(
        tx, now: now, lease_until: lease_until, limit: limit,
        table: "letter", key: "tenant, id", due: "due_at_ms", also: ", tries = tries + 1",
        row: "tenant, id, account, kind, address, lang, state, created_at_ms, tries",
    )?;
    rows.sort_by_key(|row| (row.created_at_ms, row.id));
    let mut due = vec![];
    for row in rows {
        let sql = "SELECT t.name, a.name FROM tenant t, account a WHERE t.id = $1 AND a.id = $2";
        let (tenant_name, account_name): (String, String) =
            on!(tx, |db| sqlx::query_as(sql).bind(row.tenant).bind(row.account).fetch_one(db).await)?;
        due.push(DueLetter {
            letter: NewLetter {
                tenant: TenantId::of(row.tenant),
                id: row.id,
                account: AccountId::of(row.account),
                kind: of_word("letter.kind", &row.kind)?,
                address: MailAddress::parse(&row.address).ok_or_else(|| unreadable("letter.address", "no address"))?,
                lang: Lang::of_word(&row.lang).unwrap_or_default(),
                state: of_word("letter.state", &row.state)?,
            },
            tenant_name,
            account_name,
            created_at_ms: Millis::of(row.created_at_ms),
            tries: row.tries,
        });
    }
    Ok(due)
}

/// Whether the letter was neither sent nor taken back. Whoever takes it back at the same moment waits until this transaction ends, and
/// then finds every link that was drawn.
pub async fn is_waiting(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid) -> Result<bool, StoreError> {
    let sql = "UPDATE letter SET tries = tries WHERE tenant = $1 AND id = $2 AND done_at_ms IS NULL RETURNING id";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(id).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// What became of a try to send a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its state now.
    pub state: LetterState,
    /// What a mail server said, if not that it is fine; `None` keeps what one said before.
    pub reason: Option<String>,
    /// When it is tried again, if it waits.
    pub due_at_ms: Option<Millis>,
}

/// Notes what became of a try. A letter that is done stays as it is: whoever was slower changes nothing.
pub async fn tell(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, told: &Told, now: Millis) -> Result<(), StoreError> {
    let state = word(&told.state)?;
    let done = (told.state != LetterState::Waiting).then_some(now.get());
    let sql = "UPDATE letter SET state = $3, reason = CASE WHEN $3 = 'sent' THEN NULL ELSE COALESCE($4, reason) END, due_at_ms = $5, \
         done_at_ms = $6 WHERE tenant = $1 AND id = $2 AND done_at_ms IS NULL";
    on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(id)
        .bind(state)
        .bind(&told.reason)
        .bind(told.due_at_ms.map(Millis::get))
        .bind(done)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// A letter, as far as a report about it can be judged by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// Whose it is.
    pub tenant: TenantId,
    /// Where it went.
    pub address: String,
    /// What became of it.
    pub state: LetterState,
}

/// The letter with this id, of whatever organisation; `None` when there is none any more.
pub async fn addressed(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Addressed>, StoreError> {
    let sql = "SELECT tenant, address, state FROM letter WHERE id = $1";
    let row: Option<(Uuid, String, String)> = on!(tx, |db| sqlx::query_as(sql).bind(id).fetch_optional(db).await)?;
    row.map(|(tenant, address, state)| Ok(Addressed { tenant: TenantId::of(tenant), address, state: of_word("letter.state", &state)? }))
        .transpose()
}

/// Notes that a letter came back; `false` when it is neither sent nor tried at present, which leaves it as it is. One that still waits
/// was taken by a mail server whose answer got lost: it is tried no more.
pub async fn bounce(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid, reason: &str, now: Millis) -> Result<bool, StoreError> {
    let state = word(&LetterState::Bounced)?;
    let sql = "UPDATE letter SET state = $3, reason = $4, due_at_ms = NULL, done_at_ms = $5 WHERE tenant = $1 AND id = $2 \
         AND state IN ('sent', 'waiting') AND tries > 0 RETURNING id";
    let row: Option<(Uuid,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(id).bind(state).bind(reason).bind(now.get()).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// A letter as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentLetter {
    /// What for.
    pub kind: LetterKind,
    /// Where to.
    pub address: String,
    /// What became of it.
    pub last: LastLetter,
}

#[derive(FromRow)]
struct SentRow {
    kind: String,
    address: String,
    state: String,
    reason: Option<String>,
    created_at_ms: i64,
    done_at_ms: Option<i64>,
    tries: i64,
}

/// The latest letters of the organisation to this person, newest first.
pub async fn of_account(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId, limit: i64) -> Result<Vec<SentLetter>, StoreError> {
    let sql = "SELECT kind, address, state, reason, created_at_ms, done_at_ms, tries FROM letter WHERE tenant = $1 AND account = $2 \
         ORDER BY created_at_ms DESC, id DESC LIMIT $3";
    let rows: Vec<SentRow> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(account.get()).bind(limit).fetch_all(db).await)?;
    let read = |row: SentRow| {
        let at_ms = Millis::of(row.done_at_ms.unwrap_or(row.created_at_ms));
        let last = LastLetter { state: of_word("letter.state", &row.state)?, reason: row.reason, at_ms, tries: row.tries };
        Ok(SentLetter { kind: of_word("letter.kind", &row.kind)?, address: row.address, last })
    };
    rows.into_iter().map(read).collect()
}

/// Takes letters to this person that still wait back: an administrator corrected the address, or suspended them.
pub async fn withdraw(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId, now: Millis) -> Result<(), StoreError> {
    let state = word(&LetterState::GivenUp)?;
    let sql = "UPDATE letter SET state = $4, due_at_ms = NULL, done_at_ms = $3 WHERE tenant = $1 AND account = $2 AND done_at_ms IS NULL";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(account.get()).bind(now.get()).bind(state).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// When this phone number was asked for within the last hour, oldest first.
pub async fn asks(tx: &mut Tx<'_>, phone: &domain::account::Phone, now: Millis) -> Result<Vec<Millis>, StoreError> {
    let sql = "SELECT at_ms FROM ask WHERE phone = $1 AND at_ms > $2 ORDER BY at_ms";
    let rows: Vec<(i64,)> = on!(tx, |db| sqlx::query_as(sql).bind(phone.as_str()).bind(now.get() - 3_600_000).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(at,)| Millis::of(at)).collect())
}

/// Notes that somebody asked for this phone number.
pub async fn insert_ask(tx: &mut Tx<'_>, phone: &domain::account::Phone, id: Uuid, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("INSERT INTO ask (phone, id, at_ms) VALUES ($1, $2, $3)")
        .bind(phone.as_str())
        .bind(id)
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// How long letters that are done are kept.
const KEPT_MS: i64 = 90 * 86_400_000;

/// Forgets asks of yesterday and letters of long ago.
pub async fn tidy(tx: &mut Tx<'_>, now: Millis) -> Result<(), StoreError> {
    for (sql, kept_ms) in [("DELETE FROM ask WHERE at_ms < $1", 86_400_000), ("DELETE FROM letter WHERE done_at_ms < $1", KEPT_MS)] {
        on!(tx, |db| sqlx::query(sql).bind(now.plus_ms(-kept_ms).get()).execute(db).await.map(drop))?;
    }
    Ok(())
}

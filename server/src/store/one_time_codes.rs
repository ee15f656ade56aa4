//! One-time codes by SMS: made with the pace of their number, tried in one place, forgotten after a day.

use domain::Millis;
use domain::account::Phone;
use domain::one_time::{Delivery, Issued, PACE_MS, Purpose, Verdict, wait_ms};
use sqlx::FromRow;

use super::sessions::TokenHash;
use super::words::{of_word, unreadable, word};
use super::{StoreError, Tx, dialect, on};

/// A code to keep.
#[derive(Debug, Clone)]
pub struct NewOneTimeCode {
    /// The hash of the secret that the asking browser keeps.
    pub token_hash: TokenHash,
    /// Whose phone is to prove it.
    pub phone: Phone,
    /// What it proves.
    pub purpose: Purpose,
    /// The hash over that secret and the code.
    pub code_hash: TokenHash,
    /// What is to be done when it is right; empty for what follows from the purpose alone.
    pub task: String,
}

/// A code that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeCode {
    /// Whose phone proves it.
    pub phone: Phone,
    /// The hash over the browser's secret and the code.
    pub code_hash: Vec<u8>,
    /// What is to be done when it is right.
    pub task: String,
    /// What is known of the message.
    pub delivery: Delivery,
    /// What it proves, and what was tried.
    pub issued: Issued,
}

#[derive(FromRow)]
struct Row {
    phone: String,
    purpose: String,
    code_hash: Vec<u8>,
    task: String,
    delivery: String,
    made_at_ms: i64,
    wrong: i64,
    used_at_ms: Option<i64>,
}

impl Row {
    fn read(self) -> Result<OneTimeCode, StoreError> {
        Ok(OneTimeCode {
            phone: Phone::parse(&self.phone).ok_or_else(|| unreadable("one_time_code.phone", "no number"))?,
            code_hash: self.code_hash,
            task: self.task,
            delivery: of_word("one_time_code.delivery", &self.delivery)?,
            issued: Issued {
                purpose: of_word("one_time_code.purpose", &self.purpose)?,
                made_at_ms: Millis::of(self.made_at_ms),
                wrong: u32::try_from(self.wrong).unwrap_or(u32::MAX),
                is_used: self.used_at_ms.is_some(),
            },
        })
    }
}

/// How long whoever has this number waits before the next code for `purpose`, in milliseconds; 0 when it may be made now. Whoever asks
/// at the same moment waits until this transaction ends.
pub async fn wait(tx: &mut Tx<'_>, phone: &Phone, purpose: Purpose, now: Millis) -> Result<i64, StoreError> {
    if let Tx::Postgres(conn) = tx {
        let number: i64 = phone.as_str().parse().unwrap_or_default();
        sqlx::query(dialect::TAKE_TURN).bind(number).execute(&mut **conn).await?;
    }
    let sql = "SELECT purpose, made_at_ms FROM one_time_code WHERE phone = $1 AND made_at_ms > $2";
    let since = now.plus_ms(-PACE_MS).get();
    let rows: Vec<(String, i64)> = on!(tx, |db| sqlx::query_as(sql).bind(phone.as_str()).bind(since).fetch_all(db).await)?;
    let read = |(purpose, at): (String, i64)| Ok((of_word("one_time_code.purpose", &purpose)?, Millis::of(at)));
    let earlier = rows.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(wait_ms(&earlier, purpose, now))
}

/// Keeps a code.
pub async fn insert(tx: &mut Tx<'_>, new: &NewOneTimeCode, delivery: Delivery, now: Millis) -> Result<(), StoreError> {
    let sql = "INSERT INTO one_time_code (token_hash, phone, purpose, code_hash, task, delivery, made_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (purpose, delivery) = (word(&new.purpose)?, word(&delivery)?);
    on!(tx, |db| sqlx::query(sql)
        .bind(&new.token_hash[..])
        .bind(new.phone.as_str())
        .bind(purpose)
        .bind(&new.code_hash[..])
        .bind(&new.task)
        .bind(delivery)
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The code that a browser asked for, or `None`.
pub async fn load(tx: &mut Tx<'_>, token_hash: &TokenHash) -> Result<Option<OneTimeCode>, StoreError> {
    let sql = "SELECT phone, purpose, code_hash, task, delivery, made_at_ms, wrong, used_at_ms FROM one_time_code WHERE token_hash = $1";
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(sql).bind(&token_hash[..]).fetch_optional(db).await)?;
    row.map(Row::read).transpose()
}

/// Tries a code for a purpose and keeps what came of it. Tries that are made at once count one by one.
///
/// # Errors
/// [`StoreError::Stale`] when another try came between; the writer runs the command again.
pub async fn attempt(
    tx: &mut Tx<'_>,
    token_hash: &TokenHash,
    code_hash: &TokenHash,
    purpose: Purpose,
    now: Millis,
) -> Result<Verdict, StoreError> {
    let Some(kept) = load(tx, token_hash).await? else { return Ok(Verdict::Over) };
    let (after, verdict) = kept.issued.tried(purpose, kept.code_hash == code_hash, now);
    if after != kept.issued {
        let sql = "UPDATE one_time_code SET wrong = $2, used_at_ms = $3 WHERE token_hash = $1 AND wrong = $4 AND used_at_ms IS NULL \
             RETURNING phone";
        let row: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql)
            .bind(&token_hash[..])
            .bind(i64::from(after.wrong))
            .bind(after.is_used.then_some(now.get()))
            .bind(i64::from(kept.issued.wrong))
            .fetch_optional(db)
            .await)?;
        row.ok_or(StoreError::Stale)?;
    }
    Ok(verdict)
}

/// Notes what is known of the message.
pub async fn tell(tx: &mut Tx<'_>, token_hash: &TokenHash, delivery: Delivery) -> Result<(), StoreError> {
    let delivery = word(&delivery)?;
    on!(tx, |db| sqlx::query("UPDATE one_time_code SET delivery = $2 WHERE token_hash = $1")
        .bind(&token_hash[..])
        .bind(delivery)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Makes a code void: another one takes its place.
pub async fn void(tx: &mut Tx<'_>, token_hash: &TokenHash, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE one_time_code SET used_at_ms = $2 WHERE token_hash = $1 AND used_at_ms IS NULL")
        .bind(&token_hash[..])
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Makes every code of this number void: the password changed, so what was begun with the old one is over.
pub async fn void_all(tx: &mut Tx<'_>, phone: &Phone, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE one_time_code SET used_at_ms = $2 WHERE phone = $1 AND used_at_ms IS NULL")
        .bind(phone.as_str())
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Forgets codes that do not count for the pace any more.
pub async fn tidy(tx: &mut Tx<'_>, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("DELETE FROM one_time_code WHERE made_at_ms <= $1")
        .bind(now.plus_ms(-PACE_MS).get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

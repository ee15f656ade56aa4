//! Reminders of debts: who wants none, when a debt is looked at next, and what became of each reminder.
//!
//! Whoever decides about a debt takes it up first ([`take_up`], [`wake`]): its row stays theirs until they commit, so of any number of
//! instances one decides at a time. The steps of a reminder are rows that are written once.

use domain::account::Phone;
use domain::receivable::{Cause, LastReminder, Outcome, Reminder, ReminderHour};
use domain::{AccountId, Fen, Millis, ReceivableId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::words::{of_word, unreadable, word};
use super::{StoreError, Tx, dialect, on};

/// What people said about reminders of a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Whether its organisation collects.
    pub is_open: bool,
    /// Whether its organisation has debts reminded of on a schedule.
    pub of_organisation: bool,
    /// From when on each day those go.
    pub hour: ReminderHour,
    /// What the debt itself says of that.
    pub own: Option<bool>,
    /// Since when whoever collects wants none.
    pub stopped_by_manager: Option<Millis>,
    /// Since when whoever owes wants none.
    pub stopped_by_debtor: Option<Millis>,
}

impl Switches {
    /// Whether the debt is reminded of on a schedule.
    pub fn is_scheduled(&self) -> bool {
        self.own.unwrap_or(self.of_organisation)
    }
}

/// What people said about reminders of a debt; `None` when there is no such debt.
pub async fn switches(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId) -> Result<Option<Switches>, StoreError> {
    let sql = "SELECT t.is_open, t.reminds, t.remind_from_minute, r.reminds, r.stopped_by_manager_at_ms, r.stopped_by_debtor_at_ms FROM receivable r \
         JOIN tenant t ON t.id = r.tenant WHERE r.tenant = $1 AND r.id = $2";
    type Row = (bool, bool, i64, Option<bool>, Option<i64>, Option<i64>);
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(debt.get()).fetch_optional(db).await)?;
    Ok(row.map(|(is_open, of_organisation, minute, own, by_manager, by_debtor)| Switches {
        is_open,
        of_organisation,
        hour: ReminderHour::of_minute(minute).unwrap_or_default(),
        own,
        stopped_by_manager: by_manager.map(Millis::of),
        stopped_by_debtor: by_debtor.map(Millis::of),
    }))
}

/// Whoever collects wants no reminders of the debt since then, or wants them again.
pub async fn stop_by_manager(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId, since: Option<Millis>) -> Result<(), StoreError> {
    let sql = "UPDATE receivable SET stopped_by_manager_at_ms = $3, look_at_ms = 0 WHERE tenant = $1 AND id = $2";
    let since = since.map(Millis::get);
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(debt.get()).bind(since).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Whoever owes wants no reminders of the debt since then, or wants them again.
pub async fn stop_by_debtor(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId, since: Option<Millis>) -> Result<(), StoreError> {
    let sql = "UPDATE receivable SET stopped_by_debtor_at_ms = $3, look_at_ms = 0 WHERE tenant = $1 AND id = $2";
    let since = since.map(Millis::get);
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(debt.get()).bind(since).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// The debt is reminded of on a schedule, or not, whatever its organisation says.
pub async fn set_own(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId, is_scheduled: bool) -> Result<(), StoreError> {
    let sql = "UPDATE receivable SET reminds = $3, look_at_ms = 0 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(debt.get()).bind(is_scheduled).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Debts that are to be looked at, those that wait longest first.
pub async fn due(tx: &mut Tx<'_>, now: Millis, limit: i64) -> Result<Vec<(TenantId, ReceivableId)>, StoreError> {
    let sql = "SELECT tenant, id FROM receivable WHERE look_at_ms <= $1 ORDER BY look_at_ms LIMIT $2";
    let rows: Vec<(Uuid, Uuid)> = on!(tx, |db| sqlx::query_as(sql).bind(now.get()).bind(limit).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(tenant, id)| (TenantId::of(tenant), ReceivableId::of(id))).collect())
}

/// Takes a debt up that is to be looked at by `now`; `false` when somebody else did. Until this transaction ends nobody else decides
/// about it, and whoever changes it afterwards has it looked at again.
pub async fn take_up(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId, now: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE receivable SET look_at_ms = NULL WHERE tenant = $1 AND id = $2 AND look_at_ms <= $3 RETURNING id";
    let row: Option<(Uuid,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(debt.get()).bind(now.get()).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// Has a debt looked at at once. Until this transaction ends nobody else decides about it.
pub async fn wake(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId) -> Result<(), StoreError> {
    look_again(tx, tenant, debt, Millis::of(0)).await
}

/// Has a debt looked at again at this moment.
pub async fn look_again(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId, at: Millis) -> Result<(), StoreError> {
    let sql = "UPDATE receivable SET look_at_ms = $3 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(debt.get()).bind(at.get()).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Has every debt looked at of which something is owed: the organisation said something else.
pub async fn wake_all(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
    let sql = "UPDATE receivable SET look_at_ms = 0 WHERE tenant = $1 AND standing = 'open'";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Lets decisions about one number happen one after the other, so that the second knows of the first. SQLite has one writer anyway.
pub async fn take_turn(tx: &mut Tx<'_>, phone: &Phone) -> Result<(), StoreError> {
    if let Tx::Postgres(conn) = tx {
        let number: i64 = phone.as_str().parse().unwrap_or_default();
        sqlx::query(dialect::TAKE_TURN).bind(-number).execute(&mut **conn).await?;
    }
    Ok(())
}

/// How far a reminder came with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Somebody asked for it.
    Asked,
    /// It is about to be handed over.
    Begun,
    /// It ended.
    #[serde(untagged)]
    Ended(Outcome),
}

impl Step {
    const fn position(self) -> i64 {
        match self {
            Step::Asked => 0,
            Step::Begun => 1,
            Step::Ended(_) => 2,
        }
    }
}

/// A step to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStep {
    /// The organisation.
    pub tenant: TenantId,
    /// The reminder.
    pub reminder: Uuid,
    /// The debt.
    pub receivable: ReceivableId,
    /// How far it came.
    pub step: Step,
    /// Why it goes.
    pub cause: Cause,
    /// To whom.
    pub phone: Phone,
    /// What is owed.
    pub amount_fen: Fen,
    /// Who asked for it.
    pub by: Option<AccountId>,
    /// What the provider said, or why it was not handed over.
    pub why: Option<String>,
    /// When.
    pub at_ms: Millis,
}

/// Writes a step, and what the debt's list says since; `false` when the reminder came so far before. Whoever writes one has taken the
/// debt up.
pub async fn insert(tx: &mut Tx<'_>, new: &NewStep) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reminder_step (tenant, reminder, position, receivable, step, cause, phone, amount_fen, account, why, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (tenant, reminder, position) DO NOTHING";
    let (step, cause) = (word(&new.step)?, word(&new.cause)?);
    let written = on!(tx, |db| sqlx::query(sql)
        .bind(new.tenant.get())
        .bind(new.reminder)
        .bind(new.step.position())
        .bind(new.receivable.get())
        .bind(step)
        .bind(cause)
        .bind(new.phone.as_str())
        .bind(new.amount_fen.get())
        .bind(new.by.map(AccountId::get))
        .bind(&new.why)
        .bind(new.at_ms.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if written == 1 {
        mark(tx, new.tenant, new.receivable).await?;
    }
    Ok(written == 1)
}

async fn mark(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId) -> Result<(), StoreError> {
    let reminders: Vec<Reminder> = of_debt(tx, tenant, debt).await?.into_iter().map(|kept| kept.reminder).collect();
    let last = LastReminder::of(&reminders);
    let (state, at) = (last.map(|last| word(&last.state)).transpose()?, last.map(|last| last.at_ms.get()));
    let sql = "UPDATE receivable SET reminded = $3, reminded_at_ms = $4 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(debt.get()).bind(state).bind(at).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// A reminder as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// How far it came.
    pub reminder: Reminder,
    /// What was owed then.
    pub amount_fen: Fen,
    /// The name of whoever asked for it.
    pub by: Option<String>,
    /// What the provider said, or why it was not handed over.
    pub why: Option<String>,
}

#[derive(FromRow)]
struct Row {
    reminder: Uuid,
    step: String,
    cause: String,
    phone: String,
    amount_fen: i64,
    name: Option<String>,
    why: Option<String>,
    at_ms: i64,
}

/// The reminders of a debt in the order in which they began.
pub async fn of_debt(tx: &mut Tx<'_>, tenant: TenantId, debt: ReceivableId) -> Result<Vec<Kept>, StoreError> {
    let sql = "SELECT s.reminder, s.step, s.cause, s.phone, s.amount_fen, a.name, s.why, s.at_ms FROM reminder_step s \
         LEFT JOIN account a ON a.id = s.account WHERE s.tenant = $1 AND s.receivable = $2 ORDER BY s.at_ms, s.reminder, s.position";
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(debt.get()).fetch_all(db).await)?;
    let mut kept: Vec<Kept> = vec![];
    for row in rows {
        let phone = Phone::parse(&row.phone).ok_or_else(|| unreadable("reminder_step.phone", "no number"))?;
        let place = match kept.iter().position(|one| one.id == row.reminder) {
            Some(place) => place,
            None => {
                let cause = of_word("reminder_step.cause", &row.cause)?;
                let reminder = Reminder { cause, phone: phone.clone(), asked_at_ms: None, begun_at_ms: None, ended: None };
                kept.push(Kept { id: row.reminder, reminder, amount_fen: Fen::ZERO, by: None, why: None });
                kept.len() - 1
            }
        };
        let (one, at) = (&mut kept[place], Millis::of(row.at_ms));
        (one.reminder.phone, one.amount_fen) = (phone, Fen::of(row.amount_fen));
        (one.by, one.why) = (row.name.or(one.by.take()), row.why.or(one.why.take()));
        match of_word("reminder_step.step", &row.step)? {
            Step::Asked => one.reminder.asked_at_ms = Some(at),
            Step::Begun => one.reminder.begun_at_ms = Some(at),
            Step::Ended(outcome) => one.reminder.ended = Some((outcome, at)),
        }
    }
    Ok(kept)
}

/// When reminders of any debt to the organisation reached this number since then, or may have.
pub async fn reached(tx: &mut Tx<'_>, tenant: TenantId, phone: &Phone, since: Millis) -> Result<Vec<Millis>, StoreError> {
    let sql = "SELECT b.at_ms FROM reminder_step b WHERE b.tenant = $1 AND b.phone = $2 AND b.at_ms >= $3 AND b.position = 1 AND NOT EXISTS \
         (SELECT 1 FROM reminder_step e WHERE e.tenant = b.tenant AND e.reminder = b.reminder AND e.position = 2 \
         AND e.step IN ('refused', 'bad_number', 'dropped'))";
    let rows: Vec<(i64,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(phone.as_str()).bind(since.get()).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(at,)| Millis::of(at)).collect())
}

/// What the provider said when it told that this number takes no such messages; `None` when it did not.
pub async fn bad_number(tx: &mut Tx<'_>, tenant: TenantId, phone: &Phone) -> Result<Option<String>, StoreError> {
    let sql = "SELECT why FROM reminder_step WHERE tenant = $1 AND phone = $2 AND step = 'bad_number' ORDER BY at_ms DESC LIMIT 1";
    let row: Option<(Option<String>,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(phone.as_str()).fetch_optional(db).await)?;
    Ok(row.map(|(why,)| why.unwrap_or_default()))
}

//! Receivables: who owes what until when, what settles it, and what happened to it. What a debt comes to is written beside it with
//! every movement, in the movement's own transaction, so that lists and sums read no history.

use domain::account::Phone;
use domain::receivable::{Claim, Debtor, LastReminder, Movement, MovementKind, Receivable, ReminderMark, Standing, transfers};
use domain::{AccountId, CodeId, Day, Fen, Millis, PaymentId, ReceivableId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::payments::{Ids, json, of_json, of_word, unreadable, word};
use super::sessions::TokenHash;
use super::{StoreError, Tx, dialect, ledger, on};

mod contact;
mod history;
mod list;
mod payments;

pub use contact::set_phone;
pub use history::{Happened, history};
pub use list::{Before, Filter, Found, ageing, page, same, scope_of, search, take_turn, tokens_of};
pub use payments::{Paid, Way, collect, follow, match_payment, of_payment, paid_for, uncounted, unmatch};

/// A debt with what it has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The debt.
    pub receivable: Receivable,
    /// What it has come to.
    pub claim: Claim,
    /// What there is to say of its reminders.
    pub mark: ReminderMark,
    /// The token of its code's address.
    pub token: String,
    /// Counts changes, so that two deciders cannot both win.
    pub revision: i64,
}

#[derive(FromRow)]
pub(in crate::store) struct Row {
    tenant: Uuid,
    id: Uuid,
    payee: Uuid,
    code: Uuid,
    debtor: String,
    reference: String,
    phone: Option<String>,
    title: String,
    amount_fen: i64,
    due_day: Option<i64>,
    in_parts: bool,
    remark: String,
    source: String,
    raised_at_ms: i64,
    settled_fen: i64,
    is_written_off: bool,
    revision: i64,
    reminded: Option<String>,
    reminded_at_ms: Option<i64>,
    stopped_by_debtor_at_ms: Option<i64>,
    stopped_by_manager_at_ms: Option<i64>,
    token: String,
}

impl Row {
    fn read(self) -> Result<Stored, StoreError> {
        let phone = self.phone.map(|text| Phone::parse(&text).ok_or_else(|| unreadable("receivable.phone", &text))).transpose()?;
        let last = match (&self.reminded, self.reminded_at_ms) {
            (Some(state), Some(at)) => Some(LastReminder { state: of_word("receivable.reminded", state)?, at_ms: Millis::of(at) }),
            _ => None,
        };
        let due = self.due_day.map(|day| i32::try_from(day).map(Day::of).map_err(|_| unreadable("receivable.due_day", &day.to_string())));
        Ok(Stored {
            receivable: Receivable {
                tenant: TenantId::of(self.tenant),
                id: ReceivableId::of(self.id),
                payee: AccountId::of(self.payee),
                code: CodeId::of(self.code),
                debtor: Debtor { name: self.debtor, reference: self.reference, phone },
                title: self.title,
                amount_fen: Fen::of(self.amount_fen),
                due: due.transpose()?,
                in_parts: self.in_parts,
                remark: self.remark,
                source: of_json("receivable.source", &self.source)?,
                raised_at_ms: Millis::of(self.raised_at_ms),
            },
            claim: Claim {
                raised_fen: Fen::of(self.amount_fen),
                settled_fen: Fen::of(self.settled_fen),
                is_written_off: self.is_written_off,
            },
            mark: ReminderMark {
                last,
                stopped_by_debtor: self.stopped_by_debtor_at_ms.map(Millis::of),
                stopped_by_manager: self.stopped_by_manager_at_ms.map(Millis::of),
            },
            token: self.token,
            revision: self.revision,
        })
    }
}

/// Everything about debts; a condition follows.
macro_rules! rows {
    ($($rest:tt)+) => {
        concat!(
            "SELECT r.tenant, r.id, r.payee, r.code, r.debtor, r.reference, r.phone, r.title, r.amount_fen, r.due_day, r.in_parts, r.remark, ",
            "r.source, r.raised_at_ms, r.settled_fen, r.is_written_off, r.revision, r.reminded, r.reminded_at_ms, r.stopped_by_debtor_at_ms, ",
            "r.stopped_by_manager_at_ms, k.token FROM receivable r ",
            "JOIN code_token k ON k.tenant = r.tenant AND k.code = r.code AND k.replaced_at_ms IS NULL ",
            $($rest)+
        )
    };
}
use rows;

/// A debt of the organisation, or `None`.
pub async fn load(tx: &mut Tx<'_>, tenant: TenantId, id: ReceivableId) -> Result<Option<Stored>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(rows!("WHERE r.tenant = $1 AND r.id = $2"))
        .bind(tenant.get())
        .bind(id.get())
        .fetch_optional(db)
        .await)?;
    row.map(Row::read).transpose()
}

/// The debt that is paid by this code, or `None`.
pub async fn by_code(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId) -> Result<Option<Stored>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(rows!("WHERE r.tenant = $1 AND r.code = $2"))
        .bind(tenant.get())
        .bind(code.get())
        .fetch_optional(db)
        .await)?;
    row.map(Row::read).transpose()
}

/// The form that all debts of an organisation share: it asks nothing, because everything is known.
pub fn form_of(tenant: TenantId) -> Uuid {
    Uuid::from_u128(!tenant.get().as_u128())
}

/// Who decided a movement, and why.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decided<'a> {
    /// Who.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Option<&'a str>,
    /// The payment that it is about.
    pub payment: Option<PaymentId>,
}

/// Raises a debt whose code stands already.
///
/// # Errors
/// [`StoreError::Duplicate`] when it was raised before.
pub async fn insert(tx: &mut Tx<'_>, new: &Receivable, by: AccountId, ids: &mut Ids) -> Result<(), StoreError> {
    let source = json(&new.source)?;
    on!(tx, |db| sqlx::query(
        "INSERT INTO receivable (tenant, id, payee, code, debtor, reference, phone, title, amount_fen, due_day, in_parts, remark, source, \
         raised_at_ms, raised_due_day, settled_fen, is_written_off, outstanding_fen, standing, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, COALESCE($10, -1), 0, FALSE, 0, 'open', 0)",
    )
    .bind(new.tenant.get())
    .bind(new.id.get())
    .bind(new.payee.get())
    .bind(new.code.get())
    .bind(&new.debtor.name)
    .bind(&new.debtor.reference)
    .bind(new.debtor.phone.as_ref().map(Phone::as_str))
    .bind(&new.title)
    .bind(new.amount_fen.get())
    .bind(new.due.map(|due| i64::from(due.get())))
    .bind(new.in_parts)
    .bind(&new.remark)
    .bind(source)
    .bind(new.raised_at_ms.get())
    .execute(db)
    .await
    .map(drop))?;
    let unraised =
        Stored { receivable: new.clone(), claim: Claim::default(), mark: ReminderMark::default(), token: String::new(), revision: 0 };
    let raised = Movement { kind: MovementKind::Raised, amount_fen: new.amount_fen };
    moved(tx, &unraised, raised, Decided { by: Some(by), ..Decided::default() }, ids, new.raised_at_ms).await?;
    let sql = dialect::INSERT_TOKENS.of(tx);
    on!(tx, |db| sqlx::query(sql)
        .bind(new.tenant.get())
        .bind(scope_of(new.payee))
        .bind(json(&tokens_of(&new.debtor, &new.title, new.amount_fen))?)
        .bind(new.raised_at_ms.get())
        .bind(new.id.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The hash over the form by which a debt was entered, empty where it came from elsewhere; `None` when there is no such debt.
pub async fn sent_hash(tx: &mut Tx<'_>, tenant: TenantId, id: ReceivableId) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT sent_hash FROM receivable WHERE tenant = $1 AND id = $2";
    let row: Option<(Option<Vec<u8>>,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(id.get()).fetch_optional(db).await)?;
    Ok(row.map(|(hash,)| hash.unwrap_or_default()))
}

/// Keeps the hash over the form by which a debt was entered.
pub async fn set_sent_hash(tx: &mut Tx<'_>, tenant: TenantId, id: ReceivableId, hash: &TokenHash) -> Result<(), StoreError> {
    let sql = "UPDATE receivable SET sent_hash = $3 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(id.get()).bind(&hash[..]).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Stores a movement with its ledger's side and what the debt comes to.
///
/// # Errors
/// [`StoreError::Stale`] when the debt was changed since `before` was loaded; [`StoreError::Unreadable`] when the rules do not allow
/// the movement, which whoever decided it asked before.
pub async fn moved(
    tx: &mut Tx<'_>,
    before: &Stored,
    movement: Movement,
    decided: Decided<'_>,
    ids: &mut Ids,
    now: Millis,
) -> Result<Claim, StoreError> {
    let Receivable { tenant, id, payee, .. } = before.receivable;
    let claim = before.claim.after(&movement).map_err(|why| unreadable("movement", &why.to_string()))?;
    let position = update(tx, before, claim).await?;
    let movement_id = ids.next();
    on!(tx, |db| sqlx::query(
        "INSERT INTO receivable_movement (tenant, id, receivable, position, kind, amount_fen, payment, account, reason, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tenant.get())
    .bind(movement_id)
    .bind(id.get())
    .bind(position)
    .bind(word(&movement.kind)?)
    .bind(movement.amount_fen.get())
    .bind(decided.payment.map(PaymentId::get))
    .bind(decided.by.map(AccountId::get))
    .bind(decided.reason)
    .bind(now.get())
    .execute(db)
    .await
    .map(drop))?;
    for transfer in transfers(before.claim, claim, payee, id, &movement_id.simple().to_string()) {
        ledger::book_claim(tx, tenant, ids.next(), &transfer, now).await?;
    }
    Ok(claim)
}

/// Stores what a debt comes to, if nobody changed it meanwhile; its new revision.
async fn update(tx: &mut Tx<'_>, before: &Stored, claim: Claim) -> Result<i64, StoreError> {
    let changed: Option<(i64,)> = on!(tx, |db| sqlx::query_as(
        "UPDATE receivable SET settled_fen = $4, is_written_off = $5, outstanding_fen = $6, standing = $7, revision = revision + 1, \
         look_at_ms = 0 WHERE tenant = $1 AND id = $2 AND revision = $3 RETURNING revision",
    )
    .bind(before.receivable.tenant.get())
    .bind(before.receivable.id.get())
    .bind(before.revision)
    .bind(claim.settled_fen.get())
    .bind(claim.is_written_off)
    .bind(claim.outstanding().get())
    .bind(word::<Standing>(&claim.standing())?)
    .fetch_optional(db)
    .await)?;
    changed.map(|(revision,)| revision).ok_or(StoreError::Stale)
}

/// Sets the due day and the remark of a debt.
///
/// # Errors
/// [`StoreError::Stale`] when the debt was changed since `before` was loaded.
pub async fn edit(tx: &mut Tx<'_>, before: &Stored, due: Option<Day>, remark: &str) -> Result<(), StoreError> {
    let changed: Option<(i64,)> = on!(tx, |db| {
        sqlx::query_as(
        "UPDATE receivable SET due_day = $4, remark = $5, look_at_ms = 0 WHERE tenant = $1 AND id = $2 AND revision = $3 RETURNING revision",
    )
    .bind(before.receivable.tenant.get())
    .bind(before.receivable.id.get())
    .bind(before.revision)
    .bind(due.map(|due| i64::from(due.get())))
    .bind(remark)
    .fetch_optional(db)
    .await
    })?;
    changed.map(drop).ok_or(StoreError::Stale)
}

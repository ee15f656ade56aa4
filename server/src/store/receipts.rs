//! Receipts: written when a payment is paid, touched only by its refunds.

use domain::form::Answer;
use domain::receipt::{Receipt, ReceiptState};
use domain::{AccountId, CodeId, Day, Fen, Millis, Payment, PaymentId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::codes::CodeKind;
use super::payments::Stored;
use super::words::{json, of_json, of_word};
use super::{StoreError, Tx, on, search};

/// Where a page of receipts begins: right after this one, going back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// When it was paid.
    pub paid_at_ms: Millis,
    /// Its payment.
    pub payment: PaymentId,
}

impl Before {
    /// The place right after `receipt`.
    pub fn of(receipt: &Receipt) -> Before {
        Before { paid_at_ms: receipt.paid_at_ms, payment: receipt.payment }
    }
}

/// Before it stands nothing: the newest receipt is the first one after it.
const NEWEST: Before = Before { paid_at_ms: Millis::of(i64::MAX), payment: PaymentId::of(Uuid::max()) };

/// Which receipts of a payee are wanted; by default all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Narrow {
    /// Only those that came through this code.
    pub code: Option<CodeId>,
    /// Only those in this state.
    pub state: Option<ReceiptState>,
}

impl Narrow {
    /// Whether a receipt that came through `code` is wanted.
    pub(super) fn takes(&self, code: CodeId, receipt: &Receipt) -> bool {
        self.code.is_none_or(|wanted| wanted == code) && self.state.is_none_or(|wanted| wanted == receipt.state())
    }
}

/// A receipt with when we learned of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// When we learned of it; a live stream resumes by this.
    pub known_at_ms: Millis,
    /// The receipt.
    pub receipt: Receipt,
}

#[derive(FromRow)]
pub(super) struct Row {
    payment: Uuid,
    code: Uuid,
    amount_fen: i64,
    refunding_fen: i64,
    refunded_fen: i64,
    paid_at_ms: i64,
    known_at_ms: i64,
    code_name: String,
    payee_name: String,
    answers: String,
    trade: String,
}

impl Row {
    fn read(self) -> Result<Known, StoreError> {
        let receipt = Receipt {
            payment: PaymentId::of(self.payment),
            amount_fen: Fen::of(self.amount_fen),
            refunding_fen: Fen::of(self.refunding_fen),
            refunded_fen: Fen::of(self.refunded_fen),
            paid_at_ms: Millis::of(self.paid_at_ms),
            code_name: self.code_name,
            payee_name: self.payee_name,
            answers: of_json("receipt.answers", &self.answers)?,
            transaction: Some(self.trade).filter(|trade| !trade.is_empty()),
        };
        Ok(Known { known_at_ms: Millis::of(self.known_at_ms), receipt })
    }

    pub(super) fn code(&self) -> CodeId {
        CodeId::of(self.code)
    }

    pub(super) fn receipt(self) -> Result<Receipt, StoreError> {
        Ok(self.read()?.receipt)
    }
}

/// Everything about receipts; a condition follows.
macro_rules! rows {
    ($($rest:tt)+) => {
        concat!(
            "SELECT r.payment, r.code, r.amount_fen, r.refunding_fen, r.refunded_fen, r.paid_at_ms, r.known_at_ms, r.code_name, ",
            "COALESCE(a.name, o.name, '') AS payee_name, r.answers, r.trade FROM receipt r ",
            "LEFT JOIN account a ON a.id = r.payee LEFT JOIN store o ON o.tenant = r.tenant AND o.id = r.payee ",
            $($rest)+
        )
    };
}

pub(super) use rows;

/// A page of receipts in one state, or in any: all codes, then one code. Each state has the condition of its index.
macro_rules! in_state {
    ($code:expr, $state:literal) => {
        match $code {
            None => rows!(
                "WHERE r.tenant = $1 AND r.payee = $2 AND (r.paid_at_ms, r.payment) < ($3, $4)",
                $state,
                " ORDER BY r.paid_at_ms DESC, r.payment DESC LIMIT $5"
            ),
            Some(_) => rows!(
                "WHERE r.tenant = $1 AND r.payee = $2 AND (r.paid_at_ms, r.payment) < ($3, $4) AND r.code = $6",
                $state,
                " ORDER BY r.paid_at_ms DESC, r.payment DESC LIMIT $5"
            ),
        }
    };
}

/// The newest receipts of a payee that `narrow` takes, at most `limit`, from `before` on when it is given. Any depth costs the
/// same, because the index is entered at the place itself.
pub async fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    narrow: Narrow,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<Receipt>, StoreError> {
    let before = before.unwrap_or(NEWEST);
    let sql = match narrow.state {
        None => in_state!(narrow.code, ""),
        Some(ReceiptState::Collected) => in_state!(narrow.code, " AND r.refunding_fen = 0 AND r.refunded_fen = 0"),
        Some(ReceiptState::Refunding) => in_state!(narrow.code, " AND r.refunding_fen > 0"),
        Some(ReceiptState::PartlyRefunded) => {
            in_state!(narrow.code, " AND r.refunding_fen = 0 AND r.refunded_fen > 0 AND r.refunded_fen < r.amount_fen")
        }
        Some(ReceiptState::Refunded) => {
            in_state!(narrow.code, " AND r.refunding_fen = 0 AND r.refunded_fen > 0 AND r.refunded_fen >= r.amount_fen")
        }
    };
    let rows: Vec<Row> = on!(tx, |db| {
        let query =
            sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).bind(before.paid_at_ms.get()).bind(before.payment.get()).bind(limit);
        match narrow.code {
            Some(code) => query.bind(code.get()).fetch_all(db).await,
            None => query.fetch_all(db).await,
        }
    })?;
    rows.into_iter().map(Row::receipt).collect()
}

/// The newest receipts of the organisation `$1`, whoever collected them.
pub(super) const NEWEST_OF_ALL: &str =
    rows!("WHERE r.tenant = $1 AND (r.paid_at_ms, r.payment) < ($2, $3) ORDER BY r.paid_at_ms DESC, r.payment DESC LIMIT $4");

/// The newest receipts of an organisation, whoever collected them, at most `limit`, from `before` on when it is given.
pub async fn page_of_all(tx: &mut Tx<'_>, tenant: TenantId, before: Option<Before>, limit: i64) -> Result<Vec<Receipt>, StoreError> {
    rows_of_all(tx, tenant, before.unwrap_or(NEWEST), limit).await?.into_iter().map(Row::receipt).collect()
}

/// The newest receipts of an organisation, whoever collected them, at most `limit`, each with when we learned of it: what came since a
/// moment is looked for among these.
pub async fn newest_of_all(tx: &mut Tx<'_>, tenant: TenantId, limit: i64) -> Result<Vec<Known>, StoreError> {
    rows_of_all(tx, tenant, NEWEST, limit).await?.into_iter().map(Row::read).collect()
}

async fn rows_of_all(tx: &mut Tx<'_>, tenant: TenantId, before: Before, limit: i64) -> Result<Vec<Row>, StoreError> {
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(NEWEST_OF_ALL)
        .bind(tenant.get())
        .bind(before.paid_at_ms.get())
        .bind(before.payment.get())
        .bind(limit)
        .fetch_all(db)
        .await)?;
    Ok(rows)
}

/// One receipt of a payee, or `None`.
pub async fn one(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, payment: PaymentId) -> Result<Option<Receipt>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(rows!("WHERE r.tenant = $1 AND r.payment = $2 AND r.payee = $3"))
        .bind(tenant.get())
        .bind(payment.get())
        .bind(payee.get())
        .fetch_optional(db)
        .await)?;
    row.map(Row::receipt).transpose()
}

/// The receipt that a payer's link names, with its organisation; `None` when no receipt has this token.
pub async fn by_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<(TenantId, Receipt)>, StoreError> {
    let place: Option<(Uuid, Uuid)> =
        on!(tx, |db| sqlx::query_as("SELECT tenant, payment FROM receipt_token WHERE token = $1").bind(token).fetch_optional(db).await)?;
    let Some((tenant, payment)) = place else { return Ok(None) };
    let tenant = TenantId::of(tenant);
    Ok(of_payment(tx, tenant, PaymentId::of(payment)).await?.map(|receipt| (tenant, receipt)))
}

/// The receipt of a payment, whoever collected it; `None` when it has none.
pub async fn of_payment(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId) -> Result<Option<Receipt>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(rows!("WHERE r.tenant = $1 AND r.payment = $2"))
        .bind(tenant.get())
        .bind(payment.get())
        .fetch_optional(db)
        .await)?;
    row.map(Row::receipt).transpose()
}

/// When we learned of the newest receipt of a payee; `None` when there is none.
pub async fn newest_known(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Option<Millis>, StoreError> {
    let sql = "SELECT known_at_ms FROM receipt WHERE tenant = $1 AND payee = $2 ORDER BY known_at_ms DESC LIMIT 1";
    let row: Option<(i64,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).fetch_optional(db).await)?;
    Ok(row.map(|(at_ms,)| Millis::of(at_ms)))
}

/// Where reading goes on by when we learned of receipts: right after this one, forward in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct After {
    /// When we learned of it.
    pub known_at_ms: Millis,
    /// Its payment.
    pub payment: PaymentId,
}

impl After {
    /// Before everything that we learned of at `since` or later.
    pub fn since(since: Millis) -> After {
        After { known_at_ms: since.plus_ms(-1), payment: PaymentId::of(Uuid::max()) }
    }

    /// Right after this receipt.
    pub fn of(known: &Known) -> After {
        After { known_at_ms: known.known_at_ms, payment: known.receipt.payment }
    }
}

/// The receipts of a payee that we learned of after the place `after`, oldest knowledge first, at most `limit`. Whoever resumes a
/// stream asks from a little earlier and leaves out what is known, because rows do not become visible in the order of time.
pub async fn known_after(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, after: After, limit: i64) -> Result<Vec<Known>, StoreError> {
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(rows!(
        "WHERE r.tenant = $1 AND r.payee = $2 AND r.known_at_ms >= $3 AND (r.known_at_ms > $3 OR r.payment > $4) \
         ORDER BY r.known_at_ms, r.payment LIMIT $5"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .bind(after.known_at_ms.get())
    .bind(after.payment.get())
    .bind(limit)
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

#[derive(FromRow)]
struct OwnedRow {
    tenant: Uuid,
    payee: Uuid,
    #[sqlx(flatten)]
    row: Row,
}

/// The receipts of everybody that this database learned of at `since` or later, at most `limit`: what an instance looks for
/// that other instances stored.
pub async fn all_known_since(tx: &mut Tx<'_>, since: Millis, limit: i64) -> Result<Vec<(TenantId, AccountId, Known)>, StoreError> {
    let rows: Vec<OwnedRow> = on!(tx, |db| {
        sqlx::query_as(
        "SELECT r.tenant, r.payee, r.payment, r.code, r.amount_fen, r.refunding_fen, r.refunded_fen, r.paid_at_ms, r.known_at_ms, r.code_name, \
         COALESCE(a.name, o.name, '') AS payee_name, r.answers, r.trade FROM receipt r LEFT JOIN account a ON a.id = r.payee \
         LEFT JOIN store o ON o.tenant = r.tenant AND o.id = r.payee \
         WHERE r.known_at_ms >= $1 ORDER BY r.known_at_ms, r.payment LIMIT $2",
    )
    .bind(since.get())
    .bind(limit)
    .fetch_all(db)
    .await
    })?;
    rows.into_iter().map(|owned| Ok((TenantId::of(owned.tenant), AccountId::of(owned.payee), owned.row.read()?))).collect()
}

#[derive(FromRow)]
struct CodeName {
    name: String,
    kind: String,
}

/// Writes the receipt of a payment that was paid just now, its link and its place in the day's totals. Answers through what kind of
/// code it came.
pub async fn insert(tx: &mut Tx<'_>, stored: &Stored, paid: &Payment, pending_id: Uuid, now: Millis) -> Result<CodeKind, StoreError> {
    let code: CodeName = on!(tx, |db| sqlx::query_as("SELECT name, kind FROM code WHERE tenant = $1 AND id = $2")
        .bind(paid.tenant.get())
        .bind(paid.code.get())
        .fetch_one(db)
        .await)?;
    let paid_at = paid.paid_at_ms.unwrap_or(now);
    let trade = paid.paid_attempt().and_then(|attempt| attempt.transaction.clone()).unwrap_or_default();
    on!(tx, |db| sqlx::query(
        "INSERT INTO receipt (tenant, payment, payee, code, code_name, title, answers, amount_fen, trade, token, paid_at_ms, known_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(paid.tenant.get())
    .bind(paid.id.get())
    .bind(paid.payee.get())
    .bind(paid.code.get())
    .bind(&code.name)
    .bind(title(&stored.answers))
    .bind(json(&stored.answers)?)
    .bind(paid.amount_fen.get())
    .bind(trade)
    .bind(&stored.receipt_token)
    .bind(paid_at.get())
    .bind(now.get())
    .execute(db)
    .await
    .map(drop))?;
    on!(tx, |db| sqlx::query("INSERT INTO receipt_token (token, tenant, payment) VALUES ($1, $2, $3)")
        .bind(&stored.receipt_token)
        .bind(paid.tenant.get())
        .bind(paid.id.get())
        .execute(db)
        .await
        .map(drop))?;
    search::index(tx, paid, &stored.answers, paid_at).await?;
    add_to_day(tx, paid, pending_id, paid_at.day(), (1, paid.amount_fen), (0, Fen::ZERO)).await?;
    of_word("code.kind", &code.kind)
}

/// Carries a payment's refunds over to its receipt and to the day of the receipt.
pub async fn set_refunds(tx: &mut Tx<'_>, before: &Payment, after: &Payment, pending_id: Uuid) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE receipt SET refunding_fen = $3, refunded_fen = $4 WHERE tenant = $1 AND payment = $2")
        .bind(after.tenant.get())
        .bind(after.id.get())
        .bind(after.refunding_fen.get())
        .bind(after.refunded_fen.get())
        .execute(db)
        .await
        .map(drop))?;
    let returned = after.refunded_fen.get() - before.refunded_fen.get();
    let Some(paid_at) = after.paid_at_ms.filter(|_| returned != 0) else { return Ok(()) };
    add_to_day(tx, after, pending_id, paid_at.day(), (0, Fen::ZERO), (1, Fen::of(returned))).await
}

async fn add_to_day(
    tx: &mut Tx<'_>,
    payment: &Payment,
    id: Uuid,
    day: Day,
    collected: (i64, Fen),
    refunded: (i64, Fen),
) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO pending (tenant, id, payee, code, day, count, sum_fen, refunded_count, refunded_fen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(payment.tenant.get())
    .bind(id)
    .bind(payment.payee.get())
    .bind(payment.code.get())
    .bind(i64::from(day.get()))
    .bind(collected.0)
    .bind(collected.1.get())
    .bind(refunded.0)
    .bind(refunded.1.get())
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// What names a receipt in a list: the payer's first answer that speaks for itself.
fn title(answers: &[Answer]) -> String {
    answers.iter().find_map(Answer::in_passing).unwrap_or_default().to_owned()
}

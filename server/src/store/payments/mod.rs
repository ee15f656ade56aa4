//! Payments, their attempts and refunds: the money path. One word of a channel is one transaction: inbox row, states, ledger,
//! receipt, roll-up tail, refund and messages together (`settling.rs`). Here are the payments themselves; `attempts.rs` and `refunds.rs`
//! are what belongs to them.

mod attempts;
mod refunds;
mod settling;

use domain::form::{Answer, AnswerValue};
use domain::payment::{Attempt, AttemptKind};
use domain::{AccountId, CodeId, Fen, Millis, OutTradeNo, Payment, PaymentId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use attempts::{AttemptRow, out_trade_no};
pub use attempts::{DueAttempt, claim_due, insert_attempt, set_query, set_ticket};
pub use refunds::{
    StoredRefund, claim_due_refunds, hold_refund, insert_refund, is_made_as, load_refund, mark_made_as, refunds_of, set_refund_due,
};
pub use settling::{Ids, save_refund, save_refund_opening, save_settlement};

pub use super::inbox::{Event, keep_event};
pub(super) use super::words::{json, of_json, of_word, unreadable, word};
use super::{StoreError, Tx, on};

/// A payment with what only storage and the payer's pages know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The payment.
    pub payment: Payment,
    /// What the payer filled in.
    pub answers: Vec<Answer>,
    /// The version of the form that the payer saw.
    pub form_version: u32,
    /// The token of the code's address through which it came.
    pub code_token: String,
    /// The browser's own number for the submit; the same number means the same payment.
    pub idem: String,
    /// Who pays, as the channel names them (openid), once known.
    pub payer: Option<String>,
    /// What the payer reads at the channel; a repeated order carries the same words.
    pub subject: String,
    /// The secret part of the receipt's link.
    pub receipt_token: String,
    /// What the channel gave for paying each attempt, in the attempts' order.
    pub tickets: Vec<Ticket>,
    /// Counts changes, so that two deciders cannot both win.
    pub revision: i64,
}

/// What is known of an attempt beside its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// A prepay id or a code URL.
    pub ticket: Option<String>,
    /// When the attempt was made.
    pub made_at_ms: Millis,
    /// When the channel last said anything about it.
    pub heard_at_ms: Option<Millis>,
    /// When it was closed.
    pub closed_at_ms: Option<Millis>,
}

impl Stored {
    /// The photographs in the payer's answers.
    pub fn photos(&self) -> impl Iterator<Item = Uuid> {
        self.answers.iter().filter_map(|answer| match &answer.value {
            AnswerValue::Photo { id } => Uuid::parse_str(id).ok(),
            _ => None,
        })
    }

    /// The attempt that can still be paid in this way, with its ticket.
    pub fn live(&self, kind: AttemptKind) -> Option<(&Attempt, &Ticket)> {
        let attempts = self.payment.attempts.iter().zip(&self.tickets);
        attempts.rev().find(|(attempt, _)| attempt.state.is_live() && attempt.kind == kind)
    }
}

#[derive(FromRow)]
struct PaymentRow {
    tenant: Uuid,
    id: Uuid,
    code: Uuid,
    code_token: String,
    payee: Uuid,
    amount_fen: i64,
    state: String,
    opened_at_ms: i64,
    expires_at_ms: i64,
    paid_at_ms: Option<i64>,
    refunding_fen: i64,
    refunded_fen: i64,
    refund_count: i64,
    form_version: i64,
    answers: String,
    idem: String,
    payer: Option<String>,
    subject: String,
    receipt_token: String,
    revision: i64,
}

/// The payment, or `None`.
pub async fn load(tx: &mut Tx<'_>, tenant: TenantId, id: PaymentId) -> Result<Option<Stored>, StoreError> {
    let row: Option<PaymentRow> = on!(tx, |db| sqlx::query_as(
        "SELECT tenant, id, code, code_token, payee, amount_fen, state, opened_at_ms, expires_at_ms, paid_at_ms, refunding_fen, \
         refunded_fen, refund_count, form_version, answers, idem, payer, subject, receipt_token, revision \
         FROM payment WHERE tenant = $1 AND id = $2",
    )
    .bind(tenant.get())
    .bind(id.get())
    .fetch_optional(db)
    .await)?;
    let Some(row) = row else { return Ok(None) };
    let attempts: Vec<AttemptRow> = on!(tx, |db| sqlx::query_as(
        "SELECT no, kind, state, trade, received_fen, ticket, made_at_ms, heard_at_ms, closed_at_ms \
         FROM attempt WHERE tenant = $1 AND payment = $2 ORDER BY position",
    )
    .bind(tenant.get())
    .bind(id.get())
    .fetch_all(db)
    .await)?;
    stored(row, attempts).map(Some)
}

fn stored(row: PaymentRow, rows: Vec<AttemptRow>) -> Result<Stored, StoreError> {
    let mut attempts = Vec::with_capacity(rows.len());
    let mut tickets = Vec::with_capacity(rows.len());
    for row in rows {
        attempts.push(Attempt {
            no: out_trade_no(&row.no)?,
            kind: of_word("attempt.kind", &row.kind)?,
            state: of_word("attempt.state", &row.state)?,
            transaction: row.trade,
            received_fen: row.received_fen.map(Fen::of),
        });
        tickets.push(Ticket {
            ticket: row.ticket,
            made_at_ms: Millis::of(row.made_at_ms),
            heard_at_ms: row.heard_at_ms.map(Millis::of),
            closed_at_ms: row.closed_at_ms.map(Millis::of),
        });
    }
    Ok(Stored {
        payment: Payment {
            tenant: TenantId::of(row.tenant),
            id: PaymentId::of(row.id),
            code: CodeId::of(row.code),
            payee: AccountId::of(row.payee),
            amount_fen: Fen::of(row.amount_fen),
            state: of_word("payment.state", &row.state)?,
            opened_at_ms: Millis::of(row.opened_at_ms),
            expires_at_ms: Millis::of(row.expires_at_ms),
            paid_at_ms: row.paid_at_ms.map(Millis::of),
            refunding_fen: Fen::of(row.refunding_fen),
            refunded_fen: Fen::of(row.refunded_fen),
            refund_count: u32::try_from(row.refund_count).unwrap_or(u32::MAX),
            attempts,
        },
        answers: of_json("payment.answers", &row.answers)?,
        form_version: u32::try_from(row.form_version).unwrap_or(0),
        code_token: row.code_token,
        idem: row.idem,
        payer: row.payer,
        subject: row.subject,
        receipt_token: row.receipt_token,
        tickets,
        revision: row.revision,
    })
}

/// The tenant of a payment that is reached by its address alone.
pub async fn tenant_of(tx: &mut Tx<'_>, payment: PaymentId) -> Result<Option<TenantId>, StoreError> {
    let row: Option<(Uuid,)> =
        on!(tx, |db| sqlx::query_as("SELECT tenant FROM payment_link WHERE payment = $1").bind(payment.get()).fetch_optional(db).await)?;
    Ok(row.map(|(tenant,)| TenantId::of(tenant)))
}

/// The payment that an earlier submit with the same number opened through this code.
pub async fn by_idem(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, idem: &str) -> Result<Option<PaymentId>, StoreError> {
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as("SELECT id FROM payment WHERE tenant = $1 AND code = $2 AND idem = $3")
        .bind(tenant.get())
        .bind(code.get())
        .bind(idem)
        .fetch_optional(db)
        .await)?;
    Ok(row.map(|(id,)| PaymentId::of(id)))
}

/// A payment by what its submit was: identity, amount and answers.
pub type Submitted = (PaymentId, String, Fen, Vec<Answer>);

/// The payments that were opened through a code, at most `limit`, latest first.
pub async fn of_code(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, limit: i64) -> Result<Vec<Submitted>, StoreError> {
    let sql =
        "SELECT id, idem, amount_fen, answers FROM payment WHERE tenant = $1 AND code = $2 ORDER BY opened_at_ms DESC, id DESC LIMIT $3";
    let rows: Vec<(Uuid, String, i64, String)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(code.get()).bind(limit).fetch_all(db).await)?;
    let read = |(id, idem, amount, answers): (Uuid, String, i64, String)| {
        Ok((PaymentId::of(id), idem, Fen::of(amount), of_json("payment.answers", &answers)?))
    };
    rows.into_iter().map(read).collect()
}

/// The one payment of these payees that was opened since `since` and whose number ends in `tail`, as people read it out; `None` when there
/// is none or more than one. At most the organisation's newest `limit` are looked through: numbers are not kept by their ends.
pub async fn ending(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payees: &[AccountId],
    tail: &str,
    since: Millis,
    limit: i64,
) -> Result<Option<PaymentId>, StoreError> {
    // The number of a payment begins with the moment at which it was opened (UUID v7).
    let first = Uuid::from_u128(u128::from(u64::try_from(since.get()).unwrap_or(0)) << 80);
    let sql = "SELECT id, payee FROM payment WHERE tenant = $1 AND id >= $2 ORDER BY id DESC LIMIT $3";
    let rows: Vec<(Uuid, Uuid)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(first).bind(limit).fetch_all(db).await)?;
    let seen = rows.into_iter().filter(|(_, payee)| payees.contains(&AccountId::of(*payee))).map(|(id, _)| PaymentId::of(id));
    let mut found = seen.filter(|id| id.tail() == tail);
    let one = found.next();
    Ok(one.filter(|_| found.next().is_none()))
}

/// Whose attempt a channel's number names.
pub async fn by_trade_no(tx: &mut Tx<'_>, no: &OutTradeNo) -> Result<Option<(TenantId, PaymentId)>, StoreError> {
    let row: Option<(Uuid, Uuid)> =
        on!(tx, |db| sqlx::query_as("SELECT tenant, payment FROM trade_no WHERE no = $1").bind(no.as_str()).fetch_optional(db).await)?;
    Ok(row.map(|(tenant, payment)| (TenantId::of(tenant), PaymentId::of(payment))))
}

/// Whose payment a receipt's link names.
pub async fn by_receipt_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<(TenantId, PaymentId)>, StoreError> {
    let row: Option<(Uuid, Uuid)> =
        on!(tx, |db| sqlx::query_as("SELECT tenant, payment FROM receipt_token WHERE token = $1").bind(token).fetch_optional(db).await)?;
    Ok(row.map(|(tenant, payment)| (TenantId::of(tenant), PaymentId::of(payment))))
}

/// Stores a new payment with its attempts.
///
/// # Errors
/// [`StoreError::Duplicate`] when the same submit was stored before.
pub async fn insert(tx: &mut Tx<'_>, new: &Stored) -> Result<(), StoreError> {
    if insert_once(tx, new).await? { Ok(()) } else { Err(StoreError::Duplicate) }
}

/// Stores a new payment with its attempts, unless the same submit was stored before; whether it did. That is one statement less
/// than to look first, on the path that every payer takes.
pub async fn insert_once(tx: &mut Tx<'_>, new: &Stored) -> Result<bool, StoreError> {
    let payment = &new.payment;
    let rows = on!(tx, |db| sqlx::query(
        "INSERT INTO payment (tenant, id, code, code_token, payee, amount_fen, state, opened_at_ms, expires_at_ms, form_version, \
         answers, idem, payer, subject, receipt_token) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (tenant, code, idem) DO NOTHING",
    )
    .bind(payment.tenant.get())
    .bind(payment.id.get())
    .bind(payment.code.get())
    .bind(&new.code_token)
    .bind(payment.payee.get())
    .bind(payment.amount_fen.get())
    .bind(word(&payment.state)?)
    .bind(payment.opened_at_ms.get())
    .bind(payment.expires_at_ms.get())
    .bind(i64::from(new.form_version))
    .bind(json(&new.answers)?)
    .bind(&new.idem)
    .bind(&new.payer)
    .bind(&new.subject)
    .bind(&new.receipt_token)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    on!(tx, |db| sqlx::query("INSERT INTO payment_link (payment, tenant) VALUES ($1, $2)")
        .bind(payment.id.get())
        .bind(payment.tenant.get())
        .execute(db)
        .await
        .map(drop))?;
    for (position, attempt) in payment.attempts.iter().enumerate() {
        insert_attempt(tx, payment, attempt, position, payment.opened_at_ms).await?;
    }
    Ok(true)
}

/// Notes who pays.
pub async fn set_payer(tx: &mut Tx<'_>, tenant: TenantId, id: PaymentId, payer: &str) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE payment SET payer = $3 WHERE tenant = $1 AND id = $2 AND payer IS NULL")
        .bind(tenant.get())
        .bind(id.get())
        .bind(payer)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Stores the payment's own columns, if nobody changed it meanwhile.
pub async fn update_payment(tx: &mut Tx<'_>, before: &Stored, after: &Payment) -> Result<(), StoreError> {
    let changed: Option<(i64,)> = on!(tx, |db| {
        sqlx::query_as(
        "UPDATE payment SET state = $4, paid_at_ms = $5, refunding_fen = $6, refunded_fen = $7, refund_count = $8, revision = revision + 1 \
         WHERE tenant = $1 AND id = $2 AND revision = $3 RETURNING revision",
    )
    .bind(after.tenant.get())
    .bind(after.id.get())
    .bind(before.revision)
    .bind(word(&after.state)?)
    .bind(after.paid_at_ms.map(Millis::get))
    .bind(after.refunding_fen.get())
    .bind(after.refunded_fen.get())
    .bind(i64::from(after.refund_count))
    .fetch_optional(db)
    .await
    })?;
    changed.map(drop).ok_or(StoreError::Stale)
}

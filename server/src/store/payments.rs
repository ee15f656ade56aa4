//! Payments, their attempts and refunds: the money path. One word of a channel is one transaction: inbox row, states, ledger,
//! receipt, roll-up tail, refund and messages together.

use domain::concern;
use domain::form::{Answer, AnswerValue};
use domain::payment::{Attempt, AttemptKind, AttemptState, PaymentState, Settlement};
use domain::refund::{Refund, RefundCause, RefundState};
use domain::{AccountId, CodeId, Fen, Millis, OutRefundNo, OutTradeNo, Payment, PaymentId, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use uuid::Uuid;

use super::claim::claim;
use super::codes::CodeKind;
pub use super::inbox::{Event, keep_event};
use super::{StoreError, Tx, concerns, ledger, on, receipts, receivables};

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

#[derive(FromRow)]
struct AttemptRow {
    no: String,
    kind: String,
    state: String,
    trade: Option<String>,
    received_fen: Option<i64>,
    ticket: Option<String>,
    made_at_ms: i64,
    heard_at_ms: Option<i64>,
    closed_at_ms: Option<i64>,
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

/// Stores one more attempt. It is asked about soon, because from now on the channel may know it.
pub async fn insert_attempt(tx: &mut Tx<'_>, payment: &Payment, attempt: &Attempt, position: usize, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO attempt (tenant, no, payment, position, kind, state, made_at_ms, query_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(payment.tenant.get())
    .bind(attempt.no.as_str())
    .bind(payment.id.get())
    .bind(i64::try_from(position).unwrap_or(i64::MAX))
    .bind(word(&attempt.kind)?)
    .bind(word(&attempt.state)?)
    .bind(now.get())
    .bind(now.plus_ms(domain::payment::query_pause_ms(0)).get())
    .execute(db)
    .await
    .map(drop))?;
    on!(tx, |db| sqlx::query("INSERT INTO trade_no (no, tenant, payment) VALUES ($1, $2, $3)")
        .bind(attempt.no.as_str())
        .bind(payment.tenant.get())
        .bind(payment.id.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
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

/// Notes what the channel gave for paying an attempt, or that it refused. Only an attempt that was unknown changes.
pub async fn set_ticket(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    no: &OutTradeNo,
    state: AttemptState,
    ticket: Option<&str>,
    now: Millis,
) -> Result<(), StoreError> {
    let query_at = state.is_live().then(|| now.plus_ms(domain::payment::query_pause_ms(0)).get());
    on!(tx, |db| sqlx::query(
        "UPDATE attempt SET state = $3, ticket = COALESCE($4, ticket), heard_at_ms = $5, query_at_ms = $6 \
         WHERE tenant = $1 AND no = $2 AND state = 'unknown'",
    )
    .bind(tenant.get())
    .bind(no.as_str())
    .bind(word(&state)?)
    .bind(ticket)
    .bind(now.get())
    .bind(query_at)
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// Notes when the channel is to be asked about an attempt again, and that it spoke just now if it did.
pub async fn set_query(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    no: &OutTradeNo,
    heard_at: Option<Millis>,
    query_at: Option<Millis>,
) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE attempt SET heard_at_ms = COALESCE($3, heard_at_ms), query_at_ms = $4 WHERE tenant = $1 AND no = $2")
        .bind(tenant.get())
        .bind(no.as_str())
        .bind(heard_at.map(Millis::get))
        .bind(query_at.map(Millis::get))
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// An attempt that the channel is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAttempt {
    /// The organisation.
    pub tenant: TenantId,
    /// The payment.
    pub payment: PaymentId,
    /// The attempt.
    pub no: OutTradeNo,
}

/// Takes up to `limit` attempts that are due to be asked about, and puts them off to `lease_until`, by the rule of [`crate::leases`].
pub async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<DueAttempt>, StoreError> {
    let rows: Vec<(Uuid, Uuid, String)> = claim!(
        tx, now: now, lease_until: lease_until, limit: limit,
        table: "attempt", key: "no", due: "query_at_ms", also: "", row: "tenant, payment, no",
    )?;
    let read = |(tenant, payment, no): (Uuid, Uuid, String)| {
        Ok(DueAttempt { tenant: TenantId::of(tenant), payment: PaymentId::of(payment), no: out_trade_no(&no)? })
    };
    rows.into_iter().map(read).collect()
}

/// Stores what followed from one word of the channel: states, ledger, receipt, roll-up tail, refund, what concerns the payee,
/// and messages. Answers whether the payee has something new to look at.
///
/// `seed` is a fresh UUID v7; the rows' own ids count up from it.
///
/// # Errors
/// [`StoreError::Stale`] when the payment was changed since `before` was loaded.
pub async fn save_settlement(tx: &mut Tx<'_>, before: &Stored, next: &Settlement, seed: Uuid, now: Millis) -> Result<bool, StoreError> {
    let mut ids = Ids(seed);
    if next.payment != before.payment {
        update_payment(tx, before, &next.payment).await?;
        for (old, new) in before.payment.attempts.iter().zip(&next.payment.attempts) {
            if old != new {
                update_attempt(tx, &next.payment, new, Some(now)).await?;
            }
        }
    }
    for transfer in &next.transfers {
        ledger::book(tx, next.payment.tenant, ids.next(), transfer, now).await?;
    }
    if next.is_new_receipt && receipts::insert(tx, before, &next.payment, ids.next(), now).await? == CodeKind::Receivable {
        receivables::collect(tx, &next.payment, &mut ids, now).await?;
    }
    if let Some(refund) = &next.refund {
        insert_refund(tx, refund, None).await?;
    }
    concerns::tell(tx, &next.payment, &concern::of_settlement(&before.payment, next), &next.messages, &mut ids, now).await
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

async fn update_attempt(tx: &mut Tx<'_>, payment: &Payment, attempt: &Attempt, heard_at: Option<Millis>) -> Result<(), StoreError> {
    let closed_at = heard_at.filter(|_| attempt.state == AttemptState::Closed);
    let look_again_at = closed_at.and_then(|closed_at| Some(closed_at.plus_ms(domain::payment::look_again_ms(0)?)));
    on!(tx, |db| sqlx::query(
        "UPDATE attempt SET state = $3, trade = $4, received_fen = $5, heard_at_ms = COALESCE($6, heard_at_ms), \
         query_at_ms = CASE WHEN $7 THEN query_at_ms ELSE $8 END, closed_at_ms = COALESCE(closed_at_ms, $9) \
         WHERE tenant = $1 AND no = $2",
    )
    .bind(payment.tenant.get())
    .bind(attempt.no.as_str())
    .bind(word(&attempt.state)?)
    .bind(&attempt.transaction)
    .bind(attempt.received_fen.map(Fen::get))
    .bind(heard_at.map(Millis::get))
    .bind(attempt.state.is_live())
    .bind(look_again_at.map(Millis::get))
    .bind(closed_at.map(Millis::get))
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// A refund with what only storage knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRefund {
    /// The refund.
    pub refund: Refund,
    /// How often the channel was asked.
    pub tries: i64,
    /// When it became final.
    pub final_at_ms: Option<Millis>,
}

#[derive(FromRow)]
struct RefundRow {
    tenant: Uuid,
    no: String,
    payment: Uuid,
    attempt: String,
    received_fen: i64,
    amount_fen: i64,
    cause: String,
    reason: String,
    state: String,
    asked_at_ms: i64,
    tries: i64,
    final_at_ms: Option<i64>,
}

impl RefundRow {
    fn read(self) -> Result<StoredRefund, StoreError> {
        let no = OutRefundNo::parse(&self.no).ok_or_else(|| unreadable("refund.no", &self.no))?;
        Ok(StoredRefund {
            refund: Refund {
                tenant: TenantId::of(self.tenant),
                no,
                payment: PaymentId::of(self.payment),
                attempt: out_trade_no(&self.attempt)?,
                received_fen: Fen::of(self.received_fen),
                amount_fen: Fen::of(self.amount_fen),
                cause: of_word::<RefundCause>("refund.cause", &self.cause)?,
                reason: self.reason,
                state: of_word::<RefundState>("refund.state", &self.state)?,
                asked_at_ms: Millis::of(self.asked_at_ms),
            },
            tries: self.tries,
            final_at_ms: self.final_at_ms.map(Millis::of),
        })
    }
}

/// Stores a refund that is to be asked for at the channel.
pub async fn insert_refund(tx: &mut Tx<'_>, refund: &Refund, asked_by: Option<AccountId>) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO refund (tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, asked_by, due_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)",
    )
    .bind(refund.tenant.get())
    .bind(refund.no.as_str())
    .bind(refund.payment.get())
    .bind(refund.attempt.as_str())
    .bind(refund.received_fen.get())
    .bind(refund.amount_fen.get())
    .bind(word(&refund.cause)?)
    .bind(&refund.reason)
    .bind(word(&refund.state)?)
    .bind(refund.asked_at_ms.get())
    .bind(asked_by.map(AccountId::get))
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// The refund with this number of this payment's tenant.
pub async fn load_refund(tx: &mut Tx<'_>, tenant: TenantId, no: &OutRefundNo) -> Result<Option<StoredRefund>, StoreError> {
    let row: Option<RefundRow> = on!(tx, |db| sqlx::query_as(
        "SELECT tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, tries, final_at_ms \
         FROM refund WHERE tenant = $1 AND no = $2",
    )
    .bind(tenant.get())
    .bind(no.as_str())
    .fetch_optional(db)
    .await)?;
    row.map(RefundRow::read).transpose()
}

/// The refunds of a payment, oldest first.
pub async fn refunds_of(tx: &mut Tx<'_>, tenant: TenantId, payment: PaymentId) -> Result<Vec<StoredRefund>, StoreError> {
    let rows: Vec<RefundRow> = on!(tx, |db| sqlx::query_as(
        "SELECT tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, tries, final_at_ms \
         FROM refund WHERE tenant = $1 AND payment = $2 ORDER BY asked_at_ms, no",
    )
    .bind(tenant.get())
    .bind(payment.get())
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(RefundRow::read).collect()
}

/// Takes up to `limit` refunds that are due to be asked for or about, and puts them off to `lease_until`, by the rule of
/// [`crate::leases`].
pub async fn claim_due_refunds(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<StoredRefund>, StoreError> {
    let rows: Vec<RefundRow> = claim!(
        tx, now: now, lease_until: lease_until, limit: limit,
        table: "refund", key: "no", due: "due_at_ms", also: ", tries = tries + 1",
        row: "tenant, no, payment, attempt, received_fen, amount_fen, cause, reason, state, asked_at_ms, tries, final_at_ms",
    )?;
    rows.into_iter().map(RefundRow::read).collect()
}

/// Stores a refund that somebody asked for: the money set aside, the attempt or receipt that shows it, and the refund itself.
///
/// # Errors
/// [`StoreError::Stale`] when the payment was changed since `before` was loaded.
pub async fn save_refund_opening(
    tx: &mut Tx<'_>,
    before: &Stored,
    opening: &domain::refund::RefundOpening,
    asked_by: Option<AccountId>,
    seed: Uuid,
    now: Millis,
) -> Result<(), StoreError> {
    let mut ids = Ids(seed);
    update_payment(tx, before, &opening.payment).await?;
    for (old, new) in before.payment.attempts.iter().zip(&opening.payment.attempts) {
        if old.state != new.state {
            // A person decided; the channel said nothing just now.
            update_attempt(tx, &opening.payment, new, None).await?;
        }
    }
    insert_refund(tx, &opening.refund, asked_by).await?;
    ledger::book(tx, opening.payment.tenant, ids.next(), &opening.transfer, now).await?;
    concerns::tell(tx, &opening.payment, &[concern::of_opening(opening)], &[], &mut ids, now).await?;
    receivables::follow(tx, &opening.payment, &mut ids, now).await?;
    receipts::set_refunds(tx, &before.payment, &opening.payment, ids.next()).await
}

/// Notes when the channel is to be asked about a refund again.
pub async fn set_refund_due(tx: &mut Tx<'_>, refund: &Refund, due_at: Option<Millis>) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE refund SET due_at_ms = $3 WHERE tenant = $1 AND no = $2 AND final_at_ms IS NULL")
        .bind(refund.tenant.get())
        .bind(refund.no.as_str())
        .bind(due_at.map(Millis::get))
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Stores what followed from one word about a refund. Answers whether the payee has something new to look at.
///
/// # Errors
/// [`StoreError::Stale`] when the payment was changed since `before` was loaded.
pub async fn save_refund(
    tx: &mut Tx<'_>,
    before: &Stored,
    old: &Refund,
    next: &domain::refund::RefundSettlement,
    seed: Uuid,
    now: Millis,
) -> Result<bool, StoreError> {
    let mut ids = Ids(seed);
    if next.refund != *old {
        // The payment's revision guards the refund's state too: both change under it or neither does.
        update_payment(tx, before, &next.payment).await?;
        let is_final = next.refund.state.is_final();
        on!(tx, |db| {
            sqlx::query(
            "UPDATE refund SET state = $3, final_at_ms = $4, due_at_ms = CASE WHEN $5 THEN NULL ELSE due_at_ms END WHERE tenant = $1 AND no = $2",
        )
        .bind(old.tenant.get())
        .bind(old.no.as_str())
        .bind(word(&next.refund.state)?)
        .bind(is_final.then_some(now.get()))
        .bind(is_final)
        .execute(db)
        .await
        .map(drop)
        })?;
    }
    for transfer in &next.transfers {
        ledger::book(tx, next.payment.tenant, ids.next(), transfer, now).await?;
    }
    if next.payment.state == PaymentState::Paid
        && (next.payment.refunding_fen, next.payment.refunded_fen) != (before.payment.refunding_fen, before.payment.refunded_fen)
    {
        receipts::set_refunds(tx, &before.payment, &next.payment, ids.next()).await?;
        receivables::follow(tx, &next.payment, &mut ids, now).await?;
    }
    concerns::tell(tx, &next.payment, &concern::of_refund_settlement(old, next), &next.messages, &mut ids, now).await
}

/// Ids that count up from one fresh UUID, so that a command that is run again writes the same rows.
pub struct Ids(pub Uuid);

impl Ids {
    /// The next one.
    #[expect(clippy::should_implement_trait, reason = "never ends, so it is no iterator")]
    pub fn next(&mut self) -> Uuid {
        let id = self.0;
        self.0 = Uuid::from_u128(id.as_u128().wrapping_add(1));
        id
    }
}

fn out_trade_no(text: &str) -> Result<OutTradeNo, StoreError> {
    OutTradeNo::parse(text).ok_or_else(|| unreadable("trade_no", text))
}

pub(super) fn unreadable(what: &'static str, why: &str) -> StoreError {
    StoreError::Unreadable { what, why: why.to_owned() }
}

/// The stored word of a fieldless state, e.g. `open`: the same word that JSON carries.
pub(super) fn word<T: Serialize>(state: &T) -> Result<String, StoreError> {
    match serde_json::to_value(state) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(unreadable("state", &format!("{other:?}"))),
    }
}

pub(super) fn of_word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|error| unreadable(what, &error.to_string()))
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable("json", &error.to_string()))
}

pub(super) fn of_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable(what, &error.to_string()))
}

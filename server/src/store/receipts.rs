//! Receipts: written when a payment is paid, touched only by its refunds.

use domain::form::Answer;
use domain::{Day, Fen, Millis, Payment};
use sqlx::FromRow;
use uuid::Uuid;

use super::payments::{Stored, json};
use super::{StoreError, Tx, on};

#[derive(FromRow)]
struct CodeName {
    name: String,
}

/// Writes the receipt of a payment that was paid just now, its link and its place in the day's totals.
pub async fn insert(tx: &mut Tx<'_>, stored: &Stored, paid: &Payment, pending_id: Uuid, now: Millis) -> Result<(), StoreError> {
    let code: CodeName = on!(tx, |db| sqlx::query_as("SELECT name FROM code WHERE tenant = $1 AND id = $2")
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
    add_to_day(tx, paid, pending_id, paid_at.day(), (1, paid.amount_fen), (0, Fen::ZERO)).await
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

/// What names a receipt in a list: the payer's first answer.
fn title(answers: &[Answer]) -> String {
    answers.iter().map(|answer| answer.text.as_str()).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

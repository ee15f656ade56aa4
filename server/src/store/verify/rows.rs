//! A page of payments with everything that belongs to them, read by ranges of the payment's id.

use std::collections::BTreeMap;

use domain::TenantId;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::{Snapshot, StoreError, on};

/// Payments that are looked at together.
const PAGE: i64 = 400;

/// One payment and what belongs to it. A missing payment with belongings is itself a fault.
#[derive(Default)]
pub struct Folder {
    pub payment: Option<PaymentRow>,
    pub link: bool,
    pub attempts: Vec<AttemptRow>,
    pub refunds: Vec<RefundRow>,
    pub transfers: Vec<TransferRow>,
    pub receipts: Vec<ReceiptRow>,
    pub concerns: Vec<ConcernRow>,
}

#[derive(FromRow)]
pub struct PaymentRow {
    pub id: Uuid,
    pub code: Uuid,
    pub payee: Uuid,
    pub amount_fen: i64,
    pub state: String,
    pub paid_at_ms: Option<i64>,
    pub refunding_fen: i64,
    pub refunded_fen: i64,
    pub refund_count: i64,
    pub answers: String,
    pub receipt_token: String,
}

#[derive(FromRow)]
pub struct AttemptRow {
    pub payment: Uuid,
    pub no: String,
    pub state: String,
    pub trade: Option<String>,
    pub received_fen: Option<i64>,
}

#[derive(FromRow)]
pub struct RefundRow {
    pub payment: Uuid,
    pub no: String,
    pub attempt: String,
    pub amount_fen: i64,
    pub cause: String,
    pub state: String,
}

#[derive(FromRow)]
pub struct TransferRow {
    pub payment: Uuid,
    pub key: String,
    pub debit: String,
    pub credit: String,
    pub amount_fen: i64,
}

#[derive(FromRow)]
pub struct ReceiptRow {
    pub payment: Uuid,
    pub payee: Uuid,
    pub code: Uuid,
    pub answers: String,
    pub amount_fen: i64,
    pub refunding_fen: i64,
    pub refunded_fen: i64,
    pub trade: String,
    pub token: String,
    pub paid_at_ms: i64,
}

#[derive(FromRow)]
pub struct ConcernRow {
    pub payment: Uuid,
    pub payee: Uuid,
    pub subject: String,
    pub kind: String,
    pub state: String,
    pub amount_fen: i64,
    pub seen_at_ms: Option<i64>,
    pub is_open: bool,
}

#[derive(FromRow)]
struct LinkRow {
    payment: Uuid,
}

/// The folders after `after`, and where the next page begins; `None` after the last one. The last page reaches to the end of all
/// ids, so that rows of payments that are not there are seen too.
pub async fn page(snapshot: &mut Snapshot, tenant: TenantId, after: Uuid) -> Result<(BTreeMap<Uuid, Folder>, Option<Uuid>), StoreError> {
    let tx = &mut snapshot.tx();
    let payments: Vec<PaymentRow> = on!(tx, |db| sqlx::query_as(
        "SELECT id, code, payee, amount_fen, state, paid_at_ms, refunding_fen, refunded_fen, refund_count, answers, receipt_token \
         FROM payment WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(tenant.get())
    .bind(after)
    .bind(PAGE)
    .fetch_all(db)
    .await)?;
    let is_full = payments.len() as i64 == PAGE;
    let last = payments.last().filter(|_| is_full).map_or(Uuid::max(), |row| row.id);
    let mut folders: BTreeMap<Uuid, Folder> = BTreeMap::new();
    for row in payments {
        let id = row.id;
        folders.entry(id).or_default().payment = Some(row);
    }
    macro_rules! belongings {
        ($row:ty, $sql:literal, |$folder:ident, $found:ident| $put:expr) => {
            let rows: Vec<$row> = on!(tx, |db| sqlx::query_as(concat!($sql, " WHERE tenant = $1 AND payment > $2 AND payment <= $3"))
                .bind(tenant.get())
                .bind(after)
                .bind(last)
                .fetch_all(db)
                .await)?;
            for $found in rows {
                let $folder = folders.entry($found.payment).or_default();
                $put;
            }
        };
    }
    belongings!(LinkRow, "SELECT payment FROM payment_link", |folder, _found| folder.link = true);
    belongings!(AttemptRow, "SELECT payment, no, state, trade, received_fen FROM attempt", |folder, found| folder.attempts.push(found));
    belongings!(RefundRow, "SELECT payment, no, attempt, amount_fen, cause, state FROM refund", |folder, found| folder.refunds.push(found));
    belongings!(TransferRow, "SELECT payment, key, debit, credit, amount_fen FROM transfer", |folder, found| folder.transfers.push(found));
    belongings!(
        ReceiptRow,
        "SELECT payment, payee, code, answers, amount_fen, refunding_fen, refunded_fen, trade, token, paid_at_ms FROM receipt",
        |folder, found| folder.receipts.push(found)
    );
    belongings!(
        ConcernRow,
        "SELECT payment, payee, subject, kind, state, amount_fen, seen_at_ms, is_open FROM concern",
        |folder, found| folder.concerns.push(found)
    );
    Ok((folders, is_full.then_some(last)))
}

//! Finding receipts by what is written on them, each payee's own.

use std::collections::BTreeSet;

use domain::form::Answer;
use domain::receipt::Receipt;
use domain::search::tokens;
use domain::{AccountId, CodeId, Fen, Millis, Payment, PaymentId, TenantId};

use super::receipts::{Before, Narrow, Row, rows};
use super::words::json;
use super::written::{self, Place, Written, with_token};
use super::{StoreError, Tx, dialect, on};

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The receipts, newest first.
    pub receipts: Vec<Receipt>,
    /// Where to go on; `None` when there is nothing older.
    pub next: Option<Before>,
}

/// A receipt with the code that it came through.
struct Through {
    code: CodeId,
    receipt: Receipt,
}

impl Written for Through {
    type Row = Row;

    const WITH_TOKEN: &'static str = rows!(with_token!(), "ON s.id = r.payment WHERE r.tenant = $1 ORDER BY s.at_ms DESC, s.id DESC");

    fn read(row: Row) -> Result<Through, StoreError> {
        Ok(Through { code: row.code(), receipt: row.receipt()? })
    }

    fn place(&self) -> Place {
        Place { at_ms: self.receipt.paid_at_ms, id: self.receipt.payment.get() }
    }

    fn texts(&self) -> Vec<String> {
        written(self.receipt.payment, self.receipt.amount_fen, &self.receipt.answers).collect()
    }
}

/// The newest receipts of a payee that `narrow` takes and on which every word of `query` is written, at most `limit`, from
/// `before` on when it is given. `None` when the query is too short to be looked up: a single character that is not Chinese.
pub async fn search(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    query: &str,
    narrow: Narrow,
    before: Option<Before>,
    limit: usize,
) -> Result<Option<Found>, StoreError> {
    let before = before.map(|before| Place { at_ms: before.paid_at_ms, id: before.payment.get() });
    let takes = |through: &Through| narrow.takes(through.code, &through.receipt);
    let found = written::find(tx, (tenant, payee.get()), query, takes, before, limit).await?;
    Ok(found.map(|found| Found {
        receipts: found.rows.into_iter().map(|through| through.receipt).collect(),
        next: found.next.map(|place| Before { paid_at_ms: place.at_ms, payment: PaymentId::of(place.id) }),
    }))
}

/// Keeps the tokens of a new receipt.
pub(super) async fn index(tx: &mut Tx<'_>, paid: &Payment, answers: &[Answer], paid_at: Millis) -> Result<(), StoreError> {
    let found = tokens_of(paid.id, paid.amount_fen, answers);
    let sql = dialect::INSERT_TOKENS.of(tx);
    on!(tx, |db| sqlx::query(sql)
        .bind(paid.tenant.get())
        .bind(paid.payee.get())
        .bind(json(&found)?)
        .bind(paid_at.get())
        .bind(paid.id.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The tokens under which a receipt is kept.
pub(super) fn tokens_of(payment: PaymentId, amount: Fen, answers: &[Answer]) -> BTreeSet<String> {
    written(payment, amount, answers).flat_map(|text| tokens(&text)).collect()
}

/// The pieces of text by which a receipt is found: the answers, the amount, the last digits of the number.
fn written(payment: PaymentId, amount: Fen, answers: &[Answer]) -> impl Iterator<Item = String> {
    answers.iter().flat_map(Answer::written).map(str::to_owned).chain([amount.yuan(), payment.tail()])
}

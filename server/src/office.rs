//! What an administrator sees of the whole organisation's money: what came last, one payment by its number, and what needs a look.

use app::admin::{Living, PaymentFile, PaymentPage, ReceiptLine, SHOWN_RECEIPTS};
use app::concerns::ConcernRow;
use app::receipts::{Cursor, PAGE_ROWS};
use domain::form::Answer;
use domain::receipt::Receipt;
use domain::{Caller, Fen, Millis, PaymentId, Refund, StoreId, TenantId, refund};

use crate::concerns::{payment_detail, row};
use crate::desk::receipt_detail;
use crate::site::Site;
use crate::store::receipts::Before;
use crate::store::{StoreError, Tx, concerns, numbers, payments, receipts, rollups, stores};

/// Most open concerns that are looked through for those that come first.
const MOST_OPEN: i64 = 200;

/// Concerns that the overview shows.
const SHOWN_CONCERNS: usize = 20;

/// A page of the organisation's receipts, newest first, at most [`PAGE_ROWS`], and where the next one begins.
///
/// # Errors
/// When the store cannot be read.
pub async fn latest(site: &Site, caller: &Caller, before: Option<Cursor>) -> Result<(Vec<ReceiptLine>, Option<Cursor>), StoreError> {
    let mut conn = site.store.read().await?;
    let before = before.map(|cursor| Before { paid_at_ms: cursor.at_ms, payment: cursor.payment });
    // One more than is shown tells whether there is an older page.
    let mut found = receipts::page_of_all(&mut conn.tx(), caller.tenant, before, PAGE_ROWS as i64 + 1).await?;
    let has_more = found.len() > PAGE_ROWS;
    found.truncate(PAGE_ROWS);
    let lines: Vec<ReceiptLine> = found.into_iter().map(line).collect();
    let next = lines.last().filter(|_| has_more).map(ReceiptLine::cursor);
    Ok((lines, next))
}

fn line(receipt: Receipt) -> ReceiptLine {
    ReceiptLine {
        state: receipt.state(),
        who: receipt.answers.iter().filter_map(Answer::in_passing).collect::<Vec<_>>().join(" · "),
        payment: receipt.payment,
        amount_fen: receipt.amount_fen,
        payee_name: receipt.payee_name,
        code_name: receipt.code_name,
        at_ms: receipt.paid_at_ms,
    }
}

/// The payment that a whole number names and for which money came; `None` when the organisation has none such.
///
/// # Errors
/// When the store cannot be read.
pub async fn numbered(site: &Site, caller: &Caller, number: &str) -> Result<Option<PaymentId>, StoreError> {
    let mut conn = site.store.read().await?;
    let Some(payment) = numbers::named(&mut conn.tx(), caller.tenant, number).await? else { return Ok(None) };
    let stored = payments::load(&mut conn.tx(), caller.tenant, payment).await?;
    Ok(stored.filter(|stored| stored.payment.has_money()).map(|_| payment))
}

/// A payment for which money came, whoever collected it; `None` when the organisation has none such.
///
/// # Errors
/// When the store cannot be read.
pub async fn payment(site: &Site, caller: &Caller, payment: PaymentId) -> Result<Option<PaymentPage>, StoreError> {
    let mut conn = site.store.read().await?;
    let tx = &mut conn.tx();
    let Some(stored) = payments::load(tx, caller.tenant, payment).await? else { return Ok(None) };
    let refunds: Vec<Refund> = payments::refunds_of(tx, caller.tenant, payment).await?.into_iter().map(|stored| stored.refund).collect();
    let kept = refund::kept(&stored.payment, &refunds).into_iter().filter_map(|attempt| attempt.received_fen);
    let kept_fen = kept.fold(Fen::ZERO, |sum, fen| sum.plus(fen).unwrap_or(sum));
    let file = match receipts::of_payment(tx, caller.tenant, payment).await? {
        Some(receipt) => {
            let store = stores::one(tx, caller.tenant, StoreId::of(stored.payment.payee.get())).await?;
            let detail = receipt_detail(tx, site, &stored, receipt, store.map(|store| store.name), None).await?;
            detail.map(|detail| PaymentFile::Receipt(Box::new(detail)))
        }
        None if !stored.payment.has_money() => None,
        None => Some(PaymentFile::NoReceipt(Box::new(payment_detail(tx, site, stored).await?))),
    };
    Ok(file.map(|file| PaymentPage { file, kept_fen, refused: None }))
}

/// What the overview shows of the organisation's money at `now`.
///
/// # Errors
/// When the store cannot be read.
pub async fn living(site: &Site, tenant: TenantId, now: Millis) -> Result<Living, StoreError> {
    let orders_refused = site.sightings.orders_refused().await?;
    let mut conn = site.store.read().await?;
    let tx = &mut conn.tx();
    let totals = rollups::totals_of_all(tx, tenant, now.day()).await?;
    let latest = receipts::page_of_all(tx, tenant, None, SHOWN_RECEIPTS as i64).await?;
    let (concerns, more_concerns) = concerned(tx, tenant).await?;
    Ok(Living {
        orders_refused,
        count: u64::try_from(totals.count).unwrap_or(0),
        sum_fen: totals.sum_fen,
        refunded_fen: totals.refunded_fen,
        latest: latest.into_iter().map(line).collect(),
        concerns,
        more_concerns,
        now,
    })
}

/// Payments of the organisation that need a look, those that wait for an administrator first, then by when they last changed; and
/// how many more there are.
async fn concerned(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(Vec<ConcernRow>, usize), StoreError> {
    let mut open = concerns::open_of_all(tx, tenant, MOST_OPEN).await?;
    open.sort_by_key(|open| !open.concern.needs_operator());
    let more = open.len().saturating_sub(SHOWN_CONCERNS);
    open.truncate(SHOWN_CONCERNS);
    Ok((open.into_iter().map(row).collect(), more))
}

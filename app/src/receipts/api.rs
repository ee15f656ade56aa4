//! What the screens of receipts ask the server for.

use domain::receipt::{Receipt, ReceiptState};
use domain::refund::RefundState;
use domain::{Day, Fen, Millis, OutRefundNo, PaymentId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use crate::Refusal;
use crate::receipts::Cursor;

/// Receipts on one page of the list (row E16).
pub const PAGE_ROWS: usize = 15;

/// Which part of the list is asked for. Everything is optional, so that a bare `{}` is the newest page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReceiptQuery {
    /// Only receipts older than this one; `None` begins with the newest.
    #[serde(default)]
    pub before: Option<Cursor>,
}

impl ReceiptQuery {
    /// The part of the list that an address names, from its query without `?`. What cannot be read is passed over.
    pub fn of_url(query: &str) -> ReceiptQuery {
        let before = query.split('&').find_map(|pair| pair.strip_prefix("before=")).and_then(|text| text.parse().ok());
        ReceiptQuery { before }
    }

    /// The address of this part of the list.
    pub fn url(&self) -> String {
        match self.before {
            Some(before) => format!("/m/receipts?before={before}"),
            None => "/m/receipts".to_owned(),
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRow {
    /// The payment.
    pub payment: PaymentId,
    /// The payer's first answer, or empty when the code asks nothing.
    pub title: String,
    /// The payer's other answers, joined for reading; may be empty.
    pub detail: String,
    /// The code through which it came.
    pub code_name: String,
    /// What was collected.
    pub amount_fen: Fen,
    /// Being returned.
    pub refunding_fen: Fen,
    /// Returned.
    pub refunded_fen: Fen,
    /// When it became a receipt: the order of the list.
    pub at_ms: Millis,
}

impl ReceiptRow {
    /// How it reads.
    pub fn state(&self) -> ReceiptState {
        ReceiptState::of(self.amount_fen, self.refunding_fen, self.refunded_fen)
    }

    /// Its place in the list.
    pub fn cursor(&self) -> Cursor {
        Cursor { at_ms: self.at_ms, payment: self.payment }
    }
}

/// A whole day of the manager, however much of it is on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DayTotal {
    /// The day in Asia/Shanghai.
    pub day: Day,
    /// Payments collected.
    pub count: u64,
    /// Their sum.
    pub sum_fen: Fen,
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPage {
    /// At most [`PAGE_ROWS`], newest first.
    pub rows: Vec<ReceiptRow>,
    /// The total of each day that occurs in `rows`, newest first.
    pub days: Vec<DayTotal>,
    /// Where the next, older page begins; `None` at the end.
    pub next: Option<Cursor>,
    /// When it was read, by the server's clock: what "today" means on this page.
    pub as_of_ms: Millis,
}

/// A receipt in full (row E17, I12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptDetail {
    /// What was collected, and everything that the payer had filled in.
    pub receipt: Receipt,
    /// When the payer opened the payment.
    pub opened_at_ms: Millis,
    /// The returns, oldest first.
    pub refunds: Vec<RefundLine>,
    /// The payer's own receipt page, with its unguessable link.
    pub receipt_url: String,
}

/// One return of money, as the merchant sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The number that the channel knows it by.
    pub no: OutRefundNo,
    /// How much.
    pub amount_fen: Fen,
    /// What the payer reads as reason.
    pub reason: String,
    /// Where it stands.
    pub state: RefundState,
    /// When it was asked for.
    pub asked_at_ms: Millis,
    /// When it last changed, e.g. when the payer had the money.
    pub changed_at_ms: Millis,
}

/// What the screens of receipts may ask for; a manager sees the receipts of their own codes.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Receipts: Send + Sync {
    /// A page of the list, newest first, [`PAGE_ROWS`] long.
    async fn page(&self, caller: &domain::Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal>;

    /// One receipt; refuses `NotFound` for one that is not the caller's.
    async fn one(&self, caller: &domain::Caller, payment: PaymentId) -> Result<ReceiptDetail, Refusal>;
}

/// A page of the list.
///
/// # Errors
/// [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "receipts/page", prefix = "/api", input = Json)]
pub async fn load_page(
    /// Which part of the list.
    query: ReceiptQuery,
) -> Result<ReceiptPage, Refusal> {
    crate::seam::backend::<dyn Receipts>()?.page(&crate::seam::caller()?, query).await
}

/// One receipt in full.
///
/// # Errors
/// [`Refusal::NotFound`] for a payment that is not the caller's, [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "receipts/one", prefix = "/api", input = Json)]
pub async fn load_one(
    /// The payment.
    payment: PaymentId,
) -> Result<ReceiptDetail, Refusal> {
    crate::seam::backend::<dyn Receipts>()?.one(&crate::seam::caller()?, payment).await
}

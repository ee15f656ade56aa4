//! What the screens of receipts ask the server for.

use domain::receipt::{Receipt, ReceiptState};
use domain::refund::{RefundCause, RefundState};
use domain::token::TokenLife;
use domain::{AccountId, CodeId, Day, Fen, Millis, OutRefundNo, PaymentId, ReceivableId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use crate::Refusal;
use crate::concerns::ConcernRow;
use crate::receipts::{Cursor, ReceiptQuery};

/// Receipts on one page of the list (row E16).
pub const PAGE_ROWS: usize = 15;

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

/// A whole day of the manager, or of the code to which the list is narrowed, however much of it is on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DayTotal {
    /// The day in Asia/Shanghai.
    pub day: Day,
    /// Payments collected.
    pub count: u64,
    /// Their sum.
    pub sum_fen: Fen,
}

/// A code that a list can be narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeChoice {
    /// The code.
    pub code: CodeId,
    /// Its name today.
    pub name: String,
}

/// Whose receipts a cashier's list can be narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreChoice {
    /// The payee: a store, or the reader.
    pub payee: AccountId,
    /// The store's name; `None` for what the reader collects under their own name.
    pub name: Option<String>,
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReceiptPage {
    /// At most [`PAGE_ROWS`], newest first.
    pub rows: Vec<ReceiptRow>,
    /// The total of each day that occurs in `rows`, newest first; none where words or a state leave receipts of a day out.
    pub days: Vec<DayTotal>,
    /// Where the next, older page begins; `None` at the end. A search may stop on its way with few rows or none, and goes on.
    pub next: Option<Cursor>,
    /// The codes by which the list can be narrowed; with the first page only.
    #[serde(default)]
    pub codes: Vec<CodeChoice>,
    /// The stores by which the list can be narrowed, where there is anything to choose; with the first page only.
    #[serde(default)]
    pub stores: Vec<StoreChoice>,
    /// The words are too few to be looked for: a single letter or digit.
    #[serde(default)]
    pub is_too_short: bool,
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
    /// What its payee has to know beside it, newest first.
    pub concerns: Vec<ConcernRow>,
    /// The store that collected it, if one did.
    pub store: Option<String>,
    /// Which of the code's tokens the payer had scanned (idea I7).
    pub through: Through,
    /// The debt that it settles, if it settles one.
    pub debt: Option<DebtLink>,
}

/// A debt as a receipt names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebtLink {
    /// The debt.
    pub id: ReceivableId,
    /// What it is for.
    pub title: String,
}

/// The token through which a payment came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Through {
    /// The end of its address, by which people tell tokens apart.
    pub tail: String,
    /// Whether it is printed on a plate, where it never changes.
    pub is_plate: bool,
    /// Whether it belongs to one debt, and never changes either.
    pub is_debt: bool,
    /// What became of it since.
    pub life: TokenLife,
}

/// One return of money, as the merchant sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The number that the channel knows it by.
    pub no: OutRefundNo,
    /// How much.
    pub amount_fen: Fen,
    /// Why. What goes back by itself has no words of a person as reason.
    pub cause: RefundCause,
    /// What the payer reads as reason, in the words of whoever asked for it.
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

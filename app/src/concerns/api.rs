//! What the screens of concerns ask the server for.

use domain::concern::{ConcernKind, ConcernState};
use domain::form::Answer;
use domain::payment::{AttemptState, Standing};
use domain::{ChannelCode, ConcernId, Fen, Millis, PaymentId, PaymentState};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use crate::Refusal;
use crate::concerns::Place;
use crate::receipts::RefundLine;

/// Concerns on one page of the list.
pub const PAGE_ROWS: usize = 15;

/// How much there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConcernCount {
    /// Not seen yet.
    pub unseen: u64,
    /// Seen, and waiting for the administrator.
    pub waiting: u64,
}

/// Which part of the list is asked for; a bare `{}` is the newest page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConcernQuery {
    /// Only concerns older than this one; `None` begins with the newest.
    #[serde(default)]
    pub before: Option<Place>,
}

impl ConcernQuery {
    /// The part of the list that an address names, from its query without `?`. What cannot be read is passed over.
    pub fn of_url(query: &str) -> ConcernQuery {
        let before = query.split('&').find_map(|pair| pair.strip_prefix("before=")).and_then(|text| text.parse().ok());
        ConcernQuery { before }
    }

    /// The address of this part of the list.
    pub fn url(&self) -> String {
        match self.before {
            Some(before) => format!("/m/concerns?before={before}"),
            None => "/m/concerns".to_owned(),
        }
    }
}

/// One concern, with what stands beside it on a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernRow {
    /// The concern.
    pub id: ConcernId,
    /// The payment.
    pub payment: PaymentId,
    /// What it is about.
    pub kind: ConcernKind,
    /// Where that stands.
    pub state: ConcernState,
    /// How much money.
    pub amount_fen: Fen,
    /// What the payment asked for.
    pub asked_fen: Fen,
    /// Why the channel does not take a return, while it is blocked.
    pub why: Option<ChannelCode>,
    /// The payer's first answer, or empty when the code asks nothing.
    pub title: String,
    /// The code through which it came.
    pub code_name: String,
    /// Whether the payment has a receipt.
    pub has_receipt: bool,
    /// When it happened.
    pub happened_at_ms: Millis,
    /// When it was last worth a look: the order of the list.
    pub at_ms: Millis,
    /// Whether it was seen since.
    pub is_seen: bool,
}

impl ConcernRow {
    /// Its place in the list.
    pub fn place(&self) -> Place {
        Place { at_ms: self.at_ms, id: self.id }
    }

    /// Where everything about its payment stands.
    pub fn payment_url(&self) -> String {
        let screen = if self.has_receipt { "receipts" } else { "payments" };
        format!("/m/{screen}/{}", self.payment)
    }
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernPage {
    /// At most [`PAGE_ROWS`], newest first.
    pub rows: Vec<ConcernRow>,
    /// Where the next, older page begins; `None` at the end.
    pub next: Option<Place>,
    /// How much there is to look at in all.
    pub count: ConcernCount,
    /// When it was read, by the server's clock: what "today" means on this page.
    pub as_of_ms: Millis,
}

/// What came of marking a concern as seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The concern as it stands now.
    pub row: ConcernRow,
    /// How much is left to look at.
    pub count: ConcernCount,
}

/// Money that came for a payment through one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// How much.
    pub amount_fen: Fen,
    /// What became of it: paid, extra or held.
    pub state: AttemptState,
    /// The channel's transaction number.
    pub transaction: Option<String>,
}

/// A payment, whether or not money came for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDetail {
    /// The payment.
    pub payment: PaymentId,
    /// What was asked.
    pub asked_fen: Fen,
    /// Where it stands.
    pub state: PaymentState,
    /// What can be said of it without asking the channel.
    pub standing: Standing,
    /// When the channel last said that no money came, while none did.
    pub heard_at_ms: Option<Millis>,
    /// The code through which it came.
    pub code_name: String,
    /// What the payer had filled in.
    pub answers: Vec<Answer>,
    /// When the payer opened it.
    pub opened_at_ms: Millis,
    /// What came, in the order of the attempts.
    pub moneys: Vec<Money>,
    /// The returns, oldest first.
    pub refunds: Vec<RefundLine>,
    /// What its payee has to know, newest first.
    pub concerns: Vec<ConcernRow>,
    /// The payer's own page of it.
    pub payer_url: String,
    /// When it was read, by the server's clock.
    pub as_of_ms: Millis,
}

/// What the screens of concerns may ask for; a manager sees those of their own codes.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Concerns: Send + Sync {
    /// How much there is to look at.
    async fn count(&self, caller: &domain::Caller) -> Result<ConcernCount, Refusal>;

    /// A page of the list, newest first, [`PAGE_ROWS`] long.
    async fn concerns(&self, caller: &domain::Caller, query: ConcernQuery) -> Result<ConcernPage, Refusal>;

    /// The caller has seen it; refuses `NotFound` for one that is not theirs.
    async fn see(&self, caller: &domain::Caller, id: ConcernId) -> Result<Seen, Refusal>;

    /// A payment; refuses `NotFound` for one that is not the caller's.
    async fn payment(&self, caller: &domain::Caller, payment: PaymentId) -> Result<PaymentDetail, Refusal>;
}

/// A page of the list.
///
/// # Errors
/// [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "concerns/page", prefix = "/api", input = Json)]
pub async fn load_page(
    /// Which part of the list.
    query: ConcernQuery,
) -> Result<ConcernPage, Refusal> {
    crate::seam::backend::<dyn Concerns>()?.concerns(&crate::seam::caller()?, query).await
}

/// The caller has seen a concern.
///
/// # Errors
/// [`Refusal::NotFound`] for one that is not the caller's, [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "concerns/see", prefix = "/api", input = Json)]
pub async fn see(
    /// The concern.
    id: ConcernId,
) -> Result<Seen, Refusal> {
    crate::seam::backend::<dyn Concerns>()?.see(&crate::seam::caller()?, id).await
}

/// A payment in full.
///
/// # Errors
/// [`Refusal::NotFound`] for a payment that is not the caller's, [`Refusal::SignIn`] when the session ended.
#[server(endpoint = "concerns/payment", prefix = "/api", input = Json)]
pub async fn load_payment(
    /// The payment.
    payment: PaymentId,
) -> Result<PaymentDetail, Refusal> {
    crate::seam::backend::<dyn Concerns>()?.payment(&crate::seam::caller()?, payment).await
}

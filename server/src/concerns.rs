//! What a manager's screens of concerns ask for, and marking one as seen.

use app::Refusal;
use app::concerns::{ConcernCount, ConcernPage, ConcernQuery, ConcernRow, Concerns, Money, PAGE_ROWS, PaymentDetail, Seen};
use app::receipts::RefundLine;
use async_trait::async_trait;
use domain::form::Answer;
use domain::{AccountId, Caller, ConcernId, Millis, PaymentId};

use crate::desk::{ManagerDesk, refusal};
use crate::pay::LastWord;
use crate::site::Site;
use crate::store::concerns::{self, Before, Counts, StoredConcern};
use crate::store::payments::{self, Stored, StoredRefund};
use crate::store::reach::Reach;
use crate::store::{Command, StoreError, Tx, codes};

impl ManagerDesk {
    async fn count_concerns(&self, caller: &Caller) -> Result<ConcernCount, StoreError> {
        let mut conn = self.site.store.read().await?;
        let reach = Reach::of(&mut conn.tx(), caller).await?;
        Ok(count(reach.concern_counts(&mut conn.tx()).await?))
    }

    async fn read_concerns(&self, caller: &Caller, query: ConcernQuery) -> Result<ConcernPage, StoreError> {
        let mut conn = self.site.store.read().await?;
        let before = query.before.map(|place| Before { at_ms: place.at_ms, id: place.id });
        // One more than is shown tells whether there is an older page.
        let limit = PAGE_ROWS as i64 + 1;
        let reach = Reach::of(&mut conn.tx(), caller).await?;
        let found = reach.concerns(&mut conn.tx(), before, limit).await?;
        let mut rows: Vec<ConcernRow> = found.into_iter().map(row).collect();
        let has_more = rows.len() > PAGE_ROWS;
        rows.truncate(PAGE_ROWS);
        let next = rows.last().filter(|_| has_more).map(ConcernRow::place);
        let counts = reach.concern_counts(&mut conn.tx()).await?;
        Ok(ConcernPage { rows, next, count: count(counts), as_of_ms: (self.site.clock)() })
    }

    /// Marks a concern as seen; `None` when the caller has none such.
    async fn see_concern(&self, caller: &Caller, id: ConcernId) -> Result<Option<Seen>, StoreError> {
        let command = See { caller: *caller, id, now: (self.site.clock)() };
        let Some((payee, seen)) = self.site.store.write(command).await? else { return Ok(None) };
        let count = self.count_concerns(caller).await?;
        // Everybody else who sees this payee's money has less to look at.
        self.site.live.concern(caller.tenant, payee);
        Ok(Some(Seen { row: row(seen), count }))
    }

    async fn read_payment(&self, caller: &Caller, payment: PaymentId) -> Result<Option<PaymentDetail>, StoreError> {
        let mut conn = self.site.store.read().await?;
        let Some(stored) = payments::load(&mut conn.tx(), caller.tenant, payment).await? else { return Ok(None) };
        let reach = Reach::of(&mut conn.tx(), caller).await?;
        if !reach.holds(stored.payment.tenant, stored.payment.payee) {
            return Ok(None);
        }
        payment_detail(&mut conn.tx(), &self.site, stored).await.map(Some)
    }
}

/// Everything about a payment that the caller has found for somebody.
///
/// # Errors
/// When the store cannot be read.
pub async fn payment_detail(tx: &mut Tx<'_>, site: &Site, stored: Stored) -> Result<PaymentDetail, StoreError> {
    let (tenant, payment) = (stored.payment.tenant, stored.payment.id);
    let code_name = codes::name(tx, tenant, stored.payment.code).await?.unwrap_or_default();
    let refunds = payments::refunds_of(tx, tenant, payment).await?;
    let concerns = concerns::of_payment(tx, tenant, payment).await?;
    let moneys = stored.payment.attempts.iter().filter_map(|attempt| {
        Some(Money { amount_fen: attempt.received_fen?, state: attempt.state, transaction: attempt.transaction.clone() })
    });
    let as_of_ms = (site.clock)();
    let LastWord { standing, heard_at_ms } = LastWord::of(&stored, as_of_ms);
    Ok(PaymentDetail {
        payment,
        asked_fen: stored.payment.amount_fen,
        state: stored.payment.state,
        standing,
        heard_at_ms,
        code_name,
        moneys: moneys.collect(),
        opened_at_ms: stored.payment.opened_at_ms,
        refunds: refunds.into_iter().map(refund_line).collect(),
        concerns: concerns.into_iter().map(row).collect(),
        payer_url: format!("{}/p/{}/{payment}", site.config.public_url, stored.code_token),
        answers: stored.answers.into_iter().map(Answer::masked).collect(),
        as_of_ms,
    })
}

/// A stored concern as the screens show it.
pub fn row(stored: StoredConcern) -> ConcernRow {
    let StoredConcern { id, concern, asked_fen, title, code_name, has_receipt, happened_at_ms, at_ms, is_seen } = stored;
    ConcernRow {
        id,
        payment: concern.payment,
        kind: concern.kind,
        state: concern.state,
        amount_fen: concern.amount_fen,
        asked_fen,
        why: concern.why,
        title,
        code_name,
        has_receipt,
        happened_at_ms,
        at_ms,
        is_seen,
    }
}

/// The counts as the screens show them.
pub fn count(counts: Counts) -> ConcernCount {
    let [unseen, waiting] = [counts.unseen, counts.waiting].map(|count| u64::try_from(count).unwrap_or(0));
    ConcernCount { unseen, waiting }
}

/// A stored refund as a step of its payment.
pub fn refund_line(stored: StoredRefund) -> RefundLine {
    RefundLine {
        changed_at_ms: stored.final_at_ms.unwrap_or(stored.refund.asked_at_ms),
        no: stored.refund.no,
        amount_fen: stored.refund.amount_fen,
        cause: stored.refund.cause,
        reason: stored.refund.reason,
        state: stored.refund.state,
        asked_at_ms: stored.refund.asked_at_ms,
    }
}

struct See {
    caller: Caller,
    id: ConcernId,
    now: Millis,
}

impl Command for See {
    type Done = Option<(AccountId, StoredConcern)>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        Reach::of(tx, &self.caller).await?.see(tx, self.id, self.now).await
    }
}

#[async_trait]
impl Concerns for ManagerDesk {
    async fn count(&self, caller: &Caller) -> Result<ConcernCount, Refusal> {
        self.count_concerns(caller).await.map_err(refusal)
    }

    async fn concerns(&self, caller: &Caller, query: ConcernQuery) -> Result<ConcernPage, Refusal> {
        self.read_concerns(caller, query).await.map_err(refusal)
    }

    async fn see(&self, caller: &Caller, id: ConcernId) -> Result<Seen, Refusal> {
        self.see_concern(caller, id).await.map_err(refusal)?.ok_or(Refusal::NotFound)
    }

    async fn payment(&self, caller: &Caller, payment: PaymentId) -> Result<PaymentDetail, Refusal> {
        self.read_payment(caller, payment).await.map_err(refusal)?.ok_or(Refusal::NotFound)
    }
}

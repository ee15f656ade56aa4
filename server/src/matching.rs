//! Payments that came another way and seem to settle a debt: proposed by what their payers filled in, counted only when somebody
//! confirms it, and uncounted again when that was a mistake (row I23).

use std::collections::BTreeMap;

use domain::receipt::Receipt;
use domain::receivable::{Proposed, proposal};
use domain::{Caller, Fen, Millis, PaymentId, PaymentState, ReceivableId};
use serde_json::json;
use uuid::Uuid;

use crate::fresh;
use crate::receivables::{ChangeError, Receivables, own};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::payments::{self, Ids};
use crate::store::receipts::Narrow;
use crate::store::receivables::{self, Before, Filter, Stored, Way};
use crate::store::{Command, StoreError, Tx, audit, search};

/// Receipts that are looked at for each thing that is known of a debtor.
const MOST_LOOKED_AT: usize = 40;

/// Payments that are proposed for one debt.
const MOST_PROPOSED: usize = 10;

/// How long before a debt was raised a payment may have come: whoever records late what was paid early.
const EARLIER_MS: i64 = 60 * 86_400_000;

/// A payment that may settle a debt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its receipt.
    pub receipt: Receipt,
    /// What is left of it.
    pub kept_fen: Fen,
    /// What was found in the payer's answers.
    pub by: Proposed,
}

impl Receivables {
    /// The payments that may settle a debt, newest first: through other codes, not counted for any debt, of no more than is owed, and
    /// with the debtor's number, phone or name in what the payer filled in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn proposals(&self, caller: &Caller, stored: &Stored) -> Result<Vec<Proposal>, StoreError> {
        let owed = stored.claim.outstanding();
        if !owed.is_positive() {
            return Ok(vec![]);
        }
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        let debtor = &stored.receivable.debtor;
        let since = stored.receivable.raised_at_ms.plus_ms(-EARLIER_MS);
        let mut found: BTreeMap<(Millis, PaymentId), Proposal> = BTreeMap::new();
        for word in Proposed::words(debtor) {
            let looked = search::search(tx, caller.tenant, caller.account, &word, Narrow::default(), None, MOST_LOOKED_AT).await?;
            for receipt in looked.map(|looked| looked.receipts).unwrap_or_default() {
                let kept = receipt.amount_fen.get() - receipt.refunding_fen.get() - receipt.refunded_fen.get();
                let (kept_fen, at) = (Fen::of(kept), receipt.paid_at_ms);
                let fits = kept_fen.is_positive() && kept_fen <= owed && at >= since;
                let Some(by) = proposal(debtor, &receipt.answers).filter(|_| fits) else { continue };
                found.insert((at, receipt.payment), Proposal { receipt, kept_fen, by });
            }
        }
        let mut proposals = vec![];
        for proposal in found.into_values().rev() {
            if receivables::of_payment(tx, caller.tenant, proposal.receipt.payment).await?.is_none() {
                proposals.push(proposal);
            }
            if proposals.len() == MOST_PROPOSED {
                break;
            }
        }
        Ok(proposals)
    }

    /// The debts among the next `limit` open ones for which there are proposals, newest first, and where to go on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn to_confirm(
        &self,
        caller: &Caller,
        before: Option<Before>,
        limit: i64,
    ) -> Result<(Vec<(Stored, Vec<Proposal>)>, Option<Before>), StoreError> {
        let filter = Filter { standing: Some(domain::receivable::Standing::Open), ..Filter::default() };
        let open = {
            let mut conn = self.store.read().await?;
            receivables::page(&mut conn.tx(), caller.tenant, caller.account, filter, before, limit).await?
        };
        let next = open.last().filter(|_| open.len() as i64 == limit).map(Before::of);
        let mut found = vec![];
        for stored in open {
            let proposals = self.proposals(caller, &stored).await?;
            if !proposals.is_empty() {
                found.push((stored, proposals));
            }
        }
        Ok((found, next))
    }

    /// Counts a payment for a debt.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing changed.
    pub async fn confirm(&self, caller: &Caller, id: ReceivableId, payment: PaymentId) -> Result<(), ChangeError> {
        let now = (self.clock)();
        self.store.write(Count { caller: *caller, id, payment, is_undo: false, seed: fresh::uuid(now), now }).await?
    }

    /// Counts it no more.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing changed.
    pub async fn undo(&self, caller: &Caller, id: ReceivableId, payment: PaymentId) -> Result<(), ChangeError> {
        let now = (self.clock)();
        self.store.write(Count { caller: *caller, id, payment, is_undo: true, seed: fresh::uuid(now), now }).await?
    }
}

struct Count {
    caller: Caller,
    id: ReceivableId,
    payment: PaymentId,
    is_undo: bool,
    seed: Uuid,
    now: Millis,
}

impl Command for Count {
    type Done = Result<(), ChangeError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Caller { tenant, account, .. } = self.caller;
        let Some(stored) = own(tx, &self.caller, self.id).await? else { return Ok(Err(ChangeError::NotFound)) };
        let Some(paid) = payments::load(tx, tenant, self.payment).await? else { return Ok(Err(ChangeError::NotFound)) };
        if paid.payment.payee != account {
            return Ok(Err(ChangeError::NotFound));
        }
        let counted = receivables::of_payment(tx, tenant, self.payment).await?;
        let mut ids = Ids(self.seed);
        let (act, amount_fen) = if self.is_undo {
            let counted = counted.filter(|counted| counted.receivable == self.id && counted.way == Way::Match);
            let Some(counted) = counted else { return Ok(Err(ChangeError::Passed)) };
            receivables::unmatch(tx, &stored, counted, account, &mut ids, self.now).await?;
            (Act::UnmatchReceivable, counted.kept_fen)
        } else {
            let kept = receivables::kept_of(&paid.payment);
            let fits = paid.payment.state == PaymentState::Paid && kept.is_positive() && kept <= stored.claim.outstanding();
            if counted.is_some() || !fits {
                return Ok(Err(ChangeError::Passed));
            }
            // Of this and a refund that is asked for at the same moment, one finds the payment changed and decides again.
            payments::update_payment(tx, &paid, &paid.payment).await?;
            receivables::match_payment(tx, &stored, &paid.payment, account, &mut ids, self.now).await?;
            (Act::MatchReceivable, kept)
        };
        let detail = json!({"payment": self.payment, "amount_fen": amount_fen});
        let deed = Deed::new(self.now, Actor::Account(account), act, self.id, &detail);
        audit::append(tx, tenant, &deed).await?;
        Ok(Ok(()))
    }
}

//! Payments that came another way and seem to settle a debt: proposed by what their payers filled in, counted only when somebody
//! confirms it, and uncounted again when that was a mistake (row I23).

use std::collections::BTreeMap;

use domain::receipt::Receipt;
use domain::receivable::{Proposed, countable, proposal};
use domain::{Caller, Fen, Millis, PaymentId, PaymentState, ReceivableId};
use serde_json::json;
use uuid::Uuid;

use crate::fresh;
use crate::receivables::{ChangeError, Receivables, own};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::payments::{self, Ids};
use crate::store::reach::Reach;
use crate::store::receipts::Narrow;
use crate::store::receivables::{self, Before, Filter, Stored, Way};
use crate::store::{Command, StoreError, Tx, audit};

/// Receipts that are looked at in one go for each thing that is known of a debtor.
const AT_ONCE: usize = 40;

/// How often it is looked further back for each of them.
const MOST_TURNS: usize = 5;

/// Payments that are proposed for one debt.
const MOST_PROPOSED: usize = 10;

/// How long before a debt was raised a payment may have come: whoever records late what was paid early.
const EARLIER_MS: i64 = 60 * 86_400_000;

/// A payment that may settle a debt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its receipt.
    pub receipt: Receipt,
    /// What is left of it and counts for no debt.
    pub left_fen: Fen,
    /// What of that would count for this one: no more than is owed.
    pub counts_fen: Fen,
    /// What was found in the payer's answers.
    pub by: Proposed,
    /// The store whose money it is; `None` for the manager's own.
    pub store: Option<String>,
}

impl Receivables {
    /// The payments that may settle a debt, newest first: through other codes of the caller or of a store whose cashier they are, with
    /// something left that counts for no debt, and with the debtor's number, phone or name in what the payer filled in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn proposals(&self, caller: &Caller, stored: &Stored) -> Result<Vec<Proposal>, StoreError> {
        let mut found: BTreeMap<(Millis, PaymentId), Proposal> = BTreeMap::new();
        if !stored.claim.outstanding().is_positive() {
            return Ok(vec![]);
        }
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        let reach = Reach::of(tx, caller).await?;
        let since = stored.receivable.raised_at_ms.plus_ms(-EARLIER_MS);
        for word in Proposed::words(&stored.receivable.debtor) {
            let mut before = None;
            for _ in 0..MOST_TURNS {
                let Some(looked) = reach.search(tx, &word, Narrow::default(), before, AT_ONCE).await? else { break };
                for receipt in looked.receipts.into_iter().filter(|receipt| receipt.paid_at_ms >= since) {
                    if let Some(proposal) = proposed(tx, &reach, caller, stored, receipt).await? {
                        found.insert((proposal.receipt.paid_at_ms, proposal.receipt.payment), proposal);
                    }
                }
                before = looked.next.filter(|next| next.paid_at_ms >= since);
                if before.is_none() || found.len() >= MOST_PROPOSED {
                    break;
                }
            }
        }
        Ok(found.into_values().rev().take(MOST_PROPOSED).collect())
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
        let shares = receivables::of_payment(tx, tenant, self.payment).await?;
        let mut ids = Ids(self.seed);
        let (act, amount_fen) = if self.is_undo {
            let counted = shares.into_iter().find(|share| share.receivable == self.id && share.way == Way::Match);
            let Some(counted) = counted else { return Ok(Err(ChangeError::Passed)) };
            // As below: other shares of the payment change with this one.
            payments::update_payment(tx, &paid, &paid.payment).await?;
            receivables::unmatch(tx, &stored, counted, account, &mut ids, self.now).await?;
            (Act::UnmatchReceivable, counted.kept_fen)
        } else {
            if !self.may_count(tx, &stored, &paid).await? {
                return Ok(Err(ChangeError::NotFound));
            }
            let left = receivables::uncounted(&paid.payment, &shares);
            let counts = countable(left, stored.claim.outstanding()).filter(|_| paid.payment.state == PaymentState::Paid);
            let Some(counts) = counts else { return Ok(Err(ChangeError::Passed)) };
            // Of this and a refund or another match that is asked for at the same moment, one finds the payment changed and decides again.
            payments::update_payment(tx, &paid, &paid.payment).await?;
            receivables::match_payment(tx, &stored, (self.payment, counts), account, &mut ids, self.now).await?;
            (Act::MatchReceivable, counts)
        };
        let detail = json!({"payment": self.payment, "amount_fen": amount_fen});
        let deed = Deed::new(self.now, Actor::Account(account), act, self.id, &detail);
        audit::append(tx, tenant, &deed).await?;
        Ok(Ok(()))
    }
}

impl Count {
    /// Managers count what came through their own codes as they see fit. A store's money is not theirs alone: its cashier counts
    /// it where its payer named the debtor.
    async fn may_count(&self, tx: &mut Tx<'_>, stored: &Stored, paid: &payments::Stored) -> Result<bool, StoreError> {
        if paid.payment.payee == self.caller.account {
            return Ok(true);
        }
        let reach = Reach::of(tx, &self.caller).await?;
        let is_seen = reach.holds(paid.payment.tenant, paid.payment.payee);
        Ok(is_seen && proposal(&stored.receivable.debtor, &paid.answers).is_some())
    }
}

/// What of a receipt may settle a debt, and why; `None` when nothing.
async fn proposed(
    tx: &mut Tx<'_>,
    reach: &Reach,
    caller: &Caller,
    stored: &Stored,
    receipt: Receipt,
) -> Result<Option<Proposal>, StoreError> {
    let Some(by) = proposal(&stored.receivable.debtor, &receipt.answers) else { return Ok(None) };
    let Some(paid) = payments::load(tx, caller.tenant, receipt.payment).await? else { return Ok(None) };
    let shares = receivables::of_payment(tx, caller.tenant, receipt.payment).await?;
    let left_fen = receivables::uncounted(&paid.payment, &shares);
    let Some(counts_fen) = countable(left_fen, stored.claim.outstanding()) else { return Ok(None) };
    let store = reach.store_name(paid.payment.payee).map(str::to_owned);
    Ok(Some(Proposal { receipt, left_fen, counts_fen, by, store }))
}

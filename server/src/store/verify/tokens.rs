//! Whether every receipt and every debt is found by all that is written on it, and nothing else is found.
//!
//! The tokens that there must be are counted and added up while the receipts go by, each as a number that stands for it; those that
//! there are in one sweep through the table. Sums do not depend on an order, so neither side is sorted or kept. The numbers come
//! from a key of this run, so that nobody can choose tokens whose sums agree.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use domain::account::Phone;
use domain::form::Answer;
use domain::receivable::Debtor;
use domain::{AccountId, Fen, PaymentId, TenantId};
use futures::TryStreamExt;
use sqlx::FromRow;
use uuid::Uuid;

use super::rows::ReceiptRow;
use crate::store::words::of_json;
use crate::store::{Snapshot, StoreError, on, receivables, search};

/// Receipts that are looked at together when something is wrong.
const PAGE: i64 = 200;

/// How many tokens, and the sum of the numbers that stand for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    count: u64,
    sum: u64,
}

impl Tally {
    fn add(&mut self, number: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(number);
    }
}

/// The tokens of one organisation, by payee.
#[derive(Default)]
pub struct Tokens {
    key: RandomState,
    expected: BTreeMap<Uuid, Tally>,
}

impl Tokens {
    /// Counts the tokens that a receipt must have.
    pub fn expect(&mut self, receipt: &ReceiptRow) -> Result<(), StoreError> {
        let answers: Vec<Answer> = of_json("receipt.answers", &receipt.answers)?;
        let tally = self.expected.entry(receipt.payee).or_default();
        for token in search::tokens_of(PaymentId::of(receipt.payment), Fen::of(receipt.amount_fen), &answers) {
            tally.add(self.key.hash_one((token.as_str(), receipt.paid_at_ms, receipt.payment)));
        }
        Ok(())
    }

    /// Counts the tokens that the organisation's debts must have; how many debts there are.
    pub async fn expect_debts(&mut self, snapshot: &mut Snapshot, tenant: TenantId) -> Result<u64, StoreError> {
        let sql = "SELECT id, payee, debtor, reference, phone, title, amount_fen, raised_at_ms FROM receivable WHERE tenant = $1";
        let debts: Vec<Debt> = on!(&mut snapshot.tx(), |db| sqlx::query_as(sql).bind(tenant.get()).fetch_all(db).await)?;
        for debt in &debts {
            let tally = self.expected.entry(receivables::scope_of(AccountId::of(debt.payee))).or_default();
            let phone = debt.phone.as_deref().and_then(Phone::parse);
            let debtor = Debtor { name: debt.debtor.clone(), reference: debt.reference.clone(), phone };
            for token in receivables::tokens_of(&debtor, &debt.title, Fen::of(debt.amount_fen)) {
                tally.add(self.key.hash_one((token.as_str(), debt.raised_at_ms, debt.id)));
            }
        }
        Ok(debts.len() as u64)
    }

    /// Holds them against the tokens that there are: what is wrong with the first payee whose tokens are others.
    pub async fn compare(mut self, snapshot: &mut Snapshot, tenant: TenantId) -> Result<Option<String>, StoreError> {
        let found = self.sweep(snapshot, tenant).await?;
        let mut wrong = None;
        for (payee, found) in found {
            let must = self.expected.remove(&payee).unwrap_or_default();
            if found != must && wrong.is_none() {
                wrong = Some((payee, found, must));
            }
        }
        let missing = self.expected.into_iter().find(|(_, must)| must.count > 0);
        let wrong = wrong.or(missing.map(|(payee, must)| (payee, Tally::default(), must)));
        let Some((payee, found, must)) = wrong else { return Ok(None) };
        if let Some(lost) = first_lost(snapshot, tenant, payee).await? {
            return Ok(Some(lost));
        }
        let (payee, count, must) = (AccountId::of(payee), found.count, must.count);
        Ok(Some(format!(
            "payee {payee} of tenant {tenant} has {count} search tokens and must have {must}: some belong to no receipt or debt, or are missing"
        )))
    }

    async fn sweep(&self, snapshot: &mut Snapshot, tenant: TenantId) -> Result<BTreeMap<Uuid, Tally>, StoreError> {
        let mut found: BTreeMap<Uuid, Tally> = BTreeMap::new();
        on!(&mut snapshot.tx(), |db| {
            let rows = sqlx::query_as("SELECT scope, token, at_ms, id FROM search_token WHERE tenant = $1").bind(tenant.get());
            let mut rows = rows.fetch(db);
            while let Some(row) = rows.try_next().await? {
                let (scope, token, at_ms, id): (Uuid, String, i64, Uuid) = row;
                found.entry(scope).or_default().add(self.key.hash_one((token.as_str(), at_ms, id)));
            }
        });
        Ok(found)
    }
}

#[derive(FromRow)]
struct Debt {
    id: Uuid,
    payee: Uuid,
    debtor: String,
    reference: String,
    phone: Option<String>,
    title: String,
    amount_fen: i64,
    raised_at_ms: i64,
}

#[derive(FromRow)]
struct Written {
    payment: Uuid,
    amount_fen: i64,
    answers: String,
    paid_at_ms: i64,
}

/// The first receipt of the payee that lacks one of its tokens. Only asked when some payee's tokens are others.
async fn first_lost(snapshot: &mut Snapshot, tenant: TenantId, payee: Uuid) -> Result<Option<String>, StoreError> {
    let mut after = Uuid::nil();
    loop {
        let receipts: Vec<Written> = on!(&mut snapshot.tx(), |db| sqlx::query_as(
            "SELECT payment, amount_fen, answers, paid_at_ms FROM receipt \
             WHERE tenant = $1 AND payee = $2 AND payment > $3 ORDER BY payment LIMIT $4",
        )
        .bind(tenant.get())
        .bind(payee)
        .bind(after)
        .bind(PAGE)
        .fetch_all(db)
        .await)?;
        let Some(last) = receipts.last() else { return Ok(None) };
        after = last.payment;
        for receipt in &receipts {
            if let Some(token) = lost_token(snapshot, tenant, payee, receipt).await? {
                return Ok(Some(format!("receipt of payment {} is not found by {token:?}", PaymentId::of(receipt.payment))));
            }
        }
    }
}

async fn lost_token(snapshot: &mut Snapshot, tenant: TenantId, payee: Uuid, receipt: &Written) -> Result<Option<String>, StoreError> {
    let answers: Vec<Answer> = of_json("receipt.answers", &receipt.answers)?;
    for token in search::tokens_of(PaymentId::of(receipt.payment), Fen::of(receipt.amount_fen), &answers) {
        let there: Option<(i64,)> = on!(&mut snapshot.tx(), |db| sqlx::query_as(
            "SELECT at_ms FROM search_token WHERE tenant = $1 AND scope = $2 AND token = $3 AND at_ms = $4 AND id = $5",
        )
        .bind(tenant.get())
        .bind(payee)
        .bind(&token)
        .bind(receipt.paid_at_ms)
        .bind(receipt.payment)
        .fetch_optional(db)
        .await)?;
        if there.is_none() {
            return Ok(Some(token));
        }
    }
    Ok(None)
}

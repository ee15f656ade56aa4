//! Whose money somebody sees: their own, and that of the stores whose cashier they are (row B83). Every list, figure, stream and
//! sheet of a manager goes through here, so that nothing of another store is to be had.
//!
//! A payee's receipts, totals, tokens and concerns each have an index of their own. Somebody who sees several payees therefore reads
//! the newest of each and merges, which costs the same at any depth.

use domain::receipt::Receipt;
use domain::{AccountId, Caller, CodeId, ConcernId, Day, Fen, Millis, PaymentId, StoreId, TenantId};
use uuid::Uuid;

use super::codes::FoundCode;
use super::concerns::{self, Counts, StoredConcern};
use super::payments::Stored;
use super::receipts::{self, After, Before, Known, Narrow};
use super::rollups::{self, Totals};
use super::search::{self, Found};
use super::{StoreError, Tx, codes, numbers, on, payments};

/// Most stores of one cashier: a page of their list reads each of them.
pub const MOST_STORES: usize = 20;

/// Most payments among which one is looked for by the end of its number: a day of a large organisation.
const MOST_LOOKED_THROUGH: i64 = 20_000;

/// Most codes to which a list can be narrowed.
const MOST_CODES: usize = 200;

/// Digits of [`PaymentId::tail`].
const TAIL_CHARS: usize = 8;

/// The payees that somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    tenant: TenantId,
    payees: Vec<AccountId>,
    stores: Vec<(StoreId, String)>,
}

impl Reach {
    /// What `caller` sees now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(tx: &mut Tx<'_>, caller: &Caller) -> Result<Reach, StoreError> {
        let rows: Vec<(Uuid, String)> = on!(tx, |db| {
            sqlx::query_as(
                "SELECT s.id, s.name FROM cashier c JOIN store s ON s.tenant = c.tenant AND s.id = c.store \
                 WHERE c.tenant = $1 AND c.account = $2 ORDER BY s.name, s.id",
            )
            .bind(caller.tenant.get())
            .bind(caller.account.get())
            .fetch_all(db)
            .await
        })?;
        let stores: Vec<(StoreId, String)> = rows.into_iter().map(|(id, name)| (StoreId::of(id), name)).collect();
        let payees = std::iter::once(caller.account).chain(stores.iter().map(|(store, _)| store.payee())).collect();
        Ok(Reach { tenant: caller.tenant, payees, stores })
    }

    /// Whether the money of this payee is seen.
    pub fn holds(&self, tenant: TenantId, payee: AccountId) -> bool {
        self.tenant == tenant && self.payees.contains(&payee)
    }

    /// The stores, by name.
    pub fn stores(&self) -> &[(StoreId, String)] {
        &self.stores
    }

    /// The name of the store that this payee is; `None` for a person, or for a store out of reach.
    pub fn store_name(&self, payee: AccountId) -> Option<&str> {
        self.stores.iter().find(|(store, _)| store.payee() == payee).map(|(_, name)| name.as_str())
    }

    /// The same, narrowed to one payee; nothing at all when that one is out of reach.
    #[must_use]
    pub fn only(mut self, payee: Option<AccountId>) -> Reach {
        if let Some(wanted) = payee {
            self.payees.retain(|payee| *payee == wanted);
        }
        self
    }

    /// The newest receipts that `narrow` takes, at most `limit`, from `before` on when it is given.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn receipts(&self, tx: &mut Tx<'_>, narrow: Narrow, before: Option<Before>, limit: i64) -> Result<Vec<Receipt>, StoreError> {
        let mut found = vec![];
        for payee in &self.payees {
            found.extend(receipts::page(tx, self.tenant, *payee, narrow, before, limit).await?);
        }
        newest_first(&mut found);
        found.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(found)
    }

    /// The newest receipts on which every word of `query` is written, as [`search::search`] finds them; the one that `query` names
    /// where that is a whole number of a payment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn search(
        &self,
        tx: &mut Tx<'_>,
        query: &str,
        narrow: Narrow,
        before: Option<Before>,
        limit: usize,
    ) -> Result<Option<Found>, StoreError> {
        if let Some(receipt) = self.numbered(tx, query, narrow).await? {
            // The beginning of a list is the last day that somebody chose, or the end of the page before.
            let is_before = before.is_none_or(|before| place(&Before::of(&receipt)) < place(&before));
            return Ok(Some(Found { receipts: is_before.then_some(receipt).into_iter().collect(), next: None }));
        }
        let mut all = Found { receipts: vec![], next: None };
        for payee in &self.payees {
            let Some(found) = search::search(tx, self.tenant, *payee, query, narrow, before, limit).await? else { return Ok(None) };
            all.receipts.extend(found.receipts);
            // Nothing can be said beyond the first place at which one of them stopped looking.
            all.next = [all.next, found.next].into_iter().flatten().max_by_key(place);
        }
        if let Some(end) = all.next {
            all.receipts.retain(|receipt| place(&Before::of(receipt)) >= place(&end));
        }
        newest_first(&mut all.receipts);
        if all.receipts.len() > limit {
            all.receipts.truncate(limit);
            all.next = all.receipts.last().map(Before::of);
        }
        Ok(Some(all))
    }

    async fn numbered(&self, tx: &mut Tx<'_>, query: &str, narrow: Narrow) -> Result<Option<Receipt>, StoreError> {
        let Some(payment) = numbers::named(tx, self.tenant, query).await? else { return Ok(None) };
        let Some((_, receipt)) = self.receipt(tx, payment).await? else { return Ok(None) };
        let Some(stored) = payments::load(tx, self.tenant, payment).await? else { return Ok(None) };
        Ok(Some(receipt).filter(|receipt| narrow.takes(stored.payment.code, receipt)))
    }

    /// The payment that `text` names, whether or not money came: by a whole number as [`numbers::named`] reads it, or by the last eight
    /// digits of one that was opened since `since`. `None` when there is none, or its money is not seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn payment(&self, tx: &mut Tx<'_>, text: &str, since: Millis) -> Result<Option<Stored>, StoreError> {
        let named = match tail(text) {
            Some(tail) => payments::ending(tx, self.tenant, &self.payees, &tail, since, MOST_LOOKED_THROUGH).await?,
            None => numbers::named(tx, self.tenant, text).await?,
        };
        let Some(payment) = named else { return Ok(None) };
        let stored = payments::load(tx, self.tenant, payment).await?;
        Ok(stored.filter(|stored| self.holds(stored.payment.tenant, stored.payment.payee)))
    }

    /// One receipt with its payee, or `None`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn receipt(&self, tx: &mut Tx<'_>, payment: PaymentId) -> Result<Option<(AccountId, Receipt)>, StoreError> {
        for payee in &self.payees {
            if let Some(receipt) = receipts::one(tx, self.tenant, *payee, payment).await? {
                return Ok(Some((*payee, receipt)));
            }
        }
        Ok(None)
    }

    /// The receipts that we learned of after the place `after`, each with its payee, as [`receipts::known_after`] finds them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn known_after(&self, tx: &mut Tx<'_>, after: After, limit: i64) -> Result<Vec<(AccountId, Known)>, StoreError> {
        let mut known = vec![];
        for payee in &self.payees {
            let found = receipts::known_after(tx, self.tenant, *payee, after, limit).await?;
            known.extend(found.into_iter().map(|known| (*payee, known)));
        }
        known.sort_by_key(|(_, known)| (known.known_at_ms, known.receipt.payment));
        known.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(known)
    }

    /// What came together on a day (Shanghai), through one code or through all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn totals(&self, tx: &mut Tx<'_>, code: Option<CodeId>, day: Day) -> Result<Totals, StoreError> {
        let mut all = Totals::default();
        for payee in &self.payees {
            let found = match code {
                Some(code) => rollups::totals_of_code(tx, self.tenant, *payee, code, day).await?,
                None => rollups::totals(tx, self.tenant, *payee, day).await?,
            };
            all.count += found.count;
            all.sum_fen = sum(all.sum_fen, found.sum_fen)?;
            all.refunded_count += found.refunded_count;
            all.refunded_fen = sum(all.refunded_fen, found.refunded_fen)?;
        }
        Ok(all)
    }

    /// The codes by name, at most two hundred: what a list can be narrowed to.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn codes(&self, tx: &mut Tx<'_>) -> Result<Vec<(CodeId, String)>, StoreError> {
        let mut named = vec![];
        for payee in &self.payees {
            named.extend(codes::named(tx, self.tenant, *payee).await?);
        }
        named.sort_by(|(_, left), (_, right)| left.cmp(right));
        named.truncate(MOST_CODES);
        Ok(named)
    }

    /// The printed codes, each with its token: the person's own, then each store's.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn plates(&self, tx: &mut Tx<'_>) -> Result<Vec<FoundCode>, StoreError> {
        let mut plates = vec![];
        for payee in &self.payees {
            plates.extend(codes::plates(tx, self.tenant, *payee).await?);
        }
        Ok(plates)
    }

    /// How much there is to look at.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concern_counts(&self, tx: &mut Tx<'_>) -> Result<Counts, StoreError> {
        let mut all = Counts::default();
        for payee in &self.payees {
            let found = concerns::counts(tx, self.tenant, *payee).await?;
            all.unseen += found.unseen;
            all.waiting += found.waiting;
        }
        Ok(all)
    }

    /// The newest concerns, at most `limit`, from `before` on when it is given.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concerns(&self, tx: &mut Tx<'_>, before: Option<concerns::Before>, limit: i64) -> Result<Vec<StoredConcern>, StoreError> {
        let mut found = vec![];
        for payee in &self.payees {
            found.extend(concerns::page(tx, self.tenant, *payee, before, limit).await?);
        }
        found.sort_by_key(|concern| std::cmp::Reverse((concern.at_ms, concern.id)));
        found.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(found)
    }

    /// Marks a concern as seen and answers it with its payee, as [`concerns::see`] does.
    ///
    /// # Errors
    /// As there.
    pub async fn see(&self, tx: &mut Tx<'_>, id: ConcernId, now: Millis) -> Result<Option<(AccountId, StoredConcern)>, StoreError> {
        for payee in &self.payees {
            if let Some(seen) = concerns::see(tx, self.tenant, *payee, id, now).await? {
                return Ok(Some((*payee, seen)));
            }
        }
        Ok(None)
    }
}

fn sum(left: Fen, right: Fen) -> Result<Fen, StoreError> {
    left.plus(right).ok_or_else(|| super::words::unreadable("rollup", "a sum does not fit"))
}

fn place(before: &Before) -> (Millis, PaymentId) {
    (before.paid_at_ms, before.payment)
}

/// Whether `text` may be the whole number of a payment, or the end of one.
pub fn is_number(text: &str) -> bool {
    numbers::is_whole(text) || tail(text).is_some()
}

/// The end of a payment's number, as its payer's page shows it and people read it out.
fn tail(text: &str) -> Option<String> {
    let tail: String = text.split_whitespace().collect::<String>().to_ascii_lowercase();
    (tail.len() == TAIL_CHARS && tail.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(tail)
}

fn newest_first(receipts: &mut [Receipt]) {
    receipts.sort_by_key(|receipt| std::cmp::Reverse(place(&Before::of(receipt))));
}

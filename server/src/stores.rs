//! What an administrator does with stores: making, naming, closing them, and deciding who their cashiers are (rows B83, B90).

use std::fmt::Display;

use domain::{AccountId, Caller, Millis, StoreId};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::fresh;
use crate::live::Hub;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::codes::{self, FoundCode};
use crate::store::reach::MOST_STORES;
use crate::store::stores::{self, KeptStore, Person};
use crate::store::{Command, Store, StoreError, Tx, accounts, audit, managers, tokens};

/// Most cashiers and codes that a store's page shows.
pub const MOST_SHOWN: i64 = 200;

/// Managers that a search for a cashier finds at most.
const MOST_CANDIDATES: i64 = 10;

/// Everything that keeping stores needs.
#[derive(Clone)]
pub struct Stores {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Screens that are open.
    pub live: Hub,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct StorePage {
    /// The stores of this page.
    pub stores: Vec<KeptStore>,
    /// How many there are that match.
    pub count: usize,
}

/// A store with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct StoreFile {
    /// The store.
    pub store: KeptStore,
    /// Its cashiers, by name.
    pub cashiers: Vec<Person>,
    /// Its plates, oldest first.
    pub plates: Vec<FoundCode>,
    /// Who may become a cashier, where somebody was looked for.
    pub candidates: Vec<Person>,
}

/// What became of what an administrator asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was done.
    Now,
    /// It was so before.
    Before,
    /// The organisation has no such store.
    NotFound,
    /// Another store has this name.
    Taken,
    /// Nobody of this name is a manager here who is not suspended.
    NoManager,
    /// They are the cashier of as many stores as one person may have.
    Full,
}

impl Stores {
    /// The stores whose name holds `words`, by name, `limit` of them after the first `skip`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn page(&self, caller: &Caller, words: &str, skip: usize, limit: usize) -> Result<StorePage, StoreError> {
        let mut conn = self.store.read().await?;
        let words = words.to_lowercase();
        let [skip, limit] = [skip, limit].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let stores = stores::page(&mut conn.tx(), caller.tenant, &words, skip, limit).await?;
        let count = stores::count(&mut conn.tx(), caller.tenant, &words).await?;
        Ok(StorePage { stores, count: usize::try_from(count).unwrap_or(0) })
    }

    /// One store of the caller's organisation, and the managers that `wanted` finds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn one(&self, caller: &Caller, store: StoreId, wanted: Option<&str>) -> Result<Option<StoreFile>, StoreError> {
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        let Some(kept) = stores::one(tx, caller.tenant, store).await? else { return Ok(None) };
        let cashiers = stores::cashiers(tx, caller.tenant, store, MOST_SHOWN).await?;
        let plates = codes::plates(tx, caller.tenant, store.payee()).await?;
        let candidates = match wanted {
            Some(words) => stores::candidates(tx, caller.tenant, store, &words.to_lowercase(), MOST_CANDIDATES).await?,
            None => vec![],
        };
        Ok(Some(StoreFile { store: kept, cashiers, plates, candidates }))
    }

    /// Makes a store. `None` when another one has this name.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn make(&self, caller: &Caller, name: String) -> Result<Option<StoreId>, StoreError> {
        let now = (self.clock)();
        let id = StoreId::of(fresh::uuid(now));
        let kept = self.change(caller, id, Change::Make { name }, now).await?;
        Ok((kept == Kept::Now).then_some(id))
    }

    /// Calls a store something else, on its receipts too.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn rename(&self, caller: &Caller, store: StoreId, name: String) -> Result<Kept, StoreError> {
        self.change(caller, store, Change::Rename { name }, (self.clock)()).await
    }

    /// Closes a store, which switches its plates off, or opens it again with those that were switched off by it.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn set_open(&self, caller: &Caller, store: StoreId, is_open: bool) -> Result<Kept, StoreError> {
        self.change(caller, store, Change::SetOpen { is_open }, (self.clock)()).await
    }

    /// Makes a manager a cashier of the store: from now on they see and hear what it collects and collected.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn add_cashier(&self, caller: &Caller, store: StoreId, account: AccountId) -> Result<Kept, StoreError> {
        self.cashier(caller, store, account, true).await
    }

    /// Ends being a cashier: from now on they see and hear nothing of the store.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn remove_cashier(&self, caller: &Caller, store: StoreId, account: AccountId) -> Result<Kept, StoreError> {
        self.cashier(caller, store, account, false).await
    }

    async fn cashier(&self, caller: &Caller, store: StoreId, account: AccountId, is_one: bool) -> Result<Kept, StoreError> {
        let kept = self.change(caller, store, Change::Cashier { account, is_one }, (self.clock)()).await?;
        // Open streams look anew at what they may tell.
        self.live.signed_in(account);
        Ok(kept)
    }

    async fn change(&self, caller: &Caller, store: StoreId, change: Change, now: Millis) -> Result<Kept, StoreError> {
        match self.store.write(Keep { caller: *caller, store, change, now }).await {
            // Somebody else gave this name away at the same moment.
            Err(StoreError::Duplicate) => Ok(Kept::Taken),
            kept => kept,
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    Make { name: String },
    Rename { name: String },
    SetOpen { is_open: bool },
    Cashier { account: AccountId, is_one: bool },
}

struct Keep {
    caller: Caller,
    store: StoreId,
    change: Change,
    now: Millis,
}

impl Command for Keep {
    type Done = Kept;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let (tenant, now) = (self.caller.tenant, self.now);
        if let Change::Make { name } = &self.change {
            if stores::is_name_taken(tx, tenant, name, None).await? {
                return Ok(Kept::Taken);
            }
            stores::insert(tx, tenant, self.store, name, now).await?;
            self.note(tx, Act::MakeStore, &json!({})).await?;
            return Ok(Kept::Now);
        }
        let Some(known) = stores::one(tx, tenant, self.store).await? else { return Ok(Kept::NotFound) };
        match &self.change {
            Change::Make { .. } => Ok(Kept::Before),
            Change::Rename { name } => self.rename(tx, &known, name).await,
            Change::SetOpen { is_open } => self.set_open(tx, *is_open).await,
            Change::Cashier { account, is_one: true } => self.add(tx, *account).await,
            Change::Cashier { account, is_one: false } => {
                if !stores::remove_cashier(tx, tenant, self.store, *account).await? {
                    return Ok(Kept::Before);
                }
                self.note(tx, Act::RemoveCashier, &json!({"account": account})).await?;
                Ok(Kept::Now)
            }
        }
    }
}

impl Keep {
    async fn rename(&self, tx: &mut Tx<'_>, known: &KeptStore, name: &str) -> Result<Kept, StoreError> {
        let tenant = self.caller.tenant;
        if known.name == name {
            return Ok(Kept::Before);
        }
        if stores::is_name_taken(tx, tenant, name, Some(self.store)).await? {
            return Ok(Kept::Taken);
        }
        stores::rename(tx, tenant, self.store, name).await?;
        self.note(tx, Act::RenameStore, &json!({})).await?;
        Ok(Kept::Now)
    }

    async fn set_open(&self, tx: &mut Tx<'_>, is_open: bool) -> Result<Kept, StoreError> {
        let tenant = self.caller.tenant;
        if !stores::set_open(tx, tenant, self.store, is_open).await? {
            return Ok(Kept::Before);
        }
        let changed = managers::stop_codes(tx, tenant, self.store.payee(), !is_open).await?;
        tokens::touch_together(tx, tenant, &changed, self.now).await?;
        let act = if is_open { Act::OpenStore } else { Act::CloseStore };
        self.note(tx, act, &json!({"codes": changed.len()})).await?;
        Ok(Kept::Now)
    }

    async fn add(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Kept, StoreError> {
        let tenant = self.caller.tenant;
        let seats = accounts::memberships(tx, account).await?;
        let is_manager =
            |seat: &accounts::Membership| seat.tenant == tenant && seat.role == domain::Role::Manager && seat.suspended_at_ms.is_none();
        if !seats.iter().any(is_manager) {
            return Ok(Kept::NoManager);
        }
        if stores::stores_of(tx, tenant, account).await? >= MOST_STORES as i64 {
            return Ok(Kept::Full);
        }
        if !stores::add_cashier(tx, tenant, self.store, account, self.now).await? {
            return Ok(Kept::Before);
        }
        self.note(tx, Act::AddCashier, &json!({"account": account})).await?;
        Ok(Kept::Now)
    }

    async fn note(&self, tx: &mut Tx<'_>, act: Act, detail: &Value) -> Result<(), StoreError> {
        let subject: &dyn Display = &self.store;
        let deed = Deed::new(self.now, Actor::Account(self.caller.account), act, subject, detail);
        audit::append(tx, self.caller.tenant, &deed).await.map(drop)
    }
}

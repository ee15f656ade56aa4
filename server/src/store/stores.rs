//! The stores of an organisation and their cashiers.

use domain::account::Phone;
use domain::{AccountId, Millis, StoreId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::words::unreadable;
use super::{StoreError, Tx, on};

/// A store as its administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptStore {
    /// The store.
    pub id: StoreId,
    /// Its name, as payers read it.
    pub name: String,
    /// Whether it collects; the plates of a closed store are switched off.
    pub is_open: bool,
    /// Since when there is such a store.
    pub created_at_ms: Millis,
    /// How many cashiers it has.
    pub cashiers: i64,
    /// How many of them are not suspended, and so see and hear what it collects.
    pub watching: i64,
    /// How many codes it has.
    pub codes: i64,
}

/// Somebody who is a store's cashier, or may become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// By which they sign in.
    pub phone: Phone,
    /// Whether they are suspended, and so see nothing at present.
    pub is_suspended: bool,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    is_open: bool,
    created_at_ms: i64,
    cashiers: i64,
    watching: i64,
    codes: i64,
}

impl From<Row> for KeptStore {
    fn from(row: Row) -> KeptStore {
        KeptStore {
            id: StoreId::of(row.id),
            name: row.name,
            is_open: row.is_open,
            created_at_ms: Millis::of(row.created_at_ms),
            cashiers: row.cashiers,
            watching: row.watching,
            codes: row.codes,
        }
    }
}

/// Everything about stores of one organisation; a condition follows.
macro_rules! store {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.name, s.is_open, s.created_at_ms, ",
            "(SELECT COUNT(*) FROM cashier c WHERE c.tenant = s.tenant AND c.store = s.id) AS cashiers, ",
            "(SELECT COUNT(*) FROM cashier c JOIN member m ON m.tenant = c.tenant AND m.account = c.account AND m.role = 'manager' ",
            "AND m.suspended_at_ms IS NULL WHERE c.tenant = s.tenant AND c.store = s.id) AS watching, ",
            "(SELECT COUNT(*) FROM code k WHERE k.tenant = s.tenant AND k.payee = s.id) AS codes FROM store s WHERE s.tenant = $1 ",
            $rest
        )
    };
}

/// A page of the stores whose name holds `words` (in lower case), by name: `limit` of them after the first `skip`.
pub async fn page(tx: &mut Tx<'_>, tenant: TenantId, words: &str, skip: i64, limit: i64) -> Result<Vec<KeptStore>, StoreError> {
    let sql = store!("AND ($2 = '' OR REPLACE(LOWER(s.name), $2, '') <> LOWER(s.name)) ORDER BY s.name, s.id LIMIT $3 OFFSET $4");
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(words).bind(limit).bind(skip).fetch_all(db).await)?;
    Ok(rows.into_iter().map(KeptStore::from).collect())
}

/// How many stores [`page`] walks through.
pub async fn count(tx: &mut Tx<'_>, tenant: TenantId, words: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM store s WHERE s.tenant = $1 AND ($2 = '' OR REPLACE(LOWER(s.name), $2, '') <> LOWER(s.name))";
    let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(words).fetch_one(db).await)?;
    Ok(count)
}

/// The stores that are open and whose name holds `words` (in lower case), by name, at most `limit`.
pub async fn open(tx: &mut Tx<'_>, tenant: TenantId, words: &str, limit: i64) -> Result<Vec<KeptStore>, StoreError> {
    let sql = store!("AND s.is_open AND ($2 = '' OR REPLACE(LOWER(s.name), $2, '') <> LOWER(s.name)) ORDER BY s.name, s.id LIMIT $3");
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(words).bind(limit).fetch_all(db).await)?;
    Ok(rows.into_iter().map(KeptStore::from).collect())
}

/// How many stores [`open`] finds without its limit.
pub async fn count_open(tx: &mut Tx<'_>, tenant: TenantId, words: &str) -> Result<i64, StoreError> {
    let sql =
        "SELECT COUNT(*) FROM store s WHERE s.tenant = $1 AND s.is_open AND ($2 = '' OR REPLACE(LOWER(s.name), $2, '') <> LOWER(s.name))";
    let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(words).fetch_one(db).await)?;
    Ok(count)
}

/// One store of the organisation; `None` when it has no such store.
pub async fn one(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId) -> Result<Option<KeptStore>, StoreError> {
    let row: Option<Row> =
        on!(tx, |db| sqlx::query_as(store!("AND s.id = $2")).bind(tenant.get()).bind(store.get()).fetch_optional(db).await)?;
    Ok(row.map(KeptStore::from))
}

/// Whether another store than `except` has this name.
pub async fn is_name_taken(tx: &mut Tx<'_>, tenant: TenantId, name: &str, except: Option<StoreId>) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM store WHERE tenant = $1 AND name = $2";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(name).fetch_optional(db).await)?;
    Ok(row.is_some_and(|(id,)| Some(StoreId::of(id)) != except))
}

/// Stores a new store, open and without cashiers.
///
/// # Errors
/// [`StoreError::Duplicate`] when the organisation has one of this name.
pub async fn insert(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, name: &str, now: Millis) -> Result<(), StoreError> {
    let sql = "INSERT INTO store (tenant, id, name, is_open, created_at_ms) VALUES ($1, $2, $3, TRUE, $4)";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(store.get()).bind(name).bind(now.get()).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Calls a store something else from now on.
///
/// # Errors
/// [`StoreError::Duplicate`] when another store has this name.
pub async fn rename(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, name: &str) -> Result<(), StoreError> {
    let sql = "UPDATE store SET name = $3 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(store.get()).bind(name).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Opens or closes a store. `false` when it was so before.
pub async fn set_open(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, is_open: bool) -> Result<bool, StoreError> {
    let sql = "UPDATE store SET is_open = $3 WHERE tenant = $1 AND id = $2 AND is_open <> $3";
    let changed = on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(store.get())
        .bind(is_open)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

type PersonRow = (Uuid, String, String, Option<i64>);

fn person((account, name, phone, suspended_at_ms): PersonRow) -> Result<Person, StoreError> {
    let phone = Phone::parse(&phone).ok_or_else(|| unreadable("account.phone", "no number"))?;
    Ok(Person { account: AccountId::of(account), name, phone, is_suspended: suspended_at_ms.is_some() })
}

/// The cashiers of a store by name, at most `limit`.
pub async fn cashiers(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, limit: i64) -> Result<Vec<Person>, StoreError> {
    let sql = "SELECT a.id, a.name, a.phone, m.suspended_at_ms FROM cashier c JOIN account a ON a.id = c.account \
         JOIN member m ON m.tenant = c.tenant AND m.account = c.account AND m.role = 'manager' \
         WHERE c.tenant = $1 AND c.store = $2 ORDER BY a.name, a.phone LIMIT $3";
    let rows: Vec<PersonRow> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(store.get()).bind(limit).fetch_all(db).await)?;
    rows.into_iter().map(person).collect()
}

/// Managers who are not the store's cashiers and whose name or phone number holds `words` (in lower case), at most `limit`.
pub async fn candidates(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, words: &str, limit: i64) -> Result<Vec<Person>, StoreError> {
    let sql = "SELECT a.id, a.name, a.phone, m.suspended_at_ms FROM member m JOIN account a ON a.id = m.account \
         WHERE m.tenant = $1 AND m.role = 'manager' AND m.suspended_at_ms IS NULL \
         AND ($3 = '' OR REPLACE(LOWER(a.name), $3, '') <> LOWER(a.name) OR REPLACE(a.phone, $3, '') <> a.phone) \
         AND NOT EXISTS (SELECT 1 FROM cashier c WHERE c.tenant = $1 AND c.store = $2 AND c.account = m.account) \
         ORDER BY a.name, a.phone LIMIT $4";
    let rows: Vec<PersonRow> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(store.get()).bind(words).bind(limit).fetch_all(db).await)?;
    rows.into_iter().map(person).collect()
}

/// How many managers [`candidates`] finds without its limit.
pub async fn count_candidates(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, words: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM member m JOIN account a ON a.id = m.account \
         WHERE m.tenant = $1 AND m.role = 'manager' AND m.suspended_at_ms IS NULL \
         AND ($3 = '' OR REPLACE(LOWER(a.name), $3, '') <> LOWER(a.name) OR REPLACE(a.phone, $3, '') <> a.phone) \
         AND NOT EXISTS (SELECT 1 FROM cashier c WHERE c.tenant = $1 AND c.store = $2 AND c.account = m.account)";
    let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(store.get()).bind(words).fetch_one(db).await)?;
    Ok(count)
}

/// How many stores somebody is a cashier of.
pub async fn stores_of(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM cashier WHERE tenant = $1 AND account = $2";
    let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(account.get()).fetch_one(db).await)?;
    Ok(count)
}

/// Makes somebody a cashier. `false` when they were one before.
pub async fn add_cashier(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, account: AccountId, now: Millis) -> Result<bool, StoreError> {
    let sql = "INSERT INTO cashier (tenant, store, account, created_at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let added = on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(store.get())
        .bind(account.get())
        .bind(now.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(added > 0)
}

/// Ends being a cashier. `false` when they were none.
pub async fn remove_cashier(tx: &mut Tx<'_>, tenant: TenantId, store: StoreId, account: AccountId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM cashier WHERE tenant = $1 AND store = $2 AND account = $3";
    let removed = on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(store.get())
        .bind(account.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed > 0)
}

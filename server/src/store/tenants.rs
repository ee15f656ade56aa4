//! Organisations.

use aws_lc_rs::digest;
use domain::contact::Contact;
use domain::receivable::{ManagerWriteOffs, ReminderHour};
use domain::refund_right::ManagerRefunds;
use domain::{Millis, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::words::{json, of_json};
use super::{StoreError, Tx, on};

/// An organisation that collects money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The organisation.
    pub id: TenantId,
    /// What payers read above the amount.
    pub name: String,
    /// Whether it collects at present.
    pub is_open: bool,
    /// The name of its logo, if it has one; [`logo`] gives the picture.
    pub logo_hash: Option<String>,
    /// Where payers reach it, if it says so.
    pub contact: Option<Contact>,
}

impl Tenant {
    /// Where its logo is seen.
    pub fn logo_url(&self) -> Option<String> {
        self.logo_hash.as_deref().map(|hash| logo_url(self.id, hash))
    }
}

/// Where a logo is seen. Another logo has another address, so a browser may keep each for good.
pub fn logo_url(tenant: TenantId, hash: &str) -> String {
    format!("/logo/{tenant}/{hash}.png")
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    is_open: bool,
    logo_hash: Option<String>,
    contact: Option<String>,
}

impl From<Row> for Tenant {
    fn from(row: Row) -> Tenant {
        let contact = row.contact.as_deref().and_then(Contact::parse);
        Tenant { id: TenantId::of(row.id), name: row.name, is_open: row.is_open, logo_hash: row.logo_hash, contact }
    }
}

/// Stores a new organisation, open and without a logo.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is there already.
pub async fn insert(tx: &mut Tx<'_>, id: TenantId, name: &str, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("INSERT INTO tenant (id, name, is_open, created_at_ms) VALUES ($1, $2, TRUE, $3)")
        .bind(id.get())
        .bind(name)
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The organisation, or `None`.
pub async fn by_id(tx: &mut Tx<'_>, id: TenantId) -> Result<Option<Tenant>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as("SELECT id, name, is_open, logo_hash, contact FROM tenant WHERE id = $1")
        .bind(id.get())
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Tenant::from))
}

/// Every organisation of this installation, oldest first.
pub async fn all(tx: &mut Tx<'_>) -> Result<Vec<Tenant>, StoreError> {
    let rows: Vec<Row> =
        on!(tx, |db| sqlx::query_as("SELECT id, name, is_open, logo_hash, contact FROM tenant ORDER BY created_at_ms, id")
            .fetch_all(db)
            .await)?;
    Ok(rows.into_iter().map(Tenant::from).collect())
}

/// Calls the organisation something else from now on.
pub async fn rename(tx: &mut Tx<'_>, id: TenantId, name: &str) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE tenant SET name = $2 WHERE id = $1").bind(id.get()).bind(name).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Tells payers from now on where they reach the organisation, or no more.
pub async fn set_contact(tx: &mut Tx<'_>, id: TenantId, contact: Option<&Contact>) -> Result<(), StoreError> {
    let contact = contact.map(Contact::as_str);
    on!(tx, |db| sqlx::query("UPDATE tenant SET contact = $2 WHERE id = $1").bind(id.get()).bind(contact).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Whether managers may have messages about money; not when there is no such organisation.
pub async fn has_messages(tx: &mut Tx<'_>, id: TenantId) -> Result<bool, StoreError> {
    let row: Option<(bool,)> =
        on!(tx, |db| sqlx::query_as("SELECT has_messages FROM tenant WHERE id = $1").bind(id.get()).fetch_optional(db).await)?;
    Ok(row.is_some_and(|(has,)| has))
}

/// Lets managers have messages about money from now on, or not.
pub async fn set_has_messages(tx: &mut Tx<'_>, id: TenantId, has: bool) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE tenant SET has_messages = $2 WHERE id = $1").bind(id.get()).bind(has).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Whether debts to the organisation are reminded of on a schedule; not when there is no such organisation.
pub async fn reminds(tx: &mut Tx<'_>, id: TenantId) -> Result<bool, StoreError> {
    let row: Option<(bool,)> =
        on!(tx, |db| sqlx::query_as("SELECT reminds FROM tenant WHERE id = $1").bind(id.get()).fetch_optional(db).await)?;
    Ok(row.is_some_and(|(reminds,)| reminds))
}

/// Has debts to the organisation reminded of on a schedule from now on, or not.
pub async fn set_reminds(tx: &mut Tx<'_>, id: TenantId, reminds: bool) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE tenant SET reminds = $2 WHERE id = $1").bind(id.get()).bind(reminds).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// From when on each day debts to the organisation are reminded of on a schedule.
pub async fn reminder_hour(tx: &mut Tx<'_>, id: TenantId) -> Result<ReminderHour, StoreError> {
    let sql = "SELECT remind_from_minute FROM tenant WHERE id = $1";
    let row: Option<(i64,)> = on!(tx, |db| sqlx::query_as(sql).bind(id.get()).fetch_optional(db).await)?;
    Ok(row.and_then(|(minute,)| ReminderHour::of_minute(minute)).unwrap_or_default())
}

/// Has debts to the organisation reminded of from this hour of each day on.
pub async fn set_reminder_hour(tx: &mut Tx<'_>, id: TenantId, hour: ReminderHour) -> Result<(), StoreError> {
    let sql = "UPDATE tenant SET remind_from_minute = $2 WHERE id = $1";
    on!(tx, |db| sqlx::query(sql).bind(id.get()).bind(hour.minute()).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// Opens or closes the organisation for collecting.
pub async fn set_open(tx: &mut Tx<'_>, id: TenantId, is_open: bool) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE tenant SET is_open = $2 WHERE id = $1").bind(id.get()).bind(is_open).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// Gives the organisation a logo, as PNG, or takes it away.
pub async fn set_logo(tx: &mut Tx<'_>, id: TenantId, png: Option<&[u8]>) -> Result<(), StoreError> {
    let sql = "UPDATE tenant SET logo_png = $2, logo_hash = $3 WHERE id = $1";
    on!(tx, |db| sqlx::query(sql).bind(id.get()).bind(png).bind(png.map(logo_hash)).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// The name of a picture, from its bytes.
pub fn logo_hash(png: &[u8]) -> String {
    digest::digest(&digest::SHA256, png).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The organisation's logo of this name as PNG, if it has that one now.
pub async fn logo(tx: &mut Tx<'_>, id: TenantId, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT logo_png FROM tenant WHERE id = $1 AND logo_hash = $2";
    let row: Option<(Option<Vec<u8>>,)> = on!(tx, |db| sqlx::query_as(sql).bind(id.get()).bind(hash).fetch_optional(db).await)?;
    Ok(row.and_then(|(png,)| png))
}

/// What the organisation lets its managers return by themselves; nothing when there is no such organisation.
pub async fn manager_refunds(tx: &mut Tx<'_>, id: TenantId) -> Result<ManagerRefunds, StoreError> {
    let row: Option<(String,)> =
        on!(tx, |db| sqlx::query_as("SELECT manager_refunds FROM tenant WHERE id = $1").bind(id.get()).fetch_optional(db).await)?;
    row.map_or(Ok(ManagerRefunds::Never), |(text,)| of_json("tenant.manager_refunds", &text))
}

/// Lets managers return so much by themselves from now on.
pub async fn set_manager_refunds(tx: &mut Tx<'_>, id: TenantId, managers: ManagerRefunds) -> Result<(), StoreError> {
    let text = json(&managers)?;
    on!(tx, |db| sqlx::query("UPDATE tenant SET manager_refunds = $2 WHERE id = $1").bind(id.get()).bind(text).execute(db).await.map(drop))
        .map_err(StoreError::from)
}

/// What the organisation lets its managers write off by themselves; nothing when there is no such organisation.
pub async fn manager_write_offs(tx: &mut Tx<'_>, id: TenantId) -> Result<ManagerWriteOffs, StoreError> {
    let row: Option<(String,)> =
        on!(tx, |db| sqlx::query_as("SELECT manager_write_offs FROM tenant WHERE id = $1").bind(id.get()).fetch_optional(db).await)?;
    row.map_or(Ok(ManagerWriteOffs::Never), |(text,)| of_json("tenant.manager_write_offs", &text))
}

/// Lets managers write off so much by themselves from now on.
pub async fn set_manager_write_offs(tx: &mut Tx<'_>, id: TenantId, managers: ManagerWriteOffs) -> Result<(), StoreError> {
    let text = json(&managers)?;
    let sql = "UPDATE tenant SET manager_write_offs = $2 WHERE id = $1";
    on!(tx, |db| sqlx::query(sql).bind(id.get()).bind(text).execute(db).await.map(drop)).map_err(StoreError::from)
}

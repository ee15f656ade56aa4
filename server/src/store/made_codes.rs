//! Codes as an administrator makes, finds and changes them, whoever's they are.

use domain::code::{CodeState, Validity};
use domain::form::{FormSchema, Typed};
use domain::{AccountId, AmountRule, CodeId, Millis, TenantId};
use uuid::Uuid;

use super::codes::{FoundCode, Row, found};
use super::sessions::TokenHash;
use super::words::{json, of_json, word};
use super::{StoreError, Tx, codes, on};

/// A page of the organisation's codes, but for those by which a debt is paid, whose name or payee's name holds `words` (in lower case), who was made last first: `limit` of
/// them after the first `skip`.
pub async fn page(tx: &mut Tx<'_>, tenant: TenantId, words: &str, skip: i64, limit: i64) -> Result<Vec<FoundCode>, StoreError> {
    let sql = found!(
        "WHERE c.tenant = $1 AND c.kind <> 'receivable' AND k.replaced_at_ms IS NULL AND ($2 = '' OR REPLACE(LOWER(c.name), $2, '') <> LOWER(c.name) \
         OR REPLACE(LOWER(COALESCE(a.name, o.name, '')), $2, '') <> LOWER(COALESCE(a.name, o.name, ''))) \
         ORDER BY c.created_at_ms DESC, c.id DESC LIMIT $3 OFFSET $4"
    );
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(words).bind(limit).bind(skip).fetch_all(db).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// How many codes [`page`] walks through.
pub async fn count(tx: &mut Tx<'_>, tenant: TenantId, words: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM code c LEFT JOIN account a ON a.id = c.payee LEFT JOIN store o ON o.tenant = c.tenant AND o.id = c.payee \
         WHERE c.tenant = $1 AND c.kind <> 'receivable' AND ($2 = '' OR REPLACE(LOWER(c.name), $2, '') <> LOWER(c.name) \
         OR REPLACE(LOWER(COALESCE(a.name, o.name, '')), $2, '') <> LOWER(COALESCE(a.name, o.name, '')))";
    let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(words).fetch_one(db).await)?;
    Ok(count)
}

/// One code of the organisation, reached by the token that it shows, with the form that it asks; `None` when it has no such code.
pub async fn one(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId) -> Result<Option<(FoundCode, Uuid)>, StoreError> {
    let sql = found!("WHERE c.tenant = $1 AND c.id = $2 AND c.kind <> 'receivable' AND k.replaced_at_ms IS NULL");
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(code.get()).fetch_optional(db).await)?;
    let Some(found) = row.map(Row::read).transpose()? else { return Ok(None) };
    let sql = "SELECT form FROM code WHERE tenant = $1 AND id = $2";
    let (form,): (Uuid,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(code.get()).fetch_one(db).await)?;
    Ok(Some((found, form)))
}

/// Whether another code of the payee than `except`, on or off, has this name. Codes by which a debt is paid are named after the debt and are
/// chosen nowhere. Asked in one's turn ([`super::forms::take_turn`]), so that two who ask at once do not give a name twice; no index keeps
/// them apart, since codes of one name may have been made before.
pub async fn is_name_taken(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, name: &str, except: CodeId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM code WHERE tenant = $1 AND payee = $2 AND name = $3 AND id <> $4 AND kind <> 'receivable'";
    let (count,): (i64,) =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).bind(name).bind(except.get()).fetch_one(db).await)?;
    Ok(count > 0)
}

/// The hash over the form by which a code was made, empty where it was made otherwise; `None` when there is no such code.
pub async fn sent_hash(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT sent_hash FROM code WHERE tenant = $1 AND id = $2";
    let row: Option<(Option<Vec<u8>>,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(code.get()).fetch_optional(db).await)?;
    Ok(row.map(|(hash,)| hash.unwrap_or_default()))
}

/// Keeps the hash over the form by which a code was made.
pub async fn set_sent_hash(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, hash: &TokenHash) -> Result<(), StoreError> {
    let sql = "UPDATE code SET sent_hash = $3 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(code.get()).bind(&hash[..]).execute(db).await.map(drop)).map_err(StoreError::from)
}

/// The newest version of a form of the organisation; `None` when it has no such form.
pub async fn newest(tx: &mut Tx<'_>, tenant: TenantId, form: Uuid) -> Result<Option<FormSchema>, StoreError> {
    let sql = "SELECT schema FROM form WHERE tenant = $1 AND id = $2 ORDER BY version DESC LIMIT 1";
    let row: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(form).fetch_optional(db).await)?;
    row.map(|(schema,)| of_json("form.schema", &schema)).transpose()
}

/// What an administrator sets of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured<'a> {
    /// What it is called.
    pub name: &'a str,
    /// How much it collects.
    pub amount: AmountRule,
    /// What it answers itself.
    pub presets: &'a Typed,
    /// When it works.
    pub validity: Validity,
}

/// Sets what an administrator configures. Payments that are open keep what they were made with.
pub async fn configure(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, to: &Configured<'_>) -> Result<(), StoreError> {
    let (amount, presets) = (json(&to.amount)?, json(to.presets)?);
    let sql =
        "UPDATE code SET name = $3, amount_rule = $4, presets = $5, valid_from_ms = $6, valid_until_ms = $7 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(code.get())
        .bind(to.name)
        .bind(amount)
        .bind(presets)
        .bind(to.validity.from_ms.map(Millis::get))
        .bind(to.validity.until_ms.map(Millis::get))
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Lets the code ask `schema` from now on, in a form of its own: other codes that shared its form go on with that, and every version
/// to which a payment of this code refers keeps its number. Answers the version.
pub async fn ask(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    code: CodeId,
    schema: &FormSchema,
    own_form: Uuid,
    now: Millis,
) -> Result<u32, StoreError> {
    let sql = "INSERT INTO form (tenant, id, version, schema, created_at_ms) SELECT f.tenant, $3, f.version, f.schema, f.created_at_ms \
         FROM form f JOIN code c ON c.tenant = f.tenant AND c.form = f.id WHERE c.tenant = $1 AND c.id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(code.get()).bind(own_form).execute(db).await.map(drop))?;
    let sql = "SELECT MAX(version) FROM form WHERE tenant = $1 AND id = $2";
    let (last,): (Option<i64>,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(own_form).fetch_one(db).await)?;
    let version = u32::try_from(last.unwrap_or(0)).unwrap_or(u32::MAX).saturating_add(1);
    codes::insert_form(tx, tenant, own_form, &FormSchema { version, ..schema.clone() }, now).await?;
    let sql = "UPDATE code SET form = $3, form_version = $4 WHERE tenant = $1 AND id = $2";
    on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(code.get()).bind(own_form).bind(i64::from(version)).execute(db).await.map(drop))?;
    Ok(version)
}

/// Switches a code on or off by itself, whatever happens to its payee afterwards. `false` when it was so before.
pub async fn switch(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, state: CodeState) -> Result<bool, StoreError> {
    let state = word(&state)?;
    let sql = "UPDATE code SET state = $3, stopped_with_payee = FALSE WHERE tenant = $1 AND id = $2 AND state <> $3";
    let changed =
        on!(tx, |db| sqlx::query(sql).bind(tenant.get()).bind(code.get()).bind(state).execute(db).await.map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

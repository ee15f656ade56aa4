//! Collection codes, the tokens by which they are reached, and the published versions of their forms.

use domain::code::{CodeRefusal, CodeState, Validity};
use domain::contact::Contact;
use domain::form::FormSchema;
use domain::receivable::Standing;
use domain::token::TokenLife;
use domain::{AccountId, Code, CodeId, Millis, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::words::{json, of_json, of_word, word};
use super::{StoreError, Tx, on, receivables};

/// Where a code is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// Printed; its token is never rotated.
    Plate,
    /// On the manager's screen; its token may be replaced.
    App,
    /// By which one debt is paid; its token is never rotated, because its debtor has it.
    Receivable,
}

/// A code as it is reached by one of its tokens, with what a payer's page shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCode {
    /// The code.
    pub code: Code,
    /// Where it is shown.
    pub kind: CodeKind,
    /// The token.
    pub token: String,
    /// What became of this token.
    pub life: TokenLife,
    /// Who collects, as the payer sees it.
    pub merchant: Merchant,
    /// The person or the store that collects.
    pub payee_name: String,
    /// Of a code by which a debt is paid: the debt, where it was asked for ([`FoundCode::with_debt`]).
    pub debt: Option<Box<receivables::Stored>>,
    /// Whether a store collects, and not a person.
    pub is_store: bool,
}

impl FoundCode {
    /// The same, with the debt that is paid by it; the code then collects what is owed at this moment.
    ///
    /// # Errors
    /// When the debt cannot be read.
    pub async fn with_debt(mut self, tx: &mut Tx<'_>) -> Result<FoundCode, StoreError> {
        if self.kind == CodeKind::Receivable
            && let Some(stored) = receivables::by_code(tx, self.code.tenant, self.code.id).await?
        {
            self.code.amount = stored.receivable.amount_rule(stored.claim).unwrap_or(self.code.amount);
            self.debt = Some(Box::new(stored));
        }
        Ok(self)
    }

    /// Whether a payer may open the payment page at `now`: by the code's own rules, and by the token through which it was reached.
    ///
    /// # Errors
    /// The [`CodeRefusal`] that the payer should hear.
    pub fn opens(&self, now: Millis) -> Result<(), CodeRefusal> {
        self.takes(None, now)
    }

    /// Whether a payment page that was opened at `opened_at` may be sent at `now`.
    ///
    /// # Errors
    /// The [`CodeRefusal`] that the payer should hear.
    pub fn takes(&self, opened_at: Option<Millis>, now: Millis) -> Result<(), CodeRefusal> {
        self.code.usable(self.merchant.is_open, now)?;
        match self.debt.as_ref().map(|debt| debt.claim.standing()) {
            Some(Standing::Paid | Standing::Overpaid) => return Err(CodeRefusal::Settled),
            Some(Standing::WrittenOff) => return Err(CodeRefusal::WrittenOff),
            Some(Standing::Open) | None => {}
        }
        self.life.takes(opened_at, now)
    }
}

/// An organisation as a payer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// Its name.
    pub name: String,
    /// Whether it collects at present.
    pub is_open: bool,
    /// Where its logo is seen, if it has one.
    pub logo_url: Option<String>,
    /// Where payers reach it, if it says so.
    pub contact: Option<Contact>,
}

#[derive(FromRow)]
pub(super) struct Row {
    tenant: Uuid,
    id: Uuid,
    payee: Uuid,
    kind: String,
    name: String,
    amount_rule: String,
    state: String,
    valid_from_ms: Option<i64>,
    valid_until_ms: Option<i64>,
    presets: String,
    schema: String,
    token: String,
    replaced_at_ms: Option<i64>,
    cut_at_ms: Option<i64>,
    tenant_name: String,
    is_open: bool,
    logo_hash: Option<String>,
    contact: Option<String>,
    payee_name: String,
    is_store: bool,
}

impl Row {
    pub(super) fn read(self) -> Result<FoundCode, StoreError> {
        let logo_url = self.logo_hash.map(|hash| super::tenants::logo_url(TenantId::of(self.tenant), &hash));
        Ok(FoundCode {
            code: Code {
                tenant: TenantId::of(self.tenant),
                id: CodeId::of(self.id),
                payee: AccountId::of(self.payee),
                name: self.name,
                amount: of_json("code.amount_rule", &self.amount_rule)?,
                form: of_json("form.schema", &self.schema)?,
                presets: of_json("code.presets", &self.presets)?,
                state: of_word("code.state", &self.state)?,
                validity: Validity { from_ms: self.valid_from_ms.map(Millis::of), until_ms: self.valid_until_ms.map(Millis::of) },
            },
            kind: of_word("code.kind", &self.kind)?,
            token: self.token,
            life: TokenLife { replaced_at_ms: self.replaced_at_ms.map(Millis::of), cut_at_ms: self.cut_at_ms.map(Millis::of) },
            merchant: Merchant {
                name: self.tenant_name,
                is_open: self.is_open,
                logo_url,
                contact: self.contact.as_deref().and_then(Contact::parse),
            },
            payee_name: self.payee_name,
            debt: None,
            is_store: self.is_store,
        })
    }
}

/// Everything about a code and one of its tokens; a condition follows.
macro_rules! found {
    ($rest:literal) => {
        concat!(
            "SELECT c.tenant, c.id, c.payee, c.kind, c.name, c.amount_rule, c.state, c.valid_from_ms, c.valid_until_ms, c.presets, f.schema, k.token, ",
            "k.replaced_at_ms, k.cut_at_ms, t.name AS tenant_name, t.is_open, t.logo_hash, t.contact, ",
            "COALESCE(a.name, o.name, '') AS payee_name, o.id IS NOT NULL AS is_store ",
            "FROM code_token k JOIN code c ON c.tenant = k.tenant AND c.id = k.code ",
            "JOIN form f ON f.tenant = c.tenant AND f.id = c.form AND f.version = c.form_version ",
            "JOIN tenant t ON t.id = c.tenant LEFT JOIN account a ON a.id = c.payee ",
            "LEFT JOIN store o ON o.tenant = c.tenant AND o.id = c.payee ",
            $rest
        )
    };
}

pub(super) use found;

/// Publishes a version of a form. Every version stays, because payments refer to the one that their payer saw.
///
/// # Errors
/// [`StoreError::Duplicate`] when this version is published already.
pub async fn insert_form(tx: &mut Tx<'_>, tenant: TenantId, form: Uuid, schema: &FormSchema, now: Millis) -> Result<(), StoreError> {
    if insert_form_once(tx, tenant, form, schema, now).await? { Ok(()) } else { Err(StoreError::Duplicate) }
}

/// Publishes a version of a form unless it is published already; whether it did.
pub async fn insert_form_once(tx: &mut Tx<'_>, tenant: TenantId, form: Uuid, schema: &FormSchema, now: Millis) -> Result<bool, StoreError> {
    let sql = "INSERT INTO form (tenant, id, version, schema, created_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant, id, version) DO NOTHING";
    on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(form)
        .bind(i64::from(schema.version))
        .bind(json(schema)?)
        .bind(now.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
    .map_err(StoreError::from)
}

/// Stores a new code that asks the version of `form` which `code.form` is.
pub async fn insert(tx: &mut Tx<'_>, code: &Code, kind: CodeKind, form: Uuid, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO code (tenant, id, payee, kind, name, amount_rule, form, form_version, state, valid_from_ms, valid_until_ms, \
         created_at_ms, changed_at_ms, presets) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)",
    )
    .bind(code.tenant.get())
    .bind(code.id.get())
    .bind(code.payee.get())
    .bind(word(&kind)?)
    .bind(&code.name)
    .bind(json(&code.amount)?)
    .bind(form)
    .bind(i64::from(code.form.version))
    .bind(word(&code.state)?)
    .bind(code.validity.from_ms.map(Millis::get))
    .bind(code.validity.until_ms.map(Millis::get))
    .bind(now.get())
    .bind(json(&code.presets)?)
    .execute(db)
    .await
    .map(drop))
    .map_err(StoreError::from)
}

/// Switches a code on or off.
pub async fn set_state(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, state: CodeState) -> Result<(), StoreError> {
    let state = word(&state)?;
    on!(tx, |db| sqlx::query("UPDATE code SET state = $3 WHERE tenant = $1 AND id = $2")
        .bind(tenant.get())
        .bind(code.get())
        .bind(state)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The code that this token reaches, whether it may be used or not; `None` when no code has the token.
pub async fn by_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<FoundCode>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(found!("WHERE k.token = $1")).bind(token).fetch_optional(db).await)?;
    row.map(Row::read).transpose()
}

/// The codes of a payee by name, at most two hundred: what a list can be narrowed to.
pub async fn named(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Vec<(CodeId, String)>, StoreError> {
    let rows: Vec<(Uuid, String)> = on!(tx, |db| sqlx::query_as(
        "SELECT id, name FROM code WHERE tenant = $1 AND payee = $2 AND kind <> 'receivable' ORDER BY name, id LIMIT 200"
    )
    .bind(tenant.get())
    .bind(payee.get())
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(id, name)| (CodeId::of(id), name)).collect())
}

/// The code on this manager's screen, reached by the token that it shows: the one that they chose while it is switched on, and
/// otherwise their first.
pub async fn app_code(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Option<FoundCode>, StoreError> {
    let row: Option<Row> = on!(tx, |db| sqlx::query_as(found!(
        "WHERE c.tenant = $1 AND c.payee = $2 AND c.kind = 'app' AND k.replaced_at_ms IS NULL ORDER BY CASE WHEN c.state = 'active' \
         AND c.id = (SELECT m.shown_code FROM member m WHERE m.tenant = $1 AND m.account = $2 AND m.role = 'manager') THEN 0 ELSE 1 END, \
         c.created_at_ms, c.id LIMIT 1"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .fetch_optional(db)
    .await)?;
    row.map(Row::read).transpose()
}

/// What the code is called that this manager chose to show and that is switched off; `None` when what they chose is shown.
pub async fn chosen_and_off(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT c.name FROM member m JOIN code c ON c.tenant = m.tenant AND c.id = m.shown_code \
         WHERE m.tenant = $1 AND m.account = $2 AND m.role = 'manager' AND c.state <> 'active'";
    let row: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).fetch_optional(db).await)?;
    Ok(row.map(|(name,)| name))
}

/// The codes that this manager may show, oldest first, each reached by the token that it shows.
pub async fn app_codes(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Vec<FoundCode>, StoreError> {
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(found!(
        "WHERE c.tenant = $1 AND c.payee = $2 AND c.kind = 'app' AND c.state = 'active' AND k.replaced_at_ms IS NULL \
         ORDER BY c.created_at_ms, c.id"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The printed codes of a manager, switched on or not, oldest first, each with its token.
pub async fn plates(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Vec<FoundCode>, StoreError> {
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(found!(
        "WHERE c.tenant = $1 AND c.payee = $2 AND c.kind = 'plate' AND k.replaced_at_ms IS NULL ORDER BY c.created_at_ms, c.id"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Shows this code on its manager's screen from now on. `false` when the manager has no such code to show.
pub async fn choose(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, code: CodeId) -> Result<bool, StoreError> {
    let sql = "UPDATE member SET shown_code = $3 WHERE tenant = $1 AND account = $2 AND role = 'manager' AND EXISTS (SELECT 1 FROM code c \
         WHERE c.tenant = $1 AND c.payee = $2 AND c.id = $3 AND c.kind = 'app' AND c.state = 'active') RETURNING account";
    let row: Option<(Uuid,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).bind(code.get()).fetch_optional(db).await)?;
    Ok(row.is_some())
}

/// The codes of a manager, oldest first, each with every one of its tokens.
pub async fn list(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<Vec<FoundCode>, StoreError> {
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(found!(
        "WHERE c.tenant = $1 AND c.payee = $2 ORDER BY c.created_at_ms, c.id, k.created_at_ms, k.token"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The form's version that a payment's payer saw.
pub async fn form_version(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, version: u32) -> Result<Option<FormSchema>, StoreError> {
    let row: Option<(String,)> = on!(tx, |db| {
        sqlx::query_as(
        "SELECT f.schema FROM code c JOIN form f ON f.tenant = c.tenant AND f.id = c.form AND f.version = $3 WHERE c.tenant = $1 AND c.id = $2",
    )
    .bind(tenant.get())
    .bind(code.get())
    .bind(i64::from(version))
    .fetch_optional(db)
    .await
    })?;
    row.map(|(schema,)| of_json("form.schema", &schema)).transpose()
}

/// What a code is called; `None` when there is no such code.
pub async fn name(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = on!(tx, |db| sqlx::query_as("SELECT name FROM code WHERE tenant = $1 AND id = $2")
        .bind(tenant.get())
        .bind(code.get())
        .fetch_optional(db)
        .await)?;
    Ok(row.map(|(name,)| name))
}

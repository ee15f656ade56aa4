//! Forms as an operator keeps them: which there are, who asks them, and a new version for all who do.

use std::collections::BTreeMap;

use domain::form::{FormSchema, Typed};
use domain::{CodeId, Millis, TenantId};
use uuid::Uuid;

use super::managers::{self, UsedForm};
use super::words::of_json;
use super::{StoreError, Tx, audit, codes, on, tokens};

/// A form of the organisation, as [`managers::forms`] tells it, and how many codes that are switched on ask it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedForm {
    /// The form.
    pub form: Uuid,
    /// Its newest version.
    pub schema: FormSchema,
    /// Codes that are switched on and ask it.
    pub codes: i64,
}

/// A code with the answers that it gives itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskingCode {
    /// The code.
    pub code: CodeId,
    /// What it is called.
    pub name: String,
    /// What it answers itself.
    pub presets: Typed,
}

/// Lets whoever reads a form to give it to a code wait for whoever publishes another version of it, and the other way round, so that no
/// code is left with the version before. Both are written in the audit trail in the end, and wait for their turn there anyhow.
pub async fn take_turn(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
    audit::wait_for_turn(tx, tenant).await
}

/// The forms that an administrator can choose, oldest first.
pub async fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<ListedForm>, StoreError> {
    let sql = "SELECT form, COUNT(*) FROM code WHERE tenant = $1 AND state = 'active' AND kind <> 'receivable' GROUP BY form";
    let rows: Vec<(Uuid, i64)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).fetch_all(db).await)?;
    let asking: BTreeMap<Uuid, i64> = rows.into_iter().collect();
    let mut forms: Vec<ListedForm> = vec![];
    for UsedForm { form, schema, .. } in managers::newest_forms(tx, tenant).await? {
        let codes = asking.get(&form).copied().unwrap_or(0);
        match forms.iter_mut().find(|known| known.schema.fields == schema.fields) {
            Some(known) => known.codes += codes,
            None => forms.push(ListedForm { form, schema, codes }),
        }
    }
    Ok(forms)
}

/// The form that asks exactly this, if the organisation has it.
pub async fn asking(tx: &mut Tx<'_>, tenant: TenantId, schema: &FormSchema) -> Result<Option<Uuid>, StoreError> {
    let forms = managers::newest_forms(tx, tenant).await?;
    Ok(forms.into_iter().find(|known| known.schema.fields == schema.fields).map(|known| known.form))
}

/// The newest version of the form, and every form of the organisation that asks the same: a code whose form an administrator chose
/// keeps the versions of its payments in one of its own. `None` when there is no such form.
pub async fn with_same(tx: &mut Tx<'_>, tenant: TenantId, form: Uuid) -> Result<Option<(FormSchema, Vec<Uuid>)>, StoreError> {
    let forms = managers::newest_forms(tx, tenant).await?;
    let Some(schema) = forms.iter().find(|known| known.form == form).map(|known| known.schema.clone()) else { return Ok(None) };
    let same = forms.into_iter().filter(|known| known.schema.fields == schema.fields).map(|known| known.form).collect();
    Ok(Some((schema, same)))
}

/// The codes that ask the form, switched on or not, oldest first.
pub async fn codes_of(tx: &mut Tx<'_>, tenant: TenantId, form: Uuid) -> Result<Vec<AskingCode>, StoreError> {
    let sql = "SELECT id, name, presets FROM code WHERE tenant = $1 AND form = $2 ORDER BY created_at_ms, id";
    let rows: Vec<(Uuid, String, String)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(form).fetch_all(db).await)?;
    let code = |(id, name, presets): (Uuid, String, String)| {
        Ok(AskingCode { code: CodeId::of(id), name, presets: of_json("code.presets", &presets)? })
    };
    rows.into_iter().map(code).collect()
}

/// Publishes the next version of the form, and lets all of its codes ask it from now on. Versions to which payments refer stay.
///
/// # Errors
/// [`StoreError::Duplicate`] when another one is published at this moment.
pub async fn replace(tx: &mut Tx<'_>, tenant: TenantId, form: Uuid, schema: &FormSchema, now: Millis) -> Result<(), StoreError> {
    let sql = "SELECT MAX(version) FROM form WHERE tenant = $1 AND id = $2";
    let (last,): (Option<i64>,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(form).fetch_one(db).await)?;
    let version = u32::try_from(last.unwrap_or(0)).unwrap_or(u32::MAX).saturating_add(1);
    codes::insert_form(tx, tenant, form, &FormSchema { version, ..schema.clone() }, now).await?;
    let sql = "UPDATE code SET form_version = $3 WHERE tenant = $1 AND form = $2 RETURNING id";
    let moved: Vec<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(form).bind(i64::from(version)).fetch_all(db).await)?;
    for (code,) in moved {
        tokens::touch(tx, tenant, CodeId::of(code), now).await?;
    }
    Ok(())
}

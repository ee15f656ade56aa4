//! How whoever owes is reached.

use domain::account::Phone;
use domain::receivable::Debtor;
use uuid::Uuid;

use super::{Stored, scope_of, tokens_of};
use crate::store::{StoreError, Tx, on};

/// Sets the phone of whoever owes, by which the debt is then found.
///
/// # Errors
/// [`StoreError::Stale`] when the debt was changed since `before` was loaded.
pub async fn set_phone(tx: &mut Tx<'_>, before: &Stored, phone: &Phone) -> Result<(), StoreError> {
    let debt = &before.receivable;
    // The phone as it was read is a condition as well, because it does not count as a revision.
    let sql = "UPDATE receivable SET phone = $4, look_at_ms = 0 WHERE tenant = $1 AND id = $2 AND revision = $3 \
         AND COALESCE(phone, '') = $5 RETURNING id";
    let changed: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(debt.tenant.get())
        .bind(debt.id.get())
        .bind(before.revision)
        .bind(phone.as_str())
        .bind(debt.debtor.phone.as_ref().map_or("", Phone::as_str))
        .fetch_optional(db)
        .await)?;
    changed.ok_or(StoreError::Stale)?;
    let old = tokens_of(&debt.debtor, &debt.title, debt.amount_fen);
    let new = tokens_of(&Debtor { phone: Some(phone.clone()), ..debt.debtor.clone() }, &debt.title, debt.amount_fen);
    let gone = "DELETE FROM search_token WHERE tenant = $1 AND scope = $2 AND token = $3 AND at_ms = $4 AND id = $5";
    let come = "INSERT INTO search_token (tenant, scope, token, at_ms, id) VALUES ($1, $2, $3, $4, $5)";
    for (sql, token) in old.difference(&new).map(|token| (gone, token)).chain(new.difference(&old).map(|token| (come, token))) {
        on!(tx, |db| sqlx::query(sql)
            .bind(debt.tenant.get())
            .bind(scope_of(debt.payee))
            .bind(token)
            .bind(debt.raised_at_ms.get())
            .bind(debt.id.get())
            .execute(db)
            .await
            .map(drop))?;
    }
    Ok(())
}

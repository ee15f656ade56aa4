//! Whoever collects is somebody: no table can refer to accounts and stores in one column.

use uuid::Uuid;

use super::Checked;
use crate::store::{Snapshot, StoreError, on};

/// Codes of nobody: their payee is neither a person nor a store of their organisation.
const OF_NOBODY: &str = "SELECT c.id FROM code c WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.id = c.payee) \
     AND NOT EXISTS (SELECT 1 FROM store s WHERE s.tenant = c.tenant AND s.id = c.payee) LIMIT 1";

/// Every code collects for a person or for a store of its organisation.
pub async fn collect(snapshot: &mut Snapshot) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("every code collects for a person or for a store of its organisation");
    let tx = &mut snapshot.tx();
    let (rows,): (i64,) = on!(tx, |db| sqlx::query_as("SELECT COUNT(*) FROM code").fetch_one(db).await)?;
    let bad: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(OF_NOBODY).fetch_optional(db).await)?;
    checked.rows_checked = u64::try_from(rows).unwrap_or(0);
    checked.first_bad = bad.map(|(id,)| format!("code {} collects for nobody", id.simple()));
    Ok(checked)
}

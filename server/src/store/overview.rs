//! What an organisation has, counted.

use domain::TenantId;

use super::{StoreError, Tx, on};

/// How much there is of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, sqlx::FromRow)]
pub struct Counts {
    /// Managers who are not suspended.
    pub managers: i64,
    /// Stores that are open.
    pub stores: i64,
    /// Codes that are switched on.
    pub codes: i64,
    /// People whose last mail was refused or given up.
    pub undelivered: i64,
}

/// Counts what the organisation has.
pub async fn counts(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Counts, StoreError> {
    let sql = "SELECT (SELECT COUNT(*) FROM member m WHERE m.tenant = $1 AND m.role = 'manager' AND m.suspended_at_ms IS NULL) AS managers, \
         (SELECT COUNT(*) FROM store s WHERE s.tenant = $1 AND s.is_open) AS stores, \
         (SELECT COUNT(*) FROM code c WHERE c.tenant = $1 AND c.kind <> 'receivable' AND c.state = 'active') AS codes, \
         (SELECT COUNT(*) FROM letter l WHERE l.tenant = $1 AND l.state IN ('refused', 'given_up', 'no_server') AND NOT EXISTS \
         (SELECT 1 FROM letter n WHERE n.tenant = l.tenant AND n.account = l.account AND n.created_at_ms > l.created_at_ms)) AS undelivered";
    Ok(on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).fetch_one(db).await)?)
}

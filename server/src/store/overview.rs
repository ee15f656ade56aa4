//! What an organisation has, counted.

use domain::{Millis, TenantId};

use super::managers::{self, Wanted};
use super::{StoreError, Tx, on};

/// How much there is of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Managers who are not suspended.
    pub managers: i64,
    /// Stores that are open.
    pub stores: i64,
    /// Codes that are switched on.
    pub codes: i64,
    /// Managers who need the administrator.
    pub attention: i64,
    /// Whether the organisation has a logo.
    pub has_logo: bool,
}

/// What is counted of the organisation `$1` at once.
pub(super) const COUNTS: &str = "SELECT \
     (SELECT COUNT(*) FROM member m WHERE m.tenant = $1 AND m.role = 'manager' AND m.suspended_at_ms IS NULL) AS managers, \
     (SELECT COUNT(*) FROM store s WHERE s.tenant = $1 AND s.is_open) AS stores, \
     (SELECT COUNT(*) FROM code c WHERE c.tenant = $1 AND c.kind <> 'receivable' AND c.state = 'active') AS codes, \
     EXISTS (SELECT 1 FROM tenant t WHERE t.id = $1 AND t.logo_hash IS NOT NULL) AS has_logo";

/// Counts what the organisation has.
pub async fn counts(tx: &mut Tx<'_>, tenant: TenantId, now: Millis) -> Result<Counts, StoreError> {
    let (managers, stores, codes, has_logo): (i64, i64, i64, bool) =
        on!(tx, |db| sqlx::query_as(COUNTS).bind(tenant.get()).fetch_one(db).await)?;
    let attention = managers::count(tx, tenant, &Wanted { needs_attention: true, ..Wanted::default() }, now).await?;
    Ok(Counts { managers, stores, codes, attention, has_logo })
}

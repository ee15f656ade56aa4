//! What listeners were told and what they were not told yet is what they heard.

use uuid::Uuid;

use super::Checked;
use crate::store::{Snapshot, StoreError, on};

/// What a listener heard, less what was not told yet, less what digests told or are telling: nothing must be left. A digest that
/// is being sent is the listener's own.
const LEFT_OVER: &str = "SELECT h.id FROM listener h WHERE \
     h.heard_count - h.count <> (SELECT CAST(COALESCE(SUM(l.count), 0) AS BIGINT) FROM posting l \
     WHERE l.tenant = h.tenant AND l.listener = h.id AND l.state <> 'lost') \
     OR h.heard_fen - h.sum_fen <> (SELECT CAST(COALESCE(SUM(l.sum_fen), 0) AS BIGINT) FROM posting l \
     WHERE l.tenant = h.tenant AND l.listener = h.id AND l.state <> 'lost') \
     OR (h.under_way IS NOT NULL AND NOT EXISTS (SELECT 1 FROM posting l \
     WHERE l.tenant = h.tenant AND l.id = h.under_way AND l.listener = h.id AND l.state = 'waiting' AND l.count > 0)) \
     LIMIT 1";

/// The digests of every listener add up to the sales that it heard of.
pub async fn told(snapshot: &mut Snapshot) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("digests add up to the sales that their listeners heard of");
    let tx = &mut snapshot.tx();
    let (rows,): (i64,) = on!(tx, |db| sqlx::query_as("SELECT COUNT(*) FROM listener").fetch_one(db).await)?;
    let bad: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(LEFT_OVER).fetch_optional(db).await)?;
    checked.rows_checked = u64::try_from(rows).unwrap_or(0);
    checked.first_bad = bad.map(|(id,)| format!("listener {} was told more or less than it heard", id.simple()));
    Ok(checked)
}

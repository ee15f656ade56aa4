//! What must hold of reminders: each came so far step by step, and nobody was reminded more often than the rules allow.

use domain::TenantId;
use domain::receivable::{MOST_REMINDERS_A_DAY, REMINDER_GAP_MS};
use uuid::Uuid;

use super::Checked;
use crate::store::{Snapshot, StoreError, on};

/// Reminders that ended without having begun, other than those that were dropped.
const UNBEGUN: &str = "SELECT e.reminder FROM reminder_step e LEFT JOIN reminder_step b \
     ON b.tenant = e.tenant AND b.reminder = e.reminder AND b.position = 1 \
     WHERE e.tenant = $1 AND e.position = 2 AND e.step <> 'dropped' AND b.reminder IS NULL LIMIT 1";

/// Those that reached a number, or may have.
macro_rules! reached {
    ($($rest:tt)+) => {
        concat!(
            "WITH reached AS (SELECT b.reminder, b.receivable, b.phone, b.at_ms FROM reminder_step b LEFT JOIN reminder_step e ",
            "ON e.tenant = b.tenant AND e.reminder = b.reminder AND e.position = 2 ",
            "WHERE b.tenant = $1 AND b.position = 1 AND (e.step IS NULL OR e.step IN ('sent', 'unknown'))) ",
            $($rest)+
        )
    };
}

const TOO_SOON: &str = reached!(
    "SELECT b.reminder FROM reached a JOIN reached b ON b.receivable = a.receivable AND b.reminder <> a.reminder AND b.at_ms >= a.at_ms ",
    "WHERE b.at_ms - a.at_ms < $2 LIMIT 1"
);

const TOO_OFTEN: &str =
    reached!("SELECT MIN(at_ms) FROM reached GROUP BY phone, (at_ms + 28800000) / 86400000 HAVING COUNT(*) > $2 LIMIT 1");

/// Debts of which the list says something else of the last reminder than its steps do. What was dropped does not count.
const MISMARKED: &str = "WITH step AS (SELECT s.receivable, s.step, s.at_ms, \
     ROW_NUMBER() OVER (PARTITION BY s.receivable ORDER BY s.at_ms DESC, s.position DESC) AS place FROM reminder_step s \
     WHERE s.tenant = $1 AND NOT EXISTS (SELECT 1 FROM reminder_step e WHERE e.tenant = s.tenant AND e.reminder = s.reminder \
     AND e.position = 2 AND e.step = 'dropped')) \
     SELECT r.id FROM receivable r LEFT JOIN step l ON l.receivable = r.id AND l.place = 1 WHERE r.tenant = $1 \
     AND (COALESCE(r.reminded_at_ms, -1) <> COALESCE(l.at_ms, -1) OR COALESCE(r.reminded, '') <> CASE COALESCE(l.step, '') \
     WHEN 'asked' THEN 'waiting' WHEN 'begun' THEN 'under_way' WHEN 'refused' THEN 'failed' WHEN 'bad_number' THEN 'failed' \
     ELSE COALESCE(l.step, '') END) LIMIT 1";

/// Everything about reminders.
pub async fn polite(snapshot: &mut Snapshot, tenants: &[TenantId]) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("every reminder ended once, and nobody was reminded more often than is polite");
    for tenant in tenants {
        let (tx, id) = (&mut snapshot.tx(), tenant.get());
        let sql = "SELECT COUNT(*) FROM reminder_step WHERE tenant = $1";
        let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(id).fetch_one(db).await)?;
        checked.rows_checked += u64::try_from(count).unwrap_or(0);
        let unbegun: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(UNBEGUN).bind(id).fetch_optional(db).await)?;
        let too_soon: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(TOO_SOON).bind(id).bind(REMINDER_GAP_MS).fetch_optional(db).await)?;
        let most = i64::try_from(MOST_REMINDERS_A_DAY).unwrap_or(i64::MAX);
        let too_often: Option<(i64,)> = on!(tx, |db| sqlx::query_as(TOO_OFTEN).bind(id).bind(most).fetch_optional(db).await)?;
        let mismarked: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(MISMARKED).bind(id).fetch_optional(db).await)?;
        let bad = [
            unbegun.map(|(reminder,)| format!("reminder {} ended without having begun", reminder.simple())),
            too_soon.map(|(reminder,)| format!("reminder {} came too soon after another one of the same debt", reminder.simple())),
            mismarked.map(|(debt,)| format!("the list says something else of the last reminder of debt {}", debt.simple())),
            too_often.map(|(at,)| format!("one number was reminded too often on the day of {at} of tenant {tenant}")),
        ];
        checked.first_bad = checked.first_bad.take().or(bad.into_iter().flatten().next());
    }
    Ok(checked)
}

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

/// Debts of which the list says something else of the last reminder than its steps do. As in `LastReminder::of`, each reminder stands
/// at the step that comes last in its course, also where a clock was set back meanwhile; the last of these counts, and what was dropped
/// does not.
const MISMARKED: &str = "WITH came AS (SELECT reminder, receivable, step, at_ms, MIN(at_ms) OVER (PARTITION BY reminder) AS first_ms, \
     ROW_NUMBER() OVER (PARTITION BY reminder ORDER BY position DESC) AS back FROM reminder_step WHERE tenant = $1), \
     stood AS (SELECT receivable, step, at_ms, \
     ROW_NUMBER() OVER (PARTITION BY receivable ORDER BY at_ms DESC, first_ms DESC, reminder DESC) AS place \
     FROM came WHERE back = 1 AND step <> 'dropped') \
     SELECT r.id FROM receivable r LEFT JOIN stood l ON l.receivable = r.id AND l.place = 1 WHERE r.tenant = $1 \
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

#[cfg(test)]
mod tests {
    use domain::account::Phone;
    use domain::receivable::{Cause, Outcome};
    use domain::{Fen, ReceivableId};

    use super::*;
    use crate::store::reminders::{self, NewStep, Step};
    use crate::store::testing::shop::{NOON, Shop};
    use crate::store::testing::stores;
    use crate::store::verify::verify;
    use crate::store::{Command, Tx};

    const HOUR_MS: i64 = 3_600_000;

    /// Steps of reminders of one debt: of which reminder, what, and how long after noon.
    struct Write {
        tenant: TenantId,
        debt: ReceivableId,
        steps: Vec<(u128, Step, i64)>,
    }

    impl Command for Write {
        type Done = ();

        async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
            for (reminder, step, after_ms) in &self.steps {
                let new = NewStep {
                    tenant: self.tenant,
                    reminder: Uuid::from_u128(self.debt.get().as_u128() ^ reminder),
                    receivable: self.debt,
                    step: *step,
                    cause: Cause::Hand,
                    phone: Phone::parse("13900001111").unwrap(),
                    amount_fen: Fen::of(100),
                    by: None,
                    why: None,
                    at_ms: NOON.plus_ms(*after_ms),
                };
                assert!(reminders::insert(tx, &new).await?);
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_between_two_steps_raises_no_alarm() {
        use Outcome::{Dropped, Refused, Sent};
        use Step::{Asked, Begun, Ended};
        let stories = [
            vec![(1, Begun, 1_000), (1, Ended(Sent), -1_000)],
            vec![(1, Asked, 3_000), (1, Begun, 2_000), (1, Ended(Refused), 1_000)],
            vec![(1, Asked, 3_000), (1, Begun, 2_000)],
            // The first one ended before it began, and the second one was asked for in between.
            vec![(1, Begun, 9_000), (1, Ended(Refused), 1_000), (2, Asked, 5_000)],
            // Two that stand at the same moment: the one counts that came later, whatever its number is.
            vec![(2, Begun, 1_000), (2, Ended(Refused), 4_000), (1, Asked, 4_000)],
            vec![(1, Asked, 4_000), (2, Asked, 4_000)],
            vec![(1, Asked, 2_000), (1, Ended(Dropped), 1_000)],
            vec![(1, Begun, 1_000), (1, Ended(Sent), 2_000), (2, Asked, 4_000), (2, Ended(Dropped), 3_000)],
        ];
        for test in stores().await {
            let shop = Shop::open(&test.store).await;
            for (day, steps) in stories.iter().enumerate() {
                let (debt, _) = shop.owed(&test.store, 100, "欠款人", NOON).await;
                // Two that reached one number are days apart.
                let later = |ms: i64| ms + 100 * HOUR_MS * i64::try_from(day).unwrap();
                let steps = steps.iter().map(|(reminder, step, ms)| (*reminder, *step, later(*ms))).collect();
                test.store.write(Write { tenant: shop.tenant, debt, steps }).await.unwrap();
            }
            for checked in verify(&test.store).await.unwrap() {
                assert_eq!(checked.first_bad, None, "{}: {}", test.engine, checked.name);
            }
        }
    }
}

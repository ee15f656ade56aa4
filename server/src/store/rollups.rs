//! Totals per payee, code and day: what was rolled up plus the tail that was not yet. Exact at any moment, because both are
//! read in one statement and moved from one to the other in one transaction.

use std::collections::BTreeMap;

use domain::{AccountId, CodeId, Day, Fen, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Command, StoreError, Tx, on};

/// What came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Receipts.
    pub count: i64,
    /// What they collected, refunds not taken off.
    pub sum_fen: Fen,
    /// Refunds that reached their payers.
    pub refunded_count: i64,
    /// What they returned.
    pub refunded_fen: Fen,
}

#[derive(FromRow)]
struct Sums {
    count: i64,
    sum_fen: i64,
    refunded_count: i64,
    refunded_fen: i64,
}

impl From<Sums> for Totals {
    fn from(sums: Sums) -> Totals {
        Totals {
            count: sums.count,
            sum_fen: Fen::of(sums.sum_fen),
            refunded_count: sums.refunded_count,
            refunded_fen: Fen::of(sums.refunded_fen),
        }
    }
}

#[derive(FromRow)]
struct DayRow {
    day: i64,
    #[sqlx(flatten)]
    sums: Sums,
}

/// Rolled-up and pending rows as one table `t`; what to select stands before it and what to keep after it.
macro_rules! both {
    ($select:literal, $kept:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $select,
            " CAST(COALESCE(SUM(count), 0) AS BIGINT) AS count, CAST(COALESCE(SUM(sum_fen), 0) AS BIGINT) AS sum_fen, ",
            "CAST(COALESCE(SUM(refunded_count), 0) AS BIGINT) AS refunded_count, ",
            "CAST(COALESCE(SUM(refunded_fen), 0) AS BIGINT) AS refunded_fen FROM (",
            "SELECT day, count, sum_fen, refunded_count, refunded_fen FROM rollup WHERE ",
            $kept,
            " UNION ALL ",
            "SELECT day, count, sum_fen, refunded_count, refunded_fen FROM pending WHERE ",
            $kept,
            ") t",
            $rest
        )
    };
}

/// The totals of a payee on a day (Shanghai), by the day of payment.
pub async fn totals(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, day: Day) -> Result<Totals, StoreError> {
    let sums: Sums = on!(tx, |db| sqlx::query_as(both!("", "tenant = $1 AND payee = $2 AND day = $3", ""))
        .bind(tenant.get())
        .bind(payee.get())
        .bind(i64::from(day.get()))
        .fetch_one(db)
        .await)?;
    Ok(sums.into())
}

/// The totals of a whole organisation on a day (Shanghai), by the day of payment.
pub async fn totals_of_all(tx: &mut Tx<'_>, tenant: TenantId, day: Day) -> Result<Totals, StoreError> {
    let sums: Sums = on!(tx, |db| sqlx::query_as(both!("", "tenant = $1 AND day = $2", ""))
        .bind(tenant.get())
        .bind(i64::from(day.get()))
        .fetch_one(db)
        .await)?;
    Ok(sums.into())
}

/// The totals of a payee for one of their codes on a day (Shanghai).
pub async fn totals_of_code(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, code: CodeId, day: Day) -> Result<Totals, StoreError> {
    let sums: Sums = on!(tx, |db| sqlx::query_as(both!("", "tenant = $1 AND payee = $2 AND day = $3 AND code = $4", ""))
        .bind(tenant.get())
        .bind(payee.get())
        .bind(i64::from(day.get()))
        .bind(code.get())
        .fetch_one(db)
        .await)?;
    Ok(sums.into())
}

/// The totals of a payee on each day from `from` to `to`, both included, newest first. Days without money are left out.
pub async fn days(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, from: Day, to: Day) -> Result<Vec<(Day, Totals)>, StoreError> {
    let rows: Vec<DayRow> = on!(tx, |db| sqlx::query_as(both!(
        "day,",
        "tenant = $1 AND payee = $2 AND day >= $3 AND day <= $4",
        " GROUP BY day ORDER BY day DESC"
    ))
    .bind(tenant.get())
    .bind(payee.get())
    .bind(i64::from(from.get()))
    .bind(i64::from(to.get()))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|row| (Day::of(i32::try_from(row.day).unwrap_or(i32::MAX)), row.sums.into())).collect())
}

/// Moves up to `limit` pending rows into the roll-ups and tells how many it moved. Any number of instances may do it at once.
#[derive(Debug, Clone)]
pub struct Drain {
    /// Most rows to move.
    pub limit: i64,
}

#[derive(FromRow)]
struct Pending {
    tenant: Uuid,
    payee: Uuid,
    code: Uuid,
    day: i64,
    #[sqlx(flatten)]
    sums: Sums,
}

impl Command for Drain {
    type Done = usize;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<usize, StoreError> {
        // Whoever deletes a row adds it; a row that another instance is deleting is gone when we get to it.
        let taken: Vec<Pending> = on!(tx, |db| sqlx::query_as(
            "DELETE FROM pending WHERE (tenant, id) IN (SELECT tenant, id FROM pending ORDER BY tenant, id LIMIT $1) \
             RETURNING tenant, payee, code, day, count, sum_fen, refunded_count, refunded_fen",
        )
        .bind(self.limit)
        .fetch_all(db)
        .await)?;
        let count = taken.len();
        // In the order of the key, so that two instances wait for each other and never in a circle.
        for ((tenant, payee, day, code), sums) in by_key(taken)? {
            on!(tx, |db| {
                sqlx::query(
                "INSERT INTO rollup (tenant, payee, code, day, count, sum_fen, refunded_count, refunded_fen) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, payee, day, code) DO UPDATE SET \
                 count = rollup.count + excluded.count, sum_fen = rollup.sum_fen + excluded.sum_fen, \
                 refunded_count = rollup.refunded_count + excluded.refunded_count, refunded_fen = rollup.refunded_fen + excluded.refunded_fen",
            )
            .bind(tenant)
            .bind(payee)
            .bind(code)
            .bind(day)
            .bind(sums[0])
            .bind(sums[1])
            .bind(sums[2])
            .bind(sums[3])
            .execute(db)
            .await
            .map(drop)
            })?;
        }
        Ok(count)
    }
}

/// Tenant, payee, day and code, with the four sums.
type ByKey = BTreeMap<(Uuid, Uuid, i64, Uuid), [i64; 4]>;

fn by_key(taken: Vec<Pending>) -> Result<ByKey, StoreError> {
    let mut found = ByKey::new();
    for Pending { tenant, payee, code, day, sums } in taken {
        let total = found.entry((tenant, payee, day, code)).or_default();
        for (sum, part) in total.iter_mut().zip([sums.count, sums.sum_fen, sums.refunded_count, sums.refunded_fen]) {
            *sum = sum.checked_add(part).ok_or_else(|| super::words::unreadable("pending", "a sum does not fit"))?;
        }
    }
    Ok(found)
}

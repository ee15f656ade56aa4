//! How many text messages an organisation caused on a day.

use domain::{Day, TenantId};

use super::{StoreError, Tx, on};

/// Counts one more text message, unless there were `most` of them on that day. Answers how many there are with this one, or `None` when
/// it was one too many; then nothing was counted.
pub async fn count_one(tx: &mut Tx<'_>, tenant: TenantId, day: Day, most: i64) -> Result<Option<i64>, StoreError> {
    let sql = "INSERT INTO text_day (tenant, day, sent) VALUES ($1, $2, 1) \
         ON CONFLICT (tenant, day) DO UPDATE SET sent = text_day.sent + 1 WHERE text_day.sent < $3 RETURNING sent";
    let row: Option<(i64,)> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(i64::from(day.get())).bind(most).fetch_optional(db).await)?;
    Ok(row.map(|(sent,)| sent))
}

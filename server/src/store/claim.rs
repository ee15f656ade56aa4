//! Taking due work up, in one statement. The rule that this keeps is told by [`crate::leases`].

/// Takes up to `limit` rows that are due at `now` and puts them off to `lease_until`; answers the columns `row` of each, in no order.
///
/// `due` is the column that says when a row is due, `key` its key; `also` is what else the statement notes, such as one more try.
/// The outer condition is asked again after waiting for another instance's row, which has moved on by then.
#[rustfmt::skip]
macro_rules! claim {
    (
        $tx:expr, now: $now:expr, lease_until: $lease_until:expr, limit: $limit:expr,
        table: $table:literal, key: $key:literal, due: $due:literal, also: $also:literal, row: $row:literal $(,)?
    ) => {
        $crate::store::on!($tx, |db| {
            let sql = concat!(
                "UPDATE ", $table, " SET ", $due, " = $2", $also, " WHERE ", $due, " <= $1 AND (", $key, ") IN (SELECT ", $key, " FROM ",
                $table, " WHERE ", $due, " <= $1 ORDER BY ", $due, " LIMIT $3) RETURNING ", $row
            );
            sqlx::query_as(sql).bind($now.get()).bind($lease_until.get()).bind($limit).fetch_all(db).await
        })
    };
}
pub(crate) use claim;

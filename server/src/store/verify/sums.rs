//! Totals and directories, compared inside the database.

use domain::{AccountId, CodeId, Day, TenantId};
use uuid::Uuid;

use super::Checked;
use crate::store::{Snapshot, StoreError, on};

/// What the roll-ups and their tail say, less what receipts and refunds say, per payee, code and day: nothing must be left. A day
/// is one of Shanghai, as [`Day`] counts them.
const LEFT_OVER: &str = "SELECT payee, code, day FROM ( \
     SELECT payee, code, day, count, sum_fen, refunded_count, refunded_fen FROM rollup WHERE tenant = $1 \
     UNION ALL SELECT payee, code, day, count, sum_fen, refunded_count, refunded_fen FROM pending WHERE tenant = $1 \
     UNION ALL SELECT payee, code, (paid_at_ms + 28800000) / 86400000, -1, -amount_fen, 0, -refunded_fen FROM receipt WHERE tenant = $1 \
     UNION ALL SELECT r.payee, r.code, (r.paid_at_ms + 28800000) / 86400000, 0, 0, -1, 0 FROM refund f \
     JOIN receipt r ON r.tenant = f.tenant AND r.payment = f.payment \
     WHERE f.tenant = $1 AND f.state = 'done' AND f.cause = 'merchant' \
     ) t GROUP BY payee, code, day \
     HAVING SUM(count) <> 0 OR SUM(sum_fen) <> 0 OR SUM(refunded_count) <> 0 OR SUM(refunded_fen) <> 0 \
     ORDER BY day, payee, code LIMIT 1";

/// Roll-up plus tail is the recount of the receipts.
pub async fn totals(snapshot: &mut Snapshot, tenants: &[TenantId]) -> Result<[Checked; 1], StoreError> {
    let mut checked = Checked::new("roll-ups and their tail are the recount of receipts and refunds");
    for tenant in tenants {
        let tx = &mut snapshot.tx();
        let (rows,): (i64,) = on!(tx, |db| sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM rollup WHERE tenant = $1) + (SELECT COUNT(*) FROM pending WHERE tenant = $1)"
        )
        .bind(tenant.get())
        .fetch_one(db)
        .await)?;
        let bad: Option<(Uuid, Uuid, i64)> = on!(tx, |db| sqlx::query_as(LEFT_OVER).bind(tenant.get()).fetch_optional(db).await)?;
        checked.rows_checked += u64::try_from(rows).unwrap_or(0);
        let wrong = bad.map(|(payee, code, day)| {
            let (payee, code, day) = (AccountId::of(payee), CodeId::of(code), Day::of(i32::try_from(day).unwrap_or(i32::MAX)));
            format!("totals of payee {payee}, code {code} on {day} are not those of the receipts")
        });
        checked.first_bad = checked.first_bad.take().or(wrong);
    }
    Ok([checked])
}

/// Rows that must have a partner, and what is wrong with one that has none.
const PARTNERS: [(&str, &str, &str, &str); 5] = [
    (
        "every attempt is found by its number, and every number leads to an attempt",
        "SELECT COUNT(*) FROM attempt",
        "SELECT a.no FROM attempt a LEFT JOIN trade_no n ON n.no = a.no AND n.tenant = a.tenant AND n.payment = a.payment \
         WHERE n.no IS NULL UNION ALL SELECT n.no FROM trade_no n LEFT JOIN attempt a ON a.tenant = n.tenant AND a.no = n.no \
         WHERE a.no IS NULL LIMIT 1",
        "number",
    ),
    (
        "every receipt is found by its link, and every link leads to a receipt",
        "SELECT COUNT(*) FROM receipt_token",
        "SELECT r.token FROM receipt r LEFT JOIN receipt_token k ON k.token = r.token AND k.tenant = r.tenant AND k.payment = r.payment \
         WHERE k.token IS NULL UNION ALL SELECT k.token FROM receipt_token k \
         LEFT JOIN receipt r ON r.tenant = k.tenant AND r.payment = k.payment WHERE r.payment IS NULL LIMIT 1",
        "link",
    ),
    (
        "every payment came through a token of its code",
        "SELECT COUNT(*) FROM code_token",
        "SELECT p.code_token FROM payment p LEFT JOIN code_token k ON k.token = p.code_token AND k.tenant = p.tenant AND k.code = p.code \
         WHERE k.token IS NULL LIMIT 1",
        "token",
    ),
    (
        "every token that was replaced has one that came in its place",
        "SELECT COUNT(*) FROM code_token",
        "SELECT k.token FROM code_token k LEFT JOIN code_token n ON n.replaces = k.token AND n.tenant = k.tenant AND n.code = k.code \
         WHERE (k.replaced_at_ms IS NULL) <> (n.token IS NULL) LIMIT 1",
        "token",
    ),
    (
        "every event that a channel told belongs to a known organisation or to none",
        "SELECT COUNT(*) FROM inbox",
        "SELECT i.id FROM inbox i LEFT JOIN tenant t ON t.id = i.tenant WHERE i.tenant IS NOT NULL AND t.id IS NULL LIMIT 1",
        "event",
    ),
];

/// The directories, which lead from a token or number to its row, are complete and lead nowhere else.
pub async fn directories(snapshot: &mut Snapshot) -> Result<Vec<Checked>, StoreError> {
    let mut all = Vec::with_capacity(PARTNERS.len());
    for (name, count, alone, what) in PARTNERS {
        let tx = &mut snapshot.tx();
        let (rows,): (i64,) = on!(tx, |db| sqlx::query_as(count).fetch_one(db).await)?;
        let bad: Option<(String,)> = on!(tx, |db| sqlx::query_as(alone).fetch_optional(db).await)?;
        let first_bad = bad.map(|(alone,)| format!("{what} {} stands alone", shown(what, &alone)));
        all.push(Checked { name, rows_checked: u64::try_from(rows).unwrap_or(0), first_bad });
    }
    Ok(all)
}

/// A link is a secret; its beginning is enough to find it.
fn shown(what: &str, text: &str) -> String {
    if what == "link" { format!("{}...", text.chars().take(6).collect::<String>()) } else { text.to_owned() }
}

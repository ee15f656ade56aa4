//! What must hold between a debt, its movements, its ledger's side and the payments that settle it.

use std::collections::BTreeMap;

use domain::receivable::{Claim, Movement, transfers};
use domain::{AccountId, Fen, ReceivableId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::Checked;
use crate::store::words::{of_word, word};
use crate::store::{Snapshot, StoreError, on};

/// Debts that are looked at together.
const PAGE: i64 = 400;

/// Payments that are counted for a debt otherwise than they say themselves: not paid, of another payee (a store's may be counted for a
/// debt to one of its cashiers), come through the debt's own code and counted as matched or not as a whole, or with another sum kept
/// than [`domain::receivable::kept_of_shares`] says.
const MISCOUNTED: &str = "SELECT a.payment FROM (SELECT s.tenant, s.payment, s.receivable, s.way, s.share_fen, s.kept_fen, \
     (SELECT COALESCE(SUM(e.share_fen), 0) FROM receivable_share e WHERE e.tenant = s.tenant AND e.payment = s.payment \
     AND (e.at_ms < s.at_ms OR (e.at_ms = s.at_ms AND e.receivable < s.receivable))) AS earlier_fen \
     FROM receivable_share s WHERE s.tenant = $1) a JOIN receivable r ON r.tenant = a.tenant AND r.id = a.receivable \
     LEFT JOIN payment p ON p.tenant = a.tenant AND p.id = a.payment \
     WHERE p.id IS NULL OR p.state <> 'paid' OR (a.way = 'code') <> (p.code = r.code) OR (a.way = 'code' AND a.share_fen <> p.amount_fen) \
     OR (p.payee <> r.payee AND NOT EXISTS (SELECT 1 FROM store o WHERE o.tenant = p.tenant AND o.id = p.payee)) \
     OR a.kept_fen <> CASE WHEN p.amount_fen - p.refunding_fen - p.refunded_fen <= a.earlier_fen THEN 0 \
     WHEN p.amount_fen - p.refunding_fen - p.refunded_fen - a.earlier_fen < a.share_fen \
     THEN p.amount_fen - p.refunding_fen - p.refunded_fen - a.earlier_fen ELSE a.share_fen END LIMIT 1";

/// Receipts that came through a debt's code and are not counted for it.
const UNCOUNTED: &str = "SELECT c.payment FROM receipt c JOIN receivable r ON r.tenant = c.tenant AND r.code = c.code \
     LEFT JOIN receivable_share a ON a.tenant = c.tenant AND a.payment = c.payment AND a.receivable = r.id \
     WHERE c.tenant = $1 AND a.payment IS NULL LIMIT 1";

/// Claims in the ledger of debts that are not there.
const ORPHANS: &str = "SELECT t.receivable FROM transfer t LEFT JOIN receivable r ON r.tenant = t.tenant AND r.id = t.receivable \
     WHERE t.tenant = $1 AND t.receivable IS NOT NULL AND r.id IS NULL LIMIT 1";

#[derive(FromRow)]
struct DebtRow {
    id: Uuid,
    payee: Uuid,
    amount_fen: i64,
    settled_fen: i64,
    is_written_off: bool,
    outstanding_fen: i64,
    standing: String,
    revision: i64,
    kept_fen: i64,
}

#[derive(FromRow)]
struct MovementRow {
    receivable: Uuid,
    id: Uuid,
    position: i64,
    kind: String,
    amount_fen: i64,
}

#[derive(FromRow)]
struct TransferRow {
    receivable: Uuid,
    key: String,
    debit: String,
    credit: String,
    amount_fen: i64,
}

/// A transfer as text: both sides and the amount.
type Booked = (String, String, i64);

/// Everything about receivables.
pub async fn checks(snapshot: &mut Snapshot, tenants: &[TenantId]) -> Result<[Checked; 2], StoreError> {
    let mut debts = Checked::new("every debt is what its movements come to, and its claims are booked as they say");
    let mut payments = Checked::new("every payment of a debt is counted for it once, less what goes back");
    for tenant in tenants {
        check_debts(snapshot, *tenant, &mut debts).await?;
        let orphan = first(snapshot, *tenant, ORPHANS).await?;
        debts.first_bad =
            debts.first_bad.take().or(orphan.map(|id| format!("claims are booked of debt {}, which is not there", id.simple())));
        let tx = &mut snapshot.tx();
        let sql = "SELECT COUNT(*) FROM receivable_share WHERE tenant = $1";
        let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).fetch_one(db).await)?;
        payments.rows_checked += u64::try_from(count).unwrap_or(0);
        for (sql, why) in
            [(MISCOUNTED, "is counted for a debt otherwise than it says"), (UNCOUNTED, "came for a debt and is not counted for it")]
        {
            let bad = first(snapshot, *tenant, sql).await?;
            payments.first_bad = payments.first_bad.take().or(bad.map(|id| format!("payment {} {why}", id.simple())));
        }
    }
    Ok([debts, payments])
}

async fn first(snapshot: &mut Snapshot, tenant: TenantId, sql: &'static str) -> Result<Option<Uuid>, StoreError> {
    let row: Option<(Uuid,)> = on!(&mut snapshot.tx(), |db| sqlx::query_as(sql).bind(tenant.get()).fetch_optional(db).await)?;
    Ok(row.map(|(id,)| id))
}

async fn check_debts(snapshot: &mut Snapshot, tenant: TenantId, checked: &mut Checked) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let tx = &mut snapshot.tx();
        let sql = "SELECT r.id, r.payee, r.amount_fen, r.settled_fen, r.is_written_off, r.outstanding_fen, r.standing, r.revision, \
             (SELECT CAST(COALESCE(SUM(a.kept_fen), 0) AS BIGINT) FROM receivable_share a WHERE a.tenant = r.tenant AND a.receivable = r.id) \
             AS kept_fen FROM receivable r WHERE r.tenant = $1 AND r.id > $2 ORDER BY r.id LIMIT $3";
        let debts: Vec<DebtRow> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(after).bind(PAGE).fetch_all(db).await)?;
        let Some(last) = debts.last().map(|debt| debt.id) else { return Ok(()) };
        let sql = "SELECT receivable, id, position, kind, amount_fen FROM receivable_movement \
             WHERE tenant = $1 AND receivable > $2 AND receivable <= $3 ORDER BY receivable, position";
        let movements: Vec<MovementRow> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(after).bind(last).fetch_all(db).await)?;
        let sql = "SELECT receivable, key, debit, credit, amount_fen FROM transfer \
             WHERE tenant = $1 AND receivable > $2 AND receivable <= $3";
        let booked: Vec<TransferRow> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(after).bind(last).fetch_all(db).await)?;
        for debt in &debts {
            let moved: Vec<&MovementRow> = movements.iter().filter(|row| row.receivable == debt.id).collect();
            let booked = booked.iter().filter(|row| row.receivable == debt.id);
            let booked = booked.map(|row| (row.key.clone(), (row.debit.clone(), row.credit.clone(), row.amount_fen))).collect();
            checked.note(fault(debt, &moved, booked)?.map(|why| format!("debt {} {why}", ReceivableId::of(debt.id))));
        }
        after = last;
    }
}

/// Replays the movements: the state that they come to, and the transfers that each of them books.
fn fault(debt: &DebtRow, moved: &[&MovementRow], booked: BTreeMap<String, Booked>) -> Result<Option<&'static str>, StoreError> {
    let (id, payee) = (ReceivableId::of(debt.id), AccountId::of(debt.payee));
    let mut claim = Claim::default();
    let mut expected: BTreeMap<String, Booked> = BTreeMap::new();
    for (at, row) in moved.iter().enumerate() {
        let movement = Movement { kind: of_word("receivable_movement.kind", &row.kind)?, amount_fen: Fen::of(row.amount_fen) };
        let Ok(next) = claim.after(&movement) else { return Ok(Some("has a movement that cannot be")) };
        if row.position != at as i64 + 1 {
            return Ok(Some("lacks a movement"));
        }
        for transfer in transfers(claim, next, payee, id, &row.id.simple().to_string()) {
            expected.insert(transfer.key, (transfer.debit.to_string(), transfer.credit.to_string(), transfer.amount_fen.get()));
        }
        claim = next;
    }
    let said = (debt.amount_fen, debt.settled_fen, debt.outstanding_fen, debt.is_written_off);
    let must = (claim.raised_fen.get(), claim.settled_fen.get(), claim.outstanding().get(), claim.is_written_off);
    Ok(match () {
        () if said != must => Some("says something else than its movements come to"),
        () if debt.standing != word(&claim.standing())? => Some("stands elsewhere than its movements say"),
        () if debt.revision != moved.len() as i64 => Some("counts its movements wrongly"),
        () if debt.kept_fen != claim.settled_fen.get() => Some("is settled by other money than its payments kept"),
        () if booked != expected => Some("is booked otherwise than its movements say"),
        () => None,
    })
}

//! What happened to a debt, as it is told.

use domain::receivable::{Movement, MovementKind};
use domain::{Fen, Millis, PaymentId, ReceivableId, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::payments::of_word;
use crate::store::{StoreError, Tx, on};

/// One movement with who decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// What.
    pub movement: Movement,
    /// The payment that it is about.
    pub payment: Option<PaymentId>,
    /// The name of whoever decided it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at_ms: Millis,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    amount_fen: i64,
    payment: Option<Uuid>,
    name: Option<String>,
    reason: Option<String>,
    at_ms: i64,
}

/// What happened to a debt, oldest first.
pub async fn history(tx: &mut Tx<'_>, tenant: TenantId, receivable: ReceivableId) -> Result<Vec<Happened>, StoreError> {
    let sql = "SELECT m.kind, m.amount_fen, m.payment, a.name, m.reason, m.at_ms FROM receivable_movement m \
         LEFT JOIN account a ON a.id = m.account WHERE m.tenant = $1 AND m.receivable = $2 ORDER BY m.position LIMIT 500";
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(receivable.get()).fetch_all(db).await)?;
    rows.into_iter()
        .map(|row| {
            let kind: MovementKind = of_word("receivable_movement.kind", &row.kind)?;
            Ok(Happened {
                movement: Movement { kind, amount_fen: Fen::of(row.amount_fen) },
                payment: row.payment.map(PaymentId::of),
                by: row.name,
                reason: row.reason,
                at_ms: Millis::of(row.at_ms),
            })
        })
        .collect()
}

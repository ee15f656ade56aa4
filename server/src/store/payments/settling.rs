//! What follows from one word of a channel, or from a refund that somebody asked for: all of it is stored together, or nothing.

use domain::concern;
use domain::payment::{PaymentState, Settlement};
use domain::refund::{Refund, RefundOpening, RefundSettlement};
use domain::{AccountId, Millis};
use uuid::Uuid;

use super::attempts::update_attempt;
use super::{Stored, insert_refund, update_payment};
use crate::store::codes::CodeKind;
use crate::store::words::word;
use crate::store::{StoreError, Tx, concerns, ledger, on, receipts, receivables};

/// Stores what followed from one word of the channel: states, ledger, receipt, roll-up tail, refund, what concerns the payee,
/// and messages. Answers whether the payee has something new to look at.
///
/// `seed` is a fresh UUID v7; the rows' own ids count up from it.
///
/// # Errors
/// [`StoreError::Stale`] when the payment was changed since `before` was loaded.
pub async fn save_settlement(tx: &mut Tx<'_>, before: &Stored, next: &Settlement, seed: Uuid, now: Millis) -> Result<bool, StoreError> {
    let mut ids = Ids(seed);
    if next.payment != before.payment {
        update_payment(tx, before, &next.payment).await?;
        for (old, new) in before.payment.attempts.iter().zip(&next.payment.attempts) {
            if old != new {
                update_attempt(tx, &next.payment, new, Some(now)).await?;
            }
        }
    }
    for transfer in &next.transfers {
        ledger::book(tx, next.payment.tenant, ids.next(), transfer, now).await?;
    }
    if next.is_new_receipt && receipts::insert(tx, before, &next.payment, ids.next(), now).await? == CodeKind::Receivable {
        receivables::collect(tx, &next.payment, &mut ids, now).await?;
    }
    if let Some(refund) = &next.refund {
        insert_refund(tx, refund, None).await?;
    }
    concerns::tell(tx, &next.payment, &concern::of_settlement(&before.payment, next), &next.messages, &mut ids, now).await
}

/// Stores a refund that somebody asked for: the money set aside, the attempt or receipt that shows it, and the refund itself.
///
/// # Errors
/// [`StoreError::Stale`] when the payment was changed since `before` was loaded.
pub async fn save_refund_opening(
    tx: &mut Tx<'_>,
    before: &Stored,
    opening: &RefundOpening,
    asked_by: Option<AccountId>,
    seed: Uuid,
    now: Millis,
) -> Result<(), StoreError> {
    let mut ids = Ids(seed);
    update_payment(tx, before, &opening.payment).await?;
    for (old, new) in before.payment.attempts.iter().zip(&opening.payment.attempts) {
        if old.state != new.state {
            // A person decided; the channel said nothing just now.
            update_attempt(tx, &opening.payment, new, None).await?;
        }
    }
    insert_refund(tx, &opening.refund, asked_by).await?;
    ledger::book(tx, opening.payment.tenant, ids.next(), &opening.transfer, now).await?;
    concerns::tell(tx, &opening.payment, &[concern::of_opening(opening)], &[], &mut ids, now).await?;
    receivables::follow(tx, &opening.payment, &mut ids, now).await?;
    receipts::set_refunds(tx, &before.payment, &opening.payment, ids.next()).await
}

/// Stores what followed from one word about a refund. Answers whether the payee has something new to look at.
///
/// # Errors
/// [`StoreError::Stale`] when the payment was changed since `before` was loaded.
pub async fn save_refund(
    tx: &mut Tx<'_>,
    before: &Stored,
    old: &Refund,
    next: &RefundSettlement,
    seed: Uuid,
    now: Millis,
) -> Result<bool, StoreError> {
    let mut ids = Ids(seed);
    if next.refund != *old {
        // The payment's revision guards the refund's state too: both change under it or neither does.
        update_payment(tx, before, &next.payment).await?;
        let is_final = next.refund.state.is_final();
        on!(tx, |db| {
            sqlx::query(
            "UPDATE refund SET state = $3, final_at_ms = $4, due_at_ms = CASE WHEN $5 THEN NULL ELSE due_at_ms END WHERE tenant = $1 AND no = $2",
        )
        .bind(old.tenant.get())
        .bind(old.no.as_str())
        .bind(word(&next.refund.state)?)
        .bind(is_final.then_some(now.get()))
        .bind(is_final)
        .execute(db)
        .await
        .map(drop)
        })?;
    }
    for transfer in &next.transfers {
        ledger::book(tx, next.payment.tenant, ids.next(), transfer, now).await?;
    }
    if next.payment.state == PaymentState::Paid
        && (next.payment.refunding_fen, next.payment.refunded_fen) != (before.payment.refunding_fen, before.payment.refunded_fen)
    {
        receipts::set_refunds(tx, &before.payment, &next.payment, ids.next()).await?;
        receivables::follow(tx, &next.payment, &mut ids, now).await?;
    }
    concerns::tell(tx, &next.payment, &concern::of_refund_settlement(old, next), &next.messages, &mut ids, now).await
}

/// Ids that count up from one fresh UUID, so that a command that is run again writes the same rows.
pub struct Ids(pub Uuid);

impl Ids {
    /// The next one.
    #[expect(clippy::should_implement_trait, reason = "never ends, so it is no iterator")]
    pub fn next(&mut self) -> Uuid {
        let id = self.0;
        self.0 = Uuid::from_u128(id.as_u128().wrapping_add(1));
        id
    }
}

//! Hearing what the channel says of an attempt, whichever way it came: by a notice, or as the answer to a question.

use domain::payment::{self, AttemptState, Trade};
use domain::{AccountId, Millis, OutTradeNo, Payment, TenantId};
use uuid::Uuid;

use super::Payments;
use crate::fresh;
use crate::live::LiveArrival;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::payments::{self, Event, Stored};
use crate::store::{Command, StoreError, Tx, audit};

/// What became of a word of the channel.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// It was stored with everything that follows from it.
    Changed {
        /// A receipt that it made.
        arrival: Option<LiveArrival>,
        /// Whoever has something new to look at because of it.
        concerned: Option<(TenantId, AccountId)>,
    },
    /// It said nothing new.
    Known,
    /// No attempt of ours has this number.
    Orphan,
}

impl Payments {
    /// Stores what the channel said about an attempt, whichever way it came, and everything that follows from it.
    ///
    /// # Errors
    /// When the store does not take it: whoever told us is then not answered with success and tells us again.
    pub async fn hear(&self, no: &OutTradeNo, trade: &Trade, event: Option<Event>) -> Result<Heard, StoreError> {
        let now = (self.clock)();
        let command = Hear { no: no.clone(), trade: trade.clone(), event, seed: fresh::uuid(now), now };
        let heard = self.store.write(command).await?;
        if let Heard::Changed { arrival: Some(arrival), .. } = &heard {
            self.live.publish(arrival.clone());
            metrics::counter!("shouma_payments_paid_total").increment(1);
        }
        if let Heard::Changed { concerned: Some((tenant, payee)), .. } = &heard {
            self.live.concern(*tenant, *payee);
        }
        Ok(heard)
    }
}

struct Hear {
    no: OutTradeNo,
    trade: Trade,
    event: Option<Event>,
    seed: Uuid,
    now: Millis,
}

impl Command for Hear {
    type Done = Heard;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Heard, StoreError> {
        let Some((tenant, id)) = payments::by_trade_no(tx, &self.no).await? else {
            if let Some(event) = &self.event {
                payments::keep_event(tx, event, None, self.now).await?;
            }
            return Ok(Heard::Orphan);
        };
        if let Some(event) = &self.event
            && !payments::keep_event(tx, event, Some(tenant), self.now).await?
        {
            return Ok(Heard::Known);
        }
        let Some(stored) = payments::load(tx, tenant, id).await? else { return Ok(Heard::Orphan) };
        let next = payment::settle(&stored.payment, &self.no, &self.trade, self.now);
        let is_concern = payments::save_settlement(tx, &stored, &next, self.seed, self.now).await?;
        self.plan_next_query(tx, &stored, &next.payment).await?;
        if let Some(refund) = &next.refund {
            // Money that the program sends back by itself; an ordinary arrival stands in the ledger and waits for nobody.
            let detail = serde_json::json!({"payment": id, "amount_fen": refund.amount_fen, "cause": refund.cause});
            audit::append(tx, tenant, &Deed::new(self.now, Actor::Program, Act::ReturnExtra, &refund.no, &detail)).await?;
        }
        if next.payment == stored.payment && !is_concern {
            return Ok(Heard::Known);
        }
        let arrival = next.is_new_receipt.then(|| LiveArrival::of(&stored, &next.payment, self.now));
        Ok(Heard::Changed { arrival, concerned: is_concern.then_some((tenant, next.payment.payee)) })
    }
}

impl Hear {
    /// A live attempt is asked about again later, whoever spoke about it now; a closed one twice more; any other one never again.
    async fn plan_next_query(&self, tx: &mut Tx<'_>, stored: &Stored, after: &Payment) -> Result<(), StoreError> {
        let mut attempts = after.attempts.iter().zip(&stored.tickets);
        let Some((attempt, ticket)) = attempts.find(|(attempt, _)| attempt.no == self.no) else { return Ok(()) };
        let pause_ms = match (attempt.state, ticket.closed_at_ms) {
            (state, _) if state.is_live() => Some(payment::query_pause_ms(self.now.since_ms(ticket.made_at_ms))),
            (AttemptState::Closed, Some(closed_at)) => payment::look_again_ms(self.now.since_ms(closed_at)),
            // What it became just now was stored with its next question.
            (state, _) if stored.payment.attempts.iter().any(|was| was.no == self.no && was.state != state) => return Ok(()),
            _ => None,
        };
        let query_at = pause_ms.map(|pause_ms| self.now.plus_ms(pause_ms));
        payments::set_query(tx, after.tenant, &attempt.no, Some(self.now), query_at).await
    }
}

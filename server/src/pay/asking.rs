//! Asking the channel how a payment stands: while its payer waits, when its time is over, and when a manager checks what a payer says.

use domain::payment::{self, Attempt, AttemptState, Standing, Trade};
use domain::{Millis, OutTradeNo, PaymentState, TenantId};

use super::Payments;
use crate::channels::Closing;
use crate::store::payments::{self, Stored};
use crate::store::{Command, StoreError, Tx};

/// How long the channel's last word about an attempt is fresh enough not to ask again while a payer waits.
const FRESH_MS: i64 = 1_500;

/// What a payer who waits is told.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The payment as it stands now.
    pub stored: Stored,
    /// What to tell.
    pub standing: Standing,
}

/// What can be said of a payment without asking the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastWord {
    /// What to tell a manager.
    pub standing: Standing,
    /// When the channel last said anything about every attempt that counts; `None` while it said nothing about one.
    pub heard_at_ms: Option<Millis>,
}

impl LastWord {
    /// What is known at `now`. That no money came is said only while the channel's word for it is fresh ([`payment::UNPAID_WORD_MS`]).
    pub fn of(stored: &Stored, now: Millis) -> LastWord {
        let mut payment = stored.payment.clone();
        payment.close_when_over(now);
        let heard = || payment.attempts.iter().zip(&stored.tickets).map(|(attempt, ticket)| (attempt.state.is_live(), ticket.heard_at_ms));
        let is_live = |(is_live, _): &(bool, Option<Millis>)| *is_live;
        let is_fresh = |heard: Option<Millis>| heard.is_some_and(|at| now.since_ms(at) <= payment::UNPAID_WORD_MS);
        let is_known = heard().filter(is_live).all(|(_, at)| is_fresh(at));
        let heard_at_ms = match heard().any(|word| is_live(&word)) {
            // One that was never spoken of is before every other.
            true => heard().filter(is_live).map(|(_, at)| at).min().flatten(),
            false => heard().filter_map(|(_, at)| at).max(),
        };
        LastWord { standing: payment.standing(is_known), heard_at_ms }
    }
}

impl Payments {
    /// What a payer who waits is told. While the payment is open the channel itself is asked, because a notice may be lost (I1).
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn look(&self, stored: Stored) -> Result<Looked, StoreError> {
        if stored.payment.state != PaymentState::Open {
            return Ok(Looked { standing: stored.payment.standing(true), stored });
        }
        self.look_at(stored, AttemptState::is_live).await
    }

    /// The same for a manager whose payer says that they paid (row C13). The channel is asked about closed orders too, because money may
    /// have come through one a moment too late.
    ///
    /// # Errors
    /// As [`Payments::look`].
    pub async fn look_anew(&self, stored: Stored) -> Result<Looked, StoreError> {
        if !matches!(stored.payment.state, PaymentState::Open | PaymentState::Closed) {
            return Ok(Looked { standing: stored.payment.standing(true), stored });
        }
        self.look_at(stored, |state| state.is_live() || state == AttemptState::Closed).await
    }

    async fn look_at(&self, stored: Stored, is_asked: impl Fn(AttemptState) -> bool) -> Result<Looked, StoreError> {
        let now = (self.clock)();
        let mut answered = true;
        let attempts = stored.payment.attempts.iter().zip(&stored.tickets).filter(|(attempt, _)| is_asked(attempt.state));
        for (attempt, ticket) in attempts {
            // A clock that was set back must not keep us from asking.
            if ticket.heard_at_ms.is_some_and(|heard| (0..FRESH_MS).contains(&now.since_ms(heard))) {
                continue;
            }
            // Closing is not left to the worker: each question puts off the worker's own, so that a page that is left open
            // would keep an expired order payable.
            answered &= self.ask_or_close(&stored, &attempt.no).await?;
        }
        let (tenant, id) = (stored.payment.tenant, stored.payment.id);
        let mut stored = self.load(tenant, id).await?.unwrap_or(stored);
        // An order that nobody can pay any more is over, even if no worker came by yet.
        stored.payment.close_when_over((self.clock)());
        Ok(Looked { standing: stored.payment.standing(answered), stored })
    }

    /// Asks the channel about an attempt and stores what it says. `false` when it did not answer.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn ask(&self, no: &OutTradeNo) -> Result<bool, StoreError> {
        match self.channel.query(no).await {
            Ok(trade) => {
                self.hear(no, &trade, None).await?;
                Ok(true)
            }
            Err(error) => {
                tracing::warn!(%no, %error, "the channel did not answer a query");
                Ok(false)
            }
        }
    }

    /// Asks about an attempt, and when its time is over, or it counts as closed already, and no money came, closes it at the
    /// channel. `false` when the channel did not answer the question.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn ask_or_close(&self, stored: &Stored, no: &OutTradeNo) -> Result<bool, StoreError> {
        let is_closed = |attempt: &Attempt| attempt.no == *no && attempt.state == AttemptState::Closed;
        let is_over = (self.clock)() >= stored.payment.expires_at_ms || stored.payment.attempts.iter().any(is_closed);
        match self.channel.query(no).await {
            Ok(Trade::NotPaid) if is_over => self.close_attempt(stored, no).await?,
            Ok(trade) => drop(self.hear(no, &trade, None).await?),
            Err(error) => {
                tracing::warn!(%no, %error, "the channel did not answer a query");
                self.put_off(stored, no, None).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) async fn close_attempt(&self, stored: &Stored, no: &OutTradeNo) -> Result<(), StoreError> {
        match self.channel.close(no).await {
            Ok(Closing::Closed) => self.hear(no, &Trade::Closed, None).await.map(drop),
            Ok(Closing::AlreadyPaid) => self.ask(no).await.map(drop),
            Ok(Closing::Missing) => self.hear(no, &Trade::Missing, None).await.map(drop),
            Err(error) => {
                tracing::warn!(%no, %error, "the channel did not close an order");
                self.put_off(stored, no, None).await
            }
        }
    }

    async fn put_off(&self, stored: &Stored, no: &OutTradeNo, heard_at: Option<Millis>) -> Result<(), StoreError> {
        let now = (self.clock)();
        let attempts = stored.payment.attempts.iter().zip(&stored.tickets);
        let made_at = attempts.into_iter().find(|(attempt, _)| attempt.no == *no).map_or(now, |(_, ticket)| ticket.made_at_ms);
        let query_at = now.plus_ms(payment::query_pause_ms(now.since_ms(made_at)));
        self.store.write(PutOff { tenant: stored.payment.tenant, no: no.clone(), heard_at, query_at }).await
    }
}

struct PutOff {
    tenant: TenantId,
    no: OutTradeNo,
    heard_at: Option<Millis>,
    query_at: Millis,
}

impl Command for PutOff {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        payments::set_query(tx, self.tenant, &self.no, self.heard_at, Some(self.query_at)).await
    }
}

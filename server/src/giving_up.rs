//! Refunds that the channel never takes: given up by an operator, or made elsewhere by somebody.
//!
//! A refund that is refused stays asked for, under one number, because its cause may be mended. Where it never can be, such as after the
//! money went back on the channel's own platform, a person ends it: as given up, or, where the channel confirms that the money went back
//! there, as done.

use domain::refund::{self, RefundState, RefundWord};
use domain::{AccountId, Fen, Millis, OtherRefundNo, OutRefundNo, OutTradeNo, PaymentId, Refund, TenantId, concern};
use serde_json::json;
use uuid::Uuid;

use crate::channels::{ChannelError, OtherRefund};
use crate::fresh;
use crate::jobs::lease_ms;
use crate::refunds::Refunds;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::payments::{self, Event, Ids, Stored, StoredRefund};
use crate::store::{Command, StoreError, Tx, audit, concerns};

/// For so long nobody asks for a refund while it is given up: longer than the channel takes to say that it has none.
const HELD_MS: i64 = 600_000;

/// Why a refund was not given up. It stands as before.
#[derive(Debug, thiserror::Error)]
pub enum GiveUpError {
    /// The payment has no such refund.
    #[error("the payment has no such refund")]
    NotFound,
    /// The channel has it, or it is over.
    #[error("it is {0:?}: only a refund that WeChat Pay never took can be given up")]
    NotAsked(RefundState),
    /// The channel has not refused it in words of its own; it may yet go through.
    #[error("WeChat Pay has not refused it so far; it is asked for again by itself")]
    NotRefused,
    /// It may be on its way to the channel at this moment.
    #[error("it is just being asked for, or will be within moments; try again in two minutes")]
    InHand,
    /// The channel knows it after all.
    #[error("WeChat Pay has it after all and says {0:?}")]
    Known(RefundWord),
    /// The channel did not say whether it knows it.
    #[error("WeChat Pay did not say whether it has it ({0}); try again later")]
    Unsaid(ChannelError),
    /// The refund that is said to have been made in its place is not that.
    #[error("WeChat Pay's refund {no} does not stand for this return: {why}")]
    NotMade {
        /// The number that was named.
        no: OtherRefundNo,
        /// What speaks against it.
        why: NotMade,
    },
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a refund that was made elsewhere does not stand for one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    /// The channel has none of this number.
    #[error("there is no such refund")]
    Unknown,
    /// It returns money of another order.
    #[error("it is of another order")]
    OtherOrder,
    /// It returns another amount.
    #[error("it returns ¥{0}")]
    OtherAmount(Fen),
    /// The payer does not have the money yet, or does not get it.
    #[error("it is {0:?}")]
    NotDone(RefundWord),
    /// It stands for another refund of ours.
    #[error("it is counted for another return already")]
    Counted,
}

impl Refunds {
    /// Ends a refund that the channel refused and does not have. What was set aside is free again, as after the channel's own word that it
    /// gave up; or, when the channel confirms that the refund `made_as` returned as much of the same order, this one is done. `call_ms` is
    /// how long one call to the channel may take.
    ///
    /// # Errors
    /// [`GiveUpError`]; then the refund stands as before.
    pub async fn give_up(
        &self,
        tenant: TenantId,
        payment: PaymentId,
        no: &OutRefundNo,
        made_as: Option<OtherRefundNo>,
        call_ms: i64,
    ) -> Result<Refund, GiveUpError> {
        let now = (self.clock)();
        let until = now.plus_ms(HELD_MS);
        let hold = Hold { tenant, payment, no: no.clone(), leased_until: now.plus_ms(lease_ms(call_ms)), until };
        let refund = self.store.write(hold).await??;
        // From here on no worker asks for it, so what the channel does not have now it will not have.
        match self.channel.query_refund(no).await {
            Ok(None) => {}
            Ok(Some(word)) => {
                self.hear(&refund.attempt, no, &word, None).await?;
                return Err(GiveUpError::Known(word));
            }
            Err(error) => return Err(GiveUpError::Unsaid(error)),
        }
        if let Some(no) = &made_as {
            let other = self.channel.query_other_refund(no).await.map_err(GiveUpError::Unsaid)?;
            if let Some(why) = not_made(&refund, other) {
                return Err(GiveUpError::NotMade { no: no.clone(), why });
            }
        }
        let now = (self.clock)();
        let (payee, given_up) = self.store.write(GiveUp { refund, made_as, until, seed: fresh::uuid(now), now }).await??;
        self.live.concern(tenant, payee);
        Ok(given_up)
    }

    /// Whether a refund was asked for here. One of an order that is not ours is another system's, and known to nobody.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn knows(&self, attempt: &OutTradeNo, no: &OutRefundNo) -> Result<bool, StoreError> {
        let mut conn = self.store.read().await?;
        let Some((tenant, _)) = payments::by_trade_no(&mut conn.tx(), attempt).await? else { return Ok(false) };
        Ok(payments::load_refund(&mut conn.tx(), tenant, no).await?.is_some())
    }

    /// Keeps and tells what the channel says of a refund that was not asked for here; `false` when its order is not ours.
    ///
    /// # Errors
    /// When the store does not take it: the channel then says it again.
    pub async fn hear_other(&self, attempt: &OutTradeNo, no: &str, amount: Fen, event: Event) -> Result<bool, StoreError> {
        let now = (self.clock)();
        let command = HearOther { attempt: attempt.clone(), no: no.to_owned(), amount, event, seed: fresh::uuid(now), now };
        let heard = self.store.write(command).await?;
        if let Some(Told { tenant, payee, is_news: true }) = heard {
            self.live.concern(tenant, payee);
        }
        Ok(heard.is_some())
    }
}

/// What speaks against the refund that was made elsewhere.
fn not_made(refund: &Refund, other: Option<OtherRefund>) -> Option<NotMade> {
    match other {
        None => Some(NotMade::Unknown),
        Some(other) if other.attempt != refund.attempt.as_str() => Some(NotMade::OtherOrder),
        Some(other) if other.amount_fen != refund.amount_fen => Some(NotMade::OtherAmount(other.amount_fen)),
        Some(other) => (other.word != RefundWord::Done).then_some(NotMade::NotDone(other.word)),
    }
}

struct Hold {
    tenant: TenantId,
    payment: PaymentId,
    no: OutRefundNo,
    leased_until: Millis,
    until: Millis,
}

impl Command for Hold {
    type Done = Result<Refund, GiveUpError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let found = payments::load_refund(tx, self.tenant, &self.no).await?;
        let Some(StoredRefund { refund, .. }) = found.filter(|found| found.refund.payment == self.payment) else {
            return Ok(Err(GiveUpError::NotFound));
        };
        if refund.state != RefundState::Asked {
            return Ok(Err(GiveUpError::NotAsked(refund.state)));
        }
        let told = concerns::of_payment(tx, self.tenant, self.payment).await?;
        if !told.iter().any(|told| told.concern.is_refusal_of(&refund)) {
            return Ok(Err(GiveUpError::NotRefused));
        }
        let is_held = payments::hold_refund(tx, &refund, self.leased_until, self.until).await?;
        Ok(if is_held { Ok(refund) } else { Err(GiveUpError::InHand) })
    }
}

struct GiveUp {
    refund: Refund,
    made_as: Option<OtherRefundNo>,
    until: Millis,
    seed: Uuid,
    now: Millis,
}

impl Command for GiveUp {
    /// Whoever has something new to look at because of it, and the refund afterwards.
    type Done = Result<(AccountId, Refund), GiveUpError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Refund { tenant, no, payment, amount_fen, .. } = &self.refund;
        let Some(stored) = payments::load(tx, *tenant, *payment).await? else { return Ok(Err(GiveUpError::NotFound)) };
        let Some(StoredRefund { refund, .. }) = payments::load_refund(tx, *tenant, no).await? else {
            return Ok(Err(GiveUpError::NotFound));
        };
        if refund.state != RefundState::Asked {
            return Ok(Err(GiveUpError::NotAsked(refund.state)));
        }
        // Still held as it was left: nobody took it up meanwhile, however long the channel's answer took.
        if self.now >= self.until || !payments::hold_refund(tx, &refund, self.until.plus_ms(-1), self.until).await? {
            return Ok(Err(GiveUpError::InHand));
        }
        let word = match &self.made_as {
            None => RefundWord::Closed,
            Some(other) if payments::mark_made_as(tx, &refund, other).await? => RefundWord::Done,
            Some(other) => return Ok(Err(GiveUpError::NotMade { no: other.clone(), why: NotMade::Counted })),
        };
        let next = refund::settle(&stored.payment, &refund, &word);
        payments::save_refund(tx, &stored, &refund, &next, self.seed, self.now).await?;
        let made_as = self.made_as.as_ref().map(OtherRefundNo::as_str);
        let detail = json!({"payment": payment, "amount_fen": amount_fen, "made_as": made_as});
        audit::append(tx, *tenant, &Deed::new(self.now, Actor::Operator, Act::GiveUpRefund, no, &detail)).await?;
        Ok(Ok((stored.payment.payee, next.refund)))
    }
}

/// Who has to know of a refund that was made elsewhere.
struct Told {
    tenant: TenantId,
    payee: AccountId,
    is_news: bool,
}

struct HearOther {
    attempt: OutTradeNo,
    no: String,
    amount: Fen,
    event: Event,
    seed: Uuid,
    now: Millis,
}

impl Command for HearOther {
    /// `None` when the order is not ours.
    type Done = Option<Told>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let found = payments::by_trade_no(tx, &self.attempt).await?;
        let is_new = payments::keep_event(tx, &self.event, found.map(|(tenant, _)| tenant), self.now).await?;
        let Some((tenant, payment)) = found else { return Ok(None) };
        let Some(Stored { payment, .. }) = payments::load(tx, tenant, payment).await? else { return Ok(None) };
        // Counted for a return of ours already: nothing is left to be told of it.
        if payments::is_made_as(tx, tenant, &self.attempt, &self.no).await? {
            return Ok(Some(Told { tenant, payee: payment.payee, is_news: false }));
        }
        let (told, message) = concern::of_other_refund(&payment, &self.attempt, &self.no, self.amount);
        let is_news = is_new && concerns::tell(tx, &payment, &told, &[message], &mut Ids(self.seed), self.now).await?;
        Ok(Some(Told { tenant, payee: payment.payee, is_news }))
    }
}

//! Returning money: asked for here, set aside, pushed to the channel with one number until it says a final word.

use std::sync::Arc;

use app::Locale;
use app::channel::{Listener, sentence};
use app::receipts::is_same_reason;
use domain::concern::Concern;
use domain::refund::{self, RefundRefusal, RefundWord};
use domain::refund_right::{ManagerRefunds, NoRight, RefundRight};
use domain::{AccountId, Caller, ChannelCode, Fen, Millis, OutRefundNo, OutTradeNo, Payment, PaymentId, Refund, Role, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::channels::{Channel, ChannelError};
use crate::clock::Clock;
use crate::fresh;
use crate::live::Hub;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::payments::{self, Event, StoredRefund};
use crate::store::reach::Reach;
use crate::store::{Command, Store, StoreError, Tx, audit, concerns, tenants};
use crate::web::cookies::sha256;

/// Everything that returning money needs.
#[derive(Clone)]
pub struct Refunds {
    /// The database.
    pub store: Store,
    /// The payment channel.
    pub channel: Arc<dyn Channel>,
    /// The time.
    pub clock: Clock,
    /// Whoever is shown what needs a look.
    pub live: Hub,
}

/// Why no refund was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such payment.
    #[error("there is no such payment")]
    NotFound,
    /// A rule refuses it.
    #[error(transparent)]
    Refused(#[from] RefundRefusal),
    /// Whoever asks may not.
    #[error(transparent)]
    NoRight(#[from] NoRight),
    /// A form of the same number was sent before, with another amount or another reason. Nothing was asked for now.
    #[error("a form of this number was sent before and asked for {} as {}", .0.amount_fen, .0.no)]
    SentBefore(Box<Refund>),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The organisation.
    pub tenant: TenantId,
    /// The payment whose money goes back.
    pub payment: PaymentId,
    /// How much.
    pub amount: Fen,
    /// What the payer reads as reason.
    pub reason: String,
    /// Who asks, of the same organisation; nobody for an operator at the machine.
    pub by: Option<Caller>,
    /// The number of the form that was sent. The same number with the same content means the same refund, however often it is sent,
    /// and with another content none. Without a number, each call is a refund of its own.
    pub form: Option<String>,
}

/// Sets money aside for a refund. The worker of a running server pushes it to the channel.
///
/// # Errors
/// [`AskError`]; then nothing was set aside.
pub async fn ask(store: &Store, clock: &Clock, ask: Ask) -> Result<Refund, AskError> {
    let now = clock();
    let no = match &ask.form {
        Some(form) => no_of_form(ask.payment, form),
        None => OutRefundNo::of_request(fresh::uuid(now)),
    };
    store.write(SetAside { ask, no, seed: fresh::uuid(now), now }).await?
}

/// The number of the refund that a form asks for: one for each form of each payment, so that nobody can name another's.
fn no_of_form(payment: PaymentId, form: &str) -> OutRefundNo {
    let hash = sha256(&format!("refund {payment} {form}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    OutRefundNo::of_request(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// What somebody may return of a payment at present. What a store collected is its cashiers' own (row B83).
///
/// # Errors
/// [`NoRight::NotAllowed`].
pub fn right(caller: &Caller, reach: &Reach, managers: ManagerRefunds, payment: &Payment, now: Millis) -> Result<RefundRight, NoRight> {
    let is_payee = reach.holds(payment.tenant, payment.payee);
    RefundRight::of(caller.role, is_payee, managers, payment, now)
}

/// Returns all the money of a payment that is kept apart: another amount than was asked, or what the channel failed to return
/// before. `by`: the administrator who decides it, nobody for an operator at the machine. The worker of a running server pushes it
/// to the channel.
///
/// # Errors
/// [`AskError`]; then nothing was set aside.
pub async fn return_kept(
    store: &Store,
    clock: &Clock,
    tenant: TenantId,
    payment: PaymentId,
    by: Option<Caller>,
) -> Result<Vec<Refund>, AskError> {
    let mut returned = vec![];
    loop {
        let now = clock();
        let no = OutRefundNo::of_request(fresh::uuid(now));
        match store.write(ReturnKept { tenant, payment, by, no, seed: fresh::uuid(now), now }).await? {
            Ok(refund) => returned.push(refund),
            // Each attempt's money goes back by itself; what went before stays on its way.
            Err(_) if !returned.is_empty() => return Ok(returned),
            Err(refusal) => return Err(refusal),
        }
    }
}

impl Refunds {
    /// Sets money aside for a refund, as [`ask`] does.
    ///
    /// # Errors
    /// [`AskError`]; then nothing was set aside.
    pub async fn ask(&self, asked: Ask) -> Result<Refund, AskError> {
        ask(&self.store, &self.clock, asked).await
    }

    /// Pushes a refund that is due: asks for it while the channel may not know it, asks about it afterwards.
    ///
    /// # Errors
    /// When the store does not take what the channel said.
    pub async fn push(&self, due: &StoredRefund) -> Result<(), StoreError> {
        let refund = &due.refund;
        let word = match self.channel_word(refund).await {
            Ok(word) => word,
            Err(error) => {
                tracing::warn!(no = %refund.no, %error, "the channel gave no word about a refund");
                if let ChannelError::Refused { code, .. } = error {
                    self.note_refusal(refund, code).await?;
                }
                return self.put_off(due).await;
            }
        };
        self.hear(&refund.attempt, &refund.no, &word, None).await?;
        self.put_off(due).await
    }

    async fn channel_word(&self, refund: &Refund) -> Result<RefundWord, ChannelError> {
        use domain::refund::RefundState::{Asked, Unfunded};
        if matches!(refund.state, Asked | Unfunded) {
            return match self.channel.refund(refund).await {
                // A refusal of this call says nothing of an earlier one with the same number.
                Err(ChannelError::Refused { code, said, request_id }) => {
                    let advice = sentence(Locale::en, code, Listener::Administrator);
                    tracing::error!(no = %refund.no, code = code.key(), said, request_id, advice, "the channel refused a refund");
                    self.after_refusal(refund, code, said, request_id).await
                }
                other => other,
            };
        }
        match self.channel.query_refund(&refund.no).await? {
            Some(word) => Ok(word),
            None => self.channel.refund(refund).await,
        }
    }

    async fn after_refusal(
        &self,
        refund: &Refund,
        code: ChannelCode,
        said: String,
        request_id: Option<String>,
    ) -> Result<RefundWord, ChannelError> {
        match self.channel.query_refund(&refund.no).await? {
            Some(word) => Ok(word),
            // It stays asked for, and is asked for again; an administrator sees why it waits.
            None => Err(ChannelError::Refused { code, said, request_id }),
        }
    }

    /// The payee sees why a return waits, and who can mend it.
    async fn note_refusal(&self, refund: &Refund, code: ChannelCode) -> Result<(), StoreError> {
        let now = (self.clock)();
        let refused = Refused { tenant: refund.tenant, no: refund.no.clone(), code, id: fresh::uuid(now), now };
        if let Some(payee) = self.store.write(refused).await? {
            self.live.concern(refund.tenant, payee);
        }
        Ok(())
    }

    /// A refund that is not final is looked at again: soon at first, then ever more rarely (the same order at most once a
    /// minute, wechat-pay 2.7).
    async fn put_off(&self, due: &StoredRefund) -> Result<(), StoreError> {
        let pause_ms = match due.tries {
            ..=1 => 5_000,
            2..=3 => 60_000,
            4..=20 => 600_000,
            _ => 3_600_000,
        };
        let due_at = (self.clock)().plus_ms(pause_ms);
        self.store.write(PutOff { refund: due.refund.clone(), due_at }).await
    }

    /// Stores what the channel said about a refund, whichever way it came.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn hear(&self, attempt: &OutTradeNo, no: &OutRefundNo, word: &RefundWord, event: Option<Event>) -> Result<(), StoreError> {
        let now = (self.clock)();
        let command = Hear { attempt: attempt.clone(), no: no.clone(), word: word.clone(), event, seed: fresh::uuid(now), now };
        if let Some((tenant, payee)) = self.store.write(command).await? {
            self.live.concern(tenant, payee);
        }
        Ok(())
    }
}

struct SetAside {
    ask: Ask,
    no: OutRefundNo,
    seed: Uuid,
    now: Millis,
}

impl Command for SetAside {
    type Done = Result<Refund, AskError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Ask { tenant, payment, amount, reason, by, .. } = &self.ask;
        let Some(stored) = payments::load(tx, *tenant, *payment).await? else { return Ok(Err(AskError::NotFound)) };
        if by.is_some_and(|caller| caller.tenant != *tenant) {
            return Ok(Err(AskError::NotFound));
        }
        // Asked first: the same form again is the same refund, also where the right to another one is gone meanwhile.
        if let Some(StoredRefund { refund, .. }) = payments::load_refund(tx, *tenant, &self.no).await? {
            let is_same = refund.payment == *payment && refund.amount_fen == *amount && is_same_reason(&refund.reason, reason);
            return Ok(if is_same { Ok(refund) } else { Err(AskError::SentBefore(Box::new(refund))) });
        }
        let right = match by {
            Some(caller) => {
                let (reach, managers) = (Reach::of(tx, caller).await?, tenants::manager_refunds(tx, *tenant).await?);
                match right(caller, &reach, managers, &stored.payment, self.now) {
                    Ok(right) => Some(right),
                    Err(why) => return Ok(Err(why.into())),
                }
            }
            None => None,
        };
        if let Some(Err(why)) = right.map(|right| right.covers(*amount)) {
            return Ok(Err(why.into()));
        }
        let opening = match refund::open(&stored.payment, self.no.clone(), *amount, reason, self.now) {
            Ok(opening) => opening,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let by = by.map(|caller| caller.account);
        payments::save_refund_opening(tx, &stored, &opening, by, self.seed, self.now).await?;
        let actor = by.map_or(Actor::Operator, Actor::Account);
        let detail = json!({"payment": payment, "amount_fen": amount});
        audit::append(tx, *tenant, &Deed::new(self.now, actor, Act::AskRefund, &opening.refund.no, &detail)).await?;
        Ok(Ok(opening.refund))
    }
}

struct ReturnKept {
    tenant: TenantId,
    payment: PaymentId,
    by: Option<Caller>,
    no: OutRefundNo,
    seed: Uuid,
    now: Millis,
}

impl Command for ReturnKept {
    type Done = Result<Refund, AskError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        if self.by.is_some_and(|caller| caller.tenant != self.tenant || caller.role != Role::Administrator) {
            return Ok(Err(NoRight::NotAllowed.into()));
        }
        let Some(stored) = payments::load(tx, self.tenant, self.payment).await? else { return Ok(Err(AskError::NotFound)) };
        let refunds = payments::refunds_of(tx, self.tenant, self.payment).await?;
        let refunds: Vec<Refund> = refunds.into_iter().map(|stored| stored.refund).collect();
        let Some(of) = refund::kept(&stored.payment, &refunds).first().map(|attempt| attempt.no.clone()) else {
            return Ok(Err(RefundRefusal::NothingKept.into()));
        };
        let opening = match refund::open_kept(&stored.payment, &of, &refunds, self.no.clone(), self.now) {
            Ok(opening) => opening,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let by = self.by.map(|caller| caller.account);
        payments::save_refund_opening(tx, &stored, &opening, by, self.seed, self.now).await?;
        let Refund { no, amount_fen, cause, .. } = &opening.refund;
        let detail = json!({"payment": self.payment, "amount_fen": amount_fen, "cause": cause});
        let actor = by.map_or(Actor::Operator, Actor::Account);
        audit::append(tx, self.tenant, &Deed::new(self.now, actor, Act::AskRefund, no, &detail)).await?;
        Ok(Ok(opening.refund))
    }
}

struct Refused {
    tenant: TenantId,
    no: OutRefundNo,
    code: ChannelCode,
    id: Uuid,
    now: Millis,
}

impl Command for Refused {
    /// Whoever has something new to look at because of it.
    type Done = Option<AccountId>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Some(refund) = payments::load_refund(tx, self.tenant, &self.no).await?.map(|stored| stored.refund) else { return Ok(None) };
        let Some(concern) = Concern::of_refusal(&refund, self.code) else { return Ok(None) };
        let Some(stored) = payments::load(tx, self.tenant, refund.payment).await? else { return Ok(None) };
        // Of two that decide about one refund at once, one finds the payment changed and decides again.
        payments::update_payment(tx, &stored, &stored.payment).await?;
        let is_concern = concerns::put(tx, &stored.payment, &concern, self.id, self.now).await?;
        Ok(is_concern.then_some(stored.payment.payee))
    }
}

struct PutOff {
    refund: Refund,
    due_at: Millis,
}

impl Command for PutOff {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        payments::set_refund_due(tx, &self.refund, Some(self.due_at)).await
    }
}

struct Hear {
    attempt: OutTradeNo,
    no: OutRefundNo,
    word: RefundWord,
    event: Option<Event>,
    seed: Uuid,
    now: Millis,
}

impl Command for Hear {
    /// Whoever has something new to look at because of it.
    type Done = Option<(TenantId, AccountId)>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let found = payments::by_trade_no(tx, &self.attempt).await?;
        if let Some(event) = &self.event
            && !payments::keep_event(tx, event, found.map(|(tenant, _)| tenant), self.now).await?
        {
            return Ok(None);
        }
        let Some((tenant, payment)) = found else { return Ok(None) };
        let Some(stored) = payments::load(tx, tenant, payment).await? else { return Ok(None) };
        let Some(refund) = payments::load_refund(tx, tenant, &self.no).await? else { return Ok(None) };
        let next = refund::settle(&stored.payment, &refund.refund, &self.word);
        let is_concern = payments::save_refund(tx, &stored, &refund.refund, &next, self.seed, self.now).await?;
        Ok(is_concern.then_some((tenant, stored.payment.payee)))
    }
}

/// Lets an organisation's managers return so much by themselves from now on.
pub struct LetManagers {
    /// The organisation.
    pub tenant: TenantId,
    /// How much.
    pub managers: ManagerRefunds,
    /// Who decided it.
    pub by: Actor,
    /// When.
    pub now: Millis,
}

impl Command for LetManagers {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tenants::set_manager_refunds(tx, self.tenant, self.managers).await?;
        let detail = json!(self.managers);
        audit::append(tx, self.tenant, &Deed::new(self.now, self.by, Act::SetManagerRefunds, self.tenant, &detail)).await.map(drop)
    }
}

//! Collecting one payment: opening it, getting it ready at the channel, hearing what became of it.

use std::sync::Arc;

use app::Locale;
use app::channel::{Listener, sentence};
use app::pay::AmountError;
use aws_lc_rs::digest;
use domain::code::CodeRefusal;
use domain::form::{Answer, FieldError, Typed};
use domain::payment::{self, Attempt, AttemptKind, AttemptState, Standing, Trade};
use domain::receivable::Receivable;
use domain::{AccountId, ChannelCode, Code, Fen, Millis, OutTradeNo, Payment, PaymentId, PaymentState, TenantId};
use uuid::Uuid;

use crate::channels::{Channel, ChannelError, Closing, Created, NewOrder};
use crate::clock::Clock;
use crate::fresh;
use crate::live::{Hub, LiveArrival};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::codes::FoundCode;
use crate::store::payments::{self, Event, Stored, Ticket};
use crate::store::{Command, Store, StoreError, Tx, audit, photos};

/// How long the channel's last word about an attempt is fresh enough not to ask again while a payer waits.
const FRESH_MS: i64 = 1_500;

/// How often an order waits for others of its payment to be closed before the payer is told that the channel does not answer.
const MOST_ROUNDS: usize = 3;

/// How many payments of one debt are looked through for a form that is sent again, newest first.
const MOST_SENT_BEFORE: i64 = 200;

/// Everything that collecting a payment needs.
#[derive(Clone)]
pub struct Payments {
    /// The database.
    pub store: Store,
    /// The payment channel.
    pub channel: Arc<dyn Channel>,
    /// The time.
    pub clock: Clock,
    /// Whoever is shown arrivals as they come.
    pub live: Hub,
    /// How long a payer may take to pay.
    pub expires_ms: i64,
}

/// What a payer sent.
#[derive(Debug, Clone)]
pub struct Submit {
    /// The amount as typed, in yuan; empty for codes of a fixed amount.
    pub amount: String,
    /// The form as typed.
    pub typed: Typed,
    /// The number that the browser gave this submit: the same number and content is the same payment.
    pub idem: String,
    /// Who pays, if the browser is known already.
    pub payer: Option<String>,
    /// When the page was opened that sends this, if that is proved.
    pub opened_at: Option<Millis>,
}

/// Why no payment was opened.
#[derive(Debug)]
pub enum OpenRefusal {
    /// The code cannot be paid through.
    Code(CodeRefusal),
    /// Something typed is wrong; everything typed is shown again.
    Fields {
        /// The amount.
        amount: Option<AmountError>,
        /// The form.
        fields: Vec<FieldError>,
    },
    /// The store did not take it.
    Store(StoreError),
}

/// How far a payment is from being payable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// The payer can pay with this prepay id or code URL.
    Ready(String),
    /// The channel refused.
    Refused(ChannelCode),
    /// The channel did not answer, or not clearly. The same order is asked for again.
    Unknown,
    /// The channel takes no more orders at this moment. The same order is asked for again.
    Busy,
    /// It is no longer to be paid: paid, closed or held meanwhile.
    Over,
}

/// What a payer who waits is told.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The payment as it stands now.
    pub stored: Stored,
    /// What to tell.
    pub standing: Standing,
}

impl Payments {
    /// Opens a payment through `found`, or finds the one that the same submit opened before.
    ///
    /// # Errors
    /// [`OpenRefusal`] with everything that is wrong at once.
    pub async fn open(&self, found: &FoundCode, submit: &Submit) -> Result<(TenantId, PaymentId), OpenRefusal> {
        let now = (self.clock)();
        let (amount_fen, answers) = self.check(found, submit)?;
        let new = self.new_payment(found, submit, amount_fen, answers, now);
        let (tenant, code) = (new.payment.tenant, new.payment.code);
        let idem = new.idem.clone();
        match self.store.write(Open { new }).await {
            Ok(payment) => Ok((tenant, payment)),
            // Another instance stored the same submit between our look and our insert.
            Err(StoreError::Duplicate) => {
                self.earlier(tenant, code, &idem).await.map(|payment| (tenant, payment)).map_err(OpenRefusal::Store)
            }
            Err(error) => Err(OpenRefusal::Store(error)),
        }
    }

    /// The payment that the same submit opened before, whatever its code takes by now: the payer went back and sent the form again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sent_before(&self, found: &FoundCode, submit: &Submit) -> Result<Option<Stored>, StoreError> {
        let (tenant, code) = (found.code.tenant, found.code.id);
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        if found.debt.is_some() {
            // How much the form asked for is not known any more: what is owed changed with the payment. Each payment's own content
            // tells whether it was opened under this number.
            let typed = Some(submit.amount.trim()).filter(|typed| !typed.is_empty()).map(Fen::parse_yuan);
            let opened = payments::of_code(tx, tenant, code, MOST_SENT_BEFORE).await?;
            let same = opened.into_iter().find(|(_, idem, amount_fen, answers)| {
                typed.is_none_or(|typed| typed == Ok(*amount_fen)) && identity(&submit.idem, *amount_fen, answers) == *idem
            });
            return match same {
                Some((payment, ..)) => payments::load(tx, tenant, payment).await,
                None => Ok(None),
            };
        }
        let answers = found.code.form.check_with_presets(&submit.typed, &found.code.presets);
        let (Ok(amount_fen), Ok(answers)) = (amount_of(&found.code, &submit.amount), answers) else { return Ok(None) };
        match payments::by_idem(tx, tenant, code, &identity(&submit.idem, amount_fen, &answers)).await? {
            Some(payment) => payments::load(tx, tenant, payment).await,
            None => Ok(None),
        }
    }

    /// Whether a submit could be opened: the amount to collect and the answers to keep.
    ///
    /// # Errors
    /// [`OpenRefusal`] with everything that is wrong at once.
    pub fn check(&self, found: &FoundCode, submit: &Submit) -> Result<(Fen, Vec<Answer>), OpenRefusal> {
        let code = &found.code;
        let now = (self.clock)();
        found.takes(submit.opened_at, now).map_err(OpenRefusal::Code)?;
        match (amount_of(code, &submit.amount), code.form.check_with_presets(&submit.typed, &code.presets)) {
            (Ok(amount), Ok(mut answers)) => {
                answers.extend(found.debt.as_ref().map(|debt| debtor_answer(&debt.receivable)));
                Ok((amount, answers))
            }
            (amount, answers) => Err(OpenRefusal::Fields { amount: amount.err(), fields: answers.err().unwrap_or_default() }),
        }
    }

    fn new_payment(&self, found: &FoundCode, submit: &Submit, amount_fen: Fen, answers: Vec<Answer>, now: Millis) -> Stored {
        let code = &found.code;
        let payment = Payment {
            tenant: code.tenant,
            id: PaymentId::of(fresh::uuid(now)),
            code: code.id,
            payee: code.payee,
            amount_fen,
            state: PaymentState::Open,
            opened_at_ms: now,
            expires_at_ms: now.plus_ms(self.expires_ms),
            paid_at_ms: None,
            refunding_fen: Fen::ZERO,
            refunded_fen: Fen::ZERO,
            refund_count: 0,
            attempts: vec![],
        };
        Stored {
            payment,
            idem: identity(&submit.idem, amount_fen, &answers),
            answers,
            form_version: code.form.version,
            code_token: found.token.clone(),
            payer: submit.payer.clone(),
            subject: subject(&found.merchant.name, &code.name),
            receipt_token: fresh::token(),
            tickets: vec![],
            revision: 0,
        }
    }

    async fn earlier(&self, tenant: TenantId, code: domain::CodeId, idem: &str) -> Result<PaymentId, StoreError> {
        let mut conn = self.store.read().await?;
        payments::by_idem(&mut conn.tx(), tenant, code, idem).await?.ok_or(StoreError::Duplicate)
    }

    /// The payment, or `None`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(&self, tenant: TenantId, id: PaymentId) -> Result<Option<Stored>, StoreError> {
        let mut conn = self.store.read().await?;
        payments::load(&mut conn.tx(), tenant, id).await
    }

    /// The payment that an address names, or `None`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn by_address(&self, id: PaymentId) -> Result<Option<Stored>, StoreError> {
        let mut conn = self.store.read().await?;
        match payments::tenant_of(&mut conn.tx(), id).await? {
            Some(tenant) => payments::load(&mut conn.tx(), tenant, id).await,
            None => Ok(None),
        }
    }

    /// Notes who pays; the first identity stays.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn set_payer(&self, stored: &Stored, openid: &str) -> Result<(), StoreError> {
        let command = SetPayer { tenant: stored.payment.tenant, payment: stored.payment.id, openid: openid.to_owned() };
        self.store.write(command).await
    }

    /// Gets the payment ready to be paid in this way. Asking again is harmless: the same order is used while it lives.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn prepare(&self, stored: &Stored, kind: AttemptKind) -> Result<Prepared, StoreError> {
        let now = (self.clock)();
        if stored.payment.state != PaymentState::Open || now >= stored.payment.expires_at_ms {
            return Ok(Prepared::Over);
        }
        let attempt = match stored.live(kind) {
            Some((_, Ticket { ticket: Some(ticket), .. })) => return Ok(Prepared::Ready(ticket.clone())),
            Some((attempt, _)) => attempt.clone(),
            None => match self.add_attempt(stored, kind, now).await? {
                Some(attempt) => attempt,
                None => return Ok(Prepared::Over),
            },
        };
        self.ask_for_ticket(stored, &attempt).await
    }

    /// One order is payable at a time (H22): what could be paid another way is closed first, then the new attempt is stored.
    async fn add_attempt(&self, stored: &Stored, kind: AttemptKind, now: Millis) -> Result<Option<Attempt>, StoreError> {
        for attempt in stored.payment.attempts.iter().filter(|attempt| attempt.state.is_live()) {
            self.close_attempt(stored, &attempt.no).await?;
        }
        let no =
            if stored.payment.attempts.is_empty() { OutTradeNo::first(stored.payment.id) } else { OutTradeNo::later(fresh::uuid(now)) };
        let attempt = Attempt { no, kind, state: AttemptState::Unknown, transaction: None, received_fen: None };
        let command = AddAttempt { tenant: stored.payment.tenant, payment: stored.payment.id, attempt, now };
        self.store.write(command).await
    }

    async fn ask_for_ticket(&self, stored: &Stored, attempt: &Attempt) -> Result<Prepared, StoreError> {
        let order = NewOrder {
            no: attempt.no.clone(),
            kind: attempt.kind,
            description: stored.subject.clone(),
            amount_fen: stored.payment.amount_fen,
            expires_at_ms: stored.payment.expires_at_ms,
            openid: stored.payer.clone(),
            // A repeated order must be the same in everything, and a phone's address changes between two tries.
            payer_ip: None,
            attach: None,
        };
        match self.channel.create(&order).await {
            Ok(Created::Prepay { prepay_id: ticket } | Created::CodeUrl { code_url: ticket }) => {
                self.take_ticket(stored, attempt, ticket).await
            }
            Ok(Created::AlreadyPaid) => {
                self.ask(&attempt.no).await?;
                Ok(Prepared::Over)
            }
            Err(ChannelError::Refused { code, said, request_id }) => {
                let advice = sentence(Locale::en, code, Listener::Administrator);
                tracing::warn!(no = %attempt.no, code = code.key(), said, request_id, advice, "the channel refused an order");
                self.refused(stored, attempt, code).await
            }
            Err(error) => {
                let advice = error.code().map(|code| sentence(Locale::en, code, Listener::Administrator));
                tracing::warn!(no = %attempt.no, %error, advice, "the channel did not answer for an order");
                Ok(if error.code() == Some(ChannelCode::FrequencyLimited) { Prepared::Busy } else { Prepared::Unknown })
            }
        }
    }

    /// The order exists. It is handed out once no other order of the payment can be paid: another device may have opened the
    /// payment at the same moment in another way, or closing may have failed before (H22).
    async fn take_ticket(&self, stored: &Stored, attempt: &Attempt, ticket: String) -> Result<Prepared, StoreError> {
        for _ in 0..MOST_ROUNDS {
            match self.note_ticket(stored, attempt, AttemptState::Ready, Some(ticket.clone())).await? {
                Noted::Kept => return Ok(Prepared::Ready(ticket)),
                Noted::Over => {
                    self.close_attempt(stored, &attempt.no).await?;
                    return Ok(Prepared::Over);
                }
                Noted::CloseFirst(others) => {
                    for no in others {
                        self.close_attempt(stored, &no).await?;
                    }
                }
            }
        }
        Ok(Prepared::Unknown)
    }

    /// A refusal speaks of this call only. An earlier call of the same number may have taken effect, which a query tells.
    async fn refused(&self, stored: &Stored, attempt: &Attempt, code: ChannelCode) -> Result<Prepared, StoreError> {
        match self.channel.query(&attempt.no).await {
            Ok(Trade::Missing) => {
                self.note_ticket(stored, attempt, AttemptState::Refused, None).await?;
                Ok(Prepared::Refused(code))
            }
            Ok(trade) => {
                self.hear(&attempt.no, &trade, None).await?;
                Ok(Prepared::Refused(code))
            }
            Err(_) => Ok(Prepared::Unknown),
        }
    }

    async fn note_ticket(
        &self,
        stored: &Stored,
        attempt: &Attempt,
        state: AttemptState,
        ticket: Option<String>,
    ) -> Result<Noted, StoreError> {
        let Payment { tenant, id: payment, .. } = stored.payment;
        let command = NoteTicket { tenant, payment, no: attempt.no.clone(), state, ticket, now: (self.clock)() };
        self.store.write(command).await
    }

    /// What a payer who waits is told. While the payment is open the channel itself is asked, because a notice may be lost (I1).
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn look(&self, stored: Stored) -> Result<Looked, StoreError> {
        let now = (self.clock)();
        if stored.payment.state != PaymentState::Open {
            return Ok(Looked { standing: stored.payment.standing(true), stored });
        }
        let mut answered = true;
        let attempts = stored.payment.attempts.iter().zip(&stored.tickets).filter(|(attempt, _)| attempt.state.is_live());
        for (attempt, ticket) in attempts {
            if ticket.heard_at_ms.is_some_and(|heard| now.since_ms(heard) < FRESH_MS) {
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

    async fn close_attempt(&self, stored: &Stored, no: &OutTradeNo) -> Result<(), StoreError> {
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

/// The amount to collect: the fixed one when the code has one and nothing else was sent.
fn amount_of(code: &Code, typed: &str) -> Result<Fen, AmountError> {
    match code.amount {
        domain::AmountRule::Fixed { amount_fen } if typed.trim().is_empty() => Ok(amount_fen),
        rule => rule.check(Fen::parse_yuan(typed).map_err(AmountError::Typed)?).map_err(AmountError::Refused),
    }
}

/// What makes a submit the same submit: the browser's number together with the content, so that going back and typing another amount
/// is another payment.
fn identity(number: &str, amount: Fen, answers: &[Answer]) -> String {
    let content = format!("{number}\n{amount}\n{answers:?}");
    hex(digest::digest(&digest::SHA256, content.as_bytes()).as_ref())
}

/// Who owes, on the receipt of a debt's payment: masked, because the receipt's link is passed on. The label is Chinese like all.
fn debtor_answer(debt: &Receivable) -> Answer {
    Answer::plain("debtor", "应缴人", &debt.debtor.masked_name())
}

/// What the payer reads at the channel, within its 127 bytes.
fn subject(merchant: &str, code: &str) -> String {
    let mut text = format!("{merchant}-{code}");
    while text.len() > 120 {
        text.pop();
    }
    text
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

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

/// Stores a new payment, or finds the one that the same submit opened before. What every payer's submit writes.
#[derive(Debug, Clone)]
pub struct Open {
    /// The payment.
    pub new: Stored,
}

impl Command for Open {
    type Done = PaymentId;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PaymentId, StoreError> {
        let payment = &self.new.payment;
        if !payments::insert_once(tx, &self.new).await? {
            let earlier = payments::by_idem(tx, payment.tenant, payment.code, &self.new.idem).await?;
            return earlier.ok_or(StoreError::Duplicate);
        }
        for photo in self.new.photos() {
            photos::attach(tx, payment.tenant, photo, payment.id).await?;
        }
        Ok(payment.id)
    }
}

struct SetPayer {
    tenant: TenantId,
    payment: PaymentId,
    openid: String,
}

impl Command for SetPayer {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        payments::set_payer(tx, self.tenant, self.payment, &self.openid).await
    }
}

struct AddAttempt {
    tenant: TenantId,
    payment: PaymentId,
    attempt: Attempt,
    now: Millis,
}

impl Command for AddAttempt {
    /// The attempt to use: this one, or one of the same kind that somebody else added first. `None` when the payment is over.
    type Done = Option<Attempt>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Attempt>, StoreError> {
        let Some(stored) = payments::load(tx, self.tenant, self.payment).await? else { return Ok(None) };
        if stored.payment.state != PaymentState::Open {
            return Ok(None);
        }
        if let Some((attempt, _)) = stored.live(self.attempt.kind) {
            return Ok(Some(attempt.clone()));
        }
        let mut attempt = self.attempt.clone();
        if stored.payment.attempts.iter().any(|other| other.no == attempt.no) {
            // Somebody else used the payment's own number meanwhile; the position makes another number of it.
            let position = stored.payment.attempts.len() as u128;
            attempt.no = OutTradeNo::later(Uuid::from_u128(self.payment.get().as_u128() ^ position));
        }
        payments::update_payment(tx, &stored, &stored.payment).await?;
        payments::insert_attempt(tx, &stored.payment, &attempt, stored.payment.attempts.len(), self.now).await?;
        Ok(Some(attempt))
    }
}

struct NoteTicket {
    tenant: TenantId,
    payment: PaymentId,
    no: OutTradeNo,
    state: AttemptState,
    ticket: Option<String>,
    now: Millis,
}

/// Whether a ticket may be handed out.
enum Noted {
    /// It may.
    Kept,
    /// These other orders of the payment can still be paid and are closed first.
    CloseFirst(Vec<OutTradeNo>),
    /// The payment, or this way of paying it, ended meanwhile.
    Over,
}

impl Command for NoteTicket {
    type Done = Noted;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Noted, StoreError> {
        if self.ticket.is_some() {
            let Some(stored) = payments::load(tx, self.tenant, self.payment).await? else { return Ok(Noted::Over) };
            let attempts = &stored.payment.attempts;
            let is_live = attempts.iter().any(|attempt| attempt.no == self.no && attempt.state.is_live());
            if stored.payment.state != PaymentState::Open || !is_live {
                return Ok(Noted::Over);
            }
            let others = attempts.iter().filter(|attempt| attempt.no != self.no && attempt.state == AttemptState::Ready);
            let others: Vec<OutTradeNo> = others.map(|attempt| attempt.no.clone()).collect();
            if !others.is_empty() {
                return Ok(Noted::CloseFirst(others));
            }
            // Of two that note at once, one finds the payment changed and decides again.
            payments::update_payment(tx, &stored, &stored.payment).await?;
        }
        payments::set_ticket(tx, self.tenant, &self.no, self.state, self.ticket.as_deref(), self.now).await?;
        Ok(Noted::Kept)
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
    /// A live attempt is asked about again later, whoever spoke about it now; a closed one twice more.
    async fn plan_next_query(&self, tx: &mut Tx<'_>, stored: &Stored, after: &Payment) -> Result<(), StoreError> {
        let mut attempts = after.attempts.iter().zip(&stored.tickets);
        let Some((attempt, ticket)) = attempts.find(|(attempt, _)| attempt.no == self.no) else { return Ok(()) };
        let pause_ms = match (attempt.state, ticket.closed_at_ms) {
            (state, _) if state.is_live() => Some(payment::query_pause_ms(self.now.since_ms(ticket.made_at_ms))),
            (AttemptState::Closed, Some(closed_at)) => payment::look_again_ms(self.now.since_ms(closed_at)),
            _ => return Ok(()),
        };
        let query_at = pause_ms.map(|pause_ms| self.now.plus_ms(pause_ms));
        payments::set_query(tx, after.tenant, &attempt.no, Some(self.now), query_at).await
    }
}

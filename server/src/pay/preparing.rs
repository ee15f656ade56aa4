//! Getting a payment ready to be paid: one order of it at a time is payable at the channel (H22).

use app::Locale;
use app::channel::{Listener, sentence};
use domain::payment::{Attempt, AttemptKind, AttemptState, Trade};
use domain::{ChannelCode, Millis, OutTradeNo, Payment, PaymentId, PaymentState, TenantId};
use uuid::Uuid;

use super::Payments;
use crate::channels::{ChannelError, Created, NewOrder};
use crate::fresh;
use crate::store::payments::{self, Stored, Ticket};
use crate::store::{Command, StoreError, Tx};

/// How often an order waits for others of its payment to be closed before the payer is told that the channel does not answer.
const MOST_ROUNDS: usize = 3;

/// How far a payment is from being payable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// The payer can pay.
    Ready {
        /// With this prepay id or code URL.
        ticket: String,
        /// Whether the channel gave it just now. Then nobody can have paid with it; with one that was handed out before, somebody may.
        is_new: bool,
    },
    /// The channel refused.
    Refused(ChannelCode),
    /// The channel did not answer, or not clearly. The same order is asked for again.
    Unknown,
    /// The channel takes no more orders at this moment. The same order is asked for again.
    Busy,
    /// It is no longer to be paid: paid, closed or held meanwhile.
    Over,
}

impl Payments {
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
            Some((_, Ticket { ticket: Some(ticket), .. })) => return Ok(Prepared::Ready { ticket: ticket.clone(), is_new: false }),
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
        // Outside WeChat nobody knows who pays, and each payment counts as somebody's.
        let payer = stored.payer.clone().unwrap_or_else(|| stored.payment.id.to_string());
        match self.channel.create(&order).await {
            Ok(Created::Prepay { prepay_id: ticket } | Created::CodeUrl { code_url: ticket }) => {
                self.sightings.note_orders(attempt.kind, &payer, None);
                self.take_ticket(stored, attempt, ticket).await
            }
            Ok(Created::AlreadyPaid) => {
                self.ask(&attempt.no).await?;
                Ok(Prepared::Over)
            }
            Err(ChannelError::Refused { code, said, request_id }) => {
                let advice = sentence(Locale::en, code, Listener::Administrator);
                tracing::warn!(no = %attempt.no, code = code.key(), said, request_id, advice, "the channel refused an order");
                self.sightings.note_orders(attempt.kind, &payer, Some(code));
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
                Noted::Kept => return Ok(Prepared::Ready { ticket, is_new: true }),
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

//! A payment: one collection of money from one payer, and what the channel's words make of it.
//!
//! A payment is tried by one or more attempts, each known to the channel by its own number. [`settle`] is the heart of the
//! product: a pure function from a payment and the channel's word about one attempt to everything that follows from it.

use serde::{Deserialize, Serialize};

use crate::ledger::{LedgerAccount, Transfer};
use crate::refund::{Refund, RefundCause};
use crate::{AccountId, CodeId, Fen, Millis, OutTradeNo, PaymentId, TenantId};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// May still be paid.
    Open,
    /// Paid: there is a receipt.
    Paid,
    /// Can no longer be paid, and was not. Final: money that comes later goes back by itself or is held at its attempt.
    Closed,
    /// Money came while it was open that is not the asked amount. That money is kept apart until a person decides; the right
    /// amount through another attempt still makes a receipt.
    Held,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// The channel was asked to create it and has not answered: it may exist there.
    Unknown,
    /// The channel created it; the payer can pay.
    Ready,
    /// The channel refused to create it.
    Refused,
    /// Closed at the channel without money.
    Closed,
    /// Paid, and the payment's receipt stands for it.
    Paid,
    /// Paid although the payment does not want it: a second success or money after closing, which goes back by itself, or a
    /// wrong amount that a person decided to return.
    Extra,
    /// Paid with another amount than was asked; held until a person decides (H8).
    Held,
}

impl AttemptState {
    /// Whether money may still come through it.
    pub const fn is_live(self) -> bool {
        matches!(self, AttemptState::Unknown | AttemptState::Ready)
    }

    /// Whether money came through it.
    pub const fn has_money(self) -> bool {
        matches!(self, AttemptState::Paid | AttemptState::Extra | AttemptState::Held)
    }
}

/// How the payer is asked to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// Inside WeChat, through the bridge (JSAPI).
    Jsapi,
    /// By scanning a code that the channel gave (Native).
    Native,
}

/// One try at collecting a payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Attempt {
    /// The channel's name for it.
    pub no: OutTradeNo,
    /// How the payer is asked.
    pub kind: AttemptKind,
    /// Where it stands.
    pub state: AttemptState,
    /// The channel's transaction number, once there is money.
    pub transaction: Option<String>,
    /// What actually came, once there is money.
    pub received_fen: Option<Fen>,
}

/// One collection of money from one payer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payment {
    /// The organisation.
    pub tenant: TenantId,
    /// The payment.
    pub id: PaymentId,
    /// The code through which it came.
    pub code: CodeId,
    /// Whose receipt it becomes.
    pub payee: AccountId,
    /// What is asked.
    pub amount_fen: Fen,
    /// Where it stands.
    pub state: PaymentState,
    /// When it was opened.
    pub opened_at_ms: Millis,
    /// From when on it is no longer offered to the payer.
    pub expires_at_ms: Millis,
    /// When the money came, by the channel's clock.
    pub paid_at_ms: Option<Millis>,
    /// Set aside for refunds that are under way.
    pub refunding_fen: Fen,
    /// Returned to the payer.
    pub refunded_fen: Fen,
    /// How many refunds were asked for in all; a channel allows 50 (wechat-pay 2.7).
    pub refund_count: u32,
    /// The attempts, oldest first.
    pub attempts: Vec<Attempt>,
}

/// The channel's word about one attempt, from a notice or from a query. Both take the same road.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "trade", rename_all = "snake_case")]
pub enum Trade {
    /// The channel knows no such order.
    Missing,
    /// It exists and no money came so far.
    NotPaid,
    /// Money came.
    Paid {
        /// The channel's transaction number.
        transaction: String,
        /// How much, as the order's total.
        amount_fen: Fen,
        /// Whether the currency is the one that was asked (CNY).
        is_cny: bool,
        /// When, by the channel's clock.
        at_ms: Millis,
    },
    /// It can no longer be paid there, and was not.
    Closed,
}

/// What people have to be told. Stored in the same transaction as the change and delivered afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum Message {
    /// The payee: money arrived.
    Arrived {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount_fen: Fen,
    },
    /// The payee and the payer: this much came once too often and goes back by itself.
    ExtraReturning {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount_fen: Fen,
        /// Why it goes back.
        cause: RefundCause,
    },
    /// The payee and the administrator: another amount came than was asked; it is held.
    Mismatch {
        /// The payment.
        payment: PaymentId,
        /// What was asked.
        asked_fen: Fen,
        /// What came.
        received_fen: Fen,
    },
    /// The administrator: the channel contradicts itself about an attempt.
    Contradiction {
        /// The payment.
        payment: PaymentId,
        /// What was said, in the channel's words.
        said: String,
    },
    /// The payee: a refund reached the payer.
    Refunded {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount_fen: Fen,
        /// Why it went back: only what the merchant returns takes away from sales. Rows that were stored before it was told
        /// are read as the merchant's.
        #[serde(default = "by_merchant")]
        cause: RefundCause,
    },
    /// The payee and the administrator: a refund needs a person (the payer's card is closed, or the refund was given up).
    RefundStuck {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount_fen: Fen,
        /// Whether the channel gave it up for good.
        given_up: bool,
    },
}

const fn by_merchant() -> RefundCause {
    RefundCause::Merchant
}

/// Everything that follows from one word of the channel. It is stored in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The payment afterwards.
    pub payment: Payment,
    /// Ledger transfers to book.
    pub transfers: Vec<Transfer>,
    /// Whether the payment became a receipt just now.
    pub is_new_receipt: bool,
    /// A refund that starts by itself.
    pub refund: Option<Refund>,
    /// Who is to be told what.
    pub messages: Vec<Message>,
}

impl Settlement {
    fn unchanged(payment: &Payment) -> Settlement {
        Settlement { payment: payment.clone(), transfers: vec![], is_new_receipt: false, refund: None, messages: vec![] }
    }
}

/// What a payment becomes when the channel says `trade` about its attempt `no`.
///
/// Any order and repetition of words ends in the same state: money is booked once per transaction, the first success is the
/// receipt, and every later one goes back by itself (I2). Money that comes through no live attempt after the end goes back too (H3),
/// whether or not the end was stored before: its payer may have been told that a new payment is safe. Words that contradict earlier
/// ones book nothing and are reported; the store reports each of them once, however often it is said.
///
/// # Panics
/// When the payment has no attempt `no`: the caller looked it up by that number.
pub fn settle(payment: &Payment, no: &OutTradeNo, trade: &Trade, now: Millis) -> Settlement {
    let index = payment.attempts.iter().position(|attempt| attempt.no == *no);
    let Some(index) = index else { panic!("payment {} has no attempt {no}", payment.id) };
    let mut next = Settlement::unchanged(payment);
    match trade {
        Trade::Paid { transaction, amount_fen, is_cny, at_ms } => {
            let arrival = Arrival { transaction, amount: *amount_fen, is_cny: *is_cny, at: *at_ms };
            next.payment.close_when_over(now);
            arrive(&mut next, index, &arrival, now);
        }
        Trade::Closed if payment.attempts[index].state.is_live() => {
            next.payment.attempts[index].state = AttemptState::Closed;
            next.payment.close_when_over(now);
        }
        // The order never reached the channel, or is gone from it. Before the end the payer may try it again.
        Trade::Missing if payment.attempts[index].state.is_live() && now >= payment.expires_at_ms => {
            next.payment.attempts[index].state = AttemptState::Closed;
            next.payment.close_when_over(now);
        }
        // Words that say less than what is known already: late, repeated or out of order.
        Trade::Closed | Trade::Missing | Trade::NotPaid => {}
    }
    next
}

struct Arrival<'a> {
    transaction: &'a str,
    amount: Fen,
    is_cny: bool,
    at: Millis,
}

fn arrive(next: &mut Settlement, index: usize, arrival: &Arrival<'_>, now: Millis) {
    let payment = &mut next.payment;
    let known = &payment.attempts[index];
    let contradiction = contradiction(payment, known, arrival);
    if known.state.has_money() || contradiction.is_some() {
        next.messages.extend(contradiction.map(|said| Message::Contradiction { payment: payment.id, said }));
        return;
    }
    let fits = arrival.is_cny && arrival.amount == payment.amount_fen;
    let wanted = matches!(payment.state, PaymentState::Open | PaymentState::Held);
    let (state, credit) = match (fits, wanted) {
        (false, _) => (AttemptState::Held, LedgerAccount::Suspense),
        (true, true) => (AttemptState::Paid, LedgerAccount::Collected(payment.payee)),
        (true, false) => (AttemptState::Extra, LedgerAccount::Suspense),
    };
    let attempt = &mut payment.attempts[index];
    attempt.state = state;
    attempt.transaction = Some(arrival.transaction.to_owned());
    attempt.received_fen = Some(arrival.amount);
    next.transfers.push(Transfer::arrival(arrival.transaction, credit, arrival.amount, payment.id));
    match state {
        AttemptState::Paid => {
            payment.state = PaymentState::Paid;
            payment.paid_at_ms = Some(arrival.at);
            next.is_new_receipt = true;
            next.messages.push(Message::Arrived { payment: payment.id, amount_fen: arrival.amount });
        }
        AttemptState::Extra => return_extra(next, index, now),
        _ => {
            // A closed payment stays closed, so that the order of two late arrivals does not matter.
            if payment.state == PaymentState::Open {
                payment.state = PaymentState::Held;
            }
            let (payment, asked_fen) = (payment.id, payment.amount_fen);
            next.messages.push(Message::Mismatch { payment, asked_fen, received_fen: arrival.amount });
        }
    }
}

/// What the channel says of this arrival that cannot be, given what it said before. Nothing is booked of such a word; a person
/// has to ask the channel what is true.
fn contradiction(payment: &Payment, known: &Attempt, arrival: &Arrival<'_>) -> Option<String> {
    let Arrival { transaction, amount, .. } = *arrival;
    let (no, received) = (&known.no, known.received_fen.unwrap_or_default());
    let namesake = payment.attempts.iter().find(|other| other.no != *no && other.transaction.as_deref() == Some(transaction));
    match (known.transaction.as_deref(), namesake) {
        (Some(first), _) if first != transaction => Some(format!("{no} was paid by {first} and by {transaction}")),
        (Some(_), _) if received != amount => {
            Some(format!("{no} was paid with {} fen and with {} fen by {transaction}", received.get(), amount.get()))
        }
        (Some(_), _) => None,
        (None, Some(other)) => Some(format!("{transaction} paid both {} and {no}", other.no)),
        (None, None) if !amount.is_positive() => Some(format!("{no} was paid with {} fen", amount.get())),
        (None, None) => None,
    }
}

fn return_extra(next: &mut Settlement, index: usize, now: Millis) {
    let payment = &next.payment;
    let cause = match payment.state {
        PaymentState::Closed => RefundCause::PaidAfterClose,
        _ => RefundCause::PaidTwice,
    };
    let refund = Refund::of_extra(payment, &payment.attempts[index], cause, now);
    next.transfers.push(Transfer::refund_hold(&refund.no, LedgerAccount::Suspense, refund.amount_fen, payment.id));
    next.messages.push(Message::ExtraReturning { payment: payment.id, amount_fen: refund.amount_fen, cause });
    next.refund = Some(refund);
}

impl Payment {
    /// Whether money came for it, receipt or not.
    pub fn has_money(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.state.has_money())
    }

    /// What can still be returned of it: nothing before it is paid.
    ///
    /// # Panics
    /// When more was returned than collected, which no sequence of events can bring about.
    pub fn refundable(&self) -> Fen {
        if self.state != PaymentState::Paid {
            return Fen::ZERO;
        }
        let left = self.amount_fen.minus(self.refunded_fen).and_then(|rest| rest.minus(self.refunding_fen));
        match left {
            Some(left) if left >= Fen::ZERO => left,
            _ => panic!("payment {} returned more than it collected", self.id),
        }
    }

    /// The attempt that made the receipt.
    pub fn paid_attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.state == AttemptState::Paid)
    }

    /// The attempt that the payer can still pay through, newest first.
    pub fn live_attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.state.is_live())
    }

    /// Ends an open payment whose time is over and through which no money can come any more.
    pub fn close_when_over(&mut self, now: Millis) {
        let can_come = self.attempts.iter().any(|attempt| attempt.state.is_live());
        if self.state == PaymentState::Open && now >= self.expires_at_ms && !can_come {
            self.state = PaymentState::Closed;
        }
    }

    /// What the payer may be told, given whether the channel answered just now.
    pub fn standing(&self, channel_answered: bool) -> Standing {
        let returned = self.amount_fen == self.refunded_fen;
        let has = |state| self.attempts.iter().any(|attempt| attempt.state == state);
        match self.state {
            PaymentState::Paid if returned => Standing::Refunded,
            PaymentState::Paid => Standing::Paid,
            PaymentState::Held => Standing::Held,
            PaymentState::Closed if has(AttemptState::Held) => Standing::Held,
            PaymentState::Closed if has(AttemptState::Extra) => Standing::Returned,
            PaymentState::Closed => Standing::NotPaid,
            PaymentState::Open if channel_answered => Standing::Pending,
            PaymentState::Open => Standing::Confirming,
        }
    }
}

/// What a payer is told; each word becomes a sentence (I1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The channel says that no money came so far. Paying this same order again is safe.
    Pending,
    /// Nobody knows yet. Do not pay again.
    Confirming,
    /// Paid.
    Paid,
    /// Closed without money. A new payment is safe.
    NotPaid,
    /// Another amount came than was asked; people look at it. Do not pay again.
    Held,
    /// Money came too late and goes back by itself.
    Returned,
    /// Paid, and returned in full by the merchant.
    Refunded,
}

/// How long a merchant may go by the channel's word that no money came, in milliseconds. A payer who says that they paid may have done
/// so since: an older word shows nothing, and the channel is asked anew (row C13).
pub const UNPAID_WORD_MS: i64 = 15_000;

/// How long after an attempt was made the channel is asked about it, for as long as it is live: quickly at first, because a
/// lost notice should be found while the payer still looks at the screen, and every half minute later (wechat-pay 2.6).
pub const fn query_pause_ms(age_ms: i64) -> i64 {
    match age_ms {
        ..10_000 => 5_000,
        10_000..60_000 => 10_000,
        60_000..600_000 => 30_000,
        600_000..7_200_000 => 120_000,
        _ => 600_000,
    }
}

/// How long from now a closed attempt is looked at again, by how long ago it was closed: once after an hour and once after a day.
///
/// Money can come through an order that was closed a moment too late, and its notice can be lost (H3, H9). Whatever was paid in
/// the last moment is there after an hour; a day covers what the channel itself repaired overnight. Two questions for each
/// abandoned order are all that it costs.
pub const fn look_again_ms(since_closed_ms: i64) -> Option<i64> {
    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 86_400_000;
    match since_closed_ms {
        ..HOUR_MS => Some(HOUR_MS - since_closed_ms),
        HOUR_MS..DAY_MS => Some(DAY_MS - since_closed_ms),
        _ => None,
    }
}

//! What a manager has to know of money that did not simply arrive or go back: a second payment, a wrong amount, a return that
//! is stuck, a channel that contradicts itself.
//!
//! A concern is about one thing (an attempt's money, a refund, a word of the channel) and says where that thing stands. It
//! follows from the same settlement as the ledger's entries and is stored in the same transaction, so both people are told the
//! same. It stays open until its payee has seen it and, where somebody has to act, until that was done.

use serde::{Deserialize, Serialize};

use crate::payment::{AttemptState, Message, Settlement};
use crate::refund::{Refund, RefundCause, RefundOpening, RefundSettlement, RefundState};
use crate::{ChannelCode, Fen, OutTradeNo, Payment, PaymentId};

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConcernKind {
    /// The payer paid the same payment twice; the second money goes back by itself.
    PaidTwice,
    /// Money came after the payment had been closed; it goes back by itself.
    PaidAfterClose,
    /// Another amount came than was asked; it is kept apart until a person decides.
    WrongAmount,
    /// A refund that the merchant asked for does not get through.
    Refund,
    /// The channel contradicts itself; nothing was booked of it.
    Contradiction,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConcernState {
    /// The money is kept apart.
    Held,
    /// The money is on its way back.
    Returning,
    /// The channel does not take the return at present; it is asked again with the same number.
    Blocked,
    /// The channel cannot bring the money to the payer; a person has to act there.
    Stuck,
    /// The payer has the money.
    Returned,
    /// The channel gave the return up; the money is where it was before.
    GivenUp,
    /// It is told, and nothing moves.
    Noted,
}

/// Something that the payee of a payment has to know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Concern {
    /// The payment.
    pub payment: PaymentId,
    /// The one thing that it is about, unique within the payment: the attempt's number, the refund's number, or what was said.
    pub subject: String,
    /// What it is about.
    pub kind: ConcernKind,
    /// Where it stands.
    pub state: ConcernState,
    /// How much money; for a contradiction the payment's amount.
    pub amount_fen: Fen,
    /// Why the channel does not take a return, while it is blocked.
    pub why: Option<ChannelCode>,
}

impl ConcernKind {
    const fn of_cause(cause: RefundCause) -> ConcernKind {
        match cause {
            RefundCause::PaidTwice => ConcernKind::PaidTwice,
            RefundCause::PaidAfterClose => ConcernKind::PaidAfterClose,
            RefundCause::WrongAmount => ConcernKind::WrongAmount,
            RefundCause::Merchant => ConcernKind::Refund,
        }
    }
}

impl ConcernState {
    /// Whether an operator has to act before it is over. A refund that was given up left its money with the merchant, so only
    /// money that belongs to nobody still waits for somebody then.
    pub const fn needs_operator(self, kind: ConcernKind) -> bool {
        match self {
            ConcernState::Held | ConcernState::Blocked | ConcernState::Stuck => true,
            ConcernState::GivenUp => !matches!(kind, ConcernKind::Refund),
            ConcernState::Returning | ConcernState::Returned | ConcernState::Noted => false,
        }
    }

    /// Whether coming into this state is worth another look of somebody who has seen the concern before.
    pub const fn is_news(self) -> bool {
        !matches!(self, ConcernState::Returning | ConcernState::Returned)
    }
}

impl Concern {
    /// Whether it begins in this state. What a refund does as it should is no concern; it only ends one.
    pub const fn begins(&self) -> bool {
        !matches!((self.kind, self.state), (ConcernKind::Refund, ConcernState::Returning | ConcernState::Returned))
    }

    /// Whether an operator has to act before it is over.
    pub const fn needs_operator(&self) -> bool {
        self.state.needs_operator(self.kind)
    }

    /// What the channel's refusal to take a return means to the payee; `None` when it passes by itself.
    pub fn of_refusal(refund: &Refund, code: ChannelCode) -> Option<Concern> {
        let is_waiting = matches!(refund.state, RefundState::Asked | RefundState::Unfunded);
        (is_waiting && code.is_final()).then(|| Concern { why: Some(code), ..Concern::of_refund(refund, ConcernState::Blocked) })
    }

    /// Whether it tells that the channel refused, in words of its own, to take this return.
    pub fn is_refusal_of(&self, refund: &Refund) -> bool {
        let blocked = Concern::of_refund(refund, ConcernState::Blocked);
        self.subject == blocked.subject && self.state == blocked.state && self.why.is_some()
    }

    fn of_refund(refund: &Refund, state: ConcernState) -> Concern {
        let kind = ConcernKind::of_cause(refund.cause);
        let subject = if kind == ConcernKind::Refund { refund.no.to_string() } else { refund.attempt.to_string() };
        Concern { payment: refund.payment, subject, kind, state, amount_fen: refund.amount_fen, why: None }
    }
}

/// What follows for the payee from one word about an attempt.
pub fn of_settlement(before: &Payment, next: &Settlement) -> Vec<Concern> {
    let mut concerns = contradictions(before, &next.messages);
    concerns.extend(next.refund.iter().map(|refund| Concern::of_refund(refund, ConcernState::Returning)));
    let was_held = |no| before.attempts.iter().any(|known| known.no == no && known.state == AttemptState::Held);
    let held = next.payment.attempts.iter().filter(|attempt| attempt.state == AttemptState::Held && !was_held(attempt.no.clone()));
    concerns.extend(held.map(|attempt| Concern {
        payment: before.id,
        subject: attempt.no.to_string(),
        kind: ConcernKind::WrongAmount,
        state: ConcernState::Held,
        amount_fen: attempt.received_fen.unwrap_or_default(),
        why: None,
    }));
    concerns
}

/// What follows for the payee from one word about a refund.
pub fn of_refund_settlement(before: &Refund, next: &RefundSettlement) -> Vec<Concern> {
    let mut concerns = contradictions(&next.payment, &next.messages);
    let refund = &next.refund;
    if refund.state != before.state {
        concerns.push(match refund.state {
            RefundState::Unfunded => Concern { why: Some(ChannelCode::NotEnough), ..Concern::of_refund(refund, ConcernState::Blocked) },
            RefundState::Asked | RefundState::Processing => Concern::of_refund(refund, ConcernState::Returning),
            RefundState::Abnormal => Concern::of_refund(refund, ConcernState::Stuck),
            RefundState::Done => Concern::of_refund(refund, ConcernState::Returned),
            RefundState::GivenUp => Concern::of_refund(refund, ConcernState::GivenUp),
        });
    }
    concerns
}

/// What follows for the payee when a return is asked for.
pub fn of_opening(opening: &RefundOpening) -> Concern {
    Concern::of_refund(&opening.refund, ConcernState::Returning)
}

/// What follows when the channel speaks of a refund that nobody asked for here: it was made elsewhere, such as on the channel's own
/// platform. Nothing is booked of it. However it stands there, it is one thing to tell.
pub fn of_other_refund(payment: &Payment, attempt: &OutTradeNo, no: &str, amount: Fen) -> (Vec<Concern>, Message) {
    let said = format!("refund {no} of {} fen of {attempt} was not asked for here", amount.get());
    let message = Message::Contradiction { payment: payment.id, said };
    (contradictions(payment, std::slice::from_ref(&message)), message)
}

fn contradictions(payment: &Payment, messages: &[Message]) -> Vec<Concern> {
    let said = messages.iter().filter_map(|message| match message {
        Message::Contradiction { said, .. } => Some(said),
        _ => None,
    });
    let concern = |said: &String| Concern {
        payment: payment.id,
        subject: said.clone(),
        kind: ConcernKind::Contradiction,
        state: ConcernState::Noted,
        amount_fen: payment.amount_fen,
        why: None,
    };
    said.map(concern).collect()
}

//! Refunds: accepted is not returned. Money is set aside when a refund is asked for and leaves when the channel confirms.

use serde::{Deserialize, Serialize};

use crate::ledger::{LedgerAccount, Transfer};
use crate::payment::{Attempt, AttemptState, Message};
use crate::{Fen, Millis, OutRefundNo, OutTradeNo, Payment, PaymentId, PaymentState, TenantId};

/// Refunds that a channel accepts for one order (wechat-pay 2.7).
pub const MOST_REFUNDS: u32 = 50;

/// How long after payment a refund can be asked for: 365 days (row B70).
pub const REFUND_WINDOW_MS: i64 = 365 * 86_400_000;

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// The payer paid the same payment twice.
    PaidTwice,
    /// The money came after the payment had been closed and the payer told so.
    PaidAfterClose,
    /// Another amount came than was asked, and a person decided to return it.
    WrongAmount,
    /// Somebody of the merchant asked for it.
    Merchant,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Asked for here; the channel has not confirmed that it knows it. Asked again with the same number.
    Asked,
    /// The channel accepted it and works on it.
    Processing,
    /// The merchant's balance at the channel is too low; asked again with the same number (H24).
    Unfunded,
    /// The payer's card or account cannot receive it; a person has to act at the channel.
    Abnormal,
    /// The payer has the money.
    Done,
    /// The channel gave it up. What was set aside is free again.
    GivenUp,
}

impl RefundState {
    /// Whether nothing more happens by itself or by the channel.
    pub const fn is_final(self) -> bool {
        matches!(self, RefundState::Done | RefundState::GivenUp)
    }
}

/// One return of money to a payer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refund {
    /// The organisation.
    pub tenant: TenantId,
    /// The channel's name for it, the same on every retry.
    pub no: OutRefundNo,
    /// The payment.
    pub payment: PaymentId,
    /// The attempt whose money goes back.
    pub attempt: OutTradeNo,
    /// What the attempt had received in all; the channel wants to hear it.
    pub received_fen: Fen,
    /// How much goes back.
    pub amount_fen: Fen,
    /// Why.
    pub cause: RefundCause,
    /// What the payer reads as reason, at most 80 characters.
    pub reason: String,
    /// Where it stands.
    pub state: RefundState,
    /// When it was asked for.
    pub asked_at_ms: Millis,
}

/// Why a refund cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum RefundRefusal {
    /// There is no money to return.
    #[error("not paid")]
    NotPaid,
    /// Zero or less.
    #[error("not positive")]
    NotPositive,
    /// More than is left.
    #[error("more than is left")]
    MoreThanLeft {
        /// What can still be returned.
        left_fen: Fen,
    },
    /// The channel takes no refunds that late.
    #[error("too late")]
    TooLate,
    /// The channel takes no more refunds for this payment.
    #[error("too many refunds")]
    TooMany,
    /// No money of it is kept apart, or what was is on its way back already.
    #[error("no money of it is kept apart")]
    NothingKept,
    /// It can still be paid in another way; what is kept apart waits until that is over.
    #[error("it can still be paid in another way; ask again when its time is over")]
    StillPayable,
}

/// A refund that may be stored: it, the payment with the money set aside, and the booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOpening {
    /// The payment afterwards.
    pub payment: Payment,
    /// The refund.
    pub refund: Refund,
    /// The booking.
    pub transfer: Transfer,
}

impl Refund {
    /// The automatic return of an attempt's money that nobody wants.
    ///
    /// # Panics
    /// When no money came through the attempt.
    pub fn of_extra(payment: &Payment, attempt: &Attempt, cause: RefundCause, now: Millis) -> Refund {
        let Some(received_fen) = attempt.received_fen else { panic!("attempt {} received nothing", attempt.no) };
        Refund {
            tenant: payment.tenant,
            no: OutRefundNo::of_extra(&attempt.no),
            payment: payment.id,
            attempt: attempt.no.clone(),
            received_fen,
            amount_fen: received_fen,
            cause,
            reason: match cause {
                RefundCause::PaidTwice => "重复付款，自动退回".to_owned(),
                RefundCause::PaidAfterClose => "订单已关闭，自动退回".to_owned(),
                RefundCause::WrongAmount => "金额不符，原路退回".to_owned(),
                RefundCause::Merchant => "退款".to_owned(),
            },
            state: RefundState::Asked,
            asked_at_ms: now,
        }
    }

    /// Where the money is taken from here.
    fn source(&self, payment: &Payment) -> LedgerAccount {
        match self.cause {
            RefundCause::Merchant => LedgerAccount::Collected(payment.payee),
            RefundCause::PaidTwice | RefundCause::PaidAfterClose | RefundCause::WrongAmount => LedgerAccount::Suspense,
        }
    }
}

/// Asks for `amount` of a paid payment to go back; the first rule that is missed is named.
///
/// # Errors
/// [`RefundRefusal`], in the order not paid, amount, window, count, what is left.
pub fn open(payment: &Payment, no: OutRefundNo, amount: Fen, reason: &str, now: Millis) -> Result<RefundOpening, RefundRefusal> {
    let (Some(attempt), PaymentState::Paid, Some(paid_at)) = (payment.paid_attempt(), payment.state, payment.paid_at_ms) else {
        return Err(RefundRefusal::NotPaid);
    };
    if !amount.is_positive() {
        return Err(RefundRefusal::NotPositive);
    }
    if now.since_ms(paid_at) > REFUND_WINDOW_MS {
        return Err(RefundRefusal::TooLate);
    }
    if payment.refund_count >= MOST_REFUNDS {
        return Err(RefundRefusal::TooMany);
    }
    let left_fen = payment.refundable();
    if amount > left_fen {
        return Err(RefundRefusal::MoreThanLeft { left_fen });
    }
    let refund = Refund {
        tenant: payment.tenant,
        no,
        payment: payment.id,
        attempt: attempt.no.clone(),
        received_fen: payment.amount_fen,
        amount_fen: amount,
        cause: RefundCause::Merchant,
        reason: reason.chars().take(80).collect(),
        state: RefundState::Asked,
        asked_at_ms: now,
    };
    let transfer = Transfer::refund_hold(&refund.no, refund.source(payment), amount, payment.id);
    let mut payment = payment.clone();
    payment.refunding_fen = sum(payment.refunding_fen, amount);
    payment.refund_count += 1;
    Ok(RefundOpening { payment, refund, transfer })
}

/// The attempts whose money is kept apart and not on its way back: another amount than was asked, or money that the channel
/// failed to return. `refunds` are all of the payment.
pub fn kept<'a>(payment: &'a Payment, refunds: &[Refund]) -> Vec<&'a Attempt> {
    let is_under_way =
        |attempt: &Attempt| refunds.iter().any(|refund| refund.attempt == attempt.no && refund.state != RefundState::GivenUp);
    let is_kept = |attempt: &&Attempt| match attempt.state {
        AttemptState::Held => true,
        AttemptState::Extra => !is_under_way(attempt),
        _ => false,
    };
    payment.attempts.iter().filter(is_kept).collect()
}

/// Returns all the money of an attempt that is kept apart. `refunds` are all of the payment. A payment that was only held is
/// closed by this: its payer is told that the money goes back, and may begin anew.
///
/// # Errors
/// [`RefundRefusal`], in the order nothing kept, still payable, window, count. When the money came is not known for every such
/// attempt, so the window counts from the opening of the payment, which was minutes earlier.
pub fn open_kept(
    payment: &Payment,
    of: &OutTradeNo,
    refunds: &[Refund],
    no: OutRefundNo,
    now: Millis,
) -> Result<RefundOpening, RefundRefusal> {
    let Some(attempt) = kept(payment, refunds).into_iter().find(|attempt| attempt.no == *of) else {
        return Err(RefundRefusal::NothingKept);
    };
    if payment.state == PaymentState::Held && payment.attempts.iter().any(|other| other.state.is_live()) {
        return Err(RefundRefusal::StillPayable);
    }
    if now.since_ms(payment.opened_at_ms) > REFUND_WINDOW_MS {
        return Err(RefundRefusal::TooLate);
    }
    let earlier = || refunds.iter().filter(|refund| refund.attempt == *of);
    if earlier().count() >= MOST_REFUNDS as usize {
        return Err(RefundRefusal::TooMany);
    }
    let cause = earlier().next_back().map_or(RefundCause::WrongAmount, |refund| refund.cause);
    let refund = Refund { no, ..Refund::of_extra(payment, attempt, cause, now) };
    let transfer = Transfer::refund_hold(&refund.no, LedgerAccount::Suspense, refund.amount_fen, payment.id);
    let mut payment = payment.clone();
    for attempt in payment.attempts.iter_mut().filter(|attempt| attempt.no == *of) {
        attempt.state = AttemptState::Extra;
    }
    if payment.state == PaymentState::Held && !payment.attempts.iter().any(|attempt| attempt.state == AttemptState::Held) {
        payment.state = PaymentState::Closed;
    }
    Ok(RefundOpening { payment, refund, transfer })
}

/// The channel's word about a refund, from its answer, a notice or a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundWord {
    /// Accepted, under way.
    Processing,
    /// The merchant's balance there is too low.
    Unfunded,
    /// The payer's account cannot receive it.
    Abnormal,
    /// Returned.
    Done,
    /// Given up.
    Closed,
}

/// Everything that follows from one word about a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundSettlement {
    /// The payment afterwards.
    pub payment: Payment,
    /// The refund afterwards.
    pub refund: Refund,
    /// Ledger transfers to book.
    pub transfers: Vec<Transfer>,
    /// Who is to be told what.
    pub messages: Vec<Message>,
}

/// What a refund becomes when the channel says `word`. Final states stay; late and repeated words change nothing.
///
/// # Panics
/// When the refund belongs to another payment: the caller looked the payment up by the refund.
pub fn settle(payment: &Payment, refund: &Refund, word: &RefundWord) -> RefundSettlement {
    assert!(refund.payment == payment.id, "refund {} belongs to another payment than {}", refund.no, payment.id);
    let mut next = RefundSettlement { payment: payment.clone(), refund: refund.clone(), transfers: vec![], messages: vec![] };
    let state = match (refund.state, word) {
        (RefundState::Done, RefundWord::Closed) | (RefundState::GivenUp, RefundWord::Done) => {
            let said = format!("refund {} is {:?} and then {word:?}", refund.no, refund.state);
            next.messages.push(Message::Contradiction { payment: payment.id, said });
            return next;
        }
        (state, _) if state.is_final() => return next,
        (_, RefundWord::Done) => RefundState::Done,
        (_, RefundWord::Closed) => RefundState::GivenUp,
        (_, RefundWord::Abnormal) => RefundState::Abnormal,
        // A late "accepted" does not undo what came after it.
        (RefundState::Abnormal, RefundWord::Processing | RefundWord::Unfunded) => return next,
        (RefundState::Processing, RefundWord::Unfunded) => return next,
        (_, RefundWord::Processing) => RefundState::Processing,
        (_, RefundWord::Unfunded) => RefundState::Unfunded,
    };
    if state == refund.state {
        return next;
    }
    next.refund.state = state;
    match state {
        RefundState::Done => finish(&mut next),
        RefundState::GivenUp => release(&mut next),
        RefundState::Abnormal => stuck(&mut next, false),
        _ => {}
    }
    next
}

fn finish(next: &mut RefundSettlement) {
    let (payment, refund) = (&mut next.payment, &next.refund);
    next.transfers.push(Transfer::refund_done(&refund.no, refund.amount_fen, payment.id));
    if refund.cause == RefundCause::Merchant {
        payment.refunding_fen = difference(payment.refunding_fen, refund.amount_fen);
        payment.refunded_fen = sum(payment.refunded_fen, refund.amount_fen);
    }
    next.messages.push(Message::Refunded { payment: payment.id, amount_fen: refund.amount_fen, cause: refund.cause });
}

fn release(next: &mut RefundSettlement) {
    let (payment, refund) = (&mut next.payment, &next.refund);
    let source = refund.source(payment);
    next.transfers.push(Transfer::refund_release(&refund.no, source, refund.amount_fen, payment.id));
    if refund.cause == RefundCause::Merchant {
        payment.refunding_fen = difference(payment.refunding_fen, refund.amount_fen);
    }
    stuck(next, true);
}

fn stuck(next: &mut RefundSettlement, given_up: bool) {
    let (payment, amount_fen) = (next.payment.id, next.refund.amount_fen);
    next.messages.push(Message::RefundStuck { payment, amount_fen, given_up });
}

fn sum(a: Fen, b: Fen) -> Fen {
    let Some(sum) = a.plus(b) else { panic!("refunds of one payment overflow") };
    sum
}

fn difference(a: Fen, b: Fen) -> Fen {
    match a.minus(b) {
        Some(rest) if rest >= Fen::ZERO => rest,
        _ => panic!("more was returned than set aside"),
    }
}

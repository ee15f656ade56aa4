//! When a refund may be asked for, and what each word about it does.

use domain::ledger::LedgerAccount;
use domain::payment::{AttemptState, Message, settle as settle_trade};
use domain::refund::{self, MOST_REFUNDS, REFUND_WINDOW_MS, Refund, RefundCause, RefundRefusal, RefundState, RefundWord};
use domain::{Fen, Millis, Payment, PaymentState};

use crate::given::*;

#[test]
fn the_first_rule_that_is_missed_is_named() {
    use RefundRefusal::*;
    const DAY_365: Millis = PAID_AT.plus_ms(REFUND_WINDOW_MS);
    const TOO_LATE: Millis = PAID_AT.plus_ms(REFUND_WINDOW_MS + 1);
    let paid_with = |refunding: i64, refunded: i64, count: u32| Payment {
        refunding_fen: Fen::of(refunding),
        refunded_fen: Fen::of(refunded),
        refund_count: count,
        ..paid()
    };
    let left = |fen| MoreThanLeft { left_fen: Fen::of(fen) };
    let table = [
        // Each rule alone, on both sides of its bound.
        (paid(), 1, PAID_AT, Ok(())),
        (paid(), 100, PAID_AT, Ok(())),
        (paid(), 101, PAID_AT, Err(left(100))),
        (paid(), 0, PAID_AT, Err(NotPositive)),
        (paid(), -1, PAID_AT, Err(NotPositive)),
        (paid(), i64::MAX, PAID_AT, Err(left(100))),
        (paid(), 1, DAY_365, Ok(())),
        (paid(), 1, TOO_LATE, Err(TooLate)),
        (paid(), 1, Millis::of(0), Ok(())),
        (paid_with(0, 0, MOST_REFUNDS - 1), 1, PAID_AT, Ok(())),
        (paid_with(0, 0, MOST_REFUNDS), 1, PAID_AT, Err(TooMany)),
        (paid_with(30, 30, 2), 40, PAID_AT, Ok(())),
        (paid_with(30, 30, 2), 41, PAID_AT, Err(left(40))),
        (paid_with(0, 100, 1), 1, PAID_AT, Err(left(0))),
        (paid_with(100, 0, 1), 1, PAID_AT, Err(left(0))),
        (open(1), 1, PAID_AT, Err(NotPaid)),
        (payment(PaymentState::Held, &[AttemptState::Held]), 1, PAID_AT, Err(NotPaid)),
        (payment(PaymentState::Closed, &[AttemptState::Extra]), 1, PAID_AT, Err(NotPaid)),
        // Several at once: not paid, amount, window, count, what is left.
        (open(1), 0, TOO_LATE, Err(NotPaid)),
        (paid_with(0, 100, MOST_REFUNDS), 0, TOO_LATE, Err(NotPositive)),
        (paid_with(0, 100, MOST_REFUNDS), 1, TOO_LATE, Err(TooLate)),
        (paid_with(0, 100, MOST_REFUNDS), 1, DAY_365, Err(TooMany)),
        (paid_with(0, 100, MOST_REFUNDS - 1), 1, DAY_365, Err(left(0))),
    ];
    for (payment, amount, now, expected) in table {
        let opened = refund::open(&payment, refund_no(1), Fen::of(amount), "", now).map(|_| ());
        let Payment { state, refunding_fen, refunded_fen, refund_count, .. } = payment;
        assert_eq!(opened, expected, "{state:?} {refunding_fen}+{refunded_fen} {refund_count} asks {amount} at {}", now.get());
    }
}

#[test]
fn what_is_asked_for_is_set_aside_at_once() {
    let opening = refund::open(&paid(), refund_no(1), Fen::of(40), "退货", LATE).unwrap();
    assert_eq!((opening.payment.refunding_fen, opening.payment.refunded_fen), (Fen::of(40), Fen::ZERO));
    assert_eq!((opening.payment.refund_count, opening.payment.refundable()), (1, Fen::of(60)));
    let Refund { attempt, received_fen, amount_fen, cause, state, asked_at_ms, .. } = opening.refund;
    assert_eq!((attempt, received_fen, amount_fen), (no(0), ASKED, Fen::of(40)));
    assert_eq!((cause, state, asked_at_ms), (RefundCause::Merchant, RefundState::Asked, LATE));
    assert_eq!(opening.transfer.key, format!("refund-hold:{}", refund_no(1)));
    assert_eq!(opening.transfer.debit, LedgerAccount::Collected(paid().payee));
    assert_eq!(opening.transfer.credit, LedgerAccount::RefundsPayable);
    assert_eq!(opening.transfer.amount_fen, Fen::of(40));
}

#[test]
fn a_reason_keeps_its_first_eighty_characters() {
    let opening = refund::open(&paid(), refund_no(1), Fen::of(1), &"退".repeat(81), LATE).unwrap();
    assert_eq!(opening.refund.reason, "退".repeat(80));
}

#[test]
fn nothing_can_be_returned_of_what_is_not_paid() {
    let table = [(open(1), 0), (payment(PaymentState::Held, &[AttemptState::Held]), 0), (paid(), 100)];
    for (payment, expected) in table {
        assert_eq!(payment.refundable(), Fen::of(expected), "{:?}", payment.state);
    }
}

/// A refund of 40 fen in `state`, with its payment: one that the merchant asked for, or the return of an extra.
fn given_refund(cause: RefundCause, state: RefundState) -> (Payment, Refund) {
    if cause == RefundCause::Merchant {
        let opening = refund::open(&paid(), refund_no(1), Fen::of(40), "", LATE).unwrap();
        let mut payment = opening.payment;
        if state.is_final() {
            payment.refunding_fen = Fen::ZERO;
            payment.refunded_fen = if state == RefundState::Done { Fen::of(40) } else { Fen::ZERO };
        }
        return (payment, Refund { state, ..opening.refund });
    }
    let next = settle_trade(&payment(PaymentState::Closed, &[AttemptState::Closed]), &no(0), &success(0), LATE);
    (next.payment, Refund { state, ..next.refund.unwrap() })
}

/// State afterwards, refunding, refunded, transfers and messages in short.
fn told(cause: RefundCause, state: RefundState, word: &RefundWord) -> String {
    let (payment, refund) = given_refund(cause, state);
    let next = refund::settle(&payment, &refund, word);
    assert_eq!(Payment { refunding_fen: payment.refunding_fen, refunded_fen: payment.refunded_fen, ..next.payment.clone() }, payment);
    assert_eq!(Refund { state, ..next.refund.clone() }, refund, "a word changes nothing but the state");
    let transfers = next.transfers.iter().map(|transfer| {
        let account = |account: LedgerAccount| account.to_string().split(':').next().unwrap_or_default().to_owned();
        let kind = transfer.key.split(':').next().unwrap_or_default().to_owned();
        format!("{kind} {}<{}:{}", account(transfer.debit), account(transfer.credit), transfer.amount_fen.get())
    });
    let messages = next.messages.iter().map(|message| match message {
        Message::Refunded { amount_fen, .. } => format!("refunded {}", amount_fen.get()),
        Message::RefundStuck { amount_fen, given_up, .. } => format!("stuck {} {given_up}", amount_fen.get()),
        Message::Contradiction { .. } => "contradiction".to_owned(),
        other => format!("{other:?}"),
    });
    let all: Vec<String> = transfers.chain(messages).collect();
    let (refunding, refunded) = (next.payment.refunding_fen.get(), next.payment.refunded_fen.get());
    format!("{:?} {refunding}/{refunded} {}", next.refund.state, all.join(" ")).trim_end().to_owned()
}

#[test]
fn every_word_about_a_refund_in_every_state_has_one_outcome() {
    use RefundState::*;
    const DONE: &str = "Done 0/40 refund refunds_payable<clearing:40 refunded 40";
    const RELEASED: &str = "GivenUp 0/0 refund-release refunds_payable<collected:40 stuck 40 true";
    const STUCK: &str = "Abnormal 40/0 stuck 40 false";
    let table = [
        (Asked, RefundWord::Processing, "Processing 40/0"),
        (Asked, RefundWord::Unfunded, "Unfunded 40/0"),
        (Asked, RefundWord::Abnormal, STUCK),
        (Asked, RefundWord::Done, DONE),
        (Asked, RefundWord::Closed, RELEASED),
        (Processing, RefundWord::Processing, "Processing 40/0"),
        (Processing, RefundWord::Unfunded, "Processing 40/0"),
        (Processing, RefundWord::Abnormal, STUCK),
        (Processing, RefundWord::Done, DONE),
        (Processing, RefundWord::Closed, RELEASED),
        (Unfunded, RefundWord::Processing, "Processing 40/0"),
        (Unfunded, RefundWord::Unfunded, "Unfunded 40/0"),
        (Unfunded, RefundWord::Abnormal, STUCK),
        (Unfunded, RefundWord::Done, DONE),
        (Unfunded, RefundWord::Closed, RELEASED),
        (Abnormal, RefundWord::Processing, "Abnormal 40/0"),
        (Abnormal, RefundWord::Unfunded, "Abnormal 40/0"),
        (Abnormal, RefundWord::Abnormal, "Abnormal 40/0"),
        (Abnormal, RefundWord::Done, DONE),
        (Abnormal, RefundWord::Closed, RELEASED),
        (Done, RefundWord::Processing, "Done 0/40"),
        (Done, RefundWord::Unfunded, "Done 0/40"),
        (Done, RefundWord::Abnormal, "Done 0/40"),
        (Done, RefundWord::Done, "Done 0/40"),
        (Done, RefundWord::Closed, "Done 0/40 contradiction"),
        (GivenUp, RefundWord::Processing, "GivenUp 0/0"),
        (GivenUp, RefundWord::Unfunded, "GivenUp 0/0"),
        (GivenUp, RefundWord::Abnormal, "GivenUp 0/0"),
        (GivenUp, RefundWord::Done, "GivenUp 0/0 contradiction"),
        (GivenUp, RefundWord::Closed, "GivenUp 0/0"),
    ];
    for (state, word, expected) in table {
        assert_eq!(told(RefundCause::Merchant, state, &word), expected, "{state:?} {word:?}");
    }
}

#[test]
fn the_return_of_an_extra_leaves_the_receipt_alone() {
    use RefundState::*;
    let table = [
        (Asked, RefundWord::Processing, "Processing 0/0"),
        (Processing, RefundWord::Done, "Done 0/0 refund refunds_payable<clearing:100 refunded 100"),
        (Abnormal, RefundWord::Closed, "GivenUp 0/0 refund-release refunds_payable<suspense:100 stuck 100 true"),
        (Done, RefundWord::Done, "Done 0/0"),
    ];
    for (state, word, expected) in table {
        assert_eq!(told(RefundCause::PaidAfterClose, state, &word), expected, "{state:?} {word:?}");
    }
}

#[test]
fn what_a_given_up_refund_released_can_be_asked_for_again() {
    let first = refund::open(&paid(), refund_no(1), ASKED, "", LATE).unwrap();
    let released = refund::settle(&first.payment, &first.refund, &RefundWord::Closed).payment;
    let second = refund::open(&released, refund_no(2), ASKED, "", LATE).unwrap();
    let done = refund::settle(&second.payment, &second.refund, &RefundWord::Done).payment;
    assert_eq!((done.refunded_fen, done.refunding_fen, done.refund_count), (ASKED, Fen::ZERO, 2));
}

#[test]
fn fifty_refunds_of_one_fen_are_the_last() {
    let mut payment = paid();
    for n in 0..MOST_REFUNDS {
        payment = refund::open(&payment, refund_no(n), Fen::of(1), "", LATE).unwrap().payment;
    }
    let refused = refund::open(&payment, refund_no(MOST_REFUNDS), Fen::of(1), "", LATE).unwrap_err();
    assert_eq!((refused, payment.refundable()), (RefundRefusal::TooMany, Fen::of(50)));
}

#[test]
#[should_panic(expected = "belongs to another payment")]
fn a_refund_of_another_payment_is_a_mistake_of_the_caller() {
    let (payment, refund) = given_refund(RefundCause::Merchant, RefundState::Asked);
    let other = Payment { id: domain::PaymentId::of(uuid::Uuid::from_u128(77)), ..payment };
    refund::settle(&other, &refund, &RefundWord::Done);
}

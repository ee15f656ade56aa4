//! What a payee has to know, and who has to act: from each settlement, and until it is over.

use domain::concern::{self, Concern, ConcernKind, ConcernState};
use domain::payment::{AttemptState, Trade, settle};
use domain::refund::{self, Refund, RefundCause, RefundRefusal, RefundState, RefundWord};
use domain::{ChannelCode, Fen, Millis, Payment, PaymentState};

use crate::given::*;

/// Kind, state, amount and what it is about, in short.
fn in_short(concerns: &[Concern]) -> String {
    let about = |concern: &Concern| match &concern.subject {
        subject if *subject == no(0).to_string() => "first".to_owned(),
        subject if *subject == no(1).to_string() => "second".to_owned(),
        subject if *subject == refund_no(1).to_string() => "refund".to_owned(),
        subject if subject.contains(' ') => "a word".to_owned(),
        other => other.clone(),
    };
    let all = concerns.iter().map(|it| format!("{:?} {:?} {} {}", it.kind, it.state, it.amount_fen.get(), about(it)));
    all.collect::<Vec<_>>().join(", ")
}

#[test]
fn money_that_did_not_simply_arrive_concerns_its_payee() {
    use AttemptState::*;
    let table: Vec<(PaymentState, &[AttemptState], Trade, &str)> = vec![
        (PaymentState::Open, &[Ready], success(0), ""),
        (PaymentState::Open, &[Ready], Trade::NotPaid, ""),
        (PaymentState::Open, &[Ready], came("tx0", 99), "WrongAmount Held 99 first"),
        (PaymentState::Open, &[Ready], came("tx0", 0), "Contradiction Noted 100 a word"),
        (PaymentState::Paid, &[Ready, Paid], success(0), "PaidTwice Returning 100 first"),
        (PaymentState::Paid, &[Ready, Paid], came("tx0", 1), "WrongAmount Held 1 first"),
        (PaymentState::Paid, &[Paid], came("another", 100), "Contradiction Noted 100 a word"),
        (PaymentState::Paid, &[Paid], success(0), ""),
        (PaymentState::Closed, &[Closed], success(0), "PaidAfterClose Returning 100 first"),
        (PaymentState::Closed, &[Extra], success(0), ""),
        (PaymentState::Held, &[Held], came("tx0", 99), ""),
        (PaymentState::Held, &[Ready, Held], success(0), ""),
        (PaymentState::Held, &[Ready, Held], came("tx0", 7), "WrongAmount Held 7 first"),
    ];
    for (state, attempts, trade, expected) in table {
        let before = payment(state, attempts);
        let next = settle(&before, &no(0), &trade, EARLY);
        assert_eq!(in_short(&concern::of_settlement(&before, &next)), expected, "{state:?}{attempts:?} {trade:?}");
    }
}

/// A refund of 40 fen that the merchant asked for, or the return of an extra of 100, in `state`.
fn refund_in(cause: RefundCause, state: RefundState) -> (Payment, Refund) {
    if cause == RefundCause::Merchant {
        let opening = refund::open(&paid(), refund_no(1), Fen::of(40), "", LATE).unwrap();
        return (opening.payment, Refund { state, ..opening.refund });
    }
    let next = settle(&payment(PaymentState::Closed, &[AttemptState::Closed]), &no(0), &success(0), LATE);
    (next.payment, Refund { state, cause, ..next.refund.unwrap() })
}

#[test]
fn every_step_of_a_return_says_who_has_to_act() {
    use RefundState::*;
    let (merchant, late, wrong) = (RefundCause::Merchant, RefundCause::PaidAfterClose, RefundCause::WrongAmount);
    // Whether it begins a concern, whether an operator has to act.
    let table = [
        (merchant, Asked, RefundWord::Processing, "Refund Returning 40 refund", false, false),
        (merchant, Asked, RefundWord::Unfunded, "Refund Blocked 40 refund", true, true),
        (merchant, Processing, RefundWord::Abnormal, "Refund Stuck 40 refund", true, true),
        (merchant, Processing, RefundWord::Done, "Refund Returned 40 refund", false, false),
        (merchant, Processing, RefundWord::Closed, "Refund GivenUp 40 refund", true, false),
        (merchant, Processing, RefundWord::Processing, "", false, false),
        (merchant, Done, RefundWord::Closed, "Contradiction Noted 100 a word", true, false),
        (late, Asked, RefundWord::Processing, "PaidAfterClose Returning 100 first", true, false),
        (late, Asked, RefundWord::Unfunded, "PaidAfterClose Blocked 100 first", true, true),
        (late, Processing, RefundWord::Abnormal, "PaidAfterClose Stuck 100 first", true, true),
        (late, Abnormal, RefundWord::Done, "PaidAfterClose Returned 100 first", true, false),
        (late, Processing, RefundWord::Closed, "PaidAfterClose GivenUp 100 first", true, true),
        (wrong, Processing, RefundWord::Done, "WrongAmount Returned 100 first", true, false),
    ];
    for (cause, state, word, expected, begins, needs_operator) in table {
        let (payment, refund) = refund_in(cause, state);
        let told = concern::of_refund_settlement(&refund, &refund::settle(&payment, &refund, &word));
        let flags = told.first().map_or((false, false), |it| (it.begins(), it.needs_operator()));
        assert_eq!((in_short(&told).as_str(), flags), (expected, (begins, needs_operator)), "{cause:?} {state:?} {word:?}");
    }
}

#[test]
fn a_refusal_that_does_not_pass_by_itself_blocks_a_return() {
    let table = [
        (RefundState::Asked, ChannelCode::NoAuth, true),
        (RefundState::Asked, ChannelCode::PayerAbnormal, true),
        (RefundState::Unfunded, ChannelCode::NotEnough, true),
        (RefundState::Asked, ChannelCode::SystemError, false),
        (RefundState::Asked, ChannelCode::FrequencyLimited, false),
        (RefundState::Processing, ChannelCode::NoAuth, false),
        (RefundState::Done, ChannelCode::NoAuth, false),
    ];
    for (state, code, expected) in table {
        let (_, refund) = refund_in(RefundCause::Merchant, state);
        let concern = Concern::of_refusal(&refund, code);
        assert_eq!(concern.is_some(), expected, "{state:?} {code:?}");
        assert!(concern.is_none_or(|it| it.why == Some(code) && it.state == ConcernState::Blocked && it.needs_operator()));
    }
}

#[test]
fn what_is_kept_apart_goes_back_whole_and_once() {
    use AttemptState::*;
    let table: Vec<(PaymentState, &[AttemptState], Result<&str, RefundRefusal>)> = vec![
        (PaymentState::Held, &[Held], Ok("Closed[Extra] 99")),
        (PaymentState::Held, &[Held, Closed], Ok("Closed[Extra,Closed] 99")),
        (PaymentState::Held, &[Held, Held], Ok("Held[Extra,Held] 99")),
        (PaymentState::Closed, &[Held], Ok("Closed[Extra] 99")),
        (PaymentState::Paid, &[Held, Paid], Ok("Paid[Extra,Paid] 99")),
        (PaymentState::Paid, &[Held, Paid, Ready], Ok("Paid[Extra,Paid,Ready] 99")),
        (PaymentState::Held, &[Held, Ready], Err(RefundRefusal::StillPayable)),
        (PaymentState::Held, &[Held, Unknown], Err(RefundRefusal::StillPayable)),
        (PaymentState::Paid, &[Paid], Err(RefundRefusal::NothingKept)),
        (PaymentState::Open, &[Ready], Err(RefundRefusal::NothingKept)),
        (PaymentState::Closed, &[Closed], Err(RefundRefusal::NothingKept)),
    ];
    for (state, attempts, expected) in table {
        let before = payment(state, attempts);
        let opened = refund::open_kept(&before, &no(0), &[], refund_no(1), LATE);
        let told = opened.map(|opening| {
            let Refund { attempt, amount_fen, received_fen, cause, state, .. } = &opening.refund;
            assert_eq!((attempt, amount_fen, cause, state), (&no(0), received_fen, &RefundCause::WrongAmount, &RefundState::Asked));
            assert_eq!((opening.payment.refunding_fen, opening.payment.refund_count), (Fen::ZERO, 0), "no refund of the receipt");
            assert_eq!(in_short(&[concern::of_opening(&opening)]), "WrongAmount Returning 99 first");
            let states: Vec<_> = opening.payment.attempts.iter().map(|attempt| format!("{:?}", attempt.state)).collect();
            format!("{:?}[{}] {}", opening.payment.state, states.join(","), amount_fen.get())
        });
        assert_eq!(told.as_deref(), expected.as_ref().map(|text| *text), "{state:?}{attempts:?}");
    }
}

#[test]
fn what_the_channel_failed_to_return_is_returned_anew_under_the_same_cause() {
    let (after, refund) = refund_in(RefundCause::PaidAfterClose, RefundState::Asked);
    let again = |payment: &Payment, refunds: &[Refund]| refund::open_kept(payment, &no(0), refunds, refund_no(2), LATE);
    for state in [RefundState::Asked, RefundState::Processing, RefundState::Unfunded, RefundState::Abnormal, RefundState::Done] {
        let earlier = Refund { state, ..refund.clone() };
        assert_eq!(again(&after, &[earlier]).unwrap_err(), RefundRefusal::NothingKept, "{state:?}");
    }
    let given_up = refund::settle(&after, &refund, &RefundWord::Closed).refund;
    let second = again(&after, std::slice::from_ref(&given_up)).unwrap();
    assert_eq!((second.refund.cause, second.refund.amount_fen), (RefundCause::PaidAfterClose, ASKED));
    assert_ne!(second.refund.no, given_up.no);
    assert_eq!(again(&second.payment, &[given_up, second.refund]).unwrap_err(), RefundRefusal::NothingKept);
}

#[test]
fn a_year_after_its_opening_nothing_can_be_returned() {
    let held = payment(PaymentState::Held, &[AttemptState::Held]);
    let end = held.opened_at_ms.plus_ms(refund::REFUND_WINDOW_MS);
    let table = [(end, Ok(())), (end.plus_ms(1), Err(RefundRefusal::TooLate))];
    for (now, expected) in table {
        assert_eq!(refund::open_kept(&held, &no(0), &[], refund_no(1), now).map(drop), expected, "{}", now.get());
    }
    assert_eq!(Millis::of(0), held.opened_at_ms);
}

#[test]
fn only_what_is_over_or_goes_by_itself_needs_nobody() {
    use ConcernState::*;
    let kinds = [ConcernKind::PaidTwice, ConcernKind::PaidAfterClose, ConcernKind::WrongAmount, ConcernKind::Refund];
    let table = [(Held, true), (Returning, false), (Blocked, true), (Stuck, true), (Returned, false), (Noted, false)];
    for (state, expected) in table {
        assert!(kinds.iter().all(|kind| state.needs_operator(*kind) == expected), "{state:?}");
    }
    // A refund that was given up left its money with the merchant; an extra's money is nobody's again.
    assert_eq!(kinds.map(|kind| GivenUp.needs_operator(kind)), [true, true, true, false]);
}

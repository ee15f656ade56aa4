//! What each word about an attempt does in each state.

use domain::ledger::{LedgerAccount, Transfer};
use domain::payment::{AttemptState, Message, Standing, Trade, look_again_ms, settle};
use domain::refund::RefundCause;
use domain::{Fen, Millis, Payment, PaymentState};

use crate::given::*;

/// What a settlement did, in a form that fits a table: payment, attempts, transfers, receipt, cause of a refund, messages.
fn told(before: &Payment, words: &[(usize, Trade, Millis)]) -> String {
    let mut payment = before.clone();
    let mut told = vec![];
    for (index, trade, now) in words {
        let next = settle(&payment, &no(*index), trade, *now);
        told.extend(next.transfers.iter().map(|transfer| in_short(transfer, &payment)));
        told.extend(next.is_new_receipt.then(|| "receipt".to_owned()));
        told.extend(next.refund.iter().map(|refund| format!("return {} {:?}", refund.amount_fen.get(), refund.cause)));
        told.extend(next.messages.iter().map(message));
        payment = next.payment;
    }
    let attempts: Vec<_> = payment.attempts.iter().map(|attempt| format!("{:?}", attempt.state)).collect();
    format!("{:?}[{}] {}", payment.state, attempts.join(","), told.join(" ")).trim_end().to_owned()
}

fn in_short(transfer: &Transfer, payment: &Payment) -> String {
    let short = |account| match account {
        LedgerAccount::Clearing => "clearing",
        LedgerAccount::Collected(payee) if payee == payment.payee => "collected",
        LedgerAccount::Collected(_) => "somebody else's",
        LedgerAccount::Suspense => "suspense",
        LedgerAccount::RefundsPayable => "payable",
    };
    format!("{}<{}:{}", short(transfer.debit), short(transfer.credit), transfer.amount_fen.get())
}

fn message(message: &Message) -> String {
    match message {
        Message::Arrived { amount_fen, .. } => format!("arrived {}", amount_fen.get()),
        Message::ExtraReturning { amount_fen, .. } => format!("returning {}", amount_fen.get()),
        Message::Mismatch { asked_fen, received_fen, .. } => format!("mismatch {}/{}", received_fen.get(), asked_fen.get()),
        Message::Contradiction { .. } => "contradiction".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn every_word_in_every_state_has_one_outcome() {
    use AttemptState::*;
    let foreign = Trade::Paid { transaction: transaction(0), amount_fen: ASKED, is_cny: false, at_ms: PAID_AT };
    const RECEIPT: &str = "clearing<collected:100 receipt arrived 100";
    const RETURNED: &str = "clearing<suspense:100 suspense<payable:100 return 100";
    let table: Vec<(PaymentState, &[AttemptState], Trade, Millis, String)> = vec![
        // Open, in time.
        (PaymentState::Open, &[Ready], Trade::NotPaid, EARLY, "Open[Ready]".into()),
        (PaymentState::Open, &[Unknown], Trade::NotPaid, EARLY, "Open[Unknown]".into()),
        (PaymentState::Open, &[Unknown], Trade::Missing, EARLY, "Open[Unknown]".into()),
        (PaymentState::Open, &[Ready], Trade::Missing, Millis::of(EXPIRY.get() - 1), "Open[Ready]".into()),
        (PaymentState::Open, &[Ready], Trade::Closed, EARLY, "Open[Closed]".into()),
        (PaymentState::Open, &[Ready], success(0), EARLY, format!("Paid[Paid] {RECEIPT}")),
        (PaymentState::Open, &[Unknown], success(0), EARLY, format!("Paid[Paid] {RECEIPT}")),
        (PaymentState::Open, &[Refused], success(0), EARLY, format!("Paid[Paid] {RECEIPT}")),
        (PaymentState::Open, &[Closed], success(0), EARLY, format!("Paid[Paid] {RECEIPT}")),
        (PaymentState::Open, &[Ready, Ready], success(0), EARLY, format!("Paid[Paid,Ready] {RECEIPT}")),
        (PaymentState::Open, &[Ready], came("tx0", 99), EARLY, "Held[Held] clearing<suspense:99 mismatch 99/100".into()),
        (PaymentState::Open, &[Ready], came("tx0", 101), EARLY, "Held[Held] clearing<suspense:101 mismatch 101/100".into()),
        (PaymentState::Open, &[Ready], foreign, EARLY, "Held[Held] clearing<suspense:100 mismatch 100/100".into()),
        (PaymentState::Open, &[Ready], came("tx0", 0), EARLY, "Open[Ready] contradiction".into()),
        (PaymentState::Open, &[Ready], came("tx0", -100), EARLY, "Open[Ready] contradiction".into()),
        // Open, after its end: money still makes a receipt until the channel says that none can come.
        (PaymentState::Open, &[Ready], Trade::NotPaid, LATE, "Open[Ready]".into()),
        (PaymentState::Open, &[Ready], Trade::Closed, LATE, "Closed[Closed]".into()),
        (PaymentState::Open, &[Unknown], Trade::Missing, EXPIRY, "Closed[Closed]".into()),
        (PaymentState::Open, &[Ready, Ready], Trade::Closed, LATE, "Open[Closed,Ready]".into()),
        (PaymentState::Open, &[Ready, Unknown], Trade::Missing, LATE, "Open[Closed,Unknown]".into()),
        (PaymentState::Open, &[Ready, Refused], Trade::Closed, LATE, "Closed[Closed,Refused]".into()),
        (PaymentState::Open, &[Ready], success(0), LATE, format!("Paid[Paid] {RECEIPT}")),
        (PaymentState::Open, &[Closed, Ready], success(0), LATE, format!("Paid[Paid,Ready] {RECEIPT}")),
        (PaymentState::Open, &[Refused, Unknown], success(0), LATE, format!("Paid[Paid,Unknown] {RECEIPT}")),
        // None can come, and its payer was told so, even if that was not stored: it goes back as from a closed payment.
        (PaymentState::Open, &[Closed, Refused], success(0), Millis::of(EXPIRY.get() - 1), format!("Paid[Paid,Refused] {RECEIPT}")),
        (
            PaymentState::Open,
            &[Closed, Refused],
            success(0),
            EXPIRY,
            format!("Closed[Extra,Refused] {RETURNED} PaidAfterClose returning 100"),
        ),
        (
            PaymentState::Open,
            &[Closed, Refused],
            success(0),
            LATE,
            format!("Closed[Extra,Refused] {RETURNED} PaidAfterClose returning 100"),
        ),
        (PaymentState::Open, &[Refused], success(0), LATE, format!("Closed[Extra] {RETURNED} PaidAfterClose returning 100")),
        (PaymentState::Open, &[Closed, Refused], came("tx0", 99), LATE, "Closed[Held,Refused] clearing<suspense:99 mismatch 99/100".into()),
        // Paid: late, repeated and contradicting words.
        (PaymentState::Paid, &[Paid], success(0), EARLY, "Paid[Paid]".into()),
        (PaymentState::Paid, &[Paid], Trade::Closed, LATE, "Paid[Paid]".into()),
        (PaymentState::Paid, &[Paid], Trade::Missing, LATE, "Paid[Paid]".into()),
        (PaymentState::Paid, &[Paid], Trade::NotPaid, LATE, "Paid[Paid]".into()),
        (PaymentState::Paid, &[Paid], came("another", 100), LATE, "Paid[Paid] contradiction".into()),
        (PaymentState::Paid, &[Paid], came("tx0", 99), LATE, "Paid[Paid] contradiction".into()),
        (PaymentState::Paid, &[Ready, Paid], success(0), EARLY, format!("Paid[Extra,Paid] {RETURNED} PaidTwice returning 100")),
        (PaymentState::Paid, &[Ready, Paid], came("tx1", 100), EARLY, "Paid[Ready,Paid] contradiction".into()),
        (PaymentState::Paid, &[Ready, Paid], came("tx0", 99), EARLY, "Paid[Held,Paid] clearing<suspense:99 mismatch 99/100".into()),
        (PaymentState::Paid, &[Ready, Paid], Trade::Closed, EARLY, "Paid[Closed,Paid]".into()),
        (PaymentState::Paid, &[Extra, Paid], success(0), EARLY, "Paid[Extra,Paid]".into()),
        // Closed stays closed: late money goes back by itself, or is held when nobody knows what it is.
        (PaymentState::Closed, &[Closed], success(0), LATE, format!("Closed[Extra] {RETURNED} PaidAfterClose returning 100")),
        (PaymentState::Closed, &[Extra], success(0), LATE, "Closed[Extra]".into()),
        (PaymentState::Closed, &[Extra], came("another", 100), LATE, "Closed[Extra] contradiction".into()),
        (PaymentState::Closed, &[Closed], came("tx0", 1), LATE, "Closed[Held] clearing<suspense:1 mismatch 1/100".into()),
        (PaymentState::Closed, &[Closed], Trade::Closed, LATE, "Closed[Closed]".into()),
        (PaymentState::Closed, &[Closed], Trade::NotPaid, LATE, "Closed[Closed]".into()),
        (PaymentState::Closed, &[Closed, Held], success(0), LATE, format!("Closed[Extra,Held] {RETURNED} PaidAfterClose returning 100")),
        // Held: the right amount through another attempt still makes the receipt.
        (PaymentState::Held, &[Held], came("tx0", 99), EARLY, "Held[Held]".into()),
        (PaymentState::Held, &[Held], success(0), EARLY, "Held[Held] contradiction".into()),
        (PaymentState::Held, &[Held], Trade::Closed, LATE, "Held[Held]".into()),
        (PaymentState::Held, &[Ready, Held], success(0), EARLY, format!("Paid[Paid,Held] {RECEIPT}")),
        (PaymentState::Held, &[Ready, Held], Trade::Closed, LATE, "Held[Closed,Held]".into()),
    ];
    for (state, attempts, trade, now, expected) in table {
        let outcome = told(&payment(state, attempts), &[(0, trade.clone(), now)]);
        assert_eq!(outcome, expected, "{state:?}{attempts:?} {trade:?} at {}", now.get());
    }
}

#[test]
#[expect(clippy::type_complexity, reason = "the columns of a table")]
fn stories_of_several_words_end_where_they_should() {
    let table: Vec<(&str, Payment, Vec<(usize, Trade, Millis)>, &str)> = vec![
        (
            "the second identical notice changes nothing",
            open(1),
            vec![(0, success(0), EARLY), (0, success(0), EARLY), (0, success(0), LATE)],
            "Paid[Paid] clearing<collected:100 receipt arrived 100",
        ),
        (
            "paid twice: the second goes back",
            open(2),
            vec![(1, success(1), EARLY), (0, success(0), EARLY), (0, success(0), EARLY), (1, success(1), LATE)],
            "Paid[Extra,Paid] clearing<collected:100 receipt arrived 100 clearing<suspense:100 suspense<payable:100 return 100 PaidTwice returning 100",
        ),
        (
            "closed, then paid all the same",
            open(1),
            vec![(0, Trade::NotPaid, LATE), (0, Trade::Closed, LATE), (0, success(0), LATE), (0, Trade::Closed, LATE)],
            "Closed[Extra] clearing<suspense:100 suspense<payable:100 return 100 PaidAfterClose returning 100",
        ),
        (
            "a wrong amount first, the right one by another attempt",
            open(2),
            vec![(0, came("tx0", 1), EARLY), (1, success(1), EARLY), (0, came("tx0", 1), LATE)],
            "Paid[Held,Paid] clearing<suspense:1 mismatch 1/100 clearing<collected:100 receipt arrived 100",
        ),
        (
            "the right amount first, a wrong one by another attempt",
            open(2),
            vec![(1, success(1), EARLY), (0, came("tx0", 1), EARLY)],
            "Paid[Held,Paid] clearing<collected:100 receipt arrived 100 clearing<suspense:1 mismatch 1/100",
        ),
        (
            "one transaction cannot pay two attempts",
            open(2),
            vec![(0, success(0), EARLY), (1, success(0), EARLY), (1, success(1), EARLY)],
            "Paid[Paid,Extra] clearing<collected:100 receipt arrived 100 contradiction clearing<suspense:100 suspense<payable:100 return 100 PaidTwice returning 100",
        ),
        (
            "closed after one of two; the other still pays",
            open(2),
            vec![(0, Trade::Closed, LATE), (1, success(1), LATE)],
            "Paid[Closed,Paid] clearing<collected:100 receipt arrived 100",
        ),
    ];
    for (story, before, words, expected) in table {
        assert_eq!(told(&before, &words), expected, "{story}");
    }
}

#[test]
fn the_order_of_two_late_arrivals_does_not_matter() {
    let closed = payment(PaymentState::Closed, &[AttemptState::Closed; 2]);
    let wrong_first = settle(&settle(&closed, &no(0), &came("tx0", 1), LATE).payment, &no(1), &success(1), LATE).payment;
    let right_first = settle(&settle(&closed, &no(1), &success(1), LATE).payment, &no(0), &came("tx0", 1), LATE).payment;
    assert_eq!(wrong_first, right_first);
    assert_eq!(wrong_first.standing(true), Standing::Held);
}

#[test]
fn a_receipt_has_the_channels_time_and_the_attempts_money() {
    let next = settle(&open(1), &no(0), &success(0), LATE);
    assert_eq!(next.payment.paid_at_ms, Some(PAID_AT));
    let attempt = next.payment.paid_attempt().unwrap();
    assert_eq!((attempt.transaction.as_deref(), attempt.received_fen), (Some("tx0"), Some(ASKED)));
    assert_eq!(next.transfers[0].key, "pay:wechat:tx0");
}

#[test]
fn the_return_of_an_extra_names_its_own_attempt_and_number() {
    let next = settle(&payment(PaymentState::Closed, &[AttemptState::Closed]), &no(0), &success(0), LATE);
    let refund = next.refund.unwrap();
    assert_eq!(refund.no, domain::OutRefundNo::of_extra(&no(0)));
    assert_eq!((refund.attempt, refund.amount_fen, refund.received_fen), (no(0), ASKED, ASKED));
    assert_eq!((refund.cause, refund.asked_at_ms), (RefundCause::PaidAfterClose, LATE));
    assert_eq!(next.payment.refunding_fen, Fen::ZERO, "an extra is not a refund of the receipt");
}

#[test]
#[should_panic(expected = "has no attempt")]
fn a_word_about_somebody_elses_attempt_is_a_mistake_of_the_caller() {
    settle(&open(1), &no(1), &Trade::NotPaid, EARLY);
}

#[test]
fn a_payment_closes_only_when_time_is_over_and_no_money_can_come() {
    use AttemptState::*;
    let table: [(PaymentState, &[AttemptState], Millis, PaymentState); 9] = [
        (PaymentState::Open, &[], EARLY, PaymentState::Open),
        (PaymentState::Open, &[], EXPIRY, PaymentState::Closed),
        (PaymentState::Open, &[Closed, Refused], LATE, PaymentState::Closed),
        (PaymentState::Open, &[Closed, Refused], EARLY, PaymentState::Open),
        (PaymentState::Open, &[Unknown], LATE, PaymentState::Open),
        (PaymentState::Open, &[Closed, Ready], LATE, PaymentState::Open),
        (PaymentState::Paid, &[Paid], LATE, PaymentState::Paid),
        (PaymentState::Held, &[Held], LATE, PaymentState::Held),
        (PaymentState::Closed, &[Extra], LATE, PaymentState::Closed),
    ];
    for (state, attempts, now, expected) in table {
        let mut payment = payment(state, attempts);
        payment.close_when_over(now);
        assert_eq!(payment.state, expected, "{state:?}{attempts:?}");
    }
}

#[test]
fn the_payer_is_told_the_truth_and_never_invited_to_pay_twice() {
    use AttemptState::*;
    let table: [(PaymentState, &[AttemptState], i64, bool, Standing); 12] = [
        (PaymentState::Open, &[Ready], 0, true, Standing::Pending),
        (PaymentState::Open, &[Ready], 0, false, Standing::Confirming),
        (PaymentState::Paid, &[Paid], 0, false, Standing::Paid),
        (PaymentState::Paid, &[Paid], 99, true, Standing::Paid),
        (PaymentState::Paid, &[Paid], 100, true, Standing::Refunded),
        (PaymentState::Paid, &[Paid, Extra], 0, true, Standing::Paid),
        (PaymentState::Paid, &[Paid, Held], 0, true, Standing::Paid),
        (PaymentState::Held, &[Held], 0, true, Standing::Held),
        (PaymentState::Closed, &[Closed], 0, true, Standing::NotPaid),
        (PaymentState::Closed, &[Extra], 0, true, Standing::Returned),
        (PaymentState::Closed, &[Held], 0, true, Standing::Held),
        (PaymentState::Closed, &[Extra, Held], 0, true, Standing::Held),
    ];
    for (state, attempts, refunded, answered, expected) in table {
        let payment = Payment { refunded_fen: Fen::of(refunded), ..payment(state, attempts) };
        assert_eq!(payment.standing(answered), expected, "{state:?}{attempts:?} {refunded} {answered}");
    }
}

#[test]
fn a_closed_order_is_looked_at_again_after_an_hour_and_after_a_day_and_no_more() {
    const HOUR_MS: i64 = 3_600_000;
    let table = [
        (-5, Some(HOUR_MS + 5)),
        (0, Some(HOUR_MS)),
        (HOUR_MS - 1, Some(1)),
        (HOUR_MS, Some(23 * HOUR_MS)),
        (24 * HOUR_MS - 1, Some(1)),
        (24 * HOUR_MS, None),
        (i64::MAX, None),
    ];
    for (since_closed_ms, expected) in table {
        assert_eq!(look_again_ms(since_closed_ms), expected, "{since_closed_ms}");
    }
}

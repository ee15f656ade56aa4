//! What went back of a payment, one by one: what became of it, by when the money is there, and what the payer can do where it
//! does not arrive (idea I3).

use domain::receipt::{Receipt, ReceiptState};
use domain::refund::{RefundCause, RefundState};
use domain::refund_time::arrives_by;
use domain::{Fen, Millis, OutTradeNo};
use leptos::prelude::*;

use crate::i18n::*;
use crate::ui::{fill, yuan};

/// One return of money, as the payer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// How much.
    pub amount_fen: Fen,
    /// The order whose money it is: a payment that was paid twice has two.
    pub attempt: OutTradeNo,
    /// Why.
    pub cause: RefundCause,
    /// The merchant's reason.
    pub reason: String,
    /// Where it stands.
    pub state: RefundState,
    /// Whether the channel does not take it at present: it is asked again, and nobody knows when it will go.
    pub is_blocked: bool,
    /// When it was asked for.
    pub asked_at_ms: Millis,
    /// When it became final.
    pub final_at_ms: Option<Millis>,
}

/// How a whole receipt reads: by its sums, except where everything that is to go back is stuck.
pub(super) fn state_words(locale: Locale, receipt: &Receipt, returned: &[Returned]) -> &'static str {
    match receipt.state() {
        ReceiptState::Collected => td_string!(locale, pay.state_collected),
        ReceiptState::Refunding if stuck_fen(returned) >= receipt.refunding_fen => td_string!(locale, pay.state_stuck),
        ReceiptState::Refunding => td_string!(locale, pay.state_refunding),
        ReceiptState::PartlyRefunded => td_string!(locale, pay.state_partly_refunded),
        ReceiptState::Refunded => td_string!(locale, pay.state_refunded),
    }
}

/// What is on its way, what could not be delivered, and what went back.
pub(super) fn sums(locale: Locale, receipt: &Receipt, returned: &[Returned]) -> Vec<AnyView> {
    let stuck_fen = stuck_fen(returned);
    let lines = [
        (receipt.refunding_fen.minus(stuck_fen).unwrap_or(Fen::ZERO), td_string!(locale, pay.refunding_amount)),
        (stuck_fen, td_string!(locale, pay.stuck_amount)),
        (receipt.refunded_fen, td_string!(locale, pay.refunded_amount)),
    ];
    let said = lines.into_iter().filter(|(amount, _)| amount.is_positive());
    said.map(|(amount, words)| view! { <p class="tag">{fill(words, &[("amount", &yuan(amount))])}</p> }.into_any()).collect()
}

/// What was paid once too often and goes back by itself. It is no part of the receipt's amount.
pub(super) fn extra(locale: Locale, returned: &[Returned], now: Millis) -> Vec<AnyView> {
    let extra = told(returned).filter(|one| one.cause != RefundCause::Merchant);
    extra
        .map(|one| {
            let words = match one.state {
                RefundState::Done => td_string!(locale, pay.extra_returned),
                RefundState::Abnormal | RefundState::GivenUp => td_string!(locale, pay.extra_stuck),
                RefundState::Asked | RefundState::Processing | RefundState::Unfunded => td_string!(locale, pay.extra_returning),
            };
            let is_under_way = !matches!(one.state, RefundState::Done | RefundState::Abnormal | RefundState::GivenUp);
            let when = is_under_way.then(|| view! { <span class="fate">{fate(locale, one, now)}</span> });
            view! { <p class="sum">{fill(words, &[("amount", &yuan(one.amount_fen))])}{when}</p> }.into_any()
        })
        .collect()
}

/// The merchant's refunds one by one: how much, why, when, and what becomes of the money.
pub(super) fn refunds(locale: Locale, returned: &[Returned], now: Millis) -> Option<AnyView> {
    let line = |one: &Returned| {
        view! {
            <dt>{name(locale, one)}</dt>
            <dd>
                <b>{yuan(one.amount_fen)}</b>
                <span class="by">{one.reason.clone()}</span>
                <span class="by">{one.final_at_ms.unwrap_or(one.asked_at_ms).text()}</span>
                <span class="fate">{fate(locale, one, now)}</span>
            </dd>
        }
        .into_any()
    };
    let lines: Vec<AnyView> = told(returned).filter(|one| one.cause == RefundCause::Merchant).map(line).collect();
    (!lines.is_empty()).then(|| view! { <dl class="card">{lines}</dl> }.into_any())
}

/// What the payer reads of money that is asked back at `now`: the merchant is shown it before it is confirmed.
pub(crate) fn promised(locale: Locale, now: Millis) -> String {
    fill(td_string!(locale, pay.refund_by), &[("day", &arrives_by(now))])
}

/// Those that say what became of their money.
fn told(returned: &[Returned]) -> impl Iterator<Item = &Returned> {
    returned.iter().enumerate().filter(move |(at, _)| !is_told_later(*at, returned)).map(|(_, one)| one)
}

/// Whether a later one tells what became of the same money: what the channel gave up was asked for anew. They come oldest first.
fn is_told_later(at: usize, all: &[Returned]) -> bool {
    let one = &all[at];
    let is_same = |later: &Returned| (&later.attempt, later.cause, later.amount_fen) == (&one.attempt, one.cause, one.amount_fen);
    one.state == RefundState::GivenUp && all[at + 1..].iter().any(is_same)
}

fn name(locale: Locale, one: &Returned) -> &'static str {
    match one.state {
        RefundState::Asked if one.is_blocked => td_string!(locale, pay.refund_unsent),
        RefundState::Asked | RefundState::Processing => td_string!(locale, pay.refund_under_way),
        RefundState::Unfunded => td_string!(locale, pay.refund_unsent),
        RefundState::Abnormal => td_string!(locale, pay.refund_stuck),
        RefundState::Done => td_string!(locale, pay.refund_done),
        RefundState::GivenUp => td_string!(locale, pay.refund_given_up),
    }
}

/// What becomes of the money. A day is promised only while the channel is on its way to keep it, and after that day nobody is
/// told to wait for it.
fn fate(locale: Locale, one: &Returned, now: Millis) -> String {
    let words = match one.state {
        RefundState::Asked if one.is_blocked => td_string!(locale, pay.refund_blocked_text),
        RefundState::Asked | RefundState::Processing if now.day() <= arrives_by(one.asked_at_ms) => {
            return promised(locale, one.asked_at_ms);
        }
        RefundState::Asked | RefundState::Processing => td_string!(locale, pay.refund_late),
        RefundState::Unfunded => td_string!(locale, pay.refund_unsent_text),
        RefundState::Abnormal => td_string!(locale, pay.refund_stuck_text),
        RefundState::Done => td_string!(locale, pay.refund_done_text),
        RefundState::GivenUp => td_string!(locale, pay.refund_given_up_text),
    };
    words.to_owned()
}

/// What the merchant asked back and the channel cannot deliver.
fn stuck_fen(returned: &[Returned]) -> Fen {
    let stuck = returned.iter().filter(|one| one.cause == RefundCause::Merchant && one.state == RefundState::Abnormal);
    stuck.fold(Fen::ZERO, |sum, one| sum.plus(one.amount_fen).unwrap_or(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(state: RefundState) -> Returned {
        Returned {
            amount_fen: Fen::of(250),
            attempt: OutTradeNo::parse(&"a".repeat(32)).unwrap(),
            cause: RefundCause::Merchant,
            reason: String::new(),
            state,
            is_blocked: false,
            asked_at_ms: Millis::parse_rfc3339("2026-11-20T12:00:00+08:00").unwrap(),
            final_at_ms: None,
        }
    }

    #[test]
    fn each_state_of_a_refund_has_its_own_sentence_and_a_day_is_promised_only_while_it_can_be_kept() {
        let in_time = Millis::parse_rfc3339("2026-11-25T23:59:59+08:00").unwrap();
        let late = in_time.plus_ms(1_000);
        let table = [
            (one(RefundState::Asked), in_time, "最晚 2026-11-25 到账", "by 2026-11-25"),
            (Returned { is_blocked: true, ..one(RefundState::Asked) }, in_time, "还没有发出", "not been sent yet"),
            (Returned { is_blocked: true, ..one(RefundState::Asked) }, late, "还没有发出", "not been sent yet"),
            (one(RefundState::Processing), in_time, "最晚 2026-11-25 到账", "by 2026-11-25"),
            (one(RefundState::Processing), late, "请先查看微信账单", "Look at your WeChat bill first"),
            (one(RefundState::Unfunded), in_time, "还没有发出", "not been sent yet"),
            (one(RefundState::Abnormal), in_time, "请凭本页联系收款方", "Show this page to the payee"),
            (one(RefundState::Done), in_time, "微信账单", "WeChat bill"),
            (one(RefundState::GivenUp), in_time, "钱没有退回", "was not returned"),
        ];
        for (one, now, zh, en) in table {
            for (locale, expected) in [(Locale::zh, zh), (Locale::en, en)] {
                let told = fate(locale, &one, now);
                assert!(told.contains(expected), "{one:?}: {told}");
                assert_eq!(told.contains("2026-"), expected.contains("2026-"), "{one:?}: {told}");
            }
        }
    }

    #[test]
    fn what_was_given_up_is_silent_once_another_one_tells_of_the_same_money() {
        let given_up = || one(RefundState::GivenUp);
        let done = || one(RefundState::Done);
        let other = OutTradeNo::parse(&"b".repeat(32)).unwrap();
        let table = [
            (vec![given_up()], vec![true]),
            (vec![given_up(), done()], vec![false, true]),
            (vec![given_up(), given_up()], vec![false, true]),
            (vec![given_up(), given_up(), one(RefundState::Asked)], vec![false, false, true]),
            (vec![done(), given_up()], vec![true, true]),
            (vec![given_up(), Returned { amount_fen: Fen::of(251), ..done() }], vec![true, true]),
            (vec![given_up(), Returned { cause: RefundCause::PaidTwice, ..done() }], vec![true, true]),
            (vec![given_up(), Returned { attempt: other, ..done() }], vec![true, true]),
        ];
        for (all, expected) in table {
            let is_told: Vec<bool> = (0..all.len()).map(|at| !is_told_later(at, &all)).collect();
            assert_eq!(is_told, expected, "{all:?}");
            assert_eq!(told(&all).count(), expected.iter().filter(|is_told| **is_told).count());
        }
    }
}

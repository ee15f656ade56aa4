//! What went back of a payment, one by one: what became of it, by when the money is there, and what the payer can do where it
//! does not arrive (idea I3).

use domain::receipt::{Receipt, ReceiptState};
use domain::refund::{RefundCause, RefundState};
use domain::refund_time::arrives_by;
use domain::{Fen, Millis};
use leptos::prelude::*;

use crate::i18n::*;
use crate::ui::{fill, yuan};

/// One return of money, as the payer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// How much.
    pub amount_fen: Fen,
    /// Why.
    pub cause: RefundCause,
    /// The merchant's reason.
    pub reason: String,
    /// Where it stands.
    pub state: RefundState,
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
    let extra = returned.iter().filter(|one| one.cause != RefundCause::Merchant);
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
            <dt>{name(locale, one.state)}</dt>
            <dd>
                <b>{yuan(one.amount_fen)}</b>
                <span class="by">{one.reason.clone()}</span>
                <span class="by">{one.final_at_ms.unwrap_or(one.asked_at_ms).text()}</span>
                <span class="fate">{fate(locale, one, now)}</span>
            </dd>
        }
        .into_any()
    };
    let lines: Vec<AnyView> = returned.iter().filter(|one| one.cause == RefundCause::Merchant).map(line).collect();
    (!lines.is_empty()).then(|| view! { <dl class="card">{lines}</dl> }.into_any())
}

/// What the payer reads of money that is asked back at `now`: the merchant is shown it before it is confirmed.
pub(crate) fn promised(locale: Locale, now: Millis) -> String {
    fill(td_string!(locale, pay.refund_by), &[("day", &arrives_by(now))])
}

fn name(locale: Locale, state: RefundState) -> &'static str {
    match state {
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

    #[test]
    fn each_state_of_a_refund_has_its_own_sentence_and_a_day_is_promised_only_while_it_can_be_kept() {
        let asked_at = Millis::parse_rfc3339("2026-11-20T12:00:00+08:00").unwrap();
        let in_time = Millis::parse_rfc3339("2026-11-25T23:59:59+08:00").unwrap();
        let table = [
            (RefundState::Asked, in_time, "最晚 2026-11-25 到账", "by 2026-11-25"),
            (RefundState::Processing, in_time, "最晚 2026-11-25 到账", "by 2026-11-25"),
            (RefundState::Processing, in_time.plus_ms(1_000), "请先查看微信账单", "Look at your WeChat bill first"),
            (RefundState::Unfunded, in_time, "还没有发出", "not been sent yet"),
            (RefundState::Abnormal, in_time, "请凭本页联系收款方", "Show this page to the payee"),
            (RefundState::Done, in_time, "微信账单", "WeChat bill"),
            (RefundState::GivenUp, in_time, "钱没有退回", "was not returned"),
        ];
        for (state, now, zh, en) in table {
            let one = Returned {
                amount_fen: Fen::of(250),
                cause: RefundCause::Merchant,
                reason: String::new(),
                state,
                asked_at_ms: asked_at,
                final_at_ms: None,
            };
            for (locale, expected) in [(Locale::zh, zh), (Locale::en, en)] {
                let told = fate(locale, &one, now);
                assert!(told.contains(expected), "{state:?}: {told}");
                assert_eq!(told.contains("2026-"), expected.contains("2026-"), "{state:?}: {told}");
            }
        }
    }
}

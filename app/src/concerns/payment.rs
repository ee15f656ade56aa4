//! A payment that is no simple receipt: what was asked, what came or did not, what becomes of it.

use domain::payment::AttemptState;
use domain::{Millis, PaymentId, PaymentState};
use leptos::prelude::*;

use crate::Locale;
use crate::Refusal;
use crate::concerns::claim::standing_card;
use crate::concerns::{Money, PaymentDetail, concern_notes};
use crate::i18n::*;
use crate::receipts::{Reader, RefundLine, refund_words};
use crate::ui::parts::{Bar, Refused};
use crate::ui::{fill, grouped, icons, yuan};

/// One payment. `asked_at` is when the reader asked the channel about it just now.
pub fn payment_screen(locale: Locale, payment: PaymentId, asked_at: Option<Millis>, detail: Result<PaymentDetail, Refusal>) -> AnyView {
    view! {
        <Bar title=td_string!(locale, concerns.payment_title) back=Some(("/m/concerns", td_string!(locale, concerns.title)))/>
        <main id="main" class="one" tabindex="-1">
            {match detail {
                Err(refusal) => view! { <Refused locale refusal again=format!("/m/payments/{payment}")/> }.into_any(),
                Ok(detail) => payment_parts(locale, Reader::Manager, detail, asked_at),
            }}
        </main>
    }
    .into_any()
}

/// Everything about a payment, whether or not it has a receipt. `asked_at` is when the reader asked the channel about it just now.
pub fn payment_parts(locale: Locale, reader: Reader, detail: PaymentDetail, asked_at: Option<Millis>) -> AnyView {
    // The question to the channel is the manager's, whose customer stands there.
    let standing = standing_card(locale, &detail, asked_at).filter(|_| reader == Reader::Manager);
    let PaymentDetail { payment, asked_fen, state, code_name, answers, opened_at_ms, moneys, refunds, concerns, payer_url, .. } = detail;
    // Whoever opens the payer's page can pay there: it is shown once nothing is to be paid any more.
    let payer_url = (!moneys.is_empty()).then_some(payer_url);
    let here = format!("/m/payments/{payment}");
    let pair = |name: String, text: String| view! { <div><dt>{name}</dt><dd>{text}</dd></div> };
    let is_receipt = state == PaymentState::Paid;
    let transactions = moneys.iter().filter_map(|money| money.transaction.clone()).collect::<Vec<_>>();
    view! {
        <section class="card amounts" aria-label=td_string!(locale, concerns.asked)>
            <p class="quiet">{td_string!(locale, concerns.asked)}</p>
            <p class="money">{yuan(asked_fen)}</p>
            {(!is_receipt).then(|| view! { <p><span class="tag">{td_string!(locale, concerns.not_a_receipt)}</span></p> })}
            {(!moneys.is_empty()).then(|| view! { <Came moneys locale/> })}
        </section>
        {standing}
        {concern_notes(locale, reader, concerns, &here)}
        <section aria-labelledby="filled-in">
            <h2 id="filled-in">{td_string!(locale, receipts.filled_in)}</h2>
            {if answers.is_empty() {
                view! { <p class="card quiet">{td_string!(locale, receipts.nothing_filled_in)}</p> }.into_any()
            } else {
                let answers = answers.into_iter().map(|answer| pair(answer.label, answer.text));
                view! { <dl class="card pairs">{answers.collect_view()}</dl> }.into_any()
            }}
        </section>
        <Returns opened_at_ms refunds locale/>
        <section aria-labelledby="about">
            <h2 id="about">{td_string!(locale, receipts.about)}</h2>
            <dl class="card pairs">
                {pair(td_string!(locale, receipts.code).to_owned(), code_name)}
                <div>
                    <dt>{td_string!(locale, receipts.number)}</dt>
                    <dd><strong>{payment.tail()}</strong> <span class="long quiet no">{grouped(&payment.to_string())}</span></dd>
                </div>
                {transactions.into_iter().map(|number| view! {
                    <div><dt>{td_string!(locale, receipts.transaction)}</dt><dd class="long no">{grouped(&number)}</dd></div>
                }).collect_view()}
            </dl>
        </section>
        {is_receipt.then(|| view! { <a class="button" href=reader.receipt(payment)>{td_string!(locale, concerns.see_receipt)}</a> })}
        {payer_url.map(|url| view! {
            <a class="button button-quiet" href=url rel="external" target="_blank">{td_string!(locale, concerns.payer_page)} {icons::onward()}</a>
        })}
    }
    .into_any()
}

#[component]
fn Came(moneys: Vec<Money>, locale: Locale) -> impl IntoView {
    let became = move |state| match state {
        AttemptState::Paid => td_string!(locale, concerns.money_paid),
        AttemptState::Held => td_string!(locale, concerns.money_held),
        _ => td_string!(locale, concerns.money_returned),
    };
    let line = move |money: Money| {
        view! { <div><dt>{td_string!(locale, concerns.what_came)}</dt><dd>{yuan(money.amount_fen)} " " <span class="quiet">{became(money.state)}</span></dd></div> }
    };
    view! { <dl class="pairs">{moneys.into_iter().map(line).collect_view()}</dl> }.into_any()
}

#[component]
fn Returns(opened_at_ms: Millis, refunds: Vec<RefundLine>, locale: Locale) -> impl IntoView {
    let step = |kind: &'static str, what: String, at_ms: Millis, reason: Option<String>| {
        view! {
            <li data-kind=kind>
                <span>{what}</span>
                {reason.map(|reason| view! { <span class="quiet">{reason}</span> })}
                <time class="quiet">{at_ms.text()}</time>
            </li>
        }
    };
    let refunds = refunds.into_iter().map(|refund| {
        let (kind, words) = refund_words(locale, refund.state);
        let reason = (!refund.reason.is_empty()).then(|| fill(td_string!(locale, receipts.reason), &[("reason", &refund.reason)]));
        step(kind, format!("{words} {}", yuan(refund.amount_fen)), refund.changed_at_ms, reason)
    });
    view! {
        <section aria-labelledby="progress">
            <h2 id="progress">{td_string!(locale, receipts.progress)}</h2>
            <ol class="card steps">
                {step("done", td_string!(locale, receipts.step_opened).to_owned(), opened_at_ms, None)}
                {refunds.collect_view()}
            </ol>
        </section>
    }
    .into_any()
}

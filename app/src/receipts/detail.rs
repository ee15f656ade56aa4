//! One receipt in full: what came, what the payer had filled in, what happened to it.

use domain::form::{Answer, AnswerValue};
use domain::receipt::{Receipt, ReceiptState};
use domain::refund::{RefundCause, RefundState};
use domain::token::TokenLife;
use domain::{Fen, Millis, PaymentId};
use leptos::prelude::*;

use crate::Locale;
use crate::Refusal;
use crate::concerns::concern_notes;
use crate::i18n::*;
use crate::receipts::list::Tag;
use crate::receipts::{Reader, ReceiptDetail, RefundLine, Through};
use crate::ui::fill;
use crate::ui::icons;
use crate::ui::parts::{Bar, Refused};
use crate::ui::{grouped, said, yuan};

/// One receipt.
pub fn detail_screen(locale: Locale, payment: PaymentId, detail: Result<ReceiptDetail, Refusal>) -> AnyView {
    view! {
        <Bar title=td_string!(locale, receipts.detail_title) back=Some(("/m/receipts", td_string!(locale, receipts.list)))/>
        <main id="main" class="one" tabindex="-1">
            {match detail {
                Err(refusal) => view! { <Refused locale refusal again=format!("/m/receipts/{payment}")/> }.into_any(),
                Ok(detail) => receipt_parts(locale, Reader::Manager, detail),
            }}
        </main>
    }
    .into_any()
}

/// Everything about a receipt, with what `reader` may do with it.
pub fn receipt_parts(locale: Locale, reader: Reader, detail: ReceiptDetail) -> AnyView {
    let ReceiptDetail { receipt, opened_at_ms, refunds, receipt_url, through, concerns, debt, store } = detail;
    let payment = receipt.payment;
    let here = reader.receipt(payment);
    let is_managers = reader == Reader::Manager;
    // A store's receipt is its cashiers' together; a debt is one manager's.
    let is_own = is_managers && store.is_none();
    view! {
        <Amounts receipt=receipt.clone() locale/>
        {concern_notes(locale, reader, concerns, &here)}
        {debt.map(|debt| {
            let belongs = fill(td_string!(locale, receivables.belongs), &[("title", &debt.title)]);
            match reader {
                Reader::Manager => view! { <a class="card go-on" href=format!("/m/receivables/{}", debt.id)>{belongs} {icons::onward()}</a> }.into_any(),
                // Debts are their managers' own.
                Reader::Administrator => view! { <p class="card">{belongs}</p> }.into_any(),
            }
        })}
        <section aria-labelledby="filled-in">
            <h2 id="filled-in">{td_string!(locale, receipts.filled_in)}</h2>
            <Answers receipt=receipt.clone() photos=format!("{}/photos", path_of(&receipt_url)) locale/>
        </section>
        <section aria-labelledby="progress">
            <h2 id="progress">{td_string!(locale, receipts.progress)}</h2>
            <Steps opened_at_ms paid_at_ms=receipt.paid_at_ms refunds locale/>
        </section>
        <section aria-labelledby="about">
            <h2 id="about">{td_string!(locale, receipts.about)}</h2>
            <About receipt through is_store=store.is_some() locale/>
        </section>
        <a class="button button-quiet" href=receipt_url rel="external" target="_blank">{td_string!(locale, receipts.payer_receipt)} {icons::onward()}</a>
        {is_managers.then(|| view! {
            <a class="button button-quiet" href=format!("{here}/give")>{td_string!(locale, receipts.give)}</a>
            <a class="button button-quiet" href=format!("{here}/print") rel="external">{td_string!(locale, receipts.print)}</a>
        })}
        {is_own.then(|| view! { <a class="button button-quiet" href=format!("/m/receivables/new?receipt={payment}")>{td_string!(locale, receivables.owed_record)}</a> })}
        <a class="button button-quiet" href=reader.refund(payment)>{td_string!(locale, receipts.refund)}</a>
    }
    .into_any()
}

#[component]
fn Amounts(receipt: Receipt, locale: Locale) -> impl IntoView {
    let (state, kept) = (receipt.state(), receipt.kept());
    let Receipt { amount_fen, refunding_fen, refunded_fen, .. } = receipt;
    let line =
        move |name: &'static str, amount: Fen| amount.is_positive().then(|| view! { <div><dt>{name}</dt><dd>{yuan(amount)}</dd></div> });
    view! {
        <section class="card amounts" aria-label=td_string!(locale, receipts.amount)>
            <p class="money">{yuan(amount_fen)}</p>
            <p><Tag state locale/></p>
            {(state != ReceiptState::Collected).then(|| view! {
                <dl class="pairs">
                    {line(td_string!(locale, receipts.refunded_sum), refunded_fen)}
                    {line(td_string!(locale, receipts.refunding_sum), refunding_fen)}
                    <div><dt>{td_string!(locale, receipts.kept)}</dt><dd>{yuan(kept)}</dd></div>
                </dl>
            })}
        </section>
    }
    .into_any()
}

/// The path of an address of ours, so that a picture is asked for where the page itself came from.
fn path_of(url: &str) -> &str {
    url.find("/r/").map_or(url, |at| &url[at..])
}

#[component]
fn Answers(receipt: Receipt, photos: String, locale: Locale) -> impl IntoView {
    if receipt.answers.is_empty() {
        return view! { <p class="card quiet">{td_string!(locale, receipts.nothing_filled_in)}</p> }.into_any();
    }
    let said = |answer: &Answer| match &answer.value {
        AnswerValue::Photo { id } => {
            let (url, alt) = (format!("{photos}/{id}"), answer.label.clone());
            let picture = view! { <img class="photo" src=url.clone() alt=alt width="96" height="96"/> };
            view! { <a href=url rel="external" target="_blank">{picture}</a> }.into_any()
        }
        _ => said(locale, answer).into_any(),
    };
    let answers = receipt.answers.iter().map(|answer| view! { <div><dt>{answer.label.clone()}</dt><dd>{said(answer)}</dd></div> });
    view! { <dl class="card pairs">{answers.collect_view()}</dl> }.into_any()
}

#[component]
fn About(receipt: Receipt, through: Through, is_store: bool, locale: Locale) -> impl IntoView {
    let pair = |name: &'static str, text: String| view! { <div><dt>{name}</dt><dd>{text}</dd></div> };
    view! {
        <dl class="card pairs">
            {pair(td_string!(locale, receipts.paid_at), receipt.paid_at_ms.text())}
            {pair(td_string!(locale, receipts.code), receipt.code_name)}
            {pair(td_string!(locale, receipts.through), through_words(locale, &through))}
            {pair(if is_store { td_string!(locale, receipts.store) } else { td_string!(locale, receipts.payee) }, receipt.payee_name)}
            <div>
                <dt>{td_string!(locale, receipts.number)}</dt>
                <dd><strong>{receipt.payment.tail()}</strong> <span class="long quiet no">{grouped(&receipt.payment.to_string())}</span></dd>
            </div>
            {receipt.transaction.map(|number| view! {
                <div><dt>{td_string!(locale, receipts.transaction)}</dt><dd class="long no">{grouped(&number)}</dd></div>
            })}
        </dl>
    }
    .into_any()
}

/// Which of the code's tokens it was: a printed one, the one that is shown, or one that was replaced or cut, and when.
fn through_words(locale: Locale, through: &Through) -> String {
    let TokenLife { replaced_at_ms, cut_at_ms } = through.life;
    let at = |template, at: Millis| fill(template, &[("time", &at.text())]);
    let what = match (through.is_plate || through.is_debt, replaced_at_ms, cut_at_ms) {
        (true, _, _) if through.is_debt => td_string!(locale, receivables.way_code).to_owned(),
        (true, _, _) => td_string!(locale, receipts.through_plate).to_owned(),
        (_, _, Some(cut)) => at(td_string!(locale, receipts.through_cut), cut),
        (_, Some(replaced), None) => at(td_string!(locale, receipts.through_old), replaced),
        (_, None, None) => td_string!(locale, receipts.through_current).to_owned(),
    };
    format!("{what} · {}", fill(td_string!(locale, receipts.tail), &[("tail", &through.tail)]))
}

#[component]
fn Steps(opened_at_ms: Millis, paid_at_ms: Millis, refunds: Vec<RefundLine>, locale: Locale) -> impl IntoView {
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
        let reason = match refund.cause {
            RefundCause::PaidTwice => Some(td_string!(locale, receipts.cause_paid_twice).to_owned()),
            RefundCause::PaidAfterClose => Some(td_string!(locale, receipts.cause_paid_after_close).to_owned()),
            RefundCause::WrongAmount => Some(td_string!(locale, concerns.wrong_amount).to_owned()),
            RefundCause::Merchant if refund.reason.is_empty() => None,
            RefundCause::Merchant => Some(fill(td_string!(locale, receipts.reason), &[("reason", &refund.reason)])),
        };
        step(kind, format!("{words} {}", yuan(refund.amount_fen)), refund.changed_at_ms, reason)
    });
    view! {
        <ol class="card steps">
            {step("done", td_string!(locale, receipts.step_opened).to_owned(), opened_at_ms, None)}
            {step("done", td_string!(locale, receipts.step_paid).to_owned(), paid_at_ms, None)}
            {refunds.collect_view()}
        </ol>
    }
    .into_any()
}

/// A refund's state as a kind of step and in words.
pub fn refund_words(locale: Locale, state: RefundState) -> (&'static str, &'static str) {
    match state {
        RefundState::Asked => ("wait", td_string!(locale, receipts.refund_asked)),
        RefundState::Processing => ("wait", td_string!(locale, receipts.refund_processing)),
        RefundState::Unfunded => ("bad", td_string!(locale, receipts.refund_unfunded)),
        RefundState::Abnormal => ("bad", td_string!(locale, receipts.refund_abnormal)),
        RefundState::Done => ("done", td_string!(locale, receipts.refund_done)),
        RefundState::GivenUp => ("bad", td_string!(locale, receipts.refund_given_up)),
    }
}

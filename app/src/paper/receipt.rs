//! A receipt on paper, and the way to give it to its payer once more (row C13).

use domain::Millis;
use domain::capitals::capitals;
use domain::receipt::{Receipt, ReceiptState};
use leptos::prelude::*;

use super::sheet::{Beside, Drawn, Printing, sheet};
use crate::Locale;
use crate::i18n::*;
use crate::receipts::{RefundLine, refund_words};
use crate::ui::parts::Bar;
use crate::ui::{fill, grouped, said, yuan};

/// Everything on the paper.
#[derive(Debug, Clone, Copy)]
pub struct PrintedReceipt<'a> {
    /// The receipt.
    pub receipt: &'a Receipt,
    /// The organisation.
    pub merchant: &'a str,
    /// The returns, oldest first.
    pub refunds: &'a [RefundLine],
    /// The payer's own page, as a code to scan.
    pub code: &'a Drawn,
    /// When it is printed: what was so at that moment.
    pub now: Millis,
}

/// The sheet.
pub fn receipt_sheet(printing: Printing<'_>, printed: PrintedReceipt<'_>) -> String {
    let locale = printing.prefs.locale;
    let title = format!("{} {}", td_string!(locale, paper.receipt), printed.receipt.payment.tail());
    let beside = Beside { back: td_string!(locale, paper.back), hint: td_string!(locale, paper.print_hint) };
    sheet(printing, beside, &title, || paper(locale, printed))
}

fn paper(locale: Locale, printed: PrintedReceipt<'_>) -> AnyView {
    let PrintedReceipt { receipt, merchant, code, now, .. } = printed;
    let state = match receipt.state() {
        ReceiptState::Collected => td_string!(locale, receipts.collected),
        ReceiptState::Refunding => td_string!(locale, receipts.refunding),
        ReceiptState::PartlyRefunded => td_string!(locale, receipts.partly_refunded),
        ReceiptState::Refunded => td_string!(locale, receipts.refunded),
    };
    let words = fill(td_string!(locale, paper.in_capitals), &[("words", &capitals(receipt.amount_fen))]);
    view! {
        <main class="sheet receipt">
            <header>
                <p class="merchant">{merchant.to_owned()}</p>
                <h1>{td_string!(locale, paper.receipt)}</h1>
            </header>
            <p class="sum"><strong>{yuan(receipt.amount_fen)}</strong> <span>{state}</span></p>
            <p class="words">{words}</p>
            <dl>{rows(locale, receipt)}</dl>
            {refunds(locale, printed.refunds)}
            <footer>
                <div class="code" role="img" aria-label=td_string!(locale, paper.receipt_qr_alt) inner_html=code.0.clone()></div>
                <div>
                    <p>{td_string!(locale, paper.check)}</p>
                    <p>{td_string!(locale, paper.no_invoice)}</p>
                    <p>{fill(td_string!(locale, paper.printed_at), &[("time", &now.text())])}</p>
                </div>
            </footer>
        </main>
    }
    .into_any()
}

fn rows(locale: Locale, receipt: &Receipt) -> Vec<AnyView> {
    let row = |name: String, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any();
    let plain = |name: &str, text: String| row(name.to_owned(), text.into_any());
    let mut rows = vec![
        row(td_string!(locale, receipts.number).to_owned(), grouped(&receipt.payment.to_string()).into_any()),
        plain(td_string!(locale, receipts.paid_at), receipt.paid_at_ms.text()),
        plain(td_string!(locale, receipts.payee), receipt.payee_name.clone()),
        plain(td_string!(locale, receipts.code), receipt.code_name.clone()),
    ];
    rows.extend(receipt.answers.iter().map(|answer| plain(&answer.label, said(locale, answer))));
    if let Some(transaction) = &receipt.transaction {
        rows.push(row(td_string!(locale, receipts.transaction).to_owned(), grouped(transaction).into_any()));
    }
    rows
}

fn refunds(locale: Locale, refunds: &[RefundLine]) -> Option<AnyView> {
    let line = |refund: &RefundLine| {
        let (_, words) = refund_words(locale, refund.state);
        view! {
            <div>
                <dt>{yuan(refund.amount_fen)} " " {words}</dt>
                <dd>{refund.reason.clone()} " " {refund.changed_at_ms.text()}</dd>
            </div>
        }
    };
    (!refunds.is_empty()).then(|| {
        let lines = refunds.iter().map(line).collect_view();
        view! { <section><h2>{td_string!(locale, paper.refunds)}</h2><dl>{lines}</dl></section> }.into_any()
    })
}

/// A receipt that is given to its payer once more.
#[derive(Debug, Clone, Copy)]
pub struct GivenReceipt<'a> {
    /// The receipt.
    pub receipt: &'a Receipt,
    /// The organisation.
    pub merchant: &'a str,
    /// The payer's own page.
    pub url: &'a str,
    /// The same as a picture to scan.
    pub png_data_uri: &'a str,
}

/// The title of that screen.
pub fn give_title(locale: Locale) -> &'static str {
    td_string!(locale, paper.give_title)
}

/// The screen with the payer's link: to scan, to copy. Without a script the link can still be marked.
pub fn give_page(locale: Locale, given: GivenReceipt<'_>) -> AnyView {
    let GivenReceipt { receipt, merchant, url, png_data_uri } = given;
    let text = fill(td_string!(locale, paper.give_text), &[("merchant", &merchant), ("amount", &yuan(receipt.amount_fen))]);
    let back = format!("/m/receipts/{}", receipt.payment);
    view! {
        <Bar title=td_string!(locale, paper.give_title) back=Some(("/m/receipts", td_string!(locale, receipts.list)))/>
        <main id="main" class="one" tabindex="-1">
            <section class="card plate">
                <p>{td_string!(locale, paper.give_scan)}</p>
                <img class="qr" src=png_data_uri.to_owned() alt=td_string!(locale, paper.receipt_qr_alt) width="240" height="240"/>
                <p><strong>{yuan(receipt.amount_fen)}</strong> " · " {receipt.payment.tail()}</p>
            </section>
            <section class="card ask-form">
                <label for="link">{td_string!(locale, paper.give_link)}</label>
                <input id="link" readonly=true value=url.to_owned()/>
                <p class="quiet">{td_string!(locale, paper.give_by_hand)}</p>
            </section>
            <button class="button with-program" type="button" data-copy=format!("{text} {url}")>
                <span>{td_string!(locale, paper.give_copy)}</span>
                <span class="done">{td_string!(locale, paper.give_copied)}</span>
            </button>
            <p class="quiet">{td_string!(locale, paper.give_lead)}</p>
            <p class="note note-warn">{td_string!(locale, paper.give_private)}</p>
            <a class="button button-quiet" href=back>{td_string!(locale, paper.back)}</a>
        </main>
    }
    .into_any()
}

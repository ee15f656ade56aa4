//! The receipt: what was paid, when, to whom and for what, with a mark that a picture cannot carry.

use domain::Millis;
use domain::form::AnswerValue;
use domain::receipt::{Receipt, ReceiptState};
use leptos::prelude::*;

use super::document::{Frame, Part, Shell, document, reader_links};
use super::returned::{Returned, extra, refunds, state_words, sums};
use super::shop::{Shop, contact_link, masthead};
use super::waiting::Sign;
use crate::i18n::*;
use crate::ui::{Mark, fill, grouped, said, yuan};

/// Everything on the receipt page.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptPage<'a> {
    /// The receipt.
    pub receipt: &'a Receipt,
    /// What goes back or went back, oldest first: what the merchant returned, and what was paid once too often.
    pub returned: &'a [Returned],
    /// Who was paid. Its payee and code name are those of the receipt, not of today.
    pub shop: &'a Shop,
    /// The server's time: the clock on the page starts from it.
    pub now: Millis,
    /// The mark of this receipt for this hour, see [`Mark::of_seed`].
    pub mark: Mark,
    /// Where photographs lie: an answer's photo is at `{photos}/{id}`. `None` shows none.
    pub photos: Option<&'a str>,
}

/// The receipt page.
pub fn receipt_page(shell: Shell<'_>, page: &ReceiptPage<'_>) -> String {
    let locale = shell.locale;
    let is_whole = page.receipt.state() == ReceiptState::Collected;
    let title = fill(td_string!(locale, pay.receipt_title), &[("amount", &yuan(page.receipt.amount_fen)), ("shop", &page.shop.name)]);
    document(shell, Frame::new(title, Part::Result), || {
        view! {
            <main>
                {masthead(locale, page.shop)}
                <div class="card c">
                    {view! { <Sign kind=if is_whole { "ok" } else { "warn" } /> }}
                    <h2>{state_words(locale, page.receipt, page.returned)}</h2>
                    <p class="money"><i>"¥"</i>{page.receipt.amount_fen.to_string()}</p>
                    {sums(locale, page.receipt, page.returned)}
                    {extra(locale, page.returned, page.now)}
                    {verification(locale, page)}
                </div>
                {refunds(locale, page.returned, page.now)}
                <dl class="card">{rows(locale, page)}</dl>
                <p class="num">{td_string!(locale, pay.keep_link)}</p>
                // Shown where there is something that can close it.
                <button type="button" class="go o" id="close" hidden>{td_string!(locale, pay.done)}</button>
                <p class="foot">
                    {contact_link(locale, page.shop)}
                    {reader_links(shell)}
                    <button type="button" class="x" id="print">{td_string!(locale, pay.print)}</button>
                </p>
            </main>
        }
    })
}

/// The mark moves, and the clock beside it goes: neither does in a picture.
fn verification(locale: Locale, page: &ReceiptPage<'_>) -> impl IntoView + use<> {
    let mark = page.mark;
    let words = fill(td_string!(locale, pay.mark), &[("colour", &colour(locale, mark)), ("shape", &shape(locale, mark))]);
    let (hour, minute, second) = page.now.clock();
    let signs = format!("{} ", mark.sign()).repeat(24);
    view! {
        <div class=format!("mark m{}", mark.colour)>
            <div aria-hidden="true"><span>{signs}</span></div>
            <p>
                {words}
                <time datetime=page.now.rfc3339() data-now=page.now.get().to_string()>{format!("{hour:02}:{minute:02}:{second:02}")}</time>
            </p>
        </div>
    }
}

fn colour(locale: Locale, mark: Mark) -> &'static str {
    match mark.colour {
        0 => td_string!(locale, pay.colour_red),
        1 => td_string!(locale, pay.colour_orange),
        2 => td_string!(locale, pay.colour_green),
        3 => td_string!(locale, pay.colour_cyan),
        4 => td_string!(locale, pay.colour_blue),
        _ => td_string!(locale, pay.colour_purple),
    }
}

fn shape(locale: Locale, mark: Mark) -> &'static str {
    match mark.shape {
        0 => td_string!(locale, pay.shape_circle),
        1 => td_string!(locale, pay.shape_triangle),
        2 => td_string!(locale, pay.shape_square),
        3 => td_string!(locale, pay.shape_diamond),
        4 => td_string!(locale, pay.shape_star),
        _ => td_string!(locale, pay.shape_heart),
    }
}

fn rows(locale: Locale, page: &ReceiptPage<'_>) -> Vec<AnyView> {
    let receipt = page.receipt;
    let row = |label: &str, text: String| view! { <dt>{label.to_owned()}</dt><dd>{text}</dd> }.into_any();
    let mut rows = vec![row(td_string!(locale, pay.paid_at), receipt.paid_at_ms.text())];
    if !receipt.payee_name.is_empty() {
        rows.push(row(td_string!(locale, pay.payee), receipt.payee_name.clone()));
    }
    rows.extend(receipt.answers.iter().map(|answer| match (&answer.value, page.photos) {
        (AnswerValue::Photo { id }, Some(photos)) => picture(&answer.label, format!("{photos}/{id}")),
        _ => row(&answer.label, said(locale, answer)),
    }));
    let (whole, tail) = (receipt.payment.to_string(), receipt.payment.tail());
    rows.push(
        view! { <dt>{td_string!(locale, pay.number)}</dt><dd><b>{tail}</b><span class="no">{grouped(&whole)}</span></dd> }.into_any(),
    );
    if let Some(transaction) = &receipt.transaction {
        rows.push(view! { <dt>{td_string!(locale, pay.transaction)}</dt><dd class="no">{grouped(transaction)}</dd> }.into_any());
    }
    rows
}

fn picture(label: &str, url: String) -> AnyView {
    view! {
        <dt>{label.to_owned()}</dt>
        <dd><a href=url.clone()><img src=url.clone() alt=label.to_owned() width="96" height="96" /></a></dd>
    }
    .into_any()
}

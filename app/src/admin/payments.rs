//! The organisation's payments: one is found by its number, and the latest receipts stand below.

use domain::receipt::ReceiptState;
use domain::{Fen, Millis, PaymentId};
use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use super::listing::{nothing, search};
use crate::Locale;
use crate::concerns::{ConcernRow, heading_words, tag};
use crate::i18n::*;
use crate::receipts::{Cursor, Reader, Tag};
use crate::ui::moments::moment;
use crate::ui::yuan;

/// Where they stand.
pub const PAYMENTS: &str = Reader::Administrator.list();

/// A receipt in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptLine {
    /// The payment.
    pub payment: PaymentId,
    /// What was collected.
    pub amount_fen: Fen,
    /// How it reads.
    pub state: ReceiptState,
    /// What its payer had filled in, joined for reading; may be empty.
    pub who: String,
    /// Who collected it: a manager or a store.
    pub payee_name: String,
    /// The code through which it came.
    pub code_name: String,
    /// When it became a receipt: the order of the list.
    pub at_ms: Millis,
}

impl ReceiptLine {
    /// Its place in the list.
    pub fn cursor(&self) -> Cursor {
        Cursor { at_ms: self.at_ms, payment: self.payment }
    }
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentsPage {
    /// The number that was looked for and not found; empty when none was.
    pub number: String,
    /// The receipts of this page, newest first.
    pub lines: Vec<ReceiptLine>,
    /// Where the next, older page begins; `None` at the end.
    pub next: Option<Cursor>,
    /// Whether this is the newest page.
    pub is_newest: bool,
    /// The present moment.
    pub now: Millis,
}

/// The page.
pub fn payments_page(shell: AdminShell<'_>, signed: &Signed, shown: &PaymentsPage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, office.payments);
    page(shell, signed, Section::Payments, title, || {
        let is_sought = !shown.number.is_empty();
        let hint = if is_sought { td_string!(locale, office.payments_not_found_hint) } else { td_string!(locale, office.number_hint) };
        let list = match (is_sought, shown.lines.is_empty()) {
            (true, _) => {
                let title = td_string!(locale, office.payments_not_found);
                view! { <div class="empty card" role="status"><p class="empty-title">{title}</p></div> }.into_any()
            }
            (false, true) if shown.is_newest => {
                nothing(locale, "", td_string!(locale, office.payments_none), td_string!(locale, office.payments_none_hint))
            }
            (false, _) => latest(locale, shown),
        };
        view! {
            <h1>{title}</h1>
            {search(locale, PAYMENTS, td_string!(locale, office.number), &shown.number)}
            <p class="quiet">{hint}</p>
            {list}
        }
        .into_any()
    })
}

fn latest(locale: Locale, shown: &PaymentsPage) -> AnyView {
    let newest =
        (!shown.is_newest).then(|| view! { <a class="link" rel="first" href=PAYMENTS>{td_string!(locale, office.payments_newest)}</a> });
    let older = shown.next.map(|next| {
        view! { <a class="link" rel="next" href=format!("{PAYMENTS}?before={next}")>{td_string!(locale, office.payments_older)}</a> }
    });
    let name = td_string!(locale, office.payments_latest);
    let turns = (newest.is_some() || older.is_some()).then(|| view! { <nav class="turns" aria-label=name>{newest}{older}</nav> });
    view! {
        <h2>{name}</h2>
        {table(locale, &shown.lines, shown.now)}
        {turns}
    }
    .into_any()
}

fn table(locale: Locale, lines: &[ReceiptLine], now: Millis) -> AnyView {
    let names = [
        td_string!(locale, office.col_amount),
        td_string!(locale, office.col_state),
        td_string!(locale, office.col_time),
        td_string!(locale, office.col_who),
        td_string!(locale, office.col_payee),
        td_string!(locale, office.col_code),
    ];
    let [_, state, time, who, payee, code] = names;
    let row = |line: &ReceiptLine| {
        view! {
            <tr>
                <th class="whole" scope="row"><a href=Reader::Administrator.receipt(line.payment)>{yuan(line.amount_fen)}</a></th>
                <td data-name=state><Tag state=line.state locale/></td>
                <td class="whole" data-name=time>{moment(locale, line.at_ms, now)}</td>
                <td data-name=who>{line.who.clone()}</td>
                <td data-name=payee>{line.payee_name.clone()}</td>
                <td data-name=code>{line.code_name.clone()}</td>
            </tr>
        }
    };
    view! {
        <table class="card rows plain">
            <thead><tr>{names.map(|name| view! { <th scope="col">{name}</th> }).collect_view()}</tr></thead>
            <tbody>{lines.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// Payments that need a look, each with the way to it.
pub(super) fn concern_list(locale: Locale, rows: &[ConcernRow], now: Millis) -> AnyView {
    let line = |row: &ConcernRow| {
        let (word, kind) = tag(locale, row.kind, row.state);
        let parts = [row.title.as_str(), row.code_name.as_str()].into_iter().filter(|part| !part.is_empty());
        let about = parts.map(str::to_owned).chain([moment(locale, row.happened_at_ms, now)]).collect::<Vec<_>>().join(" · ");
        view! {
            <li>
                <a href=Reader::Administrator.payment_of(row)>{heading_words(locale, row.kind)} " " {yuan(row.amount_fen)}</a>
                <span class="tag" data-kind=kind>{word}</span>
                <span class="quiet">{about}</span>
            </li>
        }
    };
    view! { <ul class="letters">{rows.iter().map(line).collect_view()}</ul> }.into_any()
}

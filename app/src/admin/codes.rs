//! The list of codes, and choosing for whom a new one is.

use domain::code::{AmountRule, CodeRefusal};
use domain::{AccountId, CodeId};
use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use super::listing::{Place, nothing, search, turns};
use crate::Locale;
use crate::i18n::*;
use crate::ui::{fill, yuan};

/// A code in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLine {
    /// The code.
    pub code: CodeId,
    /// Its name.
    pub name: String,
    /// Who collects.
    pub payee: PayeeChoice,
    /// Whether it is printed.
    pub is_plate: bool,
    /// How much it collects.
    pub amount: AmountRule,
    /// Whether it can be paid through now.
    pub opens: Result<(), CodeRefusal>,
}

/// Somebody, or a store, who collects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayeeChoice {
    /// Their account, or the store in its place.
    pub id: AccountId,
    /// Their name.
    pub name: String,
    /// What tells them apart from others of this name.
    pub phone: Option<String>,
    /// Whether it is a store.
    pub is_store: bool,
}

impl PayeeChoice {
    /// The payee's own page.
    pub(super) fn href(&self) -> String {
        if self.is_store { format!("/admin/stores/{}", self.id) } else { format!("/admin/managers/{}", self.id) }
    }
}

/// The page with the list.
pub fn codes_page(shell: AdminShell<'_>, signed: &Signed, place: &Place, lines: &[CodeLine]) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, office.codes);
    page(shell, signed, Section::Codes, title, || {
        let body = match lines.is_empty() {
            true => nothing(locale, &place.query, td_string!(locale, office.codes_none), td_string!(locale, office.codes_none_hint)),
            false => table(locale, lines),
        };
        view! {
            <div class="head">
                <h1>{title}</h1>
                <span class="quiet">{fill(td_string!(locale, office.code_count), &[("count", &place.count)])}</span>
                <a class="button" href="/admin/codes/new">{td_string!(locale, office.new_code)}</a>
            </div>
            {search(locale, "/admin/codes", td_string!(locale, office.search_codes), &place.query)}
            {body}
            {turns(locale, "/admin/codes", place)}
        }
        .into_any()
    })
}

fn table(locale: Locale, lines: &[CodeLine]) -> AnyView {
    let [code, payee, kind, amount, state] = [
        td_string!(locale, office.col_code),
        td_string!(locale, office.col_payee),
        td_string!(locale, office.col_kind),
        td_string!(locale, office.col_amount),
        td_string!(locale, office.col_state),
    ];
    let row = |line: &CodeLine| {
        view! {
            <tr>
                <th scope="row"><a href=format!("/admin/codes/{}", line.code)>{line.name.clone()}</a></th>
                <td data-name=payee><a href=line.payee.href()>{line.payee.name.clone()}</a></td>
                <td data-name=kind>{kind_word(locale, line.is_plate)}</td>
                <td class="whole" data-name=amount>{amount_words(locale, line.amount)}</td>
                <td data-name=state>{code_tag(locale, line.opens)}</td>
            </tr>
        }
    };
    view! {
        <table class="card rows plain">
            <thead><tr>{[code, payee, kind, amount, state].map(|name| view! { <th scope="col">{name}</th> }).collect_view()}</tr></thead>
            <tbody>{lines.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// Where a code is shown.
pub(super) fn kind_word(locale: Locale, is_plate: bool) -> &'static str {
    if is_plate { td_string!(locale, office.kind_plate) } else { td_string!(locale, office.kind_app) }
}

/// How much a code collects.
pub(super) fn amount_words(locale: Locale, amount: AmountRule) -> String {
    match amount {
        AmountRule::Free => td_string!(locale, office.amount_free).to_owned(),
        AmountRule::Fixed { amount_fen } => yuan(amount_fen),
        AmountRule::Between { min_fen, max_fen } => {
            fill(td_string!(locale, office.amount_between), &[("min", &yuan(min_fen)), ("max", &yuan(max_fen))])
        }
    }
}

/// Whether a code can be paid through, in a word and a colour.
pub(super) fn code_tag(locale: Locale, opens: Result<(), CodeRefusal>) -> AnyView {
    let (kind, state) = match opens {
        Ok(()) => ("good", td_string!(locale, office.state_on)),
        Err(CodeRefusal::NotYet) => ("wait", td_string!(locale, office.state_not_yet)),
        Err(CodeRefusal::Expired) => ("gone", td_string!(locale, office.state_over)),
        Err(CodeRefusal::MerchantClosed) => ("bad", td_string!(locale, office.state_merchant)),
        Err(_) => ("gone", td_string!(locale, office.state_off)),
    };
    view! { <span class="tag" data-kind=kind>{state}</span> }.into_any()
}

/// Who may collect through a new code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForWhom {
    /// What was searched.
    pub query: String,
    /// Stores.
    pub stores: Vec<PayeeChoice>,
    /// Managers.
    pub managers: Vec<PayeeChoice>,
    /// How many more stores there are than are listed.
    pub more_stores: i64,
    /// How many more managers.
    pub more_managers: i64,
    /// Whether whoever was chosen may not collect.
    pub is_wrong: bool,
}

/// The page that asks for whom a new code is.
pub fn for_whom_page(shell: AdminShell<'_>, signed: &Signed, found: &ForWhom) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, office.for_whom);
    page(shell, signed, Section::Codes, title, || {
        let line = |choice: &PayeeChoice| {
            view! {
                <li class="person">
                    <a href=format!("/admin/codes/new?for={}", choice.id)>{choice.name.clone()}</a>
                    <span class="quiet">{choice.phone.clone()}</span>
                </li>
            }
        };
        let part = |name: &'static str, choices: &[PayeeChoice], (more, count): (&'static str, i64)| {
            let lines = choices.iter().map(line).collect_view();
            let more = (count > 0).then(|| view! { <p class="quiet">{fill(more, &[("count", &count)])}</p> });
            (!choices.is_empty()).then(|| view! { <section class="card"><h2>{name}</h2><ul class="people">{lines}</ul>{more}</section> })
        };
        let [more_stores, more_managers] = [td_string!(locale, office.more_stores), td_string!(locale, office.more_managers)];
        let is_none = found.stores.is_empty() && found.managers.is_empty();
        view! {
            <div class="head"><a class="link" href="/admin/codes">{td_string!(locale, office.to_codes)}</a></div>
            <h1>{title}</h1>
            <p class="quiet">{td_string!(locale, office.for_whom_lead)}</p>
            {found.is_wrong.then(|| view! { <p class="note note-warn" role="status">{td_string!(locale, office.said_no_payee)}</p> })}
            {search(locale, "/admin/codes/new", td_string!(locale, office.search_people), &found.query)}
            {is_none.then(|| view! { <p class="quiet" role="status">{td_string!(locale, office.none_found)}</p> })}
            {part(td_string!(locale, office.stores), &found.stores, (more_stores, found.more_stores))}
            {part(td_string!(locale, office.managers), &found.managers, (more_managers, found.more_managers))}
        }
        .into_any()
    })
}

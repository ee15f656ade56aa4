//! What a manager collects from whom: the list of their debts, and one of them, which an administrator may write off whatever its sum.

use domain::AccountId;
use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use super::listing::nothing;
use crate::Locale;
use crate::i18n::*;
use crate::receipts::Reader;
use crate::receivables::{self, Debt, DebtList, DebtScreen, HERE, ListQuery, Show, one_title, tag};
use crate::ui::fill;
use crate::ui::moments::date;
use crate::ui::yuan;

/// Where the debts of a manager stand.
pub fn debts_path(payee: AccountId) -> String {
    format!("/admin/managers/{payee}/receivables")
}

/// The list. `payee` and `name` are whose debts they are.
pub fn debts_page(shell: AdminShell<'_>, signed: &Signed, (payee, name): (AccountId, &str), query: &ListQuery, list: &DebtList) -> String {
    let locale = shell.prefs.locale;
    let here = debts_path(payee);
    let title = fill(td_string!(locale, office.debts_of), &[("name", &name)]);
    page(shell, signed, Section::Managers, &title, || {
        let body = match (list.is_too_short, list.rows.is_empty()) {
            (true, _) => view! { <p class="note" role="status">{td_string!(locale, receivables.too_short)}</p> }.into_any(),
            (false, true) => {
                nothing(locale, &query.words, td_string!(locale, receivables.empty), td_string!(locale, office.debts_none_hint))
            }
            (false, false) => table(locale, list),
        };
        view! {
            <div class="head"><a class="link" href=format!("/admin/managers/{payee}")>{name.to_owned()}</a></div>
            <h1>{title.clone()}</h1>
            {search(locale, &here, query)}
            {filter(locale, &here, query)}
            {body}
            {turns(locale, &here, query, list)}
        }
        .into_any()
    })
}

fn search(locale: Locale, here: &str, query: &ListQuery) -> AnyView {
    let label = td_string!(locale, receivables.search);
    let all = (!query.words.is_empty()).then(|| view! { <a class="link" href=here.to_owned()>{td_string!(locale, office.show_all)}</a> });
    view! {
        <form class="seek" role="search" method="get" action=here.to_owned()>
            <input type="hidden" name="show" value=query.show.word()/>
            <input name="q" type="search" aria-label=label placeholder=label value=query.words.clone() maxlength="60"/>
            <button class="button button-quiet" type="submit">{td_string!(locale, office.find)}</button>
            {all}
        </form>
    }
    .into_any()
}

fn filter(locale: Locale, here: &str, query: &ListQuery) -> AnyView {
    let link = |show: Show| {
        let href = at(here, &ListQuery { show, before: None, ..query.clone() });
        view! { <a href=href aria-current=(show == query.show).then_some("true")>{show.name(locale)}</a> }
    };
    view! { <nav class="chips" aria-label=td_string!(locale, receivables.show)>{Show::ALL.map(link).collect_view()}</nav> }.into_any()
}

fn turns(locale: Locale, here: &str, query: &ListQuery, list: &DebtList) -> Option<AnyView> {
    let newest = query.before.is_some().then(|| {
        let href = at(here, &ListQuery { before: None, ..query.clone() });
        view! { <a class="link" rel="first" href=href>{td_string!(locale, receivables.newest)}</a> }
    });
    let older = list.next.map(|next| {
        let href = at(here, &ListQuery { before: Some(next), ..query.clone() });
        view! { <a class="link" rel="next" href=href>{td_string!(locale, receivables.older)}</a> }
    });
    let has_any = newest.is_some() || older.is_some();
    has_any.then(|| view! { <nav class="turns" aria-label=td_string!(locale, receivables.title)>{newest}{older}</nav> }.into_any())
}

/// The manager's address of a list is the administrator's below another place.
fn at(here: &str, query: &ListQuery) -> String {
    query.url().replacen(HERE, here, 1)
}

fn table(locale: Locale, list: &DebtList) -> AnyView {
    let names = [
        td_string!(locale, receivables.col_name),
        td_string!(locale, receivables.owed),
        td_string!(locale, office.col_state),
        td_string!(locale, receivables.due),
        td_string!(locale, receivables.title_field),
    ];
    let row = |Debt { receivable, claim, .. }: &Debt| {
        let (kind, words) = tag(locale, receivable, *claim, list.today);
        let due = receivable.due.map_or_else(|| td_string!(locale, receivables.no_due).to_owned(), |due| date(locale, due, list.today));
        view! {
            <tr>
                <th scope="row"><a href=Reader::Administrator.debt(receivable.id)>{receivable.debtor.name.clone()}</a></th>
                <td class="whole" data-name=names[1]>{yuan(claim.outstanding())}</td>
                <td data-name=names[2]><span class="tag" data-kind=kind>{words}</span></td>
                <td class="whole" data-name=names[3]>{due}</td>
                <td data-name=names[4]>{receivable.title.clone()}</td>
            </tr>
        }
    };
    let heads = names.map(|name| view! { <th scope="col">{name}</th> }).collect_view();
    view! { <table class="card rows plain"><thead><tr>{heads}</tr></thead><tbody>{list.rows.iter().map(row).collect_view()}</tbody></table> }
        .into_any()
}

/// One of them.
pub fn debt_page(shell: AdminShell<'_>, signed: &Signed, name: &str, screen: DebtScreen<'_>) -> String {
    let locale = shell.prefs.locale;
    let title = one_title(locale);
    page(shell, signed, Section::Managers, title, || {
        let back = fill(td_string!(locale, office.debts_of), &[("name", &name)]);
        view! {
            <div class="head">
                <a class="link" href=debts_path(screen.page.receivable.payee)>{back}</a>
                <h1>{title}</h1>
            </div>
            <div class="one">{receivables::office_parts(locale, screen)}</div>
        }
        .into_any()
    })
}

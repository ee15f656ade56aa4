//! The list of stores, with making one.

use domain::{Millis, StoreId};
use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use super::listing::{Place, nothing, search, turns};
use super::register::field;
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::moments::moment;

/// A store in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLine {
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// Whether it collects.
    pub is_open: bool,
    /// Since when there is such a store.
    pub created_at_ms: Millis,
    /// How many cashiers it has.
    pub cashiers: i64,
    /// How many of them are not suspended.
    pub watching: i64,
    /// How many codes it has.
    pub codes: i64,
}

impl StoreLine {
    /// Whether it collects and nobody sees or hears it: notices of its money arrive nowhere but at administrators.
    pub const fn is_unwatched(&self) -> bool {
        self.is_open && self.watching == 0
    }
}

/// What is wrong with a name that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TitleWrong {
    /// It is no name.
    Bad,
    /// Another one has it.
    Taken,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoresPage {
    /// Where in the list it is.
    pub place: Place,
    /// The stores of this page.
    pub lines: Vec<StoreLine>,
    /// The name that was typed for a new one.
    pub typed: String,
    /// What is wrong with it.
    pub wrong: Option<TitleWrong>,
    /// The present moment.
    pub now: Millis,
}

/// The page. Its form posts `name` to itself.
pub fn stores_page(shell: AdminShell<'_>, signed: &Signed, shown: &StoresPage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, office.stores);
    page(shell, signed, Section::Stores, title, || {
        let body = match shown.lines.is_empty() {
            true => {
                nothing(locale, &shown.place.query, td_string!(locale, office.stores_none), td_string!(locale, office.stores_none_hint))
            }
            false => table(locale, &shown.lines, shown.now),
        };
        let unwatched = shown.lines.iter().any(StoreLine::is_unwatched);
        let unwatched = unwatched.then(|| view! { <p class="note note-warn">{td_string!(locale, office.unwatched_lead)}</p> });
        view! {
            <div class="head">
                <h1>{title}</h1>
                <span class="quiet">{fill(td_string!(locale, office.store_count), &[("count", &shown.place.count)])}</span>
                {make(locale, shown)}
            </div>
            {unwatched}
            {search(locale, "/admin/stores", td_string!(locale, office.search_stores), &shown.place.query)}
            {body}
            {turns(locale, "/admin/stores", &shown.place)}
        }
        .into_any()
    })
}

fn make(locale: Locale, shown: &StoresPage) -> AnyView {
    view! {
        <details open=shown.wrong.is_some()>
            <summary class="button">{td_string!(locale, office.new_store)}</summary>
            <form class="card fields" method="post" action="/admin/stores" novalidate=true>
                {name_field(locale, &shown.typed, shown.wrong)}
                <button class="button" type="submit">{td_string!(locale, office.make)}</button>
            </form>
        </details>
    }
    .into_any()
}

/// The field for a store's name.
pub(super) fn name_field(locale: Locale, typed: &str, wrong: Option<TitleWrong>) -> AnyView {
    let wrong = wrong.map(|wrong| title_sentence(locale, wrong).into_any());
    field("name", "text", td_string!(locale, office.store_name), td_string!(locale, office.store_name_hint), typed, wrong)
}

/// What is wrong with a name.
pub(super) fn title_sentence(locale: Locale, wrong: TitleWrong) -> &'static str {
    match wrong {
        TitleWrong::Bad => td_string!(locale, office.bad_title),
        TitleWrong::Taken => td_string!(locale, office.store_taken),
    }
}

/// The word for a store whose money nobody sees.
fn unwatched_tag(locale: Locale) -> AnyView {
    view! { " "<span class="tag" data-kind="wait">{td_string!(locale, office.unwatched)}</span> }.into_any()
}

/// The word for a store's state and its colour.
pub(super) fn store_tag(locale: Locale, is_open: bool) -> AnyView {
    let (kind, state) = if is_open { ("good", td_string!(locale, office.open)) } else { ("gone", td_string!(locale, office.closed)) };
    view! { <span class="tag" data-kind=kind>{state}</span> }.into_any()
}

fn table(locale: Locale, lines: &[StoreLine], now: Millis) -> AnyView {
    let [store, state, cashiers, plates, since] = [
        td_string!(locale, office.col_store),
        td_string!(locale, office.col_state),
        td_string!(locale, office.col_cashiers),
        td_string!(locale, office.col_plates),
        td_string!(locale, office.col_since),
    ];
    let row = |line: &StoreLine| {
        view! {
            <tr>
                <th scope="row"><a href=format!("/admin/stores/{}", line.store)>{line.name.clone()}</a></th>
                <td data-name=state>{store_tag(locale, line.is_open)}</td>
                <td data-name=cashiers>
                    <span>
                        {fill(td_string!(locale, office.people_count), &[("count", &line.cashiers)])}
                        {line.is_unwatched().then(|| unwatched_tag(locale))}
                    </span>
                </td>
                <td data-name=plates>{fill(td_string!(locale, office.plates_count), &[("count", &line.codes)])}</td>
                <td class="whole" data-name=since>{moment(locale, line.created_at_ms, now)}</td>
            </tr>
        }
    };
    view! {
        <table class="card rows plain">
            <thead><tr>{[store, state, cashiers, plates, since].map(|name| view! { <th scope="col">{name}</th> }).collect_view()}</tr></thead>
            <tbody>{lines.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

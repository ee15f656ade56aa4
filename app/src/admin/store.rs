//! One store: its plates, its cashiers, its name, and closing it.

use domain::AccountId;
use leptos::prelude::*;

use super::codes::{CodeLine, amount_words, code_tag};
use super::done::{OfficeDone, note};
use super::frame::{AdminShell, Section, Signed, page};
use super::stores::{StoreLine, TitleWrong, name_field, store_tag};
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;

/// Somebody who is a cashier or may become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashierLine {
    /// The person.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// By which they sign in.
    pub phone: String,
    /// Whether they are suspended.
    pub is_suspended: bool,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePage {
    /// The store.
    pub line: StoreLine,
    /// Its plates.
    pub plates: Vec<CodeLine>,
    /// Its cashiers.
    pub cashiers: Vec<CashierLine>,
    /// Whom somebody looked for, and who was found.
    pub sought: Option<(String, Vec<CashierLine>)>,
    /// The name that was typed.
    pub typed: String,
    /// What is wrong with it.
    pub wrong: Option<TitleWrong>,
    /// What was done just now.
    pub done: Option<OfficeDone>,
}

/// The page. Its forms post to `/admin/stores/{store}/{name,close,open,add,remove}`.
pub fn store_page(shell: AdminShell<'_>, signed: &Signed, shown: &StorePage) -> String {
    let locale = shell.prefs.locale;
    let title = shown.line.name.clone();
    page(shell, signed, Section::Stores, &title, || {
        view! {
            <div class="head"><a class="link" href="/admin/stores">{td_string!(locale, office.to_stores)}</a></div>
            <div class="head"><h1>{title.clone()}</h1>{store_tag(locale, shown.line.is_open)}</div>
            {note(locale, shown.done)}
            {unwatched(locale, &shown.line)}
            <div class="two">
                <div class="column">{plates(locale, shown)}{cashiers(locale, shown)}</div>
                <div class="column">{name(locale, shown)}{business(locale, &shown.line)}</div>
            </div>
        }
        .into_any()
    })
}

/// Where notices of the store's money arrive while it has no cashier who could have them.
fn unwatched(locale: Locale, line: &StoreLine) -> Option<AnyView> {
    let words = match line.cashiers {
        0 => td_string!(locale, office.unwatched_none),
        _ => td_string!(locale, office.unwatched_suspended),
    };
    line.is_unwatched()
        .then(|| view! { <p class="note note-warn">{words}" "<a href="#add">{td_string!(locale, office.add_cashier)}</a></p> }.into_any())
}

fn plates(locale: Locale, shown: &StorePage) -> AnyView {
    let line = |plate: &CodeLine| {
        view! {
            <li>
                <a href=format!("/admin/codes/{}", plate.code)>{plate.name.clone()}</a>{code_tag(locale, plate.opens)}
                <span class="quiet">{amount_words(locale, plate.amount)}</span>
            </li>
        }
    };
    let none = shown.plates.is_empty().then(|| view! { <p class="quiet">{td_string!(locale, office.plates_none)}</p> });
    let new = shown.line.is_open.then(|| {
        let href = format!("/admin/codes/new?for={}", shown.line.store);
        view! { <p><a class="button button-quiet" href=href>{td_string!(locale, office.new_plate)}</a></p> }
    });
    view! {
        <section class="card" aria-labelledby="plates-title">
            <h2 id="plates-title">{td_string!(locale, office.plates)}</h2>
            <p class="quiet">{td_string!(locale, office.plates_lead)}</p>
            {none}
            <ul class="letters">{shown.plates.iter().map(line).collect_view()}</ul>
            {new}
        </section>
    }
    .into_any()
}

fn cashiers(locale: Locale, shown: &StorePage) -> AnyView {
    let store = shown.line.store;
    let act = |person: &CashierLine, way: &'static str, word: &'static str, label: &'static str| {
        let label = fill(label, &[("name", &person.name)]);
        view! {
            <form method="post" action=format!("/admin/stores/{store}/{way}")>
                <input type="hidden" name="account" value=person.account.to_string()/>
                <button class="button button-quiet" type="submit" aria-label=label>{word}</button>
            </form>
        }
    };
    let remove = |person: &CashierLine| {
        let suspended =
            person.is_suspended.then(|| view! { <span class="tag" data-kind="gone">{td_string!(locale, office.suspended)}</span> });
        view! {
            <li class="person">
                <span><a href=format!("/admin/managers/{}", person.account)>{person.name.clone()}</a>" "<span class="quiet">{person.phone.clone()}</span>" "{suspended}</span>
                {act(person, "remove", td_string!(locale, office.remove), td_string!(locale, office.remove_person))}
            </li>
        }
    };
    let found = shown.sought.as_ref().map(|(_, people)| {
        let nobody = people.is_empty().then(|| view! { <p class="quiet" role="status">{td_string!(locale, office.nobody_found)}</p> });
        let lines = people.iter().map(|person| {
            view! {
                <li class="person">
                    <span>{person.name.clone()}" "<span class="quiet">{person.phone.clone()}</span></span>
                    {act(person, "add", td_string!(locale, office.add), td_string!(locale, office.add_person))}
                </li>
            }
        });
        view! { {nobody}<ul class="people">{lines.collect_view()}</ul> }
    });
    let none = shown.cashiers.is_empty().then(|| view! { <p class="quiet">{td_string!(locale, office.cashiers_none)}</p> });
    let words = shown.sought.as_ref().map(|(words, _)| words.clone()).unwrap_or_default();
    let label = td_string!(locale, office.seek_manager);
    view! {
        <section class="card" aria-labelledby="cashiers-title">
            <h2 id="cashiers-title">{td_string!(locale, office.cashiers)}</h2>
            <p class="quiet">{td_string!(locale, office.cashiers_lead)}</p>
            {none}
            <ul class="people">{shown.cashiers.iter().map(remove).collect_view()}</ul>
            <h3 id="add">{td_string!(locale, office.add_cashier)}</h3>
            <form class="seek" role="search" method="get" action=format!("/admin/stores/{store}#add")>
                <input name="q" type="search" aria-label=label placeholder=label value=words maxlength="60"/>
                <button class="button button-quiet" type="submit">{td_string!(locale, office.find)}</button>
            </form>
            {found}
        </section>
    }
    .into_any()
}

fn name(locale: Locale, shown: &StorePage) -> AnyView {
    view! {
        <section class="card" aria-labelledby="name-title">
            <h2 id="name-title">{td_string!(locale, office.rename)}</h2>
            <p class="quiet">{td_string!(locale, office.rename_hint)}</p>
            <form class="fields" method="post" action=format!("/admin/stores/{}/name", shown.line.store) novalidate=true>
                {name_field(locale, &shown.typed, shown.wrong)}
                <button class="button button-quiet" type="submit">{td_string!(locale, office.save)}</button>
            </form>
        </section>
    }
    .into_any()
}

fn business(locale: Locale, line: &StoreLine) -> AnyView {
    let store = line.store;
    let body = if line.is_open {
        view! {
            <details>
                <summary class="button button-quiet">{td_string!(locale, office.close_store)}</summary>
                <form method="post" action=format!("/admin/stores/{store}/close")>
                    <h3>{fill(td_string!(locale, office.close_title), &[("name", &line.name)])}</h3>
                    <p>{td_string!(locale, office.close_fact)}</p>
                    <button class="button button-bad" type="submit">{td_string!(locale, office.close_now)}</button>
                </form>
            </details>
        }
        .into_any()
    } else {
        view! {
            <form method="post" action=format!("/admin/stores/{store}/open")>
                <p class="quiet">{td_string!(locale, office.reopen_fact)}</p>
                <button class="button" type="submit">{td_string!(locale, office.reopen)}</button>
            </form>
        }
        .into_any()
    };
    view! { <section class="card" aria-labelledby="business-title"><h2 id="business-title">{td_string!(locale, office.business)}</h2>{body}</section> }
        .into_any()
}

//! Where an administrator begins: what came today, what there is, and what needs them.

use domain::diagnosis::OrdersRefused;
use domain::{Fen, Millis};
use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use super::payments::concern_list;
use crate::concerns::ConcernRow;
use crate::diagnosis::orders_refused_words;
use crate::explaining::ADMIN_EXPLAIN_PATH;
use crate::i18n::*;
use crate::ui::moments::payments;
use crate::ui::{fill, yuan};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HomePage {
    /// That the channel refuses orders, and why.
    pub orders_refused: Option<OrdersRefused>,
    /// Payments of today.
    pub count: u64,
    /// Their sum.
    pub sum_fen: Fen,
    /// What of it went back.
    pub refunded_fen: Fen,
    /// Managers who are not suspended.
    pub managers: i64,
    /// Stores that are open.
    pub stores: i64,
    /// Codes that are switched on.
    pub codes: i64,
    /// Managers who need the administrator.
    pub attention: i64,
    /// Whether payers see the organisation's logo.
    pub has_logo: bool,
    /// Payments that need a look, those that wait for the administrator first.
    pub concerns: Vec<ConcernRow>,
    /// How many more there are.
    pub more_concerns: usize,
    /// The present moment.
    pub now: Millis,
}

/// The page.
pub fn home_page(shell: AdminShell<'_>, signed: &Signed, shown: &HomePage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, office.overview);
    page(shell, signed, Section::Overview, title, || {
        let tile = |href: &'static str, name: &'static str, text: String| {
            view! { <li><a class="card tile" href=href><span>{name}</span><b>{text}</b></a></li> }
        };
        let count = |template: &'static str, count: i64| fill(template, &[("count", &count)]);
        let refunded = shown.refunded_fen.is_positive().then(|| {
            view! { <p class="quiet">{fill(td_string!(locale, office.today_refunded), &[("sum", &yuan(shown.refunded_fen))])}</p> }
        });
        let orders_refused = shown.orders_refused.map(|refused| {
            view! { <p class="note note-bad" role="status" data-note="orders-refused">{orders_refused_words(locale, refused)}</p> }
        });
        let attention = (shown.attention > 0).then(|| {
            view! {
                <p class="note note-bad" role="status">
                    {count(td_string!(locale, office.attention_count), shown.attention)}" "
                    <a href="/admin/managers?show=attention">{td_string!(locale, office.attention_see)}</a>
                </p>
            }
        });
        let no_logo = (!shown.has_logo).then(|| {
            view! { <p class="note">{td_string!(locale, logo.missing)}" "<a href="/admin/settings#logo-title">{td_string!(locale, logo.add)}</a></p> }
        });
        let concerns = (!shown.concerns.is_empty()).then(|| {
            let more = (shown.more_concerns > 0).then(|| {
                view! { <p class="quiet">{fill(td_string!(locale, office.concerns_more), &[("count", &shown.more_concerns)])}</p> }
            });
            view! {
                <section class="card" aria-labelledby="concerns">
                    <h2 id="concerns">{td_string!(locale, concerns.title)}</h2>
                    {concern_list(locale, &shown.concerns, shown.now)}
                    {more}
                </section>
            }
        });
        view! {
            <h1>{title}</h1>
            {orders_refused}
            {attention}
            {concerns}
            <section class="card today" aria-labelledby="today">
                <h2 id="today">{td_string!(locale, office.today)}</h2>
                <p class="sum">{yuan(shown.sum_fen)}</p>
                <p>{payments(locale, shown.count)}</p>
                {refunded}
            </section>
            <ul class="tiles">
                {tile("/admin/managers", td_string!(locale, office.managers), count(td_string!(locale, office.managers_active), shown.managers))}
                {tile("/admin/stores", td_string!(locale, office.stores), count(td_string!(locale, office.stores_open), shown.stores))}
                {tile("/admin/codes", td_string!(locale, office.codes), count(td_string!(locale, office.codes_on), shown.codes))}
            </ul>
            {no_logo}
            <p><a href=ADMIN_EXPLAIN_PATH>{td_string!(locale, explaining.open)}</a></p>
        }
        .into_any()
    })
}

//! Where an administrator begins: what came today, what there is, and what needs them.

use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use super::living::{Living, bar, living};
use crate::explaining::ADMIN_EXPLAIN_PATH;
use crate::i18n::*;
use crate::ui::fill;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HomePage {
    /// What changes while somebody looks.
    pub living: Living,
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
}

/// The script that keeps the page alive, with the mark by which the browser lets it run.
#[derive(Debug, Clone, Copy)]
pub struct OfficeScript<'a> {
    /// Where it is; `None` where none was built.
    pub src: Option<&'a str>,
    /// This answer's nonce.
    pub nonce: &'a str,
}

/// The page.
pub fn home_page(shell: AdminShell<'_>, signed: &Signed, shown: &HomePage, script: OfficeScript<'_>) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, office.overview);
    page(shell, signed, Section::Overview, title, || {
        let tile = |href: &'static str, name: &'static str, text: String| {
            view! { <li><a class="card tile" href=href><span>{name}</span><b>{text}</b></a></li> }
        };
        let count = |template: &'static str, count: i64| fill(template, &[("count", &count)]);
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
        let script = script.src.map(|src| view! { <script src=src.to_owned() nonce=script.nonce.to_owned() defer=true></script> });
        view! {
            <div class="head"><h1>{title}</h1>{bar(locale)}</div>
            {attention}
            <div class="living" id="living">{living(locale, &shown.living)}</div>
            <ul class="tiles">
                {tile("/admin/managers", td_string!(locale, office.managers), count(td_string!(locale, office.managers_active), shown.managers))}
                {tile("/admin/stores", td_string!(locale, office.stores), count(td_string!(locale, office.stores_open), shown.stores))}
                {tile("/admin/codes", td_string!(locale, office.codes), count(td_string!(locale, office.codes_on), shown.codes))}
            </ul>
            {no_logo}
            <p><a href=ADMIN_EXPLAIN_PATH>{td_string!(locale, explaining.open)}</a></p>
            {script}
        }
        .into_any()
    })
}

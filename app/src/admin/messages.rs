//! 接收收款成功通知 for an administrator, who hears of all money of the organisation (row E19).

use crate::admin::frame::{AdminShell, Section, Signed, page};
use crate::i18n::*;
use crate::messages::{Answered, MessagesPage, parts};
use leptos::prelude::*;

/// The page. What was just done is said in the address.
pub fn messages_page(shell: AdminShell<'_>, signed: &Signed, answered: Option<Answered>, shown: &MessagesPage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, messages.title);
    page(shell, signed, Section::Settings, title, || {
        view! {
            <p><a href="/admin/settings">{td_string!(locale, office.settings)}</a></p>
            <h1>{title}</h1>
            <div class="column">{parts(locale, answered, shown)}</div>
        }
        .into_any()
    })
}

//! The list of managers: who they are, whether they can sign in, and what needs the administrator.

use domain::device::Device;
use domain::letter::Invitation;
use domain::{AccountId, Millis};
use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::machine::machine;
use crate::ui::moments::moment;

/// How a manager stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// They may sign in as far as their invitation has come.
    Free(Invitation),
    /// They are suspended.
    Suspended {
        /// Since when.
        since_ms: Millis,
    },
}

/// A manager in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerLine {
    /// The person.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// Their mobile number.
    pub phone: String,
    /// Where they can be written to.
    pub mail: Option<String>,
    /// How they stand.
    pub standing: Standing,
    /// When they signed in last.
    pub signed_in_at_ms: Option<Millis>,
    /// Since when they are signed in, and with what.
    pub live: Option<(Millis, Device)>,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagersPage {
    /// What was searched.
    pub query: String,
    /// The managers of this page.
    pub lines: Vec<ManagerLine>,
    /// How many there are that match.
    pub count: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
    /// The present moment.
    pub now: Millis,
}

impl Standing {
    /// The word for it and its colour.
    pub(super) fn tag(&self, locale: Locale) -> (&'static str, &'static str) {
        match self {
            Standing::Suspended { .. } => ("gone", td_string!(locale, admin.state_suspended)),
            Standing::Free(invitation) => match invitation {
                Invitation::Accepted => ("good", td_string!(locale, admin.state_accepted)),
                Invitation::NoAddress => ("bad", td_string!(locale, admin.state_no_address)),
                Invitation::Waiting { .. } => ("wait", td_string!(locale, admin.state_waiting)),
                Invitation::Sent { .. } => ("wait", td_string!(locale, admin.state_sent)),
                Invitation::Expired { .. } => ("bad", td_string!(locale, admin.state_expired)),
                Invitation::Undeliverable { .. } => ("bad", td_string!(locale, admin.state_undeliverable)),
                Invitation::Returned { .. } => ("bad", td_string!(locale, admin.state_returned)),
                Invitation::NoServer => ("bad", td_string!(locale, admin.state_no_server)),
            },
        }
    }

    /// What a mail server said, where that is the trouble.
    fn reason(&self) -> Option<String> {
        match self {
            Standing::Free(Invitation::Undeliverable { reason, .. } | Invitation::Returned { reason, .. }) => {
                Some(reason.clone()).filter(|reason| !reason.is_empty())
            }
            _ => None,
        }
    }
}

/// The page.
pub fn managers_page(shell: AdminShell<'_>, signed: &Signed, found: ManagersPage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, admin.managers);
    page(shell, signed, Section::Managers, title, || {
        let is_search = !found.query.is_empty();
        let (count, now) = (found.count, found.now);
        let turns = (found.pages > 1).then(|| turns(locale, &found));
        let search = search(locale, &found.query);
        let body = if found.lines.is_empty() { nothing(locale, is_search) } else { table(locale, found.lines, now) };
        view! {
            <div class="head">
                <h1>{title}</h1>
                <span class="quiet">{fill(td_string!(locale, admin.manager_count), &[("count", &count)])}</span>
                <a class="button" href="/admin/managers/new">{td_string!(locale, admin.new)}</a>
            </div>
            {search}
            {body}
            {turns}
        }
        .into_any()
    })
}

fn search(locale: Locale, query: &str) -> AnyView {
    let label = td_string!(locale, admin.search);
    let all = (!query.is_empty()).then(|| view! { <a class="link" href="/admin/managers">{td_string!(locale, admin.show_all)}</a> });
    view! {
        <form class="seek" role="search" method="get" action="/admin/managers">
            <input name="q" type="search" aria-label=label placeholder=label value=query.to_owned() maxlength="60"/>
            <button class="button button-quiet" type="submit">{td_string!(locale, admin.find)}</button>
            {all}
        </form>
    }
    .into_any()
}

fn nothing(locale: Locale, is_search: bool) -> AnyView {
    let (title, hint) = if is_search {
        (td_string!(locale, admin.none_found), None)
    } else {
        (td_string!(locale, admin.none), Some(td_string!(locale, admin.none_hint)))
    };
    view! { <div class="empty card"><p class="empty-title">{title}</p>{hint.map(|hint| view! { <p class="quiet">{hint}</p> })}</div> }
        .into_any()
}

fn table(locale: Locale, lines: Vec<ManagerLine>, now: Millis) -> AnyView {
    let rows = lines.into_iter().map(|line| row(locale, line, now)).collect_view();
    view! {
        <table class="card rows">
            <thead>
                <tr>
                    <th scope="col">{td_string!(locale, admin.col_name)}</th>
                    <th scope="col">{td_string!(locale, admin.col_phone)}</th>
                    <th scope="col">{td_string!(locale, admin.col_mail)}</th>
                    <th scope="col">{td_string!(locale, admin.col_state)}</th>
                    <th scope="col">{td_string!(locale, admin.col_sign_in)}</th>
                    <th scope="col">{td_string!(locale, admin.col_live)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// A row; on a phone its cells stand below each other, each with its column's name.
fn row(locale: Locale, line: ManagerLine, now: Millis) -> AnyView {
    let (kind, state) = line.standing.tag(locale);
    let reason = line.standing.reason().map(|reason| view! { <span class="reason">{reason}</span> });
    let signed_in = line.signed_in_at_ms.map_or_else(|| td_string!(locale, admin.never).to_owned(), |at| moment(locale, at, now));
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/managers/{}", line.account)>{line.name}</a></th>
            <td data-name=td_string!(locale, admin.col_phone)>{line.phone}</td>
            <td data-name=td_string!(locale, admin.col_mail)>{line.mail.unwrap_or_else(|| td_string!(locale, admin.no_mail).to_owned())}</td>
            <td data-name=td_string!(locale, admin.col_state)><span class="tag" data-kind=kind>{state}</span>{reason}</td>
            <td data-name=td_string!(locale, admin.col_sign_in)>{signed_in}</td>
            <td data-name=td_string!(locale, admin.col_live)>{live(locale, line.live, now)}</td>
        </tr>
    }
    .into_any()
}

/// Since when somebody is signed in, and with what.
pub(super) fn live(locale: Locale, live: Option<(Millis, Device)>, now: Millis) -> String {
    match live {
        None => td_string!(locale, admin.not_live).to_owned(),
        Some((since, device)) => {
            let (device, time) = (machine(locale, device), moment(locale, since, now));
            fill(td_string!(locale, admin.live_since), &[("device", &device), ("time", &time)])
        }
    }
}

fn turns(locale: Locale, found: &ManagersPage) -> AnyView {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", &found.query).finish();
    let to = |page: usize| format!("/admin/managers?{query}&page={page}");
    let before =
        (found.page > 1).then(|| view! { <a class="link" rel="prev" href=to(found.page - 1)>{td_string!(locale, admin.earlier)}</a> });
    let after = (found.page < found.pages)
        .then(|| view! { <a class="link" rel="next" href=to(found.page + 1)>{td_string!(locale, admin.next)}</a> });
    let place = fill(td_string!(locale, admin.page_of), &[("page", &found.page), ("pages", &found.pages)]);
    view! { <nav class="turns" aria-label=place.clone()>{before}<span class="quiet">{place.clone()}</span>{after}</nav> }.into_any()
}

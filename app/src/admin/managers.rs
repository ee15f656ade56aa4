//! The list of managers: who they are, whether they can sign in, and what needs the administrator.

use domain::device::Device;
use domain::letter::{Invitation, LastLetter};
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
    /// They may sign in, but their last mail did not arrive.
    Unreached(LastLetter),
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

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagersPage {
    /// What was searched.
    pub query: String,
    /// Whether only those are shown who need the administrator.
    pub is_attention: bool,
    /// The managers of this part.
    pub lines: Vec<ManagerLine>,
    /// How many there are that match.
    pub count: i64,
    /// The place before which the part before this one ends, as an address carries it.
    pub before: Option<String>,
    /// The place after which the next part begins.
    pub after: Option<String>,
    /// The present moment.
    pub now: Millis,
}

impl ManagersPage {
    /// The address of the list with this search, and with one more pair.
    fn to(&self, is_attention: bool, more: Option<(&str, &str)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.query.is_empty() {
            query.append_pair("q", &self.query);
        }
        if is_attention {
            query.append_pair("show", ATTENTION);
        }
        if let Some((name, value)) = more {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{query}") }
    }
}

/// Where the list is.
const HERE: &str = "/admin/managers";

/// The value of `show` by which only those are shown who need the administrator.
pub const ATTENTION: &str = "attention";

impl Standing {
    /// The word for it and its colour.
    pub(super) fn tag(&self, locale: Locale) -> (&'static str, &'static str) {
        match self {
            Standing::Suspended { .. } => ("gone", td_string!(locale, admin.state_suspended)),
            Standing::Unreached(_) => ("bad", td_string!(locale, admin.state_unreached)),
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
            Standing::Unreached(letter) => letter.reason.clone(),
            _ => None,
        }
    }
}

/// The page.
pub fn managers_page(shell: AdminShell<'_>, signed: &Signed, found: ManagersPage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, admin.managers);
    page(shell, signed, Section::Managers, title, || {
        let (count, turns, search, filter) = (found.count, turns(locale, &found), search(locale, &found), filter(locale, &found));
        let body = if found.lines.is_empty() { nothing(locale, &found) } else { table(locale, found.lines, found.now) };
        view! {
            <div class="head">
                <h1>{title}</h1>
                <span class="quiet">{fill(td_string!(locale, admin.manager_count), &[("count", &count)])}</span>
                <a class="button" href="/admin/managers/new">{td_string!(locale, admin.new)}</a>
            </div>
            {search}
            {filter}
            {body}
            {turns}
        }
        .into_any()
    })
}

fn search(locale: Locale, found: &ManagersPage) -> AnyView {
    let label = td_string!(locale, admin.search);
    let shown = found.is_attention.then(|| view! { <input type="hidden" name="show" value=ATTENTION/> });
    let all = (!found.query.is_empty()).then(|| view! { <a class="link" href=HERE>{td_string!(locale, admin.show_all)}</a> });
    view! {
        <form class="seek" role="search" method="get" action=HERE>
            <input name="q" type="search" aria-label=label placeholder=label value=found.query.clone() maxlength="60"/>
            {shown}
            <button class="button button-quiet" type="submit">{td_string!(locale, admin.find)}</button>
            {all}
        </form>
    }
    .into_any()
}

/// Everybody, or those who need the administrator.
fn filter(locale: Locale, found: &ManagersPage) -> AnyView {
    let link = |is_attention: bool, name: &'static str| {
        let current = (found.is_attention == is_attention).then_some("true");
        view! { <a href=found.to(is_attention, None) aria-current=current>{name}</a> }
    };
    view! {
        <nav class="chips" aria-label=td_string!(locale, admin.filter)>
            {link(false, td_string!(locale, admin.show_every))}
            {link(true, td_string!(locale, admin.show_attention))}
        </nav>
    }
    .into_any()
}

fn nothing(locale: Locale, found: &ManagersPage) -> AnyView {
    let (title, hint) = match (found.query.is_empty(), found.is_attention) {
        (false, _) => (td_string!(locale, admin.none_found), None),
        (true, true) => (td_string!(locale, admin.none_attention), Some(td_string!(locale, admin.none_attention_hint))),
        (true, false) => (td_string!(locale, admin.none), Some(td_string!(locale, admin.none_hint))),
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

/// Links to the parts before and after, where there are any.
fn turns(locale: Locale, found: &ManagersPage) -> Option<AnyView> {
    if found.before.is_none() && found.after.is_none() {
        return None;
    }
    let link = |rel: &'static str, place: (&str, &str), name: &'static str| {
        view! { <a class="link" rel=rel href=found.to(found.is_attention, Some(place))>{name}</a> }
    };
    let before = found.before.as_deref().map(|mark| link("prev", ("before", mark), td_string!(locale, admin.earlier)));
    let after = found.after.as_deref().map(|mark| link("next", ("after", mark), td_string!(locale, admin.next)));
    Some(view! { <nav class="turns" aria-label=td_string!(locale, admin.pages)>{before}{after}</nav> }.into_any())
}

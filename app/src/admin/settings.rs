//! What holds for the whole organisation. Each thing is a form of its own and says who changed it last.

use domain::Millis;
use domain::receivable::{ManagerWriteOffs, QuietHours, ReminderHour};
use domain::refund_right::ManagerRefunds;
use leptos::prelude::*;

use super::contact::{ContactPart, contact};
use super::done::{OfficeDone, note};
use super::frame::{AdminShell, Section, Signed, page};
use super::logo::{LogoPart, logo};
use super::register::field;
use crate::Locale;
use crate::i18n::*;
use crate::messages::Listens;
use crate::ui::fill;
use crate::ui::moments::moment;

/// Who changed something last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedBy {
    /// When.
    pub at_ms: Millis,
    /// The person; `None` for somebody at the machine.
    pub name: Option<String>,
}

/// What was typed, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsTyped {
    /// The rule of refunds.
    pub refunds: String,
    /// Its limit in yuan.
    pub limit: String,
    /// The rule of write-offs.
    pub write_offs: String,
    /// Its limit in yuan.
    pub write_off_limit: String,
    /// The organisation's name.
    pub name: String,
    /// Whether the limit of refunds is no amount.
    pub is_limit_wrong: bool,
    /// Whether the limit of write-offs is none.
    pub is_write_off_limit_wrong: bool,
    /// Whether the name cannot be taken.
    pub is_name_wrong: bool,
}

impl SettingsTyped {
    /// What is set now.
    pub fn of(refunds: ManagerRefunds, write_offs: ManagerWriteOffs, name: &str) -> SettingsTyped {
        let (word, limit) = match refunds {
            ManagerRefunds::Never => ("never", String::new()),
            ManagerRefunds::SameDay => ("same_day", String::new()),
            ManagerRefunds::UpTo { limit_fen } => ("up_to", limit_fen.yuan()),
            ManagerRefunds::Whole => ("whole", String::new()),
        };
        let (off_word, write_off_limit) = match write_offs {
            ManagerWriteOffs::Never => ("never", String::new()),
            ManagerWriteOffs::UpTo { limit_fen } => ("up_to", limit_fen.yuan()),
            ManagerWriteOffs::Whole => ("whole", String::new()),
        };
        SettingsTyped {
            refunds: word.to_owned(),
            limit,
            write_offs: off_word.to_owned(),
            write_off_limit,
            name: name.to_owned(),
            ..SettingsTyped::default()
        }
    }
}

/// How debts are reminded of on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemindsTyped {
    /// Whether they are at all.
    pub is_on: bool,
    /// From when on each day, as typed.
    pub hour: String,
    /// Whether that is no time, or one at which nobody is reminded.
    pub is_hour_wrong: bool,
    /// When nobody is reminded.
    pub quiet: QuietHours,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsPage {
    /// Refunds, write-offs and name, as typed.
    pub typed: SettingsTyped,
    /// The logo.
    pub logo: LogoPart,
    /// Where payers reach it.
    pub contact: ContactPart,
    /// Whether managers may have messages about money.
    pub has_messages: bool,
    /// Whether the organisation collects.
    pub is_open: bool,
    /// How debts are reminded of on a schedule; `None` where nobody can be reminded.
    pub reminds: Option<RemindsTyped>,
    /// The last changes: refunds, write-offs, messages, name, open, reminders.
    pub changed: [Option<ChangedBy>; 6],
    /// What was done just now.
    pub done: Option<OfficeDone>,
    /// The present moment.
    pub now: Millis,
}

/// The page. Its forms post to `/admin/settings/{refunds,write-offs,messages,name,contact,open,reminders}`.
pub fn settings_page(shell: AdminShell<'_>, signed: &Signed, shown: &SettingsPage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, office.settings);
    page(shell, signed, Section::Settings, title, || {
        let changes = shown.changed.each_ref().map(|by| changed(locale, by.as_ref(), shown.now));
        let [refunds_by, write_offs_by, messages_by, name_by, open_by, reminders_by] = changes;
        view! {
            <h1>{title}</h1>
            {note(locale, shown.done)}
            <div class="two">
                <div class="column">{refunds(locale, &shown.typed, refunds_by)}{write_offs(locale, &shown.typed, write_offs_by)}</div>
                <div class="column">
                    {name(locale, &shown.typed, name_by)}
                    {logo(locale, &shown.logo, changed(locale, shown.logo.changed.as_ref(), shown.now))}
                    {contact(locale, &shown.contact, changed(locale, shown.contact.changed.as_ref(), shown.now))}
                    {messages(locale, shown.has_messages, messages_by)}
                    {reminders(locale, shown.reminds.as_ref(), reminders_by)}
                    {collecting(locale, shown.is_open, open_by)}
                </div>
            </div>
        }
        .into_any()
    })
}

fn changed(locale: Locale, by: Option<&ChangedBy>, now: Millis) -> AnyView {
    let words = match by {
        None => td_string!(locale, office.changed_never).to_owned(),
        Some(ChangedBy { at_ms, name }) => {
            let (name, time) = (name.as_deref().unwrap_or(td_string!(locale, office.by_operator)), moment(locale, *at_ms, now));
            fill(td_string!(locale, office.changed_by), &[("name", &name), ("time", &time)])
        }
    };
    view! { <p class="quiet">{words}</p> }.into_any()
}

fn part(locale: Locale, id: &'static str, title: &'static str, lead: &'static str, by: AnyView, body: AnyView) -> AnyView {
    view! {
        <section class="card" aria-labelledby=format!("{id}-title")>
            <h2 id=format!("{id}-title")>{title}</h2>
            <p class="quiet">{lead}</p>
            <form class="fields" method="post" action=format!("/admin/settings/{id}") novalidate=true>
                {body}
                <button class="button button-quiet" type="submit">{td_string!(locale, office.save)}</button>
            </form>
            {by}
        </section>
    }
    .into_any()
}

fn pick(name: &'static str, value: &'static str, label: &'static str, is_chosen: bool) -> AnyView {
    view! { <label class="pick"><input type="radio" name=name value=value checked=is_chosen/><span>{label}</span></label> }.into_any()
}

fn refunds(locale: Locale, typed: &SettingsTyped, by: AnyView) -> AnyView {
    let title = td_string!(locale, office.refunds);
    let option = |value: &'static str, label: &'static str| pick("refunds", value, label, typed.refunds == value);
    let wrong = typed.is_limit_wrong.then_some(td_string!(locale, office.bad_amount));
    let body = view! {
        <fieldset class="field">
            <legend class="unseen">{title}</legend>
            {option("never", td_string!(locale, office.refunds_never))}
            {option("same_day", td_string!(locale, office.refunds_same_day))}
            {option("up_to", td_string!(locale, office.refunds_up_to))}
            {limit("limit", td_string!(locale, office.limit_yuan), &typed.limit, wrong)}
            {option("whole", td_string!(locale, office.refunds_whole))}
        </fieldset>
    };
    part(locale, "refunds", title, td_string!(locale, office.refunds_lead), by, body.into_any())
}

fn write_offs(locale: Locale, typed: &SettingsTyped, by: AnyView) -> AnyView {
    let title = td_string!(locale, office.write_offs);
    let option = |value: &'static str, label: &'static str| pick("write_offs", value, label, typed.write_offs == value);
    let wrong = typed.is_write_off_limit_wrong.then_some(td_string!(locale, office.write_offs_bad_amount));
    let body = view! {
        <fieldset class="field">
            <legend class="unseen">{title}</legend>
            {option("never", td_string!(locale, office.write_offs_never))}
            {option("up_to", td_string!(locale, office.write_offs_up_to))}
            {limit("write_off_limit", td_string!(locale, office.write_offs_limit_yuan), &typed.write_off_limit, wrong)}
            {option("whole", td_string!(locale, office.write_offs_whole))}
        </fieldset>
    };
    part(locale, "write-offs", title, td_string!(locale, office.write_offs_lead), by, body.into_any())
}

/// The amount that belongs to the choice above it.
fn limit(name: &'static str, label: &'static str, typed: &str, wrong: Option<&'static str>) -> AnyView {
    let said = format!("{name}-wrong");
    let described = wrong.map(|_| said.clone());
    let invalid = wrong.map(|_| "true");
    let wrong = wrong.map(|words| view! { <p id=said class="wrong" role="alert">{words}</p> });
    view! {
        <div class="under">
            <div class="field">
                <label for=name>{label}</label>
                <input id=name name=name type="text" inputmode="decimal" value=typed.to_owned() maxlength="20" autocomplete="off"
                    aria-describedby=described aria-invalid=invalid/>
                {wrong}
            </div>
        </div>
    }
    .into_any()
}

fn name(locale: Locale, typed: &SettingsTyped, by: AnyView) -> AnyView {
    let title = td_string!(locale, office.organisation);
    let wrong = typed.is_name_wrong.then(|| td_string!(locale, office.bad_title).into_any());
    view! {
        <section class="card" aria-labelledby="organisation-title">
            <h2 id="organisation-title">{title}</h2>
            <form class="fields" method="post" action="/admin/settings/name" novalidate=true>
                {field("name", "text", title, td_string!(locale, office.organisation_hint), &typed.name, wrong)}
                <button class="button button-quiet" type="submit">{td_string!(locale, office.save)}</button>
            </form>
            {by}
        </section>
    }
    .into_any()
}

fn messages(locale: Locale, is_on: bool, by: AnyView) -> AnyView {
    let title = td_string!(locale, office.messages);
    let body = two(title, "messages", (td_string!(locale, office.messages_on), td_string!(locale, office.messages_off)), is_on);
    let own = view! { {by} <p><a href=Listens::Administrator.path()>{td_string!(locale, messages.to_own)}</a></p> };
    part(locale, "messages", title, td_string!(locale, office.messages_lead), own.into_any(), body)
}

fn collecting(locale: Locale, is_on: bool, by: AnyView) -> AnyView {
    let title = td_string!(locale, office.collecting);
    let body = two(title, "open", (td_string!(locale, office.collecting_on), td_string!(locale, office.collecting_off)), is_on);
    part(locale, "open", title, td_string!(locale, office.collecting_lead), by, body)
}

fn reminders(locale: Locale, reminds: Option<&RemindsTyped>, by: AnyView) -> AnyView {
    let title = td_string!(locale, reminders.office_title);
    let lead = td_string!(locale, reminders.office_lead);
    let Some(reminds) = reminds else {
        return view! {
            <section class="card" aria-labelledby="reminders-title">
                <h2 id="reminders-title">{title}</h2>
                <p class="quiet">{lead}</p>
                <p>{td_string!(locale, reminders.not_set_up)}</p>
            </section>
        }
        .into_any();
    };
    let choices = (td_string!(locale, reminders.office_on), td_string!(locale, reminders.office_off));
    let body = view! { {two(title, "reminders", choices, reminds.is_on)} {hour(locale, reminds)} };
    part(locale, "reminders", title, lead, by, body.into_any())
}

/// From when on each day, and what becomes of a time at which nobody is reminded.
fn hour(locale: Locale, reminds: &RemindsTyped) -> AnyView {
    let RemindsTyped { hour, is_hour_wrong, quiet, .. } = reminds;
    let (from, until) = quiet.ends();
    let say = |template, time: &str| fill(template, &[("from", &from), ("until", &until), ("time", &time)]);
    let counts = ReminderHour::parse(hour).map(|set| (set, set.beside(*quiet))).filter(|(set, counts)| set != counts && !is_hour_wrong);
    let moved = counts.map(|(_, counts)| {
        view! { <p class="note">{say(td_string!(locale, reminders.office_hour_moved), &counts.text())}</p> }
    });
    let wrong = is_hour_wrong.then(|| {
        view! { <p id="from-wrong" class="wrong" role="alert">{say(td_string!(locale, reminders.office_hour_wrong), "")}</p> }
    });
    // What no browser takes for a time stays as it was typed.
    let kind = if ReminderHour::parse(hour).is_some() { "time" } else { "text" };
    let described = if *is_hour_wrong { "from-wrong from-hint" } else { "from-hint" };
    view! {
        <div class="field">
            <label for="from">{td_string!(locale, reminders.office_hour)}</label>
            <input id="from" name="from" type=kind value=hour.clone() required=true maxlength="20" autocomplete="off"
                aria-describedby=described aria-invalid=is_hour_wrong.then_some("true")/>
            {wrong}
            {moved}
            <p id="from-hint" class="quiet">{say(td_string!(locale, reminders.office_hour_hint), "")}</p>
        </div>
    }
    .into_any()
}

fn two(title: &'static str, name: &'static str, (on, off): (&'static str, &'static str), is_on: bool) -> AnyView {
    view! {
        <fieldset class="field">
            <legend class="unseen">{title}</legend>
            {pick(name, "on", on, is_on)}
            {pick(name, "off", off, !is_on)}
        </fieldset>
    }
    .into_any()
}

//! One manager: how they stand, their contact, the mails to them, and what can be done.

use domain::Millis;
use domain::account::Lang;
use domain::letter::{Invitation, LetterKind, LetterState};
use leptos::prelude::*;

use super::debts::debts_path;
use super::frame::{AdminShell, Section, Signed, page};
use super::managers::{ManagerLine, Standing, live};
use super::register::field;
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::moments::moment;

/// What was done just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Somebody new was registered.
    Registered,
    /// Somebody with an account was registered.
    Joined,
    /// The link is sent again.
    Sent,
    /// A mail was sent a moment ago.
    Just,
    /// Contact saved.
    Saved,
    /// Contact saved, and written to at the new address.
    SavedSent,
    /// Nothing changed.
    Same,
    /// Suspended.
    Suspended,
    /// Reinstated.
    Reinstated,
    /// There is no address.
    NoAddress,
    /// Suspended, so nothing is sent.
    IsSuspended,
    /// It was so before.
    Before,
    /// Only they themselves may change it.
    NotOurs,
}

impl Said {
    const ALL: [(Said, &'static str); 13] = [
        (Said::Registered, "registered"),
        (Said::Joined, "joined"),
        (Said::Sent, "sent"),
        (Said::Just, "just"),
        (Said::Saved, "saved"),
        (Said::SavedSent, "saved_sent"),
        (Said::Same, "same"),
        (Said::Suspended, "suspended"),
        (Said::Reinstated, "reinstated"),
        (Said::NoAddress, "no_address"),
        (Said::IsSuspended, "is_suspended"),
        (Said::Before, "before"),
        (Said::NotOurs, "not_ours"),
    ];

    /// The word by which an address carries it.
    pub fn word(self) -> &'static str {
        Said::ALL.iter().find(|(said, _)| *said == self).map_or("", |(_, word)| word)
    }

    /// What a word of an address stands for.
    pub fn of_word(word: &str) -> Option<Said> {
        Said::ALL.iter().find(|(_, known)| *known == word).map(|(said, _)| *said)
    }

    const fn is_fault(self) -> bool {
        matches!(self, Said::Just | Said::NoAddress | Said::IsSuspended | Said::NotOurs)
    }

    /// Whether it tells of a mail that goes out: once something became of the mail, that is told beside it and this is no longer so.
    const fn is_of_mail(self) -> bool {
        matches!(self, Said::Registered | Said::Sent | Said::SavedSent)
    }

    fn sentence(self, locale: Locale) -> &'static str {
        match self {
            Said::Registered => td_string!(locale, admin.said_registered),
            Said::Joined => td_string!(locale, admin.said_joined),
            Said::Sent => td_string!(locale, admin.said_sent),
            Said::Just => td_string!(locale, admin.said_just),
            Said::Saved => td_string!(locale, admin.said_saved),
            Said::SavedSent => td_string!(locale, admin.said_saved_sent),
            Said::Same => td_string!(locale, admin.said_same),
            Said::Suspended => td_string!(locale, admin.said_suspended),
            Said::Reinstated => td_string!(locale, admin.said_reinstated),
            Said::NoAddress => td_string!(locale, admin.said_no_address),
            Said::IsSuspended => td_string!(locale, admin.said_is_suspended),
            Said::Before => td_string!(locale, admin.said_before),
            Said::NotOurs => td_string!(locale, admin.said_not_ours),
        }
    }
}

/// A mail that was written to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterLine {
    /// What for.
    pub kind: LetterKind,
    /// Where to.
    pub address: String,
    /// What became of it.
    pub state: LetterState,
    /// What a mail server said.
    pub reason: Option<String>,
    /// When that was.
    pub at_ms: Millis,
    /// How often it was tried.
    pub tries: i64,
}

/// What was typed as contact, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// The name.
    pub name: String,
    /// The address.
    pub mail: String,
    /// The language.
    pub lang: Lang,
    /// Whether the name cannot be taken.
    pub is_name_wrong: bool,
    /// Whether the address cannot be taken.
    pub is_mail_wrong: bool,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerPage {
    /// The manager.
    pub line: ManagerLine,
    /// Whether they have a password.
    pub has_password: bool,
    /// Codes in use, and codes stopped with the account.
    pub codes: (i64, i64),
    /// Payment links of receivables that are still owed, likewise.
    pub pay_links: (i64, i64),
    /// The latest letters.
    pub letters: Vec<LetterLine>,
    /// The contact form.
    pub typed: Typed,
    /// Whether name and mail may be corrected.
    pub is_ours: bool,
    /// What was done just now.
    pub said: Option<Said>,
    /// The present moment.
    pub now: Millis,
}

/// The page. Its forms post to `/admin/managers/{account}/{contact,send,suspend,reinstate}`.
pub fn manager_page(shell: AdminShell<'_>, signed: &Signed, shown: &ManagerPage) -> String {
    let locale = shell.prefs.locale;
    let title = shown.line.name.clone();
    page(shell, signed, Section::Managers, &title, || {
        let (kind, state) = shown.line.standing.tag(locale);
        let is_under_way = shown.letters.first().is_some_and(|letter| letter.state == LetterState::Waiting);
        let said = shown.said.filter(|said| is_under_way || !said.is_of_mail()).map(|said| {
            let class = if said.is_fault() { "note note-warn" } else { "note" };
            view! { <p class=class role="status">{said.sentence(locale)}</p> }
        });
        view! {
            <div class="head"><a class="link" href="/admin/managers">{td_string!(locale, admin.back_to_managers)}</a></div>
            <div class="head"><h1>{title.clone()}</h1><span class="tag" data-kind=kind>{state}</span></div>
            {said}
            <div class="two">
                <div class="column">{standing(locale, shown)}{letters(locale, shown)}</div>
                <div class="column">{contact(locale, shown)}{account(locale, shown)}</div>
            </div>
        }
        .into_any()
    })
}

fn standing(locale: Locale, shown: &ManagerPage) -> AnyView {
    let line = &shown.line;
    let signed_in = line.signed_in_at_ms.map_or_else(|| td_string!(locale, admin.never).to_owned(), |at| moment(locale, at, shown.now));
    let codes = counted(locale, shown.codes);
    let pay_links = (shown.pay_links != (0, 0)).then(|| {
        view! { <div><dt>{td_string!(locale, admin.pay_links)}</dt><dd>{counted(locale, shown.pay_links)}</dd></div> }
    });
    let is_suspended = matches!(line.standing, Standing::Suspended { .. });
    let send = (!is_suspended && (shown.has_password || line.mail.is_some())).then(|| send(locale, shown));
    view! {
        <section class="card" aria-labelledby="state-title">
            <h2 id="state-title">{td_string!(locale, admin.col_state)}</h2>
            <p class="about">{about(locale, shown)}</p>
            <dl class="pairs">
                <div><dt>{td_string!(locale, admin.col_phone)}</dt><dd>{line.phone.clone()}</dd></div>
                <div><dt>{td_string!(locale, admin.col_sign_in)}</dt><dd>{signed_in}</dd></div>
                <div><dt>{td_string!(locale, admin.col_live)}</dt><dd>{live(locale, line.live, shown.now)}</dd></div>
                <div><dt>{td_string!(locale, admin.codes)}</dt><dd>{codes}</dd></div>
                {pay_links}
            </dl>
            <p><a href=debts_path(line.account)>{td_string!(locale, office.debts)}</a></p>
            {send}
        </section>
    }
    .into_any()
}

/// How many work, and how many were stopped with the account.
fn counted(locale: Locale, (active, stopped): (i64, i64)) -> String {
    let active = fill(td_string!(locale, admin.codes_count), &[("active", &active)]);
    let stopped = (stopped > 0).then(|| fill(td_string!(locale, admin.codes_stopped), &[("stopped", &stopped)]));
    [Some(active), stopped].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn send(locale: Locale, shown: &ManagerPage) -> AnyView {
    let needs_help = matches!(&shown.line.standing, Standing::Free(invitation) if invitation.needs_help());
    let class = if needs_help { "button" } else { "button button-quiet" };
    let name = if shown.has_password { td_string!(locale, admin.resend_recovery) } else { td_string!(locale, admin.resend) };
    view! { <form method="post" action=format!("/admin/managers/{}/send", shown.line.account)><button class=class type="submit">{name}</button></form> }
        .into_any()
}

/// How they stand, in a sentence that says what to do.
fn about(locale: Locale, shown: &ManagerPage) -> String {
    let time = |at: Millis| moment(locale, at, shown.now);
    match &shown.line.standing {
        Standing::Suspended { since_ms } => fill(td_string!(locale, admin.about_suspended), &[("time", &time(*since_ms))]),
        Standing::Unreached(letter) => {
            let reason = letter.reason.clone().unwrap_or_default();
            fill(td_string!(locale, admin.about_unreached), &[("time", &time(letter.at_ms)), ("reason", &reason)])
        }
        Standing::Free(invitation) => match invitation {
            Invitation::Accepted => td_string!(locale, admin.about_accepted).to_owned(),
            Invitation::NoAddress => td_string!(locale, admin.about_no_address).to_owned(),
            Invitation::Waiting { reason: None } => td_string!(locale, admin.about_waiting).to_owned(),
            Invitation::Waiting { reason: Some(reason) } => fill(td_string!(locale, admin.about_waiting_again), &[("reason", reason)]),
            Invitation::Sent { at_ms, until_ms } => {
                fill(td_string!(locale, admin.about_sent), &[("time", &time(*at_ms)), ("until", &time(*until_ms))])
            }
            Invitation::Expired { since_ms } => fill(td_string!(locale, admin.about_expired), &[("time", &time(*since_ms))]),
            Invitation::Undeliverable { reason, .. } if reason.is_empty() => td_string!(locale, admin.about_given_up).to_owned(),
            Invitation::Undeliverable { reason, .. } => fill(td_string!(locale, admin.about_undeliverable), &[("reason", reason)]),
            Invitation::Returned { at_ms, reason } => {
                fill(td_string!(locale, admin.about_returned), &[("time", &time(*at_ms)), ("reason", reason)])
            }
            Invitation::NoServer => td_string!(locale, admin.about_no_server).to_owned(),
        },
    }
}

fn contact(locale: Locale, shown: &ManagerPage) -> AnyView {
    let title = td_string!(locale, admin.contact);
    let Typed { name, mail, lang, is_name_wrong, is_mail_wrong } = &shown.typed;
    let body = if shown.is_ours {
        let sentence = |is_wrong: bool, text: &'static str| is_wrong.then(|| text.into_any());
        view! {
            <form class="fields" method="post" action=format!("/admin/managers/{}/contact", shown.line.account) novalidate=true>
                {field("name", "text", td_string!(locale, admin.name), td_string!(locale, admin.name_hint), name, sentence(*is_name_wrong, td_string!(locale, admin.bad_name)))}
                {field("mail", "email", td_string!(locale, admin.mail), td_string!(locale, admin.mail_hint), mail, sentence(*is_mail_wrong, td_string!(locale, admin.bad_mail)))}
                {languages(locale, *lang)}
                <button class="button button-quiet" type="submit">{td_string!(locale, admin.save)}</button>
            </form>
        }
        .into_any()
    } else {
        let mail = shown.line.mail.clone().unwrap_or_else(|| td_string!(locale, admin.no_mail).to_owned());
        view! {
            <dl class="pairs"><div><dt>{td_string!(locale, admin.mail)}</dt><dd>{mail}</dd></div></dl>
            <p class="quiet">{td_string!(locale, admin.not_ours)}</p>
        }
        .into_any()
    };
    view! { <section class="card" aria-labelledby="contact-title"><h2 id="contact-title">{title}</h2>{body}</section> }.into_any()
}

/// In which language somebody is written to.
pub(super) fn languages(locale: Locale, chosen: Lang) -> AnyView {
    let option = |lang: Lang, name: &'static str| {
        view! { <label class="pick"><input type="radio" name="lang" value=lang.word() checked=lang == chosen/><span lang=lang.word()>{name}</span></label> }
    };
    view! {
        <fieldset class="field choices">
            <legend>{td_string!(locale, admin.mail_lang)}</legend>
            {option(Lang::Zh, "中文")}{option(Lang::En, "English")}
        </fieldset>
    }
    .into_any()
}

fn account(locale: Locale, shown: &ManagerPage) -> AnyView {
    let account = shown.line.account;
    let body = if matches!(shown.line.standing, Standing::Suspended { .. }) {
        view! {
            <form method="post" action=format!("/admin/managers/{account}/reinstate")>
                <p class="quiet">{td_string!(locale, admin.reinstate_fact)}</p>
                <button class="button" type="submit">{td_string!(locale, admin.reinstate)}</button>
            </form>
        }
        .into_any()
    } else {
        let title = fill(td_string!(locale, admin.suspend_title), &[("name", &shown.line.name)]);
        let (codes, links) = (shown.codes.0, shown.pay_links.0);
        let stop = match links {
            0 => fill(td_string!(locale, admin.suspend_codes), &[("codes", &codes)]),
            _ => fill(td_string!(locale, admin.suspend_codes_links), &[("codes", &codes), ("links", &links)]),
        };
        view! {
            <details>
                <summary class="button button-quiet">{td_string!(locale, admin.suspend)}</summary>
                <form method="post" action=format!("/admin/managers/{account}/suspend")>
                    <h3>{title}</h3>
                    <p>{td_string!(locale, admin.suspend_fact)}</p>
                    <label class="pick"><input type="checkbox" name="codes" value="stop"/><span>{stop}</span></label>
                    <button class="button button-bad" type="submit">{td_string!(locale, admin.suspend_now)}</button>
                </form>
            </details>
        }
        .into_any()
    };
    view! { <section class="card" aria-labelledby="account-title"><h2 id="account-title">{td_string!(locale, admin.account)}</h2>{body}</section> }
        .into_any()
}

fn letters(locale: Locale, shown: &ManagerPage) -> AnyView {
    let lines = shown.letters.iter().map(|letter| letter_line(locale, letter, shown.now)).collect_view();
    let none = shown.letters.is_empty().then(|| view! { <p class="quiet">{td_string!(locale, admin.letters_none)}</p> });
    view! {
        <section class="card" aria-labelledby="letters-title">
            <h2 id="letters-title">{td_string!(locale, admin.letters)}</h2>
            {none}
            <ul class="letters">{lines}</ul>
        </section>
    }
    .into_any()
}

fn letter_line(locale: Locale, letter: &LetterLine, now: Millis) -> AnyView {
    let kind = match letter.kind {
        LetterKind::Invitation => td_string!(locale, admin.letter_invitation),
        LetterKind::Welcome => td_string!(locale, admin.letter_welcome),
        LetterKind::Recovery => td_string!(locale, admin.letter_recovery),
        LetterKind::NotMe => td_string!(locale, admin.letter_not_me),
    };
    let (color, state) = match letter.state {
        LetterState::Waiting => ("wait", td_string!(locale, admin.letter_waiting)),
        LetterState::Sent => ("good", td_string!(locale, admin.letter_sent)),
        LetterState::Refused => ("bad", td_string!(locale, admin.letter_refused)),
        LetterState::Bounced => ("bad", td_string!(locale, admin.letter_bounced)),
        LetterState::GivenUp => ("gone", td_string!(locale, admin.letter_given_up)),
        LetterState::NoServer => ("bad", td_string!(locale, admin.letter_no_server)),
    };
    let tries = (letter.tries > 1).then(|| fill(td_string!(locale, admin.letter_tries), &[("tries", &letter.tries)]));
    let below = [Some(letter.address.clone()), Some(moment(locale, letter.at_ms, now)), tries].into_iter().flatten().collect::<Vec<_>>();
    let reason = letter.reason.clone().map(|reason| view! { <span class="reason">{reason}</span> });
    view! {
        <li>
            <span>{kind}</span><span class="tag" data-kind=color>{state}</span>
            <span class="quiet">{below.join(" · ")}</span>
            {reason}
        </li>
    }
    .into_any()
}

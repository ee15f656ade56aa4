//! Lost access: asking for a code or a link to set a new password. Plain pages outside of the app, because whoever opens them is not
//! signed in.

use leptos::prelude::*;

use super::document::Bundle;
use super::password::door_page;
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::machine::SignInElsewhere;
use crate::ui::prefs::Prefs;

/// By what people can prove here who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    /// By a text message with a code.
    pub sms: bool,
    /// By a mail with a link.
    pub mail: bool,
}

/// Before which sign-in somebody stands who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Door {
    /// That of whoever collects.
    #[default]
    Manager,
    /// That of the administrators, to whom no code is sent by text message.
    Office,
}

impl Door {
    /// The door that `?door=` names.
    pub fn of_word(word: &str) -> Door {
        if word == "admin" { Door::Office } else { Door::Manager }
    }

    const fn sign_in(self) -> &'static str {
        match self {
            Door::Manager => "/m/sign-in",
            Door::Office => "/admin/sign-in",
        }
    }
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LostPage {
    /// The question for the phone number.
    Ask {
        /// What was typed.
        phone: String,
        /// Whether that is no number.
        is_wrong: bool,
        /// Too many asks: the seconds to wait.
        later_s: Option<u32>,
        /// What is offered.
        ways: Ways,
        /// Where the asker came from.
        door: Door,
    },
    /// The same answer to every number that asked for a mail.
    Asked {
        /// Where the asker came from.
        door: Door,
    },
    /// A sign-in that was not the reader's (row E6), and where the proof would be sent.
    NotMe {
        /// The sign-in; `None` when the reader is signed in and found one in the history.
        fact: Option<SignInElsewhere>,
        /// The masked mail address; `None` when there is none, or no mail server.
        mail: Option<String>,
        /// The masked phone number; `None` when no text messages are sent to it.
        phone: Option<String>,
        /// Too many asks: the seconds to wait.
        later_s: Option<u32>,
    },
    /// The link was asked for, as far as that may be done so often.
    Told {
        /// The masked mail address.
        mail: String,
    },
}

/// The page. `Ask` posts `phone`, `way` (`sms` or `mail`) and `door` to `/m/lost`, `NotMe` posts `way` to `/m/not-me`.
pub fn lost_page(prefs: Prefs, nonce: &str, bundle: &Bundle, page: &LostPage) -> String {
    let locale = prefs.locale;
    let title = match page {
        LostPage::NotMe { .. } | LostPage::Told { .. } => td_string!(locale, lost.not_me_title),
        LostPage::Ask { .. } | LostPage::Asked { .. } => td_string!(locale, lost.title),
    };
    let door = match page {
        LostPage::Ask { door, .. } | LostPage::Asked { door } => *door,
        LostPage::NotMe { .. } | LostPage::Told { .. } => Door::Manager,
    };
    door_page(prefs, nonce, bundle, title, || {
        let body = match page {
            LostPage::Ask { ways: Ways { sms: false, mail: false }, .. } => {
                let no_way = match door {
                    Door::Manager => td_string!(locale, lost.no_way),
                    Door::Office => td_string!(locale, lost.no_way_office),
                };
                view! { <p class="note" role="status">{no_way}</p> }.into_any()
            }
            LostPage::Ask { phone, is_wrong, later_s, ways, .. } => ask(locale, phone, *is_wrong, *later_s, *ways, door),
            LostPage::Asked { .. } => view! {
                <p class="note" role="status">{td_string!(locale, lost.asked)}</p>
                <p class="quiet">{td_string!(locale, lost.asked_hint)}</p>
            }
            .into_any(),
            LostPage::NotMe { fact, mail, phone, later_s } => not_me(locale, *fact, mail.as_deref(), phone.as_deref(), *later_s),
            LostPage::Told { mail } => {
                view! { <p class="note" role="status">{fill(td_string!(locale, lost.told), &[("mail", mail)])}</p> }.into_any()
            }
        };
        view! {
            {body}
            <p><a class="quiet-link" href=door.sign_in()>{td_string!(locale, lost.back)}</a></p>
        }
        .into_any()
    })
}

fn later(locale: Locale, later_s: Option<u32>) -> Option<String> {
    later_s.map(|seconds| fill(td_string!(locale, manager.sign_in_later), &[("seconds", &seconds)]))
}

fn ask(locale: Locale, phone: &str, is_wrong: bool, later_s: Option<u32>, ways: Ways, door: Door) -> AnyView {
    let why = later(locale, later_s).or_else(|| is_wrong.then(|| td_string!(locale, lost.bad_phone).to_owned()));
    let has_why = why.is_some();
    let lead = match ways {
        Ways { sms: true, mail: true } => td_string!(locale, lost.lead_both),
        Ways { sms: true, .. } => td_string!(locale, lost.lead_sms),
        Ways { .. } => td_string!(locale, lost.lead),
    };
    let (from, no_mail) = match door {
        Door::Manager => (None, td_string!(locale, lost.no_mail)),
        Door::Office => (Some(view! { <input type="hidden" name="door" value="admin"/> }), td_string!(locale, lost.no_mail_office)),
    };
    view! {
        <p class="quiet">{lead}</p>
        <form class="card" method="post" action="/m/lost" novalidate=true>
            {why.map(|why| view! { <p id="why" class="note note-bad" role="alert">{why}</p> })}
            {from}
            <label for="phone">{td_string!(locale, manager.phone)}</label>
            <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="username" required=true maxlength="20" autofocus=true
                value=phone.to_owned() aria-describedby=has_why.then_some("why") aria-invalid=is_wrong.then_some("true")/>
            {buttons(ways, td_string!(locale, lost.send_sms), td_string!(locale, lost.send))}
        </form>
        <p class="quiet">{no_mail}</p>
    }
    .into_any()
}

/// A button for each way; the first one is what Enter does.
fn buttons(ways: Ways, sms: &'static str, mail: &'static str) -> AnyView {
    let mail_class = if ways.sms { "button button-quiet" } else { "button" };
    view! {
        {ways.sms.then(|| view! { <button class="button" type="submit" name="way" value="sms">{sms}</button> })}
        {ways.mail.then(|| view! { <button class=mail_class type="submit" name="way" value="mail">{mail}</button> })}
    }
    .into_any()
}

fn not_me(locale: Locale, fact: Option<SignInElsewhere>, mail: Option<&str>, phone: Option<&str>, later_s: Option<u32>) -> AnyView {
    let fact = match fact {
        Some(fact) => fact.told(locale, td_string!(locale, lost.not_me_fact)),
        None => td_string!(locale, lost.not_me_history).to_owned(),
    };
    let by_mail = mail.map(|mail| fill(td_string!(locale, lost.not_me_how), &[("mail", &mail)]));
    let by_sms = phone.map(|phone| fill(td_string!(locale, lost.not_me_how_sms), &[("phone", &phone)]));
    let ways = Ways { sms: phone.is_some(), mail: mail.is_some() };
    let act = if ways.sms || ways.mail {
        view! {
            <form class="card" method="post" action="/m/not-me">
                {later(locale, later_s).map(|why| view! { <p class="note note-bad" role="alert">{why}</p> })}
                {by_sms.map(|text| view! { <p>{text}</p> })}
                {by_mail.map(|text| view! { <p>{text}</p> })}
                <p>{td_string!(locale, lost.not_me_alone)}</p>
                {buttons(ways, td_string!(locale, lost.send_sms), td_string!(locale, lost.not_me_send))}
            </form>
        }
        .into_any()
    } else {
        view! { <p class="note note-bad">{td_string!(locale, lost.not_me_no_mail)}</p> }.into_any()
    };
    view! { <p>{fact}</p>{act} }.into_any()
}

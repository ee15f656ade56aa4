//! Typing a code that came by SMS: one plain page outside of the app, because whoever opens it is not signed in.

use domain::Millis;
use domain::one_time::{Delivery, Purpose};
use leptos::prelude::*;

use super::document::Bundle;
use super::password::door_page;
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::moments::clock;
use crate::ui::prefs::Prefs;

/// Where the page is: `GET` shows it, `POST` tries `code`.
pub const PROOF_PATH: &str = "/m/proof";

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofPage {
    /// What the code is for.
    pub purpose: Purpose,
    /// The masked number that it was sent to.
    pub phone: String,
    /// Until when it can be used.
    pub until_ms: Millis,
    /// What is known of the message. Of a lost password nothing is told: it would tell who exists.
    pub delivery: Delivery,
    /// Whether the code can still be used.
    pub is_open: bool,
    /// What came of what was just done.
    pub said: Option<ProofSaid>,
}

/// What came of what was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofSaid {
    /// Something else than six digits was typed.
    NoCode,
    /// Another code was typed.
    Wrong {
        /// How many tries are left.
        left: u32,
    },
    /// Another message cannot be sent yet.
    Wait {
        /// Until then.
        after_s: u32,
    },
    /// Too many tries from one place.
    Later {
        /// Until then.
        after_s: u32,
    },
}

/// The page. It posts `code` to itself, and nothing to `/m/proof/again` for another message.
pub fn proof_page(prefs: Prefs, nonce: &str, bundle: &Bundle, page: &ProofPage) -> String {
    let locale = prefs.locale;
    let title = match page.purpose {
        Purpose::SignIn => td_string!(locale, proof.title),
        Purpose::Recovery => td_string!(locale, lost.title),
        Purpose::NotMe => td_string!(locale, lost.not_me_title),
    };
    door_page(prefs, nonce, bundle, title, || {
        let is_quiet = page.purpose == Purpose::Recovery;
        let may_come = is_quiet || page.delivery.may_have_arrived();
        let form = (page.is_open && may_come).then(|| code_form(locale, page.said));
        let over = (!page.is_open).then(|| view! { <p class="note note-bad" role="alert">{td_string!(locale, proof.over)}</p> });
        let wait = match page.said {
            Some(ProofSaid::Wait { after_s }) => Some(fill(td_string!(locale, proof.wait), &[("seconds", &after_s)])),
            _ => None,
        };
        view! {
            {sent(locale, page)}
            {over}
            {form}
            {wait.map(|wait| view! { <p class="note note-bad" role="alert">{wait}</p> })}
            <form method="post" action=format!("{PROOF_PATH}/again")>
                <button class="button button-quiet" type="submit">{td_string!(locale, proof.again)}</button>
            </form>
            <p class="quiet">{help(locale, page.purpose)}</p>
            <p><a class="quiet-link" href="/m/sign-in">{td_string!(locale, lost.back)}</a></p>
        }
        .into_any()
    })
}

/// What became of the message, as far as it may be told.
fn sent(locale: Locale, page: &ProofPage) -> AnyView {
    let place = [("phone", &page.phone as &dyn std::fmt::Display), ("time", &clock(page.until_ms))];
    let why = match page.purpose {
        Purpose::SignIn => Some(td_string!(locale, proof.other_wechat)),
        Purpose::NotMe => Some(td_string!(locale, proof.not_me)),
        Purpose::Recovery => None,
    };
    let (is_bad, text) = match (page.purpose, page.delivery) {
        (Purpose::Recovery, _) => (false, fill(td_string!(locale, proof.if_known), &place)),
        (_, Delivery::Sent | Delivery::Sending) => (false, fill(td_string!(locale, proof.sent), &place)),
        (_, Delivery::Unknown) => (false, fill(td_string!(locale, proof.unknown), &place)),
        (_, Delivery::TooOften) => (true, fill(td_string!(locale, proof.too_often), &place)),
        (_, Delivery::BadNumber) => (true, fill(td_string!(locale, proof.bad_number), &place)),
        (_, Delivery::NoService | Delivery::Nobody) => (true, td_string!(locale, proof.no_service).to_owned()),
    };
    let (class, role) = if is_bad { ("note note-bad", "alert") } else { ("note", "status") };
    view! {
        {why.map(|why| view! { <p>{why}</p> })}
        {page.is_open.then(|| view! { <p class=class role=role>{text}</p> })}
    }
    .into_any()
}

fn code_form(locale: Locale, said: Option<ProofSaid>) -> AnyView {
    let why = match said {
        Some(ProofSaid::NoCode) => Some(td_string!(locale, proof.no_code).to_owned()),
        Some(ProofSaid::Wrong { left }) => Some(fill(td_string!(locale, proof.wrong), &[("left", &left)])),
        Some(ProofSaid::Later { after_s }) => Some(fill(td_string!(locale, manager.sign_in_later), &[("seconds", &after_s)])),
        Some(ProofSaid::Wait { .. }) | None => None,
    };
    let is_wrong = why.is_some();
    view! {
        <form class="card" method="post" action=PROOF_PATH novalidate=true>
            {why.map(|why| view! { <p id="why" class="note note-bad" role="alert">{why}</p> })}
            <label for="code">{td_string!(locale, proof.code)}</label>
            <input id="code" class="one-time" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required=true maxlength="12"
                autofocus=true aria-describedby=is_wrong.then_some("why") aria-invalid=is_wrong.then_some("true")/>
            <button class="button" type="submit">{td_string!(locale, proof.go_on)}</button>
        </form>
    }
    .into_any()
}

fn help(locale: Locale, purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => td_string!(locale, proof.help_sign_in),
        Purpose::Recovery => td_string!(locale, proof.help_recovery),
        Purpose::NotMe => td_string!(locale, proof.help_not_me),
    }
}

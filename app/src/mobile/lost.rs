//! Lost access: asking for a link to set a new password. Plain pages outside of the app, because whoever opens them is not signed in.

use domain::Millis;
use domain::device::Device;
use leptos::prelude::*;

use super::document::Bundle;
use super::password::door_page;
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::machine::machine;
use crate::ui::moments::moment;
use crate::ui::prefs::Prefs;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LostPage {
    /// The question for the phone number.
    Ask {
        /// What was typed.
        phone: String,
        /// Whether that is no number.
        is_wrong: bool,
        /// Too many asks from one place: the seconds to wait.
        later_s: Option<u32>,
    },
    /// The same answer to every number.
    Asked,
    /// A sign-in that was not the reader's (row E6): when, with what, and where the proof would be sent.
    NotMe {
        /// When.
        at_ms: Millis,
        /// With what.
        device: Device,
        /// The masked mail address; `None` when there is none.
        mail: Option<String>,
        /// The present moment.
        now: Millis,
    },
    /// The link was asked for, as far as that may be done so often.
    Told {
        /// The masked mail address.
        mail: String,
    },
}

/// The page. `Ask` posts `phone` to `/m/lost`, `NotMe` nothing to `/m/not-me`.
pub fn lost_page(prefs: Prefs, nonce: &str, bundle: &Bundle, page: &LostPage) -> String {
    let locale = prefs.locale;
    let title = match page {
        LostPage::NotMe { .. } | LostPage::Told { .. } => td_string!(locale, lost.not_me_title),
        LostPage::Ask { .. } | LostPage::Asked => td_string!(locale, lost.title),
    };
    door_page(prefs, nonce, bundle, title, || {
        let body = match page {
            LostPage::Ask { phone, is_wrong, later_s } => ask(locale, phone, *is_wrong, *later_s),
            LostPage::Asked => view! {
                <p class="note" role="status">{td_string!(locale, lost.asked)}</p>
                <p class="quiet">{td_string!(locale, lost.asked_hint)}</p>
            }
            .into_any(),
            LostPage::NotMe { at_ms, device, mail, now } => not_me(locale, *at_ms, *device, mail.as_deref(), *now),
            LostPage::Told { mail } => {
                view! { <p class="note" role="status">{fill(td_string!(locale, lost.told), &[("mail", mail)])}</p> }.into_any()
            }
        };
        view! {
            {body}
            <p><a class="quiet-link" href="/m/sign-in">{td_string!(locale, lost.back)}</a></p>
        }
        .into_any()
    })
}

fn ask(locale: Locale, phone: &str, is_wrong: bool, later_s: Option<u32>) -> AnyView {
    let later = later_s.map(|seconds| fill(td_string!(locale, manager.sign_in_later), &[("seconds", &seconds)]));
    let why = later.or_else(|| is_wrong.then(|| td_string!(locale, lost.bad_phone).to_owned()));
    let has_why = why.is_some();
    view! {
        <p class="quiet">{td_string!(locale, lost.lead)}</p>
        <form class="card" method="post" action="/m/lost" novalidate=true>
            {why.map(|why| view! { <p id="why" class="note note-bad" role="alert">{why}</p> })}
            <label for="phone">{td_string!(locale, manager.phone)}</label>
            <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="username" required=true maxlength="20" autofocus=true
                value=phone.to_owned() aria-describedby=has_why.then_some("why") aria-invalid=is_wrong.then_some("true")/>
            <button class="button" type="submit">{td_string!(locale, lost.send)}</button>
        </form>
        <p class="quiet">{td_string!(locale, lost.no_mail)}</p>
    }
    .into_any()
}

fn not_me(locale: Locale, at_ms: Millis, device: Device, mail: Option<&str>, now: Millis) -> AnyView {
    let (time, device) = (moment(locale, at_ms, now), machine(locale, device));
    let fact = fill(td_string!(locale, lost.not_me_fact), &[("time", &time), ("device", &device)]);
    let act = match mail {
        Some(mail) => view! {
            <form class="card" method="post" action="/m/not-me">
                <p>{fill(td_string!(locale, lost.not_me_how), &[("mail", &mail)])}</p>
                <button class="button" type="submit">{td_string!(locale, lost.not_me_send)}</button>
            </form>
        }
        .into_any(),
        None => view! { <p class="note note-bad">{td_string!(locale, lost.not_me_no_mail)}</p> }.into_any(),
    };
    view! { <p>{fact}</p>{act} }.into_any()
}

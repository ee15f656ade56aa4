//! The administrator's sign-in: a plain form.

use domain::Millis;
use leptos::prelude::*;

use super::frame::{AdminShell, Looks, document};
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::machine::SignInElsewhere;
use crate::ui::moments::clock;

/// What the page says and keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AdminSignIn {
    /// What was typed as phone number.
    pub phone: String,
    /// Why the page is shown.
    pub why: Option<AdminWhy>,
    /// Where to return afterwards: a path under `/admin`, checked by the server.
    pub next: String,
}

/// Why the sign-in page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminWhy {
    /// The page that was asked for needs it.
    Needed,
    /// Phone or password are wrong; which of them is not said.
    Wrong,
    /// Too many wrong passwords in a row.
    Locked {
        /// Until then.
        until_ms: Millis,
    },
    /// Too many tries from one place.
    Later {
        /// When it makes sense to try again.
        after_s: u32,
    },
    /// The password is right, but this is no administrator.
    NoSeat,
    /// Suspended.
    Suspended,
    /// The session is over.
    Ended,
    /// Nothing was done for so long that the session is over.
    Unused {
        /// So long.
        minutes: i64,
    },
    /// A sign-in elsewhere ended the session.
    Elsewhere(SignInElsewhere),
    /// The person signed out.
    SignedOut,
}

impl AdminWhy {
    /// Whether what was typed is at fault.
    pub const fn is_fault(self) -> bool {
        matches!(self, AdminWhy::Wrong | AdminWhy::Locked { .. } | AdminWhy::Later { .. } | AdminWhy::NoSeat | AdminWhy::Suspended)
    }

    pub(super) fn sentence(self, locale: Locale) -> String {
        match self {
            AdminWhy::Needed => td_string!(locale, admin.needed).to_owned(),
            AdminWhy::Wrong => td_string!(locale, admin.wrong).to_owned(),
            AdminWhy::Locked { until_ms } => fill(td_string!(locale, admin.locked), &[("time", &clock(until_ms))]),
            AdminWhy::Later { after_s } => fill(td_string!(locale, admin.later), &[("seconds", &after_s)]),
            AdminWhy::NoSeat => td_string!(locale, admin.no_seat).to_owned(),
            AdminWhy::Suspended => td_string!(locale, admin.suspended).to_owned(),
            AdminWhy::Ended => td_string!(locale, admin.ended).to_owned(),
            AdminWhy::Unused { minutes } => fill(td_string!(locale, admin.unused), &[("minutes", &minutes)]),
            AdminWhy::Elsewhere(elsewhere) => elsewhere.told(locale, td_string!(locale, admin.ended_elsewhere)),
            AdminWhy::SignedOut => td_string!(locale, admin.signed_out).to_owned(),
        }
    }
}

/// The page. It posts `phone`, `password` and `next` to itself.
pub fn sign_in_page(shell: AdminShell<'_>, sign_in: &AdminSignIn) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, admin.sign_in_title);
    document(shell, title, "door", || {
        let is_fault = sign_in.why.is_some_and(AdminWhy::is_fault);
        let invalid = is_fault.then_some("true");
        let described = sign_in.why.is_some().then_some("why");
        let is_typed = !sign_in.phone.is_empty();
        let why = sign_in.why.map(|why| {
            let (class, role) = if is_fault { ("note note-bad", "alert") } else { ("note", "status") };
            view! { <p id="why" class=class role=role>{why.sentence(locale)}</p> }
        });
        view! {
            <main id="main" class="sign-in">
                <p class="brand" aria-hidden="true"><b>"收"</b></p>
                <h1>{title}</h1>
                <p class="quiet">{td_string!(locale, admin.sign_in_lead)}</p>
                <form class="card fields" method="post" action="/admin/sign-in">
                    {why}
                    <input type="hidden" name="next" value=sign_in.next.clone()/>
                    <div class="field">
                        <label for="phone">{td_string!(locale, admin.phone)}</label>
                        <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="username" required=true maxlength="20"
                            value=sign_in.phone.clone() autofocus=!is_typed aria-describedby=described aria-invalid=invalid/>
                    </div>
                    <div class="field">
                        <label for="password">{td_string!(locale, admin.password)}</label>
                        <input id="password" name="password" type="password" autocomplete="current-password" required=true maxlength="200"
                            autofocus=is_typed aria-describedby=described aria-invalid=invalid/>
                    </div>
                    <button class="button" type="submit">{td_string!(locale, admin.sign_in)}</button>
                </form>
                <p class="links"><a class="link" href="/m/lost?door=admin">{td_string!(locale, admin.lost)}</a></p>
                <p class="links"><a class="link" href="/m/sign-in">{td_string!(locale, admin.collect_instead)}</a></p>
                <p class="links"><Looks locale shell_theme=shell.prefs.theme path=shell.path.to_owned()/></p>
            </main>
        }
        .into_any()
    })
}

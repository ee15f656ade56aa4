//! Setting a password from a single-use link: one plain page without a program, because it is used once.

use leptos::prelude::*;

use super::document::Bundle;
use crate::i18n::*;
use crate::ui::prefs::Prefs;

/// Shortest password that may be set, in characters.
pub const LEAST_CHARS: usize = 8;

/// What the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordPage<'a> {
    /// The form, for this person.
    Ask {
        /// Whose password.
        name: &'a str,
        /// What was wrong with the try before.
        wrong: Option<PasswordRefusal>,
    },
    /// Done: sign in now.
    Done {
        /// Whether the person signs in as an administrator.
        is_administrator: bool,
    },
    /// The link was used or is over.
    Over,
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// Fewer than [`LEAST_CHARS`] characters.
    TooShort,
    /// More than is looked at.
    TooLong,
    /// The two entries differ.
    Different,
    /// One that everybody tries first, or the phone number.
    TooCommon,
}

/// The page. It posts `password` and `again` to its own address.
pub fn password_page(prefs: Prefs, nonce: &str, bundle: &Bundle, page: PasswordPage<'_>) -> String {
    let locale = prefs.locale;
    door_page(prefs, nonce, bundle, td_string!(locale, manager.password_title), || match page {
        PasswordPage::Ask { name, wrong } => ask(locale, name, wrong).into_any(),
        PasswordPage::Done { is_administrator } => view! {
            <p class="note" role="status">{td_string!(locale, manager.password_done)}</p>
            <a class="button" href=if is_administrator { "/admin/sign-in" } else { "/m/sign-in" }>{td_string!(locale, manager.sign_in)}</a>
        }
        .into_any(),
        PasswordPage::Over => view! {
            <p class="note note-bad" role="alert">{td_string!(locale, manager.password_over)}</p>
            <p><a class="quiet-link" href="/m/lost">{td_string!(locale, lost.title)}</a></p>
        }
        .into_any(),
    })
}

/// A page before the door: one question, without the app's frame and without its program.
pub(super) fn door_page(prefs: Prefs, nonce: &str, bundle: &Bundle, title: &'static str, body: impl FnOnce() -> AnyView) -> String {
    let locale = prefs.locale;
    let css = bundle.css.iter().map(|href| view! { <link rel="stylesheet" href=href.clone()/> }).collect::<Vec<_>>();
    let html = Owner::new().with(|| {
        view! {
            <html lang=prefs.html_lang() data-theme=prefs.theme.word() data-mode=prefs.mode.word()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                    <title>{format!("{title} · {}", td_string!(locale, common.app_name))}</title>
                    <link rel="icon" href="data:," nonce=nonce.to_owned()/>
                    {css}
                </head>
                <body>
                    <main id="main" class="sign-in">
                        <p class="brand" aria-hidden="true">"收"</p>
                        <h1>{title}</h1>
                        {body()}
                    </main>
                </body>
            </html>
        }
        .to_html()
    });
    format!("<!doctype html>{html}")
}

fn ask(locale: Locale, name: &str, wrong: Option<PasswordRefusal>) -> impl IntoView + use<> {
    let why = wrong.map(|wrong| match wrong {
        PasswordRefusal::TooShort => td_string!(locale, manager.password_too_short),
        PasswordRefusal::TooLong => td_string!(locale, manager.password_too_long),
        PasswordRefusal::Different => td_string!(locale, manager.password_different),
        PasswordRefusal::TooCommon => td_string!(locale, manager.password_too_common),
    });
    let is_wrong = why.is_some().then_some("true");
    view! {
        <p class="quiet">{name.to_owned()}</p>
        <form class="card" method="post">
            {why.map(|why| view! { <p id="why" class="note note-bad" role="alert">{why}</p> })}
            <label for="password">{td_string!(locale, manager.password_new)}</label>
            <input id="password" name="password" type="password" autocomplete="new-password" required=true minlength="8" maxlength="128"
                autofocus=true aria-describedby="rule" aria-invalid=is_wrong/>
            <p id="rule" class="quiet">{td_string!(locale, manager.password_rule)}</p>
            <label for="again">{td_string!(locale, manager.password_again)}</label>
            <input id="again" name="again" type="password" autocomplete="new-password" required=true minlength="8" maxlength="128" aria-invalid=is_wrong/>
            <button class="button" type="submit">{td_string!(locale, manager.password_set)}</button>
        </form>
    }
}

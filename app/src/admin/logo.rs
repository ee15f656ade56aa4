//! The organisation's logo: what payers see, another one, none.

use leptos::prelude::*;

use super::settings::ChangedBy;
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;

/// Most bytes of a file with a logo.
pub const MOST_LOGO_BYTES: usize = 2 * 1024 * 1024;

/// Most pixels of a logo on each side.
pub const MOST_LOGO_SIDE: u32 = 4096;

/// Fewest pixels of a logo on each side.
pub const LEAST_LOGO_SIDE: u32 = 64;

/// Why a file is no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoWrong {
    /// No file was chosen.
    Nothing,
    /// It has more than [`MOST_LOGO_BYTES`].
    TooManyBytes,
    /// It has more than [`MOST_LOGO_SIDE`] pixels on a side.
    TooManyPixels,
    /// It has fewer than [`LEAST_LOGO_SIDE`] pixels on a side.
    TooFewPixels,
    /// It is no PNG or JPEG, or a broken one.
    NotAPicture,
}

/// What the page shows of the logo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoPart {
    /// The organisation's name; its first letter stands in for a logo.
    pub name: String,
    /// Where the logo lies, if there is one.
    pub url: Option<String>,
    /// What is wrong with the file that was sent.
    pub wrong: Option<LogoWrong>,
    /// Who changed it last.
    pub changed: Option<ChangedBy>,
}

/// The part of the settings. Its forms post to `/admin/settings/logo` (a file) and `/admin/settings/logo/remove`.
pub(super) fn logo(locale: Locale, shown: &LogoPart, by: AnyView) -> AnyView {
    let title = td_string!(locale, logo.title);
    let has_logo = shown.url.is_some();
    let missing = (!has_logo).then(|| view! { <p class="note">{td_string!(locale, logo.missing)}</p> });
    view! {
        <section class="card" aria-labelledby="logo-title">
            <h2 id="logo-title">{title}</h2>
            <p class="quiet">{td_string!(locale, logo.lead)}</p>
            {missing}
            <p class="payers-see">{tile(locale, shown)}<span>{shown.name.clone()}</span></p>
            {upload(locale, has_logo, shown.wrong)}
            {has_logo.then(|| removal(locale))}
            {by}
        </section>
    }
    .into_any()
}

/// The logo as payers see it, or the letter in its place.
fn tile(locale: Locale, shown: &LogoPart) -> AnyView {
    match &shown.url {
        Some(url) => view! { <img class="logo" src=url.clone() alt=td_string!(locale, logo.title) width="44" height="44"/> }.into_any(),
        None => {
            let initial = shown.name.trim().chars().next().map(|c| c.to_uppercase().to_string());
            view! { <span class="logo" aria-hidden="true">{initial}</span> }.into_any()
        }
    }
}

fn upload(locale: Locale, has_logo: bool, wrong: Option<LogoWrong>) -> AnyView {
    let label = if has_logo { td_string!(locale, logo.another) } else { td_string!(locale, logo.choose) };
    let described = if wrong.is_some() { "logo-wrong logo-hint" } else { "logo-hint" };
    let invalid = wrong.map(|_| "true");
    let wrong = wrong.map(|wrong| view! { <p id="logo-wrong" class="wrong" role="alert">{sentence(locale, wrong)}</p> });
    view! {
        <form class="fields" method="post" action="/admin/settings/logo" enctype="multipart/form-data" novalidate=true>
            <div class="field">
                <label for="logo">{label}</label>
                <input id="logo" name="logo" type="file" accept="image/png,image/jpeg" required=true aria-describedby=described aria-invalid=invalid/>
                {wrong}
                <p id="logo-hint" class="quiet">{limits(td_string!(locale, logo.hint))}</p>
            </div>
            <button class="button button-quiet" type="submit">{td_string!(locale, logo.upload)}</button>
        </form>
    }
    .into_any()
}

fn removal(locale: Locale) -> AnyView {
    view! {
        <details>
            <summary class="button button-quiet">{td_string!(locale, logo.remove)}</summary>
            <form method="post" action="/admin/settings/logo/remove">
                <p>{td_string!(locale, logo.remove_fact)}</p>
                <button class="button button-bad" type="submit">{td_string!(locale, logo.remove_now)}</button>
            </form>
        </details>
    }
    .into_any()
}

fn sentence(locale: Locale, wrong: LogoWrong) -> String {
    limits(match wrong {
        LogoWrong::Nothing => td_string!(locale, logo.bad_nothing),
        LogoWrong::TooManyBytes => td_string!(locale, logo.bad_bytes),
        LogoWrong::TooManyPixels => td_string!(locale, logo.bad_large),
        LogoWrong::TooFewPixels => td_string!(locale, logo.bad_small),
        LogoWrong::NotAPicture => td_string!(locale, logo.bad_picture),
    })
}

/// A sentence with the limits in it.
fn limits(template: &'static str) -> String {
    fill(template, &[("mib", &(MOST_LOGO_BYTES / (1024 * 1024))), ("least", &LEAST_LOGO_SIDE), ("most", &MOST_LOGO_SIDE)])
}

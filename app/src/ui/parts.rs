//! Parts of the mobile screens.

use leptos::prelude::*;

use crate::i18n::*;
use crate::ui::fill;
use crate::ui::icons;
use crate::{Locale, Refusal};

/// The bar on top of a screen, with its heading.
#[component]
pub fn Bar(
    /// The heading.
    title: &'static str,
    /// Where the arrow on the left leads, and what it is called.
    #[prop(optional_no_strip)]
    back: Option<(&'static str, &'static str)>,
    /// What stands on the right.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="bar">
            {back.map(|(href, name)| view! { <a class="back" href=href aria-label=name>{icons::back()}</a> })}
            <h1>{title}</h1>
            {children.map(|children| view! { <div class="bar-side">{children()}</div> })}
        </header>
    }
    .into_any()
}

/// A screen or part of one that has nothing to show, and what to do about it.
#[component]
pub fn Empty(
    /// What is missing.
    title: &'static str,
    /// One act.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}

/// The shape of what is being loaded. It appears only when loading takes long enough to be noticed (by its style).
#[component]
pub fn Loading(
    /// The language.
    locale: Locale,
) -> impl IntoView {
    view! {
        <div class="loading" role="status">
            <span class="unseen">{td_string!(locale, manager.loading)}</span>
            <div class="card"></div>
            <div class="card"></div>
        </div>
    }
    .into_any()
}

/// The sentence of a refusal.
pub fn sentence(locale: Locale, refusal: &Refusal) -> String {
    match refusal {
        Refusal::SignIn => td_string!(locale, manager.refused_sign_in).to_owned(),
        Refusal::NotAllowed => td_string!(locale, manager.refused_not_allowed).to_owned(),
        Refusal::NotFound => td_string!(locale, manager.refused_not_found).to_owned(),
        Refusal::Conflict => td_string!(locale, manager.refused_conflict).to_owned(),
        Refusal::TryLater { after_s } => fill(td_string!(locale, manager.refused_later), &[("seconds", after_s)]),
        Refusal::Invalid { .. } | Refusal::Broken { .. } => td_string!(locale, manager.refused_broken).to_owned(),
    }
}

/// A refusal and a way on. Trying again is a link to the same page, so that it works before and without the program.
#[component]
pub fn Refused(
    /// The language.
    locale: Locale,
    /// Why.
    refusal: Refusal,
    /// The address to try again.
    again: String,
) -> impl IntoView {
    let is_final = matches!(refusal, Refusal::NotFound | Refusal::NotAllowed);
    view! {
        <div class="empty" role="alert">
            <p class="empty-title">{sentence(locale, &refusal)}</p>
            {if is_final {
                view! { <a class="button" href="/m">{td_string!(locale, manager.to_code)}</a> }.into_any()
            } else {
                view! { <a class="button" href=again rel="external">{td_string!(locale, manager.try_again)}</a> }.into_any()
            }}
        </div>
    }
    .into_any()
}

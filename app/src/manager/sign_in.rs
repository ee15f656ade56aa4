//! Signing in: a plain form that a password manager understands and that needs no script.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::mobile::till::till;
use crate::mobile::{Seed, SignInWhy, arrive};
use crate::ui::fill;
use crate::ui::moments::clock;

/// The sign-in page. It posts `phone`, `password` and `next` to itself; the server answers by leading on, or with this page.
#[component]
pub fn SignInScreen() -> impl IntoView {
    let locale = till().locale;
    arrive(td_string!(locale, manager.sign_in_title));
    let sign_in = use_context::<Seed>().unwrap_or_default().sign_in;
    let is_fault = sign_in.why.is_some_and(SignInWhy::is_fault);
    let is_typed = !sign_in.phone.is_empty();
    view! {
        <main id="main" class="sign-in" tabindex="-1">
            <p class="brand" aria-hidden="true">"收"</p>
            <h1>{td_string!(locale, manager.sign_in_title)}</h1>
            <p class="quiet">{td_string!(locale, manager.sign_in_lead)}</p>
            <form class="card" method="post" action="/m/sign-in">
                {sign_in.why.map(|why| view! { <Why locale why/> })}
                <input type="hidden" name="next" value=sign_in.next/>
                <label for="phone">{td_string!(locale, manager.phone)}</label>
                <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="username" required=true maxlength="20"
                    value=sign_in.phone autofocus=!is_typed aria-describedby=is_fault.then_some("why") aria-invalid=is_fault.then_some("true")/>
                <label for="password">{td_string!(locale, manager.password)}</label>
                <Password is_fault autofocus=is_typed/>
                <button class="button" type="submit">{td_string!(locale, manager.sign_in)}</button>
            </form>
            <p class="quiet">{td_string!(locale, manager.sign_in_help)}</p>
            <OtherLanguage locale/>
        </main>
    }
    .into_any()
}

#[component]
fn Why(locale: Locale, why: SignInWhy) -> impl IntoView {
    let text = match why {
        SignInWhy::Needed => td_string!(locale, manager.sign_in_needed).to_owned(),
        SignInWhy::Wrong => td_string!(locale, manager.sign_in_wrong).to_owned(),
        SignInWhy::Locked { until_ms } => fill(td_string!(locale, manager.sign_in_locked), &[("time", &clock(until_ms))]),
        SignInWhy::Later { after_s } => fill(td_string!(locale, manager.sign_in_later), &[("seconds", &after_s)]),
        SignInWhy::Ended => td_string!(locale, manager.sign_in_ended).to_owned(),
        SignInWhy::SignedOut => td_string!(locale, manager.signed_out).to_owned(),
    };
    let (class, role) = if why.is_fault() { ("note note-bad", "alert") } else { ("note", "status") };
    view! { <p id="why" class=class role=role>{text}</p> }.into_any()
}

/// The password, with a button that shows it. The button appears with the program, because it can do nothing without it.
#[component]
fn Password(is_fault: bool, autofocus: bool) -> impl IntoView {
    let locale = till().locale;
    let is_alive = RwSignal::new(false);
    let is_shown = RwSignal::new(false);
    Effect::new(move |_| is_alive.set(true));
    let name = move || if is_shown.get() { td_string!(locale, manager.hide_password) } else { td_string!(locale, manager.show_password) };
    view! {
        <div class="password">
            <input id="password" name="password" type=move || if is_shown.get() { "text" } else { "password" } autocomplete="current-password"
                required=true maxlength="200" autofocus=autofocus autocapitalize="none" spellcheck="false"
                aria-describedby=is_fault.then_some("why") aria-invalid=is_fault.then_some("true")/>
            <button type="button" class="plain" hidden=move || !is_alive.get() on:click=move |_| is_shown.update(|shown| *shown = !*shown)>
                {name}
            </button>
        </div>
    }
    .into_any()
}

/// The same page in the other language.
#[component]
fn OtherLanguage(locale: Locale) -> impl IntoView {
    let (href, lang, name) = match locale {
        Locale::zh => ("/m/sign-in?lang=en", "en", "English"),
        Locale::en => ("/m/sign-in?lang=zh", "zh", "中文"),
    };
    view! { <p><a class="quiet-link" href=href lang=lang rel="external">{name}</a></p> }.into_any()
}

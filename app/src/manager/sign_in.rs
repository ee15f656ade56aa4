//! Signing in: a plain form that a password manager understands and that needs no script.

use domain::Millis;
use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::machine::SignInElsewhere;
use crate::ui::moments::clock;
use crate::ui::prefs::Mode;

/// What the sign-in page says and keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignIn {
    /// What was typed as phone number.
    pub phone: String,
    /// Why the page is shown.
    pub why: Option<SignInWhy>,
    /// Where to return afterwards: a path under `/m`, checked by the server.
    pub next: String,
}

/// Why the sign-in page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInWhy {
    /// The page that was asked for needs it.
    Needed,
    /// Phone or password are wrong; which of them is not said.
    Wrong,
    /// What was typed as phone number is none, so no password was looked at.
    NotAPhone,
    /// The password is right, but the person collects nowhere.
    NoSeat,
    /// The password is right, but an administrator suspended them.
    Suspended,
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
    /// The session is over.
    Ended,
    /// A sign-in elsewhere ended the session (row E6).
    Elsewhere(SignInElsewhere),
    /// The person signed out.
    SignedOut,
    /// The password is right, but this is not the WeChat that the account is bound to, and no text messages are sent here (row E7).
    OtherWechat,
    /// The password is right, but WeChat did not say who it is.
    Silent,
}

impl SignInWhy {
    /// The reason that `?why=` may carry in a link. Those with figures only come from the server's own answer to a try.
    pub fn of_word(word: &str) -> Option<SignInWhy> {
        match word {
            "needed" => Some(SignInWhy::Needed),
            "ended" => Some(SignInWhy::Ended),
            "signed_out" => Some(SignInWhy::SignedOut),
            "other_wechat" => Some(SignInWhy::OtherWechat),
            "silent" => Some(SignInWhy::Silent),
            _ => None,
        }
    }

    /// Whether it is a fault, as opposed to a remark.
    pub fn is_fault(self) -> bool {
        !matches!(self, SignInWhy::Needed | SignInWhy::Ended | SignInWhy::Elsewhere(_) | SignInWhy::SignedOut)
    }
}

/// The sign-in page. It posts `phone`, `password` and `next` to itself; the server answers by leading on, or with this page.
pub fn sign_in_screen(locale: Locale, mode: Mode, sign_in: SignIn) -> impl IntoView {
    let next = sign_in.next.clone();
    let is_phone_fault = sign_in.why == Some(SignInWhy::NotAPhone);
    let is_fault = sign_in.why.is_some_and(SignInWhy::is_fault) && !is_phone_fault;
    let is_typed = !sign_in.phone.is_empty() && !is_phone_fault;
    let phone_why =
        is_phone_fault.then(|| view! { <p class="field-why" id="phone-why" role="alert">{td_string!(locale, lost.bad_phone)}</p> });
    let is_phone_wrong = (is_fault || is_phone_fault).then_some("true");
    let phone_described = if is_phone_fault { Some("phone-why") } else { is_fault.then_some("why") };
    let why = sign_in.why.filter(|_| !is_phone_fault);
    view! {
        <main id="main" class="sign-in" tabindex="-1">
            <p class="brand" aria-hidden="true">"收"</p>
            <h1>{td_string!(locale, manager.sign_in_title)}</h1>
            <p class="quiet">{td_string!(locale, manager.sign_in_lead)}</p>
            <form class="card" method="post" action="/m/sign-in" data-native="">
                {why.map(|why| view! { <Why locale why/> })}
                <input type="hidden" name="next" value=sign_in.next/>
                <label for="phone">{td_string!(locale, manager.phone)}</label>
                <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="username" required=true maxlength="20"
                    value=sign_in.phone autofocus=!is_typed aria-describedby=phone_described aria-invalid=is_phone_wrong/>
                {phone_why}
                <label for="password">{td_string!(locale, manager.password)}</label>
                <Password locale is_fault autofocus=is_typed/>
                <button class="button" type="submit">{td_string!(locale, manager.sign_in)}</button>
            </form>
            <p><a class="quiet-link" href="/m/lost" rel="external">{td_string!(locale, manager.sign_in_lost)}</a></p>
            <p class="quiet">{td_string!(locale, manager.sign_in_help)}</p>
            <Looks locale mode next/>
        </main>
    }
    .into_any()
}

/// Why somebody has to sign in, or could not.
#[component]
pub fn Why(
    /// The language.
    locale: Locale,
    /// The reason.
    why: SignInWhy,
) -> impl IntoView {
    let text = match why {
        SignInWhy::Needed => td_string!(locale, manager.sign_in_needed).to_owned(),
        SignInWhy::Wrong => td_string!(locale, manager.sign_in_wrong).to_owned(),
        SignInWhy::NotAPhone => td_string!(locale, lost.bad_phone).to_owned(),
        SignInWhy::NoSeat => td_string!(locale, manager.sign_in_no_seat).to_owned(),
        SignInWhy::Suspended => td_string!(locale, manager.sign_in_suspended).to_owned(),
        SignInWhy::Locked { until_ms } => fill(td_string!(locale, manager.sign_in_locked), &[("time", &clock(until_ms))]),
        SignInWhy::Later { after_s } => fill(td_string!(locale, manager.sign_in_later), &[("seconds", &after_s)]),
        SignInWhy::Ended => td_string!(locale, manager.sign_in_ended).to_owned(),
        SignInWhy::Elsewhere(elsewhere) => elsewhere.words(locale),
        SignInWhy::SignedOut => td_string!(locale, manager.signed_out).to_owned(),
        SignInWhy::OtherWechat => td_string!(locale, proof.why_other_wechat).to_owned(),
        SignInWhy::Silent => td_string!(locale, proof.why_silent).to_owned(),
    };
    let (class, role) = if why.is_fault() { ("note note-bad", "alert") } else { ("note", "status") };
    let report = matches!(why, SignInWhy::Elsewhere(_))
        .then(|| view! { <p><a class="quiet-link" href="/m/not-me" rel="external">{td_string!(locale, manager.sign_in_not_me)}</a></p> });
    view! { <p id="why" class=class role=role>{text}</p>{report} }.into_any()
}

/// The password, with a button that shows it. The button appears with the program, because it can do nothing without it.
#[component]
fn Password(locale: Locale, is_fault: bool, autofocus: bool) -> impl IntoView {
    view! {
        <div class="password">
            <input id="password" name="password" type="password" autocomplete="current-password"
                required=true maxlength="200" autofocus=autofocus autocapitalize="none" spellcheck="false"
                aria-describedby=is_fault.then_some("why") aria-invalid=is_fault.then_some("true")/>
            <button type="button" class="plain with-program" data-reveal="password" data-other=td_string!(locale, manager.hide_password)>
                {td_string!(locale, manager.show_password)}
            </button>
        </div>
    }
    .into_any()
}

/// The same page in the other language, and in letters of the other size: whoever opens the app for the first time can read it.
#[component]
fn Looks(locale: Locale, mode: Mode, next: String) -> impl IntoView {
    let (lang, tag, name) = match locale {
        Locale::zh => ("en", "en", "English"),
        Locale::en => ("zh", "zh-CN", "中文"),
    };
    let (size, size_name) = match mode {
        Mode::Care => ("standard", td_string!(locale, common.mode_standard)),
        Mode::Normal => ("care", td_string!(locale, common.mode_care)),
    };
    let here = |name: &str, value: &str| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair(name, value);
        if !next.is_empty() {
            pairs.append_pair("next", &next);
        }
        format!("/m/sign-in?{}", pairs.finish())
    };
    view! {
        <p>
            <a class="quiet-link" href=here("lang", lang) lang=tag rel="external">{name}</a>
            <a class="quiet-link" href=here("mode", size) rel="external">{size_name}</a>
        </p>
    }
    .into_any()
}

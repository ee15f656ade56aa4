//! Settings: language, appearance, 长辈版, the voice, signing out. They are forms that post, so that they need no script.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::manager::code::VoicePanel;
use crate::manager::speech::Sentence;
use crate::manager::{api, voice};
use crate::mobile::till::{Voice, till};
use crate::mobile::{Seed, arrive, ask};
use crate::ui::icons;
use crate::ui::parts::Bar;
use crate::ui::prefs::{Mode, Prefs, Theme};

/// The settings. The form posts `lang`, `theme` and `mode` to `/m/settings`, the other one nothing to `/m/sign-out`.
#[component]
pub fn SettingsScreen() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    arrive(td_string!(locale, manager.settings_title));
    let prefs = use_context::<Seed>().unwrap_or_default().prefs;
    Effect::new(move |_| {
        if till.desk.with_untracked(Option::is_none) {
            ask(till.desk, api::load_desk());
        }
    });
    let who = move || {
        till.desk.with(|desk| match desk {
            Some(Ok(desk)) => format!("{} · {}", desk.manager_name, desk.merchant_name),
            _ => String::new(),
        })
    };
    let test = move || {
        (till.voice.get() == Voice::On).then(|| {
            let act = move |_| voice::say(till, Sentence::VoiceIsOn);
            view! { <button type="button" class="button button-quiet" on:click=act>{td_string!(locale, manager.voice_test)}</button> }
        })
    };
    let onward = [
        ("/m/receivables", td_string!(locale, receivables.title)),
        ("/m/plate", td_string!(locale, manager.plates)),
        ("/m/diagnose", td_string!(locale, manager.diagnose)),
        ("/m/settings/messages", td_string!(locale, messages.title)),
        ("/m/concerns", td_string!(locale, concerns.all)),
        ("/m/help", td_string!(locale, help.title)),
        ("/m/settings/sign-ins", td_string!(locale, sign_ins.title)),
    ];
    let onward = onward.map(|(href, name)| view! { <a class="card go-on" href=href>{name} {icons::onward()}</a> }.into_any());
    view! {
        <Bar title=td_string!(locale, manager.settings_title)/>
        <main id="main" class="settings" tabindex="-1">
            <section aria-labelledby="voice-title">
                <h2 id="voice-title">{td_string!(locale, manager.voice)}</h2>
                <VoicePanel/>
                {test}
            </section>
            <Appearance prefs/>
            {onward}
            <section aria-labelledby="account-title">
                <h2 id="account-title">{td_string!(locale, manager.account)}</h2>
                <form class="card" method="post" action="/m/sign-out">
                    <p>{who}</p>
                    <button class="button button-quiet" type="submit">{td_string!(locale, manager.sign_out)}</button>
                </form>
            </section>
        </main>
    }
    .into_any()
}

#[component]
fn Appearance(prefs: Prefs) -> impl IntoView {
    let Prefs { locale, theme, mode } = prefs;
    let form = NodeRef::<leptos::html::Form>::new();
    // With the program a choice takes effect at once; without it the button does the same.
    let on_change = move |_| {
        if let Some(form) = form.get_untracked() {
            submit(&form);
        }
    };
    let languages = [("zh", "中文", locale == Locale::zh), ("en", "English", locale == Locale::en)];
    let themes = [
        (Theme::Auto.word(), td_string!(locale, manager.theme_auto), theme == Theme::Auto),
        (Theme::Light.word(), td_string!(locale, manager.theme_light), theme == Theme::Light),
        (Theme::Dark.word(), td_string!(locale, manager.theme_dark), theme == Theme::Dark),
    ];
    let modes = [
        (Mode::Normal.word(), td_string!(locale, manager.mode_normal), mode == Mode::Normal),
        (Mode::Care.word(), td_string!(locale, manager.mode_care), mode == Mode::Care),
    ];
    view! {
        <form class="looks" method="post" action="/m/settings" node_ref=form on:change=on_change>
            <Choice name="lang" legend=td_string!(locale, manager.language) choices=languages.to_vec()/>
            <Choice name="theme" legend=td_string!(locale, manager.theme) choices=themes.to_vec()/>
            <Choice name="mode" legend=td_string!(locale, manager.mode) choices=modes.to_vec()/>
            <button class="button button-quiet" type="submit">{td_string!(locale, manager.save)}</button>
        </form>
    }
    .into_any()
}

#[component]
fn Choice(name: &'static str, legend: &'static str, choices: Vec<(&'static str, &'static str, bool)>) -> impl IntoView {
    let option = move |(value, label, is_chosen): (&'static str, &'static str, bool)| {
        view! {
            <label>
                <input type="radio" name=name value=value checked=is_chosen/>
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset>
            <legend>{legend}</legend>
            <div class="choices">{choices.into_iter().map(option).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

#[cfg(target_arch = "wasm32")]
fn submit(form: &leptos::web_sys::HtmlFormElement) {
    let _ = form.submit();
}

#[cfg(not(target_arch = "wasm32"))]
fn submit(_: &leptos::web_sys::HtmlFormElement) {}

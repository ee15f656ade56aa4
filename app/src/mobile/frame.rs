//! What stands around every screen: skip link, demo banner, news, the state of the connection, tabs.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::i18n::*;
use crate::manager::live::Link;
use crate::manager::{ArrivalNews, CodeScreen, SettingsScreen, stream};
use crate::mobile::plain::PlainScreen;
use crate::mobile::pull::Pull;
use crate::mobile::{Seed, Till};
use crate::receipts::ListScreen;
use crate::ui::browser;
use crate::ui::fill;
use crate::ui::icons;
use crate::ui::moments::clock;

/// The whole app.
#[component]
pub fn MobileApp(
    /// What it shows first.
    seed: Seed,
) -> impl IntoView {
    let till = Till::new(&seed);
    let locale = till.locale;
    let is_demo = seed.is_demo;
    provide_context(till);
    provide_context(seed);
    Effect::new(move |_| stream::begin(till));
    view! {
        <Router>
            <a class="skip" href="#main">{td_string!(locale, manager.skip)}</a>
            {is_demo.then(|| view! { <aside class="demo"><p>{td_string!(locale, common.demo_banner)}</p></aside> })}
            <Trouble/>
            <Pull/>
            <Toast/>
            // The living screens. Every other address is a plain one, which the server knows. They have a route of their own, because
            // the router ends what a fallback has begun at the next change of the address.
            <FlatRoutes fallback=PlainScreen>
                <Route path=path!("/m") view=CodeScreen/>
                <Route path=path!("/m/receipts") view=ListScreen/>
                <Route path=path!("/m/settings") view=SettingsScreen/>
                <Route path=path!("/m/*screen") view=PlainScreen/>
            </FlatRoutes>
            <Tabs/>
        </Router>
    }
    .into_any()
}

/// Says what still works while nothing can be heard of arrivals.
#[component]
fn Trouble() -> impl IntoView {
    let till = crate::mobile::till::till();
    let locale = till.locale;
    let text = move || match till.link.get() {
        Link::Offline { since_ms } => Some(fill(td_string!(locale, manager.offline_banner), &[("time", &clock(since_ms))])),
        Link::Ended { elsewhere } => Some(elsewhere.unwrap_or_else(|| td_string!(locale, manager.ended_banner).to_owned())),
        _ => None,
    };
    let again = move || {
        matches!(till.link.get(), Link::Ended { .. }).then(|| {
            // Read when the session ended: the person may have moved on to another screen since the page was loaded.
            let back = browser::encoded(&browser::here());
            view! { <a href=format!("/m/sign-in?why=ended&next={back}") rel="external">{td_string!(locale, manager.sign_in_again)}</a> }
        })
    };
    let report = move || {
        matches!(till.link.get(), Link::Ended { elsewhere: Some(_) })
            .then(|| view! { <a href="/m/not-me" rel="external">{td_string!(locale, manager.sign_in_not_me)}</a> })
    };
    view! {
        <div class="trouble" role="status" aria-live="polite" class:is-shown=move || text().is_some()>
            <p>{text} " " {again} " " {report}</p>
        </div>
    }
    .into_any()
}

/// News on every screen but that of the code, which has its own place for it, and the one to which the news leads.
#[component]
fn Toast() -> impl IntoView {
    let till = crate::mobile::till::till();
    let path = use_location().pathname;
    let is_told = move |path: &str| till.news.with(|news| news.as_ref().is_some_and(|news| news.url() == path));
    let here = move || path.with(|path| !matches!(path.as_str(), "/m" | "/m/" | "/m/sign-in") && !is_told(path));
    let is_over = RwSignal::new(true);
    Effect::new(move |earlier: Option<Option<TimeoutHandle>>| {
        if let Some(Some(handle)) = earlier {
            handle.clear();
        }
        let told = till.news.with(Option::is_some);
        is_over.set(!told);
        told.then(|| set_timeout_with_handle(move || is_over.set(true), TOAST_TIME).ok()).flatten()
    });
    view! {
        <div class="toast" role="status" aria-live="polite">
            {move || (here() && !is_over.get()).then(|| view! { <ArrivalNews/> })}
        </div>
    }
    .into_any()
}

/// Long enough to read and tap.
const TOAST_TIME: std::time::Duration = std::time::Duration::from_secs(8);

#[component]
fn Tabs() -> impl IntoView {
    let locale = crate::mobile::till::till().locale;
    let path = use_location().pathname;
    let tab = move |href: &'static str, icon: fn() -> AnyView, name: &'static str| {
        let is_here = move || tab_of(&path.get()) == Some(href);
        view! {
            <a href=href aria-current=move || is_here().then_some("page")>
                {icon()} <span>{name}</span>
            </a>
        }
    };
    let is_signed_out = move || path.get().trim_end_matches('/') == "/m/sign-in";
    view! {
        <nav class="tabs" aria-label=td_string!(locale, manager.tabs) hidden=is_signed_out>
            {tab("/m", icons::code, td_string!(locale, manager.tab_code))}
            {tab("/m/receipts", icons::list, td_string!(locale, manager.tab_receipts))}
            {tab("/m/settings", icons::settings, td_string!(locale, manager.tab_settings))}
        </nav>
    }
    .into_any()
}

/// The tab from which the screen at a path is reached.
fn tab_of(path: &str) -> Option<&'static str> {
    match path.split('/').nth(2).unwrap_or_default() {
        "" | "codes" | "refresh" | "cut" | "concerns" => Some("/m"),
        "receipts" | "payments" => Some("/m/receipts"),
        "settings" | "receivables" | "plate" | "help" | "errors" | "diagnose" => Some("/m/settings"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_belongs_to_the_tab_from_which_it_is_reached() {
        let table = [
            ("/m", Some("/m")),
            ("/m/", Some("/m")),
            ("/m/codes", Some("/m")),
            ("/m/concerns", Some("/m")),
            ("/m/receipts", Some("/m/receipts")),
            ("/m/receipts/export", Some("/m/receipts")),
            ("/m/payments", Some("/m/receipts")),
            ("/m/settings/", Some("/m/settings")),
            ("/m/settings/sign-ins", Some("/m/settings")),
            ("/m/receivables/7", Some("/m/settings")),
            ("/m/plate", Some("/m/settings")),
            ("/m/help", Some("/m/settings")),
            ("/m/errors", Some("/m/settings")),
            ("/m/diagnose", Some("/m/settings")),
            ("/m/sign-in", None),
            ("/m/nowhere", None),
        ];
        for (path, expected) in table {
            assert_eq!(tab_of(path), expected, "{path}");
        }
    }
}

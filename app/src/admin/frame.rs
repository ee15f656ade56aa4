//! The document of the administrator's pages: sections on the left, on a phone on top.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::ui::prefs::{Prefs, Theme};

/// What every page needs besides its own content.
#[derive(Debug, Clone, Copy)]
pub struct AdminShell<'a> {
    /// Language and appearance.
    pub prefs: Prefs,
    /// The style sheets, in their order.
    pub css: &'a [String],
    /// Whether this is a demonstration.
    pub is_demo: bool,
    /// Whether mails can be sent.
    pub has_mail: bool,
    /// The page's own path, to which the other language leads.
    pub path: &'a str,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Their name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
}

/// The parts of the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What there is.
    Overview,
    /// What came, and what became of it.
    Payments,
    /// Who collects.
    Managers,
    /// Places that collect.
    Stores,
    /// What is scanned.
    Codes,
    /// What holds for the whole organisation.
    Settings,
}

impl Section {
    const ALL: [Section; 6] = [Section::Overview, Section::Payments, Section::Managers, Section::Stores, Section::Codes, Section::Settings];

    fn name(self, locale: Locale) -> &'static str {
        match self {
            Section::Overview => td_string!(locale, office.overview),
            Section::Payments => td_string!(locale, office.payments),
            Section::Managers => td_string!(locale, admin.managers),
            Section::Stores => td_string!(locale, office.stores),
            Section::Codes => td_string!(locale, office.codes),
            Section::Settings => td_string!(locale, office.settings),
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Section::Overview => "/admin",
            Section::Payments => "/admin/payments",
            Section::Managers => "/admin/managers",
            Section::Stores => "/admin/stores",
            Section::Codes => "/admin/codes",
            Section::Settings => "/admin/settings",
        }
    }
}

/// A page of somebody who is signed in.
pub(crate) fn page(shell: AdminShell<'_>, signed: &Signed, section: Section, title: &str, body: impl FnOnce() -> AnyView) -> String {
    let locale = shell.prefs.locale;
    let frame = || {
        let links = Section::ALL.map(|each| {
            let current = (each == section).then_some("page");
            view! { <a href=each.path() aria-current=current>{each.name(locale)}</a> }
        });
        view! {
            <a class="skip" href="#main">{td_string!(locale, admin.skip)}</a>
            <header class="top">
                <p class="brand"><b aria-hidden="true">"收"</b><span>{signed.organisation.clone()}</span></p>
                <nav aria-label=td_string!(locale, admin.sections)>{links.collect_view()}</nav>
                <div class="who">
                    <span>{signed.name.clone()}</span>
                    <Looks shell_theme=shell.prefs.theme locale path=shell.path.to_owned()/>
                    <form method="post" action="/admin/sign-out"><button class="link" type="submit">{td_string!(locale, admin.sign_out)}</button></form>
                </div>
            </header>
            <main id="main" tabindex="-1">
                {(!shell.has_mail).then(|| view! { <p class="note note-warn" role="status">{td_string!(locale, admin.mail_off)}</p> })}
                {body()}
            </main>
        }
        .into_any()
    };
    document(shell, title, "", frame)
}

/// The whole document around `body`.
pub(super) fn document(shell: AdminShell<'_>, title: &str, class: &'static str, body: impl FnOnce() -> AnyView) -> String {
    let AdminShell { prefs, css, .. } = shell;
    let title = format!("{title} · {}", td_string!(prefs.locale, admin.title));
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        let css = css.iter().map(|href| view! { <link rel="stylesheet" href=href.clone()/> }).collect_view();
        // Chosen by the reader, or left to the device: the tokens know the latter by the attribute's absence.
        let theme = (prefs.theme != Theme::Auto).then(|| prefs.theme.word());
        let demo = shell.is_demo.then(|| view! { <p class="demo">{td_string!(prefs.locale, admin.demo)}</p> });
        view! {
            <html lang=prefs.html_lang() data-theme=theme data-mode=prefs.mode.word()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                    <title>{title}</title>
                    <link rel="icon" href="data:,"/>
                    {css}
                </head>
                <body class=class>{demo}{body()}</body>
            </html>
        }
        .to_html()
    });
    owner.unset_with_forced_cleanup();
    format!("<!doctype html>{html}")
}

/// The other language, and light or dark.
#[component]
pub(super) fn Looks(locale: Locale, shell_theme: Theme, path: String) -> impl IntoView {
    let (lang, tag) = match locale {
        Locale::zh => ("en", "en"),
        Locale::en => ("zh", "zh-CN"),
    };
    let (theme, name) = match shell_theme {
        Theme::Dark => ("light", td_string!(locale, admin.light)),
        Theme::Light | Theme::Auto => ("dark", td_string!(locale, admin.dark)),
    };
    view! {
        <a class="link" lang=tag href=format!("{path}?lang={lang}")>{td_string!(locale, admin.language)}</a>
        <a class="link" href=format!("{path}?theme={theme}")>{name}</a>
    }
    .into_any()
}

/// A page under `/admin` that is not there.
pub fn missing_page(shell: AdminShell<'_>, signed: &Signed, is_manager: bool) -> String {
    let locale = shell.prefs.locale;
    let title = if is_manager { td_string!(locale, admin.not_found) } else { td_string!(locale, admin.not_a_page) };
    let (section, back, back_to) = match is_manager {
        true => (Section::Managers, "/admin/managers", td_string!(locale, admin.back_to_managers)),
        false => (Section::Overview, "/admin", td_string!(locale, admin.back_to_overview)),
    };
    page(shell, signed, section, title, || {
        view! {
            <div class="empty card">
                <h1>{title}</h1>
                {is_manager.then(|| view! { <p class="quiet">{td_string!(locale, admin.not_found_hint)}</p> })}
                <a class="button" href=back>{back_to}</a>
            </div>
        }
        .into_any()
    })
}

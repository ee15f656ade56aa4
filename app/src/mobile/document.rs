//! A whole page of the mobile bundle, made on the server.
//!
//! Everything that a page shows is read first ([`Seed`]) and then rendered in one go: no resource, no suspense, no stream. So
//! nothing reactive outlives the rendering, however many browsers ask at once, and the page is complete before any script runs.

use std::sync::Arc;

use domain::{Caller, PaymentId};
use leptos::prelude::*;
use leptos_router::location::RequestUrl;

use crate::concerns::{ConcernQuery, Concerns};
use crate::i18n::*;
use crate::manager::Collecting;
use crate::mobile::{MobileApp, SEED_ID, Seed, SignIn};
use crate::receipts::{ReceiptQuery, Receipts};
use crate::ui::prefs::{Prefs, Theme};

/// The addresses of the bundle, as the build named them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The style sheets, in their order.
    pub css: Vec<String>,
    /// The script that loads the program.
    pub js: String,
    /// The program.
    pub wasm: String,
}

/// One request for a page.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The path, e.g. `/m/receipts`.
    pub path: String,
    /// The query without `?`.
    pub query: String,
    /// Language and appearance.
    pub prefs: Prefs,
    /// Who asks.
    pub caller: Option<Caller>,
    /// The nonce of the page's policy.
    pub nonce: String,
    /// Whether this is a demonstration.
    pub is_demo: bool,
    /// For the sign-in page: what it says and keeps.
    pub sign_in: SignIn,
}

/// What the screens ask, each feature by its own trait.
#[derive(Clone)]
pub struct Backend {
    /// The screen with the code.
    pub collecting: Arc<dyn Collecting>,
    /// The receipts.
    pub receipts: Arc<dyn Receipts>,
    /// What there is to look at.
    pub concerns: Arc<dyn Concerns>,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A page.
    Page {
        /// 200, 404 when there is no such thing, 503 when it could not be read.
        status: u16,
        /// The document.
        html: String,
    },
    /// Sign in first, then come back to `next`.
    SignIn {
        /// Path and query.
        next: String,
    },
}

/// The screens, by address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Screen {
    SignIn,
    Code,
    Refresh,
    Cut,
    Choose,
    List(ReceiptQuery),
    One(PaymentId),
    Settings,
    Concerns(ConcernQuery),
    Payment(PaymentId),
    Unknown,
}

impl Screen {
    fn of(path: &str, query: &str) -> Screen {
        match path.trim_end_matches('/') {
            "/m" => Screen::Code,
            "/m/refresh" => Screen::Refresh,
            "/m/cut" => Screen::Cut,
            "/m/codes" => Screen::Choose,
            "/m/sign-in" => Screen::SignIn,
            "/m/settings" => Screen::Settings,
            "/m/receipts" => Screen::List(ReceiptQuery::of_url(query)),
            "/m/concerns" => Screen::Concerns(ConcernQuery::of_url(query)),
            other => {
                let id = |folder| other.strip_prefix(folder).and_then(|id| id.parse().ok());
                let one = id("/m/receipts/").map(Screen::One).or_else(|| id("/m/payments/").map(Screen::Payment));
                one.unwrap_or(Screen::Unknown)
            }
        }
    }
}

/// Answers a visit to a page under `/m`.
pub async fn answer(visit: Visit, bundle: &Bundle, desk: &Backend) -> Answer {
    let screen = Screen::of(&visit.path, &visit.query);
    let mut seed = Seed { prefs: visit.prefs, is_demo: visit.is_demo, sign_in: visit.sign_in.clone(), ..Seed::default() };
    if screen != Screen::SignIn {
        let Some(caller) = visit.caller else { return Answer::SignIn { next: path_and_query(&visit) } };
        if let Err(refusal) = fill(&mut seed, &screen, &caller, desk).await
            && refusal == crate::Refusal::SignIn
        {
            return Answer::SignIn { next: path_and_query(&visit) };
        }
    }
    let status = status(&screen, &seed);
    Answer::Page { status, html: document(&visit, bundle, &screen, seed) }
}

/// Reads what the screen shows. A refusal is shown in its place; it is also returned, because signing in is another page.
async fn fill(seed: &mut Seed, screen: &Screen, caller: &Caller, desk: &Backend) -> Result<(), crate::Refusal> {
    let Backend { collecting, receipts, concerns } = desk;
    // A count that cannot be read costs a line, not the screen; the stream brings it.
    seed.concern_count = concerns.count(caller).await.unwrap_or_default();
    match screen {
        Screen::Code | Screen::Refresh | Screen::Cut | Screen::Settings => {
            let desk = collecting.desk(caller).await;
            seed.today = desk.as_ref().ok().map(|desk| desk.today.clone());
            let refusal = desk.as_ref().err().cloned();
            seed.desk = Some(desk);
            refusal.map_or(Ok(()), Err)
        }
        Screen::Choose => {
            seed.today = collecting.today(caller).await.ok();
            let codes = collecting.codes(caller).await;
            let refusal = codes.as_ref().err().cloned();
            seed.codes = Some(codes);
            refusal.map_or(Ok(()), Err)
        }
        Screen::List(query) => {
            // The figures are read before the list, so that nothing arrives between the two unnoticed.
            seed.today = collecting.today(caller).await.ok();
            let page = receipts.page(caller, query.clone()).await;
            let refusal = page.as_ref().err().cloned();
            seed.list = Some((query.clone(), page));
            refusal.map_or(Ok(()), Err)
        }
        Screen::One(payment) => {
            seed.today = collecting.today(caller).await.ok();
            let detail = receipts.one(caller, *payment).await;
            let refusal = detail.as_ref().err().cloned();
            seed.one = Some((*payment, detail));
            refusal.map_or(Ok(()), Err)
        }
        Screen::Concerns(query) => {
            seed.today = collecting.today(caller).await.ok();
            let page = concerns.concerns(caller, *query).await;
            let refusal = page.as_ref().err().cloned();
            seed.concerns = Some((*query, page));
            refusal.map_or(Ok(()), Err)
        }
        Screen::Payment(payment) => {
            seed.today = collecting.today(caller).await.ok();
            let detail = concerns.payment(caller, *payment).await;
            let refusal = detail.as_ref().err().cloned();
            seed.payment = Some((*payment, detail));
            refusal.map_or(Ok(()), Err)
        }
        Screen::SignIn | Screen::Unknown => Ok(()),
    }
}

fn status(screen: &Screen, seed: &Seed) -> u16 {
    use crate::Refusal;
    let refusal = match screen {
        Screen::Unknown => return 404,
        Screen::SignIn => {
            return match seed.sign_in.why {
                Some(crate::mobile::SignInWhy::Later { .. }) => 429,
                Some(why) if why.is_fault() => 422,
                _ => 200,
            };
        }
        Screen::Code | Screen::Refresh | Screen::Cut | Screen::Settings => seed.desk.as_ref().and_then(|desk| desk.as_ref().err()),
        Screen::Choose => seed.codes.as_ref().and_then(|codes| codes.as_ref().err()),
        Screen::List(_) => seed.list.as_ref().and_then(|(_, page)| page.as_ref().err()),
        Screen::One(_) => seed.one.as_ref().and_then(|(_, detail)| detail.as_ref().err()),
        Screen::Concerns(_) => seed.concerns.as_ref().and_then(|(_, page)| page.as_ref().err()),
        Screen::Payment(_) => seed.payment.as_ref().and_then(|(_, detail)| detail.as_ref().err()),
    };
    refusal.map_or(200, Refusal::status)
}

fn document(visit: &Visit, bundle: &Bundle, screen: &Screen, seed: Seed) -> String {
    let Prefs { locale, theme, mode } = visit.prefs;
    let (lang, theme_word, mode_word) = (visit.prefs.html_lang(), theme.word(), mode.word());
    let title = format!("{} · {}", title(locale, screen), td_string!(locale, common.app_name));
    let seed_json = seed.to_json();
    let body = render(path_and_query(visit), seed);
    let css: String = bundle.css.iter().map(|css| format!("<link rel=\"stylesheet\" href=\"{}\">", escape(css))).collect();
    let [js, wasm, nonce] = [&bundle.js, &bundle.wasm, &visit.nonce].map(|text| escape(text));
    let bars = match theme {
        Theme::Light => r##"<meta name="theme-color" content="#ffffff">"##,
        Theme::Dark => r##"<meta name="theme-color" content="#171e1a">"##,
        Theme::Auto => concat!(
            r##"<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">"##,
            r##"<meta name="theme-color" content="#171e1a" media="(prefers-color-scheme: dark)">"##
        ),
    };
    // leptos looks for the three arrays of a streamed page; here nothing is streamed, so they are empty.
    format!(
        "<!doctype html><html lang=\"{lang}\" data-theme=\"{theme_word}\" data-mode=\"{mode_word}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\"><title>{title}</title>{bars}\
         {css}<link rel=\"modulepreload\" href=\"{js}\" nonce=\"{nonce}\">\
         <link rel=\"preload\" href=\"{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin>{ICON}\
         <script type=\"application/json\" id=\"{SEED_ID}\">{seed_json}</script>\
         <script type=\"module\" nonce=\"{nonce}\">globalThis.__RESOLVED_RESOURCES=globalThis.__SERIALIZED_ERRORS=\
         globalThis.__INCOMPLETE_CHUNKS=[];import init,{{hydrate}} from \"{js}\";init({{module_or_path:\"{wasm}\"}}).then(hydrate)</script>\
         </head><body>{body}</body></html>"
    )
}

/// A green square with the sign of a code: small enough to travel with the page.
const ICON: &str = "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' \
    height='16' rx='4' fill='%230b7a3e'/%3E%3Cpath d='M4 4h3v3H4zM9 4h3v3H9zM4 9h3v3H4zM9 9h1.5v1.5H9zM10.5 10.5H12V12h-1.5z' fill='%23fff'/%3E%3C/svg%3E\">";

/// The body. Everything reactive lives and ends here.
fn render(url: String, seed: Seed) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        provide_context(RequestUrl::new(&url));
        view! { <MobileApp seed/> }.to_html()
    });
    owner.unset_with_forced_cleanup();
    html
}

fn title(locale: Locale, screen: &Screen) -> &'static str {
    match screen {
        Screen::SignIn => td_string!(locale, manager.sign_in_title),
        Screen::Code => td_string!(locale, manager.desk_title),
        Screen::Refresh => td_string!(locale, manager.refresh_title),
        Screen::Cut => td_string!(locale, manager.cut_title),
        Screen::Choose => td_string!(locale, manager.switch_title),
        Screen::List(_) => td_string!(locale, receipts.title),
        Screen::One(_) => td_string!(locale, receipts.detail_title),
        Screen::Settings => td_string!(locale, manager.settings_title),
        Screen::Concerns(_) => td_string!(locale, concerns.title),
        Screen::Payment(_) => td_string!(locale, concerns.payment_title),
        Screen::Unknown => td_string!(locale, manager.not_a_page),
    }
}

fn path_and_query(visit: &Visit) -> String {
    if visit.query.is_empty() { visit.path.clone() } else { format!("{}?{}", visit.path, visit.query) }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_names_its_screen() {
        let id = "0199a0b1c2d3e4f50617283940516273";
        let table = [
            ("/m", "", Screen::Code),
            ("/m/", "", Screen::Code),
            ("/m/sign-in", "next=%2Fm", Screen::SignIn),
            ("/m/receipts", "", Screen::List(ReceiptQuery::default())),
            ("/m/receipts", "before=nonsense", Screen::List(ReceiptQuery::default())),
            ("/m/settings", "", Screen::Settings),
            ("/m/concerns", "", Screen::Concerns(ConcernQuery::default())),
            ("/m/concerns", "before=nonsense", Screen::Concerns(ConcernQuery::default())),
            ("/m/payments/nonsense", "", Screen::Unknown),
            ("/m/refresh", "", Screen::Refresh),
            ("/m/cut", "token=x", Screen::Cut),
            ("/m/codes", "q=x", Screen::Choose),
            ("/m/receipts/nonsense", "", Screen::Unknown),
            ("/m/elsewhere", "", Screen::Unknown),
        ];
        for (path, query, expected) in table {
            assert_eq!(Screen::of(path, query), expected, "{path}?{query}");
        }
        assert_eq!(Screen::of(&format!("/m/receipts/{id}"), ""), Screen::One(id.parse().unwrap()));
        assert_eq!(Screen::of(&format!("/m/payments/{id}"), ""), Screen::Payment(id.parse().unwrap()));
        let Screen::List(query) = Screen::of("/m/receipts", &format!("lang=en&before=7-{id}")) else { panic!("no list") };
        assert_eq!(query.before.map(|cursor| cursor.to_string()), Some(format!("7-{id}")));
    }
}

//! A whole page of the mobile bundle, made on the server.
//!
//! Everything that a page shows is read first ([`Seed`]) and then rendered in one go: no resource, no suspense, no stream. So
//! nothing reactive outlives the rendering, however many browsers ask at once, and the page is complete before any script runs.

use std::sync::Arc;

use domain::{Caller, Millis, PaymentId};
use leptos::prelude::*;
use leptos_router::location::RequestUrl;

use crate::Refusal;
use crate::concerns::{ConcernQuery, Concerns, concerns_screen, payment_screen};
use crate::help::help_screen;
use crate::i18n::*;
use crate::manager::{Collecting, SignIn, SignInWhy, choose_screen, cut_screen, refresh_screen, sign_in_screen};
use crate::messages::{Answered, Listening, messages_screen};
use crate::mobile::plain::{PlainHtml, render};
use crate::mobile::{MobileApp, SEED_ID, Seed};
use crate::receipts::{ReceiptQuery, Receipts, detail_screen};
use crate::ui::escaped;
use crate::ui::parts::{Bar, Empty};
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
    /// Messages of the WeChat account.
    pub listening: Arc<dyn Listening>,
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
    Living(Living),
    Plain(Plain),
}

/// A screen that the program takes over and keeps up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Living {
    Code,
    List(ReceiptQuery),
    Settings,
}

/// A screen that the server renders alone ([`crate::mobile::plain`]).
#[derive(Debug, Clone, PartialEq, Eq)]
enum Plain {
    SignIn,
    Refresh,
    Cut { token: String },
    Choose { words: String },
    One(PaymentId),
    Concerns(ConcernQuery),
    Payment(PaymentId, Option<Millis>),
    Messages(Option<Answered>),
    Help,
    Unknown,
}

impl Screen {
    fn of(path: &str, query: &str) -> Screen {
        match path.trim_end_matches('/') {
            "/m" => Screen::Living(Living::Code),
            "/m/receipts" => Screen::Living(Living::List(ReceiptQuery::of_url(query))),
            "/m/settings" => Screen::Living(Living::Settings),
            other => Screen::Plain(Plain::of(other, query)),
        }
    }
}

impl Plain {
    fn of(path: &str, query: &str) -> Plain {
        let said = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let id = |folder| path.strip_prefix(folder).and_then(|id: &str| id.parse().ok());
        match path {
            "/m/sign-in" => Plain::SignIn,
            "/m/refresh" => Plain::Refresh,
            "/m/cut" => Plain::Cut { token: said("token").unwrap_or_default() },
            "/m/codes" => Plain::Choose { words: said("q").unwrap_or_default() },
            "/m/concerns" => Plain::Concerns(ConcernQuery::of_url(query)),
            "/m/help" => Plain::Help,
            "/m/settings/messages" => Plain::Messages(said("said").and_then(|word| Answered::of_word(&word))),
            _ => {
                let asked_at = || said("asked").and_then(|at| at.parse().ok()).map(Millis::of);
                let payment = || id("/m/payments/").map(|payment| Plain::Payment(payment, asked_at()));
                id("/m/receipts/").map(Plain::One).or_else(payment).unwrap_or(Plain::Unknown)
            }
        }
    }
}

/// Answers a visit to a page under `/m`.
pub async fn answer(visit: Visit, bundle: &Bundle, desk: &Backend) -> Answer {
    let screen = Screen::of(&visit.path, &visit.query);
    let mut seed = Seed { prefs: visit.prefs, is_demo: visit.is_demo, ..Seed::default() };
    let read = match (&screen, visit.caller) {
        (Screen::Plain(Plain::SignIn), _) => Ok(sign_in(&seed, &visit.sign_in)),
        (_, None) => Err(Refusal::SignIn),
        (screen, Some(caller)) => read(&mut seed, screen, &caller, desk).await,
    };
    match read {
        Err(_) => Answer::SignIn { next: path_and_query(&visit) },
        Ok(Read { status, html }) => {
            let title = title(visit.prefs.locale, &screen);
            Answer::Page { status, html: document(&visit, bundle, title, seed, html) }
        }
    }
}

/// Answers a visit with a plain screen for which everything was read before; `caller` is whoever is signed in.
pub async fn answer_with(
    visit: Visit,
    bundle: &Bundle,
    desk: &Backend,
    caller: &Caller,
    title: &str,
    screen: impl FnOnce(Locale) -> AnyView + Send,
) -> String {
    let mut seed = Seed { prefs: visit.prefs, is_demo: visit.is_demo, ..Seed::default() };
    seed.concern_count = desk.concerns.count(caller).await.unwrap_or_default();
    seed.today = desk.collecting.today(caller).await.ok();
    let html = render(&seed, screen);
    document(&visit, bundle, title, seed, Some(html))
}

/// What came of reading a screen.
struct Read {
    status: u16,
    /// What a plain screen shows; a living one shows its seed.
    html: Option<PlainHtml>,
}

/// Reads what the screen shows. A refusal is shown in its place, but for the one that needs a sign-in, which is another page.
async fn read(seed: &mut Seed, screen: &Screen, caller: &Caller, desk: &Backend) -> Result<Read, Refusal> {
    // A count that cannot be read costs a line, not the screen; the stream brings it.
    seed.concern_count = desk.concerns.count(caller).await.unwrap_or_default();
    match screen {
        Screen::Living(living) => read_living(seed, living, caller, desk).await,
        Screen::Plain(plain) => {
            seed.today = desk.collecting.today(caller).await.ok();
            read_plain(seed, plain, caller, desk).await
        }
    }
}

async fn read_living(seed: &mut Seed, living: &Living, caller: &Caller, desk: &Backend) -> Result<Read, Refusal> {
    let refusal = match living {
        Living::Code | Living::Settings => {
            let read = desk.collecting.desk(caller).await;
            seed.today = read.as_ref().ok().map(|desk| desk.today.clone());
            let refusal = read.as_ref().err().cloned();
            seed.desk = Some(read);
            refusal
        }
        Living::List(query) => {
            // The figures are read before the list, so that nothing arrives between the two unnoticed.
            seed.today = desk.collecting.today(caller).await.ok();
            let page = desk.receipts.page(caller, query.clone()).await;
            let refusal = page.as_ref().err().cloned();
            seed.list = Some((query.clone(), page));
            refusal
        }
    };
    Ok(Read { status: status(refusal.as_ref())?, html: None })
}

async fn read_plain(seed: &Seed, plain: &Plain, caller: &Caller, desk: &Backend) -> Result<Read, Refusal> {
    let Backend { collecting, receipts, concerns, listening } = desk;
    match plain {
        Plain::SignIn | Plain::Unknown => Ok(Read { status: 404, html: Some(render(seed, not_a_page)) }),
        Plain::Help => Ok(Read { status: 200, html: Some(render(seed, help_screen)) }),
        Plain::Refresh => shown(seed, collecting.desk(caller).await, refresh_screen),
        Plain::Cut { token } => shown(seed, collecting.desk(caller).await, |locale, desk| cut_screen(locale, desk, token)),
        Plain::Choose { words } => shown(seed, collecting.codes(caller).await, |locale, codes| choose_screen(locale, codes, words)),
        Plain::One(payment) => shown(seed, receipts.one(caller, *payment).await, |locale, detail| detail_screen(locale, *payment, detail)),
        Plain::Concerns(query) => {
            shown(seed, concerns.concerns(caller, *query).await, |locale, page| concerns_screen(locale, *query, page))
        }
        Plain::Messages(answered) => shown(seed, listening.messages(caller).await, |locale, page| messages_screen(locale, *answered, page)),
        Plain::Payment(payment, asked_at) => {
            shown(seed, concerns.payment(caller, *payment).await, |locale, detail| payment_screen(locale, *payment, *asked_at, detail))
        }
    }
}

/// A plain screen with what was read for it.
fn shown<T, V: IntoView>(
    seed: &Seed,
    read: Result<T, Refusal>,
    screen: impl FnOnce(Locale, Result<T, Refusal>) -> V,
) -> Result<Read, Refusal> {
    let status = status(read.as_ref().err())?;
    Ok(Read { status, html: Some(render(seed, |locale| screen(locale, read))) })
}

fn status(refusal: Option<&Refusal>) -> Result<u16, Refusal> {
    match refusal {
        Some(Refusal::SignIn) => Err(Refusal::SignIn),
        refusal => Ok(refusal.map_or(200, Refusal::status)),
    }
}

fn sign_in(seed: &Seed, sign_in: &SignIn) -> Read {
    let status = match sign_in.why {
        Some(SignInWhy::Later { .. }) => 429,
        Some(why) if why.is_fault() => 422,
        _ => 200,
    };
    Read { status, html: Some(render(seed, |locale| sign_in_screen(locale, seed.prefs.mode, sign_in.clone()))) }
}

/// The title of [`not_a_page`].
pub fn not_a_page_title(locale: Locale) -> &'static str {
    td_string!(locale, manager.not_a_page)
}

/// What stands at an address that leads nowhere, and at one that leads to what is not the caller's.
pub fn not_a_page(locale: Locale) -> AnyView {
    view! {
        <Bar title=td_string!(locale, manager.not_a_page)/>
        <main id="main" tabindex="-1">
            <Empty title=td_string!(locale, manager.not_a_page)>
                <a class="button" href="/m">{td_string!(locale, manager.to_code)}</a>
            </Empty>
        </main>
    }
    .into_any()
}

fn document(visit: &Visit, bundle: &Bundle, title: &str, seed: Seed, html: Option<PlainHtml>) -> String {
    let Prefs { locale, theme, mode } = visit.prefs;
    let (lang, theme_word, mode_word) = (visit.prefs.html_lang(), theme.word(), mode.word());
    let title = format!("{} · {}", escaped(title), td_string!(locale, common.app_name));
    let seed_json = seed.to_json();
    let body = body(path_and_query(visit), seed, html);
    let css: String = bundle.css.iter().map(|css| format!("<link rel=\"stylesheet\" href=\"{}\">", escaped(css))).collect();
    let [js, wasm, nonce] = [&bundle.js, &bundle.wasm, &visit.nonce].map(|text| escaped(text));
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
         <link rel=\"manifest\" href=\"/m/manifest.webmanifest\"><link rel=\"apple-touch-icon\" href=\"/pkg/mobile/app/touch-180.png\">\
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
fn body(url: String, seed: Seed, html: Option<PlainHtml>) -> String {
    let owner = Owner::new_root(None);
    let body = owner.with(|| {
        provide_context(RequestUrl::new(&url));
        if let Some(html) = html {
            provide_context(html);
        }
        view! { <MobileApp seed/> }.to_html()
    });
    owner.unset_with_forced_cleanup();
    body
}

fn title(locale: Locale, screen: &Screen) -> &'static str {
    match screen {
        Screen::Living(Living::Code) => td_string!(locale, manager.desk_title),
        Screen::Living(Living::List(_)) => td_string!(locale, receipts.title),
        Screen::Living(Living::Settings) => td_string!(locale, manager.settings_title),
        Screen::Plain(Plain::SignIn) => td_string!(locale, manager.sign_in_title),
        Screen::Plain(Plain::Messages(_)) => td_string!(locale, messages.title),
        Screen::Plain(Plain::Help) => td_string!(locale, help.title),
        Screen::Plain(Plain::Refresh) => td_string!(locale, manager.refresh_title),
        Screen::Plain(Plain::Cut { .. }) => td_string!(locale, manager.cut_title),
        Screen::Plain(Plain::Choose { .. }) => td_string!(locale, manager.switch_title),
        Screen::Plain(Plain::One(_)) => td_string!(locale, receipts.detail_title),
        Screen::Plain(Plain::Concerns(_)) => td_string!(locale, concerns.title),
        Screen::Plain(Plain::Payment(..)) => td_string!(locale, concerns.payment_title),
        Screen::Plain(Plain::Unknown) => td_string!(locale, manager.not_a_page),
    }
}

fn path_and_query(visit: &Visit) -> String {
    if visit.query.is_empty() { visit.path.clone() } else { format!("{}?{}", visit.path, visit.query) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_names_its_screen() {
        let id = "0199a0b1c2d3e4f50617283940516273";
        let payment: PaymentId = id.parse().unwrap();
        let (receipt, of_payment) = (format!("/m/receipts/{id}"), format!("/m/payments/{id}"));
        let table = [
            ("/m", "", Screen::Living(Living::Code)),
            ("/m/", "", Screen::Living(Living::Code)),
            ("/m/sign-in", "next=%2Fm", Screen::Plain(Plain::SignIn)),
            ("/m/receipts", "", Screen::Living(Living::List(ReceiptQuery::default()))),
            ("/m/receipts", "before=nonsense", Screen::Living(Living::List(ReceiptQuery::default()))),
            ("/m/settings", "", Screen::Living(Living::Settings)),
            ("/m/help", "", Screen::Plain(Plain::Help)),
            ("/m/concerns", "", Screen::Plain(Plain::Concerns(ConcernQuery::default()))),
            ("/m/concerns", "before=nonsense", Screen::Plain(Plain::Concerns(ConcernQuery::default()))),
            ("/m/payments/nonsense", "", Screen::Plain(Plain::Unknown)),
            ("/m/refresh", "", Screen::Plain(Plain::Refresh)),
            ("/m/cut", "token=x", Screen::Plain(Plain::Cut { token: "x".to_owned() })),
            ("/m/codes", "q=%E6%98%A5%E6%B8%B8", Screen::Plain(Plain::Choose { words: "春游".to_owned() })),
            ("/m/receipts/nonsense", "", Screen::Plain(Plain::Unknown)),
            (&receipt, "", Screen::Plain(Plain::One(payment))),
            (&of_payment, "", Screen::Plain(Plain::Payment(payment, None))),
            (&of_payment, "asked=7", Screen::Plain(Plain::Payment(payment, Some(Millis::of(7))))),
            (&of_payment, "asked=never", Screen::Plain(Plain::Payment(payment, None))),
            ("/m/elsewhere", "", Screen::Plain(Plain::Unknown)),
        ];
        for (path, query, expected) in table {
            assert_eq!(crate::mobile::plain::is_living(path), matches!(expected, Screen::Living(_)), "{path}");
            assert_eq!(Screen::of(path, query), expected, "{path}?{query}");
        }
        let Screen::Living(Living::List(query)) = Screen::of("/m/receipts", &format!("lang=en&before=7-{id}")) else { panic!("no list") };
        assert_eq!(query.before.map(|cursor| cursor.to_string()), Some(format!("7-{id}")));
    }
}

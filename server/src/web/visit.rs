//! Who asks and how they like their pages: read once from a request, spent once on its answer.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use app::Locale;
use app::pay::{NoticeKind, Shell, Shop, Theme, notice_page};
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::Millis;

use super::cookies;
use super::headers::Policy;
use crate::fresh;
use crate::pay::hex;
use crate::site::Site;
use crate::store::StoreError;

/// How long a browser is remembered as a payer.
const PAYER_S: i64 = 30 * 86_400;

/// A visitor's request, as far as every page needs it.
pub struct Visit {
    /// The site.
    pub site: Site,
    /// The language: `?lang=`, then the cookie, then what the browser prefers.
    pub locale: Locale,
    /// Light or dark.
    pub theme: Theme,
    /// Bigger text and targets.
    pub is_care: bool,
    /// This answer's nonce.
    pub nonce: String,
    /// Where the request comes from.
    pub address: IpAddr,
    /// Whether the browser is WeChat's.
    pub is_wechat: bool,
    /// The browser's random name, if it keeps our cookies.
    pub browser: Option<String>,
    /// Who pays, if this browser paid before.
    pub payer: Option<String>,
    /// Cookies to set with the answer.
    pub cookies: Vec<HeaderValue>,
    /// When the request came.
    pub now: Millis,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Visit, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |info| info.0);
        Ok(Visit::read(site, &parts.uri, &parts.headers, peer))
    }
}

impl Visit {
    fn read(site: &Site, uri: &Uri, headers: &HeaderMap, peer: SocketAddr) -> Visit {
        let now = (site.clock)();
        let asked = |name: &str| query_value(uri, name);
        let mut cookies_to_set = vec![];
        for (name, allowed) in [("lang", &["zh", "en"][..]), ("theme", &["auto", "light", "dark"]), ("mode", &["standard", "care"])] {
            if let Some(value) = asked(name).filter(|value| allowed.contains(&value.as_str())) {
                cookies_to_set.extend(cookies::preference(name, &value, site.is_https()));
            }
        }
        let liked = |name: &str| asked(name).or_else(|| cookies::get(headers, name).map(str::to_owned));
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let payer = cookies::get(headers, cookies::PAYER).and_then(|sealed| site.seal.open("payer", sealed, now));
        Visit {
            locale: locale(liked("lang").as_deref(), headers),
            theme: match liked("theme").as_deref() {
                Some("light") => Theme::Light,
                Some("dark") => Theme::Dark,
                _ => Theme::default(),
            },
            is_care: liked("mode").as_deref() == Some("care"),
            nonce: STANDARD_NO_PAD.encode(fresh::bytes::<12>()),
            address: site.gate.address(peer, headers),
            is_wechat: agent.contains("MicroMessenger"),
            browser: cookies::get(headers, cookies::BROWSER).map(str::to_owned),
            payer: payer.and_then(|payer| payer.strip_prefix(&format!("{}\n", site.oauth.appid())).map(str::to_owned)),
            cookies: cookies_to_set,
            now,
            site: site.clone(),
        }
    }

    /// The frame that this visitor's payer pages have.
    pub fn shell(&self) -> Shell<'_> {
        Shell {
            locale: self.locale,
            nonce: &self.nonce,
            assets: &self.site.assets,
            is_demo: self.site.demo.is_some(),
            theme: self.theme,
            is_care: self.is_care,
        }
    }

    /// The browser's random name; one is given when it has none.
    pub fn browser(&mut self) -> String {
        if let Some(browser) = &self.browser {
            return browser.clone();
        }
        let browser = fresh::token();
        self.cookies.extend(cookies::set(cookies::BROWSER, &browser, 86_400));
        self.browser = Some(browser.clone());
        browser
    }

    /// Remembers who pays from this browser.
    pub fn remember_payer(&mut self, openid: &str) {
        let until = self.now.plus_ms(PAYER_S * 1000);
        let sealed = self.site.seal.seal("payer", &format!("{}\n{openid}", self.site.oauth.appid()), until);
        self.cookies.extend(cookies::set(cookies::PAYER, &sealed, PAYER_S));
        self.payer = Some(openid.to_owned());
    }

    /// A payer's page.
    pub fn page(self, status: StatusCode, html: String) -> Response {
        let form_origins = [self.site.oauth.authorize_origin()];
        let demo_origin = self.site.demo.as_ref().map(|demo| demo.simulator_url.as_str());
        let policy = Policy { nonce: &self.nonce, form_origins: &form_origins, demo_origin }.payer();
        let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html).into_response();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        self.with_cookies(response)
    }

    /// On to another address, after a POST or a trip through WeChat.
    pub fn redirect(self, to: &str) -> Response {
        let response = Redirect::to(to).into_response();
        self.with_cookies(response)
    }

    /// A page with one sentence.
    pub fn notice(self, status: StatusCode, kind: &NoticeKind, shop: Option<&Shop>, url: Option<&str>) -> Response {
        let html = notice_page(self.shell(), kind, shop, url);
        let mut response = self.page(status, html);
        if let NoticeKind::TooMany { after_s } = kind {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*after_s));
        }
        if *kind == NoticeKind::Busy {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(2));
        }
        response
    }

    /// What a store that did not answer looks like to a person; the log gets the reason.
    pub fn store_trouble(self, error: &StoreError, url: Option<&str>) -> Response {
        if matches!(error, StoreError::Busy) {
            return self.notice(StatusCode::SERVICE_UNAVAILABLE, &NoticeKind::Busy, None, url);
        }
        let trace = hex(&fresh::bytes::<4>());
        tracing::error!(%error, trace, "the store failed");
        self.notice(StatusCode::INTERNAL_SERVER_ERROR, &NoticeKind::Broken { trace }, None, url)
    }

    fn with_cookies(&self, mut response: Response<Body>) -> Response {
        for cookie in &self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        response
    }
}

/// One value of a query, percent-decoded as far as letters and digits go: all that we ask for are words.
pub fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).next()
}

/// The language for a wish from the query or cookie, or what the browser prefers; Chinese when it prefers neither.
pub fn locale(wish: Option<&str>, headers: &HeaderMap) -> Locale {
    match wish {
        Some("en") => return Locale::en,
        Some("zh") => return Locale::zh,
        _ => {}
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok()).unwrap_or_default();
    let mut best = (Locale::zh, 0);
    for part in accepted.split(',') {
        let (tag, rest) = part.trim().split_once(';').unwrap_or((part.trim(), ""));
        let weight = rest.trim().strip_prefix("q=").map_or(1000, per_mille);
        let language = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let locale = match language.as_str() {
            "zh" => Locale::zh,
            "en" => Locale::en,
            _ => continue,
        };
        if weight > best.1 {
            best = (locale, weight);
        }
    }
    best.0
}

/// `0.8` is 800; anything unreadable is nothing.
fn per_mille(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{part:0<3}");
    match (whole.parse::<u32>(), digits.get(..3).and_then(|digits| digits.parse::<u32>().ok())) {
        (Ok(whole), Some(part)) => whole * 1000 + part,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_wins_over_what_the_browser_prefers() {
        let table = [
            (None, "", Locale::zh),
            (None, "en-US,en;q=0.9", Locale::en),
            (None, "fr, en;q=0.5, zh;q=0.4", Locale::en),
            (None, "zh-CN, en;q=0.9", Locale::zh),
            (None, "fr", Locale::zh),
            (Some("zh"), "en", Locale::zh),
            (Some("en"), "zh", Locale::en),
            (Some("xx"), "en", Locale::en),
        ];
        for (wish, accepted, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(locale(wish, &headers), expected, "{wish:?} {accepted}");
        }
    }
}

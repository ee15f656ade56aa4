//! Who asks and how they like their pages: read once from a request, spent once on its answer.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use app::pay::{NoticeKind, Shell, Shop, Theme, notice_page, unsaved_page};
use app::ui::prefs::{self, Mode, Prefs};
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::Millis;

use super::cookies;
use super::headers::Policy;
use super::kept::Sent;
use crate::fresh;
use crate::hex::hex;
use crate::site::Site;
use crate::store::StoreError;

/// How long a browser is remembered as a payer.
const PAYER_S: i64 = 30 * 86_400;

/// A visitor's request, as far as every page needs it.
pub struct Visit {
    /// The site.
    pub site: Site,
    /// Language and appearance: `?lang=`, then the cookies, then what the browser prefers.
    pub prefs: Prefs,
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
    /// Where WeChat's script comes from, if the answer uses it.
    pub script_origin: Option<String>,
    /// Cookies to set with the answer.
    pub cookies: Vec<HeaderValue>,
    /// When the request came.
    pub now: Millis,
    /// The form that was sent, where it may be sent again.
    pub sent: Option<Sent>,
    /// Whether diagnosis asks, with the mark that lets it show the page in a frame.
    pub is_probe: bool,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Visit, Infallible> {
        let visit = Visit::read(site, &parts.uri, &parts.headers, peer(&parts.extensions));
        Ok(Visit { sent: parts.extensions.get::<Sent>().cloned(), ..visit })
    }
}

impl Visit {
    /// Reads a request from its parts. A layer that seldom has something to say does this only when it has.
    pub fn read(site: &Site, uri: &Uri, headers: &HeaderMap, peer: SocketAddr) -> Visit {
        let now = (site.clock)();
        let mut prefs = prefs_of(uri, headers);
        let mut cookies_to_set = vec![];
        for (name, allowed) in [("lang", &["zh", "en"][..]), ("theme", &["auto", "light", "dark"]), ("mode", &["standard", "care"])] {
            let Some(value) = query_value(uri, name).filter(|value| allowed.contains(&value.as_str())) else { continue };
            match (name, value.as_str()) {
                ("theme", "light") => prefs.theme = prefs::Theme::Light,
                ("theme", "dark") => prefs.theme = prefs::Theme::Dark,
                ("theme", _) => prefs.theme = prefs::Theme::Auto,
                ("mode", "care") => prefs.mode = Mode::Care,
                ("mode", _) => prefs.mode = Mode::Normal,
                _ => {}
            }
            cookies_to_set.extend(cookies::preference(name, &value, site.is_https()));
        }
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let payer = cookies::get(headers, cookies::PAYER).and_then(|sealed| site.seal.open("payer", sealed, now));
        Visit {
            prefs,
            nonce: STANDARD_NO_PAD.encode(fresh::bytes::<12>()),
            address: site.gate.address(peer, headers),
            is_wechat: agent.contains("MicroMessenger"),
            browser: cookies::get(headers, cookies::BROWSER).map(str::to_owned),
            payer: payer.and_then(|payer| payer.strip_prefix(&format!("{}\n", site.oauth.appid())).map(str::to_owned)),

            script_origin: None,
            cookies: cookies_to_set,
            now,
            sent: None,
            is_probe: false,
            site: site.clone(),
        }
    }

    /// The frame that this visitor's payer pages have.
    pub fn shell(&self) -> Shell<'_> {
        Shell {
            locale: self.prefs.locale,
            nonce: &self.nonce,
            assets: &self.site.assets,
            is_demo: self.site.demo.is_some(),
            theme: match self.prefs.theme {
                prefs::Theme::Auto => Theme::default(),
                prefs::Theme::Light => Theme::Light,
                prefs::Theme::Dark => Theme::Dark,
            },
            is_care: self.prefs.mode == Mode::Care,
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
        let script_origin = self.script_origin.as_deref();
        let policy = Policy { nonce: &self.nonce, form_origins: &form_origins, demo_origin };
        let policy = if self.is_probe { policy.probed(script_origin) } else { policy.payer(script_origin) };
        let mut response =
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html).into_response();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        self.with_cookies(response)
    }

    /// A page of the app, under the app's own policy.
    pub fn app_page(self, status: StatusCode, html: String, policy: &str) -> Response {
        let mut response =
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html).into_response();
        if let Ok(policy) = HeaderValue::from_str(policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        self.with_cookies(response)
    }

    /// A screen of the manager's app that the server renders alone.
    pub fn screen(self, status: StatusCode, html: String) -> Response {
        let policy = Policy { nonce: &self.nonce, form_origins: &[], demo_origin: None }.app();
        self.app_page(status, html, &policy)
    }

    /// The same for a page with WeChat's script, which may ask where it came from.
    pub fn screen_with_script(self, script_url: &str, html: String) -> Response {
        let origin = origin_of(script_url);
        let policy = Policy { nonce: &self.nonce, form_origins: &[], demo_origin: Some(&origin) }.app();
        self.app_page(StatusCode::OK, html, &policy)
    }

    /// There is no such thing for whoever asks; `url` leads on.
    pub fn not_found(self, url: &str) -> Response {
        self.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, Some(url))
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
        match kind {
            NoticeKind::Busy | NoticeKind::ChannelBusy | NoticeKind::SendAgain | NoticeKind::LookFirst => again_soon(response),
            _ => response,
        }
    }

    /// What a store that did not answer looks like to a person; the log gets the reason.
    pub fn store_trouble(self, error: &StoreError, url: Option<&str>) -> Response {
        if matches!(error, StoreError::Busy) {
            if let Some((to, pairs)) = self.sent.as_ref().and_then(|sent| Some((&sent.to, sent.pairs()?))) {
                let html = unsaved_page(self.shell(), to, &pairs);
                return again_soon(self.page(StatusCode::SERVICE_UNAVAILABLE, html));
            }
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

/// An answer to what could not be taken now and may be sent again in a moment.
pub fn again_soon(mut response: Response) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(2));
    response
}

/// The other end of the connection.
pub fn peer(extensions: &Extensions) -> SocketAddr {
    extensions.get::<ConnectInfo<SocketAddr>>().map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |info| info.0)
}

/// Scheme, host and port of an address.
pub fn origin_of(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// Language and appearance as the request asks for them.
pub(super) fn prefs_of(uri: &Uri, headers: &HeaderMap) -> Prefs {
    let header_text = |name: header::HeaderName| {
        let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
        lines.join("; ")
    };
    Prefs::read(uri.query().unwrap_or_default(), &header_text(header::COOKIE), &header_text(header::ACCEPT_LANGUAGE))
}

/// One value of a query as it stands there: most that we ask for are words of letters and digits, and whoever asks for more decodes it.
pub fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).next()
}

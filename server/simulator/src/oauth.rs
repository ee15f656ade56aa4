//! WeChat's sign-in for pages and the account's own token: who the payer is (protocol document, 2.10).

use std::collections::HashMap;

use axum::extract::{Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gate::{query_value, text_header};
use crate::sign::random_text;
use crate::world::{Shared, World, lock};

/// A code can be changed for an openid during five minutes, once.
const CODE_LIFE_MS: i64 = 5 * 60_000;
/// Access tokens of both kinds.
const TOKEN_LIFE_S: i64 = 7200;
/// The cookie that makes a browser the same payer again.
const COOKIE: &str = "sim_openid";
const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];

/// Codes, tokens and what the account allows.
#[derive(Default)]
pub(crate) struct Identities {
    codes: HashMap<String, Grant>,
    /// Tokens of the account with the second of their end.
    tokens: HashMap<String, i64>,
    /// What the stable door gave last, and the ticket for pages, each with the second of its end.
    stable: Option<(String, i64)>,
    ticket: Option<(String, i64)>,
    /// Hosts to which codes may be sent; empty: any.
    pub redirect_domains: Vec<String>,
}

struct Grant {
    openid: String,
    scope: String,
    snapshot: bool,
    given_ms: i64,
    used: bool,
}

impl Identities {
    fn give_code(&mut self, openid: &str, scope: &str, snapshot: bool, now_ms: i64) -> String {
        if self.codes.len() > 10_000 {
            self.codes.retain(|_, grant| grant.given_ms + CODE_LIFE_MS > now_ms);
        }
        let code = format!("0{}", random_text(31));
        self.codes.insert(code.clone(), Grant { openid: openid.into(), scope: scope.into(), snapshot, given_ms: now_ms, used: false });
        code
    }

    /// Changes a code for its owner; refuses with WeChat's errcode.
    fn spend_code(&mut self, code: &str, now_ms: i64) -> Result<&Grant, i64> {
        let grant = self.codes.get_mut(code).ok_or(40_029)?;
        if grant.used {
            return Err(40_163);
        }
        if grant.given_ms + CODE_LIFE_MS <= now_ms {
            return Err(40_029);
        }
        grant.used = true;
        Ok(grant)
    }

    fn give_token(&mut self, now_ms: i64) -> String {
        // The token before stays good for five more minutes.
        let overlap_s = now_ms / 1000 + 300;
        self.tokens.retain(|_, until_s| *until_s > now_ms / 1000);
        self.tokens.values_mut().for_each(|until_s| *until_s = (*until_s).min(overlap_s));
        let token = format!("51_{}", random_text(64));
        self.tokens.insert(token.clone(), now_ms / 1000 + TOKEN_LIFE_S);
        token
    }

    /// The same token for all who ask, until shortly before its end or until somebody insists.
    fn give_stable_token(&mut self, is_forced: bool, now_ms: i64) -> (String, i64) {
        let now_s = now_ms / 1000;
        if let Some((token, until_s)) =
            self.stable.clone().filter(|(token, until_s)| !is_forced && *until_s > now_s + 300 && self.tokens.contains_key(token))
        {
            return (token, until_s - now_s);
        }
        let token = self.give_token(now_ms);
        self.stable = Some((token.clone(), now_s + TOKEN_LIFE_S));
        (token, TOKEN_LIFE_S)
    }

    /// The ticket by which pages may use WeChat's script.
    pub fn give_ticket(&mut self, now_ms: i64) -> (String, i64) {
        let now_s = now_ms / 1000;
        let (ticket, until_s) = match self.ticket.take() {
            Some((ticket, until_s)) if until_s > now_s => (ticket, until_s),
            _ => (random_text(86), now_s + TOKEN_LIFE_S),
        };
        self.ticket = Some((ticket.clone(), until_s));
        (ticket, until_s - now_s)
    }

    /// The ticket that was given last, while it is good.
    pub fn known_ticket(&self, now_ms: i64) -> Option<String> {
        self.ticket.as_ref().filter(|(_, until_s)| *until_s > now_ms / 1000).map(|(ticket, _)| ticket.clone())
    }

    /// Whether a token of the account is still good.
    pub fn knows_token(&self, token: &str, now_ms: i64) -> bool {
        self.tokens.get(token).is_some_and(|until_s| *until_s > now_ms / 1000)
    }
}

/// `GET /connect/oauth2/authorize`: sends the browser back at once with a code.
pub(crate) async fn authorize(
    State(world): State<Shared>,
    RawQuery(raw): RawQuery,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let raw = raw.unwrap_or_default();
    if let Some(fault) = world.faults.strike("oauth-authorize", &[&raw]) {
        match fault.fault.as_str() {
            "slow" => pause(fault.ms).await,
            code => return refused(code, "made to fail by a fault"),
        }
    }
    let asked = match read_authorize(&world, &raw, &query) {
        Ok(asked) => asked,
        Err((code, reason)) => return refused(code, &reason),
    };
    let known = cookie(&headers, COOKIE);
    let openid = query_value(&query, "openid").filter(|openid| is_openid(openid)).or_else(|| known.clone()).unwrap_or_else(new_openid);
    let snapshot = openid.starts_with("snapshot");
    let code = lock(&world.identities).give_code(&openid, &asked.scope, snapshot, world.now_ms());
    let mut target = asked.redirect;
    target.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked.state);
    let mut answer = (StatusCode::FOUND, [(header::LOCATION, target.to_string())]).into_response();
    if known.is_none() && query_value(&query, "openid").is_none() {
        remember(&mut answer, &openid);
    }
    answer
}

/// `GET /sns/oauth2/access_token`: changes the code for the openid.
pub(crate) async fn access_token(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let code = query_value(&query, "code").unwrap_or_default();
    let fault = world.faults.strike("oauth-token", &[&code]);
    let what = fault.as_ref().map(|fault| fault.fault.as_str()).unwrap_or_default();
    match what {
        "" | "snapshot" => {}
        "slow" => pause(fault.as_ref().and_then(|fault| fault.ms)).await,
        "500" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        errcode => return failed(errcode.parse().unwrap_or(-1)),
    }
    if let Err(errcode) = check_account(&world, &query, "secret", ("authorization_code", "grant_type")) {
        return failed(errcode);
    }
    let mut identities = lock(&world.identities);
    match identities.spend_code(&code, world.now_ms()) {
        Err(errcode) => failed(errcode),
        Ok(grant) => {
            let mut answer = json!({
                "access_token": format!("61_{}", random_text(80)),
                "expires_in": TOKEN_LIFE_S,
                "refresh_token": format!("61_{}", random_text(80)),
                "openid": grant.openid,
                "scope": grant.scope,
            });
            if grant.snapshot || what == "snapshot" {
                answer["is_snapshotuser"] = json!(1);
            }
            plain(&answer)
        }
    }
}

/// `GET /cgi-bin/token`: the account's own token, for messages.
pub(crate) async fn account_token(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>) -> Response {
    match world.faults.strike("token", &[]).map(|fault| fault.fault).as_deref() {
        None => {}
        Some("500") => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(errcode) => return failed(errcode.parse().unwrap_or(-1)),
    }
    if let Err(errcode) = check_account(&world, &query, "secret", ("client_credential", "grant_type")) {
        return failed(errcode);
    }
    let token = lock(&world.identities).give_token(world.now_ms());
    plain(&json!({ "access_token": token, "expires_in": TOKEN_LIFE_S }))
}

/// What the stable door is asked.
#[derive(Deserialize)]
pub(crate) struct StableAsk {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

/// `POST /cgi-bin/stable_token`: the same, without making the token before useless.
pub(crate) async fn stable_token(State(world): State<Shared>, body: Bytes) -> Response {
    match world.faults.strike("token", &[]).map(|fault| fault.fault).as_deref() {
        None => {}
        Some("500") => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(errcode) => return failed(errcode.parse().unwrap_or(-1)),
    }
    let Ok(ask) = serde_json::from_slice::<StableAsk>(&body) else { return failed(47_001) };
    let given = [("appid", ask.appid), ("secret", ask.secret), ("grant_type", ask.grant_type)];
    let given = given.map(|(name, value)| (name.to_owned(), value));
    if let Err(errcode) = check_account(&world, &given, "secret", ("client_credential", "grant_type")) {
        return failed(errcode);
    }
    let (token, expires_in) = lock(&world.identities).give_stable_token(ask.force_refresh, world.now_ms());
    plain(&json!({ "access_token": token, "expires_in": expires_in }))
}

/// `GET /cgi-bin/ticket/getticket?type=jsapi`: by which pages may use WeChat's script.
pub(crate) async fn ticket(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let now_ms = world.now_ms();
    let mut identities = lock(&world.identities);
    if !identities.knows_token(&query_value(&query, "access_token").unwrap_or_default(), now_ms) {
        return failed(40_001);
    }
    if query_value(&query, "type").as_deref() != Some("jsapi") {
        return failed(40_097);
    }
    let (ticket, expires_in) = identities.give_ticket(now_ms);
    plain(&json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": expires_in }))
}

/// `GET /_sim/payer?openid=..`: this browser is that payer from now on; without a parameter it tells who it is.
pub(crate) async fn become_payer(Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    match query_value(&query, "openid") {
        Some(openid) if is_openid(&openid) => {
            let mut answer = axum::Json(json!({ "openid": openid })).into_response();
            remember(&mut answer, &openid);
            answer
        }
        Some(_) => (StatusCode::BAD_REQUEST, "an openid has 1 to 128 letters, digits, _ and -\n").into_response(),
        None => axum::Json(json!({ "openid": cookie(&headers, COOKIE) })).into_response(),
    }
}

/// The payer that this browser is, and the cookie to set when it was nobody yet.
pub(crate) fn payer(headers: &HeaderMap) -> (String, Option<String>) {
    match cookie(headers, COOKIE) {
        Some(openid) => (openid, None),
        None => {
            let openid = new_openid();
            (openid.clone(), Some(cookie_text(&openid)))
        }
    }
}

/// WeChat's errcode and errmsg, with status 200 as always.
pub(crate) fn failed(errcode: i64) -> Response {
    let errmsg = match errcode {
        -1 => "system error",
        40_001 => "invalid credential, access_token is invalid or not latest",
        40_002 => "invalid grant_type",
        40_003 => "invalid openid",
        40_013 => "invalid appid",
        40_029 => "invalid code",
        40_037 => "invalid template_id",
        40_125 => "invalid appsecret",
        40_163 => "code been used",
        40_241 => "same content within 60 seconds",
        43_004 => "require subscribe",
        43_101 => "user refuse to accept the msg",
        43_117 => "too frequent",
        45_009 => "reach max api daily quota limit",
        40_097 => "invalid args",
        47_001 => "data format error",
        47_003 => "argument invalid! data",
        _ => "error",
    };
    plain(&json!({ "errcode": errcode, "errmsg": format!("{errmsg}, rid: {}", random_text(20).to_lowercase()) }))
}

/// These doors answer JSON under the name of plain text, as WeChat's do.
pub(crate) fn plain(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], value.to_string()).into_response()
}

/// Waits in real time, as a slow door does.
pub(crate) async fn pause(ms: Option<i64>) {
    tokio::time::sleep(std::time::Duration::from_millis(u64::try_from(ms.unwrap_or(35_000)).unwrap_or(0))).await;
}

struct Asked {
    redirect: reqwest::Url,
    scope: String,
    state: String,
}

fn read_authorize(world: &World, raw: &str, query: &[(String, String)]) -> Result<Asked, (&'static str, String)> {
    let given = |name| query_value(query, name).filter(|value| !value.is_empty());
    if given("appid").ok_or(("10012", "appid is missing".to_owned()))? != world.ring().merchant.appid {
        return Err(("10003", "appid is not the merchant's".into()));
    }
    let redirect = given("redirect_uri").ok_or(("10011", "redirect_uri is missing".to_owned()))?;
    let scope = given("scope").ok_or(("10010", "scope is missing".to_owned()))?;
    let names: Vec<_> = raw.split('&').map(|pair| pair.split('=').next().unwrap_or_default()).filter(|name| ORDER.contains(name)).collect();
    if query_value(query, "state").is_none() {
        return Err(("10013", "state is missing".into()));
    }
    if names != ORDER {
        return Err(("10016", format!("parameters must come once each and in this order: {}", ORDER.join(", "))));
    }
    if query_value(query, "response_type").as_deref() != Some("code") {
        return Err(("10016", "response_type must be code".into()));
    }
    if !matches!(scope.as_str(), "snsapi_base" | "snsapi_userinfo") {
        return Err(("10005", "scope must be snsapi_base or snsapi_userinfo".into()));
    }
    let state = query_value(query, "state").unwrap_or_default();
    if state.len() > 128 || !state.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(("10016", "state may have up to 128 letters and digits".into()));
    }
    let redirect = reqwest::Url::parse(&redirect).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let redirect = redirect.ok_or(("10003", "redirect_uri is not an http(s) address".to_owned()))?;
    let domains = lock(&world.identities).redirect_domains.clone();
    let host = redirect.host_str().unwrap_or_default();
    if !domains.is_empty() && !domains.iter().any(|domain| domain == host) {
        return Err(("10003", format!("redirect_uri's host {host} is not in the account's list")));
    }
    Ok(Asked { redirect, scope, state })
}

fn check_account(world: &World, query: &[(String, String)], secret: &str, grant: (&str, &str)) -> Result<(), i64> {
    let ring = world.ring();
    if query_value(query, "appid").as_deref() != Some(ring.merchant.appid.as_str()) {
        return Err(40_013);
    }
    if query_value(query, secret).as_deref() != Some(ring.merchant.app_secret.as_str()) {
        return Err(40_125);
    }
    if query_value(query, grant.1).as_deref() != Some(grant.0) {
        return Err(40_002);
    }
    Ok(())
}

/// What a phone shows when the account is configured wrongly.
fn refused(code: &str, reason: &str) -> Response {
    let reason = crate::cashier::escape(reason);
    let page = format!(
        "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Simulator: {code}</title>\
         <h1>{code}</h1><p>{reason}</p><p>模拟器 · simulator</p>"
    );
    (StatusCode::OK, Html(page)).into_response()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = text_header(headers, "cookie")?;
    all.split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && is_openid(value))
        .map(|(_, value)| value.to_owned())
}

fn remember(answer: &mut Response, openid: &str) {
    if let Ok(value) = cookie_text(openid).parse() {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn cookie_text(openid: &str) -> String {
    format!("{COOKIE}={openid}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
}

pub(crate) fn is_openid(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// 28 characters, like WeChat's.
fn new_openid() -> String {
    format!("oSim{}", random_text(24))
}

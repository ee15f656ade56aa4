//! The gate of APIv3: checks every request as WeChat Pay does, signs every answer, and lets faults in (protocol document, 2.1 and 2.2).

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::keys::KeyMode;
use crate::refusal::{Number, Refusal, number};
use crate::sign::{CLOCK_SKEW_S, KeyError, SCHEME, answer_message, random_text, request_message};
use crate::world::{Shared, World, lock};

/// Bodies beyond this are refused; real ones have a few kilobytes.
const BODY_LIMIT: usize = 1 << 20;

/// Wraps every `/v3` door.
pub(crate) async fn gate(State(world): State<Shared>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), |target| target.as_str().to_owned());
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let fault =
        door(&parts.method, parts.uri.path()).and_then(|door| world.faults.strike(door, &[&target, &String::from_utf8_lossy(&body)]));
    let what = fault.as_ref().map(|fault| fault.fault.clone()).unwrap_or_default();
    if let Some(gateway) = before(&what, fault.as_ref()).await {
        return gateway;
    }
    let wanted_serial = text_header(&parts.headers, "wechatpay-serial");
    let checked =
        check_headers(&parts.method, &parts.headers).and_then(|()| authorize(&world, &parts.method, &target, &parts.headers, &body));
    let answer = match (checked, what.as_str()) {
        (Err(refusal), _) => refusal.into_response(),
        (Ok(()), what) if let Some(refusal) = Refusal::by_order(what) => refusal.into_response(),
        (Ok(()), _) => {
            let mut request = Request::from_parts(parts, Body::from(body));
            request.extensions_mut().insert(Strike(fault));
            next.run(request).await
        }
    };
    // The work is done, but the caller cannot know it.
    let answer = if what == "500-after" { Refusal::system().into_response() } else { answer };
    sign_answer(&world, answer, wanted_serial.as_deref(), &what).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The fault of this request, for doors that have their own.
#[derive(Clone)]
pub(crate) struct Strike(pub Option<Fault>);

impl Strike {
    /// Whether this request shall fail in this way.
    pub fn is(&self, what: &str) -> bool {
        self.0.as_ref().is_some_and(|fault| fault.fault == what)
    }
}

/// Marks an answer that WeChat Pay does not sign: the download of a bill.
#[derive(Clone, Copy)]
pub(crate) struct Unsigned;

/// Answers a path that does not exist.
pub(crate) async fn nowhere() -> Refusal {
    Refusal::nothing_there("请求的资源不存在")
}

/// The name of the door in the list of faults.
fn door(method: &Method, path: &str) -> Option<&'static str> {
    let get = method == Method::GET;
    match path {
        "/v3/pay/transactions/jsapi" | "/v3/pay/transactions/native" => Some("prepay"),
        "/v3/certificates" => Some("certificates"),
        "/v3/refund/domestic/refunds" => Some("refund"),
        "/v3/bill/tradebill" | "/v3/bill/fundflowbill" => Some("bill"),
        _ if path.starts_with("/v3/pay/transactions/") && path.ends_with("/close") => Some("close"),
        _ if path.starts_with("/v3/pay/transactions/") && get => Some("query"),
        _ if path.starts_with("/v3/refund/domestic/refunds/") && get => Some("refund-query"),
        _ => None,
    }
}

/// Faults of the road in front of the API: none of these answers is signed.
async fn before(what: &str, fault: Option<&Fault>) -> Option<Response> {
    match what {
        "502" => {
            let page = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>";
            Some((StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response())
        }
        "slow" => {
            let ms = fault.and_then(|fault| fault.ms).unwrap_or(35_000);
            tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
            None
        }
        _ => None,
    }
}

fn check_headers(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let absent = || Refusal::new(StatusCode::BAD_REQUEST, "PARAM_ERROR", "Http头缺少Accept或User-Agent", number::BAD_PARAMETER);
    let accept = text_header(headers, "accept").ok_or_else(absent)?;
    if text_header(headers, "user-agent").is_none_or(|agent| agent.is_empty()) {
        return Err(absent());
    }
    let accepted = ["application/json", "*/*", "application/*"].iter().any(|kind| accept.contains(kind));
    if !accepted {
        return Err(Refusal::located("header", "/Accept", &json!(accept), "须为application/json", number::BAD_PARAMETER));
    }
    let json_body = text_header(headers, "content-type").is_some_and(|kind| kind.trim_start().starts_with("application/json"));
    if method == Method::POST && !json_body {
        let message = "Content-Type须为application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "PARAM_ERROR", message, number::BAD_PARAMETER));
    }
    Ok(())
}

/// The four quoted fields and the signature of an `Authorization` header.
#[derive(Default)]
struct Credentials {
    mchid: String,
    nonce: String,
    timestamp: String,
    serial: String,
    signature: String,
}

fn authorize(world: &World, method: &Method, target: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let Some(authorization) = text_header(headers, "authorization") else {
        return Err(unauthorized("Http头缺少Authorization", "Authorization header missing", None));
    };
    let given = credentials(&authorization)
        .map_err(|issue| unauthorized("Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", issue, None))?;
    let ring = world.ring();
    if given.mchid != ring.merchant.mchid {
        return Err(unauthorized("商户号不存在", "mchid unknown", None));
    }
    if given.serial != ring.merchant.merchant_serial_no {
        return Err(unauthorized("商户证书序列号有误", "serial_no does not belong to the merchant", None));
    }
    let now_s = world.now_ms() / 1000;
    let Ok(timestamp) = given.timestamp.parse::<i64>() else {
        return Err(unauthorized("Http头Authorization中的timestamp格式错误", "timestamp is not a number", None));
    };
    if (now_s - timestamp).abs() > CLOCK_SKEW_S {
        return Err(unauthorized("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", "timestamp too far from now", None));
    }
    let message = request_message(method.as_str(), target, &given.timestamp, &given.nonce, body);
    if !ring.merchant_key.verify(&message, &given.signature) {
        return Err(unauthorized("错误的签名，验签失败", "sign not match", Some((method, target, &message))));
    }
    remember_nonce(world, given.nonce, now_s)
}

/// A signature is good once: a request caught on the way cannot be sent again.
fn remember_nonce(world: &World, nonce: String, now_s: i64) -> Result<(), Refusal> {
    let mut nonces = lock(&world.nonces);
    if nonces.len() > 100_000 {
        nonces.retain(|_, forget_s| *forget_s > now_s);
    }
    match nonces.insert(nonce, now_s + 2 * CLOCK_SKEW_S) {
        Some(forget_s) if forget_s > now_s => Err(unauthorized("Http头Authorization中的nonce_str重复", "nonce_str used before", None)),
        _ => Ok(()),
    }
}

/// Splits the header; values are quoted, the order is free, each field comes once.
fn credentials(authorization: &str) -> Result<Credentials, &'static str> {
    let fields =
        authorization.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(' ')).ok_or("scheme must be WECHATPAY2-SHA256-RSA2048")?;
    let mut given = Credentials::default();
    for field in fields.split(',') {
        let (name, value) = field.trim().split_once('=').ok_or("a field has no value")?;
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).ok_or("values must be quoted")?;
        let place = match name {
            "mchid" => &mut given.mchid,
            "nonce_str" => &mut given.nonce,
            "timestamp" => &mut given.timestamp,
            "serial_no" => &mut given.serial,
            "signature" => &mut given.signature,
            _ => return Err("a field is unknown"),
        };
        if !place.is_empty() {
            return Err("a field is given twice");
        }
        *place = value.to_owned();
    }
    let all = [&given.mchid, &given.nonce, &given.timestamp, &given.serial, &given.signature];
    if all.iter().any(|value| value.is_empty()) {
        return Err("a field is missing");
    }
    Ok(given)
}

/// 401 SIGN_ERROR; with the text that was expected to be signed, as WeChat Pay shows it to those who search their mistake.
fn unauthorized(message: &str, issue: &str, expected: Option<(&Method, &str, &[u8])>) -> Refusal {
    let mut refusal = Refusal::new(StatusCode::UNAUTHORIZED, "SIGN_ERROR", message, number::BAD_SIGNATURE);
    let mut detail =
        json!({ "field": "signature", "location": "authorization", "detail": { "issue": issue }, "issue": issue, "value": "" });
    if let Some((method, target, text)) = expected {
        let shown: String = String::from_utf8_lossy(text).chars().take(120).collect();
        detail["sign_information"] =
            json!({ "method": method.as_str(), "url": target, "truncated_sign_message": shown, "sign_message_length": text.len() });
    }
    refusal.detail = Some(detail);
    refusal
}

/// Signs with the key that the request asked for, as far as the mode has it.
async fn sign_answer(world: &World, answer: Response, wanted_serial: Option<&str>, what: &str) -> Result<Response, KeyError> {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, 64 << 20).await.map_err(|error| KeyError(error.to_string()))?;
    let number = parts.extensions.get::<Number>().map_or(0, |number| number.0);
    insert(&mut parts.headers, "request-id", &format!("08{}{}-{number}", random_text(22).to_uppercase(), world.now_ms() % 1000))?;
    if parts.extensions.get::<Unsigned>().is_none() && what != "unsigned" {
        let age_s = if what == "stale" { 2 * CLOCK_SKEW_S } else { 0 };
        let (timestamp, nonce) = ((world.now_ms() / 1000 - age_s).to_string(), random_text(32));
        let (signature, serial) = signature(world, wanted_serial, &answer_message(&timestamp, &nonce, &body), what)?;
        insert(&mut parts.headers, "wechatpay-timestamp", &timestamp)?;
        insert(&mut parts.headers, "wechatpay-nonce", &nonce)?;
        insert(&mut parts.headers, "wechatpay-signature", &signature)?;
        insert(&mut parts.headers, "wechatpay-serial", &serial)?;
        insert(&mut parts.headers, "wechatpay-signature-type", SCHEME)?;
    }
    let body = match what {
        "truncated" => body.slice(..body.len() / 2),
        "hang-up" => return Ok(hang_up(parts.headers, &body)),
        _ => body,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// An answer whose connection breaks before its announced end.
fn hang_up(mut headers: HeaderMap, body: &Bytes) -> Response {
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len().max(2)));
    // The server notices that fewer bytes came than were announced and resets the connection.
    let pieces = vec![Ok(body.slice(..body.len() / 2)), Err(std::io::Error::other("the line broke"))];
    let mut answer = Response::new(Body::from_stream(futures::stream::iter(pieces)));
    *answer.headers_mut() = headers;
    answer
}

fn signature(world: &World, wanted_serial: Option<&str>, message: &[u8], what: &str) -> Result<(String, String), KeyError> {
    let ring = world.ring();
    let public_key_id = &ring.merchant.wechatpay_public_key_id;
    let certificate = match world.key_mode() {
        KeyMode::PublicKey => None,
        KeyMode::Both if wanted_serial == Some(public_key_id.as_str()) => None,
        KeyMode::Certificate | KeyMode::Both => {
            let wanted = ring.certificates.iter().find(|certificate| Some(certificate.serial.as_str()) == wanted_serial);
            wanted.or(ring.certificates.last())
        }
    };
    let (key, serial) = certificate.map_or((&ring.public_key, public_key_id), |certificate| (&certificate.key, &certificate.serial));
    match what {
        "wrong-signature" => Ok((ring.merchant_key.sign(message)?, serial.clone())),
        "unknown-serial" => Ok((key.sign(message)?, "7A0000000000000000000000000000000000FFFF".into())),
        _ => Ok((key.sign(message)?, serial.clone())),
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), KeyError> {
    let value = HeaderValue::from_str(value).map_err(|error| KeyError(error.to_string()))?;
    headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

/// A header as text, when it is one.
pub(crate) fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// A query parameter of a decoded query.
pub(crate) fn query_value(query: &[(String, String)], name: &str) -> Option<String> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

/// 400 when a query parameter that is demanded is not there or not the merchant's.
pub(crate) fn demand_mchid(world: &World, query: &[(String, String)]) -> Result<(), Refusal> {
    match query_value(query, "mchid") {
        None => Err(Refusal::located("query", "/mchid", &Value::Null, "缺少必填参数", number::BAD_PARAMETER)),
        Some(mchid) if mchid != world.ring().merchant.mchid => {
            Err(Refusal::located("query", "/mchid", &json!(mchid), "与签名的商户号不一致", number::MERCHANT_ORDER_MISMATCH))
        }
        Some(_) => Ok(()),
    }
}

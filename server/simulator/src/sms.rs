//! Tencent Cloud SMS: `SendSms` of 2021-01-11 behind the TC3-HMAC-SHA256 signature, filed in the outbox.
//!
//! Errors of the cloud (signature, action, parameters) stand in `Response.Error`; what is wrong with a message stands in its entry of
//! `SendStatusSet`. Both come with HTTP 200.

use std::time::Duration;

use aws_lc_rs::{digest, hmac};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock::utc_date;
use crate::faults::Fault;
use crate::gate::text_header;
use crate::keys::SmsAccount;
use crate::world::{Shared, World, lock};

const SCHEME: &str = "TC3-HMAC-SHA256";
const SERVICE: &str = "sms";

/// How far the clocks of both sides may differ.
const CLOCK_SKEW_S: i64 = 300;

/// What the console's usual policy lets one number have: within 30 seconds, an hour and a day.
const PACE: [(i64, usize, &str); 3] = [
    (30_000, 1, "LimitExceeded.PhoneNumberThirtySecondLimit"),
    (3_600_000, 5, "LimitExceeded.PhoneNumberOneHourLimit"),
    (86_400_000, 10, "LimitExceeded.PhoneNumberDailyLimit"),
];

/// The words for reminders. The merchant's address is a part of them, because holes take no links.
const REMINDER: &str = "{1}提醒：“{2}”还有{3}元待付，请打开 [site]/p/{4} 付款，不想再收到提醒也可在那里说明。";

/// The fields that a request may have.
const FIELDS: [&str; 8] =
    ["PhoneNumberSet", "SmsSdkAppId", "TemplateId", "SignName", "TemplateParamSet", "ExtendCode", "SessionContext", "SenderId"];

/// An error of the cloud: its code and its sentence.
struct Refused(&'static str, String);

/// `POST /`: what the cloud's address answers.
pub(crate) async fn call(State(world): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let fault = world.faults.strike("sms", &[&String::from_utf8_lossy(&body)]);
    match fault.as_ref().map(|fault| fault.fault.as_str()) {
        Some("500") => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some("slow") => {
            let ms = fault.as_ref().and_then(|fault| fault.ms).unwrap_or(35_000);
            tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
        }
        _ => {}
    }
    let account = world.ring().merchant.sms.clone();
    let done = checked(&account, query.as_deref().unwrap_or_default(), &headers, &body, world.now_ms())
        .and_then(|()| send(&world, &account, &headers, &body, fault.as_ref()));
    let lost = fault.is_some_and(|fault| fault.fault == "500-after");
    match done {
        Ok(_) if lost => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Ok(statuses) => answer(json!({ "SendStatusSet": statuses })),
        Err(Refused(code, message)) => answer(json!({ "Error": { "Code": code, "Message": message } })),
    }
}

fn answer(mut response: Value) -> Response {
    response["RequestId"] = json!(Uuid::new_v4().to_string());
    Json(json!({ "Response": response })).into_response()
}

/// Checks the signature as the cloud does.
fn checked(account: &SmsAccount, query: &str, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<(), Refused> {
    let needed = |name: &'static str| {
        text_header(headers, name).ok_or_else(|| Refused("MissingParameter", format!("the request lacks the header {name}")))
    };
    let timestamp = needed("x-tc-timestamp")?;
    let timestamp_s: i64 =
        timestamp.parse().map_err(|_| Refused("InvalidParameter", "X-TC-Timestamp is not a number of seconds".into()))?;
    let authorization = needed("authorization")?;
    let signed = Signed::read(&authorization)
        .ok_or_else(|| Refused("AuthFailure.InvalidAuthorization", "Authorization does not have the parts of TC3-HMAC-SHA256".into()))?;
    if signed.secret_id != account.secret_id {
        return Err(Refused("AuthFailure.SecretIdNotFound", format!("there is no secret id {}", signed.secret_id)));
    }
    if (now_ms.div_euclid(1000) - timestamp_s).abs() > CLOCK_SKEW_S {
        return Err(Refused("AuthFailure.SignatureExpire", "Timestamp and the time here differ by more than five minutes".into()));
    }
    let failure = |why: String| Refused("AuthFailure.SignatureFailure", why);
    if signed.service != SERVICE || signed.date != utc_date(timestamp_s * 1000) {
        return Err(failure("the credential names another day or service than the request".into()));
    }
    let canonical = signed.canonical(query, headers, body).map_err(failure)?;
    let to_sign = format!("{SCHEME}\n{timestamp_s}\n{}/{SERVICE}/tc3_request\n{}", signed.date, hex(&sha256(canonical.as_bytes())));
    let seed = format!("TC3{}", account.secret_key).into_bytes();
    let key = [signed.date, SERVICE, "tc3_request"].iter().fold(seed, |key, part| hmac_sha256(&key, part));
    if hex(&hmac_sha256(&key, &to_sign)) != signed.signature {
        return Err(failure(format!("the text that should have been signed:\n{to_sign}\nfor the request:\n{canonical}")));
    }
    Ok(())
}

/// The parts of an `Authorization` header.
struct Signed<'a> {
    secret_id: &'a str,
    date: &'a str,
    service: &'a str,
    names: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn read(header: &'a str) -> Option<Signed<'a>> {
        let rest = header.strip_prefix(SCHEME)?.strip_prefix(' ')?;
        let mut parts = rest.split(',').map(str::trim);
        let credential = parts.next()?.strip_prefix("Credential=")?;
        let names = parts.next()?.strip_prefix("SignedHeaders=")?;
        let signature = parts.next()?.strip_prefix("Signature=")?;
        let mut scope = credential.split('/');
        let (secret_id, date, service, end) = (scope.next()?, scope.next()?, scope.next()?, scope.next()?);
        let is_whole = end == "tc3_request" && scope.next().is_none() && parts.next().is_none();
        is_whole.then_some(Signed { secret_id, date, service, names, signature })
    }

    /// The request as it must have been signed.
    fn canonical(&self, query: &str, headers: &HeaderMap, body: &[u8]) -> Result<String, String> {
        let names: Vec<&str> = self.names.split(';').collect();
        if !names.is_sorted() || names.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
            return Err("SignedHeaders are in small letters and in the order of the alphabet".into());
        }
        if ["content-type", "host"].iter().any(|needed| !names.contains(needed)) {
            return Err("content-type and host must be signed".into());
        }
        let mut lines = String::new();
        for name in names {
            let value = text_header(headers, name).ok_or_else(|| format!("the signed header {name} is not there"))?;
            lines += &format!("{name}:{}\n", value.trim().to_lowercase());
        }
        Ok(format!("POST\n/\n{query}\n{lines}\n{}\n{}", self.names, hex(&sha256(body))))
    }
}

/// Takes a message in; one status for each number.
fn send(world: &World, account: &SmsAccount, headers: &HeaderMap, body: &[u8], fault: Option<&Fault>) -> Result<Vec<Value>, Refused> {
    let header = |name| text_header(headers, name).unwrap_or_default();
    match (header("x-tc-action").as_str(), header("x-tc-version").as_str()) {
        ("", _) => return Err(Refused("MissingParameter", "the request lacks X-TC-Action".into())),
        ("SendSms", "2021-01-11") => {}
        ("SendSms", version) => return Err(Refused("NoSuchVersion", format!("there is no version {version:?}"))),
        (action, _) => return Err(Refused("InvalidAction", format!("there is no action {action:?} here"))),
    }
    if header("x-tc-region").is_empty() {
        return Err(Refused("MissingParameter", "the request lacks X-TC-Region".into()));
    }
    if !header("content-type").to_lowercase().starts_with("application/json") {
        return Err(Refused("InvalidParameter", "the body must be JSON and say so".into()));
    }
    let asked: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| Refused("FailedOperation.JsonParseFail", "the body is no JSON object".into()))?;
    if let Some(unknown) = asked.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(Refused("UnknownParameter", format!("there is no parameter {unknown}")));
    }
    let numbers = texts(&asked, "PhoneNumberSet")?;
    if numbers.is_empty() {
        return Err(Refused("MissingParameter.EmptyPhoneNumberSet", "PhoneNumberSet is empty".into()));
    }
    if numbers.len() > 200 {
        return Err(Refused("LimitExceeded.PhoneNumberCountLimit", "at most 200 numbers at once".into()));
    }
    let parameters = texts(&asked, "TemplateParamSet")?;
    let cloud = fault.map(|fault| fault.fault.as_str()).filter(|code| code.starts_with("AuthFailure") || code.starts_with("RequestLimit"));
    match cloud {
        Some("RequestLimitExceeded") => return Err(Refused("RequestLimitExceeded", "too many requests".into())),
        Some(_) => return Err(Refused("AuthFailure.SignatureFailure", "a fault that was asked for".into())),
        None => {}
    }
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    Ok(numbers
        .iter()
        .map(|number| {
            let code = match fault.map(|fault| fault.fault.as_str()).filter(|code| code.contains('.')) {
                Some(code) => Err(code.to_owned()),
                None => deliver(world, account, number, &text, &parameters).map_err(str::to_owned),
            };
            status(number, text("SessionContext"), code)
        })
        .collect())
}

fn texts(asked: &Map<String, Value>, name: &str) -> Result<Vec<String>, Refused> {
    let wrong = || Refused("InvalidParameter", format!("{name} is a list of texts"));
    let Some(list) = asked.get(name) else { return Ok(vec![]) };
    let list = list.as_array().ok_or_else(wrong)?;
    list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

fn deliver<'a>(
    world: &World,
    account: &SmsAccount,
    number: &str,
    text: &impl Fn(&str) -> &'a str,
    parameters: &[String],
) -> Result<(), &'static str> {
    if text("SmsSdkAppId") != account.sdk_app_id {
        return Err("UnauthorizedOperation.SmsSdkAppIdVerifyFail");
    }
    let phone = mainland(number).ok_or("InvalidParameterValue.IncorrectPhoneNumber")?;
    if text("SignName") != account.sign_name {
        return Err("FailedOperation.SignatureIncorrectOrUnapproved");
    }
    let words = template(account, text("TemplateId")).ok_or("FailedOperation.TemplateIncorrectOrUnapproved")?;
    if parameters.len() != words.matches('{').count() {
        return Err("FailedOperation.TemplateParamSetNotMatchApprovedTemplate");
    }
    check(parameters, words != REMINDER)?;
    let now_ms = world.now_ms();
    note_pace(world, phone, now_ms)?;
    let words = words.replace("[site]", &lock(&world.site_url));
    let words = (1..).zip(parameters).fold(words, |words, (hole, value)| words.replace(&format!("{{{hole}}}"), value));
    let content = json!({
        "text": format!("【{}】{words}", account.sign_name), "template_id": text("TemplateId"), "params": parameters, "number": number,
    });
    lock(&world.outbox).add("sms", phone, content, now_ms);
    Ok(())
}

/// Templates of codes take numbers of up to six digits and nothing else; notices take short texts without links and brackets.
fn check(parameters: &[String], is_code: bool) -> Result<(), &'static str> {
    let is_wrong = |value: &String| match is_code {
        true => value.is_empty() || value.len() > 6 || value.bytes().any(|byte| !byte.is_ascii_digit()),
        false => value.is_empty() || value.contains(['【', '】', '¥', '★']),
    };
    match () {
        () if parameters.iter().any(is_wrong) => Err("InvalidParameterValue.TemplateParameterFormatError"),
        () if parameters.iter().any(|value| value.contains("://")) => Err("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
        () if parameters.iter().any(|value| value.chars().count() > 35) => Err("InvalidParameterValue.TemplateParameterLengthLimit"),
        () => Ok(()),
    }
}

/// `+8613800138000`, `008613800138000`, `8613800138000` and the bare eleven digits name the same phone.
fn mainland(number: &str) -> Option<&str> {
    let bare = ["+86", "0086", "86"].iter().find_map(|prefix| number.strip_prefix(prefix)).unwrap_or(number);
    (bare.len() == 11 && bare.starts_with('1') && bare.bytes().all(|byte| byte.is_ascii_digit())).then_some(bare)
}

fn template(account: &SmsAccount, id: &str) -> Option<&'static str> {
    match id {
        _ if id == account.template_sign_in => Some("{1}是您登录收款账号的验证码，{2}分钟内有效。不是您本人操作时，请不要告诉任何人。"),
        _ if id == account.template_recovery => Some("{1}是重新设置登录密码的验证码，{2}分钟内有效。不是您本人操作时，请不要理会。"),
        _ if id == account.template_reminder => Some(REMINDER),
        _ if id == account.template_not_me => Some("{1}是报告陌生登录的验证码，{2}分钟内有效。提交后所有设备立即退出登录。"),
        _ => None,
    }
}

fn note_pace(world: &World, phone: &str, now_ms: i64) -> Result<(), &'static str> {
    let mut texted = lock(&world.texted);
    let sent = texted.entry(phone.to_owned()).or_default();
    sent.retain(|at| now_ms - at < 86_400_000);
    for (span_ms, most, code) in PACE {
        if sent.iter().filter(|at| now_ms - **at < span_ms).count() >= most {
            return Err(code);
        }
    }
    sent.push(now_ms);
    Ok(())
}

fn status(number: &str, session: &str, done: Result<(), String>) -> Value {
    let is_sent = done.is_ok();
    let (code, message) = match done {
        Ok(()) => ("Ok".to_owned(), "send success"),
        Err(code) => (code, "not sent"),
    };
    json!({
        "SerialNo": if is_sent { format!("5000:{}", Uuid::new_v4().simple()) } else { String::new() },
        "PhoneNumber": number, "Fee": i32::from(is_sent), "SessionContext": session,
        "Code": code, "Message": message, "IsoCode": if is_sent { "CN" } else { "" },
    })
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

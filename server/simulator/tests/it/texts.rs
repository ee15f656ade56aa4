//! Tencent Cloud SMS as it checks what it is asked: each request differs in one thing from one that is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_lc_rs::{digest, hmac};
use serde_json::{Value, json};
use simulator::{Sim, SimConfig, SmsAccount};

const NOON_S: i64 = 1_795_752_000;

/// A request as it is about to be signed and sent.
struct Ask {
    account: SmsAccount,
    body: Value,
    action: &'static str,
    version: &'static str,
    region: &'static str,
    service: &'static str,
    date: &'static str,
    names: &'static str,
    timestamp_s: i64,
    late_s: i64,
    tamper: bool,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hashed(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

impl Ask {
    fn usual(account: &SmsAccount, phone: &str) -> Ask {
        let body = json!({
            "PhoneNumberSet": [phone], "SmsSdkAppId": account.sdk_app_id, "SignName": account.sign_name,
            "TemplateId": account.template_sign_in, "TemplateParamSet": ["012345", "5"],
        });
        Ask {
            account: account.clone(),
            body,
            action: "SendSms",
            version: "2021-01-11",
            region: "ap-guangzhou",
            service: "sms",
            date: "2026-11-27",
            names: "content-type;host;x-tc-action",
            timestamp_s: NOON_S,
            late_s: 0,
            tamper: false,
        }
    }

    /// Sends it; the code of the error, or else of the message.
    async fn send(&self, sim: &Sim) -> String {
        let host = format!("localhost:{}", sim.address().port());
        let body = self.body.to_string();
        let kind = "application/json; charset=utf-8";
        let value = |name: &str| match name {
            "content-type" => kind.to_owned(),
            "host" => host.clone(),
            _ => self.action.to_lowercase(),
        };
        let lines: String = self.names.split(';').map(|name| format!("{name}:{}\n", value(name))).collect();
        let canonical = format!("POST\n/\n\n{lines}\n{}\n{}", self.names, hashed(body.as_bytes()));
        let scope = format!("{}/{}/tc3_request", self.date, self.service);
        let to_sign = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", self.timestamp_s, hashed(canonical.as_bytes()));
        let seed = format!("TC3{}", self.account.secret_key).into_bytes();
        let key = [self.date, self.service, "tc3_request"].iter().fold(seed, |key, part| keyed(&key, part));
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={}, Signature={}",
            self.account.secret_id,
            self.names,
            hex(&keyed(&key, &to_sign))
        );
        let sent = if self.tamper { body.replace("012345", "012346") } else { body };
        let answer = reqwest::Client::builder().no_proxy().build().unwrap().post(format!("http://{host}/")).header("content-type", kind);
        let answer = answer.header("authorization", authorization).header("x-tc-action", self.action).header("x-tc-version", self.version);
        let answer = answer.header("x-tc-timestamp", self.timestamp_s).header("x-tc-region", self.region).body(sent);
        let answer: Value = serde_json::from_str(&answer.send().await.unwrap().text().await.unwrap()).unwrap();
        let response = &answer["Response"];
        assert!(response["RequestId"].is_string(), "{answer}");
        let code = response["Error"]["Code"].as_str().or_else(|| response["SendStatusSet"][0]["Code"].as_str());
        code.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

#[tokio::test]
async fn a_message_is_taken_only_as_the_cloud_takes_it() {
    let now = Arc::new(AtomicI64::new(NOON_S * 1000));
    let clock = now.clone();
    let sim = simulator::start(SimConfig::for_tests(Arc::new(move || clock.load(Ordering::SeqCst)))).await.unwrap();
    let account = sim.merchant().sms;
    type Change = fn(&mut Ask);
    let table: [(Change, &str); 20] = [
        (|_| {}, "Ok"),
        (|ask| ask.names = "content-type;host", "Ok"),
        (|ask| ask.late_s = 300, "Ok"),
        (|ask| ask.late_s = 301, "AuthFailure.SignatureExpire"),
        (|ask| ask.late_s = -301, "AuthFailure.SignatureExpire"),
        (|ask| ask.tamper = true, "AuthFailure.SignatureFailure"),
        (|ask| ask.account.secret_key = "another".into(), "AuthFailure.SignatureFailure"),
        (|ask| ask.account.secret_id = "another".into(), "AuthFailure.SecretIdNotFound"),
        (|ask| ask.names = "content-type;x-tc-action", "AuthFailure.SignatureFailure"),
        (|ask| ask.names = "host;content-type", "AuthFailure.SignatureFailure"),
        (|ask| ask.service = "cvm", "AuthFailure.SignatureFailure"),
        (|ask| ask.date = "2026-11-26", "AuthFailure.SignatureFailure"),
        (|ask| ask.version = "2019-07-11", "NoSuchVersion"),
        (|ask| ask.action = "SendMail", "InvalidAction"),
        (|ask| ask.region = "", "MissingParameter"),
        (|ask| ask.body["Sign"] = json!("x"), "UnknownParameter"),
        (|ask| ask.body["SmsSdkAppId"] = json!("1"), "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        (|ask| ask.body["SignName"] = json!("别人"), "FailedOperation.SignatureIncorrectOrUnapproved"),
        (|ask| ask.body["TemplateId"] = json!("1"), "FailedOperation.TemplateIncorrectOrUnapproved"),
        (|ask| ask.body["TemplateParamSet"] = json!(["secret", "5"]), "InvalidParameterValue.TemplateParameterFormatError"),
    ];
    for (index, (change, expected)) in table.into_iter().enumerate() {
        let mut ask = Ask::usual(&account, &format!("+86138001380{index:02}"));
        change(&mut ask);
        now.store((NOON_S + ask.late_s) * 1000, Ordering::SeqCst);
        assert_eq!(ask.send(&sim).await, expected, "case {index}");
    }
    now.store(NOON_S * 1000, Ordering::SeqCst);
    assert_eq!(Ask::usual(&account, "12345").send(&sim).await, "InvalidParameterValue.IncorrectPhoneNumber");
    let same = Ask::usual(&account, "13900139000");
    assert_eq!(same.send(&sim).await, "Ok");
    assert_eq!(same.send(&sim).await, "LimitExceeded.PhoneNumberThirtySecondLimit");
    now.store(NOON_S * 1000 + 30_000, Ordering::SeqCst);
    assert_eq!(Ask::usual(&account, "+8613900139000").send(&sim).await, "Ok", "with and without +86 it is one number");
    sim.stop().await;
}

#[tokio::test]
async fn a_reminder_has_four_holes_for_short_texts_and_none_for_links() {
    let sim = simulator::start(SimConfig::for_tests(Arc::new(|| NOON_S * 1000))).await.unwrap();
    sim.set_site_url("https://pay.example.com/");
    let account = sim.merchant().sms;
    let table = [
        (json!(["青禾实验学校", "学费", "12.50", "abc-1_2"]), "Ok"),
        (json!(["青禾实验学校", "学费", "12.50"]), "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        (json!(["青禾实验学校", "", "12.50", "abc"]), "InvalidParameterValue.TemplateParameterFormatError"),
        (json!(["青禾实验学校", "【学费】", "12.50", "abc"]), "InvalidParameterValue.TemplateParameterFormatError"),
        (json!(["青禾实验学校", "学费", "12.50", "https://a.b/c"]), "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
        (json!(["青禾实验学校", "学".repeat(36), "12.50", "abc"]), "InvalidParameterValue.TemplateParameterLengthLimit"),
    ];
    for (index, (holes, expected)) in table.into_iter().enumerate() {
        let mut ask = Ask::usual(&account, &format!("+86138001380{index:02}"));
        ask.body["TemplateId"] = json!(account.template_reminder);
        ask.body["TemplateParamSet"] = holes;
        assert_eq!(ask.send(&sim).await, expected, "case {index}");
    }
    let outbox =
        reqwest::Client::builder().no_proxy().build().unwrap().get(format!("http://localhost:{}/_sim/outbox", sim.address().port()));
    let outbox = outbox.send().await.unwrap().text().await.unwrap();
    assert!(outbox.contains("【收码】青禾实验学校提醒：“学费”还有12.50元待付，请打开 https://pay.example.com/p/abc-1_2 付款"), "{outbox}");
    sim.stop().await;
}

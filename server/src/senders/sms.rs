//! Text messages to phones: a sender, and the one provider that is spoken, Tencent Cloud SMS (`SendSms` of 2021-01-11).
//!
//! A message whose fate is unknown is not repeated: the provider has no number by which it would know the second for the first.

use async_trait::async_trait;
use domain::Fen;
use domain::account::Phone;
use domain::one_time::{Delivery, Digits, Purpose};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use super::tc3::Call;
use crate::channels::outbound;
use crate::clock::Clock;
use crate::config::SmsSettings;

/// The interface's name and version.
const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";

const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// One message.
#[derive(Debug)]
pub struct Text<'a> {
    /// To whom.
    pub to: &'a Phone,
    /// What it says.
    pub words: Words<'a>,
}

/// What a message says, in words that the provider approved before.
#[derive(Debug)]
pub enum Words<'a> {
    /// A one-time code.
    Code {
        /// What the code is for: each purpose has words of its own.
        purpose: Purpose,
        /// The code.
        digits: &'a Digits,
        /// How long it can be used.
        minutes: i64,
    },
    /// A reminder of a debt.
    Reminder {
        /// To whom it is owed.
        organisation: &'a str,
        /// What for.
        title: &'a str,
        /// What is owed.
        amount_fen: Fen,
        /// The end of the payment link. The words hold the rest, because the provider takes no link in a hole.
        code: &'a str,
    },
}

/// The longest name and title in a message; a longer one is cut.
const MOST_CHARS: usize = 20;

/// What became of handing a message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// What is known of it.
    pub delivery: Delivery,
    /// The provider's code or what happened, for the log. It names no number and no code of ours.
    pub why: String,
}

/// Whoever brings text messages to phones.
#[async_trait]
pub trait TextMessages: Send + Sync {
    /// Hands a message over once.
    async fn send(&self, text: &Text<'_>) -> Handed;
}

/// Tencent Cloud SMS.
pub struct TencentSms {
    settings: SmsSettings,
    address: Url,
    client: reqwest::Client,
    clock: Clock,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Response")]
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Said>,
    #[serde(default)]
    send_status_set: Vec<Said>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    code: String,
}

impl TencentSms {
    /// The provider with these settings. Nothing is asked of it before the first message.
    ///
    /// # Errors
    /// The setting that cannot work, in one line.
    pub fn new(settings: SmsSettings, clock: Clock) -> Result<TencentSms, String> {
        let address = Url::parse(&settings.url).map_err(|error| format!("sms.url: {error}"))?;
        let client = outbound::client(settings.timeout_ms).map_err(|error| format!("sms.url: {}", outbound::describe(error)))?;
        Ok(TencentSms { settings, address, client, clock })
    }

    /// What is asked of the provider; `None` without approved words.
    fn body(&self, text: &Text<'_>) -> Option<Vec<u8>> {
        let SmsSettings { sdk_app_id, sign_name, templates, .. } = &self.settings;
        let (template, holes) = match &text.words {
            Words::Code { purpose, digits, minutes } => (templates.of(*purpose), vec![digits.text(), minutes.to_string()]),
            Words::Reminder { organisation, title, amount_fen, code } => {
                (templates.reminder.as_deref()?, vec![short(organisation), short(title), amount_fen.yuan(), (*code).to_owned()])
            }
        };
        let body = json!({
            "PhoneNumberSet": [format!("+86{}", text.to.as_str())],
            "SmsSdkAppId": sdk_app_id,
            "SignName": sign_name,
            "TemplateId": template,
            "TemplateParamSet": holes,
        });
        Some(body.to_string().into_bytes())
    }

    async fn ask(&self, body: Vec<u8>) -> Result<Answer, String> {
        let host = match (self.address.host_str().unwrap_or_default(), self.address.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let headers = [("content-type", CONTENT_TYPE), ("host", &host), ("x-tc-action", ACTION)];
        let call = Call { service: "sms", headers: &headers, body: &body, at: (self.clock)() };
        let authorization = call.authorization(&self.settings.secret_id, &self.settings.secret_key);
        let request = self
            .client
            .post(self.address.clone())
            .header("content-type", CONTENT_TYPE)
            .header("authorization", authorization)
            .header("x-tc-action", ACTION)
            .header("x-tc-version", VERSION)
            .header("x-tc-timestamp", call.timestamp_s())
            .header("x-tc-region", &self.settings.region)
            .body(body.clone());
        let response = request.send().await.map_err(outbound::describe)?;
        let status = response.status();
        let answer = outbound::read_body(response).await?;
        if !status.is_success() {
            return Err(format!("HTTP {}", status.as_u16()));
        }
        serde_json::from_slice(&answer).map_err(|_| "the answer cannot be read".to_owned())
    }
}

#[async_trait]
impl TextMessages for TencentSms {
    async fn send(&self, text: &Text<'_>) -> Handed {
        let Some(body) = self.body(text) else {
            return Handed { delivery: Delivery::NoService, why: "there are no approved words".to_owned() };
        };
        match self.ask(body).await {
            Ok(answer) => answer.judged(),
            Err(why) => Handed { delivery: Delivery::Unknown, why },
        }
    }
}

/// A text that fits into a message: brackets would look like the sender's name, and signs that phones garble are refused.
fn short(text: &str) -> String {
    let plain = |c: &char| !matches!(c, '【' | '】' | '¥' | '￥' | '★' | '☆');
    let text: Vec<char> = text.chars().filter(plain).collect();
    match text.len() > MOST_CHARS {
        true => text[..MOST_CHARS - 1].iter().chain(['…'].iter()).collect(),
        false => text.into_iter().collect(),
    }
}

impl Answer {
    fn judged(self) -> Handed {
        let Response { error, send_status_set } = self.response;
        // One number was asked for, so one status comes back; an error stands in the place of all of them.
        match error.or_else(|| send_status_set.into_iter().next()) {
            Some(Said { code }) => Handed { delivery: judge(&code), why: code.chars().take(80).collect() },
            None => Handed { delivery: Delivery::Unknown, why: "the answer tells nothing of the message".to_owned() },
        }
    }
}

/// What a code of the provider means for whoever waits for the message ("短信 API 3.0 发送错误码").
fn judge(code: &str) -> Delivery {
    match code {
        "Ok" => Delivery::Sent,
        "FailedOperation.PhoneNumberInBlacklist" | "InvalidParameterValue.IncorrectPhoneNumber" => Delivery::BadNumber,
        "LimitExceeded.DeliveryFrequencyLimit" => Delivery::TooOften,
        _ if code.starts_with("LimitExceeded.PhoneNumber") && code != "LimitExceeded.PhoneNumberCountLimit" => Delivery::TooOften,
        // It broke on its way inside the provider: the message may be out.
        "InternalError"
        | "InternalError.Timeout"
        | "InternalError.SendAndRecvFail"
        | "InternalError.OtherError"
        | "InternalError.UnknownError" => Delivery::Unknown,
        _ => Delivery::NoService,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_message_is_short_and_plain() {
        let long = "春".repeat(21);
        let cut = format!("{}…", "春".repeat(19));
        for (text, expected) in [("2026【秋】学费 ¥5", "2026秋学费 5"), (&long[3..], &long[3..]), (&long, &cut), ("", "")] {
            assert_eq!(short(text), expected);
        }
    }

    #[test]
    fn an_answer_says_what_is_known_of_the_message() {
        let status = |code: &str| {
            let entry = json!({
                "SerialNo": "5000:1045710669157053657849499619", "PhoneNumber": "+8618501234444", "Fee": 1, "SessionContext": "",
                "Code": code, "Message": "send success", "IsoCode": "CN",
            });
            json!({"Response": {"SendStatusSet": [entry], "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}})
        };
        let error = |code: &str| json!({"Response": {"Error": {"Code": code, "Message": "m"}, "RequestId": "r"}});
        let table = [
            (status("Ok"), Delivery::Sent),
            (status("LimitExceeded.PhoneNumberDailyLimit"), Delivery::TooOften),
            (status("LimitExceeded.PhoneNumberThirtySecondLimit"), Delivery::TooOften),
            (status("LimitExceeded.DeliveryFrequencyLimit"), Delivery::TooOften),
            (status("LimitExceeded.PhoneNumberCountLimit"), Delivery::NoService),
            (status("LimitExceeded.AppDailyLimit"), Delivery::NoService),
            (status("FailedOperation.PhoneNumberInBlacklist"), Delivery::BadNumber),
            (status("InvalidParameterValue.IncorrectPhoneNumber"), Delivery::BadNumber),
            (status("FailedOperation.InsufficientBalanceInSmsPackage"), Delivery::NoService),
            (status("FailedOperation.TemplateIncorrectOrUnapproved"), Delivery::NoService),
            (status("InternalError.Timeout"), Delivery::Unknown),
            (error("InternalError.SendAndRecvFail"), Delivery::Unknown),
            (error("AuthFailure.SignatureFailure"), Delivery::NoService),
            (error("RequestLimitExceeded"), Delivery::NoService),
            (json!({"Response": {"RequestId": "r"}}), Delivery::Unknown),
        ];
        for (answer, expected) in table {
            let read: Answer = serde_json::from_value(answer.clone()).unwrap();
            assert_eq!(read.judged().delivery, expected, "{answer}");
        }
    }
}

//! The WeChat account that people follow: its messages, and the ticket by which pages may use WeChat's script
//! (wechat-pay 2.11).

use async_trait::async_trait;
use aws_lc_rs::digest;
use domain::Millis;
use domain::digest::Unreached;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, RwLock};

use crate::channels::outbound;
use crate::channels::secret::Secret;
use crate::channels::wechat::ConfigError;
use crate::clock::Clock;

/// How long before its end a token or ticket is replaced.
const EARLY_MS: i64 = 600_000;

/// Which of WeChat's doors messages go through; each has templates of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Template messages: to followers, as many as the account may send.
    Template,
    /// Subscription messages: one for each consent.
    Subscription,
}

/// An account at WeChat.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    /// WeChat's account services or a stand-in, without a slash at the end.
    pub api_base: String,
    /// The application.
    pub appid: String,
    /// Its secret.
    pub app_secret: Secret,
    /// How long a call may take.
    pub timeout_ms: u64,
    /// Which door messages go through.
    pub door: Door,
    /// The template of messages about money; empty when the account has none.
    pub template_id: String,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// To whom.
    pub openid: String,
    /// Its number: repeated under the same one, it reaches its reader once.
    pub number: String,
    /// What opens when it is tapped.
    pub url: String,
    /// The template's fields and their values.
    pub fields: Vec<(String, String)>,
}

/// Why a message or a ticket did not come about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Nobody knows whether it was taken; it is sent again under the same number.
    #[error("WeChat did not answer: {why}")]
    Unanswered {
        /// What happened, for logs.
        why: String,
    },
    /// It was not taken.
    #[error("WeChat refused with {errcode}: {said}")]
    Refused {
        /// What it means for the listener.
        why: Unreached,
        /// WeChat's number.
        errcode: i64,
        /// WeChat's sentence.
        said: String,
    },
}

/// Whoever brings messages to people who follow an account.
#[async_trait]
pub trait AccountMessages: Send + Sync {
    /// Whether the account has a template to send by.
    fn is_set_up(&self) -> bool;

    /// The template for each of whose messages a listener must have agreed once; `None` where following is enough.
    fn consent_template(&self) -> Option<&str>;

    /// Hands a message over; WeChat's number for it, when it tells one.
    ///
    /// # Errors
    /// [`AccountError`]; after `Unanswered` it may have been taken all the same.
    async fn send(&self, message: &Outgoing) -> Result<Option<i64>, AccountError>;
}

/// The way to an account's services.
pub struct Account {
    config: AccountConfig,
    client: reqwest::Client,
    clock: Clock,
    token: Mutex<Option<Held>>,
    ticket: RwLock<Option<Held>>,
}

/// Something that WeChat gave for a time.
#[derive(Clone)]
struct Held {
    text: String,
    until: Millis,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    msgid: Option<i64>,
    access_token: Option<String>,
    ticket: Option<String>,
    expires_in: Option<i64>,
}

impl Account {
    /// Checks the settings; nothing is asked of WeChat yet.
    ///
    /// # Errors
    /// The first setting that cannot work, as one line.
    pub fn new(config: AccountConfig, clock: Clock) -> Result<Account, ConfigError> {
        let describe = |error| ConfigError::of("wechat.account_url", outbound::describe(error));
        let client = outbound::client(config.timeout_ms).map_err(describe)?;
        Ok(Account { config, client, clock, token: Mutex::default(), ticket: RwLock::default() })
    }

    /// Asks for the ticket by which pages may use WeChat's script, when there is none or it ends soon. A job does this, so that
    /// no page waits for WeChat.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn refresh_ticket(&self) -> Result<(), AccountError> {
        let now = (self.clock)();
        if self.ticket.read().await.as_ref().is_some_and(|ticket| now < ticket.until) {
            return Ok(());
        }
        let answer = self.ask_as_account(Method::GET, "ticket/getticket", &[("type", "jsapi")], None).await?;
        *self.ticket.write().await = Some(keep(answer.ticket, answer.expires_in, now)?);
        Ok(())
    }

    /// What WeChat's script is to be told to believe the page at `url`; `None` while there is no ticket.
    pub async fn page_script(&self, script_url: &str, url: &str, nonce: &str) -> Option<Value> {
        let now = (self.clock)();
        let held = self.ticket.read().await.clone();
        // It is good for some time beyond the moment at which it is to be replaced.
        let ticket = held.filter(|ticket| now < ticket.until.plus_ms(EARLY_MS))?;
        let timestamp_s = now.get() / 1000;
        let signature = page_signature(&ticket.text, nonce, timestamp_s, url);
        let src = format!("{script_url}/open/js/jweixin-1.6.0.js");
        Some(json!({"src": src, "appId": self.config.appid, "timestamp": timestamp_s, "nonceStr": nonce, "signature": signature}))
    }

    /// Asks with the account's token, and once more with a new one when WeChat does not know the token any more.
    async fn ask_as_account(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, AccountError> {
        let token = self.token(None).await?;
        match self.ask(method.clone(), path, &with(query, &token), body).await {
            Err(AccountError::Refused { errcode: 40_001 | 40_014 | 42_001, .. }) => {
                let fresh = self.token(Some(&token)).await?;
                self.ask(method, path, &with(query, &fresh), body).await
            }
            other => other,
        }
    }

    /// The account's token; not `refused`, which WeChat does not take any more.
    async fn token(&self, refused: Option<&str>) -> Result<String, AccountError> {
        let mut held = self.token.lock().await;
        let now = (self.clock)();
        if let Some(token) = held.as_ref().filter(|token| now < token.until && refused != Some(token.text.as_str())) {
            return Ok(token.text.clone());
        }
        *held = None;
        let mut fresh = self.stable_token(false, now).await?;
        // The stable door gives the same token to all who ask, until somebody insists on another.
        if refused == Some(fresh.text.as_str()) {
            fresh = self.stable_token(true, now).await?;
        }
        *held = Some(fresh.clone());
        Ok(fresh.text)
    }

    async fn stable_token(&self, is_forced: bool, now: Millis) -> Result<Held, AccountError> {
        let secret = String::from_utf8_lossy(self.config.app_secret.reveal()).into_owned();
        let body = json!({"grant_type": "client_credential", "appid": self.config.appid, "secret": secret, "force_refresh": is_forced});
        let answer = self.ask(Method::POST, "stable_token", &[], Some(&body)).await?;
        keep(answer.access_token, answer.expires_in, now)
    }

    async fn ask(&self, method: Method, path: &str, query: &[(&str, &str)], body: Option<&Value>) -> Result<Answer, AccountError> {
        let unanswered = |why| AccountError::Unanswered { why };
        let mut url = Url::parse(&format!("{}/cgi-bin/{path}", self.config.api_base)).map_err(|error| unanswered(error.to_string()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let answer: Answer = outbound::json(request).await.map_err(unanswered)?;
        answer.judged()
    }
}

#[async_trait]
impl AccountMessages for Account {
    fn is_set_up(&self) -> bool {
        !self.config.template_id.is_empty()
    }

    fn consent_template(&self) -> Option<&str> {
        Some(self.config.template_id.as_str()).filter(|id| self.config.door == Door::Subscription && !id.is_empty())
    }

    async fn send(&self, message: &Outgoing) -> Result<Option<i64>, AccountError> {
        let values = message.fields.iter().map(|(name, value)| (name.clone(), json!({"value": value})));
        let mut body = json!({
            "touser": message.openid,
            "template_id": self.config.template_id,
            "data": values.collect::<Map<String, Value>>(),
            "client_msg_id": message.number,
        });
        let (path, address) = match self.config.door {
            Door::Template => ("message/template/send", "url"),
            Door::Subscription => ("message/subscribe/bizsend", "page"),
        };
        body[address] = json!(message.url);
        match self.ask_as_account(Method::POST, path, &[], Some(&body)).await {
            Ok(answer) => Ok(answer.msgid),
            // The same number came within the last minute: it was taken then.
            Err(AccountError::Refused { errcode: 40_241, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Answer {
    fn judged(self) -> Result<Answer, AccountError> {
        let why = match self.errcode {
            0 => return Ok(self),
            -1 | 45_011 => return Err(AccountError::Unanswered { why: format!("{} {}", self.errcode, self.errmsg) }),
            43_004 => Unreached::NotFollowing,
            43_101 => Unreached::Refused,
            43_117 => Unreached::TooOften,
            45_009 => Unreached::Quota,
            _ => Unreached::Misconfigured,
        };
        Err(AccountError::Refused { why, errcode: self.errcode, said: self.errmsg })
    }
}

fn with<'a>(query: &[(&'a str, &'a str)], token: &'a str) -> Vec<(&'a str, &'a str)> {
    [("access_token", token)].into_iter().chain(query.iter().copied()).collect()
}

fn keep(text: Option<String>, expires_in: Option<i64>, now: Millis) -> Result<Held, AccountError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Err(AccountError::Unanswered { why: "the answer names nothing".to_owned() });
    };
    // Never shorter than a second, so that a strange answer is no endless loop of questions.
    let life_ms = (expires_in.unwrap_or(0).saturating_mul(1000) - EARLY_MS).max(1000);
    Ok(Held { text, until: now.plus_ms(life_ms) })
}

/// The signature by which WeChat's script believes a page: over the page's address without what follows a `#`.
pub fn page_signature(ticket: &str, nonce: &str, timestamp_s: i64, url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let text = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp_s}&url={url}");
    sha1(&text)
}

/// Whether an event was signed with the token that the account's administrator set on both sides.
pub fn is_signed(token: &str, timestamp: &str, nonce: &str, signature: &str) -> bool {
    let mut parts = [token, timestamp, nonce];
    parts.sort_unstable();
    let expected = sha1(&parts.concat());
    bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), signature.as_bytes()))
}

fn sha1(text: &str) -> String {
    crate::hex::hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

/// What the account tells by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEvent {
    /// Somebody follows the account now.
    Followed {
        /// Who.
        openid: String,
    },
    /// Somebody does not follow it any more.
    Unfollowed {
        /// Who.
        openid: String,
    },
    /// What became of a message that was taken.
    Finished {
        /// To whom.
        openid: String,
        /// WeChat's number of it.
        msgid: i64,
        /// Why it did not arrive; `None` when it did.
        lost: Option<Unreached>,
    },
    /// Somebody was asked for consent and answered.
    Asked {
        /// Who.
        openid: String,
        /// When, in seconds; an event that is told again carries the same.
        at_s: i64,
        /// For each template whether they agreed to one more message.
        answers: Vec<(String, bool)>,
    },
    /// Something that nothing here waits for.
    Other,
}

impl AccountEvent {
    /// Reads the account's XML. What is not an event of the kinds above is [`AccountEvent::Other`].
    pub fn read(xml: &str) -> AccountEvent {
        let openid = field(xml, "FromUserName").unwrap_or_default().to_owned();
        let lost = |status: &str| match status {
            "success" => None,
            status if status.contains("block") => Some(Unreached::Refused),
            _ => Some(Unreached::Unavailable),
        };
        match field(xml, "Event").unwrap_or_default() {
            _ if openid.is_empty() => AccountEvent::Other,
            "subscribe" => AccountEvent::Followed { openid },
            "unsubscribe" => AccountEvent::Unfollowed { openid },
            "TEMPLATESENDJOBFINISH" => match field(xml, "MsgID").and_then(|id| id.parse().ok()) {
                Some(msgid) => AccountEvent::Finished { openid, msgid, lost: lost(field(xml, "Status").unwrap_or_default()) },
                None => AccountEvent::Other,
            },
            "subscribe_msg_popup_event" => {
                let answer = |list: &str| {
                    let (template, said) = (field(list, "TemplateId")?, field(list, "SubscribeStatusString")?);
                    Some((template.to_owned(), said == "accept"))
                };
                let at_s = field(xml, "CreateTime").and_then(|text| text.parse().ok()).unwrap_or_default();
                AccountEvent::Asked { openid, at_s, answers: xml.split("<List>").skip(1).filter_map(answer).collect() }
            }
            _ => AccountEvent::Other,
        }
    }
}

/// The text of an element, without its CDATA mark. Events are flat, so the first one is the one.
fn field<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.trim();
    Some(text.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_signed_as_wechat_publishes_it() {
        let ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
        for url in ["http://mp.weixin.qq.com?params=value", "http://mp.weixin.qq.com?params=value#top"] {
            let signature = page_signature(ticket, "Wm3WZYTPz0wzccnW", 1_414_587_457, url);
            assert_eq!(signature, "0f9de62fce790f9a083d5c99e95740ceb90c27ed");
        }
    }

    #[test]
    fn an_event_is_believed_by_its_signature() {
        let right = sha1("1795233600nonce1token");
        for (token, nonce, signature, expected) in [
            ("token", "nonce1", right.as_str(), true),
            ("other", "nonce1", &right, false),
            ("token", "nonce2", &right, false),
            ("token", "nonce1", "", false),
        ] {
            assert_eq!(is_signed(token, "1795233600", nonce, signature), expected, "{token} {nonce}");
        }
    }

    #[test]
    fn events_are_read_from_their_xml() {
        let xml = |event: &str, more: &str| {
            format!(
                "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName><CreateTime>1</CreateTime>\
                 <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>{more}</xml>"
            )
        };
        let finished =
            |status: &str| xml("TEMPLATESENDJOBFINISH", &format!("<MsgID>200163836</MsgID><Status><![CDATA[{status}]]></Status>"));
        let ended = |lost| AccountEvent::Finished { openid: "oA".into(), msgid: 200_163_836, lost };
        let table = [
            (xml("subscribe", ""), AccountEvent::Followed { openid: "oA".into() }),
            (xml("unsubscribe", ""), AccountEvent::Unfollowed { openid: "oA".into() }),
            (
                xml(
                    "subscribe_msg_popup_event",
                    "<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[t1]]></TemplateId>\
                     <SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>1</PopupScene></List>\
                     <List><TemplateId><![CDATA[t2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString>\
                     <PopupScene>1</PopupScene></List></SubscribeMsgPopupEvent>",
                ),
                AccountEvent::Asked { openid: "oA".into(), at_s: 1, answers: vec![("t1".into(), true), ("t2".into(), false)] },
            ),
            (finished("success"), ended(None)),
            (finished("failed:user block"), ended(Some(Unreached::Refused))),
            (finished("failed: system failed"), ended(Some(Unreached::Unavailable))),
            (xml("CLICK", ""), AccountEvent::Other),
            (xml("TEMPLATESENDJOBFINISH", ""), AccountEvent::Other),
            ("<xml><Event>subscribe</Event></xml>".to_owned(), AccountEvent::Other),
            (String::new(), AccountEvent::Other),
        ];
        for (given, expected) in table {
            assert_eq!(AccountEvent::read(&given), expected, "{given}");
        }
    }

    #[test]
    fn a_refusal_becomes_a_reason_and_a_busy_system_a_repetition() {
        let judged =
            |errcode| Answer { errcode, errmsg: String::new(), msgid: None, access_token: None, ticket: None, expires_in: None }.judged();
        let table = [
            (43_004, Some(Unreached::NotFollowing)),
            (43_101, Some(Unreached::Refused)),
            (43_117, Some(Unreached::TooOften)),
            (45_009, Some(Unreached::Quota)),
            (40_037, Some(Unreached::Misconfigured)),
            (48_001, Some(Unreached::Misconfigured)),
            (-1, None),
            (45_011, None),
        ];
        for (errcode, expected) in table {
            let given = match judged(errcode) {
                Err(AccountError::Refused { why, .. }) => Some(why),
                Err(AccountError::Unanswered { .. }) => None,
                Ok(_) => panic!("{errcode} is no success"),
            };
            assert_eq!(given, expected, "{errcode}");
        }
    }
}

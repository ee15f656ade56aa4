//! The WeChat account that people follow: its messages, and the ticket by which pages may use WeChat's script
//! (wechat-pay 2.11). What the account tells by itself is in `events.rs`.

mod events;

use async_trait::async_trait;
use aws_lc_rs::digest;
use domain::Millis;
use domain::digest::Unreached;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, RwLock};

pub use events::{AccountEvent, is_signed};

use crate::channels::outbound;
use crate::channels::secret::Secret;
use crate::channels::wechat::ConfigError;
use crate::clock::Clock;
use crate::hex::hex;

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

fn sha1(text: &str) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
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

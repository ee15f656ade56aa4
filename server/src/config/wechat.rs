//! Settings of WeChat: the merchant, the application, and the account's messages.

use std::path::Path;

use app::messages::Part;

use super::settings::MESSAGE_FIELDS;
use super::values::{SettingError, Values, secret_file, wrong};
use crate::channels::secret::Secret;
use crate::senders::wechat_account::Door;

/// What a merchant configures for WeChat Pay.
#[derive(Debug, Clone)]
pub struct WechatSettings {
    /// Merchant number.
    pub mchid: String,
    /// Application.
    pub appid: String,
    /// Application's secret.
    pub app_secret: Secret,
    /// Serial number of the merchant's certificate.
    pub merchant_serial_no: String,
    /// Its private key, PEM.
    pub private_key: Secret,
    /// The APIv3 key.
    pub api_v3_key: Secret,
    /// The WeChat Pay public key: id and PEM.
    pub public_key: Option<(String, Vec<u8>)>,
    /// WeChat Pay's address.
    pub api_url: String,
    /// Address of the sign-in page.
    pub oauth_url: String,
    /// Address of the account services.
    pub account_url: String,
    /// Longest call.
    pub timeout_ms: u64,
    /// Where WeChat's script comes from, if pages are to use it.
    pub script_url: Option<String>,
    /// Messages of the account.
    pub messages: MessageSettings,
}

/// What an administrator configures for the account's messages.
#[derive(Debug, Clone)]
pub struct MessageSettings {
    /// Which of WeChat's doors they go through.
    pub door: Door,
    /// Their template; empty when there is none.
    pub template_id: String,
    /// Its fields and what stands in them.
    pub fields: Vec<(String, Part)>,
    /// The token by which the account's events are signed; nothing when they are not heard.
    pub push_token: Option<Secret>,
}

impl MessageSettings {
    /// Messages by this template with the usual fields.
    pub fn of_template(template_id: &str, push_token: &str) -> MessageSettings {
        MessageSettings {
            door: Door::Template,
            template_id: template_id.to_owned(),
            fields: message_fields(MESSAGE_FIELDS).unwrap_or_default(),
            push_token: Some(Secret::of(push_token)),
        }
    }
}

/// `thing1=what, amount2=sum`.
///
/// # Errors
/// What is wrong with it.
pub fn message_fields(text: &str) -> Result<Vec<(String, Part)>, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, word) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not a field and a word such as thing1=what"))?;
        let (name, word) = (name.trim(), word.trim());
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(format!("{name:?} is not the name of a field such as thing1"));
        }
        let part = Part::of_word(word).ok_or_else(|| format!("{word:?} is none of what, sum, count, largest, refunds, since, until"))?;
        Ok((name.to_owned(), part))
    });
    let fields: Vec<(String, Part)> = pairs.collect::<Result<_, String>>()?;
    if fields.is_empty() { Err("must name at least one field".to_owned()) } else { Ok(fields) }
}

impl Values {
    /// What is set for WeChat Pay; `None` when nothing of it is.
    pub(super) fn wechat(&self) -> Result<Option<WechatSettings>, SettingError> {
        let required = [
            "wechat.mchid",
            "wechat.appid",
            "wechat.app_secret",
            "wechat.merchant_serial_no",
            "wechat.private_key_file",
            "wechat.api_v3_key",
        ];
        if required.iter().all(|name| self.given(name).is_none()) {
            return Ok(None);
        }
        let needed = |name| self.needed(name, "the other wechat settings");
        let public_key = match (self.given("wechat.public_key_id"), self.given("wechat.public_key_file")) {
            (None, None) => None,
            (Some(id), Some(file)) => {
                let pem =
                    std::fs::read(file).map_err(|error| wrong("wechat.public_key_file", format!("{file} cannot be read: {error}")))?;
                Some((id.to_owned(), pem))
            }
            (Some(_), None) => return Err(wrong("wechat.public_key_file", "is needed together with wechat.public_key_id")),
            (None, Some(_)) => return Err(wrong("wechat.public_key_id", "is needed together with wechat.public_key_file")),
        };
        Ok(Some(WechatSettings {
            mchid: needed("wechat.mchid")?.to_owned(),
            appid: needed("wechat.appid")?.to_owned(),
            app_secret: Secret::of(needed("wechat.app_secret")?),
            merchant_serial_no: needed("wechat.merchant_serial_no")?.to_owned(),
            private_key: secret_file("wechat.private_key_file", Path::new(needed("wechat.private_key_file")?))?,
            api_v3_key: Secret::of(needed("wechat.api_v3_key")?),
            public_key,
            api_url: self.url("wechat.api_url")?,
            oauth_url: self.url("wechat.oauth_url")?,
            account_url: self.url("wechat.account_url")?,
            timeout_ms: self.number("wechat.timeout_ms", 1, 60_000)?,
            script_url: self.given("wechat.script_url").map(|_| self.url("wechat.script_url")).transpose()?,
            messages: self.messages()?,
        }))
    }

    fn messages(&self) -> Result<MessageSettings, SettingError> {
        let door = match self.text("wechat.message_door") {
            "template" => Door::Template,
            "subscription" => Door::Subscription,
            other => return Err(wrong("wechat.message_door", format!("{other:?} is neither template nor subscription"))),
        };
        let fields = message_fields(self.text("wechat.message_fields")).map_err(|why| wrong("wechat.message_fields", why))?;
        let push_token = self.given("wechat.push_token").map(Secret::of);
        Ok(MessageSettings { door, template_id: self.text("wechat.message_template_id").to_owned(), fields, push_token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_template_name_what_stands_in_them() {
        let table = [
            ("thing1=what, amount2 = sum", Ok(2)),
            ("", Err("must name at least one field")),
            ("thing1", Err("\"thing1\" is not a field and a word such as thing1=what")),
            ("thing1=colour", Err("\"colour\" is none of what, sum, count, largest, refunds, since, until")),
            ("thing 1=what", Err("\"thing 1\" is not the name of a field such as thing1")),
        ];
        for (text, expected) in table {
            assert_eq!(message_fields(text).map(|fields| fields.len()), expected.map_err(str::to_owned), "{text}");
        }
    }
}

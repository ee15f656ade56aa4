//! Settings: a file `shouma.toml`, each value overridable by `SHOUMA_...`. A wrong one is a single clear line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use app::messages::Part;
use domain::receivable::QuietHours;

mod mail;
mod sms;

pub use mail::{MailSettings, MailTls, ReturnSettings};
pub use sms::{SmsSettings, SmsTemplates};

use crate::channels::secret::Secret;
use crate::senders::wechat_account::Door;

/// One setting: its name in the file (`section.name`), its default, and what it is for.
pub struct Setting {
    /// `section.name`, or a bare name at the top of the file.
    pub name: &'static str,
    /// The value when nobody sets it; empty for none.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static str,
}

const fn setting(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, default, about }
}

/// What stands in the fields of the account's template, unless somebody says otherwise.
const MESSAGE_FIELDS: &str = "thing1=what, amount2=sum, time3=until, thing4=largest, thing5=refunds";

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    setting("listen", "127.0.0.1:3000", "address the server listens on"),
    setting(
        "public_url",
        "",
        "address that people and channels reach the server by; builds codes, notices and links (default: http://<listen>)",
    ),
    setting("metrics_listen", "127.0.0.1:3001", "address of /metrics for Prometheus; empty for none"),
    setting("database_url", "sqlite://var/shouma.db", "sqlite://PATH or postgres://...; DATABASE_URL is read too"),
    setting("database_connections", "16", "most connections to the database (PostgreSQL) or readers (SQLite)"),
    setting("database_queue", "4096", "most writes that wait; above it the server answers 503"),
    setting("client_dir", "", "folder of the built browser files (default: beside the program or target/client)"),
    setting("voice_dir", "", "folder with clips that replace the spoken amounts"),
    setting("log", "info", "what is logged: error, warn, info, debug, or a tracing filter"),
    setting("log_format", "json", "json or text"),
    setting("trusted_proxies", "", "addresses of proxies whose X-Forwarded-For is believed, separated by commas"),
    setting("request_timeout_ms", "30000", "longest time for one request"),
    setting("body_limit_bytes", "65536", "largest request body; photographs and notices have limits of their own"),
    setting("photo_limit_bytes", "8388608", "largest request with a photograph"),
    setting("payment_expires_s", "900", "how long a payer may take to pay"),
    setting("session_days", "30", "how long a manager stays signed in"),
    setting("limits_pay_per_minute", "30", "payments that one address may open a minute"),
    setting("limits_sign_in_per_hour", "30", "sign-ins that one address may try an hour"),
    setting("limits_sms_per_hour", "20", "text messages that one address may cause an hour"),
    setting("limits_anonymous_sms_per_hour", "6", "those of them that it may cause without a password, by typing numbers"),
    setting("limits_view_per_minute", "600", "pages that one address may ask for a minute"),
    setting("limits_addresses", "100000", "addresses that the limits remember at most"),
    setting("wechat.mchid", "", "merchant number at WeChat Pay"),
    setting("wechat.appid", "", "application bound to it"),
    setting("wechat.app_secret", "", "the application's secret"),
    setting("wechat.merchant_serial_no", "", "serial number of the merchant's API certificate"),
    setting("wechat.private_key_file", "", "that certificate's private key, PEM, readable by nobody else"),
    setting("wechat.api_v3_key", "", "the APIv3 key, 32 bytes"),
    setting("wechat.public_key_id", "", "PUB_KEY_ID_... of the WeChat Pay public key, if the merchant has one"),
    setting("wechat.public_key_file", "", "that public key, PEM"),
    setting("wechat.api_url", "https://api.mch.weixin.qq.com", "WeChat Pay's address, or a stand-in's"),
    setting("wechat.oauth_url", "https://open.weixin.qq.com", "address of WeChat's sign-in page, or a stand-in's"),
    setting("wechat.account_url", "https://api.weixin.qq.com", "address of WeChat's account services, or a stand-in's"),
    setting(
        "wechat.script_url",
        "https://res.wx.qq.com",
        "where WeChat's script comes from, by which payers scan codes inside WeChat; empty: they type, or use what their browser has",
    ),
    setting("wechat.message_template_id", "", "template of the account's messages about money; empty: managers cannot have them"),
    setting(
        "wechat.message_fields",
        MESSAGE_FIELDS,
        "the template's fields and what stands in each: what, sum, count, largest, refunds, since, until",
    ),
    setting("wechat.message_door", "template", "template, or subscription for an account whose template is a subscription notice"),
    setting(
        "wechat.push_token",
        "",
        "token of the account's server address /notify/account; empty: follows and deliveries are not heard of",
    ),
    setting("wechat.timeout_ms", "10000", "longest time for one call"),
    setting("mail.host", "", "mail server that takes our mails (SMTP); empty for none: invitations and recoveries are then refused"),
    setting("mail.port", "", "its port (default: 587 for starttls, 465 for tls, 25 for none)"),
    setting("mail.tls", "starttls", "starttls, tls (from the first byte), or none (only to a mail server on this machine)"),
    setting("mail.user", "", "user name at the mail server, if it asks for one"),
    setting("mail.password", "", "password at the mail server"),
    setting("mail.from", "", "sender, such as 收码 <no-reply@example.com>"),
    setting("mail.timeout_ms", "30000", "longest time for one mail"),
    setting(
        "mail.return.host",
        "",
        "mail server on which mails that come back are read (IMAP); empty for none: a later bounce is not noticed",
    ),
    setting("mail.return.port", "", "its port (default: 993 for tls, 143 for starttls and none)"),
    setting("mail.return.tls", "tls", "tls (from the first byte), starttls, or none (only to a mail server on this machine)"),
    setting("mail.return.user", "", "user name of the return mailbox"),
    setting("mail.return.password_file", "", "file with its password, readable by nobody else"),
    setting("mail.return.mailbox", "INBOX", "folder in which returned mails lie; other mail in it is left alone"),
    setting("mail.return.every_s", "60", "how often it is looked into"),
    setting("mail.return.address", "", "where mails come back to, if it is not the address of mail.from"),
    setting("sms.secret_id", "", "key id at Tencent Cloud SMS; empty, like the rest of sms, for none: people prove who they are by mail"),
    setting("sms.secret_key_file", "", "file with that key's secret, readable by nobody else"),
    setting("sms.sdk_app_id", "", "the application at Tencent Cloud SMS, such as 1400006666"),
    setting("sms.sign_name", "", "the approved name that stands before each message"),
    setting("sms.template_sign_in", "", "approved words for signing in with another WeChat: {1} is the code, {2} the minutes"),
    setting("sms.template_recovery", "", "approved words for a lost password, with the same holes"),
    setting("sms.template_not_me", "", "approved words for reporting a sign-in that was somebody else's, with the same holes"),
    setting(
        "sms.template_reminder",
        "",
        "approved words for reminders of debts: {1} is the organisation, {2} what for, {3} the yuan, {4} the end of the link; empty: nobody is reminded",
    ),
    setting("sms.url", "https://sms.tencentcloudapi.com", "address of Tencent Cloud SMS, or a stand-in's"),
    setting("sms.region", "ap-guangzhou", "its region"),
    setting("sms.timeout_ms", "10000", "longest time for one message"),
    setting("reminders.quiet_from", "21:00", "from when on nobody is reminded of debts, in Shanghai"),
    setting("reminders.quiet_until", "09:00", "until when; what was due meanwhile goes then"),
];

/// A setting that cannot work, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {why}")]
pub struct SettingError {
    /// The setting.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

fn wrong(name: &str, why: impl Into<String>) -> SettingError {
    SettingError { name: name.to_owned(), why: why.into() }
}

/// The server's settings, read and checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The public address, without a slash at the end.
    pub public_url: String,
    /// Where metrics are served, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The database.
    pub database_url: String,
    /// Most connections or readers.
    pub database_connections: u32,
    /// Most waiting writes.
    pub database_queue: usize,
    /// Built browser files.
    pub client_dir: Option<PathBuf>,
    /// Clips that replace the built-in ones.
    pub voice_dir: Option<PathBuf>,
    /// The log filter.
    pub log: String,
    /// Whether the log is JSON.
    pub log_is_json: bool,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Longest request.
    pub request_timeout_ms: u64,
    /// Largest ordinary body.
    pub body_limit_bytes: usize,
    /// Largest body with a photograph.
    pub photo_limit_bytes: usize,
    /// How long a payer may take.
    pub payment_expires_ms: i64,
    /// How long a session lives.
    pub session_ms: i64,
    /// Limits by address.
    pub limits: Limits,
    /// The mail server; `None` when there is none.
    pub mail: Option<MailSettings>,
    /// The provider of text messages; `None` when there is none.
    pub sms: Option<SmsSettings>,
    /// When nobody is reminded of debts.
    pub quiet_hours: QuietHours,
    /// WeChat Pay; `None` when nothing of it is set, which only `demo` and `init` accept.
    pub wechat: Option<WechatSettings>,
}

/// Limits by address.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Payments a minute.
    pub pay_per_minute: u32,
    /// Sign-ins an hour.
    pub sign_in_per_hour: u32,
    /// Text messages an hour.
    pub sms_per_hour: u32,
    /// Text messages an hour that anybody can ask for.
    pub anonymous_sms_per_hour: u32,
    /// Pages a minute.
    pub view_per_minute: u32,
    /// Addresses remembered.
    pub addresses: usize,
    /// Whether loopback is exempt (demo and tests).
    pub spare_loopback: bool,
}

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

/// The environment variable of a setting: `wechat.mchid` is `SHOUMA_WECHAT_MCHID`.
pub fn variable(name: &str) -> String {
    format!("SHOUMA_{}", name.replace('.', "_").to_uppercase())
}

/// The list of settings for `--help`.
pub fn help() -> String {
    let mut text = String::from("Settings (shouma.toml, path in SHOUMA_CONFIG; each overridable by the variable):\n");
    for Setting { name, default, about } in SETTINGS {
        let default = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let _ = writeln!(text, "  {:<38} {about}{default}", variable(name));
    }
    text
}

impl Config {
    /// Reads the file that `SHOUMA_CONFIG` names (or `shouma.toml` when there is one) and the environment.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn read(environment: &BTreeMap<String, String>) -> Result<Config, SettingError> {
        let named = environment.get("SHOUMA_CONFIG");
        let path = named.map_or_else(|| PathBuf::from("shouma.toml"), PathBuf::from);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) if named.is_none() => String::new(),
            Err(error) => return Err(wrong("SHOUMA_CONFIG", format!("{} cannot be read: {error}", path.display()))),
        };
        Values::new(&text, environment)?.config()
    }
}

/// Raw values by setting name.
struct Values(BTreeMap<&'static str, String>);

impl Values {
    fn new(file: &str, environment: &BTreeMap<String, String>) -> Result<Values, SettingError> {
        let mut values: BTreeMap<&'static str, String> = SETTINGS.iter().map(|s| (s.name, s.default.to_owned())).collect();
        if let Some(url) = environment.get("DATABASE_URL") {
            values.insert("database_url", url.clone());
        }
        let table: toml::Table = file.parse().map_err(|error: toml::de::Error| wrong("shouma.toml", error.message().to_owned()))?;
        for (name, value) in flat(table) {
            let known = SETTINGS.iter().find(|s| s.name == name).ok_or_else(|| wrong(&name, "there is no such setting"))?;
            values.insert(known.name, value);
        }
        let not_settings = ["SHOUMA_CONFIG", "SHOUMA_TOOLS"];
        let foreign = ["SHOUMA_SIM_", "SHOUMA_TEST_", "SHOUMA_KILL_", "SHOUMA_BENCH_", "SHOUMA_E2E_"];
        for (variable_name, value) in environment {
            if !variable_name.starts_with("SHOUMA_")
                || not_settings.contains(&variable_name.as_str())
                || foreign.iter().any(|f| variable_name.starts_with(f))
            {
                continue;
            }
            let known = SETTINGS.iter().find(|s| variable(s.name) == *variable_name);
            let known = known.ok_or_else(|| wrong(variable_name, "there is no such setting; see shouma serve --help"))?;
            values.insert(known.name, value.clone());
        }
        Ok(Values(values))
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(&self, name: &str, least: T, most: T) -> Result<T, SettingError> {
        match self.text(name).parse::<T>() {
            Ok(number) if number >= least && number <= most => Ok(number),
            _ => Err(wrong(name, format!("{:?} is not a number from {least} to {most}", self.text(name)))),
        }
    }

    fn address(&self, name: &str) -> Result<SocketAddr, SettingError> {
        let text = self.text(name);
        text.parse().map_err(|_| wrong(name, format!("{text:?} is not an address and port such as 127.0.0.1:3000")))
    }

    fn url(&self, name: &str) -> Result<String, SettingError> {
        let text = self.text(name).trim_end_matches('/');
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match host {
            Some(host) if !host.is_empty() && !text.contains(['?', '#', ' ']) => Ok(text.to_owned()),
            _ => Err(wrong(name, format!("{text:?} is not an address such as https://pay.example.com"))),
        }
    }

    fn config(&self) -> Result<Config, SettingError> {
        let listen = self.address("listen")?;
        let public_url = if self.given("public_url").is_some() { self.url("public_url")? } else { format!("http://{listen}") };
        let database_url = self.text("database_url").to_owned();
        if !["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| database_url.starts_with(scheme)) {
            return Err(wrong("database_url", "must begin with sqlite:// or postgres://"));
        }
        Ok(Config {
            listen,
            public_url,
            metrics_listen: self.given("metrics_listen").map(|_| self.address("metrics_listen")).transpose()?,
            database_url,
            database_connections: self.number("database_connections", 1, 1000)?,
            database_queue: self.number("database_queue", 1, 1_000_000)?,
            client_dir: self.given("client_dir").map(PathBuf::from),
            voice_dir: self.given("voice_dir").map(PathBuf::from),
            log: self.text("log").to_owned(),
            log_is_json: match self.text("log_format") {
                "json" => true,
                "text" => false,
                other => return Err(wrong("log_format", format!("{other:?} is neither json nor text"))),
            },
            trusted_proxies: self.proxies()?,
            request_timeout_ms: self.number("request_timeout_ms", 100, 600_000)?,
            body_limit_bytes: self.number("body_limit_bytes", 1024, 100_000_000)?,
            photo_limit_bytes: self.number("photo_limit_bytes", 1024, 100_000_000)?,
            // The channel refuses an order that has less than a minute to live when it arrives, and its tickets live two hours.
            payment_expires_ms: self.number("payment_expires_s", 75, 7_200)? * 1000,
            session_ms: self.number("session_days", 1, 365)? * 86_400_000,
            limits: Limits {
                pay_per_minute: self.number("limits_pay_per_minute", 1, 1_000_000)?,
                sign_in_per_hour: self.number("limits_sign_in_per_hour", 1, 1_000_000)?,
                sms_per_hour: self.number("limits_sms_per_hour", 1, 1_000_000)?,
                anonymous_sms_per_hour: self.number("limits_anonymous_sms_per_hour", 1, 1_000_000)?,
                view_per_minute: self.number("limits_view_per_minute", 1, 10_000_000)?,
                addresses: self.number("limits_addresses", 100, 10_000_000)?,
                spare_loopback: false,
            },
            mail: self.mail()?,
            sms: self.sms()?,
            quiet_hours: self.quiet_hours()?,
            wechat: self.wechat()?,
        })
    }

    fn proxies(&self) -> Result<Vec<IpAddr>, SettingError> {
        let parts = self.text("trusted_proxies").split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|_| wrong("trusted_proxies", format!("{part:?} is not an IP address")))).collect()
    }

    fn wechat(&self) -> Result<Option<WechatSettings>, SettingError> {
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
        let needed = |name: &'static str| self.given(name).ok_or_else(|| wrong(name, "is needed together with the other wechat settings"));
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

/// A file with a key that others on the machine can read is refused.
fn secret_file(name: &str, path: &Path) -> Result<Secret, SettingError> {
    let refuse = |why: String| wrong(name, why);
    let bytes = std::fs::read(path).map_err(|error| refuse(format!("{} cannot be read: {error}", path.display())))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(refuse(format!("{} can be read by others; run chmod 600 on it", path.display())));
        }
    }
    Ok(Secret::of(bytes))
}

/// `[wechat] mchid = "1"` becomes `wechat.mchid = 1`.
fn flat(table: toml::Table) -> Vec<(String, String)> {
    let mut found = vec![];
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => found.extend(flat(inner).into_iter().map(|(below, value)| (format!("{name}.{below}"), value))),
            toml::Value::String(text) => found.push((name, text)),
            other => found.push((name, other.to_string())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Values::new(file, &environment).and_then(|values| values.config()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let config = read("listen = \"0.0.0.0:80\"\nsession_days = 7", &[("SHOUMA_LISTEN", "127.0.0.1:9")]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:9");
        assert_eq!(config.session_ms, 7 * 86_400_000);
        assert_eq!(config.public_url, "http://127.0.0.1:9");
        assert_eq!(config.database_url, "sqlite://var/shouma.db");
        assert_eq!(read("", &[("DATABASE_URL", "postgres://x")]).unwrap().database_url, "postgres://x");
    }

    #[test]
    fn a_wrong_setting_is_one_line_that_names_it() {
        let table = [
            ("listen = \"here\"", &[][..], "listen: \"here\" is not an address and port such as 127.0.0.1:3000"),
            ("colour = \"red\"", &[], "colour: there is no such setting"),
            ("", &[("SHOUMA_COLOUR", "red")], "SHOUMA_COLOUR: there is no such setting; see shouma serve --help"),
            ("session_days = 0", &[], "session_days: \"0\" is not a number from 1 to 365"),
            ("database_url = \"mysql://x\"", &[], "database_url: must begin with sqlite:// or postgres://"),
            ("[wechat]\nmchid = \"1900000001\"", &[], "wechat.appid: is needed together with the other wechat settings"),
            ("public_url = \"pay.example.com\"", &[], "public_url: \"pay.example.com\" is not an address such as https://pay.example.com"),
            ("[mail]\nhost = \"smtp.example.com\"", &[], "mail.from: is needed together with mail.host"),
            ("[mail]\nfrom = \"a@b.c\"", &[], "mail.from: is of no use without mail.host"),
            (
                "[mail]\nhost = \"smtp.example.com\"\nfrom = \"nobody\"",
                &[],
                "mail.from: \"nobody\" is no sender such as 收码 <no-reply@example.com>",
            ),
            (
                "[mail]\nhost = \"smtp.example.com\"\nfrom = \"a@b.c\"\ntls = \"none\"",
                &[],
                "mail.tls: none would send links in clear; only a mail server on this machine may do without",
            ),
            (
                "[mail]\nhost = \"smtp.example.com\"\nfrom = \"a@b.c\"\nuser = \"u\"",
                &[],
                "mail.password: is needed together with mail.user",
            ),
            ("trusted_proxies = \"10.0.0.1, here\"", &[], "trusted_proxies: \"here\" is not an IP address"),
        ];
        for (file, variables, expected) in table {
            assert_eq!(read(file, variables).map(drop), Err(expected.to_owned()), "{file}");
        }
    }

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

    #[test]
    fn a_private_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        std::fs::write(&path, "key").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(secret_file("wechat.private_key_file", &path).unwrap_err().to_string().contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(secret_file("wechat.private_key_file", &path).is_ok());
    }
}

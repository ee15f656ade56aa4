//! Settings: a file `shouma.toml`, each value overridable by `SHOUMA_...`. A wrong one is a single clear line.
//!
//! `settings.rs` lists what there is, `values.rs` reads it, and each outside service has a file of its own that says what it needs.

mod mail;
mod settings;
mod sms;
mod values;
mod wechat;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use domain::receivable::QuietHours;

pub use mail::{MailSettings, MailTls, ReturnSettings};
pub use settings::{SETTINGS, Setting, help, variable};
pub use sms::{SmsSettings, SmsTemplates};
pub use values::SettingError;
use values::{Values, wrong};
pub use wechat::{MessageSettings, WechatSettings, message_fields};

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
    /// Longest wait for the head of a request.
    pub header_timeout_ms: u64,
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
    /// How long an administrator's session lives without being used.
    pub administrator_idle_ms: i64,
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

impl Values {
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
            header_timeout_ms: self.number("header_timeout_ms", 100, 600_000)?,
            request_timeout_ms: self.number("request_timeout_ms", 100, 600_000)?,
            body_limit_bytes: self.number("body_limit_bytes", 1024, 100_000_000)?,
            photo_limit_bytes: self.number("photo_limit_bytes", 1024, 100_000_000)?,
            // The channel refuses an order that has less than a minute to live when it arrives, and its tickets live two hours.
            payment_expires_ms: self.number("payment_expires_s", 75, 7_200)? * 1000,
            session_ms: self.number("session_days", 1, 365)? * 86_400_000,
            administrator_idle_ms: self.number("administrator_idle_minutes", 1, 720)? * 60_000,
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
            ("administrator_idle_minutes = 721", &[], "administrator_idle_minutes: \"721\" is not a number from 1 to 720"),
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
}

//! Every setting there is: its name, its default, and what it is for.

use std::fmt::Write as _;

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
pub(super) const MESSAGE_FIELDS: &str = "thing1=what, amount2=sum, time3=until, thing4=largest, thing5=refunds";

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
    setting(
        "header_timeout_ms",
        "30000",
        "longest time until a connection has sent a whole request head, also the next one on a kept connection",
    ),
    setting("request_timeout_ms", "30000", "longest time for one request"),
    setting("body_limit_bytes", "65536", "largest request body; photographs and notices have limits of their own"),
    setting("photo_limit_bytes", "8388608", "largest request with a photograph"),
    setting("payment_expires_s", "900", "how long a payer may take to pay"),
    setting("session_days", "30", "how long a manager stays signed in"),
    setting("administrator_idle_minutes", "30", "how long an administrator stays signed in without opening a page; twelve hours in all"),
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
    setting("sms.per_day", "1000", "most messages that one organisation causes on a day; more go the next day, codes not at all"),
    setting("reminders.quiet_from", "21:00", "from when on nobody is reminded of debts, in Shanghai"),
    setting("reminders.quiet_until", "09:00", "until when; what was due meanwhile goes then"),
];

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

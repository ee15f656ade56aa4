//! Settings of text messages: an account at Tencent Cloud SMS, or none.

use domain::one_time::Purpose;
use domain::receivable::QuietHours;

use super::values::{SettingError, Values, secret_line, wrong};
use crate::channels::secret::Secret;
use crate::text_budget::TextBudget;

/// What an operator configures for text messages.
#[derive(Debug, Clone)]
pub struct SmsSettings {
    /// The provider's address or a stand-in's, without a slash at the end.
    pub url: String,
    /// The provider's region.
    pub region: String,
    /// Who asks.
    pub secret_id: String,
    /// By which requests are signed.
    pub secret_key: Secret,
    /// The application at the provider.
    pub sdk_app_id: String,
    /// The name in brackets before each message, as it was approved.
    pub sign_name: String,
    /// The words, as they were approved.
    pub templates: SmsTemplates,
    /// Longest time for one message.
    pub timeout_ms: u64,
    /// Most messages that one organisation causes on a day.
    pub budget: TextBudget,
}

/// The approved words for each purpose of a code, each with two holes, for the code and for the minutes; and those for reminders.
#[derive(Debug, Clone)]
pub struct SmsTemplates {
    /// For [`Purpose::SignIn`].
    pub sign_in: String,
    /// For [`Purpose::Recovery`].
    pub recovery: String,
    /// For [`Purpose::NotMe`].
    pub not_me: String,
    /// For reminders of debts, with holes of its own; without them nobody is reminded.
    pub reminder: Option<String>,
}

impl SmsTemplates {
    /// The words for this purpose.
    pub fn of(&self, purpose: Purpose) -> &str {
        match purpose {
            Purpose::SignIn => &self.sign_in,
            Purpose::Recovery => &self.recovery,
            Purpose::NotMe => &self.not_me,
        }
    }
}

/// Those that come together or not at all.
const NEEDED: [&str; 7] = [
    "sms.secret_id",
    "sms.secret_key_file",
    "sms.sdk_app_id",
    "sms.sign_name",
    "sms.template_sign_in",
    "sms.template_recovery",
    "sms.template_not_me",
];

impl Values {
    pub(super) fn sms(&self) -> Result<Option<SmsSettings>, SettingError> {
        let reminder = self.given("sms.template_reminder");
        if NEEDED.iter().all(|name| self.given(name).is_none()) && reminder.is_none() {
            return Ok(None);
        }
        let needed = |name| self.needed(name, "the other sms settings");
        let [secret_id, key_file, _, sign_name, ..] = NEEDED;
        let number = |name| -> Result<String, SettingError> {
            let text = needed(name)?;
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { Ok(text.to_owned()) } else { Err(wrong(name, format!("{text:?} is no number such as 1400006666"))) }
        };
        let url = self.url("sms.url")?;
        if url.starts_with("http://") && !is_this_machine(&url) {
            return Err(wrong("sms.url", "http would send codes in clear; only a stand-in on this machine may do without TLS"));
        }
        Ok(Some(SmsSettings {
            url,
            region: self.text("sms.region").to_owned(),
            secret_id: needed(secret_id)?.to_owned(),
            secret_key: secret_line(key_file, needed(key_file)?)?,
            sdk_app_id: number("sms.sdk_app_id")?,
            sign_name: needed(sign_name)?.to_owned(),
            templates: SmsTemplates {
                sign_in: number("sms.template_sign_in")?,
                recovery: number("sms.template_recovery")?,
                not_me: number("sms.template_not_me")?,
                reminder: reminder.map(|_| number("sms.template_reminder")).transpose()?,
            },
            timeout_ms: self.number("sms.timeout_ms", 1, 60_000)?,
            budget: TextBudget { per_day: self.number("sms.per_day", 1, 1_000_000)? },
        }))
    }
}

impl Values {
    /// The hours in which nobody is reminded.
    pub(super) fn quiet_hours(&self) -> Result<QuietHours, SettingError> {
        let minute = |name| {
            let text = self.text(name);
            QuietHours::minute(text).ok_or_else(|| wrong(name, format!("{text:?} is no time of the day such as 21:00")))
        };
        let (from, until) = (minute("reminders.quiet_from")?, minute("reminders.quiet_until")?);
        QuietHours::new(from, until)
            .ok_or_else(|| wrong("reminders.quiet_until", "is the same as reminders.quiet_from, which leaves no hours to remind in"))
    }
}

fn is_this_machine(url: &str) -> bool {
    let rest = url.trim_start_matches("http://");
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    matches!(host, "localhost" | "127.0.0.1") || rest.starts_with("[::1]")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Config;

    fn read(variables: &[(&str, &str)]) -> Result<Option<SmsSettings>, String> {
        let environment: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| (format!("SHOUMA_SMS_{name}"), (*value).to_owned())).collect();
        Config::read(&environment).map(|config| config.sms).map_err(|error| error.to_string())
    }

    #[test]
    fn text_messages_are_configured_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str, mode| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (key, open, empty) = (write("key", "a secret\n", 0o600), write("open", "x", 0o644), write("empty", "\n", 0o600));
        let whole = [
            ("SECRET_ID", "AKID"),
            ("SECRET_KEY_FILE", &key),
            ("SDK_APP_ID", "1400006666"),
            ("SIGN_NAME", "收码"),
            ("TEMPLATE_SIGN_IN", "1110"),
            ("TEMPLATE_RECOVERY", "1111"),
            ("TEMPLATE_NOT_ME", "1112"),
        ];
        assert!(read(&[]).unwrap().is_none());
        let settings = read(&whole).unwrap().unwrap();
        assert_eq!((settings.url.as_str(), settings.secret_key.reveal()), ("https://sms.tencentcloudapi.com", b"a secret".as_slice()));
        assert_eq!(settings.templates.of(Purpose::NotMe), "1112");
        assert_eq!(settings.templates.reminder, None);
        let with = [whole.as_slice(), &[("TEMPLATE_REMINDER", "1113")]].concat();
        assert_eq!(read(&with).unwrap().unwrap().templates.reminder.as_deref(), Some("1113"));
        assert!(read(&with[7..]).unwrap_err().ends_with(": is needed together with the other sms settings"), "reminders alone");
        for left_out in 0..whole.len() {
            let mut some = whole.to_vec();
            some.remove(left_out);
            assert!(read(&some).unwrap_err().ends_with(": is needed together with the other sms settings"), "{left_out}");
        }
        let open_line = format!("sms.secret_key_file: {open} can be read by others; run chmod 600 on it");
        let empty_line = format!("sms.secret_key_file: {empty} is empty");
        let table = [
            ("SECRET_KEY_FILE", open.as_str(), open_line.as_str()),
            ("SECRET_KEY_FILE", empty.as_str(), empty_line.as_str()),
            ("SDK_APP_ID", "my app", "sms.sdk_app_id: \"my app\" is no number such as 1400006666"),
            ("TEMPLATE_RECOVERY", "x1", "sms.template_recovery: \"x1\" is no number such as 1400006666"),
            (
                "URL",
                "http://sms.example.com",
                "sms.url: http would send codes in clear; only a stand-in on this machine may do without TLS",
            ),
            ("TEMPLATE_REMINDER", "mine", "sms.template_reminder: \"mine\" is no number such as 1400006666"),
            ("TIMEOUT_MS", "0", "sms.timeout_ms: \"0\" is not a number from 1 to 60000"),
            ("PER_DAY", "0", "sms.per_day: \"0\" is not a number from 1 to 1000000"),
        ];
        for (name, value, expected) in table {
            let mut other: Vec<(&str, &str)> = whole.iter().filter(|(known, _)| *known != name).copied().collect();
            other.push((name, value));
            assert_eq!(read(&other).map(drop), Err(expected.to_owned()), "{name}");
        }
        let mut local = whole.to_vec();
        local.push(("URL", "http://localhost:4000"));
        assert!(read(&local).is_ok());
    }

    #[test]
    fn quiet_hours_have_two_different_ends() {
        let read = |from: &str, until: &str| {
            let variables = [("SHOUMA_REMINDERS_QUIET_FROM", from), ("SHOUMA_REMINDERS_QUIET_UNTIL", until)];
            let environment: BTreeMap<String, String> = variables
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            Config::read(&environment).map(|config| config.quiet_hours.ends()).map_err(|error| error.to_string())
        };
        let ends = |from: &str, until: &str| Ok((from.to_owned(), until.to_owned()));
        let table = [
            ("", "", ends("21:00", "09:00")),
            ("20:30", "", ends("20:30", "09:00")),
            ("12:00", "14:00", ends("12:00", "14:00")),
            ("9 pm", "", Err("reminders.quiet_from: \"9 pm\" is no time of the day such as 21:00".to_owned())),
            ("", "24:00", Err("reminders.quiet_until: \"24:00\" is no time of the day such as 21:00".to_owned())),
            (
                "09:00",
                "09:00",
                Err("reminders.quiet_until: is the same as reminders.quiet_from, which leaves no hours to remind in".to_owned()),
            ),
        ];
        for (from, until, expected) in table {
            assert_eq!(read(from, until), expected, "{from} {until}");
        }
    }
}

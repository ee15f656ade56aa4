//! Settings of mails: the server that takes ours, and the mailbox to which they come back.

use domain::letter::MailAddress;

use super::values::{SettingError, Values, secret_line, wrong};
use crate::channels::secret::Secret;

/// How the connection to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// It begins in clear and must turn to TLS.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all: only to this machine.
    None,
}

/// What an operator configures for sending mails.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub tls: MailTls,
    /// User name and password, if it asks for them.
    pub credentials: Option<(String, Secret)>,
    /// The sender.
    pub from: String,
    /// Longest time for one mail.
    pub timeout_ms: u64,
    /// The mailbox to which mails come back; `None` when nobody reads it.
    pub returns: Option<ReturnSettings>,
}

/// What an operator configures for mails that come back.
#[derive(Debug, Clone)]
pub struct ReturnSettings {
    /// The mail server on which the mailbox is read (IMAP).
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub tls: MailTls,
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// The folder.
    pub mailbox: String,
    /// How often it is looked into.
    pub every_ms: i64,
    /// Longest time for one answer of the mail server.
    pub timeout_ms: u64,
    /// Where mails come back to, if not to the address of the sender.
    pub address: Option<MailAddress>,
}

/// The longest that one mail may take. Sixteen letters are taken up in one go and sent four at once (`letters.rs`): four mails after each
/// other, 4 × 180 s = 12 min. They are leased for 15 min, and a lease lasts longer than the work ([`crate::leases`]): 3 min are left for
/// what is written before and after each mail. Otherwise another instance would send the last ones a second time.
const MOST_TIMEOUT_MS: u64 = 180_000;

/// Those that are of no use without `mail.host`.
const SENDING: [&str; 3] = ["mail.user", "mail.password", "mail.from"];

/// Those that are of no use without `mail.return.host`, or that host without `mail.host`.
const RETURNING: [&str; 4] = ["mail.return.host", "mail.return.user", "mail.return.password_file", "mail.return.address"];

impl Values {
    pub(super) fn mail(&self) -> Result<Option<MailSettings>, SettingError> {
        let Some(host) = self.given("mail.host") else {
            let orphan = SENDING.into_iter().chain(RETURNING).find(|name| self.given(name).is_some());
            return orphan.map_or(Ok(None), |name| Err(wrong(name, "is of no use without mail.host")));
        };
        let tls = self.mail_tls("mail.tls", host, "none would send links in clear; only a mail server on this machine may do without")?;
        let usual_port = match tls {
            MailTls::Starttls => 587,
            MailTls::Tls => 465,
            MailTls::None => 25,
        };
        let credentials = match (self.given("mail.user"), self.given("mail.password")) {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user.to_owned(), Secret::of(password))),
            (Some(_), None) => return Err(wrong("mail.password", "is needed together with mail.user")),
            (None, Some(_)) => return Err(wrong("mail.user", "is needed together with mail.password")),
        };
        let from = self.needed("mail.from", "mail.host")?;
        crate::senders::mail::check_sender(from).map_err(|why| wrong("mail.from", why))?;
        Ok(Some(MailSettings {
            host: host.to_owned(),
            port: if self.given("mail.port").is_some() { self.number("mail.port", 1, u16::MAX)? } else { usual_port },
            tls,
            credentials,
            from: from.to_owned(),
            timeout_ms: self.number("mail.timeout_ms", 1, MOST_TIMEOUT_MS)?,
            returns: self.returns()?,
        }))
    }

    fn returns(&self) -> Result<Option<ReturnSettings>, SettingError> {
        let Some(host) = self.given("mail.return.host") else {
            let orphan = RETURNING.into_iter().find(|name| self.given(name).is_some());
            return orphan.map_or(Ok(None), |name| Err(wrong(name, "is of no use without mail.return.host")));
        };
        let needed = |name| self.needed(name, "mail.return.host");
        let in_clear = "none would send a password in clear; only a mail server on this machine may do without";
        let tls = self.mail_tls("mail.return.tls", host, in_clear)?;
        let usual_port = if tls == MailTls::Tls { 993 } else { 143 };
        let address = match self.given("mail.return.address") {
            Some(text) => {
                let no_address = || wrong("mail.return.address", format!("{text:?} is no address such as returns@example.com"));
                Some(MailAddress::parse(text).ok_or_else(no_address)?)
            }
            None => None,
        };
        let port = if self.given("mail.return.port").is_some() { self.number("mail.return.port", 1, u16::MAX)? } else { usual_port };
        Ok(Some(ReturnSettings {
            host: host.to_owned(),
            port,
            tls,
            user: needed("mail.return.user")?.to_owned(),
            password: secret_line("mail.return.password_file", needed("mail.return.password_file")?)?,
            mailbox: needed("mail.return.mailbox")?.to_owned(),
            every_ms: self.number("mail.return.every_s", 5, 86_400)? * 1000,
            timeout_ms: self.number("mail.timeout_ms", 1, MOST_TIMEOUT_MS)?,
            address,
        }))
    }

    fn mail_tls(&self, name: &'static str, host: &str, in_clear: &str) -> Result<MailTls, SettingError> {
        match self.text(name) {
            "starttls" => Ok(MailTls::Starttls),
            "tls" => Ok(MailTls::Tls),
            "none" if ["localhost", "127.0.0.1", "::1"].contains(&host) => Ok(MailTls::None),
            "none" => Err(wrong(name, in_clear)),
            other => Err(wrong(name, format!("{other:?} is neither starttls, tls nor none"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Config;
    use crate::leases::Work;
    use crate::letters;
    use crate::store::letters::DueLetter;

    fn read(variables: &[(&str, &str)]) -> Result<Option<ReturnSettings>, String> {
        let environment: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| (format!("SHOUMA_MAIL_{name}"), (*value).to_owned())).collect();
        Config::read(&environment).map(|config| config.mail.and_then(|mail| mail.returns)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_lease_of_letters_outlasts_the_slowest_mails_that_may_be_configured() {
        let one_after_the_other = DueLetter::BATCH.cast_unsigned().div_ceil(letters::AT_ONCE as u64);
        let slowest_ms = one_after_the_other * MOST_TIMEOUT_MS;
        let left_ms = DueLetter::LEASE_MS.cast_unsigned().checked_sub(slowest_ms).expect("a lease lasts longer than the work");
        assert!(left_ms >= 60_000, "{left_ms} ms are left for what is written");
        let sending = [("HOST", "smtp.example.com"), ("FROM", "no-reply@example.com")];
        let with = |timeout: &str| read(&[sending.as_slice(), &[("TIMEOUT_MS", timeout)]].concat()).map(drop);
        assert_eq!(with("180000"), Ok(()));
        for timeout in ["0", "180001", "600000"] {
            assert_eq!(with(timeout), Err(format!("mail.timeout_ms: {timeout:?} is not a number from 1 to 180000")));
        }
    }

    #[test]
    fn a_return_mailbox_is_configured_beside_the_mail_server_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str, mode| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (word, open, empty) = (write("word", "a secret\n", 0o600), write("open", "x", 0o644), write("empty", "\n", 0o600));
        let sending = [("HOST", "smtp.example.com"), ("FROM", "no-reply@example.com")];
        let whole =
            [sending.as_slice(), &[("RETURN_HOST", "imap.example.com"), ("RETURN_USER", "r"), ("RETURN_PASSWORD_FILE", &word)]].concat();
        assert!(read(&sending).unwrap().is_none());
        let found = read(&whole).unwrap().unwrap();
        assert_eq!((found.port, found.tls, found.mailbox.as_str(), found.every_ms), (993, MailTls::Tls, "INBOX", 60_000));
        assert_eq!((found.password.reveal(), found.address), (b"a secret".as_slice(), None));
        let open_line = format!("mail.return.password_file: {open} can be read by others; run chmod 600 on it");
        let empty_line = format!("mail.return.password_file: {empty} is empty");
        let clear_line = "mail.return.tls: none would send a password in clear; only a mail server on this machine may do without";
        let table = [
            ("HOST", "", "mail.from: is of no use without mail.host"),
            ("RETURN_HOST", "", "mail.return.user: is of no use without mail.return.host"),
            ("RETURN_USER", "", "mail.return.user: is needed together with mail.return.host"),
            ("RETURN_PASSWORD_FILE", "", "mail.return.password_file: is needed together with mail.return.host"),
            ("RETURN_PASSWORD_FILE", open.as_str(), open_line.as_str()),
            ("RETURN_PASSWORD_FILE", empty.as_str(), empty_line.as_str()),
            ("RETURN_TLS", "none", clear_line),
            ("RETURN_TLS", "ssl", "mail.return.tls: \"ssl\" is neither starttls, tls nor none"),
            ("RETURN_PORT", "x", "mail.return.port: \"x\" is not a number from 1 to 65535"),
            ("RETURN_EVERY_S", "1", "mail.return.every_s: \"1\" is not a number from 5 to 86400"),
            ("RETURN_MAILBOX", "", "mail.return.mailbox: is needed together with mail.return.host"),
            ("RETURN_ADDRESS", "nobody", "mail.return.address: \"nobody\" is no address such as returns@example.com"),
        ];
        for (name, value, expected) in table {
            let mut other: Vec<(&str, &str)> = whole.iter().filter(|(known, _)| *known != name).copied().collect();
            other.push((name, value));
            assert_eq!(read(&other).map(drop), Err(expected.to_owned()), "{name}={value}");
        }
        let local = [whole.as_slice(), &[("RETURN_ADDRESS", "Back@Example.com")]].concat();
        assert_eq!(read(&local).unwrap().unwrap().address.unwrap().as_str(), "Back@example.com");
        assert_eq!(read(&whole[2..]).unwrap_err(), "mail.return.host: is of no use without mail.host");
    }
}

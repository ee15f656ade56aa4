//! Mails by SMTP: one mail to one person, plain text in UTF-8.

use std::time::Duration;

use domain::letter::MailAddress;
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use uuid::Uuid;

use crate::channels::secret::Secret;
use crate::config::{MailSettings, MailTls};

/// A mail server that takes our mails. Clones share it.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    back_to: Option<Address>,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail<'a> {
    /// Its identity: the same for every try, so that mail programs show a mail that was sent twice once.
    pub id: Uuid,
    /// To whom.
    pub to: &'a MailAddress,
    /// The line above it.
    pub subject: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server refuses this mail for good (5xx), in its own words.
    #[error("refused: {0}")]
    Refused(String),
    /// Not now (4xx), or no server could be reached, or it does not let us in; in its own words.
    #[error("not now: {0}")]
    NotNow(String),
}

/// Longest reason that is kept.
const MOST_REASON_CHARS: usize = 300;

/// Answers of a server about whoever sends, not about the mail or who gets it: signing in is needed or failed.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

impl Mailer {
    /// The mail server of these settings. Nothing is asked of it before the first mail.
    ///
    /// # Errors
    /// The setting that cannot work, in one line.
    pub fn new(settings: &MailSettings) -> Result<Mailer, String> {
        let timeout = Duration::from_millis(settings.timeout_ms);
        let parameters = || TlsParameters::new(settings.host.clone()).map_err(|error| format!("mail.tls: {error}"));
        let tls = match settings.tls {
            MailTls::Starttls => Tls::Required(parameters()?),
            MailTls::Tls => Tls::Wrapper(parameters()?),
            MailTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.as_str())
            .port(settings.port)
            .tls(tls)
            .timeout(Some(timeout));
        if let Some((user, password)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), text(password)));
        }
        let from = sender(&settings.from).map_err(|why| format!("mail.from: {why}"))?;
        let back_to = settings.returns.as_ref().and_then(|returns| returns.address.as_ref());
        let back_to = back_to.map(|address| address.as_str().parse()).transpose();
        let back_to = back_to.map_err(|error| format!("mail.return.address: {error}"))?;
        Ok(Mailer { from, back_to, transport: builder.build(), timeout })
    }

    /// The host in the identities of our mails.
    pub fn id_host(&self) -> &str {
        self.from.email.domain()
    }

    /// Sends a mail. `Ok` when the server took it, which is all that can be known.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let message = self.message(mail).map_err(MailError::Refused)?;
        match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(judge(&error)),
            Err(_) => Err(MailError::NotNow("the mail server did not answer in time".to_owned())),
        }
    }

    fn message(&self, mail: &Mail<'_>) -> Result<Message, String> {
        let to = Mailbox::new(None, mail.to.as_str().parse().map_err(|_| "no mail server takes this address".to_owned())?);
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.clone())
            .subject(mail.subject)
            .message_id(Some(format!("<{}@{}>", mail.id.simple(), self.id_host())))
            .header(ContentType::TEXT_PLAIN);
        let message = match &self.back_to {
            Some(back_to) => message.envelope(Envelope::new(Some(back_to.clone()), vec![to.email]).map_err(|error| error.to_string())?),
            None => message,
        };
        message.body(mail.text.to_owned()).map_err(|error| error.to_string())
    }
}

/// The letter of a mail with this identity, which may stand in angle brackets; `None` when it is none of ours.
pub fn letter_of(message_id: &str, id_host: &str) -> Option<Uuid> {
    let (local, host) = message_id.trim().trim_start_matches('<').trim_end_matches('>').split_once('@')?;
    let is_ours = local.len() == 32 && host.eq_ignore_ascii_case(id_host);
    Uuid::try_parse(local).ok().filter(|_| is_ours)
}

/// Whether `from` can be a sender.
///
/// # Errors
/// Why not, in one line.
pub fn check_sender(from: &str) -> Result<(), String> {
    sender(from).map(drop)
}

fn sender(from: &str) -> Result<Mailbox, String> {
    from.parse().map_err(|_| format!("{from:?} is no sender such as 收码 <no-reply@example.com>"))
}

fn judge(error: &lettre::transport::smtp::Error) -> MailError {
    let code = error.status().map(u16::from);
    let about_us = code.is_some_and(|code| ABOUT_US.contains(&code));
    let words: String = said(error).chars().filter(|c| !c.is_control()).take(MOST_REASON_CHARS).collect();
    if error.is_permanent() && !about_us { MailError::Refused(words) } else { MailError::NotNow(words) }
}

/// `550 5.1.1 no such user`, or what is wrong with the connection.
fn said(error: &lettre::transport::smtp::Error) -> String {
    let inner = std::error::Error::source(error).map(ToString::to_string);
    match (error.status(), inner) {
        (Some(code), Some(inner)) => format!("{code} {inner}"),
        _ => error.to_string(),
    }
}

fn text(secret: &Secret) -> String {
    String::from_utf8_lossy(secret.reveal()).into_owned()
}

//! A mailbox read by IMAP (RFC 3501): what is unread in it is looked at without a trace, and marked as read where that is asked for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_imap::{Client, Session};
use futures::TryStreamExt;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::{MailTls, ReturnSettings};

/// So much of a mail is read. What is looked for stands at its beginning.
pub const MOST_BYTES: usize = 256 * 1024;

/// A mailbox on a mail server. Clones share nothing but its settings.
#[derive(Clone)]
pub struct Mailbox {
    settings: ReturnSettings,
    tls: TlsConnector,
}

/// Why a mailbox could not be read. No words of the server: they may repeat addresses, which are no matter for a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// No connection, or none that is kept secret.
    #[error("the mail server cannot be reached")]
    Unreachable,
    /// There is a server, but its certificate is not one to trust, or names another.
    #[error("the certificate of the mail server is not trusted")]
    NotTrusted,
    /// User or password is not accepted.
    #[error("the mail server does not let us in")]
    NotLetIn,
    /// There is no such folder, or it is closed.
    #[error("the folder cannot be opened")]
    NoFolder,
    /// The connection broke, or nobody understands what the server says.
    #[error("the mail server broke off")]
    Broken,
    /// The server takes too long.
    #[error("the mail server did not answer in time")]
    Late,
}

impl MailboxError {
    /// The word for it in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            MailboxError::Unreachable => "unreachable",
            MailboxError::NotTrusted => "not_trusted",
            MailboxError::NotLetIn => "not_let_in",
            MailboxError::NoFolder => "no_folder",
            MailboxError::Broken => "broken",
            MailboxError::Late => "late",
        }
    }
}

/// A connection, in clear or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Wire for T {}

type BoxedWire = Box<dyn Wire>;

/// A mailbox that is open.
pub struct OpenMailbox {
    session: Session<BoxedWire>,
    timeout: Duration,
    /// Which numbering of mails holds (RFC 3501, 2.3.1.1): under another one the numbers of mails mean nothing.
    pub validity: u32,
}

impl Mailbox {
    /// The mailbox of these settings. Nothing is asked of it before the first look.
    ///
    /// # Errors
    /// The setting that cannot work, in one line.
    pub fn new(settings: &ReturnSettings) -> Result<Mailbox, String> {
        let wrong = |error: rustls::Error| format!("mail.return.tls: {error}");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(wrong)?
            .with_no_client_auth();
        Ok(Mailbox { settings: settings.clone(), tls: TlsConnector::from(Arc::new(tls)) })
    }

    /// What tells it from others.
    pub fn name(&self) -> String {
        let ReturnSettings { host, port, user, mailbox, .. } = &self.settings;
        format!("{user}@{host}:{port}/{mailbox}")
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn open(&self) -> Result<OpenMailbox, MailboxError> {
        let timeout = Duration::from_millis(self.settings.timeout_ms);
        in_time(timeout, self.sign_in(timeout)).await
    }

    async fn sign_in(&self, timeout: Duration) -> Result<OpenMailbox, MailboxError> {
        let client = self.connect().await?;
        let password = String::from_utf8_lossy(self.settings.password.reveal()).into_owned();
        let mut session = client.login(&self.settings.user, password).await.map_err(|(error, _)| not_let_in(&error))?;
        // Some mail servers open no folder to a program that did not say what it is (RFC 2971).
        if session.capabilities().await.map_err(broken)?.has_str("ID") {
            session.id([("name", Some("shouma")), ("version", Some(env!("CARGO_PKG_VERSION")))]).await.map_err(broken)?;
        }
        let folder = session.select(&self.settings.mailbox).await.map_err(|error| no_folder(&error))?;
        Ok(OpenMailbox { session, timeout, validity: folder.uid_validity.unwrap_or(0) })
    }

    async fn connect(&self) -> Result<Client<BoxedWire>, MailboxError> {
        let ReturnSettings { host, port, tls, .. } = &self.settings;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|_| MailboxError::Unreachable)?;
        match tls {
            MailTls::None => greeted(Client::new(Box::new(stream) as BoxedWire)).await,
            MailTls::Tls => greeted(Client::new(self.hide(stream).await?)).await,
            MailTls::Starttls => {
                let mut client = greeted(Client::new(stream)).await?;
                client.run_command_and_check_ok("STARTTLS", None).await.map_err(|_| MailboxError::Unreachable)?;
                Ok(Client::new(self.hide(client.into_inner()).await?))
            }
        }
    }

    async fn hide(&self, stream: TcpStream) -> Result<BoxedWire, MailboxError> {
        let name = ServerName::try_from(self.settings.host.clone()).map_err(|_| MailboxError::Unreachable)?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| not_hidden(&error))?;
        Ok(Box::new(stream))
    }
}

impl OpenMailbox {
    /// The numbers of unread mails after `last`, in order.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn unread_after(&mut self, last: u32) -> Result<Vec<u32>, MailboxError> {
        let query = format!("UNSEEN UID {}:*", last.saturating_add(1));
        let found = in_time(self.timeout, async { self.session.uid_search(query).await.map_err(broken) }).await?;
        // Where there is none after it, the asterisk still means the last one.
        let mut found: Vec<u32> = found.into_iter().filter(|uid| *uid > last).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The first [`MOST_BYTES`] of a mail, which stays unread; `None` when it is there no more.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn peek(&mut self, uid: u32) -> Result<Option<Vec<u8>>, MailboxError> {
        let look = async {
            let query = format!("BODY.PEEK[]<0.{MOST_BYTES}>");
            let found: Vec<_> =
                self.session.uid_fetch(uid.to_string(), query).await.map_err(broken)?.try_collect().await.map_err(broken)?;
            // A server may tell of other mails at any time.
            let mail = found.iter().filter(|fetch| fetch.uid == Some(uid)).find_map(async_imap::types::Fetch::body);
            let mail = mail.map(|mail| mail[..mail.len().min(MOST_BYTES)].to_vec());
            if mail.is_none() {
                // A connection that was closed in between reads like a mail that is not there any more.
                self.session.noop().await.map_err(broken)?;
            }
            Ok(mail)
        };
        in_time(self.timeout, look).await
    }

    /// Marks mails as read.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn mark_read(&mut self, uids: &[u32]) -> Result<(), MailboxError> {
        if uids.is_empty() {
            return Ok(());
        }
        let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let mark = async {
            let told = self.session.uid_store(set, "+FLAGS (\\Seen)").await.map_err(broken)?;
            told.try_collect::<Vec<_>>().await.map(drop).map_err(broken)
        };
        in_time(self.timeout, mark).await
    }

    /// Says good-bye; what the server answers is no matter any more.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(self.timeout, self.session.logout()).await;
    }
}

async fn in_time<T>(timeout: Duration, act: impl Future<Output = Result<T, MailboxError>>) -> Result<T, MailboxError> {
    tokio::time::timeout(timeout, act).await.unwrap_or(Err(MailboxError::Late))
}

fn not_hidden(error: &std::io::Error) -> MailboxError {
    match error.get_ref().and_then(|why| why.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(_)) => MailboxError::NotTrusted,
        _ => MailboxError::Unreachable,
    }
}

/// The server speaks first.
async fn greeted<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug>(mut client: Client<T>) -> Result<Client<T>, MailboxError> {
    match client.read_response().await {
        Ok(Some(_)) => Ok(client),
        Ok(None) | Err(_) => Err(MailboxError::Broken),
    }
}

fn not_let_in(error: &async_imap::error::Error) -> MailboxError {
    match error {
        async_imap::error::Error::No(_) | async_imap::error::Error::Validate(_) => MailboxError::NotLetIn,
        _ => MailboxError::Broken,
    }
}

fn no_folder(error: &async_imap::error::Error) -> MailboxError {
    match error {
        async_imap::error::Error::No(_) | async_imap::error::Error::Validate(_) => MailboxError::NoFolder,
        _ => MailboxError::Broken,
    }
}

fn broken(_: async_imap::error::Error) -> MailboxError {
    MailboxError::Broken
}

//! Writing to people who sign in: what waits is sent, and what a mail server said is kept for the administrator (rows E3, E5).
//!
//! A letter is stored together with what it tells of, and sent after that is committed, at least once. Its link is drawn for each
//! try, so that the database never holds a secret that opens anything.

use app::Locale;
use app::letters::{Words, letter};
use domain::account::Lang;
use domain::letter::{LetterState, again_after_ms};
use domain::{AccountId, Millis, TenantId};
use uuid::Uuid;

use crate::clock::Clock;
use crate::fresh;
use crate::leases::{self, Work};
use crate::senders::mail::{Mail, MailError, Mailer};
use crate::store::letters::{DueLetter, Told};
use crate::store::sessions::TokenHash;
use crate::store::{Command, Store, StoreError, Tx, letters, sessions};
use crate::web::cookies::sha256;

/// Letters that are sent at once.
pub(crate) const AT_ONCE: usize = 4;

/// Everything that writing to people needs.
#[derive(Clone)]
pub struct Letters {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The mail server; `None` when none is configured.
    pub mailer: Option<Mailer>,
    /// What links begin with.
    pub public_url: String,
}

impl Letters {
    /// How a letter begins: waiting, unless nobody could ever send it.
    pub fn first_state(&self) -> LetterState {
        if self.mailer.is_some() { LetterState::Waiting } else { LetterState::NoServer }
    }

    /// Sends what is due; `true` when there may be more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn deliver(&self) -> Result<bool, StoreError> {
        leases::round(&self.store, (self.clock)(), AT_ONCE, |due| self.try_one(due)).await
    }

    async fn try_one(&self, due: DueLetter) -> Result<(), StoreError> {
        let told = self.send(&due).await?;
        let word = match told.state {
            LetterState::Waiting => "put_off",
            LetterState::Sent => "sent",
            LetterState::Refused => "refused",
            LetterState::Bounced => "bounced",
            LetterState::GivenUp => "given_up",
            LetterState::NoServer => "no_server",
        };
        metrics::counter!("shouma_letters_total", "result" => word).increment(1);
        if told.state != LetterState::Sent {
            // The words of a mail server may repeat the address, which is no matter for a log.
            tracing::warn!(letter = %due.letter.id, tries = due.tries, result = word, "a letter was not sent");
        }
        self.store.write(Tell { tenant: due.letter.tenant, id: due.letter.id, told, now: (self.clock)() }).await
    }

    async fn send(&self, due: &DueLetter) -> Result<Told, StoreError> {
        let now = (self.clock)();
        let ended = |state| Told { state, reason: None, due_at_ms: None };
        let Some(mailer) = &self.mailer else { return Ok(ended(LetterState::NoServer)) };
        if now.get() - due.created_at_ms.get() >= due.letter.kind.worth_ms() {
            return Ok(ended(LetterState::GivenUp));
        }
        let Some(link) = self.draw_link(due, now).await? else { return Ok(ended(LetterState::GivenUp)) };
        let words = Words { organisation: &due.tenant_name, name: &due.account_name, link: &link };
        let text = letter(locale(due.letter.lang), due.letter.kind, &words);
        let mail = Mail { id: due.letter.id, to: &due.letter.address, subject: &text.subject, text: &text.text };
        Ok(match mailer.send(&mail).await {
            Ok(()) => ended(LetterState::Sent),
            Err(MailError::Refused(reason)) => Told { state: LetterState::Refused, reason: Some(reason), due_at_ms: None },
            Err(MailError::NotNow(reason)) => {
                let due_at_ms = Some((self.clock)().plus_ms(again_after_ms(due.tries)));
                Told { state: LetterState::Waiting, reason: Some(reason), due_at_ms }
            }
        })
    }

    /// The address that the letter names: a fresh single-use link, or the sign-in page. `None` when the letter was taken back since
    /// it was taken up, because its address was corrected or its reader suspended.
    async fn draw_link(&self, due: &DueLetter, now: Millis) -> Result<Option<String>, StoreError> {
        let secret = fresh::token();
        let letter = &due.letter;
        let until = letter.kind.link_ms().map(|lasts_ms| now.plus_ms(lasts_ms));
        let draw = Draw { tenant: letter.tenant, id: letter.id, hash: sha256(&secret), account: letter.account, until };
        let is_wanted = self.store.write(draw).await?;
        let link = if until.is_some() { format!("{}/password/{secret}", self.public_url) } else { format!("{}/m", self.public_url) };
        Ok(is_wanted.then_some(link))
    }
}

/// The language of screens for a language in which people are written to.
pub fn locale(lang: Lang) -> Locale {
    match lang {
        Lang::Zh => Locale::zh,
        Lang::En => Locale::en,
    }
}

/// The language in which somebody is written to who reads screens in this one.
pub fn lang(locale: Locale) -> Lang {
    match locale {
        Locale::zh => Lang::Zh,
        Locale::en => Lang::En,
    }
}

impl Work for DueLetter {
    /// Longer than a mail server may take: the longest that a mail may be given follows from this (`config/mail.rs`).
    const LEASE_MS: i64 = 15 * 60_000;
    const BATCH: i64 = 16;

    async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<DueLetter>, StoreError> {
        letters::claim_due(tx, now, lease_until, limit).await
    }
}

struct Tell {
    tenant: TenantId,
    id: Uuid,
    told: Told,
    now: Millis,
}

impl Command for Tell {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        letters::tell(tx, self.tenant, self.id, &self.told, self.now).await
    }
}

struct Draw {
    tenant: TenantId,
    id: Uuid,
    hash: TokenHash,
    account: AccountId,
    until: Option<Millis>,
}

impl Command for Draw {
    /// Whether the letter is still to be sent.
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        if !letters::is_waiting(tx, self.tenant, self.id).await? {
            return Ok(false);
        }
        if let Some(until) = self.until {
            sessions::insert_link(tx, &self.hash, self.account, until).await?;
        }
        Ok(true)
    }
}

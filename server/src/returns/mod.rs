//! Mails that a mail server took first and that come back later: read from the return mailbox, told to the administrator beside the
//! letter (row E5).
//!
//! A report counts when it names a letter that was sent and the address that it was sent to. It changes a word on an
//! administrator's page and nothing else: the letter's link stays as good as it was, because a report is only as trustworthy as a mail.

pub mod report;

use std::sync::{Arc, Mutex, PoisonError};

use domain::Millis;
use domain::letter::LetterState;

use crate::clock::Clock;
use crate::config::Config;
use crate::senders::mail::Mailer;
use crate::senders::mailbox::{Mailbox, MailboxError, OpenMailbox};
use crate::store::return_mailbox::{self, Place};
use crate::store::{Command, Store, StoreError, Tx, letters};
use report::{Failure, Report};

/// How long a mailbox is left alone by other instances while one reads it: longer than a turn may take.
const LEASE_MS: i64 = 10 * 60_000;

/// The longest that a turn may take.
const TURN: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// Mails that are looked at in one turn.
const BATCH: usize = 32;

/// A mail at which reading broke off so often in a row is stepped over: otherwise no later one would ever be read.
const MOST_TRIES: u32 = 3;

/// The longest wait after turns that failed, unless mails are to be read more rarely anyway.
const MOST_WAIT_MS: i64 = 30 * 60_000;

/// Reading mails that come back.
#[derive(Clone)]
pub struct Returns {
    store: Store,
    clock: Clock,
    inner: Option<Inner>,
}

#[derive(Clone)]
struct Inner {
    mailbox: Mailbox,
    every_ms: i64,
    id_host: String,
    /// Where reading broke off last. Only this instance knows: after a restart it is counted anew.
    stumble: Arc<Mutex<Stumble>>,
}

/// The mail at which reading broke off, and how often in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stumble {
    validity: i64,
    uid: u32,
    times: u32,
}

impl Stumble {
    /// After reading broke off at this mail.
    fn at(self, validity: i64, uid: u32) -> Stumble {
        let is_same = (self.validity, self.uid) == (validity, uid);
        Stumble { validity, uid, times: if is_same { self.times + 1 } else { 1 } }
    }

    /// Whether the mail is stepped over, and not looked at again.
    fn is_hopeless(self) -> bool {
        self.times >= MOST_TRIES
    }
}

impl Inner {
    /// Notes that reading broke off at this mail; whether it is stepped over from now on.
    fn gives_up(&self, validity: i64, uid: u32) -> bool {
        let mut stumble = self.stumble.lock().unwrap_or_else(PoisonError::into_inner);
        *stumble = stumble.at(validity, uid);
        stumble.is_hopeless()
    }
}

impl Returns {
    /// The return mailbox of these settings, if there is one.
    ///
    /// # Errors
    /// The setting that cannot work, in one line.
    pub fn new(config: &Config, store: Store, clock: Clock) -> Result<Returns, String> {
        let Some((mail, returns)) = config.mail.as_ref().and_then(|mail| Some((mail, mail.returns.as_ref()?))) else {
            return Ok(Returns { store, clock, inner: None });
        };
        let id_host = Mailer::new(mail)?.id_host().to_owned();
        let inner = Inner { mailbox: Mailbox::new(returns)?, every_ms: returns.every_ms, id_host, stumble: Arc::default() };
        Ok(Returns { store, clock, inner: Some(inner) })
    }

    /// Whether there is a mailbox to read.
    pub fn is_set_up(&self) -> bool {
        self.inner.is_some()
    }

    /// Looks into the mailbox if it is due; `true` when there may be more.
    ///
    /// # Errors
    /// When the store does not answer. Trouble with the mailbox is counted, logged, and tried again ever more rarely.
    pub async fn round(&self) -> Result<bool, StoreError> {
        let Some(inner) = &self.inner else { return Ok(false) };
        let (name, now) = (inner.mailbox.name(), (self.clock)());
        if !return_mailbox::is_due(&mut self.store.read().await?.tx(), &name, now).await? {
            return Ok(false);
        }
        let lease_until = now.plus_ms(LEASE_MS);
        let Some(mut place) = self.store.write(Claim { name: name.clone(), now, lease_until }).await? else { return Ok(false) };
        let turned = tokio::time::timeout(TURN, self.turn(inner, &mut place)).await;
        let (wait_ms, has_more) = match turned.unwrap_or(Err(Trouble::Mailbox(MailboxError::Late))) {
            Ok(true) => (0, true),
            Ok(false) => (inner.every_ms, false),
            Err(Trouble::Mailbox(error)) => {
                place.failures += 1;
                let failures = place.failures;
                metrics::counter!("shouma_return_mailbox_total", "result" => error.word()).increment(1);
                tracing::warn!(%error, failures, "mails that came back could not be read; they are looked for again");
                (wait_ms(inner.every_ms, failures), false)
            }
            Err(Trouble::Store(error)) => return Err(error),
        };
        let due_at = (self.clock)().plus_ms(wait_ms);
        self.store.write(Leave { name, lease_until, place, due_at }).await?;
        Ok(has_more)
    }

    /// Reads what is unread after `place`, which goes on with every mail that was looked at: wherever reading breaks off, the next turn
    /// begins there. `true` when there may be more.
    async fn turn(&self, inner: &Inner, place: &mut Place) -> Result<bool, Trouble> {
        let mut open = inner.mailbox.open().await?;
        let validity = i64::from(open.validity);
        if validity != place.validity {
            (place.validity, place.last_uid) = (validity, 0);
        }
        let unread = open.unread_after(u32::try_from(place.last_uid).unwrap_or(0)).await?;
        let has_more = unread.len() > BATCH;
        for uid in unread.into_iter().take(BATCH) {
            match self.look_at(inner, &mut open, uid).await {
                Ok(()) => place.last_uid = i64::from(uid),
                Err(Trouble::Mailbox(error)) if inner.gives_up(validity, uid) => {
                    tracing::error!(%error, uid, "a mail in the return mailbox cannot be read; it is stepped over and stays unread");
                    // This connection may be of no use any more: the next turn goes on after the mail.
                    *place = Place { failures: 0, validity, last_uid: i64::from(uid) };
                    return Ok(true);
                }
                Err(trouble) => return Err(trouble),
            }
        }
        open.close().await;
        place.failures = 0;
        metrics::counter!("shouma_return_mailbox_total", "result" => "read").increment(1);
        Ok(has_more)
    }

    /// Looks at one mail. It is marked as read once the store took what it says, so that one that is read twice is never lost; every
    /// other stays as it was found.
    async fn look_at(&self, inner: &Inner, open: &mut OpenMailbox, uid: u32) -> Result<(), Trouble> {
        if let Some(raw) = open.peek(uid).await?
            && self.take(inner, raw).await?
        {
            open.mark_read(&[uid]).await?;
        }
        Ok(())
    }

    /// Takes a mail in; `true` when it tells of a letter that came back.
    async fn take(&self, inner: &Inner, raw: Vec<u8>) -> Result<bool, StoreError> {
        let id_host = inner.id_host.clone();
        // Anybody may write to this mailbox: a mail at which the reader stumbles must not end the reading.
        let read = tokio::task::spawn_blocking(move || report::read(&raw, &id_host)).await.unwrap_or(Report::NoReport);
        let (word, is_taken) = match read {
            Report::NoReport => ("no_report", false),
            Report::NotOurs => ("not_ours", false),
            Report::NotFinal => ("not_final", false),
            Report::Failed(failure) => {
                let letter = failure.letter;
                let (word, is_taken) = match self.store.write(Bounce { failure, now: (self.clock)() }).await? {
                    Bounced::Now => {
                        metrics::counter!("shouma_letters_total", "result" => "bounced").increment(1);
                        tracing::warn!(%letter, "a letter came back");
                        ("bounced", true)
                    }
                    Bounced::Before => ("before", true),
                    Bounced::Unfit => ("unfit", false),
                };
                (word, is_taken)
            }
        };
        metrics::counter!("shouma_returned_mails_total", "result" => word).increment(1);
        Ok(is_taken)
    }
}

/// How long to wait after so many turns that failed in a row.
fn wait_ms(every_ms: i64, failures: i64) -> i64 {
    let doubled = every_ms.saturating_mul(1 << failures.clamp(0, 20));
    doubled.min(MOST_WAIT_MS.max(every_ms))
}

enum Trouble {
    Store(StoreError),
    Mailbox(MailboxError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::Store(error)
    }
}

impl From<MailboxError> for Trouble {
    fn from(error: MailboxError) -> Trouble {
        Trouble::Mailbox(error)
    }
}

struct Claim {
    name: String,
    now: Millis,
    lease_until: Millis,
}

impl Command for Claim {
    type Done = Option<Place>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Place>, StoreError> {
        return_mailbox::claim(tx, &self.name, self.now, self.lease_until).await
    }
}

struct Leave {
    name: String,
    lease_until: Millis,
    place: Place,
    due_at: Millis,
}

impl Command for Leave {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        return_mailbox::leave(tx, &self.name, self.lease_until, &self.place, self.due_at).await
    }
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bounced {
    /// The letter is known to have come back from now on.
    Now,
    /// It was known.
    Before,
    /// There is no such letter, it was never sent, or not to this address.
    Unfit,
}

struct Bounce {
    failure: Failure,
    now: Millis,
}

impl Command for Bounce {
    type Done = Bounced;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Bounced, StoreError> {
        let Some(letter) = letters::addressed(tx, self.failure.letter).await? else { return Ok(Bounced::Unfit) };
        let Some(recipient) = self.failure.at(&letter.address) else { return Ok(Bounced::Unfit) };
        if letter.state == LetterState::Bounced {
            return Ok(Bounced::Before);
        }
        let is_new = letters::bounce(tx, letter.tenant, self.failure.letter, &recipient.reason(), self.now).await?;
        Ok(if is_new { Bounced::Now } else { Bounced::Unfit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_at_which_reading_breaks_off_three_times_in_a_row_is_stepped_over() {
        let table: [(&[(i64, u32)], bool); 6] = [
            (&[], false),
            (&[(1, 7), (1, 7)], false),
            (&[(1, 7), (1, 7), (1, 7)], true),
            (&[(1, 7), (1, 7), (1, 8)], false),
            (&[(1, 7), (1, 8), (1, 7)], false),
            (&[(1, 7), (1, 7), (2, 7)], false),
        ];
        for (stumbles, expected) in table {
            let last = stumbles.iter().fold(Stumble::default(), |last, (validity, uid)| last.at(*validity, *uid));
            assert_eq!(last.is_hopeless(), expected, "{stumbles:?}");
        }
    }

    #[test]
    fn waits_double_up_to_half_an_hour() {
        let table =
            [(60_000, 1, 120_000), (60_000, 2, 240_000), (60_000, 5, 1_800_000), (60_000, 1_000, 1_800_000), (86_400_000, 3, 86_400_000)];
        for (every_ms, failures, expected) in table {
            assert_eq!(wait_ms(every_ms, failures), expected, "{every_ms} {failures}");
        }
    }
}

//! 接收收款成功通知: messages of the WeChat account about money, to those who asked for them (E19, E20, I6).
//!
//! What happened waits in the outbox; [`Told`] lets listeners hear of it exactly once. A round takes what is due of each
//! listener into a posting, sends postings and stores what became of them. A posting keeps its number and its words until its fate is
//! known, so that a repetition tells nothing twice.

use std::sync::Arc;

use app::Locale;
use app::messages::{Part, Words};
use domain::digest::{GIVEN_UP_AFTER_MS, News, Unreached, repeat_pause_ms};
use domain::payment::Message;
use domain::{AccountId, Caller, Millis, TenantId};
use uuid::Uuid;

use crate::clock::Clock;
use crate::fresh;
use crate::leases::{self, Work};
use crate::senders::wechat_account::{AccountError, AccountEvent, AccountMessages, Outgoing};
use crate::store::listeners::{self, Listener};
use crate::store::postings::{self, Posting, PostingState};
use crate::store::{Command, Store, StoreError, Tx, outbox};

/// Most listeners of one round.
const MOST_LISTENERS: i64 = 64;

/// Letters that are sent at once.
const AT_ONCE: usize = 4;

/// The least time between two messages that somebody asks for to see one.
pub const TEST_PAUSE_MS: i64 = 60_000;

/// How long postings are kept after they were written.
pub const KEPT_MS: i64 = 30 * 86_400_000;

/// Everything that messages need.
#[derive(Clone)]
pub struct Messages {
    /// The database.
    pub store: Store,
    /// The account.
    pub account: Arc<dyn AccountMessages>,
    /// The time.
    pub clock: Clock,
    /// The public address, without a slash at the end; a message leads back here.
    pub public_url: String,
    /// The fields of the account's template and what stands in them.
    pub fields: Vec<(String, Part)>,
}

/// What became of a wish for a message to see one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tested {
    /// It is on its way.
    Sent,
    /// One was asked for less than a minute ago.
    TooSoon,
    /// Messages are off.
    Off,
}

impl Messages {
    /// Somebody's wish for messages, or `None`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn listener(&self, caller: &Caller) -> Result<Option<Listener>, StoreError> {
        let mut conn = self.store.read().await?;
        listeners::load(&mut conn.tx(), caller.tenant, caller.account).await
    }

    /// Switches messages on and sends a first one, which shows whether they get through. Where every message needs a consent, the
    /// first one is not spent on that.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn switch_on(&self, caller: &Caller, openid: &str, locale: Locale) -> Result<(), StoreError> {
        let now = (self.clock)();
        let (tenant, account) = (caller.tenant, caller.account);
        let lang = if locale == Locale::zh { "zh" } else { "en" };
        let greets = self.account.consent_template().is_none();
        let (id, posting) = (fresh::uuid(now), fresh::uuid(now));
        self.store.write(SwitchOn { tenant, account, id, posting, openid: openid.to_owned(), lang, greets, now }).await
    }

    /// Switches messages off.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn switch_off(&self, caller: &Caller) -> Result<(), StoreError> {
        self.store.write(SwitchOff { tenant: caller.tenant, account: caller.account }).await
    }

    /// Sends a message to see one.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn test(&self, caller: &Caller) -> Result<Tested, StoreError> {
        let now = (self.clock)();
        self.store.write(Test { tenant: caller.tenant, account: caller.account, posting: fresh::uuid(now), now }).await
    }

    /// Writes and sends what is due; whether there may be more at once.
    ///
    /// # Errors
    /// When the store does not do what it is asked.
    pub async fn round(&self) -> Result<bool, StoreError> {
        if !self.account.is_set_up() {
            return Ok(false);
        }
        let now = (self.clock)();
        let due = {
            let mut conn = self.store.read().await?;
            listeners::due(&mut conn.tx(), now, MOST_LISTENERS).await?
        };
        for (tenant, account) in due {
            self.store.write(Seal { tenant, account, posting: fresh::uuid(now), now }).await?;
        }
        let Claimed { postings: claimed, is_full } = self.store.write(Claim { now }).await?;
        leases::work_through(claimed, AT_ONCE, |(posting, to)| async move { self.send(&posting, to).await }).await?;
        Ok(is_full)
    }

    async fn send(&self, posting: &Posting, to: Listener) -> Result<(), StoreError> {
        let outcome = match self.account.send(&self.outgoing(posting, &to)).await {
            Ok(msgid) => Outcome::Accepted { msgid },
            Err(AccountError::Unanswered { why }) => {
                tracing::warn!(posting = %posting.id.simple(), why, "nobody knows whether a message was taken; it is sent again");
                Outcome::Unknown
            }
            Err(AccountError::Refused { why, errcode, said }) => {
                tracing::warn!(posting = %posting.id.simple(), errcode, said, "a message was refused");
                Outcome::Refused(why)
            }
        };
        let word = match outcome {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Unknown => "unknown",
            Outcome::Refused(_) => "refused",
        };
        metrics::counter!("shouma_account_messages_total", "result" => word).increment(1);
        self.store.write(Sent { tenant: posting.tenant, id: posting.id, outcome, now: (self.clock)() }).await
    }

    fn outgoing(&self, posting: &Posting, to: &Listener) -> Outgoing {
        let locale = if to.lang == "en" { Locale::en } else { Locale::zh };
        let words = Words::of(locale, &posting.news, posting.made_at_ms);
        let page = match posting.news {
            News::Digest(_) | News::Refunded { .. } => "/m/receipts",
            News::Test => "/m/settings/messages",
            News::Returning { .. } | News::WrongAmount { .. } | News::RefundStuck { .. } => "/m/concerns",
        };
        Outgoing {
            openid: to.openid.clone(),
            number: posting.id.simple().to_string(),
            url: format!("{}{page}", self.public_url),
            fields: self.fields.iter().map(|(name, part)| (name.clone(), words.fitting(*part, name))).collect(),
        }
    }

    /// Hears what the account tells. `false` when it is about a message that nobody here knows yet: the account tells it again.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn hear(&self, event: AccountEvent) -> Result<bool, StoreError> {
        let now = (self.clock)();
        match event {
            AccountEvent::Followed { openid } => self.store.write(Follow { openid, follows: true, now }).await.map(|()| true),
            AccountEvent::Unfollowed { openid } => self.store.write(Follow { openid, follows: false, now }).await.map(|()| true),
            AccountEvent::Finished { openid, msgid, lost } => self.store.write(Finish { openid, msgid, lost, now }).await,
            AccountEvent::Asked { openid, at_s, answers } => {
                let template = self.account.consent_template();
                match answers.iter().find(|(asked, _)| Some(asked.as_str()) == template) {
                    Some((_, true)) => self.store.write(Consent { openid, at_s, now }).await.map(|()| true),
                    _ => Ok(true),
                }
            }
            AccountEvent::Other => Ok(true),
        }
    }
}

/// A message of the outbox was taken care of: its row is done, and listeners hear of it, both or neither and once.
pub struct Told {
    /// The organisation.
    pub tenant: TenantId,
    /// The outbox row.
    pub id: Uuid,
    /// What it tells.
    pub message: Message,
    /// When it happened.
    pub at: Millis,
    /// A fresh UUID for the rows that follow.
    pub seed: Uuid,
    /// When it is taken care of.
    pub now: Millis,
}

impl Command for Told {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if outbox::done(tx, self.tenant, self.id, self.now).await? {
            listeners::hear(tx, self.tenant, &self.message, self.at, self.seed, self.now).await?;
        }
        Ok(())
    }
}

struct SwitchOn {
    tenant: TenantId,
    account: AccountId,
    id: Uuid,
    posting: Uuid,
    openid: String,
    lang: &'static str,
    greets: bool,
    now: Millis,
}

impl Command for SwitchOn {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let mut listener = listeners::begin(tx, self.tenant, self.account, self.id, &self.openid, self.lang, self.now).await?;
        if !self.greets {
            return Ok(());
        }
        listener.tested_at_ms = Some(self.now);
        listeners::save(tx, &listener).await?;
        postings::insert(tx, self.tenant, self.account, listener.id, self.posting, &News::Test, self.now).await
    }
}

struct SwitchOff {
    tenant: TenantId,
    account: AccountId,
}

impl Command for SwitchOff {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        listeners::end(tx, self.tenant, self.account).await
    }
}

struct Test {
    tenant: TenantId,
    account: AccountId,
    posting: Uuid,
    now: Millis,
}

impl Command for Test {
    type Done = Tested;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Tested, StoreError> {
        let Some(mut listener) = listeners::load(tx, self.tenant, self.account).await? else { return Ok(Tested::Off) };
        if listener.tested_at_ms.is_some_and(|at| self.now.since_ms(at) < TEST_PAUSE_MS) {
            return Ok(Tested::TooSoon);
        }
        listener.tested_at_ms = Some(self.now);
        listeners::save(tx, &listener).await?;
        postings::insert(tx, self.tenant, self.account, listener.id, self.posting, &News::Test, self.now).await?;
        Ok(Tested::Sent)
    }
}

/// Takes what is due of a listener into a posting.
struct Seal {
    tenant: TenantId,
    account: AccountId,
    posting: Uuid,
    now: Millis,
}

impl Command for Seal {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(mut listener) = listeners::load(tx, self.tenant, self.account).await? else { return Ok(()) };
        let Some(digest) = listener.pace.begin(self.now) else { return Ok(()) };
        listener.under_way = Some(self.posting);
        // Saved first: of two instances the one that comes second finds the listener changed and writes nothing.
        listeners::save(tx, &listener).await?;
        postings::insert(tx, self.tenant, self.account, listener.id, self.posting, &News::Digest(digest), self.now).await
    }
}

impl Work for Posting {
    /// Longer than a call may take.
    const LEASE_MS: i64 = 90_000;
    const BATCH: i64 = 64;

    async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<Posting>, StoreError> {
        postings::claim_due(tx, now, lease_until, limit).await
    }
}

/// Takes due postings up, and ends those that nobody is to have any more.
struct Claim {
    now: Millis,
}

/// What one round sends.
struct Claimed {
    postings: Vec<(Posting, Listener)>,
    /// Whether there may be more.
    is_full: bool,
}

impl Command for Claim {
    type Done = Claimed;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Claimed, StoreError> {
        let due = leases::Claim::<Posting>::at(self.now).run(tx).await?;
        let is_full = leases::is_full(due.len(), Posting::BATCH);
        let mut claimed = vec![];
        for posting in due {
            match of_letter(tx, &posting).await? {
                Some(to) if listeners::is_seated(tx, posting.tenant, posting.account).await? => claimed.push((posting, to)),
                departed => self.depart(tx, &posting, departed).await?,
            }
        }
        Ok(Claimed { postings: claimed, is_full })
    }
}

impl Claim {
    /// Ends a posting to somebody who switched messages off at that moment, was suspended or has no role here any more: it is not
    /// sent, and not taken up again. What a digest would have said is gathered again, for the day on which they are let in.
    async fn depart(&self, tx: &mut Tx<'_>, posting: &Posting, listener: Option<Listener>) -> Result<(), StoreError> {
        if !postings::step(tx, posting, PostingState::Waiting, PostingState::Lost, None, None).await? {
            return Ok(());
        }
        metrics::counter!("shouma_account_messages_total", "result" => "departed").increment(1);
        let (Some(mut listener), News::Digest(digest)) = (listener, &posting.news) else { return Ok(()) };
        listener.pace.refused(digest, self.now);
        listener.under_way = None;
        listeners::save(tx, &listener).await
    }
}

/// The listener of a posting, unless messages were switched off or bound to somebody else meanwhile.
async fn of_letter(tx: &mut Tx<'_>, posting: &Posting) -> Result<Option<Listener>, StoreError> {
    Ok(listeners::load(tx, posting.tenant, posting.account).await?.filter(|listener| listener.id == posting.listener))
}

/// What came of sending.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Accepted { msgid: Option<i64> },
    Unknown,
    Refused(Unreached),
}

struct Sent {
    tenant: TenantId,
    id: Uuid,
    outcome: Outcome,
    now: Millis,
}

impl Command for Sent {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = self.now;
        let Some(posting) = postings::load(tx, self.tenant, self.id).await? else { return Ok(()) };
        let Some(mut listener) = of_letter(tx, &posting).await? else { return Ok(()) };
        let is_old = now.since_ms(posting.made_at_ms) >= GIVEN_UP_AFTER_MS;
        let (after, msgid, due_at) = match (self.outcome, posting.news) {
            (Outcome::Accepted { msgid }, _) => (PostingState::Accepted, msgid, None),
            // A digest is repeated until its fate is known; a message to see one is of no use later.
            (Outcome::Unknown, News::Digest(_)) => (PostingState::Waiting, None, Some(now.plus_ms(repeat_pause_ms(posting.tries)))),
            (Outcome::Unknown, _) if !is_old => (PostingState::Waiting, None, Some(now.plus_ms(repeat_pause_ms(posting.tries)))),
            (Outcome::Refused(why), news) if !is_old && news.payment().is_some() => {
                (PostingState::Waiting, None, Some(now.plus_ms(why.pause_ms())))
            }
            (Outcome::Unknown | Outcome::Refused(_), _) => (PostingState::Lost, None, None),
        };
        if !postings::step(tx, &posting, PostingState::Waiting, after, msgid, due_at).await? {
            return Ok(());
        }
        match self.outcome {
            Outcome::Accepted { .. } => {
                listener.unreached = None;
                listener.reached_at_ms = Some(now);
                listener.consents = (listener.consents - 1).max(0);
            }
            Outcome::Unknown => listener.unreached = Some(Unreached::Unavailable),
            Outcome::Refused(why) => {
                listener.unreached = Some(why);
                // WeChat knows better how many are left.
                listener.consents = if why == Unreached::Refused { 0 } else { listener.consents };
            }
        }
        if let News::Digest(digest) = &posting.news {
            match self.outcome {
                Outcome::Accepted { .. } => listener.pace.told(now),
                Outcome::Unknown => listener.pace.tried(now),
                Outcome::Refused(why) => listener.pace.refused(digest, now.plus_ms(why.pause_ms())),
            }
            listener.under_way = Some(posting.id).filter(|_| listener.pace.is_under_way);
        }
        listeners::save(tx, &listener).await
    }
}

/// What became of a posting that WeChat took.
struct Finish {
    openid: String,
    msgid: i64,
    lost: Option<Unreached>,
    now: Millis,
}

impl Command for Finish {
    /// Whether the posting is known.
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Some(posting) = postings::by_msgid(tx, &self.openid, self.msgid).await? else { return Ok(false) };
        let Some(mut listener) = of_letter(tx, &posting).await? else { return Ok(true) };
        let Some(why) = self.lost else {
            postings::step(tx, &posting, PostingState::Accepted, PostingState::Arrived, None, None).await?;
            return Ok(true);
        };
        let not_before = self.now.plus_ms(why.pause_ms());
        let is_repeated = posting.news.payment().is_some() && self.now.since_ms(posting.made_at_ms) < GIVEN_UP_AFTER_MS;
        let (after, due_at) = if is_repeated { (PostingState::Waiting, Some(not_before)) } else { (PostingState::Lost, None) };
        if postings::step(tx, &posting, PostingState::Accepted, after, None, due_at).await? {
            listener.unreached = Some(why);
            if let News::Digest(digest) = &posting.news {
                listener.pace.did_not_arrive(digest, not_before);
            }
            listeners::save(tx, &listener).await?;
        }
        Ok(true)
    }
}

/// Somebody agreed to one more message.
struct Consent {
    openid: String,
    at_s: i64,
    now: Millis,
}

impl Command for Consent {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for mut listener in listeners::of_openid(tx, &self.openid).await? {
            // The account tells an event again until it is answered.
            if self.at_s <= listener.asked_at_s {
                continue;
            }
            listener.asked_at_s = self.at_s;
            listener.consents += 1;
            listener.unreached = None;
            listener.pace.reachable();
            postings::hasten(tx, &listener, self.now).await?;
            listeners::save(tx, &listener).await?;
        }
        Ok(())
    }
}

/// Somebody follows the account, or does not any more.
struct Follow {
    openid: String,
    follows: bool,
    now: Millis,
}

impl Command for Follow {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for mut listener in listeners::of_openid(tx, &self.openid).await? {
            if self.follows {
                listener.unreached = None;
                listener.pace.reachable();
                postings::hasten(tx, &listener, self.now).await?;
            } else {
                listener.unreached = Some(Unreached::NotFollowing);
            }
            listeners::save(tx, &listener).await?;
        }
        Ok(())
    }
}

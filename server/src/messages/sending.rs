//! The way of a posting: what is due of each listener is taken into one, it is sent, and what became of it is stored.

use app::Locale;
use app::admin::PAYMENTS;
use app::messages::Words;
use app::receipts::Reader;
use domain::digest::{Digest, GIVEN_UP_AFTER_MS, News, Unreached, repeat_pause_ms};
use domain::form::Answer;
use domain::{AccountId, Millis, TenantId};
use uuid::Uuid;

use super::Messages;
use crate::fresh;
use crate::leases::{self, Work};
use crate::senders::wechat_account::{AccountError, Outgoing};
use crate::store::listeners::{self, Listener};
use crate::store::postings::{self, Posting, PostingState};
use crate::store::{Command, StoreError, Tx, receipts};

/// Most listeners of one round.
const MOST_LISTENERS: i64 = 64;

/// Letters that are taken up and sent at once: so few that each of them goes well within its lease.
const AT_ONCE: usize = 8;

impl Messages {
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
        let outgoing = self.outgoing(posting, &to).await?;
        let outcome = match self.account.send(&outgoing).await {
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

    /// The words of a posting. They come from what does not change any more, so a repetition has the same ones.
    async fn outgoing(&self, posting: &Posting, to: &Listener) -> Result<Outgoing, StoreError> {
        let locale = if to.lang == "en" { Locale::en } else { Locale::zh };
        let mut conn = self.store.read().await?;
        let largest = match posting.news {
            News::Digest(Digest { largest: Some(payment), .. }) => receipts::of_payment(&mut conn.tx(), posting.tenant, payment).await?,
            _ => None,
        };
        let who = largest.iter().flat_map(|receipt| receipt.answers.iter().filter_map(Answer::in_passing)).collect::<Vec<_>>().join(" ");
        let words = Words::of(locale, &posting.news, &who, posting.made_at_ms);
        let is_manager = listeners::is_manager(&mut conn.tx(), posting.tenant, posting.account).await?;
        let page = if is_manager { page_of(&posting.news) } else { office_page_of(&posting.news) };
        Ok(Outgoing {
            openid: to.openid.clone(),
            number: posting.id.simple().to_string(),
            url: format!("{}{page}", self.public_url),
            fields: self.fields.iter().map(|(name, part)| (name.clone(), words.fitting(*part, name))).collect(),
        })
    }
}

/// Where a manager reads more of it: one sale leads to its receipt, with everything that was filled in.
fn page_of(news: &News) -> String {
    match news {
        News::Digest(Digest { count: 1, largest: Some(payment), .. }) | News::Refunded { payment, .. } => format!("/m/receipts/{payment}"),
        News::Digest(_) => "/m/receipts".to_owned(),
        News::Test => "/m/settings/messages".to_owned(),
        News::Returning { .. } | News::WrongAmount { .. } | News::RefundStuck { .. } => "/m/concerns".to_owned(),
    }
}

/// Where somebody reads more of it who administrates only: the managers' app does not let them in.
fn office_page_of(news: &News) -> String {
    match news {
        News::Digest(Digest { count: 1, largest: Some(payment), .. })
        | News::Refunded { payment, .. }
        | News::Returning { payment, .. }
        | News::WrongAmount { payment, .. }
        | News::RefundStuck { payment, .. } => Reader::Administrator.receipt(*payment),
        News::Digest(_) => PAYMENTS.to_owned(),
        News::Test => "/admin/messages".to_owned(),
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
    const BATCH: i64 = AT_ONCE as i64;

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
pub(super) struct Finish {
    pub(super) openid: String,
    pub(super) msgid: i64,
    pub(super) lost: Option<Unreached>,
    pub(super) now: Millis,
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

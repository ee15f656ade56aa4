//! What listeners say: whether they want messages, and what the account is told of them.

use app::Locale;
use domain::digest::{News, Unreached};
use domain::{AccountId, Caller, Millis, TenantId};
use uuid::Uuid;

use super::Messages;
use crate::fresh;
use crate::store::listeners::{self, Listener};
use crate::store::{Command, StoreError, Tx, postings};

/// The least time between two messages that somebody asks for to see one.
pub const TEST_PAUSE_MS: i64 = 60_000;

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

/// Somebody agreed to one more message.
pub(super) struct Consent {
    pub(super) openid: String,
    pub(super) at_s: i64,
    pub(super) now: Millis,
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
pub(super) struct Follow {
    pub(super) openid: String,
    pub(super) follows: bool,
    pub(super) now: Millis,
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

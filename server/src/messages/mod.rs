//! 接收收款成功通知: messages of the WeChat account about money, to those who asked for them (E19, E20, I6).
//!
//! What happened waits in the outbox; [`Told`] lets listeners hear of it exactly once. A round takes what is due of each
//! listener into a posting, sends postings and stores what became of them. A posting keeps its number and its words until its fate is
//! known, so that a repetition tells nothing twice.
//!
//! `listening.rs` is what listeners say: on, off, one to see, and what they tell the account. `sending.rs` is a posting's way.

mod listening;
mod sending;

use std::sync::Arc;

use app::messages::Part;
use domain::payment::Message;
use domain::{Millis, TenantId};
use uuid::Uuid;

pub use listening::{TEST_PAUSE_MS, Tested};

use crate::clock::Clock;
use crate::senders::wechat_account::{AccountEvent, AccountMessages};
use crate::store::{Command, Store, StoreError, Tx, listeners, outbox};
use listening::{Consent, Follow};
use sending::Finish;

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

impl Messages {
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

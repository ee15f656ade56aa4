//! Proving by SMS who one is: a code is made and sent, typed, and then does what it was asked for (rows E6, E7, B86).
//!
//! The browser that asks keeps a secret; without it a code is worth nothing, and without the code the secret is. Who asks for a
//! lost password is answered alike for every number, in the same time, so the message goes out behind the answer.

use std::sync::Arc;

use domain::account::Phone;
use domain::letter::RECOVERY_MS;
use domain::one_time::{CODE_MS, Delivery, Digits, Purpose, Verdict};
use domain::{AccountId, Millis, Role, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::clock::Clock;
use crate::fresh;
use crate::senders::sms::{Handed, Text, TextMessages, Words};
use crate::sign_in::Admitted;
use crate::store::accounts::Membership;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::bindings::WechatIdentity;
use crate::store::one_time_codes::{NewOneTimeCode, OneTimeCode};
use crate::store::sessions::{End, EndWhy, TokenHash, Which};
use crate::store::{Command, Store, StoreError, Tx, accounts, audit, one_time_codes, sessions};
use crate::text_budget::TextBudget;
use crate::web::cookies::sha256;

/// Everything that proving by SMS needs.
#[derive(Clone)]
pub struct Proofs {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The provider; `None` when none is configured.
    pub sms: Option<Arc<dyn TextMessages>>,
    /// How many of them an organisation causes on a day.
    pub budget: TextBudget,
}

/// What a right code for [`Purpose::SignIn`] finishes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unfinished {
    /// Whose password was right.
    pub admitted: Admitted,
    /// Who it is in WeChat.
    pub identity: WechatIdentity,
    /// Where to go afterwards.
    pub next: String,
}

impl Unfinished {
    /// As it is kept beside the code.
    pub fn text(&self) -> String {
        json!(self).to_string()
    }

    /// What was kept beside a code; `None` when that is nothing of the kind.
    pub fn read(task: &str) -> Option<Unfinished> {
        serde_json::from_str(task).ok()
    }
}

/// What became of asking for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is made, and sent as far as there is somebody to send it to.
    Made {
        /// What the browser keeps.
        secret: String,
    },
    /// Too soon after the last ones to this number.
    Wait {
        /// When there may be another.
        after_s: u32,
    },
    /// There is nothing to ask again for.
    Over,
}

/// What came of a code that proves whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proved {
    /// It was right: the secret of a link to set a new password, and whose.
    Link {
        /// The secret part of the link.
        secret: String,
        /// Whose password.
        account: AccountId,
    },
    /// It was wrong or over.
    Not(Verdict),
}

impl Proofs {
    /// Whether people can prove who they are by SMS here.
    pub fn is_offered(&self) -> bool {
        self.sms.is_some()
    }

    /// Whether this account can be proved by SMS here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn may_prove(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(self.is_offered() && may_prove_by_sms(&accounts::memberships(&mut self.store.read().await?.tx(), account).await?))
    }

    /// Makes a code for this number and sends it, if somebody has the number and may prove `purpose` by it.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn ask(&self, phone: Phone, purpose: Purpose, task: String) -> Result<Asked, StoreError> {
        self.make(phone, purpose, task, None).await
    }

    /// Makes another code in the place of one that this browser asked for.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn again(&self, secret: &str) -> Result<Asked, StoreError> {
        let Some(kept) = self.look(secret).await?.filter(|kept| !kept.issued.is_used) else { return Ok(Asked::Over) };
        self.make(kept.phone, kept.issued.purpose, kept.task, Some(sha256(secret))).await
    }

    /// The code that this browser asked for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn look(&self, secret: &str) -> Result<Option<OneTimeCode>, StoreError> {
        one_time_codes::load(&mut self.store.read().await?.tx(), &sha256(secret)).await
    }

    /// Tries a code for [`Purpose::Recovery`] or [`Purpose::NotMe`]. The right one gives a link to set a new password; for a report it
    /// also ends all sessions at once and makes the old password void, because somebody else knows it.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn prove(&self, secret: &str, purpose: Purpose, digits: &Digits) -> Result<Proved, StoreError> {
        let (link, now) = (fresh::token(), (self.clock)());
        let (token_hash, code_hash) = (sha256(secret), code_hash(secret, digits));
        let prove = Prove { token_hash, code_hash, purpose, link_hash: sha256(&link), now };
        Ok(match self.store.write(prove).await? {
            Ok(account) => Proved::Link { secret: link, account },
            Err(verdict) => Proved::Not(verdict),
        })
    }

    async fn make(&self, phone: Phone, purpose: Purpose, task: String, replaces: Option<TokenHash>) -> Result<Asked, StoreError> {
        let (secret, now) = (fresh::token(), (self.clock)());
        let digits = Digits::of_number(u64::from_be_bytes(fresh::bytes()));
        let (token_hash, code_hash) = (sha256(&secret), code_hash(&secret, &digits));
        let new = NewOneTimeCode { token_hash, phone: phone.clone(), purpose, code_hash, task };
        match self.store.write(Make { new, replaces, budget: self.budget, now }).await? {
            Made::Wait { ms } => return Ok(Asked::Wait { after_s: u32::try_from((ms + 999) / 1000).unwrap_or(u32::MAX) }),
            Made::Nobody => {}
            Made::Somebody => {
                let proofs = self.clone();
                let sending = async move { proofs.hand_over(&phone, purpose, &digits, token_hash).await };
                if purpose == Purpose::Recovery {
                    // How long it takes would tell who exists.
                    tokio::spawn(sending);
                } else {
                    sending.await;
                }
            }
        }
        Ok(Asked::Made { secret })
    }

    async fn hand_over(&self, phone: &Phone, purpose: Purpose, digits: &Digits, token_hash: TokenHash) {
        let Some(sms) = &self.sms else { return };
        let handed = sms.send(&Text { to: phone, words: Words::Code { purpose, digits, minutes: CODE_MS / 60_000 } }).await;
        let Handed { delivery, why } = handed;
        let word = if delivery == Delivery::Sent {
            "sent"
        } else if delivery == Delivery::Unknown {
            "unknown"
        } else {
            "refused"
        };
        metrics::counter!("shouma_sms_total", "result" => word).increment(1);
        if delivery != Delivery::Sent {
            tracing::warn!(result = word, why, "a text message was not taken for certain; it is not repeated");
        }
        // What is lost here is only a sentence on a page: the code itself works.
        if let Err(error) = self.store.write(Tell { token_hash, delivery }).await {
            tracing::error!(%error, "what became of a text message could not be stored");
        }
    }
}

/// The hash under which a code is kept: over the browser's secret too, because a million codes are quickly tried.
pub fn code_hash(secret: &str, digits: &Digits) -> TokenHash {
    sha256(&format!("{secret}\n{}", digits.text()))
}

/// Whether a phone alone may prove whose account this is. Administrators prove it by mail: more depends on them than a number that
/// a stranger can have moved to another card.
pub fn may_prove_by_sms(seats: &[Membership]) -> bool {
    let is_manager = seats.iter().any(|seat| seat.role == Role::Manager && seat.suspended_at_ms.is_none());
    is_manager && seats.iter().all(|seat| seat.role != Role::Administrator)
}

struct Make {
    new: NewOneTimeCode,
    replaces: Option<TokenHash>,
    budget: TextBudget,
    now: Millis,
}

enum Made {
    Wait { ms: i64 },
    Nobody,
    Somebody,
}

impl Command for Make {
    type Done = Made;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Made, StoreError> {
        let wait_ms = one_time_codes::wait(tx, &self.new.phone, self.new.purpose, self.now).await?;
        if wait_ms > 0 {
            return Ok(Made::Wait { ms: wait_ms });
        }
        if let Some(before) = &self.replaces {
            one_time_codes::void(tx, before, self.now).await?;
        }
        let reader = self.reader(tx).await?;
        let delivery = match reader {
            None => Delivery::Nobody,
            Some((_, tenant)) if self.budget.take(tx, tenant, self.now).await? => Delivery::Sending,
            // The page names the other ways; for a lost password it says what it says to everybody.
            Some(_) => Delivery::NoService,
        };
        one_time_codes::insert(tx, &self.new, delivery, self.now).await?;
        let Some((account, tenant)) = reader.filter(|_| delivery == Delivery::Sending) else { return Ok(Made::Nobody) };
        let detail = json!({"purpose": self.new.purpose});
        audit::append(tx, tenant, &Deed::new(self.now, Actor::Unknown, Act::SendCode, account, &detail)).await?;
        Ok(Made::Somebody)
    }
}

impl Make {
    /// Who reads the message, and in which organisation that is written down.
    async fn reader(&self, tx: &mut Tx<'_>) -> Result<Option<(AccountId, TenantId)>, StoreError> {
        let Some(account) = accounts::by_phone(tx, &self.new.phone).await? else { return Ok(None) };
        let seats = accounts::memberships(tx, account.id).await?;
        // Whoever signs in showed the password before, so the phone is the second proof and not the only one.
        if self.new.purpose != Purpose::SignIn && !may_prove_by_sms(&seats) {
            return Ok(None);
        }
        let seat = seats.iter().find(|seat| seat.role == Role::Manager && seat.suspended_at_ms.is_none());
        Ok(seat.map(|seat| (account.id, seat.tenant)))
    }
}

struct Tell {
    token_hash: TokenHash,
    delivery: Delivery,
}

impl Command for Tell {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        one_time_codes::tell(tx, &self.token_hash, self.delivery).await
    }
}

struct Prove {
    token_hash: TokenHash,
    code_hash: TokenHash,
    purpose: Purpose,
    link_hash: TokenHash,
    now: Millis,
}

impl Command for Prove {
    /// Whose account was proved, or what else came of it.
    type Done = Result<AccountId, Verdict>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Some(kept) = one_time_codes::load(tx, &self.token_hash).await? else { return Ok(Err(Verdict::Over)) };
        match one_time_codes::attempt(tx, &self.token_hash, &self.code_hash, self.purpose, self.now).await? {
            Verdict::Right => {}
            verdict => return Ok(Err(verdict)),
        }
        let Some(account) = accounts::by_phone(tx, &kept.phone).await? else { return Ok(Err(Verdict::Over)) };
        // Suspended or made an administrator since the code was sent.
        if !may_prove_by_sms(&accounts::memberships(tx, account.id).await?) {
            return Ok(Err(Verdict::Over));
        }
        sessions::insert_link(tx, &self.link_hash, account.id, self.now.plus_ms(RECOVERY_MS)).await?;
        let deed = |act, detail: serde_json::Value| Deed::new(self.now, Actor::Account(account.id), act, account.id, &detail);
        if self.purpose == Purpose::NotMe {
            let end = End { why: EndWhy::Reported, by_device: None, now: self.now };
            let ended = sessions::end(tx, Which::All(account.id), end).await?;
            accounts::void_password(tx, account.id).await?;
            audit::append_everywhere(tx, account.id, &deed(Act::ReportSignIn, json!({"sessions_ended": ended}))).await?;
        }
        audit::append_everywhere(tx, account.id, &deed(Act::GiveLink, json!({"by": "sms", "purpose": self.purpose}))).await?;
        Ok(Ok(account.id))
    }
}

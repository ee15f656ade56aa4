//! Signing in with phone and password, and the session that follows.
//!
//! An account that does not exist is answered like one whose password was wrong: same words, same time, same lock. A right password
//! admits somebody; only a session evicts. Between the two stands WeChat's word on who it is, where the browser is WeChat's, and
//! for another identity than the bound one a code by SMS (row E7).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::account::Phone;
use domain::one_time::{Purpose, Verdict};
use domain::{AccountId, Caller, Millis, Role, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::clock::Clock;
use crate::fresh;
use crate::hex::hex;
use crate::passwords::{self, Passwords};
use crate::store::accounts::Membership;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::bindings::WechatIdentity;
use crate::store::doors::Entrance;
use crate::store::sessions::{self, EndWhy, Ended, NewSession, Session, TokenHash, Which};
use crate::store::{Command, Store, StoreError, Tx, accounts, audit, bindings, doors, one_time_codes};
use crate::trusted::{self, TRUST_MS, Trust};
use crate::web::cookies::sha256;

/// Everything that signing in needs.
#[derive(Clone)]
pub struct SignIns {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Checks passwords.
    pub passwords: Passwords,
    /// How long a manager's session lives.
    pub session_ms: i64,
    /// How long an administrator's lives without being used.
    pub administrator_idle_ms: i64,
}

/// How long an administrator's session lives at most: a working day, because more depends on it.
pub const ADMINISTRATOR_MS: i64 = 12 * 3_600_000;

/// A use within a second of the last one is not noted: a page and its pictures are one use.
const NOTED_AFTER_MS: i64 = 1000;

/// How long a page waits until its use is noted.
const NOTE_WAIT: Duration = Duration::from_millis(500);

/// Why nobody is signed in.
#[derive(Debug)]
pub enum SignInRefusal {
    /// Phone or password is wrong; which one is not told.
    Wrong,
    /// The password is right, and the person has no such role anywhere.
    NoSeat,
    /// The password is right, and an administrator suspended the person.
    Suspended,
    /// Too many wrong passwords in a row: this door is shut until then, whatever is typed.
    Locked {
        /// When it opens.
        until: Millis,
    },
    /// The password is right, and the account is bound to another WeChat identity.
    OtherWechat,
    /// The code by SMS was not the right one.
    NotProven(Verdict),
    /// Too much is being asked at present.
    Busy,
    /// The store did not answer.
    Store(StoreError),
}

impl From<StoreError> for SignInRefusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => SignInRefusal::Busy,
            error => SignInRefusal::Store(error),
        }
    }
}

/// Somebody whose password was right, and who is not signed in yet. It is void once the password changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// By which they sign in.
    pub phone: Phone,
    /// The person.
    pub account: AccountId,
    /// Where they sign in.
    pub tenant: TenantId,
    /// As what.
    pub role: Role,
    /// A hash over the password's hash.
    mark: String,
    /// The browser's name, where they signed in with it before.
    #[serde(default)]
    device: Option<String>,
}

impl Admitted {
    /// The same, for another organisation. That they may sign in there is looked at where the session begins.
    #[must_use]
    pub fn at(self, tenant: TenantId) -> Admitted {
        Admitted { tenant, ..self }
    }

    fn entrance(&self) -> Entrance {
        Entrance { phone: self.phone.clone(), device: self.device.clone() }
    }
}

/// What else than the password shows who somebody is.
#[derive(Debug, Clone)]
pub enum Shown {
    /// Nothing: an ordinary browser.
    Nothing,
    /// WeChat says who it is. The first identity is bound, another one is refused.
    Wechat(WechatIdentity),
    /// WeChat says who it is, and a code was typed that was sent to the phone: this identity is bound from now on.
    Code {
        /// Who it is in WeChat.
        identity: WechatIdentity,
        /// By which the code is found.
        token_hash: TokenHash,
        /// What was typed.
        code_hash: TokenHash,
    },
}

/// Somebody signed in: the secret for their cookie, and who they are.
pub struct SignedIn {
    /// The cookie's value; only its hash is kept here.
    pub token: String,
    /// Who it stands for.
    pub caller: Caller,
    /// By which the browser is known from now on.
    pub trust: Trust,
}

impl SignIns {
    /// Checks what was typed by somebody who wants to sign in to `role`; `trusts` is what their browser holds.
    ///
    /// # Errors
    /// [`SignInRefusal`].
    pub async fn admit(&self, role: Role, phone: &str, password: &str, trusts: &[Trust]) -> Result<Admitted, SignInRefusal> {
        let now = (self.clock)();
        let Some(phone) = Phone::parse(phone) else { return Err(SignInRefusal::Wrong) };
        let mut conn = self.store.read().await?;
        let account = accounts::by_phone(&mut conn.tx(), &phone).await?;
        let at = Entrance { phone, device: trusted::device(trusts, account.as_ref(), now) };
        let door = doors::of(&mut conn.tx(), &at).await?;
        if door.is_locked(now) {
            return Err(SignInRefusal::Locked { until: door.locked_until_ms });
        }
        let memberships = match &account {
            Some(account) => accounts::memberships(&mut conn.tx(), account.id).await?,
            None => vec![],
        };
        drop(conn);
        let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let is_short = password.len() <= passwords::MOST_BYTES;
        let fits = is_short && self.passwords.check(password, hash).await.map_err(|_| SignInRefusal::Busy)?;
        let (Some(account), true) = (&account, fits) else {
            let door = self.store.write(doors::Wrong { at, now }).await?;
            return Err(if door.is_locked(now) { SignInRefusal::Locked { until: door.locked_until_ms } } else { SignInRefusal::Wrong });
        };
        let tenant = seats(&memberships, role)?.first().map(|seat| seat.tenant).ok_or(SignInRefusal::NoSeat)?;
        let Entrance { phone, device } = at;
        Ok(Admitted { phone, account: account.id, tenant, role, mark: mark(hash), device })
    }

    /// The organisations to which somebody who was admitted may sign in, that of the last time first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn seats(&self, admitted: &Admitted) -> Result<Vec<Membership>, StoreError> {
        let mut conn = self.store.read().await?;
        let memberships = accounts::memberships(&mut conn.tx(), admitted.account).await?;
        Ok(seats(&memberships, admitted.role).unwrap_or_default())
    }

    /// Signs in somebody who was admitted; `device` is the browser's `User-Agent`. Until then nobody is evicted.
    ///
    /// # Errors
    /// [`SignInRefusal`].
    pub async fn begin(&self, admitted: Admitted, device: &str, shown: Shown) -> Result<SignedIn, SignInRefusal> {
        let now = (self.clock)();
        let caller = Caller { tenant: admitted.tenant, account: admitted.account, role: admitted.role };
        let token = URL_SAFE_NO_PAD.encode(fresh::bytes::<32>());
        let session = NewSession {
            token_hash: sha256(&token),
            caller,
            device: device.chars().take(200).collect(),
            expires_at_ms: now.plus_ms(self.lasts_ms(caller.role)),
            idle_at_ms: (caller.role == Role::Administrator).then(|| now.plus_ms(self.administrator_idle_ms)),
        };
        let device = admitted.device.clone().unwrap_or_else(fresh::token);
        match self.store.write(Begin { admitted, session, shown, now }).await? {
            Begun::Now { round } => {
                let trust = Trust { account: caller.account, device, round, until_ms: now.plus_ms(TRUST_MS) };
                Ok(SignedIn { token, caller, trust })
            }
            Begun::Locked(until) => Err(SignInRefusal::Locked { until }),
            Begun::Changed => Err(SignInRefusal::Wrong),
            Begun::OtherWechat => Err(SignInRefusal::OtherWechat),
            Begun::NotProven(verdict) => Err(SignInRefusal::NotProven(verdict)),
        }
    }

    /// Who a cookie's value stands for, if its session lives. Asking is a use of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let (token_hash, now) = (sha256(token), (self.clock)());
        let found = self.watching(&token_hash).await?;
        // Managers' sessions last without being used, so that their screens only read.
        let counts = |session: &Session| session.idle_at_ms.is_some() && session.seen_at_ms.plus_ms(NOTED_AFTER_MS) <= now;
        if found.as_ref().is_some_and(counts) {
            self.note_use(token_hash, now).await;
        }
        Ok(found)
    }

    /// The same for a screen that goes on by itself, with the hash of the value: nobody uses it, so it keeps no session alive.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn watching(&self, token_hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        sessions::by_token(&mut self.store.read().await?.tx(), token_hash, (self.clock)()).await
    }

    /// A page does not fail, nor wait for long, because too much is being written: a use that is not noted makes the session end early
    /// at worst.
    async fn note_use(&self, token_hash: TokenHash, now: Millis) {
        let (store, used) = (self.store.clone(), Used { token_hash, now, idle_at: now.plus_ms(self.administrator_idle_ms) });
        let noting = tokio::spawn(async move { store.write(used).await });
        if let Ok(Ok(Err(error))) = tokio::time::timeout(NOTE_WAIT, noting).await {
            tracing::warn!(%error, "the use of a session could not be noted");
        }
    }

    /// What became of a session that does not live any more: why an older screen is signed out (row E6).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn ended(&self, token: &str) -> Result<Option<Ended>, StoreError> {
        let mut conn = self.store.read().await?;
        sessions::ended(&mut conn.tx(), &sha256(token), (self.clock)()).await
    }

    /// How long a session in this role lives.
    pub fn lasts_ms(&self, role: Role) -> i64 {
        match role {
            Role::Administrator => self.session_ms.min(ADMINISTRATOR_MS),
            Role::Manager | Role::Holder => self.session_ms,
        }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        self.store.write(SignOut { token_hash: sha256(token), now: (self.clock)() }).await
    }
}

/// The organisations in which somebody may sign in to `role`: that of the last time first, then where they have it longest.
fn seats(memberships: &[Membership], role: Role) -> Result<Vec<Membership>, SignInRefusal> {
    let mut seats: Vec<Membership> = memberships.iter().filter(|membership| membership.role == role).cloned().collect();
    if seats.is_empty() {
        return Err(SignInRefusal::NoSeat);
    }
    seats.retain(|seat| seat.suspended_at_ms.is_none());
    seats.sort_by_key(|seat| std::cmp::Reverse(seat.signed_in_at_ms));
    if seats.is_empty() { Err(SignInRefusal::Suspended) } else { Ok(seats) }
}

fn mark(password_hash: Option<&str>) -> String {
    hex(&sha256(password_hash.unwrap_or_default()))
}

struct Begin {
    admitted: Admitted,
    session: NewSession,
    shown: Shown,
    now: Millis,
}

/// What became of a sign-in.
enum Begun {
    Now {
        /// The account's round of trust.
        round: i64,
    },
    /// Others guessed wrong while this password was checked: guesses that are made at once count one by one.
    Locked(Millis),
    /// The password changed since it was checked.
    Changed,
    OtherWechat,
    NotProven(Verdict),
}

impl Command for Begin {
    type Done = Begun;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Begun, StoreError> {
        let door = doors::of(tx, &self.admitted.entrance()).await?;
        if door.is_locked(self.now) {
            return Ok(Begun::Locked(door.locked_until_ms));
        }
        let Caller { tenant, account, role } = self.session.caller;
        let known = accounts::by_id(tx, account).await?;
        let Some(known) = known.filter(|known| mark(known.password_hash.as_deref()) == self.admitted.mark) else {
            return Ok(Begun::Changed);
        };
        let is_bound_now = match self.identify(tx, account).await? {
            Ok(is_bound_now) => is_bound_now,
            Err(refusal) => return Ok(refusal),
        };
        // Only the door that they came in by: strangers who go on guessing count on at theirs.
        doors::open(tx, &self.admitted.entrance()).await?;
        // Two who sign in at the same moment wait for each other at this row, so that the second sees the session of the first.
        if !accounts::signed_in(tx, tenant, account, role, self.now).await? {
            // Suspended since the password was checked. The next try says so.
            return Ok(Begun::Changed);
        }
        // One place at a time: whoever signs in here is signed out elsewhere, and told so there. A person who also administrates
        // does that in a session of its own.
        let end = sessions::End { why: EndWhy::Elsewhere, by_device: Some(&self.session.device), now: self.now };
        let evicted = sessions::end(tx, Which::OfRole(account, role), end).await?;
        sessions::insert(tx, &self.session, self.now).await?;
        let note = |act, detail: serde_json::Value| Deed::new(self.now, Actor::Account(account), act, account, &detail);
        if evicted > 0 {
            audit::append(tx, tenant, &note(Act::Evict, json!({"sessions": evicted}))).await?;
        }
        if is_bound_now {
            let by = if matches!(self.shown, Shown::Code { .. }) { "sms" } else { "first" };
            audit::append(tx, tenant, &note(Act::BindWechat, json!({"by": by}))).await?;
        }
        audit::append(tx, tenant, &note(Act::SignIn, json!({"role": role.word()}))).await?;
        Ok(Begun::Now { round: known.trust_round })
    }
}

impl Begin {
    /// Whether an identity was bound to the account just now, or why this is not a sign-in.
    async fn identify(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Result<bool, Begun>, StoreError> {
        match &self.shown {
            Shown::Nothing => Ok(Ok(false)),
            Shown::Wechat(identity) => {
                let is_first = bindings::bind_first(tx, account, identity, self.now).await?;
                let is_bound = is_first || bindings::bound(tx, account, &identity.appid).await?.as_ref() == Some(&identity.openid);
                Ok(if is_bound { Ok(is_first) } else { Err(Begun::OtherWechat) })
            }
            Shown::Code { identity, token_hash, code_hash } => {
                match one_time_codes::attempt(tx, token_hash, code_hash, Purpose::SignIn, self.now).await? {
                    Verdict::Right => bindings::bind(tx, account, identity, self.now).await.map(|()| Ok(true)),
                    verdict => Ok(Err(Begun::NotProven(verdict))),
                }
            }
        }
    }
}

struct Used {
    token_hash: TokenHash,
    now: Millis,
    idle_at: Millis,
}

impl Command for Used {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        sessions::touch(tx, &self.token_hash, self.now, self.idle_at).await
    }
}

struct SignOut {
    token_hash: TokenHash,
    now: Millis,
}

impl Command for SignOut {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(session) = sessions::by_token(tx, &self.token_hash, self.now).await? else { return Ok(()) };
        let end = sessions::End { why: EndWhy::SignedOut, by_device: None, now: self.now };
        sessions::end(tx, Which::One(&self.token_hash), end).await?;
        let Caller { tenant, account, .. } = session.caller;
        let deed = Deed::new(self.now, Actor::Account(account), Act::SignOut, account, &json!({}));
        audit::append(tx, tenant, &deed).await.map(drop)
    }
}

/// An operator opens every door of a phone number: `shouma unlock`.
pub struct Unlock {
    /// The number.
    pub phone: Phone,
    /// When.
    pub now: Millis,
}

impl Command for Unlock {
    /// Whether there was anything to open.
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        if !doors::open_all(tx, &self.phone).await? {
            return Ok(false);
        }
        if let Some(account) = accounts::by_phone(tx, &self.phone).await? {
            let deed = Deed::new(self.now, Actor::Operator, Act::Unlock, account.id, &json!({}));
            audit::append_everywhere(tx, account.id, &deed).await?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_works_for_several_organisations_begins_where_they_were_last() {
        let seat = |name: &str, role, suspended: bool, signed_in: Option<i64>| Membership {
            tenant: TenantId::of(uuid::Uuid::from_u128(u128::from(name.as_bytes()[0]))),
            tenant_name: name.to_owned(),
            role,
            suspended_at_ms: suspended.then_some(Millis::of(1)),
            signed_in_at_ms: signed_in.map(Millis::of),
        };
        let (manager, administrator) = (Role::Manager, Role::Administrator);
        let table = [
            (vec![], Err("no seat")),
            (vec![seat("a", administrator, false, None)], Err("no seat")),
            (vec![seat("a", manager, true, Some(9))], Err("suspended")),
            (vec![seat("a", manager, false, None), seat("b", manager, false, None)], Ok("ab")),
            (vec![seat("a", manager, false, Some(1)), seat("b", manager, false, Some(2)), seat("c", manager, false, None)], Ok("bac")),
            (vec![seat("a", manager, false, None), seat("b", administrator, false, Some(2)), seat("c", manager, false, Some(1))], Ok("ca")),
            (vec![seat("a", manager, false, Some(1)), seat("b", manager, true, Some(2))], Ok("a")),
        ];
        for (memberships, expected) in table {
            let found = match seats(&memberships, manager) {
                Ok(seats) => Ok(seats.into_iter().map(|seat| seat.tenant_name).collect::<String>()),
                Err(SignInRefusal::NoSeat) => Err("no seat"),
                Err(_) => Err("suspended"),
            };
            assert_eq!(found, expected.map(str::to_owned), "{memberships:?}");
        }
    }
}

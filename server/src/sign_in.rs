//! Signing in with phone and password, and the session that follows.
//!
//! An account that does not exist is answered like one whose password was wrong: same words, same time, same lock.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::account::Phone;
use domain::{Caller, Millis, Role};
use serde_json::json;

use crate::clock::Clock;
use crate::fresh;
use crate::passwords::{self, Passwords};
use crate::store::accounts::Membership;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::sessions::{self, EndWhy, Ended, NewSession, Session, TokenHash, Which};
use crate::store::{Command, Store, StoreError, Tx, accounts, audit, doors};
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
}

/// How long an administrator's session lives at most: a working day, because more depends on it.
pub const ADMINISTRATOR_MS: i64 = 12 * 3_600_000;

/// Why nobody is signed in.
#[derive(Debug)]
pub enum SignInRefusal {
    /// Phone or password is wrong; which one is not told.
    Wrong,
    /// The password is right, and the person has no such role anywhere.
    NoSeat,
    /// The password is right, and an administrator suspended the person.
    Suspended,
    /// Too many wrong passwords in a row: shut until then, whoever knocks.
    Locked {
        /// When it opens.
        until: Millis,
    },
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

/// Somebody signed in: the secret for their cookie, and who they are.
pub struct SignedIn {
    /// The cookie's value; only its hash is kept here.
    pub token: String,
    /// Who it stands for.
    pub caller: Caller,
}

impl SignIns {
    /// Signs in to `role` with what was typed; `device` is the browser's `User-Agent`.
    ///
    /// # Errors
    /// [`SignInRefusal`].
    pub async fn sign_in(&self, role: Role, phone: &str, password: &str, device: &str) -> Result<SignedIn, SignInRefusal> {
        let now = (self.clock)();
        let Some(phone) = Phone::parse(phone) else { return Err(SignInRefusal::Wrong) };
        let mut conn = self.store.read().await?;
        let door = doors::of(&mut conn.tx(), &phone).await?;
        if door.is_locked(now) {
            return Err(SignInRefusal::Locked { until: door.locked_until_ms });
        }
        let account = accounts::by_phone(&mut conn.tx(), &phone).await?;
        let memberships = match &account {
            Some(account) => accounts::memberships(&mut conn.tx(), account.id).await?,
            None => vec![],
        };
        drop(conn);
        let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let is_short = password.len() <= passwords::MOST_BYTES;
        let fits = is_short && self.passwords.check(password, hash).await.map_err(|_| SignInRefusal::Busy)?;
        let (Some(account), true) = (&account, fits) else {
            let door = self.store.write(doors::Wrong { phone, now }).await?;
            return Err(if door.is_locked(now) { SignInRefusal::Locked { until: door.locked_until_ms } } else { SignInRefusal::Wrong });
        };
        let caller = Caller { tenant: seat(&memberships, role)?, account: account.id, role };
        let token = URL_SAFE_NO_PAD.encode(fresh::bytes::<32>());
        let session = NewSession {
            token_hash: sha256(&token),
            caller,
            device: device.chars().take(200).collect(),
            expires_at_ms: now.plus_ms(self.lasts_ms(role)),
        };
        match self.store.write(Begin { phone, session, now }).await? {
            Some(until) => Err(SignInRefusal::Locked { until }),
            None => Ok(SignedIn { token, caller }),
        }
    }

    /// Who a cookie's value stands for, if its session lives.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let mut conn = self.store.read().await?;
        sessions::by_token(&mut conn.tx(), &sha256(token), (self.clock)()).await
    }

    /// What became of a session that does not live any more: why an older screen is signed out (row E6).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn ended(&self, token: &str) -> Result<Option<Ended>, StoreError> {
        let mut conn = self.store.read().await?;
        sessions::ended(&mut conn.tx(), &sha256(token)).await
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

/// The organisation in which somebody signs in to `role`: where they have it longest.
fn seat(memberships: &[Membership], role: Role) -> Result<domain::TenantId, SignInRefusal> {
    let mut seats = memberships.iter().filter(|membership| membership.role == role).peekable();
    if seats.peek().is_none() {
        return Err(SignInRefusal::NoSeat);
    }
    seats.find(|seat| seat.suspended_at_ms.is_none()).map(|seat| seat.tenant).ok_or(SignInRefusal::Suspended)
}

struct Begin {
    phone: Phone,
    session: NewSession,
    now: Millis,
}

impl Command for Begin {
    /// Until when the door is locked, if others guessed wrong while this password was checked: guesses that are made at once
    /// count one by one.
    type Done = Option<Millis>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Millis>, StoreError> {
        let door = doors::of(tx, &self.phone).await?;
        if door.is_locked(self.now) {
            return Ok(Some(door.locked_until_ms));
        }
        doors::open(tx, &self.phone).await?;
        let Caller { tenant, account, role } = self.session.caller;
        // Two who sign in at the same moment wait for each other at this row, so that the second sees the session of the first.
        accounts::signed_in(tx, tenant, account, role, self.now).await?;
        // One place at a time: whoever signs in here is signed out elsewhere, and told so there. A person who also administrates
        // does that in a session of its own.
        let end = sessions::End { why: EndWhy::Elsewhere, by_device: Some(&self.session.device), now: self.now };
        let evicted = sessions::end(tx, Which::OfRole(account, role), end).await?;
        sessions::insert(tx, &self.session, self.now).await?;
        let note = |act, detail: serde_json::Value| Deed::new(self.now, Actor::Account(account), act, account, &detail);
        if evicted > 0 {
            audit::append(tx, tenant, &note(Act::Evict, json!({"sessions": evicted}))).await?;
        }
        audit::append(tx, tenant, &note(Act::SignIn, json!({"role": role.word()}))).await?;
        Ok(None)
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

/// An operator opens the door of a phone number: `shouma unlock`.
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
        if !doors::open(tx, &self.phone).await? {
            return Ok(false);
        }
        if let Some(account) = accounts::by_phone(tx, &self.phone).await? {
            let deed = Deed::new(self.now, Actor::Operator, Act::Unlock, account.id, &json!({}));
            audit::append_everywhere(tx, account.id, &deed).await?;
        }
        Ok(true)
    }
}

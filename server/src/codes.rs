//! The code on a manager's screen: refreshing it, and cutting the tokens that refreshes left behind (rows E10-E13, idea I7).

use domain::{Caller, CodeId, Millis, TenantId};

use crate::clock::Clock;
use crate::fresh;
use crate::live::{CodeChange, Hub};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::codes::{self, CodeKind, FoundCode};
use crate::store::{Command, Store, StoreError, Tx, audit, tokens};

/// Everything that keeping codes needs.
#[derive(Clone)]
pub struct Codes {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Whoever is shown codes as they change.
    pub live: Hub,
}

/// What became of what a manager asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was done now, at this moment in the order of the code's changes.
    Done(Millis),
    /// It was done before; nothing changed.
    Before,
    /// The manager has no such token.
    NotFound,
    /// The code is printed, or a debtor has it: its token stays.
    Printed,
}

impl Codes {
    /// Replaces the token that the manager sees by a new one; the old one works for three hours more. Asking again for the same
    /// token changes nothing, so that a second tap or a repeated request refreshes once.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn refresh(&self, caller: &Caller, seen: &str) -> Result<Kept, StoreError> {
        let command = Refresh { caller: *caller, seen: seen.to_owned(), new: fresh::code_token(), now: (self.clock)() };
        let kept = self.store.write(command).await?;
        self.announce(caller, kept);
        Ok(kept)
    }

    /// Ends an old token at once, also for payment pages that are open. The token that is shown stays.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn cut(&self, caller: &Caller, token: &str) -> Result<Kept, StoreError> {
        let kept = self.store.write(Cut { caller: *caller, token: token.to_owned(), now: (self.clock)() }).await?;
        self.announce(caller, kept);
        Ok(kept)
    }

    /// Shows another code of the manager from now on, also after signing in anew and on other devices.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn choose(&self, caller: &Caller, code: CodeId) -> Result<Kept, StoreError> {
        let kept = self.store.write(Choose { caller: *caller, code, now: (self.clock)() }).await?;
        self.announce(caller, kept);
        Ok(kept)
    }

    fn announce(&self, caller: &Caller, kept: Kept) {
        if let Kept::Done(changed_at_ms) = kept {
            self.live.code_changed(CodeChange { tenant: caller.tenant, payee: caller.account, changed_at_ms });
        }
    }
}

/// The caller's own code, if `token` is one of its tokens.
async fn own(tx: &mut Tx<'_>, caller: &Caller, token: &str) -> Result<Option<FoundCode>, StoreError> {
    // No token of ours has a NUL in it, and PostgreSQL takes none in a text.
    if token.contains('\0') {
        return Ok(None);
    }
    let found = codes::by_token(tx, token).await?;
    Ok(found.filter(|found| found.code.tenant == caller.tenant && found.code.payee == caller.account))
}

struct Refresh {
    caller: Caller,
    seen: String,
    new: String,
    now: Millis,
}

impl Command for Refresh {
    type Done = Kept;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let Some(found) = own(tx, &self.caller, &self.seen).await? else { return Ok(Kept::NotFound) };
        if found.kind != CodeKind::App {
            return Ok(Kept::Printed);
        }
        if !tokens::replace(tx, self.caller.tenant, &self.seen, self.now).await? {
            return Ok(Kept::Before);
        }
        tokens::insert(tx, &found.code, &self.new, Some(&self.seen), self.now).await?;
        note(tx, &self.caller, Act::RefreshCode, found.code.id, self.now).await?;
        changed(tx, self.caller.tenant, found.code.id, self.now).await
    }
}

struct Cut {
    caller: Caller,
    token: String,
    now: Millis,
}

impl Command for Cut {
    type Done = Kept;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let Some(found) = own(tx, &self.caller, &self.token).await? else { return Ok(Kept::NotFound) };
        // The one that is shown is never cut, because then there would be none; what has run out needs no cutting.
        if found.life.is_current() {
            return Ok(Kept::NotFound);
        }
        if found.life.opens(self.now).is_err() || !tokens::cut(tx, self.caller.tenant, &self.token, self.now).await? {
            return Ok(Kept::Before);
        }
        note(tx, &self.caller, Act::CutCode, found.code.id, self.now).await?;
        changed(tx, self.caller.tenant, found.code.id, self.now).await
    }
}

struct Choose {
    caller: Caller,
    code: CodeId,
    now: Millis,
}

impl Command for Choose {
    type Done = Kept;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let Caller { tenant, account, .. } = self.caller;
        if !codes::choose(tx, tenant, account, self.code).await? {
            return Ok(Kept::NotFound);
        }
        changed(tx, tenant, self.code, self.now).await
    }
}

/// Writes down who did it. The address itself is no part of it: whoever reads the trail need not be able to pay through it.
async fn note(tx: &mut Tx<'_>, caller: &Caller, act: Act, code: CodeId, now: Millis) -> Result<(), StoreError> {
    let deed = Deed::new(now, Actor::Account(caller.account), act, code, &serde_json::json!({}));
    audit::append(tx, caller.tenant, &deed).await.map(drop)
}

async fn changed(tx: &mut Tx<'_>, tenant: TenantId, code: CodeId, now: Millis) -> Result<Kept, StoreError> {
    tokens::touch(tx, tenant, code, now).await.map(Kept::Done)
}

//! Lost access: a letter with a link to set a new password, asked for by a phone number, or by the screen of a session that a
//! sign-in elsewhere ended (rows E6, B86).
//!
//! Whether a number has an account is told to nobody: the answer is one, and what is stored for the pace is stored for every number.

use domain::account::{Lang, Phone};
use domain::letter::{LetterKind, LetterState, may_ask};
use domain::{AccountId, Millis, Role};
use serde_json::json;
use uuid::Uuid;

use crate::fresh;
use crate::letters::Letters;
use crate::store::accounts::{Account, Membership};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::letters::NewLetter;
use crate::store::{Command, StoreError, Tx, accounts, audit, letters};

impl Letters {
    /// Asks for a recovery by phone number, to be written in `lang`. Too many asks, a number that nobody has, or somebody who cannot
    /// be written to change nothing that the asker could see.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn recover(&self, phone: Phone, lang: Lang) -> Result<(), StoreError> {
        self.ask(phone, lang, LetterKind::Recovery).await
    }

    /// Asks for proof that a sign-in was not the account's owner, who is known by a session of theirs.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn not_me(&self, account: Account, lang: Lang) -> Result<(), StoreError> {
        self.ask(account.phone, lang, LetterKind::NotMe).await
    }

    /// Whose account it is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn account(&self, account: AccountId) -> Result<Option<Account>, StoreError> {
        accounts::by_id(&mut self.store.read().await?.tx(), account).await
    }

    async fn ask(&self, phone: Phone, lang: Lang, kind: LetterKind) -> Result<(), StoreError> {
        let now = (self.clock)();
        self.store.write(Ask { phone, lang, kind, state: self.first_state(), ids: [fresh::uuid(now), fresh::uuid(now)], now }).await
    }
}

struct Ask {
    phone: Phone,
    lang: Lang,
    kind: LetterKind,
    state: LetterState,
    ids: [Uuid; 2],
    now: Millis,
}

impl Command for Ask {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if !may_ask(&letters::asks(tx, &self.phone, self.now).await?, self.now) {
            return Ok(());
        }
        letters::insert_ask(tx, &self.phone, self.ids[0], self.now).await?;
        let Some(account) = accounts::by_phone(tx, &self.phone).await? else { return Ok(()) };
        let seats = accounts::memberships(tx, account.id).await?;
        let (Some(address), Some(seat)) = (account.mail.clone(), seat(&seats)) else { return Ok(()) };
        let (tenant, lang, kind, state) = (seat.tenant, self.lang, self.kind, self.state);
        let letter = NewLetter { tenant, id: self.ids[1], account: account.id, kind, address, lang, state };
        letters::insert(tx, &letter, self.now).await?;
        let deed = Deed::new(self.now, Actor::Unknown, Act::GiveLink, account.id, &json!({"letter": kind}));
        audit::append(tx, tenant, &deed).await.map(drop)
    }
}

/// In whose name the letter is written: where the person may still sign in, a manager's desk first.
fn seat(seats: &[Membership]) -> Option<&Membership> {
    let free = seats.iter().filter(|seat| seat.suspended_at_ms.is_none() && seat.role != Role::Holder);
    free.min_by_key(|seat| seat.role != Role::Manager)
}

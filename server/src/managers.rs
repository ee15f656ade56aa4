//! What an administrator does with managers: registering them, writing to them again, correcting, suspending and reinstating
//! them (rows E3, E5).

use std::fmt::Display;

use domain::account::{Lang, Phone};
use domain::code::AmountRule;
use domain::letter::{LetterKind, LetterState, MailAddress};
use domain::{AccountId, Caller, CodeId, Millis, Role};
use serde_json::json;
use uuid::Uuid;

use crate::clock::Clock;
use crate::found::{NewCode, NewPerson};
use crate::fresh;
use crate::letters::Letters;
use crate::live::{CodeChange, Hub};
use crate::store::accounts::{Account, Membership};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::codes::CodeKind;
use crate::store::letters::{NewLetter, SentLetter};
use crate::store::managers::{Part, StoredManager, Turn, UsedForm, Wanted};
use crate::store::sessions::{EndWhy, Which};
use crate::store::{Command, Store, StoreError, Tx, accounts, audit, codes, forms, letters, managers, sessions, tokens};

/// Letters that a manager's page shows.
const SHOWN_LETTERS: i64 = 5;

/// The shortest time between two letters to one person by the same button.
const AGAIN_MS: i64 = 60_000;

/// Everything that keeping managers needs.
#[derive(Clone)]
pub struct Managers {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Screens that are open.
    pub live: Hub,
    /// Writes to people.
    pub letters: Letters,
}

/// Somebody to register.
#[derive(Debug, Clone)]
pub struct NewManager {
    /// Their name, as payers read it.
    pub name: String,
    /// By which they sign in.
    pub phone: Phone,
    /// Where they can be written to.
    pub mail: MailAddress,
    /// In which language.
    pub lang: Lang,
    /// The form that their code asks.
    pub form: Uuid,
    /// What their code is called.
    pub code_name: String,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// A new account.
    New(AccountId),
    /// Somebody who had an account already; their name and, where others know them too, their mail stay as they are.
    Joined(AccountId),
    /// This person is a manager here already.
    Before(AccountId),
    /// This number belongs to somebody of another organisation. A phone number proves nobody, so no organisation's administrator
    /// may open a seat on an account, or read from one, that another made.
    Elsewhere,
    /// The organisation has no such form.
    NoForm,
}

/// What became of what an administrator asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was done.
    Now,
    /// It was so before.
    Before,
    /// The organisation has no such manager.
    NotFound,
    /// There is no address to write to.
    NoAddress,
    /// The manager is suspended.
    Suspended,
    /// Only they themselves may change this: other organisations know them too, or they administrate this one.
    NotYours,
}

/// A manager with the letters to them.
#[derive(Debug, Clone)]
pub struct ManagerFile {
    /// The manager.
    pub manager: StoredManager,
    /// Their codes that work, and those that were switched off with them.
    pub codes: (i64, i64),
    /// Payment links of receivables that are still owed: those that work, and those that were stopped with the account.
    pub pay_links: (i64, i64),
    /// The latest letters, newest first.
    pub letters: Vec<SentLetter>,
    /// Whether this administrator may correct name and mail.
    pub is_ours: bool,
}

impl Managers {
    /// One part of the list of managers of the caller's organisation, who was registered last first, and how many are wanted in all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn page(&self, caller: &Caller, wanted: &Wanted, turn: Turn, limit: usize) -> Result<(Part, i64), StoreError> {
        let now = (self.clock)();
        let mut conn = self.store.read().await?;
        let part = managers::page(&mut conn.tx(), caller.tenant, wanted, turn, limit, now).await?;
        Ok((part, managers::count(&mut conn.tx(), caller.tenant, wanted, now).await?))
    }

    /// One manager of the caller's organisation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn one(&self, caller: &Caller, account: AccountId) -> Result<Option<ManagerFile>, StoreError> {
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        let Some(manager) = managers::one(tx, caller.tenant, account, (self.clock)()).await? else { return Ok(None) };
        let letters = letters::of_account(tx, caller.tenant, account, SHOWN_LETTERS).await?;
        let is_ours = may_correct(caller, account, &accounts::memberships(tx, account).await?);
        let codes = managers::codes(tx, caller.tenant, account).await?;
        let pay_links = managers::pay_links(tx, caller.tenant, account).await?;
        Ok(Some(ManagerFile { manager, codes, pay_links, letters, is_ours }))
    }

    /// The forms that a new manager's code may ask.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn forms(&self, caller: &Caller) -> Result<Vec<UsedForm>, StoreError> {
        managers::forms(&mut self.store.read().await?.tx(), caller.tenant).await
    }

    /// Registers somebody with a code of their own and writes to them.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn register(&self, caller: &Caller, new: NewManager) -> Result<Registered, StoreError> {
        let now = (self.clock)();
        let register = |new: NewManager| Register {
            caller: *caller,
            person: NewPerson { mail: Some(new.mail.clone()), ..NewPerson::new(new.phone.clone(), &new.name, Role::Manager, now) },
            code_id: CodeId::of(fresh::uuid(now)),
            token: fresh::code_token(),
            letter: fresh::uuid(now),
            letter_state: self.letters.first_state(),
            new,
            now,
        };
        match self.store.write(register(new.clone())).await {
            // Somebody else registered the same phone number at this moment: now it is known.
            Err(StoreError::Duplicate) => self.store.write(register(new)).await,
            done => done,
        }
    }

    /// Writes to a manager again: an invitation until they have a password, a recovery afterwards.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn write_again(&self, caller: &Caller, account: AccountId) -> Result<Done, StoreError> {
        let now = (self.clock)();
        self.store.write(WriteAgain { caller: *caller, account, id: fresh::uuid(now), state: self.letters.first_state(), now }).await
    }

    /// Corrects name, mail and language. Whoever has no password yet is written to at the new address at once.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn correct(
        &self,
        caller: &Caller,
        account: AccountId,
        name: String,
        mail: MailAddress,
        lang: Lang,
    ) -> Result<Done, StoreError> {
        let now = (self.clock)();
        let letter = (fresh::uuid(now), self.letters.first_state());
        self.store.write(Correct { caller: *caller, account, name, mail, lang, letter, now }).await
    }

    /// Suspends a manager: their sessions end at once and they cannot sign in. Their codes go on unless `stop_codes`.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn suspend(&self, caller: &Caller, account: AccountId, stop_codes: bool) -> Result<Done, StoreError> {
        self.switch(Switch { caller: *caller, account, is_suspended: true, with_codes: stop_codes, now: (self.clock)() }).await
    }

    /// Lets a manager in again; codes that were stopped with them go on.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn reinstate(&self, caller: &Caller, account: AccountId) -> Result<Done, StoreError> {
        self.switch(Switch { caller: *caller, account, is_suspended: false, with_codes: true, now: (self.clock)() }).await
    }

    async fn switch(&self, switch: Switch) -> Result<Done, StoreError> {
        let (tenant, payee) = (switch.caller.tenant, switch.account);
        let (done, changed_at_ms) = self.store.write(switch).await?;
        if done == Done::Now {
            self.live.signed_in(payee);
        }
        if let Some(changed_at_ms) = changed_at_ms {
            self.live.code_changed(CodeChange { tenant, payee, changed_at_ms });
        }
        Ok(done)
    }
}

/// Whether this administrator may say where somebody is written to. Whoever may do that can take the account over, so it must be
/// known to no other organisation, and no other administrator's.
fn may_correct(caller: &Caller, account: AccountId, memberships: &[Membership]) -> bool {
    let is_only_here = memberships.iter().all(|seat| seat.tenant == caller.tenant);
    let administrates = memberships.iter().any(|seat| seat.role == Role::Administrator);
    is_only_here && (!administrates || account == caller.account)
}

fn deed(caller: &Caller, now: Millis, act: Act, subject: impl Display, detail: &serde_json::Value) -> Deed {
    Deed::new(now, Actor::Account(caller.account), act, subject, detail)
}

struct Register {
    caller: Caller,
    new: NewManager,
    person: NewPerson,
    code_id: CodeId,
    token: String,
    letter: Uuid,
    letter_state: LetterState,
    now: Millis,
}

impl Command for Register {
    type Done = Registered;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Registered, StoreError> {
        let tenant = self.caller.tenant;
        forms::take_turn(tx, tenant).await?;
        let forms = managers::forms(tx, tenant).await?;
        let Some(form) = forms.into_iter().find(|form| form.form == self.new.form) else { return Ok(Registered::NoForm) };
        let known = accounts::by_phone(tx, &self.new.phone).await?;
        let account = match &known {
            Some(known) => {
                let seats = accounts::memberships(tx, known.id).await?;
                if seats.iter().any(|seat| seat.tenant == tenant && seat.role == Role::Manager) {
                    return Ok(Registered::Before(known.id));
                }
                if seats.iter().any(|seat| seat.tenant != tenant) {
                    return Ok(Registered::Elsewhere);
                }
                // Somebody who presses the button at the same moment is waited for here.
                if !accounts::add_member(tx, tenant, known.id, Role::Manager, self.now).await? {
                    return Ok(Registered::Before(known.id));
                }
                self.welcome(tx, known, &seats).await?
            }
            None => self.open_account(tx).await?,
        };
        self.make_code(tx, account.id, form).await?;
        self.write_to(tx, &account).await?;
        let detail = json!({"code": self.code_id, "had_account": known.is_some()});
        audit::append(tx, tenant, &deed(&self.caller, self.now, Act::Register, account.id, &detail)).await?;
        Ok(if known.is_some() { Registered::Joined(account.id) } else { Registered::New(account.id) })
    }
}

impl Register {
    async fn open_account(&self, tx: &mut Tx<'_>) -> Result<Account, StoreError> {
        let NewPerson { account: id, phone, name, .. } = &self.person;
        accounts::insert(tx, *id, phone, name, self.now).await?;
        accounts::set_contact(tx, *id, name, Some(&self.new.mail), self.new.lang).await?;
        accounts::add_member(tx, self.caller.tenant, *id, Role::Manager, self.now).await?;
        let mail = Some(self.new.mail.clone());
        Ok(Account { id: *id, phone: phone.clone(), name: name.clone(), password_hash: None, mail, lang: self.new.lang, trust_round: 0 })
    }

    /// Somebody who has an account: an address that only this organisation needs is taken, any other stays.
    async fn welcome(&self, tx: &mut Tx<'_>, known: &Account, seats: &[Membership]) -> Result<Account, StoreError> {
        let is_ours = may_correct(&self.caller, known.id, seats);
        if !is_ours || known.mail.is_some() {
            return Ok(known.clone());
        }
        let (mail, lang) = (self.new.mail.clone(), self.new.lang);
        accounts::set_contact(tx, known.id, &known.name, Some(&mail), lang).await?;
        Ok(Account { mail: Some(mail), lang, ..known.clone() })
    }

    async fn make_code(&self, tx: &mut Tx<'_>, payee: AccountId, form: UsedForm) -> Result<(), StoreError> {
        let amount = AmountRule::Free;
        let mut new = NewCode::new(self.caller.tenant, payee, &self.new.code_name, CodeKind::App, amount, form.schema, self.now);
        new.code.id = self.code_id;
        codes::insert(tx, &new.code, CodeKind::App, form.form, self.now).await?;
        tokens::insert(tx, &new.code, &self.token, None, self.now).await
    }

    async fn write_to(&self, tx: &mut Tx<'_>, account: &Account) -> Result<(), StoreError> {
        let kind = if account.password_hash.is_some() { LetterKind::Welcome } else { LetterKind::Invitation };
        let Some(address) = account.mail.clone() else { return Ok(()) };
        let (tenant, lang, state) = (self.caller.tenant, account.lang, self.letter_state);
        let letter = NewLetter { tenant, id: self.letter, account: account.id, kind, address, lang, state };
        letters::insert(tx, &letter, self.now).await
    }
}

struct WriteAgain {
    caller: Caller,
    account: AccountId,
    id: Uuid,
    state: LetterState,
    now: Millis,
}

impl Command for WriteAgain {
    type Done = Done;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Done, StoreError> {
        let tenant = self.caller.tenant;
        let Some(manager) = managers::one(tx, tenant, self.account, self.now).await? else { return Ok(Done::NotFound) };
        if manager.suspended_at_ms.is_some() {
            return Ok(Done::Suspended);
        }
        let Some(address) = manager.mail.clone() else { return Ok(Done::NoAddress) };
        let last = letters::of_account(tx, tenant, self.account, 1).await?.into_iter().next();
        let is_fresh = |letter: &SentLetter| {
            let is_under_way = matches!(letter.last.state, LetterState::Waiting | LetterState::Sent);
            is_under_way && self.now.get() - letter.last.at_ms.get() < AGAIN_MS
        };
        if last.as_ref().is_some_and(is_fresh) {
            return Ok(Done::Before);
        }
        letters::withdraw(tx, tenant, self.account, self.now).await?;
        let kind = if manager.has_password { LetterKind::Recovery } else { LetterKind::Invitation };
        let letter = NewLetter { tenant, id: self.id, account: self.account, kind, address, lang: manager.lang, state: self.state };
        letters::insert(tx, &letter, self.now).await?;
        let detail = json!({"letter": kind});
        audit::append(tx, tenant, &deed(&self.caller, self.now, Act::GiveLink, self.account, &detail)).await?;
        Ok(Done::Now)
    }
}

struct Correct {
    caller: Caller,
    account: AccountId,
    name: String,
    mail: MailAddress,
    lang: Lang,
    letter: (Uuid, LetterState),
    now: Millis,
}

impl Command for Correct {
    type Done = Done;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Done, StoreError> {
        let tenant = self.caller.tenant;
        let Some(manager) = managers::one(tx, tenant, self.account, self.now).await? else { return Ok(Done::NotFound) };
        if !may_correct(&self.caller, self.account, &accounts::memberships(tx, self.account).await?) {
            return Ok(Done::NotYours);
        }
        let has_new_mail = manager.mail.as_ref() != Some(&self.mail);
        if !has_new_mail && manager.name == self.name && manager.lang == self.lang {
            return Ok(Done::Before);
        }
        accounts::set_contact(tx, self.account, &self.name, Some(&self.mail), self.lang).await?;
        if has_new_mail {
            // What lies in the wrong mailbox opens nothing any more. Letters come first: one that is just being sent draws its link
            // before they are taken back, or not at all.
            letters::withdraw(tx, tenant, self.account, self.now).await?;
            sessions::void_links(tx, self.account, self.now).await?;
            self.invite(tx, manager.has_password || manager.suspended_at_ms.is_some()).await?;
        }
        let detail = json!({"mail": has_new_mail, "name": manager.name != self.name});
        audit::append(tx, tenant, &deed(&self.caller, self.now, Act::Correct, self.account, &detail)).await?;
        Ok(Done::Now)
    }
}

impl Correct {
    async fn invite(&self, tx: &mut Tx<'_>, needs_none: bool) -> Result<(), StoreError> {
        if needs_none {
            return Ok(());
        }
        let (id, state) = self.letter;
        let (tenant, account, address, lang) = (self.caller.tenant, self.account, self.mail.clone(), self.lang);
        letters::insert(tx, &NewLetter { tenant, id, account, kind: LetterKind::Invitation, address, lang, state }, self.now).await
    }
}

struct Switch {
    caller: Caller,
    account: AccountId,
    is_suspended: bool,
    with_codes: bool,
    now: Millis,
}

impl Command for Switch {
    /// What became of it, and the change of the manager's codes, if there was one.
    type Done = (Done, Option<Millis>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Switch { caller, account, is_suspended, now, .. } = *self;
        let tenant = caller.tenant;
        if managers::one(tx, tenant, account, now).await?.is_none() {
            return Ok((Done::NotFound, None));
        }
        if !accounts::set_suspended(tx, tenant, account, Role::Manager, is_suspended.then_some(now)).await? {
            return Ok((Done::Before, None));
        }
        let mut detail = json!({});
        if is_suspended {
            detail["sessions_ended"] = self.shut_out(tx).await?.into();
        }
        let changed = if self.with_codes { managers::stop_codes(tx, tenant, account, is_suspended).await? } else { vec![] };
        detail["codes"] = changed.len().into();
        let changed_at_ms = tokens::touch_together(tx, tenant, &changed, now).await?;
        let act = if is_suspended { Act::Suspend } else { Act::Reinstate };
        audit::append(tx, tenant, &deed(&caller, now, act, account, &detail)).await?;
        Ok((Done::Now, changed_at_ms))
    }
}

impl Switch {
    async fn shut_out(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let (tenant, account) = (self.caller.tenant, self.account);
        letters::withdraw(tx, tenant, account, self.now).await?;
        let end = sessions::End { why: EndWhy::Suspended, by_device: None, now: self.now };
        sessions::end(tx, Which::OfMember(tenant, account, Role::Manager), end).await
    }
}

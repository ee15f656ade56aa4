//! Receivables 应收款: raising debts, changing them, writing them off and demanding them again (rows E15, I23). What settles them is
//! written where money is: [`crate::store::receivables`].

use domain::account::Phone;
use domain::code::{CodeState, Validity};
use domain::form::{FormSchema, Typed};
use domain::receivable::{Entry, ManagerWriteOffs, Movement, MovementKind, NoWriteOff, Receivable, Source, may_write_off};
use domain::{AmountRule, Caller, Code, CodeId, Day, Fen, Millis, ReceivableId, Role, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::clock::Clock;
use crate::fresh;
use crate::sent_forms::{SentForm, Taken};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::codes::CodeKind;
use crate::store::payments::Ids;
use crate::store::receivables::{self, Decided, Stored};
use crate::store::{Command, Store, StoreError, Tx, audit, codes, tenants, tokens};

/// Everything that collecting debts needs.
#[derive(Clone)]
pub struct Receivables {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

/// Debts of a file that are raised in one go.
const AT_ONCE: usize = 200;

/// A debt to raise, with the identities that it gets.
#[derive(Debug, Clone)]
pub struct NewDebt {
    /// What was entered.
    pub entry: Entry,
    /// Where it comes from.
    pub source: Source,
    /// The debt.
    pub id: ReceivableId,
    code: CodeId,
    token: String,
}

/// What became of debts that were to be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Raised {
    /// How many are new.
    pub new: u64,
    /// How many were there before.
    pub known: u64,
}

/// Why a debt was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The caller has no such debt.
    #[error("there is no such debt")]
    NotFound,
    /// It stands where that has no sense any more: nothing is owed, or it was not written off.
    #[error("it was changed meanwhile")]
    Passed,
    /// Whoever asks may not.
    #[error(transparent)]
    NoRight(#[from] NoWriteOff),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Receivables {
    /// Raises the debt that a form asks for; the same form raises it once, however often it is sent, and raises nothing with another
    /// content.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn raise(&self, caller: &Caller, entry: Entry, source: Source, number: &str) -> Result<Taken<ReceivableId>, StoreError> {
        let now = (self.clock)();
        let sent = SentForm::of("receivable", caller.account, number, &(&entry, source));
        let id = ReceivableId::of(sent.id);
        let debt = NewDebt { entry, source, id, code: CodeId::of(fresh::uuid(now)), token: fresh::code_token() };
        let raise = Raise { caller: *caller, debts: vec![debt], is_import: false, seed: fresh::uuid(now), now };
        let command = RaiseOnce { raise, id, sent };
        match self.store.write(command.clone()).await {
            // Another instance took the same number at the same moment: now it is there.
            Err(StoreError::Duplicate) => self.store.write(command).await,
            done => done,
        }
    }

    /// Raises the debts of a file, some at a time, so that payers do not wait behind a large one. A debt that is there already is
    /// passed over; so whoever is told of an error sends the same file again and raises the rest.
    ///
    /// # Errors
    /// When the store does not take them all.
    pub async fn import(&self, caller: &Caller, entries: Vec<Entry>) -> Result<Raised, StoreError> {
        let now = (self.clock)();
        let mut ids = Ids(fresh::uuid(now));
        let debts = entries.into_iter().map(|entry| NewDebt {
            entry,
            source: Source::Imported,
            id: ReceivableId::of(ids.next()),
            code: CodeId::of(fresh::uuid(now)),
            token: fresh::code_token(),
        });
        let debts: Vec<NewDebt> = debts.collect();
        let mut all = Raised::default();
        for some in debts.chunks(AT_ONCE) {
            let command = Raise { caller: *caller, debts: some.to_vec(), is_import: true, seed: fresh::uuid(now), now };
            let raised = self.store.write(command).await?;
            all = Raised { new: all.new + raised.new, known: all.known + raised.known };
        }
        Ok(all)
    }

    /// The caller's own debt, or any of the organisation for its administrator; `None` when there is none such.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn one(&self, caller: &Caller, id: ReceivableId) -> Result<Option<Stored>, StoreError> {
        let mut conn = self.store.read().await?;
        reached(&mut conn.tx(), caller, id).await
    }

    /// Sets the due day and the remark.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing changed.
    pub async fn edit(&self, caller: &Caller, id: ReceivableId, due: Option<Day>, remark: String) -> Result<(), ChangeError> {
        self.store.write(Edit { caller: *caller, id, due, remark, now: (self.clock)() }).await?
    }

    /// Sets the phone of whoever owes.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing changed.
    pub async fn set_phone(&self, caller: &Caller, id: ReceivableId, phone: Phone) -> Result<(), ChangeError> {
        self.store.write(SetPhone { caller: *caller, id, phone, now: (self.clock)() }).await?
    }

    /// Demands a debt no more. Its link says so; money that comes all the same counts.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing changed.
    pub async fn write_off(&self, caller: &Caller, id: ReceivableId, reason: String) -> Result<(), ChangeError> {
        let now = (self.clock)();
        self.store.write(WriteOff { caller: *caller, id, reason, is_restore: false, seed: fresh::uuid(now), now }).await?
    }

    /// Demands a debt again that was written off.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing changed.
    pub async fn restore(&self, caller: &Caller, id: ReceivableId) -> Result<(), ChangeError> {
        let now = (self.clock)();
        self.store.write(WriteOff { caller: *caller, id, reason: String::new(), is_restore: true, seed: fresh::uuid(now), now }).await?
    }
}

/// What somebody may do about what is owed. Managers collect their own debts, so only theirs are looked at.
///
/// # Errors
/// [`NoWriteOff`].
pub fn right(caller: &Caller, managers: ManagerWriteOffs, stored: &Stored) -> Result<(), NoWriteOff> {
    let is_payee = stored.receivable.payee == caller.account && stored.receivable.tenant == caller.tenant;
    may_write_off(caller.role, is_payee, managers, stored.claim.missing())
}

/// Whom a debt is shown to and may be decided by: whoever collects it, and the administrator.
async fn reached(tx: &mut Tx<'_>, caller: &Caller, id: ReceivableId) -> Result<Option<Stored>, StoreError> {
    match caller.role {
        Role::Administrator => receivables::load(tx, caller.tenant, id).await,
        _ => own(tx, caller, id).await,
    }
}

pub(crate) async fn own(tx: &mut Tx<'_>, caller: &Caller, id: ReceivableId) -> Result<Option<Stored>, StoreError> {
    let found = receivables::load(tx, caller.tenant, id).await?;
    Ok(found.filter(|stored| stored.receivable.payee == caller.account))
}

#[derive(Clone)]
struct RaiseOnce {
    raise: Raise,
    id: ReceivableId,
    sent: SentForm,
}

impl Command for RaiseOnce {
    type Done = Taken<ReceivableId>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let tenant = self.raise.caller.tenant;
        if let Some(content) = receivables::sent_hash(tx, tenant, self.id).await? {
            return Ok(Taken::before(&self.sent, self.id, &content));
        }
        self.raise.run(tx).await?;
        receivables::set_sent_hash(tx, tenant, self.id, &self.sent.content).await?;
        Ok(Taken::Made(self.id))
    }
}

#[derive(Clone)]
struct Raise {
    caller: Caller,
    debts: Vec<NewDebt>,
    is_import: bool,
    seed: Uuid,
    now: Millis,
}

impl Raise {
    async fn one(&self, tx: &mut Tx<'_>, new: &NewDebt, form: &FormSchema, ids: &mut Ids) -> Result<bool, StoreError> {
        let Caller { tenant, account: payee, .. } = self.caller;
        let Entry { debtor, title, amount_fen, due, in_parts, remark } = new.entry.clone();
        if self.is_import && receivables::same(tx, tenant, payee, &new.entry).await?.is_some() {
            return Ok(false);
        }
        let code = Code {
            tenant,
            id: new.code,
            payee,
            name: title.clone(),
            amount: AmountRule::Fixed { amount_fen },
            form: form.clone(),
            presets: Typed::default(),
            state: CodeState::Active,
            validity: Validity::default(),
        };
        codes::insert(tx, &code, CodeKind::Receivable, receivables::form_of(tenant), self.now).await?;
        tokens::insert(tx, &code, &new.token, None, self.now).await?;
        let receivable = Receivable {
            tenant,
            id: new.id,
            payee,
            code: new.code,
            debtor,
            title,
            amount_fen,
            due,
            in_parts,
            remark,
            source: new.source,
            raised_at_ms: self.now,
        };
        receivables::insert(tx, &receivable, payee, ids).await?;
        Ok(true)
    }
}

impl Command for Raise {
    type Done = Raised;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Raised, StoreError> {
        let Caller { tenant, account, .. } = self.caller;
        if self.is_import {
            receivables::take_turn(tx, tenant, account).await?;
        }
        let form = FormSchema { version: 1, fields: vec![] };
        codes::insert_form_once(tx, tenant, receivables::form_of(tenant), &form, self.now).await?;
        let mut ids = Ids(self.seed);
        let (mut raised, mut sum) = (Raised::default(), Fen::ZERO);
        for debt in &self.debts {
            if self.one(tx, debt, &form, &mut ids).await? {
                raised.new += 1;
                sum = sum.plus(debt.entry.amount_fen).unwrap_or(sum);
            } else {
                raised.known += 1;
            }
        }
        if raised.new > 0 {
            let detail = json!({"count": raised.new, "amount_fen": sum});
            let (act, subject) = match self.debts.as_slice() {
                [one] if !self.is_import => (Act::RaiseReceivable, one.id.to_string()),
                _ => (Act::ImportReceivables, account.to_string()),
            };
            audit::append(tx, tenant, &Deed::new(self.now, Actor::Account(account), act, subject, &detail)).await?;
        }
        Ok(raised)
    }
}

struct Edit {
    caller: Caller,
    id: ReceivableId,
    due: Option<Day>,
    remark: String,
    now: Millis,
}

impl Command for Edit {
    type Done = Result<(), ChangeError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Some(stored) = own(tx, &self.caller, self.id).await? else { return Ok(Err(ChangeError::NotFound)) };
        let before = &stored.receivable;
        if (before.due, &before.remark) == (self.due, &self.remark) {
            return Ok(Ok(()));
        }
        receivables::edit(tx, &stored, self.due, &self.remark).await?;
        let days = |due: Option<Day>| due.map(|due| due.to_string());
        let detail = json!({"due": days(self.due), "due_before": days(before.due), "remark_changed": before.remark != self.remark});
        let deed = Deed::new(self.now, Actor::Account(self.caller.account), Act::EditReceivable, self.id, &detail);
        audit::append(tx, self.caller.tenant, &deed).await?;
        Ok(Ok(()))
    }
}

struct SetPhone {
    caller: Caller,
    id: ReceivableId,
    phone: Phone,
    now: Millis,
}

impl Command for SetPhone {
    type Done = Result<(), ChangeError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Some(stored) = own(tx, &self.caller, self.id).await? else { return Ok(Err(ChangeError::NotFound)) };
        if stored.receivable.debtor.phone.as_ref() == Some(&self.phone) {
            return Ok(Ok(()));
        }
        receivables::set_phone(tx, &stored, &self.phone).await?;
        let detail = json!({"phone_changed": true});
        let deed = Deed::new(self.now, Actor::Account(self.caller.account), Act::EditReceivable, self.id, &detail);
        audit::append(tx, self.caller.tenant, &deed).await?;
        Ok(Ok(()))
    }
}

struct WriteOff {
    caller: Caller,
    id: ReceivableId,
    reason: String,
    is_restore: bool,
    seed: Uuid,
    now: Millis,
}

impl Command for WriteOff {
    type Done = Result<(), ChangeError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Some(stored) = reached(tx, &self.caller, self.id).await? else { return Ok(Err(ChangeError::NotFound)) };
        let (kind, amount_fen, act) = match self.is_restore {
            false => (MovementKind::WrittenOff, stored.claim.outstanding(), Act::WriteOff),
            true => (MovementKind::Restored, stored.claim.written_off(), Act::Restore),
        };
        if !amount_fen.is_positive() {
            return Ok(Err(ChangeError::Passed));
        }
        if let Err(why) = right(&self.caller, tenants::manager_write_offs(tx, self.caller.tenant).await?, &stored) {
            return Ok(Err(why.into()));
        }
        let reason = Some(self.reason.as_str()).filter(|reason| !reason.is_empty());
        let decided = Decided { by: Some(self.caller.account), reason, payment: None };
        receivables::moved(tx, &stored, Movement { kind, amount_fen }, decided, &mut Ids(self.seed), self.now).await?;
        let detail = json!({"amount_fen": amount_fen, "reason": reason});
        let deed = Deed::new(self.now, Actor::Account(self.caller.account), act, self.id, &detail);
        audit::append(tx, self.caller.tenant, &deed).await?;
        Ok(Ok(()))
    }
}

/// Lets an organisation's managers write off so much by themselves from now on.
pub struct LetManagersWriteOff {
    /// The organisation.
    pub tenant: TenantId,
    /// How much.
    pub managers: ManagerWriteOffs,
    /// Who decided it.
    pub by: Actor,
    /// When.
    pub now: Millis,
}

impl Command for LetManagersWriteOff {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tenants::set_manager_write_offs(tx, self.tenant, self.managers).await?;
        let detail = json!(self.managers);
        audit::append(tx, self.tenant, &Deed::new(self.now, self.by, Act::SetManagerWriteOffs, self.tenant, &detail)).await.map(drop)
    }
}

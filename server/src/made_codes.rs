//! What an administrator does with codes: making extra ones for a manager or a store, setting their terms, switching them (E13, B81).

use domain::code::{CodeState, Validity};
use domain::form::{FieldError, FormSchema, Typed};
use domain::{AccountId, AmountRule, Caller, Code, CodeId, Millis, Role, StoreId, TenantId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::codes::Codes;
use crate::fresh;
use crate::live::CodeChange;
use crate::sent_forms::{SentForm, Taken};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::codes::{CodeKind, FoundCode};
use crate::store::made_codes::{self, Configured};
use crate::store::managers::UsedForm;
use crate::store::stores::{self, Person};
use crate::store::{Command, StoreError, Tx, accounts, audit, codes, forms, managers, tokens};

/// Payees that a search finds at most.
const MOST_FOUND: i64 = 10;

/// What an administrator sets of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTerms {
    /// What it is called.
    pub name: String,
    /// How much it collects.
    pub amount: AmountRule,
    /// When it works.
    pub validity: Validity,
    /// The form that it asks, in its newest version.
    pub form: Uuid,
    /// What was typed as presets.
    pub typed: Typed,
}

impl CodeTerms {
    /// Everything that is set, as it is compared with what the same form said before.
    fn content(&self) -> Value {
        json!([self.name, self.amount, self.validity, self.form.to_string(), self.typed])
    }
}

/// Who collects through a new code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payee {
    /// Their account, or a store in its place.
    pub id: AccountId,
    /// Their name.
    pub name: String,
    /// Whether it is a store.
    pub is_store: bool,
}

/// Who may collect.
#[derive(Debug, Clone, Default)]
pub struct Payees {
    /// Stores that are open.
    pub stores: Vec<Payee>,
    /// Managers who are not suspended.
    pub managers: Vec<Person>,
    /// How many more such stores there are than are named here.
    pub more_stores: i64,
    /// How many more such managers.
    pub more_managers: i64,
}

/// A code with what its page needs beside it.
#[derive(Debug, Clone)]
pub struct CodeFile {
    /// The code.
    pub found: FoundCode,
    /// The form that it asks.
    pub form: Uuid,
    /// The forms to choose from, the code's own first.
    pub forms: Vec<UsedForm>,
}

/// Why a code was not made, or not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSet {
    /// The organisation has no such code.
    NotFound,
    /// There is nobody of this kind to collect, or they are suspended or closed.
    NoPayee,
    /// The organisation has no such form.
    NoForm,
    /// Another code of the payee has this name; nobody could tell them apart where one is chosen.
    NameTaken,
    /// The form does not take these presets.
    Presets(Vec<FieldError>),
}

/// What became of switching a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switched {
    /// It was done.
    Now,
    /// It was so before.
    Before,
    /// The organisation has no such code.
    NotFound,
    /// Its payee is suspended or closed.
    NoPayee,
}

impl Codes {
    /// The organisation's codes whose name or payee holds `words`, who was made last first, and how many there are.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn page(&self, caller: &Caller, words: &str, skip: usize, limit: usize) -> Result<(Vec<FoundCode>, usize), StoreError> {
        let mut conn = self.store.read().await?;
        let words = words.to_lowercase();
        let [skip, limit] = [skip, limit].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let found = made_codes::page(&mut conn.tx(), caller.tenant, &words, skip, limit).await?;
        let count = made_codes::count(&mut conn.tx(), caller.tenant, &words).await?;
        Ok((found, usize::try_from(count).unwrap_or(0)))
    }

    /// One code of the caller's organisation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn file(&self, caller: &Caller, code: CodeId) -> Result<Option<CodeFile>, StoreError> {
        let mut conn = self.store.read().await?;
        let Some((found, form)) = made_codes::one(&mut conn.tx(), caller.tenant, code).await? else { return Ok(None) };
        let mut forms = managers::forms(&mut conn.tx(), caller.tenant).await?;
        // The version that the code asks stands for itself, also where its form has a newer one.
        forms.retain(|used| used.schema.fields != found.code.form.fields);
        forms.insert(0, UsedForm { form, schema: found.code.form.clone(), code_name: Some(found.code.name.clone()) });
        Ok(Some(CodeFile { found, form, forms }))
    }

    /// Who may collect: the first stores and managers whose name (or phone number) holds `words`, and how many more there are.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn payees(&self, caller: &Caller, words: &str) -> Result<Payees, StoreError> {
        let mut conn = self.store.read().await?;
        let words = words.to_lowercase();
        let tx = &mut conn.tx();
        let found = stores::open(tx, caller.tenant, &words, MOST_FOUND).await?;
        let more_stores = stores::count_open(tx, caller.tenant, &words).await? - found.len() as i64;
        let stores = found.into_iter().map(|store| Payee { id: store.id.payee(), name: store.name, is_store: true }).collect();
        // No store has this id, so nobody is left out.
        let nowhere = StoreId::of(Uuid::nil());
        let managers = stores::candidates(tx, caller.tenant, nowhere, &words, MOST_FOUND).await?;
        let more_managers = stores::count_candidates(tx, caller.tenant, nowhere, &words).await? - managers.len() as i64;
        Ok(Payees { stores, managers, more_stores, more_managers })
    }

    /// Who collects under this id, when they may; `None` otherwise.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn payee(&self, caller: &Caller, id: AccountId) -> Result<Option<Payee>, StoreError> {
        payee(&mut self.store.read().await?.tx(), caller.tenant, id).await
    }

    /// Makes a code. `number` is that of the form that was sent: sent again, it makes no other code, and with another content none.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn make(
        &self,
        caller: &Caller,
        payee: AccountId,
        kind: CodeKind,
        terms: CodeTerms,
        number: &str,
    ) -> Result<Result<Taken<CodeId>, NotSet>, StoreError> {
        let now = (self.clock)();
        let person = format!("{} {}", caller.tenant, caller.account);
        let sent = SentForm::of("code", person, number, &(payee, kind, terms.content()));
        let make = Make { caller: *caller, id: CodeId::of(sent.id), sent, payee, kind, terms, token: fresh::code_token(), now };
        let made = match self.store.write(make.clone()).await {
            // Another instance took the same number at the same moment: now it is there.
            Err(StoreError::Duplicate) => self.store.write(make).await,
            made => made,
        };
        Ok(made?.map(|(taken, changed_at_ms)| {
            if let Some(changed_at_ms) = changed_at_ms {
                self.live.code_changed(CodeChange { tenant: caller.tenant, payee, changed_at_ms });
            }
            taken
        }))
    }

    /// Sets the terms of a code. `false` when they were so before. Payments that are open keep what they were made with.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn configure(&self, caller: &Caller, code: CodeId, terms: CodeTerms) -> Result<Result<bool, NotSet>, StoreError> {
        let now = (self.clock)();
        let done = self.store.write(Configure { caller: *caller, id: code, terms, own_form: fresh::uuid(now), now }).await?;
        Ok(match done {
            Ok(Some((payee, changed_at_ms))) => {
                self.live.code_changed(CodeChange { tenant: caller.tenant, payee, changed_at_ms });
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(why) => Err(why),
        })
    }

    /// Switches a code on or off.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn switch(&self, caller: &Caller, code: CodeId, is_on: bool) -> Result<Switched, StoreError> {
        let (switched, changed) = self.store.write(Switch { caller: *caller, id: code, is_on, now: (self.clock)() }).await?;
        if let Some((payee, changed_at_ms)) = changed {
            self.live.code_changed(CodeChange { tenant: caller.tenant, payee, changed_at_ms });
        }
        Ok(switched)
    }
}

async fn payee(tx: &mut Tx<'_>, tenant: TenantId, id: AccountId) -> Result<Option<Payee>, StoreError> {
    if let Some(store) = stores::one(tx, tenant, StoreId::of(id.get())).await? {
        return Ok(Some(Payee { id, name: store.name, is_store: true }).filter(|_| store.is_open));
    }
    let seats = accounts::memberships(tx, id).await?;
    if !seats.iter().any(|seat| seat.tenant == tenant && seat.role == Role::Manager && seat.suspended_at_ms.is_none()) {
        return Ok(None);
    }
    let account = accounts::by_id(tx, id).await?;
    Ok(account.map(|account| Payee { id, name: account.name, is_store: false }))
}

async fn note(tx: &mut Tx<'_>, caller: &Caller, now: Millis, act: Act, code: CodeId, detail: &Value) -> Result<(), StoreError> {
    audit::append(tx, caller.tenant, &Deed::new(now, Actor::Account(caller.account), act, code, detail)).await.map(drop)
}

#[derive(Clone)]
struct Make {
    caller: Caller,
    id: CodeId,
    sent: SentForm,
    payee: AccountId,
    kind: CodeKind,
    terms: CodeTerms,
    token: String,
    now: Millis,
}

impl Command for Make {
    /// What became of the form, and the change's place in time where a code was made just now.
    type Done = Result<(Taken<CodeId>, Option<Millis>), NotSet>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let (tenant, terms) = (self.caller.tenant, &self.terms);
        if let Some(content) = made_codes::sent_hash(tx, tenant, self.id).await? {
            return Ok(Ok((Taken::before(&self.sent, self.id, &content), None)));
        }
        forms::take_turn(tx, tenant).await?;
        let Some(payee) = payee(tx, tenant, self.payee).await? else { return Ok(Err(NotSet::NoPayee)) };
        let Some(form) = made_codes::newest(tx, tenant, terms.form).await? else { return Ok(Err(NotSet::NoForm)) };
        if made_codes::is_name_taken(tx, tenant, payee.id, &terms.name, self.id).await? {
            return Ok(Err(NotSet::NameTaken));
        }
        let presets = match presets(&form, &terms.typed, &Typed::default()) {
            Ok(presets) => presets,
            Err(errors) => return Ok(Err(NotSet::Presets(errors))),
        };
        // A store has no phone on which a code could be shown and refreshed.
        let kind = if payee.is_store { CodeKind::Plate } else { self.kind };
        let code = Code {
            tenant,
            id: self.id,
            payee: payee.id,
            name: terms.name.clone(),
            amount: terms.amount,
            form,
            presets,
            state: CodeState::Active,
            validity: terms.validity,
        };
        codes::insert(tx, &code, kind, terms.form, self.now).await?;
        made_codes::set_sent_hash(tx, tenant, code.id, &self.sent.content).await?;
        tokens::insert(tx, &code, &self.token, None, self.now).await?;
        let changed_at_ms = tokens::touch(tx, tenant, code.id, self.now).await?;
        let detail = json!({"payee": payee.id, "amount": code.amount, "presets": code.presets.keys().len()});
        note(tx, &self.caller, self.now, Act::MakeCode, code.id, &detail).await?;
        Ok(Ok((Taken::Made(code.id), Some(changed_at_ms))))
    }
}

/// The presets that were typed, as the form takes them.
fn presets(schema: &FormSchema, typed: &Typed, before: &Typed) -> Result<Typed, Vec<FieldError>> {
    let presets = schema.presets(typed, before);
    schema.check_presets(&presets).map(|_| presets)
}

struct Configure {
    caller: Caller,
    id: CodeId,
    terms: CodeTerms,
    own_form: Uuid,
    now: Millis,
}

impl Command for Configure {
    /// The payee and the change's place in time, where anything changed.
    type Done = Result<Option<(AccountId, Millis)>, NotSet>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let (tenant, terms) = (self.caller.tenant, &self.terms);
        forms::take_turn(tx, tenant).await?;
        let Some((FoundCode { code, .. }, form)) = made_codes::one(tx, tenant, self.id).await? else { return Ok(Err(NotSet::NotFound)) };
        // What has another's name already may keep it while something else of it is changed.
        if code.name != terms.name && made_codes::is_name_taken(tx, tenant, code.payee, &terms.name, self.id).await? {
            return Ok(Err(NotSet::NameTaken));
        }
        let chosen = match terms.form == form {
            true => None,
            false => match made_codes::newest(tx, tenant, terms.form).await? {
                Some(schema) => Some(schema).filter(|schema| schema.fields != code.form.fields),
                None => return Ok(Err(NotSet::NoForm)),
            },
        };
        let schema = chosen.as_ref().unwrap_or(&code.form);
        let presets = match presets(schema, &terms.typed, &code.presets) {
            Ok(presets) => presets,
            Err(errors) => return Ok(Err(NotSet::Presets(errors))),
        };
        let is_same = code.name == terms.name && code.amount == terms.amount && code.validity == terms.validity && code.presets == presets;
        if is_same && chosen.is_none() {
            return Ok(Ok(None));
        }
        if let Some(schema) = &chosen {
            made_codes::ask(tx, tenant, self.id, schema, self.own_form, self.now).await?;
        }
        let to = Configured { name: &terms.name, amount: terms.amount, presets: &presets, validity: terms.validity };
        made_codes::configure(tx, tenant, self.id, &to).await?;
        let changed_at_ms = tokens::touch(tx, tenant, self.id, self.now).await?;
        let detail = json!({
            "amount": terms.amount,
            "validity": terms.validity,
            "form": chosen.is_some(),
            "presets": code.presets != presets,
            "name": code.name != terms.name,
        });
        note(tx, &self.caller, self.now, Act::ConfigureCode, self.id, &detail).await?;
        Ok(Ok(Some((code.payee, changed_at_ms))))
    }
}

struct Switch {
    caller: Caller,
    id: CodeId,
    is_on: bool,
    now: Millis,
}

impl Command for Switch {
    type Done = (Switched, Option<(AccountId, Millis)>);

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let tenant = self.caller.tenant;
        let Some((FoundCode { code, .. }, _)) = made_codes::one(tx, tenant, self.id).await? else { return Ok((Switched::NotFound, None)) };
        if self.is_on && payee(tx, tenant, code.payee).await?.is_none() {
            return Ok((Switched::NoPayee, None));
        }
        let state = if self.is_on { CodeState::Active } else { CodeState::Disabled };
        if !made_codes::switch(tx, tenant, self.id, state).await? {
            return Ok((Switched::Before, None));
        }
        let changed_at_ms = tokens::touch(tx, tenant, self.id, self.now).await?;
        note(tx, &self.caller, self.now, Act::SwitchCode, self.id, &json!({"is_on": self.is_on})).await?;
        Ok((Switched::Now, Some((code.payee, changed_at_ms))))
    }
}

//! Reminding people by text message of what they owe (row I23). The rule is [`domain::receivable::Reminding`]; here it is read, kept and
//! carried out.
//!
//! A reminder is decided in one transaction and handed over after that is committed, once: what became of it is written beside it,
//! and one of which nothing was heard is never repeated, because it may have arrived.

use std::sync::Arc;

use domain::account::Phone;
use domain::one_time::Delivery;
use domain::receivable::{Cause, Hold, Next, NotByHand, Outcome, QuietHours, Reminder, Reminding};
use domain::{Caller, Fen, Millis, ReceivableId, TenantId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Clock;
use crate::fresh;
use crate::leases;
use crate::receivables::own;
use crate::senders::sms::{Handed, Text, TextMessages, Words};
use crate::store::audit::{Act, Actor, Deed};
use crate::store::receivables::{self, Stored};
use crate::store::reminders::{self, Kept, NewStep, Step, Switches};
use crate::store::{Command, Store, StoreError, Tx, audit, tenants};
use crate::text_budget::TextBudget;

/// After so long nothing will be heard any more of a reminder that was handed over: longer than a message may take.
const LOST_MS: i64 = 10 * 60_000;

/// Debts that are looked at in one go, and at once.
const BATCH: i64 = 64;
const AT_ONCE: usize = 4;

/// Everything that reminding needs.
#[derive(Clone)]
pub struct Reminders {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The provider, if it has approved words for reminders.
    pub sms: Option<Arc<dyn TextMessages>>,
    /// When nobody is reminded.
    pub quiet: QuietHours,
    /// How many text messages an organisation causes on a day.
    pub budget: TextBudget,
}

/// Everything about reminders of a debt, as it stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What people said.
    pub switches: Switches,
    /// The debt's reminders, oldest first.
    pub kept: Vec<Kept>,
    /// What the provider said of the number, if it takes no messages.
    pub bad_number: Option<String>,
    reminders: Vec<Reminder>,
    reached: Vec<Millis>,
}

/// What somebody who collects does about reminders of a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// No more, not by hand either.
    Stop,
    /// Again.
    Resume,
    /// On a schedule.
    Schedule,
    /// Only by hand.
    ByHandOnly,
}

/// Why nothing was asked for or changed.
#[derive(Debug, thiserror::Error)]
pub enum RemindError {
    /// The caller has no such debt.
    #[error("there is no such debt")]
    NotFound,
    /// There is nobody to send it.
    #[error("reminders are not set up")]
    NotSetUp,
    /// Not now.
    #[error(transparent)]
    Not(#[from] NotByHand),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A reminder that is about to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The debt as it stood when that was decided.
    pub stored: Stored,
    reminder: Uuid,
    cause: Cause,
    phone: Phone,
}

impl Known {
    /// What is known of a debt at `now`; `None` when the debt is gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(tx: &mut Tx<'_>, stored: &Stored, now: Millis) -> Result<Option<Known>, StoreError> {
        let (tenant, id) = (stored.receivable.tenant, stored.receivable.id);
        let Some(switches) = reminders::switches(tx, tenant, id).await? else { return Ok(None) };
        let kept = reminders::of_debt(tx, tenant, id).await?;
        let (mut reached, mut bad_number) = (vec![], None);
        if let Some(phone) = &stored.receivable.debtor.phone {
            reached = reminders::reached(tx, tenant, phone, now.day().starts_at()).await?;
            bad_number = reminders::bad_number(tx, tenant, phone).await?;
        }
        let reminders = kept.iter().map(|one| one.reminder.clone()).collect();
        Ok(Some(Known { switches, kept, bad_number, reminders, reached }))
    }

    /// The same as the rule wants it.
    pub fn reminding<'a>(&'a self, stored: &Stored, quiet: QuietHours) -> Reminding<'a> {
        Reminding {
            owed: stored.claim.outstanding(),
            due: stored.receivable.due,
            raised_at_ms: stored.receivable.raised_at_ms,
            is_open: self.switches.is_open,
            has_phone: stored.receivable.debtor.phone.is_some(),
            is_stopped_by_manager: self.switches.stopped_by_manager.is_some(),
            is_stopped_by_debtor: self.switches.stopped_by_debtor.is_some(),
            is_bad_number: self.bad_number.is_some(),
            is_scheduled: self.switches.is_scheduled(),
            reminders: &self.reminders,
            reached_number_at: &self.reached,
            quiet,
            hour: self.switches.hour,
        }
    }
}

impl Reminders {
    /// Whether anybody can be reminded here.
    pub fn is_set_up(&self) -> bool {
        self.sms.is_some()
    }

    /// Looks at debts whose moment came and reminds of those that are to be reminded of; `true` when there may be more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn round(&self) -> Result<bool, StoreError> {
        if !self.is_set_up() {
            return Ok(false);
        }
        let due = reminders::due(&mut self.store.read().await?.tx(), (self.clock)(), BATCH).await?;
        let is_full = leases::is_full(due.len(), BATCH);
        leases::work_through(due, AT_ONCE, |(tenant, id)| self.attend(tenant, id)).await?;
        Ok(is_full)
    }

    async fn attend(&self, tenant: TenantId, id: ReceivableId) -> Result<(), StoreError> {
        match self.begin(tenant, id).await? {
            Some(begun) => self.hand_over(begun).await,
            None => Ok(()),
        }
    }

    /// Looks at a debt, and begins a reminder if one is to go now.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn begin(&self, tenant: TenantId, id: ReceivableId) -> Result<Option<Begun>, StoreError> {
        let now = (self.clock)();
        self.store.write(Look { tenant, id, quiet: self.quiet, budget: self.budget, fresh: fresh::uuid(now), now }).await
    }

    /// Hands a reminder over, unless something changed since it was begun, and writes down what became of it.
    ///
    /// # Errors
    /// When the store does not answer; then nobody will know what became of it.
    pub async fn hand_over(&self, begun: Begun) -> Result<(), StoreError> {
        let Begun { stored, reminder, cause, phone } = &begun;
        let (outcome, why, amount_fen) = match self.right_before(&begun).await? {
            Ok((organisation, amount_fen)) => {
                let title = &stored.receivable.title;
                let words = Words::Reminder { organisation: &organisation, title, amount_fen, code: &stored.token };
                let (outcome, why) = self.send(&Text { to: phone, words }).await;
                (outcome, why, amount_fen)
            }
            Err(why) => (Outcome::Dropped, Some(why), stored.claim.outstanding()),
        };
        metrics::counter!("shouma_reminders_total", "result" => result(outcome)).increment(1);
        let end = NewStep {
            tenant: stored.receivable.tenant,
            reminder: *reminder,
            receivable: stored.receivable.id,
            step: Step::Ended(outcome),
            cause: *cause,
            phone: phone.clone(),
            amount_fen,
            by: None,
            why,
            at_ms: (self.clock)(),
        };
        self.store.write(End { end }).await
    }

    async fn send(&self, text: &Text<'_>) -> (Outcome, Option<String>) {
        let Some(sms) = &self.sms else { return (Outcome::Dropped, None) };
        let Handed { delivery, why } = sms.send(text).await;
        let outcome = match delivery {
            Delivery::Sent => return (Outcome::Sent, None),
            Delivery::Sending | Delivery::Unknown => Outcome::Unknown,
            Delivery::BadNumber => Outcome::BadNumber,
            Delivery::TooOften | Delivery::NoService | Delivery::Nobody => Outcome::Refused,
        };
        tracing::warn!(result = result(outcome), why, "a reminder was not taken for certain; it is not repeated");
        (outcome, Some(why))
    }

    /// Whether it is still right to send it: the organisation's name and what is owed at this moment, or what changed since.
    async fn right_before(&self, begun: &Begun) -> Result<Result<(String, Fen), String>, StoreError> {
        let debt = &begun.stored.receivable;
        let now = (self.clock)();
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        let Some(stored) = receivables::load(tx, debt.tenant, debt.id).await? else { return Ok(Err("gone".into())) };
        let Some(known) = Known::read(tx, &stored, now).await? else { return Ok(Err("gone".into())) };
        let rule = Reminding { reminders: &[], ..known.reminding(&stored, self.quiet) };
        if let Some(hold) = rule.hold() {
            return Ok(Err(hold_word(hold)));
        }
        match tenants::by_id(tx, debt.tenant).await? {
            _ if stored.receivable.debtor.phone.as_ref() != Some(&begun.phone) => Ok(Err("another_phone".into())),
            _ if rule.awake(now, begun.cause) > now => Ok(Err("quiet".into())),
            Some(organisation) => Ok(Ok((organisation.name, stored.claim.outstanding()))),
            None => Ok(Err("gone".into())),
        }
    }

    /// Asks for a reminder, and hands it over at once if it may go now. When it goes where that is later.
    ///
    /// # Errors
    /// [`RemindError`]; then nothing was asked for.
    pub async fn ask(&self, caller: &Caller, id: ReceivableId) -> Result<Option<Millis>, RemindError> {
        if !self.is_set_up() {
            return Err(RemindError::NotSetUp);
        }
        let now = (self.clock)();
        let ask = Ask { caller: *caller, id, quiet: self.quiet, budget: self.budget, fresh: fresh::uuid(now), now };
        let (goes_at, begun) = self.store.write(ask).await??;
        match begun {
            Some(begun) => self.hand_over(begun).await.map(|()| None).map_err(RemindError::Store),
            None => Ok(Some(goes_at)),
        }
    }

    /// Changes how a debt of the caller is reminded of.
    ///
    /// # Errors
    /// [`RemindError`]; then nothing changed.
    pub async fn change(&self, caller: &Caller, id: ReceivableId, change: Change) -> Result<(), RemindError> {
        self.store.write(Switch { caller: *caller, id, change, now: (self.clock)() }).await?
    }

    /// Whoever owes wants no reminders of the debt any more, or wants them again.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn wish(&self, tenant: TenantId, id: ReceivableId, wants: bool) -> Result<(), StoreError> {
        self.store.write(Wish { tenant, id, wants, now: (self.clock)() }).await
    }
}

/// Why a reminder was not handed over, as it is written down.
pub fn hold_word(hold: Hold) -> String {
    serde_json::to_value(hold).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

const fn result(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sent => "sent",
        Outcome::Unknown => "unknown",
        Outcome::Refused => "refused",
        Outcome::BadNumber => "bad_number",
        Outcome::Dropped => "dropped",
    }
}

/// The first moment of the next day at which somebody may be reminded.
fn tomorrow(quiet: QuietHours, now: Millis) -> Millis {
    quiet.over(now.day().ends_at())
}

struct Look {
    tenant: TenantId,
    id: ReceivableId,
    quiet: QuietHours,
    budget: TextBudget,
    fresh: Uuid,
    now: Millis,
}

impl Command for Look {
    type Done = Option<Begun>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Begun>, StoreError> {
        let Look { tenant, id, now, .. } = *self;
        if !reminders::take_up(tx, tenant, id, now).await? {
            return Ok(None);
        }
        let Some(stored) = receivables::load(tx, tenant, id).await? else { return Ok(None) };
        if let Some(phone) = &stored.receivable.debtor.phone {
            reminders::take_turn(tx, phone).await?;
        }
        let Some(known) = Known::read(tx, &stored, now).await? else { return Ok(None) };
        match (known.reminding(&stored, self.quiet).next(now), stored.receivable.debtor.phone.clone()) {
            (Next::Now(cause), Some(phone)) if self.budget.take(tx, tenant, now).await? => {
                self.begin(tx, stored, &known, cause, phone).await.map(Some)
            }
            (Next::Now(_), Some(_)) => reminders::look_again(tx, tenant, id, tomorrow(self.quiet, now)).await.map(|()| None),
            (Next::At(at, _), _) => reminders::look_again(tx, tenant, id, at).await.map(|()| None),
            (Next::UnderWay(since), _) if now.since_ms(since) < LOST_MS => {
                reminders::look_again(tx, tenant, id, since.plus_ms(LOST_MS)).await.map(|()| None)
            }
            (Next::UnderWay(_), _) => {
                let lost = known.kept.iter().filter(|one| one.reminder.under_way().is_some());
                self.end(tx, &stored, lost, Outcome::Unknown, None).await?;
                reminders::wake(tx, tenant, id).await.map(|()| None)
            }
            (Next::Never(Hold::Closed), _) => reminders::look_again(tx, tenant, id, tomorrow(self.quiet, now)).await.map(|()| None),
            (Next::Never(hold), _) => {
                let waiting = known.kept.iter().filter(|one| one.reminder.is_waiting());
                self.end(tx, &stored, waiting, Outcome::Dropped, Some(hold_word(hold))).await.map(|()| None)
            }
            (Next::Nothing | Next::Now(_), _) => Ok(None),
        }
    }
}

impl Look {
    async fn begin(&self, tx: &mut Tx<'_>, stored: Stored, known: &Known, cause: Cause, phone: Phone) -> Result<Begun, StoreError> {
        let waiting = known.kept.iter().find(|one| one.reminder.is_waiting());
        let reminder = waiting.filter(|_| cause == Cause::Hand).map_or(self.fresh, |one| one.id);
        let begun = Begun { stored, reminder, cause, phone };
        if !reminders::insert(tx, &self.step(&begun, Step::Begun)).await? {
            return Err(StoreError::Stale);
        }
        reminders::look_again(tx, self.tenant, self.id, self.now.plus_ms(LOST_MS)).await?;
        Ok(begun)
    }

    fn step(&self, begun: &Begun, step: Step) -> NewStep {
        NewStep {
            tenant: self.tenant,
            reminder: begun.reminder,
            receivable: self.id,
            step,
            cause: begun.cause,
            phone: begun.phone.clone(),
            amount_fen: begun.stored.claim.outstanding(),
            by: None,
            why: None,
            at_ms: self.now,
        }
    }

    async fn end(
        &self,
        tx: &mut Tx<'_>,
        stored: &Stored,
        kept: impl Iterator<Item = &Kept>,
        outcome: Outcome,
        why: Option<String>,
    ) -> Result<(), StoreError> {
        for one in kept {
            let Reminder { cause, phone, .. } = one.reminder.clone();
            let begun = Begun { stored: stored.clone(), reminder: one.id, cause, phone };
            reminders::insert(tx, &NewStep { why: why.clone(), ..self.step(&begun, Step::Ended(outcome)) }).await?;
        }
        Ok(())
    }
}

struct End {
    end: NewStep,
}

impl Command for End {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        // Whoever decides about the debt at this moment goes first, or finds the end.
        reminders::wake(tx, self.end.tenant, self.end.receivable).await?;
        reminders::insert(tx, &self.end).await.map(drop)
    }
}

struct Ask {
    caller: Caller,
    id: ReceivableId,
    quiet: QuietHours,
    budget: TextBudget,
    fresh: Uuid,
    now: Millis,
}

impl Command for Ask {
    /// When it goes, and the reminder where that is now.
    type Done = Result<(Millis, Option<Begun>), RemindError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let Caller { tenant, account, .. } = self.caller;
        if own(tx, &self.caller, self.id).await?.is_none() {
            return Ok(Err(RemindError::NotFound));
        }
        reminders::wake(tx, tenant, self.id).await?;
        let Some(stored) = own(tx, &self.caller, self.id).await? else { return Ok(Err(RemindError::NotFound)) };
        if let Some(phone) = &stored.receivable.debtor.phone {
            reminders::take_turn(tx, phone).await?;
        }
        let Some(known) = Known::read(tx, &stored, self.now).await? else { return Ok(Err(RemindError::NotFound)) };
        let goes_at = match known.reminding(&stored, self.quiet).by_hand(self.now) {
            Ok(goes_at) if goes_at > self.now || self.budget.take(tx, tenant, self.now).await? => goes_at,
            // It waits, and the next look at it puts it off to then.
            Ok(_) => tomorrow(self.quiet, self.now),
            Err(why) => return Ok(Err(why.into())),
        };
        let Some(phone) = stored.receivable.debtor.phone.clone() else { return Ok(Err(NotByHand::Held(Hold::NoPhone).into())) };
        let asked = NewStep {
            tenant,
            reminder: self.fresh,
            receivable: self.id,
            step: Step::Asked,
            cause: Cause::Hand,
            phone: phone.clone(),
            amount_fen: stored.claim.outstanding(),
            by: Some(account),
            why: None,
            at_ms: self.now,
        };
        reminders::insert(tx, &asked).await?;
        let goes_now = goes_at <= self.now;
        if goes_now {
            reminders::insert(tx, &NewStep { step: Step::Begun, by: None, ..asked }).await?;
            reminders::look_again(tx, tenant, self.id, self.now.plus_ms(LOST_MS)).await?;
        }
        note(tx, &self.caller, self.id, &json!({"asked": true, "goes_at_ms": goes_at}), self.now).await?;
        let begun = Begun { stored, reminder: self.fresh, cause: Cause::Hand, phone };
        Ok(Ok((goes_at, goes_now.then_some(begun))))
    }
}

struct Switch {
    caller: Caller,
    id: ReceivableId,
    change: Change,
    now: Millis,
}

impl Command for Switch {
    type Done = Result<(), RemindError>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let (tenant, id) = (self.caller.tenant, self.id);
        if own(tx, &self.caller, id).await?.is_none() {
            return Ok(Err(RemindError::NotFound));
        }
        let Some(now) = reminders::switches(tx, tenant, id).await? else { return Ok(Err(RemindError::NotFound)) };
        let detail = match self.change {
            Change::Stop if now.stopped_by_manager.is_none() => {
                reminders::stop_by_manager(tx, tenant, id, Some(self.now)).await?;
                json!({"stopped": true})
            }
            Change::Resume if now.stopped_by_manager.is_some() => {
                reminders::stop_by_manager(tx, tenant, id, None).await?;
                json!({"stopped": false})
            }
            Change::Schedule | Change::ByHandOnly if now.is_scheduled() != (self.change == Change::Schedule) => {
                reminders::set_own(tx, tenant, id, self.change == Change::Schedule).await?;
                json!({"scheduled": self.change == Change::Schedule})
            }
            _ => return Ok(Ok(())),
        };
        note(tx, &self.caller, id, &detail, self.now).await?;
        Ok(Ok(()))
    }
}

async fn note(tx: &mut Tx<'_>, caller: &Caller, id: ReceivableId, detail: &Value, now: Millis) -> Result<(), StoreError> {
    let deed = Deed::new(now, Actor::Account(caller.account), Act::Remind, id, detail);
    audit::append(tx, caller.tenant, &deed).await.map(drop)
}

struct Wish {
    tenant: TenantId,
    id: ReceivableId,
    wants: bool,
    now: Millis,
}

impl Command for Wish {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(before) = reminders::switches(tx, self.tenant, self.id).await? else { return Ok(()) };
        // Said twice, it is said since the first time.
        if before.stopped_by_debtor.is_none() == self.wants {
            return Ok(());
        }
        reminders::stop_by_debtor(tx, self.tenant, self.id, (!self.wants).then_some(self.now)).await
    }
}

//! What holds for a whole organisation, as its administrator sets it.

use domain::contact::Contact;
use domain::receivable::{LARGEST_RECEIVABLE, ManagerWriteOffs, QuietHours, ReminderHour};
use domain::refund_right::ManagerRefunds;
use domain::{Caller, Fen, Millis};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::receivables::LetManagersWriteOff;
use crate::refunds::LetManagers;
use crate::store::audit::{Act, Actor, Deed};
use crate::store::overview::{self, Counts};
use crate::store::{Command, Store, StoreError, Tx, accounts, audit, reminders, tenants};

/// Everything that keeping settings needs.
#[derive(Clone)]
pub struct Settings {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

/// One thing that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// What managers may return by themselves.
    Refunds(ManagerRefunds),
    /// What managers may write off by themselves of what they collect.
    WriteOffs(ManagerWriteOffs),
    /// Whether managers may have messages about money.
    Messages(bool),
    /// What the organisation is called.
    Name(String),
    /// Its logo as PNG, or none.
    Logo(Option<Vec<u8>>),
    /// Where payers reach it, or nowhere.
    Contact(Option<Contact>),
    /// Whether it collects.
    Open(bool),
    /// Whether debts are reminded of on a schedule, and from when on each day; without an hour that stays as it is.
    Reminders(bool, Option<ReminderHour>),
}

impl Setting {
    const fn act(&self) -> Act {
        match self {
            Setting::Refunds(_) => Act::SetManagerRefunds,
            Setting::WriteOffs(_) => Act::SetManagerWriteOffs,
            Setting::Messages(_) => Act::LetMessages,
            Setting::Name(_) => Act::RenameOrganisation,
            Setting::Logo(_) => Act::SetLogo,
            Setting::Contact(_) => Act::SetContact,
            Setting::Open(_) => Act::OpenOrganisation,
            Setting::Reminders(..) => Act::LetRemind,
        }
    }
}

/// Who changed something last: the name of the account where it was one, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// When.
    pub at_ms: Millis,
    /// The person; `None` for somebody at the machine.
    pub name: Option<String>,
}

/// Everything that is set, each with its last change: refunds, write-offs, messages, name, open, reminders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllSettings {
    /// What managers may return by themselves.
    pub refunds: ManagerRefunds,
    /// What managers may write off by themselves.
    pub write_offs: ManagerWriteOffs,
    /// Whether managers may have messages about money.
    pub messages: bool,
    /// What the organisation is called.
    pub name: String,
    /// Where its logo is seen, if it has one, and who changed it last.
    pub logo: (Option<String>, Option<Changed>),
    /// Where payers reach it, and who changed that last.
    pub contact: (Option<Contact>, Option<Changed>),
    /// Whether it collects.
    pub is_open: bool,
    /// Whether debts are reminded of on a schedule.
    pub reminders: bool,
    /// From when on each day.
    pub reminder_hour: ReminderHour,
    /// The last changes, in this order.
    pub changed: [Option<Changed>; 6],
}

impl Settings {
    /// What is set for the caller's organisation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn all(&self, caller: &Caller) -> Result<Option<AllSettings>, StoreError> {
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        let Some(tenant) = tenants::by_id(tx, caller.tenant).await? else { return Ok(None) };
        let mut changed = [const { None }; 6];
        let acts = [
            Act::SetManagerRefunds,
            Act::SetManagerWriteOffs,
            Act::LetMessages,
            Act::RenameOrganisation,
            Act::OpenOrganisation,
            Act::LetRemind,
        ];
        for (slot, act) in changed.iter_mut().zip(acts) {
            *slot = last(tx, caller, act).await?;
        }
        Ok(Some(AllSettings {
            refunds: tenants::manager_refunds(tx, caller.tenant).await?,
            write_offs: tenants::manager_write_offs(tx, caller.tenant).await?,
            messages: tenants::has_messages(tx, caller.tenant).await?,
            logo: (tenant.logo_url(), last(tx, caller, Act::SetLogo).await?),
            contact: (tenant.contact, last(tx, caller, Act::SetContact).await?),
            name: tenant.name,
            is_open: tenant.is_open,
            reminders: tenants::reminds(tx, caller.tenant).await?,
            reminder_hour: tenants::reminder_hour(tx, caller.tenant).await?,
            changed,
        }))
    }

    /// Sets one thing. `false` when it was so before.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn set(&self, caller: &Caller, setting: Setting) -> Result<bool, StoreError> {
        self.store.write(Set { caller: *caller, setting, now: (self.clock)() }).await
    }

    /// What there is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn overview(&self, caller: &Caller) -> Result<Counts, StoreError> {
        let now = (self.clock)();
        overview::counts(&mut self.store.read().await?.tx(), caller.tenant, now).await
    }
}

async fn last(tx: &mut Tx<'_>, caller: &Caller, act: Act) -> Result<Option<Changed>, StoreError> {
    let Some((at_ms, actor)) = audit::last(tx, caller.tenant, act).await? else { return Ok(None) };
    let name = match actor {
        Actor::Account(account) => accounts::by_id(tx, account).await?.map(|account| account.name),
        Actor::Operator | Actor::Unknown | Actor::Program => None,
    };
    Ok(Some(Changed { at_ms, name }))
}

struct Set {
    caller: Caller,
    setting: Setting,
    now: Millis,
}

impl Command for Set {
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let tenant = self.caller.tenant;
        let Some(before) = tenants::by_id(tx, tenant).await? else { return Ok(false) };
        let by = Actor::Account(self.caller.account);
        let detail: Value = match &self.setting {
            Setting::Refunds(managers) => {
                if tenants::manager_refunds(tx, tenant).await? == *managers {
                    return Ok(false);
                }
                LetManagers { tenant, managers: *managers, by, now: self.now }.run(tx).await?;
                return Ok(true);
            }
            Setting::WriteOffs(managers) => {
                if tenants::manager_write_offs(tx, tenant).await? == *managers {
                    return Ok(false);
                }
                LetManagersWriteOff { tenant, managers: *managers, by, now: self.now }.run(tx).await?;
                return Ok(true);
            }
            Setting::Messages(has) if tenants::has_messages(tx, tenant).await? != *has => {
                tenants::set_has_messages(tx, tenant, *has).await?;
                json!({"allowed": has})
            }
            Setting::Name(name) if before.name != *name => {
                tenants::rename(tx, tenant, name).await?;
                json!({"from": before.name, "to": name})
            }
            Setting::Logo(png) if before.logo_hash != png.as_deref().map(tenants::logo_hash) => {
                tenants::set_logo(tx, tenant, png.as_deref()).await?;
                json!({"from": before.logo_hash, "to": png.as_deref().map(tenants::logo_hash)})
            }
            Setting::Contact(contact) if before.contact != *contact => {
                tenants::set_contact(tx, tenant, contact.as_ref()).await?;
                json!({"from": before.contact, "to": contact})
            }
            Setting::Open(is_open) if before.is_open != *is_open => {
                tenants::set_open(tx, tenant, *is_open).await?;
                json!({"is_open": is_open})
            }
            Setting::Reminders(reminds, hour) => {
                let now = (tenants::reminds(tx, tenant).await?, tenants::reminder_hour(tx, tenant).await?);
                let (reminds, hour) = (*reminds, hour.unwrap_or(now.1));
                if now == (reminds, hour) {
                    return Ok(false);
                }
                tenants::set_reminds(tx, tenant, reminds).await?;
                tenants::set_reminder_hour(tx, tenant, hour).await?;
                reminders::wake_all(tx, tenant).await?;
                json!({"scheduled": reminds, "from": hour.text()})
            }
            Setting::Messages(_) | Setting::Name(_) | Setting::Logo(_) | Setting::Contact(_) | Setting::Open(_) => return Ok(false),
        };
        audit::append(tx, tenant, &Deed::new(self.now, by, self.setting.act(), tenant, &detail)).await?;
        Ok(true)
    }
}

/// The rule of refunds that was typed: its word and, where it has one, its limit in yuan. `None` when the limit is no amount.
pub fn refunds_of(word: &str, limit: &str) -> Option<ManagerRefunds> {
    Some(match word {
        "whole" => ManagerRefunds::Whole,
        "same_day" => ManagerRefunds::SameDay,
        "up_to" => ManagerRefunds::UpTo { limit_fen: limit_of(limit)? },
        _ => ManagerRefunds::Never,
    })
}

/// The rule of write-offs that was typed, likewise. `None` for a word that is none of ours, too.
pub fn write_offs_of(word: &str, limit: &str) -> Option<ManagerWriteOffs> {
    Some(match word {
        "whole" => ManagerWriteOffs::Whole,
        "up_to" => ManagerWriteOffs::UpTo { limit_fen: limit_of(limit).filter(|limit| *limit <= LARGEST_RECEIVABLE)? },
        "never" => ManagerWriteOffs::Never,
        _ => return None,
    })
}

/// The hour that was typed; `None` when it is no time, or one at which nobody is reminded.
pub fn hour_of(typed: &str, quiet: QuietHours) -> Option<ReminderHour> {
    ReminderHour::parse(typed).filter(|hour| hour.beside(quiet) == *hour)
}

fn limit_of(typed: &str) -> Option<Fen> {
    Fen::parse_yuan(typed).ok().filter(|limit| limit.is_positive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_to_write_off_is_read_as_it_was_chosen() {
        let up_to = |fen| Some(ManagerWriteOffs::UpTo { limit_fen: Fen::of(fen) });
        let table = [
            ("never", "", Some(ManagerWriteOffs::Never)),
            ("", "5", None),
            ("always", "5", None),
            ("whole", "much", Some(ManagerWriteOffs::Whole)),
            ("up_to", "500", up_to(50_000)),
            ("up_to", " ¥1,000.50 ", up_to(100_050)),
            ("up_to", "10000000", up_to(1_000_000_000)),
            ("up_to", "10000000.01", None),
            ("up_to", "0", None),
            ("up_to", "-1", None),
            ("up_to", "", None),
            ("up_to", "much", None),
        ];
        for (word, limit, expected) in table {
            assert_eq!(write_offs_of(word, limit), expected, "{word} {limit}");
        }
    }
}

//! What a list says of a debt's reminders: how the last one went, and whether there will be more.

use serde::{Deserialize, Serialize};

use super::{Outcome, Reminder};
use crate::Millis;

/// How the last reminder of a debt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastState {
    /// It was asked for and waits for its moment.
    Waiting,
    /// It is being handed over.
    UnderWay,
    /// The provider took it.
    Sent,
    /// Nobody knows whether the provider took it.
    Unknown,
    /// The provider did not take it: it refused it, or the number takes no such messages.
    Failed,
}

impl LastState {
    /// All of them.
    pub const ALL: [LastState; 5] = [LastState::Waiting, LastState::UnderWay, LastState::Sent, LastState::Unknown, LastState::Failed];
}

/// The last reminder of a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastReminder {
    /// How it went.
    pub state: LastState,
    /// When it came so far.
    pub at_ms: Millis,
}

impl LastReminder {
    /// The last one of these. What was dropped before it was handed over reminded nobody and does not count; `None` when there is no
    /// other.
    pub fn of(reminders: &[Reminder]) -> Option<LastReminder> {
        reminders.iter().filter_map(LastReminder::of_one).max_by_key(|last| last.at_ms)
    }

    fn of_one(reminder: &Reminder) -> Option<LastReminder> {
        let last = |state, at_ms| LastReminder { state, at_ms };
        Some(match (reminder.ended, reminder.begun_at_ms) {
            (Some((Outcome::Dropped, _)), _) => return None,
            (Some((Outcome::Sent, at)), _) => last(LastState::Sent, at),
            (Some((Outcome::Unknown, at)), _) => last(LastState::Unknown, at),
            (Some((Outcome::Refused | Outcome::BadNumber, at)), _) => last(LastState::Failed, at),
            (None, Some(at)) => last(LastState::UnderWay, at),
            (None, None) => last(LastState::Waiting, reminder.asked_at_ms?),
        })
    }
}

/// What there is to say of a debt's reminders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReminderMark {
    /// The last one.
    pub last: Option<LastReminder>,
    /// Since when whoever owes wants none.
    pub stopped_by_debtor: Option<Millis>,
    /// Since when whoever collects wants none.
    pub stopped_by_manager: Option<Millis>,
}

/// Debts that are told apart by their reminders. A debt can be among several of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reminded {
    /// Nobody was reminded of them yet, and nobody asked to.
    Never,
    /// The last reminder arrived, may have arrived, or is about to go.
    Yes,
    /// The last reminder was not taken by the provider.
    Failed,
    /// Nobody is to be reminded of them any more: whoever owes or whoever collects said so.
    Stopped,
}

impl Reminded {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Reminded; 4] = [Reminded::Never, Reminded::Yes, Reminded::Failed, Reminded::Stopped];

    /// Its name in an address.
    pub const fn word(self) -> &'static str {
        match self {
            Reminded::Never => "never",
            Reminded::Yes => "yes",
            Reminded::Failed => "failed",
            Reminded::Stopped => "stopped",
        }
    }

    /// Whether a debt with this mark is among them.
    pub fn takes(self, mark: &ReminderMark) -> bool {
        let has_failed = mark.last.map(|last| last.state == LastState::Failed);
        match self {
            Reminded::Never => has_failed.is_none(),
            Reminded::Yes => has_failed == Some(false),
            Reminded::Failed => has_failed == Some(true),
            Reminded::Stopped => mark.stopped_by_debtor.is_some() || mark.stopped_by_manager.is_some(),
        }
    }
}

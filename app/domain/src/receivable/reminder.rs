//! Reminders of a debt by text message: when one may go out, and why none does (row I23).
//!
//! A reminder is polite: none goes at night, none goes twice within three days, a number hears of one debt a day, and nobody is
//! reminded of what they do not owe or after they said that they want no more. On a schedule four go: three days before the due day,
//! on it, and three and ten days after it, each from an hour of the day on that the organisation chooses. One that cannot go on its day
//! goes within the two days after, or not at all.

use serde::{Deserialize, Serialize};

use super::{QuietHours, ReminderHour};
use crate::account::Phone;
use crate::{Day, Fen, Millis};

/// How long nothing goes after a reminder of the same debt.
pub const REMINDER_GAP_MS: i64 = 3 * DAY_MS;

/// How long nothing goes after the provider refused a reminder of the same debt.
pub const REFUSED_GAP_MS: i64 = 3_600_000;

/// Most reminders of one debt, whoever asked for them.
pub const MOST_REMINDERS: usize = 8;

/// Most reminders to one number on one day in Shanghai, over all debts to an organisation. Several debts take turns.
pub const MOST_REMINDERS_A_DAY: usize = 1;

const DAY_MS: i64 = 86_400_000;

/// Days after its own on which a scheduled reminder may still go.
const LATE_DAYS: i32 = 2;

/// Why a reminder goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for it.
    Hand,
    /// Three days before the due day.
    Early,
    /// On the due day.
    DueDay,
    /// Three days after it.
    Late,
    /// Ten days after it.
    Later,
}

impl Cause {
    /// Those of the schedule, with their days after the due day, in this order.
    pub const SCHEDULE: [(Cause, i32); 4] = [(Cause::Early, -3), (Cause::DueDay, 0), (Cause::Late, 3), (Cause::Later, 10)];
}

/// What became of a reminder in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider took it, which is all that can be known.
    Sent,
    /// Nobody knows whether the provider took it. It is not repeated.
    Unknown,
    /// The provider refused it.
    Refused,
    /// The number takes no such messages, because it does not exist or its owner said so to the provider.
    BadNumber,
    /// It was not handed over, because of what had changed meanwhile.
    Dropped,
}

/// A reminder and how far it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Why.
    pub cause: Cause,
    /// To whom.
    pub phone: Phone,
    /// When somebody asked for it.
    pub asked_at_ms: Option<Millis>,
    /// When it was about to be handed over.
    pub begun_at_ms: Option<Millis>,
    /// What became of it, and when.
    pub ended: Option<(Outcome, Millis)>,
}

impl Reminder {
    /// Whether it waits for its moment.
    pub fn is_waiting(&self) -> bool {
        self.begun_at_ms.is_none() && self.ended.is_none()
    }

    /// Since when it is being handed over, if it is.
    pub fn under_way(&self) -> Option<Millis> {
        self.begun_at_ms.filter(|_| self.ended.is_none())
    }

    fn outcome(&self) -> Option<Outcome> {
        self.ended.map(|(outcome, _)| outcome)
    }

    /// When it reached somebody, or may have.
    fn reached_at(&self) -> Option<Millis> {
        self.begun_at_ms.filter(|_| matches!(self.outcome(), None | Some(Outcome::Sent | Outcome::Unknown)))
    }

    /// Until when nothing else goes because of it.
    fn keeps_quiet_until(&self) -> Option<Millis> {
        let refused = self.begun_at_ms.filter(|_| self.outcome() == Some(Outcome::Refused));
        self.reached_at().map(|at| at.plus_ms(REMINDER_GAP_MS)).or(refused.map(|at| at.plus_ms(REFUSED_GAP_MS)))
    }
}

/// Why nobody is reminded of a debt, until that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Nothing is owed.
    NotOwed,
    /// The organisation does not collect at present, so the link would not work.
    Closed,
    /// There is no number.
    NoPhone,
    /// Whoever is reminded wants no more.
    StoppedByDebtor,
    /// Whoever collects wants no more.
    StoppedByManager,
    /// The number takes no such messages.
    BadNumber,
    /// It was done often enough.
    Enough,
}

/// Why somebody cannot ask for a reminder now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotByHand {
    /// Nobody is reminded of it.
    #[error("nobody is reminded of it")]
    Held(Hold),
    /// One was asked for already.
    #[error("one waits already")]
    Waiting {
        /// When it goes.
        goes_at: Millis,
    },
    /// One is being handed over.
    #[error("one is under way")]
    UnderWay,
    /// The last one is too fresh.
    #[error("too soon after the last one")]
    TooSoon {
        /// When there may be another.
        again_at: Millis,
    },
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing, for this reason.
    Never(Hold),
    /// One is being handed over since then; what comes after it is seen when that is over.
    UnderWay(Millis),
    /// This one, now.
    Now(Cause),
    /// This one, at this moment unless something changes.
    At(Millis, Cause),
    /// Nothing, unless somebody asks for it.
    Nothing,
}

/// Everything that decides about reminders of a debt.
#[derive(Debug, Clone, Copy)]
pub struct Reminding<'a> {
    /// What is owed.
    pub owed: Fen,
    /// Until when.
    pub due: Option<Day>,
    /// Since when.
    pub raised_at_ms: Millis,
    /// Whether the organisation collects.
    pub is_open: bool,
    /// Whether there is a number.
    pub has_phone: bool,
    /// Whether whoever collects stopped it.
    pub is_stopped_by_manager: bool,
    /// Whether whoever is reminded stopped it.
    pub is_stopped_by_debtor: bool,
    /// Whether the number takes no such messages.
    pub is_bad_number: bool,
    /// Whether reminders go on a schedule.
    pub is_scheduled: bool,
    /// The debt's reminders.
    pub reminders: &'a [Reminder],
    /// When reminders of any debt to the organisation reached this number, or may have: at least those of today.
    pub reached_number_at: &'a [Millis],
    /// When nobody is reminded.
    pub quiet: QuietHours,
    /// From when on each day those of the schedule go.
    pub hour: ReminderHour,
}

impl Reminding<'_> {
    /// Why nobody is reminded of the debt, if so.
    pub fn hold(&self) -> Option<Hold> {
        let reasons = [
            (!self.owed.is_positive(), Hold::NotOwed),
            (!self.is_open, Hold::Closed),
            (!self.has_phone, Hold::NoPhone),
            (self.is_stopped_by_debtor, Hold::StoppedByDebtor),
            (self.is_stopped_by_manager, Hold::StoppedByManager),
            (self.is_bad_number, Hold::BadNumber),
            (self.reminders.iter().filter(|reminder| reminder.reached_at().is_some()).count() >= MOST_REMINDERS, Hold::Enough),
        ];
        reasons.into_iter().find(|(is_so, _)| *is_so).map(|(_, hold)| hold)
    }

    /// What comes next, seen at `now`.
    pub fn next(&self, now: Millis) -> Next {
        let at = |at: Millis, cause| if at <= now { Next::Now(cause) } else { Next::At(at, cause) };
        if let Some(since) = self.reminders.iter().find_map(Reminder::under_way) {
            return Next::UnderWay(since);
        }
        if let Some(hold) = self.hold() {
            return Next::Never(hold);
        }
        if self.reminders.iter().any(Reminder::is_waiting) {
            return at(self.earliest(now, Cause::Hand), Cause::Hand);
        }
        self.scheduled(now).map_or(Next::Nothing, |(moment, cause)| at(moment, cause))
    }

    /// When a reminder that somebody asks for at `now` goes: at once, or later because of the hour or the number's turn.
    ///
    /// # Errors
    /// [`NotByHand`].
    pub fn by_hand(&self, now: Millis) -> Result<Millis, NotByHand> {
        if let Some(hold) = self.hold() {
            return Err(NotByHand::Held(hold));
        }
        if self.reminders.iter().any(|reminder| reminder.under_way().is_some()) {
            return Err(NotByHand::UnderWay);
        }
        let earliest = self.earliest(now, Cause::Hand);
        if self.reminders.iter().any(Reminder::is_waiting) {
            return Err(NotByHand::Waiting { goes_at: earliest });
        }
        match self.quiet_until() {
            Some(until) if until > now => Err(NotByHand::TooSoon { again_at: earliest }),
            _ => Ok(earliest),
        }
    }

    /// The first scheduled reminder that can still go, and when.
    fn scheduled(&self, now: Millis) -> Option<(Millis, Cause)> {
        let due = self.due.filter(|_| self.is_scheduled)?;
        Cause::SCHEDULE.into_iter().find_map(|(cause, days)| {
            let first = Day::of(due.get().saturating_add(days));
            let last = Day::of(first.get().saturating_add(LATE_DAYS));
            // What was raised on that day or later was told of that day when it was raised.
            let is_over = first <= self.raised_at_ms.day() || self.was_tried(cause, first, last);
            let at = self.earliest(now.max(first.starts_at()), cause);
            (!is_over && at.day() <= last).then_some((at, cause))
        })
    }

    fn was_tried(&self, cause: Cause, first: Day, last: Day) -> bool {
        let begun = self.reminders.iter().filter(|reminder| reminder.cause == cause && reminder.outcome() != Some(Outcome::Dropped));
        begun.filter_map(|reminder| reminder.begun_at_ms).any(|at| (first..=last).contains(&at.day()))
    }

    /// The first moment from `at` on at which a reminder of this cause may go, as far as the hour matters.
    pub fn awake(&self, at: Millis, cause: Cause) -> Millis {
        match cause {
            Cause::Hand => self.quiet.over(at),
            Cause::Early | Cause::DueDay | Cause::Late | Cause::Later => self.hour.over(self.quiet, at),
        }
    }

    /// The first moment from `at` on at which this debt's number may be reminded of it.
    fn earliest(&self, at: Millis, cause: Cause) -> Millis {
        let mut at = self.quiet_until().map_or(at, |until| until.max(at));
        loop {
            let awake = self.awake(at, cause);
            let heard = self.reached_number_at.iter().filter(|reached| reached.day() == awake.day()).count();
            let next = if heard >= MOST_REMINDERS_A_DAY { awake.day().ends_at() } else { awake };
            if next == at {
                return at;
            }
            at = next;
        }
    }

    fn quiet_until(&self) -> Option<Millis> {
        self.reminders.iter().filter_map(Reminder::keeps_quiet_until).max()
    }
}

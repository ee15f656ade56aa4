//! How old debts are: what every office is asked for at the end of a month.

use serde::{Deserialize, Serialize};

use crate::{Day, Fen};

/// How long a debt is overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Not overdue, or without a due day.
    NotDue,
    /// 1 to 30 days.
    To30,
    /// 31 to 60 days.
    To60,
    /// 61 to 90 days.
    To90,
    /// More.
    Over90,
}

impl Age {
    /// All, the youngest first.
    pub const ALL: [Age; 5] = [Age::NotDue, Age::To30, Age::To60, Age::To90, Age::Over90];

    /// The age on `today` of what is due on `due`.
    pub fn of(due: Option<Day>, today: Day) -> Age {
        match due.map_or(0, |due| i64::from(today.get()) - i64::from(due.get())) {
            ..=0 => Age::NotDue,
            1..=30 => Age::To30,
            31..=60 => Age::To60,
            61..=90 => Age::To90,
            _ => Age::Over90,
        }
    }
}

/// How many debts of each age, and what they come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ageing([(u64, Fen); 5]);

impl Ageing {
    /// Counts `count` debts that are due on `due` and come to `sum`.
    pub fn add(&mut self, due: Option<Day>, today: Day, count: u64, sum: Fen) {
        let place = &mut self.0[Age::of(due, today) as usize];
        *place = (place.0 + count, place.1.plus(sum).unwrap_or(place.1));
    }

    /// Each age with its debts, the youngest first.
    pub fn ages(&self) -> impl Iterator<Item = (Age, u64, Fen)> {
        Age::ALL.into_iter().zip(self.0).map(|(age, (count, sum))| (age, count, sum))
    }

    /// All debts.
    pub fn total(&self) -> (u64, Fen) {
        self.0.iter().fold((0, Fen::ZERO), |all, one| (all.0 + one.0, all.1.plus(one.1).unwrap_or(all.1)))
    }

    /// The overdue ones.
    pub fn overdue(&self) -> (u64, Fen) {
        self.0[1..].iter().fold((0, Fen::ZERO), |all, one| (all.0 + one.0, all.1.plus(one.1).unwrap_or(all.1)))
    }
}

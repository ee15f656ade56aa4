//! The agenda: what has to be done at which moment of the clock.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::notices::Twist;
use crate::world::lock;

/// Something to be done at a moment of the clock.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Deliver a notice; when it is refused, again by the table.
    Deliver { id: String, twist: Twist, copies: u32, probe: bool },
    /// Push an event of the account to its server address.
    Push { openid: String, xml: String, tries: u32 },
    /// Decide a refund.
    FinishRefund(String),
}

/// What has to be done and when, by the clock.
#[derive(Default)]
pub(crate) struct Agenda {
    plan: Mutex<Plan>,
    /// Rung when a task is put down.
    pub rung: Notify,
}

/// Tasks by moment; those of one moment in the order in which they came.
#[derive(Default)]
struct Plan {
    tasks: BTreeMap<(i64, u64), Task>,
    sequence: u64,
}

impl Agenda {
    /// Puts a task down.
    pub fn add(&self, at_ms: i64, task: Task) {
        let mut plan = lock(&self.plan);
        plan.sequence += 1;
        let key = (at_ms, plan.sequence);
        plan.tasks.insert(key, task);
        drop(plan);
        self.rung.notify_one();
    }

    /// The next task whose time has come, else the moment of the next one.
    pub fn due(&self, now_ms: i64) -> Result<Task, Option<i64>> {
        let mut plan = lock(&self.plan);
        match plan.tasks.first_key_value().map(|(key, _)| key.0) {
            Some(at_ms) if at_ms <= now_ms => plan.tasks.pop_first().map(|(_, task)| task).ok_or(None),
            next => Err(next),
        }
    }
}

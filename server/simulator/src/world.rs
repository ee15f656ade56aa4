//! The one value that every door shares: keys, books, faults, identities, outbox, agenda and the clock.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::account::Account;
use crate::agenda::Agenda;
use crate::bills::Shelf;
use crate::clock::Clock;
use crate::directories::Directories;
use crate::faults::Faults;
use crate::keys::{KeyMode, KeyRing, Switch};
use crate::mailbox::Mailbox;
use crate::oauth::Identities;
use crate::orders::Books;
use crate::outbox::Outbox;

/// How long refunds take, in milliseconds of the clock, by where the money came from.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundDelays {
    /// Back to the wallet's change: within five minutes in reality.
    pub change_ms: i64,
    /// Back to a bank card: one to three working days in reality.
    pub card_ms: i64,
}

/// Everything behind the doors.
pub(crate) struct World {
    pub clock: Clock,
    pub public_url: String,
    /// The merchant's own address, as it stands in templates that were approved for it.
    pub site_url: Mutex<String>,
    pub dir: Option<PathBuf>,
    pub demo: bool,
    pub retry_scale: f64,
    pub answer_limit_ms: u64,
    pub refund_delays: Mutex<RefundDelays>,
    /// Swapped as a whole when certificates rotate, so that nobody signs under a lock.
    ring: Mutex<Arc<KeyRing>>,
    pub switch: Mutex<Switch>,
    pub books: Mutex<Books>,
    pub faults: Faults,
    pub identities: Mutex<Identities>,
    pub account: Mutex<Account>,
    pub directories: Mutex<Directories>,
    pub outbox: Mutex<Outbox>,
    /// When messages went to which number, by the last eleven digits.
    pub texted: Mutex<HashMap<String, Vec<i64>>>,
    /// Addresses that no mail reaches, in small letters.
    pub refused_mail: Mutex<HashSet<String>>,
    /// Mails that came back.
    pub mailbox: Mutex<Mailbox>,
    pub shelf: Mutex<Shelf>,
    pub agenda: Agenda,
    /// Nonces of requests seen in the last ten minutes, with the second in which they may be forgotten.
    pub nonces: Mutex<HashMap<String, i64>>,
    pub http: reqwest::Client,
    /// Rung after every change of the books.
    pub changed: Notify,
}

/// What handlers hold.
pub(crate) type Shared = Arc<World>;

/// What a world begins with.
pub(crate) struct Beginning {
    pub clock: Clock,
    pub public_url: String,
    pub dir: Option<PathBuf>,
    pub demo: bool,
    pub retry_scale: f64,
    pub answer_limit_ms: u64,
    pub refund_delays: RefundDelays,
    pub key_mode: KeyMode,
    pub ring: KeyRing,
    pub books: Books,
    pub http: reqwest::Client,
}

impl World {
    pub fn new(beginning: Beginning) -> Shared {
        Arc::new(Self {
            clock: beginning.clock,
            public_url: beginning.public_url,
            site_url: Mutex::new("http://localhost:3000".into()),
            dir: beginning.dir,
            demo: beginning.demo,
            retry_scale: beginning.retry_scale,
            answer_limit_ms: beginning.answer_limit_ms,
            refund_delays: Mutex::new(beginning.refund_delays),
            ring: Mutex::new(Arc::new(beginning.ring)),
            switch: Mutex::new(Switch { mode: beginning.key_mode, ..Switch::default() }),
            books: Mutex::new(beginning.books),
            faults: Faults::default(),
            identities: Mutex::default(),
            account: Mutex::default(),
            directories: Mutex::default(),
            outbox: Mutex::default(),
            texted: Mutex::default(),
            refused_mail: Mutex::default(),
            mailbox: Mutex::default(),
            shelf: Mutex::default(),
            agenda: Agenda::default(),
            nonces: Mutex::default(),
            http: beginning.http,
            changed: Notify::new(),
        })
    }

    /// Milliseconds since the epoch, by the clock that was handed in.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// The keys of this moment.
    pub fn ring(&self) -> Arc<KeyRing> {
        lock(&self.ring).clone()
    }

    /// Puts other keys in force.
    pub fn replace_ring(&self, ring: KeyRing) {
        *lock(&self.ring) = Arc::new(ring);
    }

    pub fn key_mode(&self) -> KeyMode {
        lock(&self.switch).mode
    }

    /// The books, to be read or changed briefly; never held across an await or a signature.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }
}

/// Locks without giving up after a panic elsewhere: the books are changed in single steps that cannot be half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

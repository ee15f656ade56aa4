//! Notes what was seen of the world outside, seldom enough that nobody pays for it: diagnosis reads it later, on any instance.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Millis, PaymentId};

use crate::clock::Clock;
use crate::store::Store;
use crate::store::sightings::{Kind, Note};

/// The same thing is written again after this time.
const AGAIN_MS: i64 = 60_000;

/// A payment is heard so often within [`REPORTS_WITHIN_MS`].
const MOST_REPORTS: u32 = 3;

/// After this time a payment is heard anew.
const REPORTS_WITHIN_MS: i64 = 600_000;

/// So many payments are remembered that were heard lately; while there are more, others are not heard.
const MOST_REPORTERS: usize = 4_096;

/// Notes what is seen.
#[derive(Clone)]
pub struct Sightings {
    store: Store,
    clock: Clock,
    /// Since when this process looks.
    pub since: Millis,
    noted: Arc<Mutex<HashMap<Kind, (&'static str, Millis)>>>,
    /// Since when, and how often, each payment was heard.
    reporters: Arc<Mutex<HashMap<PaymentId, (Millis, u32)>>>,
}

impl Sightings {
    /// Nothing seen so far.
    pub fn new(store: Store, clock: Clock) -> Sightings {
        Sightings { since: clock(), store, clock, noted: Arc::default(), reporters: Arc::default() }
    }

    /// Whether this payment's page is heard: three times in ten minutes, with bounded memory.
    pub fn may_report(&self, payment: PaymentId) -> bool {
        let now = (self.clock)();
        let is_recent = |since: Millis| (0..REPORTS_WITHIN_MS).contains(&now.since_ms(since));
        let mut reporters = self.reporters.lock().unwrap_or_else(PoisonError::into_inner);
        if reporters.len() >= MOST_REPORTERS {
            reporters.retain(|_, (since, _)| is_recent(*since));
        }
        if reporters.len() >= MOST_REPORTERS && !reporters.contains_key(&payment) {
            return false;
        }
        let (since, count) = reporters.entry(payment).or_insert((now, 0));
        if !is_recent(*since) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= MOST_REPORTS
    }

    /// Notes that `kind` was seen and was like `word`. Whoever saw it does not wait; what cannot be written is seen again.
    pub fn note(&self, kind: Kind, word: &'static str) {
        let now = (self.clock)();
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.get(&kind).is_some_and(|(known, at)| *known == word && (0..AGAIN_MS).contains(&now.since_ms(*at))) {
                return;
            }
            noted.insert(kind, (word, now));
        }
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.write(Note { kind, word, now }).await {
                tracing::warn!(%error, "what was seen could not be noted");
            }
        });
    }
}

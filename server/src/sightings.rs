//! Notes what was seen of the world outside, seldom enough that nobody pays for it: diagnosis reads it later, on any instance.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Millis;

use crate::clock::Clock;
use crate::store::Store;
use crate::store::sightings::{Kind, Note};

/// The same thing is written again after this time.
const AGAIN_MS: i64 = 60_000;

/// Notes what is seen.
#[derive(Clone)]
pub struct Sightings {
    store: Store,
    clock: Clock,
    /// Since when this process looks.
    pub since: Millis,
    noted: Arc<Mutex<HashMap<Kind, (&'static str, Millis)>>>,
}

impl Sightings {
    /// Nothing seen so far.
    pub fn new(store: Store, clock: Clock) -> Sightings {
        Sightings { since: clock(), store, clock, noted: Arc::default() }
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

//! Notes what was seen of the world outside, seldom enough that nobody pays for it: diagnosis reads it later, on any instance.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use app::Locale;
use app::channel::{Listener, sentence};
use domain::channel_code::PAYERS_IN_A_ROW;
use domain::diagnosis::OrdersRefused;
use domain::payment::AttemptKind;
use domain::{ChannelCode, Millis, PaymentId};

use crate::clock::Clock;
use crate::store::sightings::{self, Kind, Note, NoteOrders, Turn};
use crate::store::{Store, StoreError};

/// The same thing is written again after this time.
const AGAIN_MS: i64 = 60_000;

/// A payment is heard so often within [`REPORTS_WITHIN_MS`].
const MOST_REPORTS: u32 = 3;

/// After this time a payment is heard anew.
const REPORTS_WITHIN_MS: i64 = 600_000;

/// Payers who heard the same further apart than this are no row.
const ROW_MS: i64 = 3_600_000;

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
    /// Whose orders were refused one after the other in these words, which say nothing of the merchant's account by themselves.
    in_a_row: Arc<Mutex<HashMap<AttemptKind, Row>>>,
}

/// Payers who heard the same one after the other.
struct Row {
    code: ChannelCode,
    since: Millis,
    payers: HashSet<String>,
}

impl Sightings {
    /// Nothing seen so far.
    pub fn new(store: Store, clock: Clock) -> Sightings {
        Sightings { since: clock(), store, clock, noted: Arc::default(), reporters: Arc::default(), in_a_row: Arc::default() }
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
        if !self.is_news(kind, word, now) {
            return;
        }
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.write(Note { kind, word, now }).await {
                tracing::warn!(%error, "what was seen could not be noted");
            }
        });
    }

    /// Notes what asking the channel for an order of `payer` brought, where that tells of the merchant's account. Whoever asked does
    /// not wait. An operator is told once when it turns, on whichever instance (row C12).
    pub fn note_orders(&self, product: AttemptKind, payer: &str, refused: Option<ChannelCode>) {
        if !self.tells_of_account(product, payer, refused) {
            return;
        }
        let now = (self.clock)();
        let note = NoteOrders { product, refused, now };
        if !self.is_news(Kind::Orders(product), note.word(), now) {
            return;
        }
        let store = self.store.clone();
        tokio::spawn(async move {
            match (store.write(note).await, refused) {
                (Ok(Turn::Refused), Some(code)) => {
                    let advice = sentence(Locale::en, code, Listener::Administrator);
                    metrics::counter!("shouma_alarms_total", "alarm" => "orders_refused").increment(1);
                    tracing::error!(
                        ?product,
                        code = code.key(),
                        advice,
                        "the channel refuses orders for a reason of the merchant's account"
                    );
                }
                (Ok(Turn::Taken), _) => tracing::info!(?product, "the channel takes orders again"),
                (Ok(_), _) => {}
                (Err(error), _) => tracing::warn!(%error, "what became of an order could not be noted"),
            }
        });
    }

    /// That the channel refuses orders for a reason of the merchant's account, where it does.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn orders_refused(&self) -> Result<Option<OrdersRefused>, StoreError> {
        sightings::orders_refused(&mut self.store.read().await?.tx()).await
    }

    fn tells_of_account(&self, product: AttemptKind, payer: &str, refused: Option<ChannelCode>) -> bool {
        let now = (self.clock)();
        let mut rows = self.in_a_row.lock().unwrap_or_else(PoisonError::into_inner);
        match refused {
            Some(code) if code.is_about_account() => true,
            Some(code) if code.may_be_about_account() => {
                let begin = || Row { code, since: now, payers: HashSet::new() };
                let row = rows.entry(product).or_insert_with(begin);
                if row.code != code || !(0..ROW_MS).contains(&now.since_ms(row.since)) {
                    *row = begin();
                }
                if row.payers.len() < PAYERS_IN_A_ROW {
                    row.payers.insert(payer.to_owned());
                }
                row.payers.len() >= PAYERS_IN_A_ROW
            }
            // What is of one payer or passes by itself neither accuses nor clears.
            Some(_) => false,
            None => {
                rows.remove(&product);
                true
            }
        }
    }

    /// Whether this is worth a write: another word than the last one, or the same after a while.
    fn is_news(&self, kind: Kind, word: &'static str, now: Millis) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&kind).is_some_and(|(known, at)| *known == word && (0..AGAIN_MS).contains(&now.since_ms(*at))) {
            return false;
        }
        noted.insert(kind, (word, now));
        true
    }
}

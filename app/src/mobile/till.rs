//! What the manager's screens share while the app is open: the feed, the connection, the voice and the list that was loaded.

use domain::{Fen, Millis};
use leptos::prelude::*;

use crate::concerns::ConcernCount;
use crate::manager::live::{Feed, Link};
use crate::manager::speech::Sentence;
use crate::manager::{Arrival, Desk, Today, voice};
use crate::mobile::{Seed, Updating};
use crate::receipts::{Listing, Loaded, ReceiptPage, ReceiptQuery};
use crate::{Locale, Refusal};

/// Something that was asked of the server: nothing yet, its answer, or its refusal.
pub type Asked<T> = Option<Result<T, Refusal>>;

/// The last thing worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// One payment.
    Arrived(Arrival),
    /// Several, while nobody could see or hear them.
    Meanwhile {
        /// How many.
        count: u64,
        /// Their sum.
        sum_fen: Fen,
    },
}

impl News {
    /// Where a tap on it leads.
    pub fn url(&self) -> String {
        match self {
            News::Arrived(arrival) => format!("/m/receipts/{}", arrival.payment),
            News::Meanwhile { .. } => "/m/receipts".to_owned(),
        }
    }
}

/// The voice, in the words of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Voice {
    /// Not allowed yet: a browser plays nothing before a tap.
    #[default]
    Off,
    /// Allowed, clips are on their way.
    Loading,
    /// Amounts are spoken.
    On,
    /// Switched off by the person.
    Muted,
    /// The browser stopped it (a call, a reload); a tap resumes it.
    Blocked,
    /// The clips could not be fetched.
    Failed,
}

/// What the screens share. It is made once per page and handed over in context.
#[derive(Clone, Copy)]
pub struct Till {
    /// The language.
    pub locale: Locale,
    /// The screen with the code.
    pub desk: RwSignal<Asked<Desk>>,
    /// Today and what came; `None` where nobody is signed in.
    pub feed: RwSignal<Option<Feed>>,
    /// The connection.
    pub link: RwSignal<Link>,
    /// The last news.
    pub news: RwSignal<Option<News>>,
    /// Arrivals that the loaded list does not show.
    pub fresh: RwSignal<u64>,
    /// How much there is to look at.
    pub concerns: RwSignal<ConcernCount>,
    /// What keeps customers from paying, as [`Desk::hindrance`].
    pub hindrance: RwSignal<String>,
    /// The voice.
    pub voice: RwSignal<Voice>,
    /// The list of receipts as far as it was loaded.
    pub listing: Listing,
    /// The time of the last desk that was read, and how far the server's clock was ahead of the device's then, in ms.
    pub ahead: RwSignal<Option<(Millis, i64)>>,
    /// Whether the screen is being read anew.
    pub updating: RwSignal<Updating>,
    /// False until a first screen was left: the first one needs no focus moved to it.
    pub has_moved: RwSignal<bool>,
}

impl Till {
    /// The state in which a page with this seed begins, the same on the server and in the browser.
    pub fn new(seed: &Seed) -> Till {
        Till {
            locale: seed.prefs.locale,
            desk: RwSignal::new(seed.desk.clone()),
            feed: RwSignal::new(seed.today.clone().map(Feed::from)),
            link: RwSignal::new(Link::default()),
            news: RwSignal::new(None),
            fresh: RwSignal::new(0),
            concerns: RwSignal::new(seed.concern_count),
            hindrance: RwSignal::new(
                seed.desk.as_ref().and_then(|desk| desk.as_ref().ok()).map(|desk| desk.hindrance.clone()).unwrap_or_default(),
            ),
            voice: RwSignal::new(Voice::default()),
            listing: Listing::new(seed.list.clone()),
            ahead: RwSignal::new(None),
            updating: RwSignal::new(Updating::default()),
            has_moved: RwSignal::new(false),
        }
    }

    /// Shows a desk that was read anew, unless what is shown is newer.
    pub fn desk_is(&self, desk: Desk) {
        let is_older = |shown: &Asked<Desk>| {
            let shown = shown.as_ref().and_then(|shown| shown.as_ref().ok());
            shown.is_some_and(|shown| (desk.changed_at_ms, desk.today.as_of_ms) < (shown.changed_at_ms, shown.today.as_of_ms))
        };
        if !self.desk.with_untracked(is_older) {
            self.hindrance.set(desk.hindrance.clone());
            self.desk.set(Some(Ok(desk)));
        }
    }

    /// The server's time when the device's clock says `device`; `None` before a desk was read.
    pub fn server_time(&self, device: Millis) -> Option<Millis> {
        let as_of = self.desk.with_untracked(|desk| desk.as_ref()?.as_ref().ok().map(|desk| desk.today.as_of_ms))?;
        // What a desk says about the time is true at the moment when it came, which is the first time that anybody asks.
        let ahead_ms = match self.ahead.get_untracked() {
            Some((known, ahead_ms)) if known == as_of => ahead_ms,
            _ => as_of.since_ms(device),
        };
        self.ahead.set(Some((as_of, ahead_ms)));
        Some(device.plus_ms(ahead_ms))
    }

    /// Takes over what a page that came later knows. Of what arrived, `fresh_before` had been announced when it was asked for.
    pub fn take_seed(&self, seed: Seed, fresh_before: u64) {
        if let Some(Ok(desk)) = seed.desk {
            self.desk_is(desk);
        }
        if let Some(today) = seed.today {
            self.today_is(today);
        }
        if let Some((query, Ok(page))) = seed.list {
            self.listing_is(query, page, fresh_before);
        }
        self.concerns.set(seed.concern_count);
    }

    /// Shows a list that was read from its beginning. What arrived after `fresh_before` had been announced may or may not be in it
    /// and stays announced.
    pub fn listing_is(&self, query: ReceiptQuery, mut page: ReceiptPage, fresh_before: u64) {
        let codes = std::mem::take(&mut page.codes);
        if !codes.is_empty() {
            self.listing.codes.set(codes);
            // Whoever is no cashier any more has no stores.
            self.listing.stores.set(std::mem::take(&mut page.stores));
        }
        if query.is_newest() {
            self.fresh.update(|fresh| *fresh = fresh.saturating_sub(fresh_before));
        }
        // Whatever else was asked for this list comes too late.
        self.listing.asked.update(|asked| *asked += 1);
        self.listing.is_busy.set(false);
        self.listing.loaded.set(Loaded::begin(query, page));
        self.listing.refused.set(None);
    }

    /// Begins or corrects the figures of today.
    pub fn today_is(&self, today: Today) {
        self.feed.update(|feed| match feed {
            Some(feed) => feed.refresh(today),
            None => *feed = Some(Feed::from(today)),
        });
    }

    /// Takes an event of the stream; true when it is news. What came while nobody listened is told later, all at once.
    pub fn take(&self, arrival: Arrival, tell: bool) -> bool {
        let mut is_news = false;
        self.feed.update(|feed| is_news = feed.as_mut().is_some_and(|feed| feed.take(arrival.clone())));
        if !is_news {
            return false;
        }
        self.fresh.update(|fresh| *fresh += 1);
        if tell {
            self.tell(News::Arrived(arrival));
        }
        true
    }

    /// Shows and says it.
    pub fn tell(&self, news: News) {
        let sentence = match &news {
            News::Arrived(arrival) => Sentence::Arrived { amount_fen: arrival.amount_fen },
            News::Meanwhile { count, sum_fen } => Sentence::ArrivedSeveral { count: *count, sum_fen: *sum_fen },
        };
        self.news.set(Some(news));
        voice::say(*self, sentence);
    }
}

/// What the screens share.
///
/// A screen outside the app gets an empty one: it then shows what it is given and hears nothing.
pub fn till() -> Till {
    use_context::<Till>().unwrap_or_else(|| Till::new(&Seed::default()))
}

//! `GET /admin/live`: the overview as it changes, over server-sent events, and what is to be said aloud of the money that came.
//!
//! What is shown is the present state, drawn by the page's own function: `now` carries it whole, so nothing of it is ever lost or
//! counted twice. What is said is news: `arrived` carries a sentence of sound clips, and what a stream that is resumed has missed is one
//! sentence.

use std::collections::HashMap;
use std::time::Duration;

use app::Locale;
use app::admin::{arrived_words, living_html, many_words, several_words};
use app::manager::speech::Sentence;
use app::receipts::Cursor;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use domain::{Caller, Fen, Millis, PaymentId, Role};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use uuid::Uuid;

use super::cookies;
use super::stream::{HEARTBEAT, REST, Tells, answer, opening, stream};
use super::visit::{prefs_of, query_value};
use crate::desk::REPEATED_MS;
use crate::live::LiveEvent;
use crate::office::living;
use crate::site::Site;
use crate::store::receipts::Known;
use crate::store::sessions::TokenHash;
use crate::store::{StoreError, receipts};

/// How long what happens at the same moment is gathered before it is told.
const GATHERED: Duration = Duration::from_millis(200);

/// How often the state is told at most.
const BETWEEN: Duration = Duration::from_secs(1);

/// About as long as a clip is heard. What comes while a sentence is spoken is the next one, so that the voice never lags behind.
const CLIP: Duration = Duration::from_millis(550);

/// The first clip is as long as three, and between sentences there is a breath.
const MORE_CLIPS: u32 = 2;

/// Most of the newest receipts among which a stream looks for what it missed.
const MOST_MISSED: usize = 500;

/// Opens the stream of the administrator who is signed in.
pub async fn live(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(token) = cookies::get(&headers, cookies::ADMIN) else { return StatusCode::UNAUTHORIZED.into_response() };
    let token_hash = cookies::sha256(token);
    let session = match site.sign_ins.watching(&token_hash).await {
        Ok(Some(found)) if found.caller.role == Role::Administrator => found,
        Ok(Some(_)) => return StatusCode::UNAUTHORIZED.into_response(),
        // Whoever comes back to a page whose session ended meanwhile is told so, like one who stayed.
        Ok(None) => {
            return match site.sign_ins.ended(token).await {
                Ok(Some(_)) => answer(futures::stream::iter([Ok(opening()), Ok(bye())])),
                Ok(None) => StatusCode::UNAUTHORIZED.into_response(),
                Err(_) => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response(),
            };
        }
        Err(_) => return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response(),
    };
    let now = (site.clock)();
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned).or_else(|| query_value(&uri, "after"));
    let place = last.and_then(|place| place.parse::<Cursor>().ok()).filter(|it| it.at_ms <= now.plus_ms(REPEATED_MS));
    // Nobody missed anything before they signed in; who opens the page for the first time sees what came.
    let began = place.map_or(Cursor { at_ms: now, payment: PaymentId::of(Uuid::max()) }, |it| it.max(Cursor::at(session.created_at_ms)));
    let watch = Watch {
        events: site.live.listen(),
        token_hash,
        locale: prefs_of(&uri, &headers).locale,
        caller: session.caller,
        site,
        began,
        said: began,
        is_unread: place.is_some(),
        heard: HashMap::new(),
        news: News::default(),
        shown: String::new(),
        show_at: Some(Instant::now()),
        shown_at: None,
        say_at: Instant::now(),
        beat_at: Instant::now() + HEARTBEAT,
        rests_until: Instant::now(),
        is_open: false,
        is_over: false,
    };
    answer(stream(watch))
}

fn bye() -> Event {
    Event::default().event("bye").data("{}")
}

/// What came and was not said.
#[derive(Debug, Clone, Default)]
struct News {
    count: u64,
    sum_fen: Fen,
    /// The latest of it.
    last: Option<Cursor>,
    /// Whether there may be more that was not counted.
    is_more: bool,
}

impl News {
    fn add(&mut self, at: Cursor, amount_fen: Fen) {
        self.count += 1;
        self.sum_fen = self.sum_fen.plus(amount_fen).unwrap_or(self.sum_fen);
        self.last = self.last.max(Some(at));
    }
}

struct Watch {
    site: Site,
    token_hash: TokenHash,
    locale: Locale,
    caller: Caller,
    events: Receiver<LiveEvent>,
    /// What is earlier was said before this stream began, or seen on the page.
    began: Cursor,
    /// Up to where everything was said. What becomes visible later with an earlier time is said all the same while the stream lasts,
    /// and is only shown where it was broken just then.
    said: Cursor,
    /// Whether something passed by unheard that stands in the store.
    is_unread: bool,
    /// What this stream heard of already and when that was learned of: other instances' arrivals are told to it again and again.
    heard: HashMap<PaymentId, Millis>,
    news: News,
    /// What the page shows now.
    shown: String,
    /// When what changed is told; `None` when nothing did.
    show_at: Option<Instant>,
    /// When the state was read last.
    shown_at: Option<Instant>,
    /// When the next sentence may begin.
    say_at: Instant,
    /// When it says next that it lives.
    beat_at: Instant,
    /// Until when it does not ask a store that did not answer.
    rests_until: Instant,
    is_open: bool,
    is_over: bool,
}

impl Tells for Watch {
    fn is_over(&self) -> bool {
        self.is_over
    }

    async fn next(&mut self) -> Event {
        if !std::mem::replace(&mut self.is_open, true) {
            return opening();
        }
        loop {
            if Instant::now() >= self.rests_until {
                match self.tell().await {
                    Ok(Some(event)) => return event,
                    Ok(None) => {}
                    Err(error) => {
                        tracing::error!(%error, "an administrator's stream could not read what it has to tell; it will ask again");
                        self.rests_until = Instant::now() + REST;
                    }
                }
            }
            if let Some(event) = self.listen().await {
                return event;
            }
        }
    }
}

impl Watch {
    /// What is to be told at this moment.
    async fn tell(&mut self) -> Result<Option<Event>, StoreError> {
        if self.is_unread {
            self.catch_up().await?;
        }
        if self.show_at.is_some_and(|at| at <= Instant::now())
            && let Some(event) = self.show().await?
        {
            return Ok(Some(event));
        }
        match self.speaks_at() {
            Some(at) if at <= Instant::now() => self.say().await.map(Some),
            _ => Ok(None),
        }
    }

    /// When the next sentence begins, if there is one: nothing is said before it is seen.
    fn speaks_at(&self) -> Option<Instant> {
        (self.news.count > 0 && self.show_at.is_none()).then_some(self.say_at)
    }

    /// Waits for what happens next, and answers what is to be said of it at once.
    async fn listen(&mut self) -> Option<Event> {
        // However much others receive meanwhile.
        if Instant::now() >= self.beat_at {
            return Some(self.beat().await);
        }
        let due = self.show_at.or(self.speaks_at()).map(|at| at.max(self.rests_until));
        match tokio::time::timeout_at(due.map_or(self.beat_at, |due| due.min(self.beat_at)), self.events.recv()).await {
            Ok(Ok(LiveEvent::Arrival(arrival))) if arrival.tenant == self.caller.tenant => {
                self.note(Cursor { at_ms: arrival.known_at_ms, payment: arrival.payment }, arrival.amount_fen);
            }
            Ok(Ok(LiveEvent::Concern(tenant, _))) if tenant == self.caller.tenant => self.change(),
            Ok(Ok(LiveEvent::SignedIn(account))) if account == self.caller.account => return Some(self.beat().await),
            Ok(Ok(LiveEvent::Ended(token))) if token == self.token_hash => return Some(self.beat().await),
            Ok(Ok(LiveEvent::Stop)) | Ok(Err(RecvError::Closed)) => {
                self.is_over = true;
                return Some(Event::default().comment("stop"));
            }
            Ok(Ok(_)) => {}
            Ok(Err(RecvError::Lagged(_))) => {
                self.is_unread = true;
                self.change();
            }
            // It is time to tell something.
            Err(_) => {}
        }
        None
    }

    /// Says that the stream lives. What changed without a word (another instance's refunds, the day) is found here.
    async fn beat(&mut self) -> Event {
        self.beat_at = Instant::now() + HEARTBEAT;
        let floor = (self.site.clock)().plus_ms(-2 * REPEATED_MS);
        self.heard.retain(|_, known_at_ms| *known_at_ms >= floor);
        match self.show().await {
            Ok(Some(event)) => event,
            Ok(None) => Event::default().event("beat").data("{}"),
            // The page is not told that all is well: after a while it says that it hears nothing.
            Err(error) => {
                tracing::error!(%error, "an administrator's stream could not read the overview");
                Event::default().comment("beat")
            }
        }
    }

    /// The state, where it is another than the page shows; or the end, for somebody who is signed in no more.
    async fn show(&mut self) -> Result<Option<Event>, StoreError> {
        if self.has_ended().await? {
            return Ok(Some(bye()));
        }
        // What happens while the store is read is shown next.
        let began = Instant::now();
        let shown = living(&self.site, self.caller.tenant, (self.site.clock)()).await?;
        (self.show_at, self.shown_at) = (None, Some(began));
        let html = living_html(self.locale, &shown);
        if html == self.shown {
            return Ok(None);
        }
        let event = self.event("now", &json!({"html": html}));
        self.shown = html;
        Ok(Some(event))
    }

    /// Says all that came and was not said, in one sentence.
    async fn say(&mut self) -> Result<Event, StoreError> {
        if self.has_ended().await? {
            return Ok(bye());
        }
        let News { count, sum_fen, last, is_more } = self.news.clone();
        let (clips, words) = match (count, last) {
            // No number is said that is not known.
            _ if is_more => (vec!["arrived"], many_words(self.locale, MOST_MISSED)),
            (1, Some(Cursor { payment, .. })) => {
                let mut conn = self.site.store.read().await?;
                let receipt = receipts::of_payment(&mut conn.tx(), self.caller.tenant, payment).await?;
                let words = receipt.map_or_else(|| several_words(self.locale, count, sum_fen), |it| arrived_words(self.locale, &it));
                (Sentence::Arrived { amount_fen: sum_fen }.clips(self.locale), words)
            }
            _ => (Sentence::ArrivedSeveral { count, sum_fen }.clips(self.locale), several_words(self.locale, count, sum_fen)),
        };
        self.news = News::default();
        self.said = self.said.max(last.unwrap_or(self.said));
        self.say_at = Instant::now() + CLIP * (u32::try_from(clips.len()).unwrap_or(u32::MAX) + MORE_CLIPS);
        Ok(self.event("arrived", &json!({"say": clips, "words": words})))
    }

    async fn has_ended(&mut self) -> Result<bool, StoreError> {
        self.is_over = self.site.sign_ins.watching(&self.token_hash).await?.is_none();
        Ok(self.is_over)
    }

    /// An event that carries the place from where a later stream goes on.
    fn event(&self, name: &str, told: &serde_json::Value) -> Event {
        // Text as JSON holds no line breaks, which would end the event.
        Event::default().event(name).id(self.said.to_string()).data(told.to_string())
    }

    /// Takes an arrival that was not heard of before.
    fn note(&mut self, at: Cursor, amount_fen: Fen) {
        if self.heard.insert(at.payment, at.at_ms).is_some() {
            return;
        }
        self.change();
        if at > self.began {
            if self.news.count == 0 {
                self.say_at = self.say_at.max(Instant::now() + GATHERED);
            }
            self.news.add(at, amount_fen);
        }
    }

    fn change(&mut self) {
        let soon = Instant::now() + GATHERED;
        let at = self.shown_at.map_or(soon, |shown_at| soon.max(shown_at + BETWEEN));
        self.show_at.get_or_insert(at);
    }

    /// Looks for what passed by among the newest receipts.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let limit = i64::try_from(MOST_MISSED).unwrap_or(i64::MAX).saturating_add(1);
        let newest = receipts::newest_of_all(&mut self.site.store.read().await?.tx(), self.caller.tenant, limit).await?;
        let since = self.said.at_ms.plus_ms(-REPEATED_MS);
        let missed = newest
            .into_iter()
            .map(|Known { known_at_ms, receipt }| (Cursor { at_ms: known_at_ms, payment: receipt.payment }, receipt.amount_fen));
        let missed: Vec<_> = missed.filter(|(at, _)| *at > self.began && at.at_ms >= since).collect();
        self.news.is_more |= missed.len() > MOST_MISSED;
        for (at, amount_fen) in missed {
            self.note(at, amount_fen);
        }
        self.is_unread = false;
        Ok(())
    }
}

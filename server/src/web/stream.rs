//! `GET /m/live`: arrivals as they come, over server-sent events, and word of codes that look different now.
//!
//! A stream that is resumed tells all that came since, and repeats the minute before, because receipts of other instances may become
//! visible a little late; the screen drops what it knows.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use app::Locale;
use app::concerns::ConcernCount;
use app::manager::{Arrival, Beat, Bye};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use domain::{Caller, Day, Millis, PaymentId, Role};
use futures::Stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::cookies;
use super::elsewhere::sign_in_elsewhere;
use super::visit::{prefs_of, query_value};
use crate::concerns::count;
use crate::desk::REPEATED_MS;
use crate::hindrance::hindrance;
use crate::live::{CodeChange, LiveArrival, LiveEvent};
use crate::site::Site;
use crate::store::reach::Reach;
use crate::store::receipts::After;
use crate::store::rollups::Totals;
use crate::store::sessions::TokenHash;
use crate::store::{StoreError, codes, sessions, tokens};

/// How often a stream says that it lives, and looks whether its session does.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);

/// Most arrivals that wait to be told. What is beyond them stays in the store until these are told.
const MOST_WAITING: usize = 500;

/// How long a stream whose store did not answer waits before it asks again.
pub(super) const REST: Duration = Duration::from_secs(1);

/// How long the figures of a day are good enough for what a stream repeats: many arrivals that are told at the same moment.
const SAME_MOMENT: Duration = Duration::from_millis(250);

/// Opens the stream of the manager who is signed in.
pub async fn live(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(token) = cookies::get(&headers, cookies::SESSION).map(str::to_owned) else { return StatusCode::UNAUTHORIZED.into_response() };
    let locale = prefs_of(&uri, &headers).locale;
    let (caller, began_at) = match site.sign_ins.session(&token).await {
        Ok(Some(found)) if found.caller.role == Role::Manager => (found.caller, found.created_at_ms),
        // A phone that comes back from a pocket is told at once why nothing arrives any more, in the same words as one that was awake.
        Ok(None) => {
            return match bye(&site, &token, locale).await {
                Bye { elsewhere: None } => StatusCode::UNAUTHORIZED.into_response(),
                bye => answer(futures::stream::iter([Ok(opening()), Ok(bye_event(bye))])),
            };
        }
        Ok(_) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response(),
    };
    let reach = async { Reach::of(&mut site.store.read().await?.tx(), &caller).await };
    let Ok(reach) = reach.await else { return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response() };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned).or_else(|| query_value(&uri, "after"));
    let now = (site.clock)();
    let place = last.as_deref().and_then(|id| id.split('-').next()?.parse().ok()).map_or(now, Millis::of);
    let watch = Watch {
        events: site.live.listen(),
        token_hash: cookies::sha256(&token),
        site,
        token,
        locale,
        caller,
        reach,
        told: HashMap::new(),
        codes_as_of: Millis::default(),
        codes_changed: false,
        // Nobody missed anything before they signed in.
        after: place.max(began_at),
        unread: None,
        waiting: VecDeque::new(),
        figures: None,
        is_open: false,
        is_over: false,
        rests_until: Instant::now(),
        beat_at: Instant::now(),
    };
    answer(stream(watch))
}

/// The answer that never ends by itself.
pub(super) fn answer(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // Proxies would otherwise hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The first bytes tell the browser at once that the stream is open.
pub(super) fn opening() -> Event {
    Event::default().comment("open").retry(Duration::from_secs(2))
}

/// How the session with this token ended, in the reader's words.
async fn bye(site: &Site, token: &str, locale: Locale) -> Bye {
    let elsewhere = sign_in_elsewhere(site, token, (site.clock)()).await.ok().flatten();
    Bye { elsewhere: elsewhere.map(|(_, elsewhere)| elsewhere.words(locale)) }
}

fn bye_event(bye: Bye) -> Event {
    Event::default().event("bye").json_data(bye).unwrap_or_else(|_| Event::default().event("bye").data("{}"))
}

/// An arrival that was not told yet.
struct Waiting {
    arrival: LiveArrival,
    /// Whether it was found in the store, with everything of its time, and not heard of as it came.
    is_repeated: bool,
}

/// The figures of a day, read a moment ago.
struct Figures {
    day: Day,
    totals: Totals,
    read_at: Instant,
}

struct Watch {
    site: Site,
    token: String,
    locale: Locale,
    token_hash: TokenHash,
    caller: Caller,
    /// Whose money it tells of, as of the last beat or arrival.
    reach: Reach,
    events: Receiver<LiveEvent>,
    /// What this stream said already, or is about to, and when that was learned of; not further back than it may be repeated.
    told: HashMap<PaymentId, Millis>,
    /// The latest change of a code that it knows of.
    codes_as_of: Millis,
    /// Whether that is still to be said.
    codes_changed: bool,
    /// From where it resumes.
    after: Millis,
    /// Where it reads on in the store before it listens again: it was away, or so much came at once that some of it passed by.
    unread: Option<After>,
    /// What it tells next.
    waiting: VecDeque<Waiting>,
    figures: Option<Figures>,
    is_open: bool,
    is_over: bool,
    /// Until when it does not ask a store that did not answer.
    rests_until: Instant,
    /// When it says next that it lives, however much others receive meanwhile.
    beat_at: Instant,
}

/// What an open stream tells, to a manager or to an administrator.
pub(super) trait Tells: Send + 'static {
    /// The next event, as soon as there is one.
    fn next(&mut self) -> impl Future<Output = Event> + Send;

    /// Whether the last one was told.
    fn is_over(&self) -> bool;
}

/// Counts an open stream for as long as it lives.
struct Counted<T>(T);

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        metrics::gauge!("shouma_live_streams").decrement(1.0);
    }
}

/// Tells everything until it is over.
pub(super) fn stream(tells: impl Tells) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    metrics::gauge!("shouma_live_streams").increment(1.0);
    futures::stream::unfold(Counted(tells), |mut open| async move {
        if open.0.is_over() {
            return None;
        }
        let event = open.0.next().await;
        Some((Ok(event), open))
    })
}

impl Tells for Watch {
    fn is_over(&self) -> bool {
        self.is_over
    }

    async fn next(&mut self) -> Event {
        if !self.is_open {
            self.is_open = true;
            self.repeat();
            return opening();
        }
        loop {
            if std::mem::take(&mut self.codes_changed) {
                return Event::default().event("code").data(format!("{{\"changed_at_ms\":{}}}", self.codes_as_of.get()));
            }
            let is_resting = Instant::now() < self.rests_until;
            let step = if is_resting { Ok(Step::Listen) } else { self.read_and_tell().await };
            match step {
                Ok(Step::Say(event)) => return event,
                Ok(Step::GoOn) => {}
                Ok(Step::Listen) => {
                    if let Some(event) = self.listen(is_resting).await {
                        return event;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a live stream could not read what it has to tell; it will ask again");
                    self.rests_until = Instant::now() + REST;
                }
            }
        }
    }
}

impl Watch {
    /// Tells what waits, then reads on where something is unread.
    async fn read_and_tell(&mut self) -> Result<Step, StoreError> {
        if let Some(next) = self.waiting.pop_front() {
            let told = self.tell(&next).await;
            if told.is_err() {
                // What cannot be told now is told later.
                self.waiting.push_front(next);
            }
            return told;
        }
        let Some(place) = self.unread else { return Ok(Step::Listen) };
        self.read_on(place).await?;
        Ok(Step::GoOn)
    }

    /// Waits for what happens next, and answers what is to be said of it at once.
    async fn listen(&mut self, is_resting: bool) -> Option<Event> {
        let until = if is_resting { self.beat_at.min(self.rests_until) } else { self.beat_at };
        match tokio::time::timeout_at(until, self.events.recv()).await {
            Ok(Ok(LiveEvent::Arrival(arrival))) => self.take(arrival, false),
            Ok(Ok(LiveEvent::Concern(tenant, payee))) if self.reach.holds(tenant, payee) => return Some(self.beat().await),
            Ok(Ok(LiveEvent::Code(change))) => self.note(change),
            Ok(Ok(LiveEvent::SignedIn(account))) if account == self.caller.account => return Some(self.beat().await),
            Ok(Ok(LiveEvent::Ended(token))) if token == self.token_hash => return Some(self.beat().await),
            Ok(Ok(LiveEvent::Concern(..) | LiveEvent::SignedIn(_) | LiveEvent::Ended(_))) => {}
            Ok(Ok(LiveEvent::Stop)) | Ok(Err(RecvError::Closed)) => {
                self.is_over = true;
                return Some(Event::default().comment("stop"));
            }
            // So much came at once that some of it passed by: it stands in the store.
            Ok(Err(RecvError::Lagged(_))) => self.repeat(),
            Err(_) if Instant::now() >= self.beat_at => return Some(self.beat().await),
            Err(_) => {}
        }
        None
    }

    /// Says that the stream lives, from when its figures are and how much there is to look at; or that its session was ended
    /// elsewhere.
    async fn beat(&mut self) -> Event {
        self.beat_at = Instant::now() + HEARTBEAT;
        self.forget();
        if let Ok(None) = self.site.sign_ins.session(&self.token).await {
            return self.leave().await;
        }
        // Whoever was made a cashier, or is none any more, hears accordingly.
        if let Ok(reach) = self.read_reach().await {
            self.reach = reach;
        }
        let beat = Beat { as_of_ms: (self.site.clock)(), concerns: self.concerns().await, hindrance: self.hindrance().await };
        Event::default().event("beat").json_data(beat).unwrap_or_else(|_| Event::default().comment("beat"))
    }

    /// Whoever is not signed in any more hears nothing more.
    async fn leave(&mut self) -> Event {
        self.is_over = true;
        bye_event(bye(&self.site, &self.token, self.locale).await)
    }

    async fn read_reach(&self) -> Result<Reach, StoreError> {
        Reach::of(&mut self.site.store.read().await?.tx(), &self.caller).await
    }

    /// What keeps customers from paying, or nothing; `None` when the store does not say.
    async fn hindrance(&self) -> Option<String> {
        let found = async {
            let mut conn = self.site.store.read().await?;
            let tx = &mut conn.tx();
            let Some(shown) = codes::app_code(tx, self.caller.tenant, self.caller.account).await? else { return Ok(None) };
            hindrance(tx, &self.caller, &shown, (self.site.clock)()).await
        };
        match found.await {
            Ok(found) => Some(found.map(|found| found.words(self.locale)).unwrap_or_default()),
            Err(error) => {
                let error: StoreError = error;
                tracing::error!(%error, "what keeps customers from paying could not be found out for a live stream");
                None
            }
        }
    }

    /// How much there is to look at; `None` when the store does not say, and the screen keeps what it knows.
    async fn concerns(&self) -> Option<ConcernCount> {
        let counted = async {
            let mut conn = self.site.store.read().await?;
            self.reach.concern_counts(&mut conn.tx()).await
        };
        match counted.await {
            Ok(counts) => Some(count(counts)),
            Err(error) => {
                tracing::error!(%error, "what there is to look at could not be counted for a live stream");
                None
            }
        }
    }

    fn take(&mut self, arrival: LiveArrival, is_repeated: bool) {
        if !self.reach.holds(arrival.tenant, arrival.payee) || self.told.contains_key(&arrival.payment) {
            return;
        }
        if self.unread.is_some() && !is_repeated {
            // What came before it is not read yet, and a screen that resumes from this one would never hear of that.
            return self.repeat();
        }
        if self.waiting.len() >= MOST_WAITING {
            // It stands in the store until there is room.
            return self.repeat();
        }
        self.told.insert(arrival.payment, arrival.known_at_ms);
        self.after = self.after.max(arrival.known_at_ms);
        self.waiting.push_back(Waiting { arrival, is_repeated });
    }

    /// A change is said once; several that nobody heard are one.
    fn note(&mut self, change: CodeChange) {
        let is_ours = change.tenant == self.caller.tenant && change.payee == self.caller.account;
        if is_ours && change.changed_at_ms > self.codes_as_of {
            self.codes_as_of = change.changed_at_ms;
            self.codes_changed = true;
        }
    }

    /// Reads from where it resumes, as soon as what waits is told.
    fn repeat(&mut self) {
        let start = After::since(self.after.plus_ms(-REPEATED_MS));
        self.unread = Some(self.unread.map_or(start, |place| place.min(start)));
    }

    /// Reads the arrivals after `place`, as many as may wait. A full page is followed by another one.
    async fn read_on(&mut self, place: After) -> Result<(), StoreError> {
        let mut conn = self.site.store.read().await?;
        let limit = i64::try_from(MOST_WAITING).unwrap_or(i64::MAX);
        let known = self.reach.known_after(&mut conn.tx(), place, limit).await?;
        let Caller { tenant, account: payee, .. } = self.caller;
        let changed_at = tokens::changed_at(&mut conn.tx(), tenant, payee).await?;
        drop(conn);
        let is_full = known.len() >= MOST_WAITING;
        self.unread = known.last().filter(|_| is_full).map(|(_, last)| After::of(last));
        self.figures = None;
        if let Some(changed_at_ms) = changed_at {
            self.note(CodeChange { tenant, payee, changed_at_ms });
        }
        for (payee, known) in known {
            self.take(LiveArrival::of_receipt(tenant, payee, known), true);
        }
        self.forget();
        Ok(())
    }

    /// What is further back than a repetition goes is not met again.
    fn forget(&mut self) {
        let floor = self.after.plus_ms(-2 * REPEATED_MS);
        self.told.retain(|_, known_at_ms| *known_at_ms >= floor);
    }

    async fn tell(&mut self, waiting: &Waiting) -> Result<Step, StoreError> {
        let arrival = &waiting.arrival;
        let Some(totals) = self.totals(waiting).await? else { return Ok(Step::Say(self.leave().await)) };
        // Whoever was a cashier until a moment ago hears nothing of the store any more.
        if !self.reach.holds(arrival.tenant, arrival.payee) {
            return Ok(Step::GoOn);
        }
        let told = Arrival {
            payment: arrival.payment,
            amount_fen: arrival.amount_fen,
            title: arrival.title.clone(),
            at_ms: arrival.known_at_ms,
            count_today: u64::try_from(totals.count).unwrap_or(0),
            sum_today_fen: totals.sum_fen,
        };
        let event = Event::default().event("arrival").id(format!("{}-{}", arrival.known_at_ms.get(), arrival.payment));
        Ok(event.json_data(&told).map_or(Step::GoOn, Step::Say))
    }

    /// The figures of an arrival's day, with whoever may hear of it; `None` when the session has ended. Read anew for each that comes,
    /// and once for those that are repeated at the same moment.
    async fn totals(&mut self, waiting: &Waiting) -> Result<Option<Totals>, StoreError> {
        let day = waiting.arrival.day();
        let is_fresh = |figures: &&Figures| figures.day == day && figures.read_at.elapsed() < SAME_MOMENT;
        if let Some(figures) = self.figures.as_ref().filter(|_| waiting.is_repeated).filter(is_fresh) {
            return Ok(Some(figures.totals));
        }
        let mut conn = self.site.store.read().await?;
        let tx = &mut conn.tx();
        if sessions::by_token(tx, &self.token_hash, (self.site.clock)()).await?.is_none() {
            return Ok(None);
        }
        let reach = Reach::of(tx, &self.caller).await?;
        let totals = reach.totals(tx, None, day).await?;
        self.reach = reach;
        self.figures = Some(Figures { day, totals, read_at: Instant::now() });
        Ok(Some(totals))
    }
}

/// What follows from a look at the store.
enum Step {
    /// To say this.
    Say(Event),
    /// To look again.
    GoOn,
    /// Nothing: everything is told.
    Listen,
}

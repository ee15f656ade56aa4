//! `GET /m/live`: arrivals as they come, over server-sent events, and word of codes that look different now.
//!
//! A stream that is resumed repeats the last minute, because receipts of other instances may become visible a little late; the
//! screen drops what it knows.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use app::concerns::ConcernCount;
use app::manager::{Arrival, Beat};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use domain::{Caller, Millis, PaymentId, Role};
use futures::Stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::cookies;
use super::visit::query_value;
use crate::concerns::count;
use crate::desk::REPEATED_MS;
use crate::live::{CodeChange, LiveArrival, LiveEvent};
use crate::site::Site;
use crate::store::reach::Reach;
use crate::store::{StoreError, tokens};

/// How often a stream says that it lives, and looks whether its session does.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Most arrivals that a stream repeats.
const MOST_REPEATED: i64 = 500;

/// Opens the stream of the manager who is signed in.
pub async fn live(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(token) = cookies::get(&headers, cookies::SESSION).map(str::to_owned) else { return StatusCode::UNAUTHORIZED.into_response() };
    let caller = match site.sign_ins.session(&token).await {
        Ok(Some(found)) if found.caller.role == Role::Manager => found.caller,
        Ok(_) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response(),
    };
    let reach = async { Reach::of(&mut site.store.read().await?.tx(), &caller).await };
    let Ok(reach) = reach.await else { return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response() };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned).or_else(|| query_value(&uri, "after"));
    let now = (site.clock)();
    let after = last.as_deref().and_then(|id| id.split('-').next()?.parse().ok()).map_or(now, Millis::of);
    metrics::gauge!("shouma_live_streams").increment(1.0);
    let watch = Watch {
        events: site.live.listen(),
        site,
        token,
        caller,
        reach,
        told: HashSet::new(),
        codes_as_of: Millis::default(),
        codes_changed: false,
        after,
        waiting: vec![],
        is_resumed: false,
        is_over: false,
        beat_at: Instant::now(),
    };
    let mut response = Sse::new(stream(watch)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // Proxies would otherwise hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Watch {
    site: Site,
    token: String,
    caller: Caller,
    /// Whose money it tells of, as of the last beat.
    reach: Reach,
    events: Receiver<LiveEvent>,
    /// What this stream said already.
    told: HashSet<PaymentId>,
    /// The latest change of a code that it knows of.
    codes_as_of: Millis,
    /// Whether that is still to be said.
    codes_changed: bool,
    /// From where it resumes.
    after: Millis,
    waiting: Vec<LiveArrival>,
    is_resumed: bool,
    is_over: bool,
    /// When it says next that it lives, however much others receive meanwhile.
    beat_at: Instant,
}

impl Drop for Watch {
    fn drop(&mut self) {
        metrics::gauge!("shouma_live_streams").decrement(1.0);
    }
}

fn stream(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::unfold(watch, |mut watch| async move {
        if watch.is_over {
            return None;
        }
        let event = watch.next().await;
        Some((Ok(event), watch))
    })
}

impl Watch {
    async fn next(&mut self) -> Event {
        if !self.is_resumed {
            self.is_resumed = true;
            self.repeat().await;
            // The first bytes tell the browser at once that the stream is open.
            return Event::default().comment("open").retry(Duration::from_secs(2));
        }
        loop {
            if std::mem::take(&mut self.codes_changed) {
                return Event::default().event("code").data(format!("{{\"changed_at_ms\":{}}}", self.codes_as_of.get()));
            }
            if !self.waiting.is_empty() {
                let arrival = self.waiting.remove(0);
                if let Some(event) = self.tell(&arrival).await {
                    return event;
                }
                continue;
            }
            match tokio::time::timeout_at(self.beat_at, self.events.recv()).await {
                Ok(Ok(LiveEvent::Arrival(arrival))) => self.take(arrival),
                Ok(Ok(LiveEvent::Concern(tenant, payee))) if self.reach.holds(tenant, payee) => {
                    return self.beat().await;
                }
                Ok(Ok(LiveEvent::Concern(..))) => {}
                Ok(Ok(LiveEvent::Code(change))) => self.note(change),
                Ok(Ok(LiveEvent::SignedIn(account))) if account == self.caller.account => return self.beat().await,
                Ok(Ok(LiveEvent::SignedIn(_))) => {}
                Ok(Ok(LiveEvent::Stop)) | Ok(Err(RecvError::Closed)) => {
                    self.is_over = true;
                    return Event::default().comment("stop");
                }
                // So much came at once that some of it passed by: it stands in the store.
                Ok(Err(RecvError::Lagged(_))) => self.repeat().await,
                Err(_) => return self.beat().await,
            }
        }
    }

    /// Says that the stream lives, from when its figures are and how much there is to look at; or that its session was ended
    /// elsewhere.
    async fn beat(&mut self) -> Event {
        self.beat_at = Instant::now() + HEARTBEAT;
        if let Ok(None) = self.site.sign_ins.session(&self.token).await {
            self.is_over = true;
            return Event::default().event("bye").data("{}");
        }
        // Whoever was made a cashier, or is none any more, hears accordingly.
        if let Ok(reach) = self.read_reach().await {
            self.reach = reach;
        }
        let beat = Beat { as_of_ms: (self.site.clock)(), concerns: self.concerns().await };
        Event::default().event("beat").json_data(beat).unwrap_or_else(|_| Event::default().comment("beat"))
    }

    async fn read_reach(&self) -> Result<Reach, StoreError> {
        Reach::of(&mut self.site.store.read().await?.tx(), &self.caller).await
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

    fn take(&mut self, arrival: LiveArrival) {
        if self.reach.holds(arrival.tenant, arrival.payee) && self.told.insert(arrival.payment) {
            self.after = self.after.max(arrival.known_at_ms);
            self.waiting.push(arrival);
        }
    }

    /// A change is said once; several that nobody heard are one.
    fn note(&mut self, change: CodeChange) {
        let is_ours = change.tenant == self.caller.tenant && change.payee == self.caller.account;
        if is_ours && change.changed_at_ms > self.codes_as_of {
            self.codes_as_of = change.changed_at_ms;
            self.codes_changed = true;
        }
    }

    async fn repeat(&mut self) {
        match self.missed().await {
            Ok((change, missed)) => {
                change.into_iter().for_each(|change| self.note(change));
                missed.into_iter().for_each(|arrival| self.take(arrival));
            }
            Err(error) => tracing::error!(%error, "a live stream could not be resumed"),
        }
    }

    async fn missed(&self) -> Result<(Option<CodeChange>, Vec<LiveArrival>), StoreError> {
        let mut conn = self.site.store.read().await?;
        let since = self.after.plus_ms(-REPEATED_MS);
        let known = self.reach.known_since(&mut conn.tx(), since, MOST_REPEATED).await?;
        let changed_at = tokens::changed_at(&mut conn.tx(), self.caller.tenant, self.caller.account).await?;
        let Caller { tenant, account: payee, .. } = self.caller;
        let change = changed_at.map(|changed_at_ms| CodeChange { tenant, payee, changed_at_ms });
        Ok((change, known.into_iter().map(|(payee, known)| LiveArrival::of_receipt(tenant, payee, known)).collect()))
    }

    async fn tell(&self, arrival: &LiveArrival) -> Option<Event> {
        let day = arrival.day();
        let totals = async {
            let mut conn = self.site.store.read().await?;
            // Read anew for each: whoever was a cashier until a moment ago hears nothing of the store any more.
            let reach = Reach::of(&mut conn.tx(), &self.caller).await?;
            let totals = reach.totals(&mut conn.tx(), None, day).await?;
            Ok::<_, StoreError>(Some(totals).filter(|_| reach.holds(arrival.tenant, arrival.payee)))
        };
        let totals = match totals.await {
            Ok(Some(totals)) => totals,
            Ok(None) => return None,
            Err(error) => {
                tracing::error!(%error, "today's figures could not be read for a live stream");
                return None;
            }
        };
        let told = Arrival {
            payment: arrival.payment,
            amount_fen: arrival.amount_fen,
            title: arrival.title.clone(),
            at_ms: arrival.known_at_ms,
            count_today: u64::try_from(totals.count).unwrap_or(0),
            sum_today_fen: totals.sum_fen,
        };
        let event = Event::default().event("arrival").id(format!("{}-{}", arrival.known_at_ms.get(), arrival.payment));
        event.json_data(&told).ok()
    }
}

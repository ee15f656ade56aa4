//! The control doors under `/_sim`: what a test, a demo or a curious person may ask of the simulated world.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bank::pay;
use crate::cashier::escape;
use crate::faults::{DOORS, Fault};
use crate::gate::query_value;
use crate::keys::{KeyMode, KeyRing, Merchant};
use crate::notices::{Attempt, Twist, deliver, file, other_notice, payment_notice};
use crate::orders::{Books, Order, Purse};
use crate::sign::{KeyError, random_text};
use crate::world::{RefundDelays, Shared, World, lock};

/// Lists answer at most this many unless `?limit=` says otherwise.
const LIST_LIMIT: usize = 1000;

/// 400 with a sentence about what was wrong.
pub(crate) struct Unusable(pub String);

impl IntoResponse for Unusable {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0 }))).into_response()
    }
}

impl From<KeyError> for Unusable {
    fn from(error: KeyError) -> Self {
        Self(error.to_string())
    }
}

/// `GET /_sim`: what there is and how it is used.
pub(crate) async fn documentation(State(world): State<Shared>) -> Html<String> {
    let faults: String = DOORS
        .iter()
        .map(|door| {
            let faults: Vec<_> = door.faults().collect();
            format!("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n", door.name, faults.join(" · "), escape(door.about))
        })
        .collect();
    let merchant = &world.ring().merchant;
    let page = include_str!("pages/doors.html")
        .replace("{{base}}", &escape(&world.public_url))
        .replace("{{mchid}}", &escape(&merchant.mchid))
        .replace("{{appid}}", &escape(&merchant.appid))
        .replace("{{serial}}", &escape(&merchant.merchant_serial_no))
        .replace("{{public_key_id}}", &escape(&merchant.wechatpay_public_key_id))
        .replace("{{faults}}", &faults);
    Html(page)
}

pub(crate) async fn merchant(State(world): State<Shared>) -> Json<Merchant> {
    Json(world.ring().merchant.clone())
}

pub(crate) async fn orders(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let limit = limit(&query);
    let now_ms = world.now_ms();
    let mut books = world.books();
    let numbers: Vec<_> = books.newest().take(limit).map(|order| order.out_trade_no.clone()).collect();
    for no in &numbers {
        books.find(no, now_ms);
    }
    let items: Vec<_> = numbers.iter().filter_map(|no| books.orders.get(no)).map(|order| order_view(&world, &books, order)).collect();
    Json(json!({ "items": items }))
}

pub(crate) async fn order(State(world): State<Shared>, Path(out_trade_no): Path<String>) -> Response {
    let mut books = world.books();
    if books.find(&out_trade_no, world.now_ms()).is_none() {
        return no_such_order();
    }
    books.orders.get(&out_trade_no).map_or_else(no_such_order, |order| Json(order_view(&world, &books, order)).into_response())
}

pub(crate) async fn refunds(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let books = world.books();
    let newest = books.refund_arrivals.iter().rev().filter_map(|no| books.refunds.get(no));
    Json(json!({ "items": newest.take(limit(&query)).collect::<Vec<_>>() }))
}

/// How a payer pays through the door.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayAsk {
    openid: Option<String>,
    #[serde(default = "yes")]
    notify: bool,
    bank_type: Option<String>,
    amount_fen: Option<i64>,
    #[serde(default)]
    force: bool,
}

pub(crate) async fn pay_order(State(world): State<Shared>, Path(out_trade_no): Path<String>, Json(ask): Json<PayAsk>) -> Response {
    // A JSAPI order knows its payer; a scanned code is paid by whoever the door names, or by somebody new.
    let owner = world.books().orders.get(&out_trade_no).and_then(|order| order.payer_openid.clone());
    let openid = ask.openid.or(owner).unwrap_or_else(|| format!("oSim{}", random_text(24)));
    let purse =
        Purse { openid: &openid, bank_type: ask.bank_type.as_deref().unwrap_or("OTHERS"), amount_fen: ask.amount_fen, force: ask.force };
    match pay(&world, &out_trade_no, &purse, ask.notify) {
        Ok(order) => Json(order_view(&world, &world.books(), &order)).into_response(),
        Err(crate::orders::PayRefusal::NoSuchOrder) => no_such_order(),
        Err(refusal) => (StatusCode::CONFLICT, Json(json!({ "error": refusal }))).into_response(),
    }
}

/// How notices are sent again through the door.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotifyAsk {
    /// Only notices of this kind, for example `REFUND.SUCCESS`; none: all of the order.
    event: Option<String>,
    #[serde(default = "one")]
    copies: u32,
    /// A probe before each copy.
    #[serde(default)]
    signtest: bool,
    /// One of the bad deliveries of the notify door.
    fault: Option<String>,
    /// Addresses to use instead of the order's, taken in turn.
    #[serde(default)]
    urls: Vec<String>,
    /// All at once and in random order instead of one after the other.
    #[serde(default)]
    shuffle: bool,
    /// Tells of the payment under this event type instead, as WeChat does when it invents a new one.
    r#as: Option<String>,
}

/// Sends the order's notices now, and answers how each delivery went. A paid order that never told anybody tells now.
pub(crate) async fn notify(
    State(world): State<Shared>,
    Path(out_trade_no): Path<String>,
    Json(ask): Json<NotifyAsk>,
) -> Result<Response, Unusable> {
    let twist = ask.fault.as_deref().map_or(Twist::Copy, Twist::of);
    if twist == Twist::None {
        return Err(Unusable(format!("fault {:?} cannot be sent on request", ask.fault.unwrap_or_default())));
    }
    if ask.copies > 1000 {
        return Err(Unusable("at most 1000 copies".into()));
    }
    let Some(order) = world.books().orders.get(&out_trade_no).cloned() else { return Ok(no_such_order()) };
    if order.paid.is_none() {
        return Err(Unusable("only a paid order has something to tell".into()));
    }
    let mut ids = match &ask.r#as {
        Some(_) => vec![],
        None => notices_of(&world, &order, ask.event.as_deref()),
    };
    if let Some(kind) = &ask.r#as {
        let notice = other_notice(&world, &order, kind, world.now_ms())?;
        ids.push(notice.id.clone());
        file(&world, notice);
    }
    if ids.is_empty() && ask.event.as_deref().is_none_or(|event| event == "TRANSACTION.SUCCESS") {
        let notice = payment_notice(&world, &order, world.now_ms())?;
        ids.push(notice.id.clone());
        file(&world, notice);
    }
    let attempts = deliver_all(&world, deliveries(&ids, &ask, &twist), ask.shuffle).await;
    Ok(Json(json!({ "attempts": attempts })).into_response())
}

pub(crate) async fn add_fault(State(world): State<Shared>, Json(fault): Json<Fault>) -> Result<Json<Value>, Unusable> {
    world.faults.add(fault).map_err(Unusable)?;
    Ok(list_faults(State(world)).await)
}

pub(crate) async fn list_faults(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "items": world.faults.list() }))
}

pub(crate) async fn clear_faults(State(world): State<Shared>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

/// Which addresses no mail reaches.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailAsk {
    refused: Vec<String>,
}

/// `GET /_sim/mail`.
pub(crate) async fn mail(State(world): State<Shared>) -> Json<Value> {
    let mut refused: Vec<String> = lock(&world.refused_mail).iter().cloned().collect();
    refused.sort();
    Json(json!({ "refused": refused }))
}

/// `POST /_sim/mail`: replaces the addresses that no mail reaches (550).
pub(crate) async fn set_mail(State(world): State<Shared>, Json(ask): Json<MailAsk>) -> Json<Value> {
    *lock(&world.refused_mail) = ask.refused.iter().map(|address| address.to_ascii_lowercase()).collect();
    mail(State(world)).await
}

pub(crate) async fn outbox(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "items": lock(&world.outbox).list() }))
}

pub(crate) async fn clear_outbox(State(world): State<Shared>) -> StatusCode {
    lock(&world.outbox).clear();
    StatusCode::NO_CONTENT
}

/// What may be changed about the keys while running.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) struct KeyAsk {
    mode: Option<KeyMode>,
    /// Share of notices signed with the public key in mode both, in per cent.
    grey_percent: Option<f64>,
    /// Follow the official seven-day curve from now on.
    #[serde(default)]
    grey_curve: bool,
    /// `add` a second platform certificate, or `drop` the oldest one.
    certificate: Option<CertificateAsk>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CertificateAsk {
    Add,
    Drop,
}

pub(crate) async fn set_keys(State(world): State<Shared>, Json(ask): Json<KeyAsk>) -> Result<Json<Value>, Unusable> {
    if let Some(asked) = ask.certificate {
        change_certificates(&world, asked).await?;
    }
    turn_switch(&world, &ask)?;
    Ok(get_keys(State(world)).await)
}

pub(crate) async fn get_keys(State(world): State<Shared>) -> Json<Value> {
    let ring = world.ring();
    let switch = *lock(&world.switch);
    let certificates: Vec<_> = ring.certificates.iter().map(|certificate| &certificate.serial).collect();
    Json(json!({
        "mode": switch.mode,
        "notices_by_public_key_percent": f64::from(switch.share_per_mille(world.now_ms())) / 10.0,
        "certificates": certificates,
        "public_key_id": ring.merchant.wechatpay_public_key_id,
    }))
}

pub(crate) async fn set_refund_delays(
    State(world): State<Shared>,
    Json(delays): Json<RefundDelays>,
) -> Result<Json<RefundDelays>, Unusable> {
    if delays.change_ms < 0 || delays.card_ms < 0 {
        return Err(Unusable("a delay is not negative".into()));
    }
    *lock(&world.refund_delays) = delays;
    Ok(Json(delays))
}

/// What the account allows for sign-in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OauthAsk {
    redirect_domains: Vec<String>,
}

pub(crate) async fn set_oauth(State(world): State<Shared>, Json(ask): Json<OauthAsk>) -> StatusCode {
    lock(&world.identities).redirect_domains = ask.redirect_domains;
    StatusCode::NO_CONTENT
}

fn turn_switch(world: &World, ask: &KeyAsk) -> Result<(), Unusable> {
    let mut switch = lock(&world.switch);
    switch.mode = ask.mode.unwrap_or(switch.mode);
    if let Some(percent) = ask.grey_percent {
        if !(0.0..=100.0).contains(&percent) {
            return Err(Unusable("grey_percent must be between 0 and 100".into()));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        let per_mille = (percent * 10.0).round() as u32;
        (switch.grey_per_mille, switch.grey_since_ms, switch.notices) = (per_mille, None, 0);
    }
    if ask.grey_curve {
        (switch.grey_since_ms, switch.notices) = (Some(world.now_ms()), 0);
    }
    Ok(())
}

fn order_view(world: &World, books: &Books, order: &Order) -> Value {
    let notices: Vec<_> = order.notices.iter().filter_map(|id| books.notices.get(id)).collect();
    let refunds: Vec<_> = order.refunds.iter().filter_map(|no| books.refunds.get(no)).collect();
    let notices: Vec<_> = notices
        .iter()
        .map(|notice| {
            json!({
                "id": notice.id, "event_type": notice.event_type, "url": notice.url, "created_ms": notice.created_ms,
                "state": notice.state, "attempts": notice.attempts,
            })
        })
        .collect();
    let paid = order.paid.as_ref();
    json!({
        "out_trade_no": order.out_trade_no,
        "transaction_id": paid.map(|paid| &paid.transaction_id),
        "trade_type": order.trade_type,
        "trade_state": order.trade_state().0,
        "description": order.description,
        "attach": order.attach,
        "amount_fen": order.amount_fen,
        "paid_fen": paid.map(|paid| paid.amount_fen),
        "payer_openid": paid.map(|paid| &paid.openid).or(order.payer_openid.as_ref()),
        "bank_type": paid.map(|paid| &paid.bank_type),
        "notify_url": order.notify_url,
        "prepay_id": order.prepay_id,
        "code_url": order.code_url,
        "cashier_url": format!("{}/cashier/{}", world.public_url, order.out_trade_no),
        "created_ms": order.created_ms,
        "expires_ms": order.expires_ms,
        "paid_ms": paid.map(|paid| paid.at_ms),
        "closed_ms": order.closed_ms,
        "refunds": refunds,
        "notices": notices,
    })
}

fn notices_of(world: &World, order: &Order, event: Option<&str>) -> Vec<String> {
    let books = world.books();
    let wanted = |id: &&String| event.is_none_or(|event| books.notices.get(*id).is_some_and(|notice| notice.event_type == event));
    order.notices.iter().filter(wanted).cloned().collect()
}

/// One delivery that was asked for.
struct Delivery {
    id: String,
    url: Option<String>,
    twist: Twist,
}

fn deliveries(ids: &[String], ask: &NotifyAsk, twist: &Twist) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for id in ids {
        for copy in 0..ask.copies as usize {
            let url = (!ask.urls.is_empty()).then(|| ask.urls[copy % ask.urls.len()].clone());
            if ask.signtest {
                deliveries.push(Delivery { id: id.clone(), url: url.clone(), twist: Twist::Probe });
            }
            deliveries.push(Delivery { id: id.clone(), url, twist: twist.clone() });
        }
    }
    deliveries
}

async fn deliver_all(world: &Shared, mut deliveries: Vec<Delivery>, shuffle: bool) -> Vec<Attempt> {
    if shuffle {
        deliveries.sort_by_cached_key(|_| random_text(8));
    }
    let sends = deliveries.into_iter().map(|delivery| {
        let world = world.clone();
        async move { deliver(&world, &delivery.id, delivery.url.as_deref(), &delivery.twist).await }
    });
    let attempts = if shuffle {
        futures::future::join_all(sends).await
    } else {
        let mut attempts = Vec::new();
        for send in sends {
            attempts.push(send.await);
        }
        attempts
    };
    attempts.into_iter().flatten().collect()
}

/// Certificates change away from the async threads: making a key takes a good part of a second.
async fn change_certificates(world: &Shared, asked: CertificateAsk) -> Result<(), Unusable> {
    let (ring, now_ms) = (world.ring(), world.now_ms());
    let changed = tokio::task::spawn_blocking(move || -> Result<KeyRing, KeyError> {
        match asked {
            CertificateAsk::Add => ring.with_new_certificate(now_ms),
            CertificateAsk::Drop => ring.without_oldest_certificate(),
        }
    });
    let ring = changed.await.map_err(|error| Unusable(error.to_string()))??;
    if let Some(dir) = &world.dir {
        ring.save(dir)?;
    }
    world.replace_ring(ring);
    Ok(())
}

fn limit(query: &[(String, String)]) -> usize {
    query_value(query, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(LIST_LIMIT)
}

fn no_such_order() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": "no such order" }))).into_response()
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

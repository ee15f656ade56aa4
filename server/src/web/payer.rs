//! The payer's way: form, submit, a trip through WeChat when nobody knows who pays, waiting, receipt.

use app::pay::{
    NoticeKind, Owing, PayForm, PhotoError, ReceiptPage, Returned, Shop, Trouble, Waiting, Way, pay_page, receipt_page, waiting_page,
};
use app::ui::Mark;
use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::concern::Concern;
use domain::form::{Component, Typed};
use domain::payment::{AttemptKind, AttemptState, Standing};
use domain::refund::RefundState;
use domain::{Millis, PaymentId, PaymentState};
use serde::{Deserialize, Serialize};

use super::cookies::sha256;
use super::diagnosing::is_probe;
use super::limits::Act;
use super::opened;
use super::reminding::reminders_url;
use super::submit::{Posted, ReadError};
use super::visit::{Visit, origin_of};
use super::wechat_trip::{self, Landing};
use crate::channels::oauth::{Identity, OauthError};
use crate::fresh;
use crate::pay::{Looked, OpenRefusal, Prepared, Submit};
use crate::photos;
use crate::qr;
use crate::site::Site;
use crate::store::codes::{self, FoundCode};
use crate::store::oauth_states::{self, Trip};
use crate::store::payments::{self, Stored, StoredRefund};
use crate::store::sessions::TokenHash;
use crate::store::sightings::Kind;
use crate::store::{Command, StoreError, Tx, concerns, receipts, tenants};

/// What a form shows again after something was wrong with it.
#[derive(Default)]
struct Again {
    amount: String,
    typed: Typed,
    refusal: Option<OpenRefusal>,
    photo_errors: Vec<PhotoError>,
    trouble: Option<Trouble>,
    /// When the page was opened that this one shows again.
    opened_at: Option<Millis>,
}

/// What the form's address may carry.
#[derive(Debug, Deserialize)]
pub struct Probe {
    #[serde(default)]
    probe: String,
}

/// `GET /p/{code}`: the form.
pub async fn form(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
    Query(Probe { probe }): Query<Probe>,
    uri: Uri,
) -> Response {
    let is_probe = !probe.is_empty() && is_probe(&site, &token, &probe, visit.now);
    let visit = Visit { is_probe, ..visit };
    match find(&site, &token).await {
        Err(error) => visit.store_trouble(&error, Some(&format!("/p/{token}"))),
        Ok(None) => visit.notice(StatusCode::NOT_FOUND, &NoticeKind::UnknownCode, None, None),
        Ok(Some(found)) => {
            let address = uri.path_and_query().map_or(uri.path(), |whole| whole.as_str());
            show_form(visit, &found, address, Again::default(), StatusCode::OK).await
        }
    }
}

pub(super) async fn find(site: &Site, token: &str) -> Result<Option<FoundCode>, StoreError> {
    let mut conn = site.store.read().await?;
    match codes::by_token(&mut conn.tx(), token).await? {
        Some(found) => found.with_debt(&mut conn.tx()).await.map(Some),
        None => Ok(None),
    }
}

pub(super) fn shop(found: &FoundCode) -> Shop {
    Shop {
        name: found.merchant.name.clone(),
        logo_url: found.merchant.has_logo.then(|| format!("/logo/{}", found.code.tenant)),
        payee: found.payee_name.clone(),
        code_name: found.code.name.clone(),
    }
}

/// `address` is the page's own, path and query, as the browser shows it.
async fn show_form(mut visit: Visit, found: &FoundCode, address: &str, again: Again, status: StatusCode) -> Response {
    let shop = shop(found);
    if let Err(refusal) = found.takes(again.opened_at, visit.now) {
        let kind = match (NoticeKind::from(refusal), found.code.validity.from_ms) {
            (NoticeKind::NotYet { .. }, from) => NoticeKind::NotYet { from },
            (kind, _) => kind,
        };
        return visit.notice(StatusCode::GONE, &kind, Some(&shop), None);
    }
    let (amount_error, field_errors) = match again.refusal {
        Some(OpenRefusal::Fields { amount, fields }) => (amount, fields),
        _ => (None, vec![]),
    };
    let action = format!("/p/{}", found.token);
    let idem = opened::number(&visit.site, found, again.opened_at.unwrap_or(visit.now));
    let wechat_script = wechat_script(&mut visit, found, address).await;
    let owing = found.debt.as_ref().map(|debt| {
        let owing = Owing::of(&debt.receivable, debt.claim, visit.now.day());
        Owing { reminders_url: reminders_url(&visit.site, found), ..owing }
    });
    let page = PayForm {
        action: &action,
        shop: &shop,
        amount: found.code.amount,
        owing: owing.as_ref(),
        amount_typed: &again.amount,
        amount_error,
        form: &found.code.form,
        typed: &again.typed,
        presets: &found.code.presets,
        field_errors: &field_errors,
        photo_errors: &again.photo_errors,
        idem: &idem,
        draft: None,
        wechat_script: wechat_script.as_deref(),
        trouble: again.trouble,
    };
    let html = pay_page(visit.shell(), &page);
    visit.page(status, html)
}

/// What WeChat's script is told, on a page inside WeChat that asks for a code to be scanned. Every other page does without it.
async fn wechat_script(visit: &mut Visit, found: &FoundCode, address: &str) -> Option<String> {
    let asks_for_scan = found.code.form.asked().any(|field| matches!(field.component, Component::Scan { .. }));
    let script_url = visit.site.config.wechat.as_ref()?.script_url.clone().filter(|_| visit.is_wechat && asks_for_scan)?;
    let url = format!("{}{address}", visit.site.config.public_url);
    let nonce = crate::hex::hex(&fresh::bytes::<8>());
    let told = visit.site.account.page_script(&script_url, &url, &nonce).await?;
    visit.script_origin = Some(origin_of(&script_url));
    Some(told.to_string())
}

/// `POST /p/{code}`: the submit. Opens the payment and leads to its page, through WeChat when nobody knows who pays.
pub async fn submit(State(site): State<Site>, visit: Visit, Path(token): Path<String>, request: Request) -> Response {
    let address = format!("/p/{token}");
    let found = match find(&site, &token).await {
        Err(error) => return visit.store_trouble(&error, Some(&address)),
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::UnknownCode, None, None),
        Ok(Some(found)) => found,
    };
    let mut posted = match Posted::read(request).await {
        Ok(posted) => posted,
        Err(ReadError::TooLarge) => {
            return visit.notice(StatusCode::PAYLOAD_TOO_LARGE, &NoticeKind::TooLarge, Some(&shop(&found)), Some(&address));
        }
        Err(ReadError::NotAForm) => {
            return visit.notice(StatusCode::UNSUPPORTED_MEDIA_TYPE, &NoticeKind::Forbidden, Some(&shop(&found)), Some(&address));
        }
    };
    let opened_at = opened::opened_at(&site, &found, posted.value("idem"), visit.now);
    if let Err(after_s) = site.gate.pass(Act::Pay, visit.address) {
        let again = Again {
            amount: posted.value("amount").to_owned(),
            typed: posted.typed(),
            trouble: Some(Trouble::TooMany { after_s }),
            opened_at,
            ..Again::default()
        };
        let mut response = show_form(visit, &found, &address, again, StatusCode::TOO_MANY_REQUESTS).await;
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(after_s));
        return response;
    }
    let photo_errors = match photos::take_over(&site, &found.code, &mut posted).await {
        Ok(errors) => errors,
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    let submit = Submit {
        amount: posted.value("amount").to_owned(),
        typed: posted.typed(),
        idem: idem(&posted),
        payer: visit.payer.clone(),
        opened_at,
    };
    let again = |refusal, trouble| Again {
        amount: submit.amount.clone(),
        typed: submit.typed.clone(),
        refusal,
        photo_errors: photo_errors.clone(),
        trouble,
        opened_at,
    };
    if !photo_errors.is_empty() {
        let (amount, fields) = match site.payments.check(&found, &submit) {
            Err(OpenRefusal::Fields { amount, fields }) => (amount, fields),
            _ => (None, vec![]),
        };
        return show_form(
            visit,
            &found,
            &address,
            again(Some(OpenRefusal::Fields { amount, fields }), None),
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
    }
    // A debt that was paid asks for nothing more, or for another amount: whoever paid it is not told so, but led to the receipt.
    if found.debt.is_some() {
        match site.payments.sent_before(&found, &submit).await {
            Ok(Some(stored)) if stored.payment.state == PaymentState::Paid => return back_to(visit, &found, &stored).await,
            Ok(_) => {}
            Err(error) => return visit.store_trouble(&error, Some(&address)),
        }
    }
    match site.payments.open(&found, &submit).await {
        Ok((_, payment)) => onward(visit, &found, payment).await,
        Err(refusal @ OpenRefusal::Fields { .. }) => {
            show_form(visit, &found, &address, again(Some(refusal), None), StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(OpenRefusal::Code(_)) => match site.payments.sent_before(&found, &submit).await {
            Ok(Some(stored)) => back_to(visit, &found, &stored).await,
            Ok(None) => show_form(visit, &found, &address, Again::default(), StatusCode::GONE).await,
            Err(error) => visit.store_trouble(&error, Some(&address)),
        },
        Err(OpenRefusal::Store(StoreError::Busy)) => {
            let mut response = show_form(visit, &found, &address, again(None, Some(Trouble::Busy)), StatusCode::SERVICE_UNAVAILABLE).await;
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("2"));
            response
        }
        Err(OpenRefusal::Store(error)) => visit.store_trouble(&error, Some(&address)),
    }
}

/// The browser's number of the submit. A form that sends none is a new submit each time.
fn idem(posted: &Posted) -> String {
    match posted.value("idem") {
        "" => fresh::token(),
        sent => sent.chars().take(opened::MOST_CHARS).collect(),
    }
}

/// After the submit: to the payment's page, in WeChat by way of its sign-in page when nobody knows yet who pays.
async fn onward(mut visit: Visit, found: &FoundCode, payment: PaymentId) -> Response {
    let page = format!("/p/{}/{payment}", found.token);
    if !visit.is_wechat || visit.payer.is_some() {
        return visit.redirect(&page);
    }
    match begin_trip(&mut visit, found.code.tenant, payment).await {
        Ok(address) => visit.redirect(&address),
        Err(error) => visit.store_trouble(&error, Some(&page)),
    }
}

/// To what the same submit opened before: to the receipt of what is paid.
async fn back_to(visit: Visit, found: &FoundCode, stored: &Stored) -> Response {
    match receipt_path(stored) {
        Some(receipt) => visit.redirect(&receipt),
        None => onward(visit, found, stored.payment.id).await,
    }
}

async fn begin_trip(visit: &mut Visit, tenant: domain::TenantId, payment: PaymentId) -> Result<String, StoreError> {
    let state = wechat_trip::state();
    let browser = visit.browser();
    let trip = Trip {
        state_hash: sha256(&state),
        tenant,
        payment,
        browser_hash: sha256(&browser),
        expires_at_ms: visit.now.plus_ms(wechat_trip::TRIP_MS),
    };
    visit.site.store.write(BeginTrip { trip }).await?;
    Ok(wechat_trip::address(&visit.site, "/oauth/wechat", &state))
}

struct BeginTrip {
    trip: Trip,
}

impl Command for BeginTrip {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        oauth_states::insert(tx, &self.trip).await
    }
}

struct EndTrip {
    state_hash: TokenHash,
    browser_hash: TokenHash,
    now: Millis,
}

impl Command for EndTrip {
    /// The payment that the trip was for, once.
    type Done = Option<(domain::TenantId, PaymentId)>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        oauth_states::take(tx, &self.state_hash, &self.browser_hash, self.now).await
    }
}

/// `GET /oauth/wechat`: back from WeChat. Reloading it or opening it elsewhere leads to a page that works, never to an error
/// about a used code.
pub async fn landing(State(site): State<Site>, mut visit: Visit, Query(landing): Query<Landing>) -> Response {
    let Some(browser) = visit.browser.clone() else { return lost(visit, &site, &landing.state).await };
    let take = EndTrip { state_hash: sha256(&landing.state), browser_hash: sha256(&browser), now: visit.now };
    let taken = match site.store.write(take).await {
        Ok(taken) => taken,
        Err(error) => return visit.store_trouble(&error, None),
    };
    let Some((tenant, payment)) = taken else { return lost(visit, &site, &landing.state).await };
    let stored = match site.payments.load(tenant, payment).await {
        Ok(Some(stored)) => stored,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => return visit.store_trouble(&error, None),
    };
    let page = format!("/p/{}/{payment}", stored.code_token);
    let known = site.oauth.exchange(&landing.code).await;
    match known {
        Ok(_) => site.sightings.note(Kind::SignIn, "fine"),
        Err(OauthError::Misconfigured { .. }) => site.sightings.note(Kind::SignIn, "misconfigured"),
        Err(_) => {}
    }
    match known {
        Ok(Identity::Person { openid }) => {
            visit.remember_payer(&openid);
            match site.payments.set_payer(&stored, &openid).await {
                Ok(()) => visit.redirect(&page),
                Err(error) => visit.store_trouble(&error, Some(&page)),
            }
        }
        Ok(Identity::Preview) => visit.notice(StatusCode::FORBIDDEN, &NoticeKind::PreviewIdentity, None, Some(&page)),
        Err(error) => {
            tracing::warn!(%error, "WeChat did not say who pays");
            let kind = if matches!(error, OauthError::Unavailable { .. }) { NoticeKind::ChannelDown } else { NoticeKind::SignInFailed };
            visit.notice(StatusCode::BAD_GATEWAY, &kind, None, Some(&page))
        }
    }
}

/// A landing address that was used before, or that another browser began: on to the payment's own page if there is one.
async fn lost(visit: Visit, site: &Site, state: &str) -> Response {
    let found = async {
        let mut conn = site.store.read().await?;
        oauth_states::payment_of(&mut conn.tx(), &sha256(state)).await
    };
    let stored = match found.await {
        Ok(Some((tenant, payment))) => site.payments.load(tenant, payment).await,
        Ok(None) => return visit.notice(StatusCode::BAD_REQUEST, &NoticeKind::SignInFailed, None, None),
        Err(error) => Err(error),
    };
    match stored {
        Ok(Some(stored)) => visit.redirect(&format!("/p/{}/{}", stored.code_token, stored.payment.id)),
        Ok(None) => visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => visit.store_trouble(&error, None),
    }
}

/// The state of a payment as programs read it.
#[derive(Serialize)]
struct Status {
    state: Standing,
    receipt: Option<String>,
}

/// How the payer's page was asked for.
#[derive(Debug, Deserialize)]
pub struct HowToPay {
    #[serde(default)]
    way: String,
}

/// `GET /p/{code}/{payment}`: the waiting page, or its state as JSON.
pub async fn waiting(
    State(site): State<Site>,
    visit: Visit,
    Path((token, payment)): Path<(String, String)>,
    Query(how): Query<HowToPay>,
    headers: HeaderMap,
) -> Response {
    let address = format!("/p/{token}/{payment}");
    let wants_json =
        headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("application/json"));
    let stored = match load(&site, &token, &payment).await {
        Ok(Some(stored)) => stored,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) if wants_json => return json_trouble(&error),
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    let looked = match site.payments.look(stored).await {
        Ok(looked) => looked,
        Err(error) if wants_json => return json_trouble(&error),
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    if wants_json {
        let status = Status { state: looked.standing, receipt: receipt_path(&looked.stored) };
        return ([(header::CACHE_CONTROL, "no-store"), (header::VARY, "accept")], Json(status)).into_response();
    }
    show_waiting(visit, &address, looked, how.way == "native").await
}

async fn load(site: &Site, token: &str, payment: &str) -> Result<Option<Stored>, StoreError> {
    let Ok(id) = payment.parse::<PaymentId>() else { return Ok(None) };
    let stored = site.payments.by_address(id).await?;
    Ok(stored.filter(|stored| stored.code_token == token))
}

fn json_trouble(error: &StoreError) -> Response {
    tracing::error!(%error, "the store failed");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], Json(serde_json::json!({"state": "confirming", "receipt": null})))
        .into_response()
}

fn receipt_path(stored: &Stored) -> Option<String> {
    (stored.payment.state == PaymentState::Paid).then(|| format!("/r/{}", stored.receipt_token))
}

async fn show_waiting(mut visit: Visit, address: &str, looked: Looked, wants_native: bool) -> Response {
    let site = visit.site.clone();
    let Looked { mut stored, mut standing } = looked;
    let found = match find(&site, &stored.code_token).await {
        Ok(Some(found)) => found,
        // The code's token may be gone; the payment's own page stays reachable.
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => return visit.store_trouble(&error, Some(address)),
    };
    let shop = shop(&found);
    let mut way = Way::None;
    let mut why = None;
    if stored.payment.state == PaymentState::Open {
        let kind = if visit.is_wechat && !wants_native { AttemptKind::Jsapi } else { AttemptKind::Native };
        if kind == AttemptKind::Jsapi && stored.payer.is_none() {
            return match begin_trip(&mut visit, stored.payment.tenant, stored.payment.id).await {
                Ok(to) => visit.redirect(&to),
                Err(error) => visit.store_trouble(&error, Some(address)),
            };
        }
        match site.payments.prepare(&stored, kind).await {
            Ok(Prepared::Ready(ticket)) => {
                way = way_of(&site, &stored, kind, &ticket).await;
                standing = Standing::Pending;
            }
            Ok(Prepared::Refused(code)) => (standing, why) = (Standing::NotPaid, Some(code)),
            // Another order of this payment was handed out before and may have been paid.
            Ok(Prepared::Unknown | Prepared::Busy)
                if stored.payment.attempts.iter().any(|attempt| attempt.state == AttemptState::Ready) =>
            {
                standing = Standing::Confirming;
            }
            // No order was handed out, so nothing can have been paid, whatever the channel means by its answer.
            Ok(prepared @ (Prepared::Unknown | Prepared::Busy)) => {
                let kind = if prepared == Prepared::Busy { NoticeKind::ChannelBusy } else { NoticeKind::ChannelDown };
                return visit.notice(StatusCode::SERVICE_UNAVAILABLE, &kind, Some(&shop), Some(address));
            }
            Ok(Prepared::Over) => match site.payments.load(stored.payment.tenant, stored.payment.id).await {
                Ok(Some(now)) => {
                    standing = now.payment.standing(false);
                    stored = now;
                }
                Ok(None) => {}
                Err(error) => return visit.store_trouble(&error, Some(address)),
            },
            Err(error) => return visit.store_trouble(&error, Some(address)),
        }
    }
    let is_back = match standing {
        Standing::Returned => returned(&site, &stored).await,
        _ => Ok(false),
    };
    let is_back = match is_back {
        Ok(is_back) => is_back,
        Err(error) => return visit.store_trouble(&error, Some(address)),
    };
    let concerns = match told(&site, &stored).await {
        Ok(concerns) => concerns,
        Err(error) => return visit.store_trouble(&error, Some(address)),
    };
    let receipt_url = receipt_path(&stored);
    let form_url = found.opens(visit.now).is_ok().then(|| format!("/p/{}", found.token));
    let page = Waiting {
        shop: &shop,
        standing,
        is_back,
        why,
        concerns: &concerns,
        amount_fen: stored.payment.amount_fen,
        payment: stored.payment.id,
        way,
        status_url: address,
        form_url: form_url.as_deref(),
        receipt_url: receipt_url.as_deref(),
        contact: "",
    };
    let html = waiting_page(visit.shell(), &page);
    visit.page(StatusCode::OK, html)
}

/// Whether everything that goes back of a payment has arrived.
async fn returned(site: &Site, stored: &Stored) -> Result<bool, StoreError> {
    let mut conn = site.store.read().await?;
    let refunds = payments::refunds_of(&mut conn.tx(), stored.payment.tenant, stored.payment.id).await?;
    // What the channel gave up was asked for anew, or waits for somebody; then the other money is still counted.
    let mut open = refunds.iter().filter(|stored| stored.refund.state != RefundState::GivenUp).peekable();
    Ok(open.peek().is_some() && open.all(|stored| stored.refund.state == RefundState::Done))
}

/// What the payee was told about a payment that did not simply end: its payer reads the same.
async fn told(site: &Site, stored: &Stored) -> Result<Vec<Concern>, StoreError> {
    let has_news = stored.payment.attempts.iter().any(|attempt| matches!(attempt.state, AttemptState::Extra | AttemptState::Held));
    if !has_news {
        return Ok(vec![]);
    }
    let mut conn = site.store.read().await?;
    let found = concerns::of_payment(&mut conn.tx(), stored.payment.tenant, stored.payment.id).await?;
    Ok(found.into_iter().map(|stored| stored.concern).collect())
}

async fn way_of(site: &Site, stored: &Stored, kind: AttemptKind, ticket: &str) -> Way {
    match kind {
        AttemptKind::Jsapi => Way::Bridge {
            params_json: serde_json::to_string(&site.payments.channel.bridge(ticket)).unwrap_or_default(),
            bridge_script: site.demo.as_ref().map(|demo| format!("{}/bridge.js", demo.simulator_url)),
        },
        AttemptKind::Native => {
            let Some(qr_png_data_uri) = qr::data_uri(ticket, 6) else { return Way::None };
            let cashier_url = match &site.demo {
                Some(demo) => native_no(site, stored).await.map(|no| {
                    let back = format!("{}/p/{}/{}", site.config.public_url, stored.code_token, stored.payment.id);
                    format!("{}/cashier/{no}?return={back}", demo.simulator_url)
                }),
                None => None,
            };
            Way::Native { qr_png_data_uri, code_url: ticket.to_owned(), cashier_url }
        }
    }
}

async fn native_no(site: &Site, stored: &Stored) -> Option<String> {
    let fresh = site.payments.load(stored.payment.tenant, stored.payment.id).await.ok()??;
    fresh.live(AttemptKind::Native).map(|(attempt, _)| attempt.no.to_string())
}

/// `GET /r/{token}`: the receipt.
pub async fn receipt(State(site): State<Site>, visit: Visit, Path(token): Path<String>) -> Response {
    let found = async {
        let mut conn = site.store.read().await?;
        let Some((tenant, receipt)) = receipts::by_token(&mut conn.tx(), &token).await? else { return Ok(None) };
        let refunds = payments::refunds_of(&mut conn.tx(), tenant, receipt.payment).await?;
        Ok::<_, StoreError>(tenants::by_id(&mut conn.tx(), tenant).await?.map(|tenant| (tenant, receipt, refunds)))
    };
    let (tenant, receipt, refunds) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => return visit.store_trouble(&error, Some(&format!("/r/{token}"))),
    };
    let shop = Shop {
        name: tenant.name,
        logo_url: tenant.has_logo.then(|| format!("/logo/{}", tenant.id)),
        payee: receipt.payee_name.clone(),
        code_name: receipt.code_name.clone(),
    };
    let photos = format!("/r/{token}/photos");
    let returned: Vec<Returned> = refunds
        .into_iter()
        .map(|StoredRefund { refund, final_at_ms, .. }| Returned {
            amount_fen: refund.amount_fen,
            cause: refund.cause,
            reason: refund.reason,
            state: refund.state,
            at_ms: final_at_ms.unwrap_or(refund.asked_at_ms),
        })
        .collect();
    let page = ReceiptPage {
        receipt: &receipt,
        returned: &returned,
        shop: &shop,
        now: visit.now,
        mark: mark(&site, &token, visit.now),
        photos: Some(&photos),
    };
    let html = receipt_page(visit.shell(), &page);
    visit.page(StatusCode::OK, html)
}

/// The mark of this receipt and hour, which nobody can compute without the installation's secret.
pub fn mark(site: &Site, token: &str, now: Millis) -> Mark {
    let sealed = site.seal.seal("mark", token, Millis::of(Mark::hour(now)));
    let digest = sha256(&sealed);
    Mark::of_seed(digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte)))
}

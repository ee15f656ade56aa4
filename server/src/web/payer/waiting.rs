//! The page of a payment that is under way, on which its payer pays and waits.

use app::pay::{NoticeKind, Waiting, Way, waiting_page};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::concern::Concern;
use domain::payment::{AttemptKind, AttemptState, Standing};
use domain::refund::RefundState;
use domain::{ChannelCode, PaymentId, PaymentState};
use serde::{Deserialize, Serialize};

use super::trip::begin_trip;
use super::{find, receipt_path, shop};
use crate::pay::{Looked, Prepared};
use crate::qr;
use crate::site::Site;
use crate::store::payments::{self, Stored};
use crate::store::{StoreError, concerns};
use crate::web::visit::Visit;
use crate::web::wallet;

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
    /// What the wallet answered, see [`wallet::hear`].
    #[serde(default)]
    wallet: String,
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
    wallet::hear(&site, &stored, &how.wallet);
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
            Ok(Prepared::Ready { ticket, is_new }) => {
                way = way_of(&site, &stored, kind, &ticket).await;
                // Of an order that was handed out before, only the channel knows whether it was paid, and it may not have answered.
                if is_new {
                    standing = Standing::Pending;
                }
            }
            Ok(Prepared::Refused(code)) => match refused(&site, stored, code).await {
                Ok(known) => (stored, standing, why) = known,
                Err(error) => return visit.store_trouble(&error, Some(address)),
            },
            // Another order of this payment was handed out before and may have been paid.
            Ok(Prepared::Unknown | Prepared::Busy) if is_handed_out(&stored) => standing = Standing::Confirming,
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
    };
    let html = waiting_page(visit.shell(), &page);
    visit.page(StatusCode::OK, html)
}

/// What is known of a payment whose order the channel refused just now, and why where nothing was charged: another order of it that
/// was handed out before may have been paid.
async fn refused(site: &Site, stored: Stored, code: ChannelCode) -> Result<(Stored, Standing, Option<ChannelCode>), StoreError> {
    let stored = site.payments.load(stored.payment.tenant, stored.payment.id).await?.unwrap_or(stored);
    let (standing, why) = match stored.payment.state {
        PaymentState::Open if is_handed_out(&stored) => (Standing::Confirming, None),
        PaymentState::Open => (Standing::NotPaid, Some(code)),
        _ => (stored.payment.standing(false), None),
    };
    Ok((stored, standing, why))
}

/// Whether the payer may still pay through an order of the payment, or may have paid through it.
fn is_handed_out(stored: &Stored) -> bool {
    stored.payment.attempts.iter().any(|attempt| attempt.state == AttemptState::Ready)
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

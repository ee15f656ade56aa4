//! A payer says that they paid, and there is no receipt (row C13): the manager finds the payment by its number and asks the channel.

use app::concerns::{CLAIM_PATH, ClaimWrong, claim_screen, claim_title};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{Caller, Millis, PaymentId, PaymentState};
use serde::Deserialize;

use super::manager::{missing, show_plain, signed_in};
use super::next::encode;
use super::visit::Visit;
use crate::site::Site;
use crate::store::StoreError;
use crate::store::payments::{self, Stored};
use crate::store::reach::{Reach, is_number};

/// How old a payment may be that is found by the end of its number: a payer who stands here paid today.
const LATELY_MS: i64 = 86_400_000;

/// What the field holds.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    q: String,
}

/// `GET /m/payments`: the field; with a number in it, on to the payment that it names, or to its receipt.
pub async fn find(State(site): State<Site>, visit: Visit, Query(typed): Query<Typed>, headers: HeaderMap) -> Response {
    let typed = typed.q.trim();
    let here = if typed.is_empty() { CLAIM_PATH.to_owned() } else { format!("{CLAIM_PATH}?q={}", encode(typed)) };
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    if typed.is_empty() {
        return show(visit, caller, StatusCode::OK, typed, None).await;
    }
    if !is_number(typed) {
        return show(visit, caller, StatusCode::UNPROCESSABLE_ENTITY, typed, Some(ClaimWrong::NotANumber)).await;
    }
    match named(&site, &caller, typed, visit.now).await {
        Ok(Some(stored)) => visit.redirect(&url(&stored)),
        Ok(None) => show(visit, caller, StatusCode::NOT_FOUND, typed, Some(ClaimWrong::NotFound)).await,
        Err(error) => visit.store_trouble(&error, Some(&here)),
    }
}

/// `POST /m/payments/{payment}/ask`: asks the channel, and shows what is known then, with the time of asking.
pub async fn ask(State(site): State<Site>, visit: Visit, Path(payment): Path<String>, headers: HeaderMap) -> Response {
    let here = format!("{CLAIM_PATH}/{payment}");
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let asked = async {
        match seen(&site, &caller, &payment).await? {
            Some(stored) => site.payments.look_anew(stored).await.map(Some),
            None => Ok(None),
        }
    };
    match asked.await {
        Ok(Some(looked)) if looked.stored.payment.state == PaymentState::Paid => visit.redirect(&url(&looked.stored)),
        Ok(Some(looked)) => {
            let to = format!("{}?asked={}", url(&looked.stored), visit.now.get());
            visit.redirect(&to)
        }
        Ok(None) => missing(visit, caller, "/m/receipts").await,
        Err(error) => visit.store_trouble(&error, Some(&here)),
    }
}

async fn named(site: &Site, caller: &Caller, typed: &str, now: Millis) -> Result<Option<Stored>, StoreError> {
    let mut conn = site.store.read().await?;
    let reach = Reach::of(&mut conn.tx(), caller).await?;
    reach.payment(&mut conn.tx(), typed, now.plus_ms(-LATELY_MS)).await
}

/// The payment, when its money is seen by the caller.
async fn seen(site: &Site, caller: &Caller, payment: &str) -> Result<Option<Stored>, StoreError> {
    let Ok(payment) = payment.parse::<PaymentId>() else { return Ok(None) };
    let mut conn = site.store.read().await?;
    let reach = Reach::of(&mut conn.tx(), caller).await?;
    let stored = payments::load(&mut conn.tx(), caller.tenant, payment).await?;
    Ok(stored.filter(|stored| reach.holds(stored.payment.tenant, stored.payment.payee)))
}

/// Where everything about a payment stands.
fn url(stored: &Stored) -> String {
    let screen = if stored.payment.state == PaymentState::Paid { "/m/receipts" } else { CLAIM_PATH };
    format!("{screen}/{}", stored.payment.id)
}

async fn show(visit: Visit, caller: Caller, status: StatusCode, typed: &str, wrong: Option<ClaimWrong>) -> Response {
    let title = claim_title(visit.prefs.locale);
    show_plain(visit, caller, CLAIM_PATH, status, title, |locale| claim_screen(locale, typed, wrong)).await
}

//! The administrator's pages about payments, whoever collected them: found by number, seen in full, and kept money returned.
//! Returning a receipt's money is the manager's form (`refunding`).

use app::admin::{self, PAYMENTS, PaymentsPage};
use app::receipts::{Cursor, Reader};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::PaymentId;
use domain::refund::RefundRefusal;

use super::admin::{Administrator, administrator, answer, missing_part, shell};
use super::office::words;
use super::visit::{Visit, query_value};
use crate::office;
use crate::refunds::{self, AskError};
use crate::site::Site;

/// `GET /admin/payments`: the latest; with a number, the way to its payment.
pub async fn payments(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let mut shown = PaymentsPage { number: words(&uri).unwrap_or_default(), is_newest: true, now: visit.now, ..PaymentsPage::default() };
    if !shown.number.is_empty() {
        match office::numbered(&site, &asking.caller, &shown.number).await {
            Ok(Some(payment)) => return visit.redirect(&Reader::Administrator.receipt(payment)),
            Ok(None) => {}
            Err(error) => return visit.store_trouble(&error, Some(PAYMENTS)),
        }
    } else {
        let before = query_value(&uri, "before").and_then(|place| place.parse::<Cursor>().ok());
        shown.is_newest = before.is_none();
        (shown.lines, shown.next) = match office::latest(&site, &asking.caller, before).await {
            Ok(found) => found,
            Err(error) => return visit.store_trouble(&error, Some(PAYMENTS)),
        };
    }
    let html = admin::payments_page(shell(&visit, PAYMENTS), &asking.signed, &shown);
    answer(visit, StatusCode::OK, html)
}

/// `GET /admin/payments/{payment}`.
pub async fn payment(visit: Visit, uri: Uri, headers: HeaderMap, Path(payment): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    show(visit, &asking, &payment, StatusCode::OK, None).await
}

async fn show(visit: Visit, asking: &Administrator, payment: &str, status: StatusCode, refused: Option<RefundRefusal>) -> Response {
    let Ok(payment) = payment.parse::<PaymentId>() else { return missing_part(visit, asking) };
    let path = Reader::Administrator.receipt(payment);
    let mut shown = match office::payment(&visit.site, &asking.caller, payment).await {
        Ok(Some(found)) => found,
        Ok(None) => return missing_part(visit, asking),
        Err(error) => return visit.store_trouble(&error, Some(&path)),
    };
    shown.refused = refused;
    let html = admin::payment_page(shell(&visit, &path), &asking.signed, shown);
    answer(visit, status, html)
}

/// `POST /admin/payments/{payment}/return`: all of its money that is kept apart goes back. Sent again, there is nothing left to
/// return, and the page says where the return stands.
pub async fn return_kept(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Path(payment): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(id) = payment.parse::<PaymentId>() else { return missing_part(visit, &asking) };
    let path = Reader::Administrator.receipt(id);
    match refunds::return_kept(&site.store, &site.clock, asking.caller.tenant, id, Some(asking.caller)).await {
        Ok(_) | Err(AskError::Refused(RefundRefusal::NothingKept)) => visit.redirect(&path),
        Err(AskError::Refused(refusal)) => show(visit, &asking, &payment, StatusCode::CONFLICT, Some(refusal)).await,
        Err(AskError::NotFound | AskError::NoRight(_) | AskError::SentBefore(_)) => missing_part(visit, &asking),
        Err(AskError::Store(error)) => visit.store_trouble(&error, Some(&path)),
    }
}

//! Returning money of a receipt from the manager's app: the form, its preview and the one confirmation.

use app::receipts::{RefundAsked, RefundBar, RefundOf, RefundScreen, RefundTyped, RefundWrong, refund_screen, refund_title};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::receipt::Receipt;
use domain::refund::{self, RefundRefusal};
use domain::refund_right::{NoRight, RefundRight};
use domain::{Caller, Fen, OutRefundNo, PaymentId};
use uuid::Uuid;

use super::manager::{show_plain, signed_in};
use super::submit::Posted;
use super::visit::Visit;
use crate::fresh;
use crate::refunds::{self, Ask, AskError};
use crate::site::Site;
use crate::store::reach::Reach;
use crate::store::{StoreError, payments, tenants};

/// A receipt of the caller, and what they may return of it.
struct Returnable {
    receipt: Receipt,
    right: Result<RefundRight, RefundBar>,
}

/// `GET /m/receipts/{payment}/refund`: the form; with its fields in the query, what will happen.
pub async fn form(
    State(site): State<Site>,
    visit: Visit,
    Path(payment): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, &address(&payment)).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Returnable { receipt, right } = match read(&site, &caller, &payment).await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.not_found("/m/receipts"),
        Err(error) => return visit.store_trouble(&error, Some(&address(&payment))),
    };
    let mut typed = typed(&pairs);
    if typed.number.is_empty() {
        typed.number = fresh::token();
    }
    let is_changing = pairs.iter().any(|(name, _)| name == "change");
    let right = match right {
        Ok(right) => right,
        Err(bar) => return show(visit, caller, StatusCode::OK, &receipt, RefundScreen::Barred(bar)).await,
    };
    if !typed.is_sent() || is_changing {
        return show(visit, caller, StatusCode::OK, &receipt, RefundScreen::Form { right, typed: &typed, wrong: None }).await;
    }
    match typed.check(visit.prefs.locale, right) {
        Ok(asked) => show(visit, caller, StatusCode::OK, &receipt, RefundScreen::Preview { typed: &typed, asked: &asked }).await,
        Err(wrong) => again(visit, caller, &receipt, right, &typed, wrong).await,
    }
}

/// `POST /m/receipts/{payment}/refund`: the confirmation. It leads to the receipt, which says where the refund stands.
pub async fn confirm(
    State(site): State<Site>,
    visit: Visit,
    Path(payment): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Response {
    // The address carries the form's number, so that whoever has to come back comes back to the same form.
    let back = uri.path_and_query().map_or_else(|| address(&payment), |here| here.as_str().to_owned());
    let (visit, caller) = match signed_in(visit, &headers, &back).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Returnable { receipt, right } = match read(&site, &caller, &payment).await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.not_found("/m/receipts"),
        Err(error) => return visit.store_trouble(&error, Some(&back)),
    };
    let posted = Posted::read(request).await.unwrap_or_default();
    let mut typed = typed(&posted.pairs);
    // Only what the form itself can say is checked here. Rights and what is left are looked at where the money is set aside, after
    // it is known that this form was not sent before.
    let any = RefundRight { left_fen: receipt.amount_fen, most_fen: receipt.amount_fen };
    let asked = match typed.check(visit.prefs.locale, any) {
        Ok(asked) => asked,
        Err(wrong) => return refused(visit, caller, &receipt, right, &typed, wrong).await,
    };
    let ask = Ask {
        tenant: caller.tenant,
        payment: receipt.payment,
        amount: asked.amount_fen,
        reason: asked.reason,
        by: Some(caller),
        form: Some(typed.number.clone()).filter(|number| !number.is_empty()),
    };
    let wrong = match site.refunds.ask(ask).await {
        Ok(_) => return visit.redirect(&format!("/m/receipts/{}", receipt.payment)),
        Err(AskError::SentBefore(before)) => {
            // Whoever reads that and sends it again wants another one.
            typed.number = fresh::token();
            RefundWrong::SentBefore(RefundAsked { amount_fen: before.amount_fen, reason: before.reason })
        }
        Err(AskError::Refused(RefundRefusal::MoreThanLeft { left_fen })) => RefundWrong::MoreThanLeft { left_fen },
        Err(AskError::NoRight(NoRight::AboveLimit { most_fen })) => RefundWrong::AboveLimit { most_fen },
        Err(AskError::Refused(refusal)) => {
            return show(visit, caller, StatusCode::CONFLICT, &receipt, RefundScreen::Barred(refusal.into())).await;
        }
        Err(AskError::NoRight(NoRight::NotAllowed) | AskError::NotFound) => {
            return show(visit, caller, StatusCode::FORBIDDEN, &receipt, RefundScreen::Barred(RefundBar::NotAllowed)).await;
        }
        // What could not be stored, or perhaps was, is tried again under the same number: a fresh form would be another refund.
        Err(AskError::Store(error)) => return visit.store_trouble(&error, Some(&format!("{}?{}", address(&payment), typed.query()))),
    };
    refused(visit, caller, &receipt, right, &typed, wrong).await
}

fn address(payment: &str) -> String {
    format!("/m/receipts/{payment}/refund")
}

fn typed(pairs: &[(String, String)]) -> RefundTyped {
    RefundTyped::of_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// The receipt, when the caller may see it: a manager their own.
async fn read(site: &Site, caller: &Caller, payment: &str) -> Result<Option<Returnable>, StoreError> {
    let Ok(payment) = payment.parse::<PaymentId>() else { return Ok(None) };
    let mut conn = site.store.read().await?;
    let reach = Reach::of(&mut conn.tx(), caller).await?;
    let Some((_, receipt)) = reach.receipt(&mut conn.tx(), payment).await? else { return Ok(None) };
    let Some(stored) = payments::load(&mut conn.tx(), caller.tenant, payment).await? else { return Ok(None) };
    let managers = tenants::manager_refunds(&mut conn.tx(), caller.tenant).await?;
    let (payment, now) = (&stored.payment, (site.clock)());
    // The smallest refund shows whether any would be taken.
    let no = OutRefundNo::of_request(Uuid::nil());
    let right = match (refunds::right(caller, &reach, managers, payment, now), refund::open(payment, no, Fen::of(1), "", now)) {
        (Err(_), _) => Err(RefundBar::NotAllowed),
        (Ok(_), Err(refusal)) => Err(refusal.into()),
        (Ok(right), Ok(_)) if right.most_fen.is_positive() => Ok(right),
        (Ok(right), Ok(_)) => Err(RefundBar::AboveLimit { left_fen: right.left_fen }),
    };
    Ok(Some(Returnable { receipt: receipt.masked(), right }))
}

/// The form again with what is wrong, or why there is no form any more.
async fn refused(
    visit: Visit,
    caller: Caller,
    receipt: &Receipt,
    right: Result<RefundRight, RefundBar>,
    typed: &RefundTyped,
    wrong: RefundWrong,
) -> Response {
    match (right, wrong) {
        (Ok(right), wrong) => again(visit, caller, receipt, right, typed, wrong).await,
        (Err(_), RefundWrong::SentBefore(before)) => {
            show(visit, caller, StatusCode::CONFLICT, receipt, RefundScreen::Barred(RefundBar::SentBefore(before))).await
        }
        (Err(RefundBar::NotAllowed), _) => {
            show(visit, caller, StatusCode::FORBIDDEN, receipt, RefundScreen::Barred(RefundBar::NotAllowed)).await
        }
        (Err(bar), _) => show(visit, caller, StatusCode::CONFLICT, receipt, RefundScreen::Barred(bar)).await,
    }
}

async fn again(visit: Visit, caller: Caller, receipt: &Receipt, right: RefundRight, typed: &RefundTyped, wrong: RefundWrong) -> Response {
    let status = match wrong {
        RefundWrong::SentBefore(_) => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    show(visit, caller, status, receipt, RefundScreen::Form { right, typed, wrong: Some(wrong) }).await
}

async fn show(visit: Visit, caller: Caller, status: StatusCode, receipt: &Receipt, screen: RefundScreen<'_>) -> Response {
    let of = RefundOf { receipt, now: visit.now };
    let title = refund_title(visit.prefs.locale, of);
    let here = address(&receipt.payment.to_string());
    show_plain(visit, caller, &here, status, title, |locale| refund_screen(locale, of, screen)).await
}

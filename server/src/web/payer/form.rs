//! The form, and its submit: the payment is opened, and its page is where everything goes on.

use app::pay::{NoticeKind, Owing, PayForm, PhotoError, Trouble, pay_page};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use domain::form::{Component, Typed};
use domain::{Code, Millis, PaymentId, PaymentState};
use serde::Deserialize;

use super::trip::begin_trip;
use super::{find, receipt_path, shop};
use crate::fresh;
use crate::hex::hex;
use crate::pay::{OpenRefusal, Submit};
use crate::photos;
use crate::site::Site;
use crate::store::StoreError;
use crate::store::codes::FoundCode;
use crate::store::payments::Stored;
use crate::web::diagnosing::is_probe;
use crate::web::limits::Act;
use crate::web::opened;
use crate::web::reminding::reminders_url;
use crate::web::submit::{Posted, ReadError};
use crate::web::visit::{Visit, again_soon, origin_of};

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

/// `address` is the page's own, path and query, as the browser shows it.
async fn show_form(mut visit: Visit, found: &FoundCode, address: &str, again: Again, status: StatusCode) -> Response {
    let shop = shop(found);
    if let Err(refusal) = found.takes(again.opened_at, visit.now) {
        let kind = match (NoticeKind::from(refusal), found.code.validity.from_ms) {
            (NoticeKind::NotYet { .. }, from) => NoticeKind::NotYet { from },
            (kind, _) => kind,
        };
        let lost = found.debt.is_none().then(|| format!("/m/lost?code={}", found.token));
        return visit.notice(StatusCode::GONE, &kind, Some(&shop), lost.as_deref());
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
    let nonce = hex(&fresh::bytes::<8>());
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
        Err(StoreError::Busy) => {
            let again = Again { amount: posted.value("amount").to_owned(), typed: posted.typed(), opened_at, ..Again::default() };
            return busy(visit, &found, &address, again).await;
        }
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    let before = match site.payments.asked_before(&found, posted.value("form")).await {
        Ok(before) => before,
        Err(error) => return visit.store_trouble(&error, Some(&address)),
    };
    let submit = Submit {
        amount: posted.value("amount").to_owned(),
        typed: posted.typed(),
        idem: idem(&posted),
        payer: visit.payer.clone(),
        opened_at,
    };
    let again = |refusal| Again {
        amount: submit.amount.clone(),
        typed: submit.typed.clone(),
        refusal,
        photo_errors: photo_errors.clone(),
        trouble: before.as_ref().map(|_| Trouble::FormChanged),
        opened_at,
    };
    if !photo_errors.is_empty() {
        let (amount, fields) = match site.payments.check(&found, &submit) {
            Err(OpenRefusal::Fields { amount, fields }) => (amount, fields),
            _ => (None, vec![]),
        };
        let again = again(Some(OpenRefusal::Fields { amount, fields }));
        return show_form(visit, &found, &address, again, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    // A debt that was paid asks for nothing more, or for another amount: whoever paid it is not told so, but led to the receipt.
    if found.debt.is_some() {
        match site.payments.sent_before(&found, &submit).await {
            Ok(Some(stored)) if stored.payment.state == PaymentState::Paid => return back_to(visit, &found, &stored).await,
            Ok(_) => {}
            Err(error) => return visit.store_trouble(&error, Some(&address)),
        }
    }
    if let Some(form) = &before {
        let then = FoundCode { code: Code { form: form.clone(), ..found.code.clone() }, ..found.clone() };
        match site.payments.sent_before(&then, &submit).await {
            Ok(Some(stored)) => return back_to(visit, &found, &stored).await,
            Ok(None) if found.code.form.reads_like(form, &submit.typed, &found.code.presets) => {}
            // The payer sees the new questions with everything that still answers one of them.
            Ok(None) => {
                let again = again(site.payments.check(&found, &submit).err());
                return show_form(visit, &found, &address, again, StatusCode::UNPROCESSABLE_ENTITY).await;
            }
            Err(error) => return visit.store_trouble(&error, Some(&address)),
        }
    }
    match site.payments.open(&found, &submit).await {
        Ok((_, payment)) => onward(visit, &found, payment).await,
        Err(refusal @ OpenRefusal::Fields { .. }) => {
            show_form(visit, &found, &address, again(Some(refusal)), StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(OpenRefusal::Code(_)) => match site.payments.sent_before(&found, &submit).await {
            Ok(Some(stored)) => back_to(visit, &found, &stored).await,
            Ok(None) => show_form(visit, &found, &address, Again::default(), StatusCode::GONE).await,
            Err(error) => visit.store_trouble(&error, Some(&address)),
        },
        Err(OpenRefusal::Store(StoreError::Busy)) => busy(visit, &found, &address, again(None)).await,
        Err(OpenRefusal::Store(error)) => visit.store_trouble(&error, Some(&address)),
    }
}

/// The form with everything that was typed: too much waits to be written, and nothing was kept.
async fn busy(visit: Visit, found: &FoundCode, address: &str, again: Again) -> Response {
    let again = Again { trouble: Some(Trouble::Busy), ..again };
    again_soon(show_form(visit, found, address, again, StatusCode::SERVICE_UNAVAILABLE).await)
}

/// The browser's number of the submit, without characters that nobody sees: PostgreSQL takes no NUL in a text. A form that sends none is
/// a new submit each time.
fn idem(posted: &Posted) -> String {
    let sent: String = posted.value("idem").chars().filter(|c| !c.is_control()).take(opened::MOST_CHARS).collect();
    if sent.is_empty() { fresh::token() } else { sent }
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

//! Returning money of a receipt: the form, its preview and the one confirmation, in the manager's app and, for receipts of the
//! whole organisation, among the administrator's pages.

use app::admin::payment_refund_page;
use app::receipts::{Reader, RefundAsked, RefundBar, RefundOf, RefundScreen, RefundTyped, RefundWrong, refund_screen, refund_title};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::receipt::Receipt;
use domain::refund::{self, RefundRefusal};
use domain::refund_right::{NoRight, RefundRight};
use domain::{Caller, Fen, OutRefundNo, PaymentId, Role};
use uuid::Uuid;

use super::admin::{Administrator, administrator, answer, missing_part, shell};
use super::manager::{missing, show_plain, signed_in};
use super::submit::Posted;
use super::visit::Visit;
use crate::fresh;
use crate::refunds::{self, Ask, AskError};
use crate::site::Site;
use crate::store::reach::Reach;
use crate::store::{StoreError, payments, receipts, tenants};

/// A receipt of the caller, and what they may return of it.
struct Returnable {
    receipt: Receipt,
    right: Result<RefundRight, RefundBar>,
}

/// Who asks, and in whose frame they are answered.
enum Asking {
    /// Of what they collected, or a store of theirs.
    Manager(Caller),
    /// Of whatever the organisation collected.
    Administrator(Administrator),
}

impl Asking {
    const fn caller(&self) -> &Caller {
        match self {
            Asking::Manager(caller) => caller,
            Asking::Administrator(asking) => &asking.caller,
        }
    }

    const fn reader(&self) -> Reader {
        match self {
            Asking::Manager(_) => Reader::Manager,
            Asking::Administrator(_) => Reader::Administrator,
        }
    }

    /// Where the form is.
    fn address(&self, payment: &str) -> String {
        address(self.reader(), payment)
    }

    async fn not_found(&self, visit: Visit) -> Response {
        match self {
            Asking::Manager(caller) => missing(visit, *caller, Reader::Manager.list()).await,
            Asking::Administrator(asking) => missing_part(visit, asking),
        }
    }
}

type Pairs = Vec<(String, String)>;

/// `GET /m/receipts/{payment}/refund`: the form; with its fields in the query, what will happen.
pub async fn form(
    State(site): State<Site>,
    visit: Visit,
    Path(payment): Path<String>,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Response {
    match signed_in(visit, &headers, &address(Reader::Manager, &payment)).await {
        Ok((visit, caller)) => show_form(&site, visit, Asking::Manager(caller), &payment, &pairs).await,
        Err(response) => response,
    }
}

/// `GET /admin/payments/{payment}/refund`: the same for an administrator.
pub async fn office_form(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    Path(payment): Path<String>,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Response {
    match administrator(visit, &uri, &headers).await {
        Ok((visit, asking)) => show_form(&site, visit, Asking::Administrator(asking), &payment, &pairs).await,
        Err(response) => response,
    }
}

async fn show_form(site: &Site, visit: Visit, asking: Asking, payment: &str, pairs: &[(String, String)]) -> Response {
    let Returnable { receipt, right } = match read(site, asking.caller(), payment).await {
        Ok(Some(found)) => found,
        Ok(None) => return asking.not_found(visit).await,
        Err(error) => return visit.store_trouble(&error, Some(&asking.address(payment))),
    };
    let mut typed = typed(pairs);
    if typed.number.is_empty() {
        typed.number = fresh::token();
    }
    let is_changing = pairs.iter().any(|(name, _)| name == "change");
    let right = match right {
        Ok(right) => right,
        Err(bar) => return show(visit, asking, StatusCode::OK, &receipt, RefundScreen::Barred(bar)).await,
    };
    if !typed.is_sent() || is_changing {
        return show(visit, asking, StatusCode::OK, &receipt, RefundScreen::Form { right, typed: &typed, wrong: vec![] }).await;
    }
    match typed.check(visit.prefs.locale, right) {
        Ok(asked) => show(visit, asking, StatusCode::OK, &receipt, RefundScreen::Preview { typed: &typed, asked: &asked }).await,
        Err(wrong) => again(visit, asking, &receipt, right, &typed, wrong).await,
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
    let back = back(Reader::Manager, &payment, &uri);
    match signed_in(visit, &headers, &back).await {
        Ok((visit, caller)) => take(&site, visit, Asking::Manager(caller), &payment, &back, request).await,
        Err(response) => response,
    }
}

/// `POST /admin/payments/{payment}/refund`: the same by an administrator.
pub async fn office_confirm(
    State(site): State<Site>,
    visit: Visit,
    Path(payment): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let back = back(Reader::Administrator, &payment, &uri);
    match administrator(visit, &uri, &headers).await {
        Ok((visit, asking)) => take(&site, visit, Asking::Administrator(asking), &payment, &back, request).await,
        Err(response) => response,
    }
}

/// The address carries the form's number, so that whoever has to come back comes back to the same form.
fn back(reader: Reader, payment: &str, uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| address(reader, payment), |here| here.as_str().to_owned())
}

async fn take(site: &Site, visit: Visit, asking: Asking, payment: &str, back: &str, request: Request) -> Response {
    let Returnable { receipt, right } = match read(site, asking.caller(), payment).await {
        Ok(Some(found)) => found,
        Ok(None) => return asking.not_found(visit).await,
        Err(error) => return visit.store_trouble(&error, Some(back)),
    };
    let posted = Posted::read(request).await.unwrap_or_default();
    let mut typed = typed(&posted.pairs);
    // Only what the form itself can say is checked here. Rights and what is left are looked at where the money is set aside, after
    // it is known that this form was not sent before.
    let any = RefundRight { left_fen: receipt.amount_fen, most_fen: receipt.amount_fen };
    let asked = match typed.check(visit.prefs.locale, any) {
        Ok(asked) => asked,
        Err(wrong) => return refused(visit, asking, &receipt, right, &typed, wrong).await,
    };
    let ask = Ask {
        tenant: asking.caller().tenant,
        payment: receipt.payment,
        amount: asked.amount_fen,
        reason: asked.reason,
        by: Some(*asking.caller()),
        form: Some(typed.number.clone()).filter(|number| !number.is_empty()),
    };
    let wrong = match site.refunds.ask(ask).await {
        Ok(_) => return visit.redirect(&asking.reader().receipt(receipt.payment)),
        Err(AskError::SentBefore(before)) => {
            // Whoever reads that and sends it again wants another one.
            typed.number = fresh::token();
            RefundWrong::SentBefore(RefundAsked { amount_fen: before.amount_fen, reason: before.reason })
        }
        Err(AskError::Refused(RefundRefusal::MoreThanLeft { left_fen })) => RefundWrong::MoreThanLeft { left_fen },
        Err(AskError::NoRight(NoRight::AboveLimit { most_fen })) => RefundWrong::AboveLimit { most_fen },
        Err(AskError::Refused(refusal)) => {
            return show(visit, asking, StatusCode::CONFLICT, &receipt, RefundScreen::Barred(refusal.into())).await;
        }
        Err(AskError::NoRight(NoRight::NotAllowed) | AskError::NotFound) => {
            return show(visit, asking, StatusCode::FORBIDDEN, &receipt, RefundScreen::Barred(RefundBar::NotAllowed)).await;
        }
        // What could not be stored, or perhaps was, is tried again under the same number: a fresh form would be another refund.
        Err(AskError::Store(error)) => {
            return visit.store_trouble(&error, Some(&format!("{}?{}", asking.address(payment), typed.query())));
        }
    };
    refused(visit, asking, &receipt, right, &typed, vec![wrong]).await
}

/// The address of the form, of whatever it is asked.
fn address(reader: Reader, payment: &str) -> String {
    format!("{}/{payment}/refund", reader.list())
}

fn typed(pairs: &[(String, String)]) -> RefundTyped {
    RefundTyped::of_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// The receipt, when the caller may see it: a manager their own, an administrator each of the organisation.
async fn read(site: &Site, caller: &Caller, payment: &str) -> Result<Option<Returnable>, StoreError> {
    let Ok(payment) = payment.parse::<PaymentId>() else { return Ok(None) };
    let mut conn = site.store.read().await?;
    let reach = Reach::of(&mut conn.tx(), caller).await?;
    let receipt = match caller.role {
        Role::Administrator => receipts::of_payment(&mut conn.tx(), caller.tenant, payment).await?,
        _ => reach.receipt(&mut conn.tx(), payment).await?.map(|(_, receipt)| receipt),
    };
    let Some(receipt) = receipt else { return Ok(None) };
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
    asking: Asking,
    receipt: &Receipt,
    right: Result<RefundRight, RefundBar>,
    typed: &RefundTyped,
    wrong: Vec<RefundWrong>,
) -> Response {
    let before = wrong.iter().find_map(|wrong| match wrong {
        RefundWrong::SentBefore(before) => Some(before.clone()),
        _ => None,
    });
    match (right, before) {
        (Ok(right), _) => again(visit, asking, receipt, right, typed, wrong).await,
        (Err(_), Some(before)) => {
            show(visit, asking, StatusCode::CONFLICT, receipt, RefundScreen::Barred(RefundBar::SentBefore(before))).await
        }
        (Err(RefundBar::NotAllowed), _) => {
            show(visit, asking, StatusCode::FORBIDDEN, receipt, RefundScreen::Barred(RefundBar::NotAllowed)).await
        }
        (Err(bar), _) => show(visit, asking, StatusCode::CONFLICT, receipt, RefundScreen::Barred(bar)).await,
    }
}

async fn again(
    visit: Visit,
    asking: Asking,
    receipt: &Receipt,
    right: RefundRight,
    typed: &RefundTyped,
    wrong: Vec<RefundWrong>,
) -> Response {
    let status = match wrong.as_slice() {
        [RefundWrong::SentBefore(_)] => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    show(visit, asking, status, receipt, RefundScreen::Form { right, typed, wrong }).await
}

async fn show(visit: Visit, asking: Asking, status: StatusCode, receipt: &Receipt, screen: RefundScreen<'_>) -> Response {
    let of = RefundOf { receipt, now: visit.now, reader: asking.reader() };
    let here = of.reader.refund(receipt.payment);
    match asking {
        Asking::Manager(caller) => {
            let title = refund_title(visit.prefs.locale, of);
            show_plain(visit, caller, &here, status, title, |locale| refund_screen(locale, of, screen)).await
        }
        Asking::Administrator(asking) => {
            let html = payment_refund_page(shell(&visit, &here), &asking.signed, of, screen);
            answer(visit, status, html)
        }
    }
}

//! Reminders of debts: what a manager does about them, and the page where whoever owes stops them.

use app::pay::{NoticeKind, RemindersPage, reminders_page};
use app::receivables::{ChangeTyped, HERE, PastReminder, RemindingCard, Said};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::account::Phone;
use domain::receivable::EntryWrong;
use domain::{Caller, Millis, ReceivableId};

use super::manager::{missing, signed_in};
use super::payer::{find, shop};
use super::receivables::{changed_or_again, posted, show_one};
use super::submit::Posted;
use super::visit::Visit;
use crate::reminders::{Change, Known, RemindError};
use crate::site::Site;
use crate::store::codes::FoundCode;
use crate::store::receivables::Stored;
use crate::store::{StoreError, Tx, reminders};

/// Everything about reminders of a debt as its screen shows it; `None` when the debt is gone.
pub(super) async fn card(site: &Site, tx: &mut Tx<'_>, stored: &Stored, now: Millis) -> Result<Option<RemindingCard>, StoreError> {
    let Some(known) = Known::read(tx, stored, now).await? else { return Ok(None) };
    let rule = known.reminding(stored, site.reminders.quiet);
    let (next, by_hand) = (rule.next(now), rule.by_hand(now));
    let past = |one: reminders::Kept| PastReminder { reminder: one.reminder, amount_fen: one.amount_fen, by: one.by, why: one.why };
    Ok(Some(RemindingCard {
        is_set_up: site.reminders.is_set_up(),
        phone: stored.receivable.debtor.phone.clone(),
        next,
        by_hand,
        quiet: site.reminders.quiet,
        hour: known.switches.hour.beside(site.reminders.quiet),
        stopped_by_manager: known.switches.stopped_by_manager,
        stopped_by_debtor: known.switches.stopped_by_debtor,
        is_scheduled: known.switches.is_scheduled(),
        bad_number: known.bad_number,
        past: known.kept.into_iter().map(past).collect(),
        now,
    }))
}

/// `POST /m/receivables/{id}/remind`: one, now or as soon as it may go.
pub async fn remind(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, &format!("{HERE}/{id}")).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Ok(debt) = id.parse::<ReceivableId>() else { return missing(visit, caller, HERE).await };
    match site.reminders.ask(&caller, debt).await {
        Ok(None) => back(visit, &id, Said::Reminded),
        Ok(Some(_)) => back(visit, &id, Said::RemindedLater),
        Err(error) => refused(visit, caller, &id, error).await,
    }
}

/// `POST /m/receivables/{id}/reminders`: stops them, lets them go on, puts them on a schedule or takes them off it.
pub async fn switch(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap, request: Request) -> Response {
    let (visit, caller, posted) = match posted(visit, &headers, &id, request).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let (change, said) = match posted.value("to") {
        "stop" => (Change::Stop, Said::RemindersOff),
        "resume" => (Change::Resume, Said::RemindersOn),
        "schedule" => (Change::Schedule, Said::Saved),
        "by_hand" => (Change::ByHandOnly, Said::Saved),
        _ => return back(visit, &id, Said::Passed),
    };
    let Ok(debt) = id.parse::<ReceivableId>() else { return missing(visit, caller, HERE).await };
    match site.reminders.change(&caller, debt, change).await {
        Ok(()) => back(visit, &id, said),
        Err(error) => refused(visit, caller, &id, error).await,
    }
}

/// `POST /m/receivables/{id}/phone`: where reminders go.
pub async fn phone(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap, request: Request) -> Response {
    let (visit, caller, posted) = match posted(visit, &headers, &id, request).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let sent = posted.value("phone");
    let typed = |wrong| ChangeTyped { phone: Some((sent.chars().take(40).collect(), wrong)), ..ChangeTyped::default() };
    match (id.parse::<ReceivableId>(), Phone::parse(sent)) {
        (Err(_), _) => missing(visit, caller, HERE).await,
        (Ok(debt), Some(phone)) => {
            let changed = site.receivables.set_phone(&caller, debt, phone).await;
            changed_or_again(&site, visit, caller, &id, changed, Said::Saved, typed(None)).await
        }
        (Ok(_), None) => {
            let typed = typed(Some(EntryWrong::NotAPhone));
            show_one(&site, visit, caller, &id, StatusCode::UNPROCESSABLE_ENTITY, None, typed).await
        }
    }
}

/// Back to the debt, which says what was done.
fn back(visit: Visit, id: &str, said: Said) -> Response {
    visit.redirect(&format!("{HERE}/{id}?said={}", said.word()))
}

async fn refused(visit: Visit, caller: Caller, id: &str, error: RemindError) -> Response {
    match error {
        RemindError::NotFound => missing(visit, caller, HERE).await,
        // The screen says why, as it stands by now.
        RemindError::NotSetUp | RemindError::Not(_) => back(visit, id, Said::Passed),
        RemindError::Store(error) => visit.store_trouble(&error, Some(&format!("{HERE}/{id}"))),
    }
}

/// Where whoever owes stops reminders; `None` where nobody is reminded of this.
pub(super) fn reminders_url(site: &Site, found: &FoundCode) -> Option<String> {
    let debt = found.debt.as_ref().filter(|debt| debt.claim.outstanding().is_positive())?;
    let can_be = site.reminders.is_set_up() && debt.receivable.debtor.phone.is_some();
    can_be.then(|| format!("/p/{}/reminders", found.token))
}

/// `GET /p/{code}/reminders`: asks whether there are to be no more reminders of the debt, or again.
pub async fn ask(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let (found, debt) = match debt(&site, &token).await {
        Ok(Some(known)) => known,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => return visit.store_trouble(&error, Some(&format!("/p/{token}/reminders"))),
    };
    let switches = async {
        let mut conn = site.store.read().await?;
        reminders::switches(&mut conn.tx(), found.code.tenant, debt).await
    };
    let switches = match switches.await {
        Ok(switches) => switches,
        Err(error) => return visit.store_trouble(&error, Some(&format!("/p/{token}/reminders"))),
    };
    let is_stopped = switches.is_some_and(|switches| switches.stopped_by_debtor.is_some());
    let pay_url = format!("/p/{token}");
    let shop = shop(&found);
    let is_resumed = !is_stopped && pairs.iter().any(|(name, value)| name == "said" && value == "on");
    let html = reminders_page(visit.shell(), &RemindersPage { shop: &shop, pay_url: &pay_url, is_stopped, is_resumed });
    visit.page(StatusCode::OK, html)
}

/// `POST /p/{code}/reminders`: no more of them, or again.
pub async fn wish(State(site): State<Site>, visit: Visit, Path(token): Path<String>, request: Request) -> Response {
    let (found, debt) = match debt(&site, &token).await {
        Ok(Some(known)) => known,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => return visit.store_trouble(&error, Some(&format!("/p/{token}/reminders"))),
    };
    let posted = Posted::read(request).await.unwrap_or_default();
    let wants = match posted.value("to") {
        "stop" => false,
        "resume" => true,
        _ => return visit.redirect(&format!("/p/{token}/reminders")),
    };
    match site.reminders.wish(found.code.tenant, debt, wants).await {
        Ok(()) => visit.redirect(&format!("/p/{token}/reminders?said={}", if wants { "on" } else { "off" })),
        Err(error) => visit.store_trouble(&error, Some(&format!("/p/{token}/reminders"))),
    }
}

/// The debt that a link leads to; `None` when it leads to none that somebody is reminded of.
async fn debt(site: &Site, token: &str) -> Result<Option<(FoundCode, ReceivableId)>, StoreError> {
    let Some(found) = find(site, token).await? else { return Ok(None) };
    if !site.reminders.is_set_up() {
        return Ok(None);
    }
    let debt = found.debt.as_ref().filter(|debt| debt.receivable.debtor.phone.is_some()).map(|debt| debt.receivable.id);
    Ok(debt.map(|debt| (found, debt)))
}

//! The administrator's pages of what managers collect: a manager's debts, and writing one off whatever its sum (row E15).

use app::admin::{self, debts_path};
use app::receivables::{ChangeTyped, DebtScreen, ListQuery, Said};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::receivable::Remark;
use domain::{AccountId, ReceivableId};

use super::admin::{Administrator, administrator, answer, missing_part, shell};
use super::receivables::{read_list, read_one, reason_typed};
use super::submit::Posted;
use super::visit::{Visit, again_soon, query_value};
use crate::receivables::ChangeError;
use crate::site::Site;
use crate::store::StoreError;

/// `GET /admin/managers/{account}/receivables`: a manager's debts, newest first.
pub async fn list(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(account): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let query = ListQuery::of_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let Ok(payee) = account.parse::<AccountId>() else { return missing_part(visit, &asking) };
    let here = debts_path(payee);
    let found = async {
        let Some(file) = site.managers.one(&asking.caller, payee).await? else { return Ok(None) };
        let list = read_list(&site, (asking.caller.tenant, payee), &query, &visit).await?;
        Ok::<_, StoreError>(Some((file.manager.name, list)))
    };
    match found.await {
        Ok(Some((name, list))) => {
            let html = admin::debts_page(shell(&visit, &here), &asking.signed, (payee, &name), &query, &list);
            answer(visit, StatusCode::OK, html)
        }
        Ok(None) => missing_part(visit, &asking),
        Err(error) => visit.store_trouble(&error, Some(&here)),
    }
}

/// `GET /admin/receivables/{id}`.
pub async fn one(visit: Visit, uri: Uri, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let said = query_value(&uri, "said").and_then(|word| Said::of_word(&word));
    show(visit, &asking, &id, StatusCode::OK, said, ChangeTyped::default()).await
}

async fn show(visit: Visit, asking: &Administrator, id: &str, status: StatusCode, said: Option<Said>, typed: ChangeTyped) -> Response {
    let here = path(id);
    let found = async {
        let Some(page) = read_one(&visit.site, &asking.caller, id, &visit).await? else { return Ok(None) };
        let payee = visit.site.managers.one(&asking.caller, page.receivable.payee).await?;
        let name = payee.map(|file| file.manager.name).unwrap_or_default();
        Ok::<_, StoreError>(Some((page, name)))
    };
    match found.await {
        Ok(Some((page, name))) => {
            let screen = DebtScreen { page: &page, said, typed: &typed };
            let html = admin::debt_page(shell(&visit, &here), &asking.signed, &name, screen);
            answer(visit, status, html)
        }
        Ok(None) => missing_part(visit, asking),
        Err(error) => visit.store_trouble(&error, Some(&here)),
    }
}

fn path(id: &str) -> String {
    format!("/admin/receivables/{id}")
}

/// `POST /admin/receivables/{id}/write-off`.
pub async fn write_off(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(debt) = id.parse::<ReceivableId>() else { return missing_part(visit, &asking) };
    let posted = Posted::read(request).await.unwrap_or_default();
    match Remark::reason(posted.value("reason")) {
        Ok(reason) => {
            let changed = site.receivables.write_off(&asking.caller, debt, reason.0).await;
            changed_or_again(visit, &asking, &id, changed, Said::Off, reason_typed(&posted, None)).await
        }
        Err(wrong) => show(visit, &asking, &id, StatusCode::UNPROCESSABLE_ENTITY, None, reason_typed(&posted, Some(wrong))).await,
    }
}

/// `POST /admin/receivables/{id}/restore`.
pub async fn restore(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(debt) = id.parse::<ReceivableId>() else { return missing_part(visit, &asking) };
    let changed = site.receivables.restore(&asking.caller, debt).await;
    changed_or_again(visit, &asking, &id, changed, Said::Restored, ChangeTyped::default()).await
}

/// Back to the debt, which says what was done; where too much waits to be written, what was typed stands there again.
async fn changed_or_again(
    visit: Visit,
    asking: &Administrator,
    id: &str,
    changed: Result<(), ChangeError>,
    said: Said,
    typed: ChangeTyped,
) -> Response {
    let here = |said: Said| format!("{}?said={}", path(id), said.word());
    match changed {
        Ok(()) => visit.redirect(&here(said)),
        Err(ChangeError::Passed) => visit.redirect(&here(Said::Passed)),
        Err(ChangeError::NoRight(_)) => visit.redirect(&here(Said::Denied)),
        Err(ChangeError::NotFound) => missing_part(visit, asking),
        Err(ChangeError::Store(StoreError::Busy)) => {
            let typed = ChangeTyped { is_unsaved: true, ..typed };
            again_soon(show(visit, asking, id, StatusCode::SERVICE_UNAVAILABLE, None, typed).await)
        }
        Err(ChangeError::Store(error)) => visit.store_trouble(&error, Some(&path(id))),
    }
}

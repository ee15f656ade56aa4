//! The list of debts as a file.

use app::receivables::{
    Debt, DebtList, HERE, ListQuery, column_name, export_columns, list_screen, list_title, parts_word, reminder_words, state_words,
};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Caller;
use domain::receivable::EntryField;

use super::{BATCH, MOST_EXPORTED, download, kind_of};
use crate::sheets::Cell;
use crate::site::Site;
use crate::store::receivables::{self, Before, Stored};
use crate::store::{Store, StoreError};
use crate::web::manager::{missing, show_plain, signed_in};
use crate::web::receivables::{filter, read_list, shown};
use crate::web::visit::Visit;

/// `GET /m/receivables/export/{file}`: the debts that the list shows, as a file.
pub async fn debts(
    State(site): State<Site>,
    visit: Visit,
    Path(file): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let query = ListQuery::of_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (visit, caller) = match signed_in(visit, &headers, &query.url()).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Some(kind) = kind_of(&file) else { return missing(visit, caller, HERE).await };
    let debts = match all(&site.store, &caller, &query, &visit).await {
        Ok(Some(debts)) => debts,
        Ok(None) => return too_many(&site, visit, caller, &query).await,
        Err(error) => return visit.store_trouble(&error, Some(HERE)),
    };
    let (locale, today) = (visit.prefs.locale, visit.now.day());
    let heading = EntryField::ALL.into_iter().map(|field| column_name(locale, field)).chain(export_columns(locale));
    let heading = heading.map(str::to_owned).collect();
    let rows: Vec<Vec<Cell>> = debts
        .into_iter()
        .map(|stored| {
            let url = format!("{}/p/{}", site.config.public_url, stored.token);
            let debt = shown(stored);
            let (state, reminded) = (state_words(locale, &debt, today), reminder_words(locale, &debt.mark));
            row(&debt, parts_word(locale, debt.receivable.in_parts), state, reminded, url)
        })
        .collect();
    download(visit, kind, &file, heading, rows).await
}

/// The list again, which says that it is too long for one file: half of it would look like all.
async fn too_many(site: &Site, visit: Visit, caller: Caller, query: &ListQuery) -> Response {
    let query = ListQuery { before: None, ..query.clone() };
    match read_list(site, (caller.tenant, caller.account), &query, &visit).await {
        Ok(list) => {
            let list = DebtList { too_many: Some(MOST_EXPORTED), ..list };
            let (here, title) = (query.url(), list_title(visit.prefs.locale));
            show_plain(visit, caller, &here, StatusCode::UNPROCESSABLE_ENTITY, title, |locale| list_screen(locale, &query, &list)).await
        }
        Err(error) => visit.store_trouble(&error, Some(HERE)),
    }
}

/// All of them; `None` when there are more than fit into one file.
async fn all(store: &Store, caller: &Caller, query: &ListQuery, visit: &Visit) -> Result<Option<Vec<Stored>>, StoreError> {
    let mut conn = store.read().await?;
    let (tx, filter) = (&mut conn.tx(), filter(query, visit.now.day()));
    let (tenant, payee) = (caller.tenant, caller.account);
    let (mut found, mut before): (Vec<Stored>, Option<Before>) = (vec![], None);
    while found.len() <= MOST_EXPORTED {
        let (mut page, next) = if query.words.is_empty() {
            let page = receivables::page(tx, tenant, payee, filter, before, BATCH).await?;
            let next = page.last().filter(|_| page.len() as i64 == BATCH).map(Before::of);
            (page, next)
        } else {
            let page = receivables::search(tx, tenant, payee, &query.words, filter, before, BATCH as usize).await?;
            page.map_or((vec![], None), |page| (page.rows, page.next))
        };
        found.append(&mut page);
        before = next;
        if before.is_none() {
            break;
        }
    }
    Ok((found.len() <= MOST_EXPORTED).then_some(found))
}

fn row(debt: &Debt, in_parts: &str, state: String, reminded: String, url: String) -> Vec<Cell> {
    let Debt { receivable, claim, .. } = debt;
    let text = |text: &str| Cell::Text(text.to_owned());
    vec![
        text(&receivable.debtor.name),
        text(&receivable.debtor.reference),
        text(receivable.debtor.phone.as_ref().map(|phone| phone.as_str()).unwrap_or_default()),
        text(&receivable.title),
        Cell::Amount(receivable.amount_fen),
        Cell::Text(receivable.due.map(|due| due.to_string()).unwrap_or_default()),
        text(in_parts),
        text(&receivable.remark),
        Cell::Amount(claim.settled_fen),
        Cell::Amount(claim.outstanding()),
        Cell::Text(state),
        Cell::Text(reminded),
        Cell::Text(receivable.raised_at_ms.text()),
        Cell::Text(url),
    ]
}

//! Receipts as a file, each with everything that its payer filled in (I12).

use std::collections::HashMap;

use app::Locale;
use app::receipts::{ExportQuery, ExportScreen, ExportWrong, export_columns, export_screen, export_title, state_name};
use app::ui::said;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::receipt::Receipt;
use domain::{Caller, Day};

use super::{BATCH, MOST_EXPORTED, download, kind_of};
use crate::desk::place;
use crate::sheets::Cell;
use crate::site::Site;
use crate::store::StoreError;
use crate::store::reach::Reach;
use crate::store::receipts::{Before, Narrow};
use crate::web::manager::{missing, show_plain, signed_in};
use crate::web::visit::Visit;

/// `GET /m/receipts/export`: which days, and what else the list was narrowed to.
pub async fn ask(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let query = ExportQuery::of_url(uri.query().unwrap_or_default());
    match signed_in(visit, &headers, &query.url()).await {
        Ok((visit, caller)) => show(&site, visit, caller, &query, None).await,
        Err(response) => response,
    }
}

/// `GET /m/receipts/export/{file}`: the file, or the form again with the reason why there is none.
pub async fn receipts(State(site): State<Site>, visit: Visit, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let query = ExportQuery::of_url(uri.query().unwrap_or_default());
    let (visit, caller) = match signed_in(visit, &headers, &query.url()).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Some(kind) = kind_of(&file) else { return missing(visit, caller, "/m/receipts").await };
    match collect(&site, &caller, &query, visit.now.day()).await {
        Ok(Ok(found)) => {
            let (heading, rows) = table(visit.prefs.locale, &found);
            download(visit, kind, &file, heading, rows).await
        }
        Ok(Err(wrong)) => show(&site, visit, caller, &query, Some(wrong)).await,
        Err(error) => visit.store_trouble(&error, Some("/m/receipts")),
    }
}

async fn show(site: &Site, visit: Visit, caller: Caller, query: &ExportQuery, wrong: Option<ExportWrong>) -> Response {
    let (code, store) = match names(site, &caller, query).await {
        Ok(names) => names,
        Err(error) => return visit.store_trouble(&error, Some("/m/receipts")),
    };
    let only = (code.as_deref(), store.as_deref());
    let today = visit.now.day();
    let shown = ExportScreen { query, days: query.days(today), today, only, wrong };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = export_title(visit.prefs.locale);
    show_plain(visit, caller, &query.url(), status, title, |locale| export_screen(locale, shown)).await
}

/// What the code and the store are called to which it is narrowed.
async fn names(site: &Site, caller: &Caller, query: &ExportQuery) -> Result<(Option<String>, Option<String>), StoreError> {
    let mut conn = site.store.read().await?;
    let reach = Reach::of(&mut conn.tx(), caller).await?;
    let code = match query.list.code {
        Some(wanted) => reach.codes(&mut conn.tx()).await?.into_iter().find(|(code, _)| *code == wanted).map(|(_, name)| name),
        None => None,
    };
    Ok((code, query.list.store.and_then(|payee| reach.store_name(payee)).map(str::to_owned)))
}

/// All of them, newest first, or why there is no file.
async fn collect(site: &Site, caller: &Caller, query: &ExportQuery, today: Day) -> Result<Result<Vec<Receipt>, ExportWrong>, StoreError> {
    let (first, last) = query.days(today);
    if first > last {
        return Ok(Err(ExportWrong::Backwards));
    }
    let begins_at = first.starts_at();
    let mut conn = site.store.read().await?;
    let tx = &mut conn.tx();
    let list = &query.list;
    let reach = Reach::of(tx, caller).await?.only(list.store);
    let narrow = Narrow { code: list.code, state: list.state };
    let (mut found, mut before): (Vec<Receipt>, Option<Before>) = (vec![], place(list));
    loop {
        let (page, next) = if list.words.is_empty() {
            let page = reach.receipts(tx, narrow, before, BATCH).await?;
            let next = page.last().filter(|_| page.len() as i64 == BATCH).map(Before::of);
            (page, next)
        } else {
            match reach.search(tx, &list.words, narrow, before, BATCH as usize).await? {
                Some(page) => (page.receipts, page.next),
                None => return Ok(Err(ExportWrong::TooShort)),
            }
        };
        found.extend(page.into_iter().filter(|receipt| receipt.paid_at_ms >= begins_at));
        if found.len() > MOST_EXPORTED {
            return Ok(Err(ExportWrong::TooMany { most: MOST_EXPORTED }));
        }
        before = next.filter(|place| place.paid_at_ms >= begins_at);
        if before.is_none() {
            break;
        }
    }
    Ok(if found.is_empty() { Err(ExportWrong::Nothing) } else { Ok(found) })
}

/// A line for each receipt: what they all have, then a column for every question that any of them answers, under the label that its
/// payer read.
fn table(locale: Locale, receipts: &[Receipt]) -> (Vec<String>, Vec<Vec<Cell>>) {
    let mut heading: Vec<String> = export_columns(locale).map(str::to_owned).to_vec();
    let own = heading.len();
    let mut columns: HashMap<&str, usize> = HashMap::new();
    for answer in receipts.iter().flat_map(|receipt| &receipt.answers) {
        columns.entry(&answer.label).or_insert_with(|| {
            heading.push(answer.label.clone());
            heading.len() - 1
        });
    }
    let line = |receipt: &Receipt| {
        let mut cells = own_cells(locale, receipt);
        let mut answers = vec![String::new(); heading.len() - own];
        for answer in receipt.answers.iter().cloned().map(domain::form::Answer::masked) {
            let (Some(column), said) = (columns.get(answer.label.as_str()), said(locale, &answer)) else { continue };
            let cell = &mut answers[column - own];
            *cell = if cell.is_empty() { said } else { format!("{cell} · {said}") };
        }
        cells.extend(answers.into_iter().map(Cell::Text));
        cells
    };
    let rows = receipts.iter().map(line).collect();
    (heading, rows)
}

fn own_cells(locale: Locale, receipt: &Receipt) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    vec![
        Cell::Text(receipt.paid_at_ms.text()),
        Cell::Amount(receipt.amount_fen),
        Cell::Amount(receipt.refunded_fen),
        Cell::Amount(receipt.refunding_fen),
        Cell::Amount(receipt.kept()),
        text(state_name(locale, receipt.state())),
        text(&receipt.code_name),
        text(&receipt.payee_name),
        Cell::Text(receipt.payment.to_string()),
        text(receipt.transaction.as_deref().unwrap_or_default()),
    ]
}

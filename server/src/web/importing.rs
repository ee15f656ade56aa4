//! Debts from a file with a dry run, and a template to fill in.

use app::receivables::{HERE, ImportPreview, ImportScreen, ImportTrouble, column_name, example_row, import_screen, import_title};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::receivable::{Entry, EntryField, ImportedRows, read_rows};
use domain::{Caller, Fen};

use super::exporting::{download, kind_of};
use super::manager::{missing, show_plain, signed_in};
use super::submit::{Posted, ReadError};
use super::visit::Visit;
use crate::sheets::{self, Cell, MOST_ROWS, SheetError};
use crate::site::Site;
use crate::store::receivables;
use crate::store::{Store, StoreError};

/// `GET /m/receivables/import`: which file.
pub async fn ask(visit: Visit, headers: HeaderMap) -> Response {
    let here = format!("{HERE}/import");
    match signed_in(visit, &headers, &here).await {
        Ok((visit, caller)) => show(visit, caller, StatusCode::OK, ImportScreen::Ask(None)).await,
        Err(response) => response,
    }
}

async fn show(visit: Visit, caller: Caller, status: StatusCode, screen: ImportScreen<'_>) -> Response {
    let title = import_title(visit.prefs.locale);
    show_plain(visit, caller, &format!("{HERE}/import"), status, title, |locale| import_screen(locale, screen)).await
}

/// `POST /m/receivables/import`: what the file would come to. Nothing is written.
pub async fn check(State(site): State<Site>, visit: Visit, headers: HeaderMap, request: Request) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, &format!("{HERE}/import")).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let trouble = match Posted::read(request).await {
        Err(ReadError::TooLarge) => ImportTrouble::TooLarge,
        Err(ReadError::NotAForm) => ImportTrouble::NoFile,
        Ok(posted) => match posted.files.into_iter().find(|(name, _)| name == "file") {
            None => ImportTrouble::NoFile,
            // Reading takes a while for a large file, and nobody else waits for it.
            Some((_, bytes)) => match tokio::task::spawn_blocking(move || table(&bytes)).await {
                Ok(Ok(read)) => return preview(&site, visit, caller, read).await,
                Ok(Err(trouble)) => trouble,
                Err(_) => ImportTrouble::NotATable,
            },
        },
    };
    show(visit, caller, StatusCode::UNPROCESSABLE_ENTITY, ImportScreen::Ask(Some(&trouble))).await
}

fn table(bytes: &[u8]) -> Result<ImportedRows, ImportTrouble> {
    let lines = sheets::read(bytes).map_err(|error| match error {
        SheetError::TooLarge => ImportTrouble::TooLarge,
        SheetError::TooManyRows => ImportTrouble::TooManyRows { most: MOST_ROWS },
        SheetError::NotATable => ImportTrouble::NotATable,
    })?;
    read_rows(&lines).map_err(ImportTrouble::Columns)
}

async fn preview(site: &Site, visit: Visit, caller: Caller, read: ImportedRows) -> Response {
    let split = split_known(&site.store, &caller, read.good).await;
    let (new, known) = match split {
        Ok(split) => split,
        Err(error) => return visit.store_trouble(&error, Some(&format!("{HERE}/import"))),
    };
    let sum_fen = new.iter().try_fold(Fen::ZERO, |sum, entry| sum.plus(entry.amount_fen)).unwrap_or(Fen::ZERO);
    let rows = canonical(&new).unwrap_or_default();
    let status = if read.bad.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let preview = ImportPreview { new: new.len(), sum_fen, known, bad: read.bad, rows };
    show(visit, caller, status, ImportScreen::Preview(&preview)).await
}

/// The debts that are not there yet, and the lines of those that are.
async fn split_known(store: &Store, caller: &Caller, good: Vec<(usize, Entry)>) -> Result<(Vec<Entry>, Vec<usize>), StoreError> {
    let mut conn = store.read().await?;
    let (mut new, mut known) = (vec![], vec![]);
    for (line, entry) in good {
        match receivables::same(&mut conn.tx(), caller.tenant, caller.account, &entry).await? {
            Some(_) => known.push(line),
            None => new.push(entry),
        }
    }
    Ok((new, known))
}

/// The rows as text that is read again as any file is: what the confirmation sends is trusted no more than the file.
fn canonical(entries: &[Entry]) -> Result<String, SheetError> {
    let heading = EntryField::ALL.map(EntryField::word);
    let rows: Vec<[String; 8]> = entries.iter().map(cells).collect();
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(heading).map_err(|_| SheetError::NotATable)?;
    for row in rows {
        writer.write_record(row).map_err(|_| SheetError::NotATable)?;
    }
    let bytes = writer.into_inner().map_err(|_| SheetError::NotATable)?;
    String::from_utf8(bytes).map_err(|_| SheetError::NotATable)
}

fn cells(entry: &Entry) -> [String; 8] {
    let Entry { debtor, title, amount_fen, due, in_parts, remark } = entry;
    [
        debtor.name.clone(),
        debtor.reference.clone(),
        debtor.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
        title.clone(),
        amount_fen.yuan(),
        due.map(|due| due.to_string()).unwrap_or_default(),
        u8::from(*in_parts).to_string(),
        remark.clone(),
    ]
}

/// `POST /m/receivables/import/confirm`: raises them. Sent again it raises none, because they are there.
pub async fn confirm(State(site): State<Site>, visit: Visit, headers: HeaderMap, request: Request) -> Response {
    let here = format!("{HERE}/import");
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let posted = Posted::read(request).await.unwrap_or_default();
    let read = match table(posted.value("rows").as_bytes()) {
        Ok(read) => read,
        Err(trouble) => return show(visit, caller, StatusCode::UNPROCESSABLE_ENTITY, ImportScreen::Ask(Some(&trouble))).await,
    };
    let entries = read.good.into_iter().map(|(_, entry)| entry).collect();
    match site.receivables.import(&caller, entries).await {
        Ok(raised) => visit.redirect(&format!("{HERE}?imported={}-{}", raised.new, raised.known)),
        Err(error) => visit.store_trouble(&error, Some(&here)),
    }
}

/// `GET /m/receivables/template/{file}`: an empty table with an example.
pub async fn template(visit: Visit, Path(file): Path<String>, headers: HeaderMap) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, &format!("{HERE}/import")).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Some(kind) = kind_of(&file) else { return missing(visit, caller, HERE).await };
    let locale = visit.prefs.locale;
    let heading = EntryField::ALL.map(|field| column_name(locale, field));
    let example = example_row(locale).map(|cell| Cell::Text(cell.to_owned())).to_vec();
    download(visit, kind, &file, heading.map(str::to_owned).to_vec(), vec![example]).await
}

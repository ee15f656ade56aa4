//! What managers take away as files: their receipts, their debts. A file is whole or there is none: half of it would look like all.

mod debts;
mod receipts;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::visit::Visit;
use crate::sheets::{self, Cell, FileKind};

pub use debts::debts;
pub use receipts::{ask, receipts};

/// The most lines of one file.
const MOST_EXPORTED: usize = 20_000;

/// Lines that are read together.
const BATCH: i64 = 500;

/// The format that a file's name asks for.
pub(super) fn kind_of(file: &str) -> Option<FileKind> {
    file.rsplit_once('.').and_then(|(_, ending)| FileKind::of_ending(ending))
}

/// A table as a file of this name. Writing a long one takes a while, and nobody else waits for it.
pub(super) async fn download(visit: Visit, kind: FileKind, file: &str, heading: Vec<String>, rows: Vec<Vec<Cell>>) -> Response {
    let written = tokio::task::spawn_blocking(move || sheets::write(kind, &heading, &rows)).await;
    let Ok(Ok(bytes)) = written else { return visit.not_found("/m") };
    let plain = file.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let name = if plain { format!("attachment; filename=\"{file}\"") } else { "attachment".to_owned() };
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.mime())),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, bytes).into_response()
}

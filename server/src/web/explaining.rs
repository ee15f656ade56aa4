//! What an error means that somebody read from a screen (row I16), for managers and administrators.

use app::explaining::{ADMIN_EXPLAIN_PATH, EXPLAIN_PATH, MOST_SAID_CHARS, explaining_page, explaining_screen, explaining_title};
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::explanation::explain;
use serde::Deserialize;

use super::admin::{administrator, answer, shell};
use super::manager::{show_plain, signed_in};
use super::next::encode;
use super::visit::Visit;

/// What the field holds.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    q: String,
}

impl Typed {
    fn said(&self) -> String {
        self.q.trim().chars().take(MOST_SAID_CHARS).collect()
    }
}

/// `GET /m/errors`.
pub async fn manager(visit: Visit, Query(typed): Query<Typed>, headers: HeaderMap) -> Response {
    let said = typed.said();
    let here = if said.is_empty() { EXPLAIN_PATH.to_owned() } else { format!("{EXPLAIN_PATH}?q={}", encode(&said)) };
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let title = explaining_title(visit.prefs.locale);
    show_plain(visit, caller, EXPLAIN_PATH, StatusCode::OK, title, |locale| explaining_screen(locale, &said, &explain(&said))).await
}

/// `GET /admin/errors`.
pub async fn office(visit: Visit, Query(typed): Query<Typed>, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let said = typed.said();
    let html = explaining_page(shell(&visit, ADMIN_EXPLAIN_PATH), &asking.signed, &said, &explain(&said));
    answer(visit, StatusCode::OK, html)
}

//! 诊断: shows what was found, and the payment page in a frame that only this page may open (rows E14, I15).

use app::diagnosis::{Diagnosis, diagnosis_screen, diagnosis_title};
use app::manager::tail;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Millis;
use domain::diagnosis::PayerSees;
use serde::Deserialize;

use super::manager::{show_plain, signed_in};
use super::visit::Visit;
use crate::diagnosis::{Examined, examine};
use crate::fresh;
use crate::site::Site;

/// How long the mark in a frame's address is good.
const MARK_MS: i64 = 10 * 60_000;

/// What somebody says of a customer's phone: a word of a fixed list.
#[derive(Deserialize)]
pub struct Said {
    #[serde(default)]
    sees: String,
}

/// `GET /m/diagnose`.
pub async fn diagnose(State(site): State<Site>, visit: Visit, Query(said): Query<Said>, headers: HeaderMap) -> Response {
    const HERE: &str = "/m/diagnose";
    let (visit, caller) = match signed_in(visit, &headers, HERE).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Examined { observed, code } = match examine(&site, &caller, PayerSees::of_word(&said.sees)).await {
        Ok(examined) => examined,
        Err(error) => return visit.store_trouble(&error, Some(HERE)),
    };
    let frame_url = code.as_ref().map(|code| format!("/p/{}?probe={}", code.token, mark(&site, &code.token, visit.now)));
    let code_tail = code.as_ref().map(|code| tail(&code.token)).unwrap_or_default();
    let seen = Diagnosis {
        observed: &observed,
        frame_url: frame_url.as_deref(),
        code_tail: &code_tail,
        public_url: &site.config.public_url,
        version: env!("CARGO_PKG_VERSION"),
    };
    let title = diagnosis_title(visit.prefs.locale);
    show_plain(visit, caller, HERE, StatusCode::OK, title, |locale| diagnosis_screen(locale, seen)).await
}

/// The mark of a frame's address: it lets this code's page, and no other, stand in a frame of ours for a while.
fn mark(site: &Site, token: &str, now: Millis) -> String {
    site.seal.seal(&purpose(token), &fresh::token(), now.plus_ms(MARK_MS))
}

/// Whether a payment page was asked for by diagnosis.
pub fn is_probe(site: &Site, token: &str, mark: &str, now: Millis) -> bool {
    site.seal.open(&purpose(token), mark, now).is_some()
}

fn purpose(token: &str) -> String {
    format!("probe {token}")
}

//! The administrator's pages about codes: finding ([`codes`]), making, setting, switching and printing them.

mod making;
mod setting;
mod typed;

use app::admin::{self, CodeLine, FormChoice, OfficeDone, PayeeChoice};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::{CodeId, Millis};
use uuid::Uuid;

pub use making::{make, new_code};
pub use setting::{code, configure, print, switch};

use super::admin::{administrator, answer, shell};
use super::office::{PAGE_ROWS, paged};
use super::visit::{Visit, query_value};
use crate::site::Site;
use crate::store::codes::{CodeKind, FoundCode};
use crate::store::managers::UsedForm;

/// Where codes are listed.
const CODES: &str = "/admin/codes";

/// A code in a list.
pub(super) fn code_line(found: &FoundCode, now: Millis) -> CodeLine {
    CodeLine {
        code: found.code.id,
        name: found.code.name.clone(),
        payee: payee_of(found),
        is_plate: found.kind == CodeKind::Plate,
        amount: found.code.amount,
        opens: found.opens(now),
    }
}

fn payee_of(found: &FoundCode) -> PayeeChoice {
    PayeeChoice { id: found.code.payee, name: found.payee_name.clone(), phone: None, is_store: found.is_store }
}

/// `GET /admin/codes`.
pub async fn codes(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (codes, caller) = (&site.codes, &asking.caller);
    let (place, found) = match paged(&uri, |words, skip| async move { codes.page(caller, &words, skip, PAGE_ROWS).await }).await {
        Ok(found) => found,
        Err(error) => return visit.store_trouble(&error, Some(CODES)),
    };
    let lines: Vec<CodeLine> = found.iter().map(|found| code_line(found, visit.now)).collect();
    let html = admin::codes_page(shell(&visit, CODES), &asking.signed, &place, &lines);
    answer(visit, StatusCode::OK, html)
}

/// The form that an address names.
fn form_in(uri: &Uri) -> Option<Uuid> {
    query_value(uri, "form").and_then(|form| Uuid::parse_str(&form).ok())
}

fn choices(forms: &[UsedForm]) -> Vec<FormChoice> {
    let choice = |used: &UsedForm| FormChoice {
        form: used.form,
        labels: used.schema.asked().map(|field| field.label.clone()).collect(),
        code_name: used.code_name.clone(),
    };
    forms.iter().map(choice).collect()
}

/// Back to a code, with what became of it.
fn back(visit: Visit, code: CodeId, done: OfficeDone) -> Response {
    visit.redirect(&format!("{CODES}/{code}?done={}", done.word()))
}

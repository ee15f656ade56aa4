//! A code that there is: looking at it, setting it, switching it on and off, and printing it.

use app::admin::{self, CodePage, CodeThere, CodeTyped, CodeWrong, OfficeDone, Presets};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::CodeId;
use domain::code::CodeState;
use domain::form::FieldError;
use uuid::Uuid;

use super::typed::{Pairs, Sent, value};
use super::{CODES, back, choices, form_in, payee_of};
use crate::made_codes::{CodeFile, NotSet, Switched};
use crate::site::Site;
use crate::store::StoreError;
use crate::store::codes::CodeKind;
use crate::web::admin::{Administrator, administrator, answer, missing_part, shell};
use crate::web::office::done;
use crate::web::printing::{Wanted, choice, put_on_paper};
use crate::web::visit::{Visit, again_soon};

/// `GET /admin/codes/{code}`; with `form` the same with another form.
pub async fn code(visit: Visit, uri: Uri, headers: HeaderMap, Path(code): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (visit, file) = match code_file(visit, &asking, &code).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let form = form_in(&uri).unwrap_or(file.form);
    show_code(visit, &asking, StatusCode::OK, file, form, None, done(&uri))
}

/// The code that an address names.
///
/// # Errors
/// The page that says that there is no such code.
async fn code_file(visit: Visit, asking: &Administrator, code: &str) -> Result<(Visit, CodeFile), Response> {
    let Ok(code) = code.parse::<CodeId>() else { return Err(missing_part(visit, asking)) };
    match visit.site.codes.file(&asking.caller, code).await {
        Ok(Some(file)) => Ok((visit, file)),
        Ok(None) => Err(missing_part(visit, asking)),
        Err(error) => Err(visit.store_trouble(&error, Some(CODES))),
    }
}

/// What was sent and not taken.
struct Refused {
    sent: Sent,
    wrong: CodeWrong,
    errors: Vec<FieldError>,
    is_unsaved: bool,
}

fn show_code(
    visit: Visit,
    asking: &Administrator,
    status: StatusCode,
    file: CodeFile,
    form: Uuid,
    refused: Option<Refused>,
    done: Option<OfficeDone>,
) -> Response {
    let CodeFile { found, form: own, forms } = file;
    let Some(used) = forms.iter().find(|used| used.form == form).or(forms.first()) else { return missing_part(visit, asking) };
    let form = if used.form == form { form } else { own };
    let mut presets = Presets::of(&found.code, &used.schema);
    let (mut typed, mut wrong) = (CodeTyped::of(&found.code, found.kind == CodeKind::Plate), CodeWrong::default());
    let is_unsaved = refused.as_ref().is_some_and(|refused| refused.is_unsaved);
    if let Some(refused) = refused {
        (presets.typed, presets.errors, wrong) = (refused.sent.presets, refused.errors, refused.wrong);
        typed = CodeTyped { is_plate: typed.is_plate, ..refused.sent.typed };
    }
    let path = format!("{CODES}/{}", found.code.id);
    let shown = CodePage {
        there: Some(CodeThere {
            code: found.code.id,
            opens: found.opens(visit.now),
            is_on: found.code.state == CodeState::Active,
            url: format!("{}/p/{}", visit.site.config.public_url, found.token),
        }),
        payee: payee_of(&found),
        typed,
        form,
        forms: choices(&forms),
        presets,
        wrong,
        number: String::new(),
        sent_before: None,
        is_unsaved,
        done,
    };
    let html = admin::code_page(shell(&visit, &path), &asking.signed, &shown);
    answer(visit, status, html)
}

/// `POST /admin/codes/{code}`.
pub async fn configure(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (visit, file) = match code_file(visit, &asking, &code).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let id = file.found.code.id;
    let form = Uuid::parse_str(value(&pairs, "form")).unwrap_or(file.form);
    let sent = Sent::read(&pairs, visit.now, Some(&file.found.code));
    let (wrong, errors) = match sent.terms(form) {
        Err(wrong) => (wrong, vec![]),
        Ok(terms) => match site.codes.configure(&asking.caller, id, terms).await {
            Ok(Ok(true)) => return back(visit, id, OfficeDone::Saved),
            Ok(Ok(false)) => return back(visit, id, OfficeDone::Same),
            Ok(Err(NotSet::Presets(errors))) => (CodeWrong::default(), errors),
            Ok(Err(NotSet::NameTaken)) => (CodeWrong::taken(), vec![]),
            Ok(Err(_)) => return missing_part(visit, &asking),
            Err(StoreError::Busy) => {
                let refused = Refused { sent, wrong: CodeWrong::default(), errors: vec![], is_unsaved: true };
                return again_soon(show_code(visit, &asking, StatusCode::SERVICE_UNAVAILABLE, file, form, Some(refused), None));
            }
            Err(error) => return visit.store_trouble(&error, Some(CODES)),
        },
    };
    let refused = Refused { sent, wrong, errors, is_unsaved: false };
    show_code(visit, &asking, StatusCode::UNPROCESSABLE_ENTITY, file, form, Some(refused), None)
}

/// `POST /admin/codes/{code}/switch`.
pub async fn switch(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(code) = code.parse::<CodeId>() else { return missing_part(visit, &asking) };
    let is_on = value(&pairs, "to") == "on";
    let done = match site.codes.switch(&asking.caller, code, is_on).await {
        Ok(Switched::Now) if is_on => OfficeDone::On,
        Ok(Switched::Now) => OfficeDone::Off,
        Ok(Switched::Before) => OfficeDone::Same,
        Ok(Switched::NoPayee) => OfficeDone::NoPayee,
        Ok(Switched::NotFound) => return missing_part(visit, &asking),
        Err(error) => return visit.store_trouble(&error, Some(CODES)),
    };
    back(visit, code, done)
}

/// `GET /admin/codes/{code}/print`: a plate on paper.
pub async fn print(visit: Visit, uri: Uri, headers: HeaderMap, Path(code): Path<String>, Query(wanted): Query<Wanted>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (visit, CodeFile { found, .. }) = match code_file(visit, &asking, &code).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    if found.kind != CodeKind::Plate || choice(&found, &visit).not.is_some() {
        return missing_part(visit, &asking);
    }
    put_on_paper(visit, &found, &wanted, &format!("{CODES}/{code}/print"), &format!("{CODES}/{code}"))
}

//! Making a code: first for whom, then what.

use app::admin::{self, CodePage, CodeTyped, CodeWrong, ForWhom, OfficeDone, PayeeChoice, Presets};
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::form::Typed;
use domain::{AccountId, CodeId};
use uuid::Uuid;

use super::typed::{Pairs, Sent, value};
use super::{back, choices, form_in};
use crate::fresh;
use crate::made_codes::{NotSet, Payee};
use crate::sent_forms::Taken;
use crate::site::Site;
use crate::store::codes::CodeKind;
use crate::store::managers::UsedForm;
use crate::store::{StoreError, stores};
use crate::web::admin::{Administrator, administrator, answer, missing_part, shell};
use crate::web::office::words;
use crate::web::visit::{Visit, again_soon, query_value};

/// Where a code is made.
const NEW: &str = "/admin/codes/new";

/// `GET /admin/codes/new`: first for whom, then what.
pub async fn new_code(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(wanted) = query_value(&uri, "for") else {
        return for_whom(&site, visit, &asking, &words(&uri).unwrap_or_default(), false).await;
    };
    let (visit, payee, forms) = match payee_and_forms(&site, visit, &asking, &wanted).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let chosen = form_in(&uri);
    let Some(used) = forms.iter().find(|used| Some(used.form) == chosen).or(forms.first()) else {
        return missing_part(visit, &asking);
    };
    let draft = Draft { typed: CodeTyped { is_plate: payee.is_store, ..CodeTyped::default() }, ..Draft::default() };
    let presets = Presets { schema: used.schema.clone(), ..Presets::default() };
    show_new(visit, &asking, StatusCode::OK, &payee, (used.form, &forms), draft, presets)
}

/// Whom a code is made for, and the forms that it may have.
///
/// # Errors
/// The page that asks for whom, where nobody like that is here.
async fn payee_and_forms(
    site: &Site,
    visit: Visit,
    asking: &Administrator,
    wanted: &str,
) -> Result<(Visit, Payee, Vec<UsedForm>), Response> {
    let found = async {
        let Ok(id) = wanted.parse::<AccountId>() else { return Ok(None) };
        let Some(payee) = site.codes.payee(&asking.caller, id).await? else { return Ok(None) };
        Ok::<_, StoreError>(Some((payee, site.managers.forms(&asking.caller).await?)))
    };
    match found.await {
        Ok(Some((payee, forms))) => Ok((visit, payee, forms)),
        Ok(None) => Err(for_whom(site, visit, asking, "", true).await),
        Err(error) => Err(visit.store_trouble(&error, Some(NEW))),
    }
}

async fn for_whom(site: &Site, visit: Visit, asking: &Administrator, query: &str, is_wrong: bool) -> Response {
    let found = match site.codes.payees(&asking.caller, query).await {
        Ok(found) => found,
        Err(error) => return visit.store_trouble(&error, Some(NEW)),
    };
    let store = |payee: Payee| PayeeChoice { id: payee.id, name: payee.name, phone: None, is_store: true };
    let manager = |person: stores::Person| {
        let phone = Some(person.phone.as_str().to_owned());
        PayeeChoice { id: person.account, name: person.name, phone, is_store: false }
    };
    let shown = ForWhom {
        query: query.to_owned(),
        stores: found.stores.into_iter().map(store).collect(),
        managers: found.managers.into_iter().map(manager).collect(),
        more_stores: found.more_stores,
        more_managers: found.more_managers,
        is_wrong,
    };
    let status = if is_wrong { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let html = admin::for_whom_page(shell(&visit, NEW), &asking.signed, &shown);
    answer(visit, status, html)
}

/// What was typed of a code, with what is wrong with it.
#[derive(Default)]
struct Draft {
    typed: CodeTyped,
    wrong: CodeWrong,
    number: Option<String>,
    sent_before: Option<CodeId>,
    is_unsaved: bool,
}

fn show_new(
    visit: Visit,
    asking: &Administrator,
    status: StatusCode,
    payee: &Payee,
    (form, forms): (Uuid, &[UsedForm]),
    draft: Draft,
    presets: Presets,
) -> Response {
    let shown = CodePage {
        there: None,
        payee: PayeeChoice { id: payee.id, name: payee.name.clone(), phone: None, is_store: payee.is_store },
        typed: draft.typed,
        form,
        forms: choices(forms),
        presets,
        wrong: draft.wrong,
        number: draft.number.unwrap_or_else(fresh::token),
        sent_before: draft.sent_before,
        is_unsaved: draft.is_unsaved,
        done: None,
    };
    let html = admin::code_page(shell(&visit, NEW), &asking.signed, &shown);
    answer(visit, status, html)
}

/// `POST /admin/codes/new`.
pub async fn make(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Form(pairs): Form<Pairs>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (visit, payee, forms) = match payee_and_forms(&site, visit, &asking, value(&pairs, "for")).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let form = Uuid::parse_str(value(&pairs, "form")).ok();
    let Some(used) = forms.iter().find(|used| Some(used.form) == form) else {
        return for_whom(&site, visit, &asking, "", true).await;
    };
    let sent = Sent::read(&pairs, visit.now, None);
    let number = match value(&pairs, "number") {
        // A form that sends none is a new one each time.
        "" => fresh::token(),
        sent => sent.chars().take(64).collect(),
    };
    let (mut sent_before, mut is_unsaved) = (None, false);
    let (wrong, errors) = match sent.terms(used.form) {
        Err(wrong) => (wrong, used.schema.check_presets(&used.schema.presets(&sent.presets, &Typed::default())).err().unwrap_or_default()),
        Ok(terms) => {
            let kind = if sent.typed.is_plate || payee.is_store { CodeKind::Plate } else { CodeKind::App };
            match site.codes.make(&asking.caller, payee.id, kind, terms, &number).await {
                Ok(Ok(Taken::Made(code))) => return back(visit, code, OfficeDone::CodeMade),
                Ok(Ok(Taken::Other(code))) => {
                    sent_before = Some(code);
                    (CodeWrong::default(), vec![])
                }
                Ok(Err(NotSet::Presets(errors))) => (CodeWrong::default(), errors),
                Ok(Err(NotSet::NameTaken)) => (CodeWrong::taken(), vec![]),
                Ok(Err(_)) => return for_whom(&site, visit, &asking, "", true).await,
                Err(StoreError::Busy) => {
                    is_unsaved = true;
                    (CodeWrong::default(), vec![])
                }
                Err(error) => return visit.store_trouble(&error, Some(NEW)),
            }
        }
    };
    // Whoever reads that the number was used and sends the form again wants another code.
    let (status, number) = match sent_before {
        Some(_) => (StatusCode::CONFLICT, None),
        None if is_unsaved => (StatusCode::SERVICE_UNAVAILABLE, Some(number)),
        None => (StatusCode::UNPROCESSABLE_ENTITY, Some(number)),
    };
    let draft = Draft { typed: sent.typed, wrong, number, sent_before, is_unsaved };
    let presets = Presets { schema: used.schema.clone(), typed: sent.presets, kept: vec![], errors };
    let response = show_new(visit, &asking, status, &payee, (used.form, &forms), draft, presets);
    if is_unsaved { again_soon(response) } else { response }
}

//! The administrator's pages about codes: finding, making, setting, switching and printing them.

use app::admin::{self, CodeLine, CodePage, CodeThere, CodeTyped, CodeWrong, ForWhom, FormChoice, OfficeDone, PayeeChoice, Presets};
use app::paper::{Drawn, PLATE_PAPERS, Printing, plate_sheet};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::code::{CodeState, Validity};
use domain::code_terms::title;
use domain::form::{FieldError, Typed};
use domain::{AccountId, AmountRule, CodeId, Millis};
use uuid::Uuid;

use super::admin::{Administrator, administrator, answer, missing_part, shell};
use super::office::{PAGE_ROWS, done, paged, words};
use super::printing::{Wanted, choice};
use super::visit::{Visit, query_value};
use crate::fresh;
use crate::made_codes::{CodeFile, CodeTerms, NotSet, Payee, Switched};
use crate::qr::{self, Wear};
use crate::sent_forms::Taken;
use crate::site::Site;
use crate::store::codes::{CodeKind, FoundCode};
use crate::store::managers::UsedForm;
use crate::store::{StoreError, stores};

/// Where codes are listed.
const CODES: &str = "/admin/codes";

/// Where a code is made.
const NEW: &str = "/admin/codes/new";

/// What a form of codes posts, as sent: fields of the code and presets together.
type Pairs = Vec<(String, String)>;

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

/// `GET /admin/codes/new`: first for whom, then what.
pub async fn new_code(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(wanted) = query_value(&uri, "for") else {
        return for_whom(&site, visit, &asking, &words(&uri).unwrap_or_default(), false).await;
    };
    let found = async {
        let Ok(id) = wanted.parse::<AccountId>() else { return Ok(None) };
        let Some(payee) = site.codes.payee(&asking.caller, id).await? else { return Ok(None) };
        Ok::<_, StoreError>(Some((payee, site.managers.forms(&asking.caller).await?)))
    };
    let (payee, forms) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return for_whom(&site, visit, &asking, "", true).await,
        Err(error) => return visit.store_trouble(&error, Some(NEW)),
    };
    let chosen = form_in(&uri);
    let Some(used) = forms.iter().find(|used| Some(used.form) == chosen).or(forms.first()) else {
        return missing_part(visit, &asking);
    };
    let draft = Draft { typed: CodeTyped { is_plate: payee.is_store, ..CodeTyped::default() }, ..Draft::default() };
    let presets = Presets { schema: used.schema.clone(), ..Presets::default() };
    show_new(visit, &asking, StatusCode::OK, &payee, (used.form, &forms), draft, presets)
}

fn form_in(uri: &Uri) -> Option<Uuid> {
    query_value(uri, "form").and_then(|form| Uuid::parse_str(&form).ok())
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
}

fn choices(forms: &[UsedForm]) -> Vec<FormChoice> {
    let choice = |used: &UsedForm| FormChoice {
        form: used.form,
        labels: used.schema.asked().map(|field| field.label.clone()).collect(),
        code_name: used.code_name.clone(),
    };
    forms.iter().map(choice).collect()
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
        done: None,
    };
    let html = admin::code_page(shell(&visit, NEW), &asking.signed, &shown);
    answer(visit, status, html)
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

/// What was typed, and the terms where they can be taken.
fn read(pairs: &Pairs) -> (CodeTyped, Result<(String, AmountRule, Validity), CodeWrong>) {
    let kept = |name: &str| value(pairs, name).chars().take(60).collect::<String>();
    let typed = CodeTyped {
        name: kept("name"),
        is_plate: value(pairs, "kind") == "plate",
        rule: kept("rule"),
        fixed: kept("fixed"),
        min: kept("min"),
        max: kept("max"),
        from: kept("from"),
        until: kept("until"),
    };
    let name = title(&typed.name);
    let amount = AmountRule::typed(&typed.rule, &typed.fixed, &typed.min, &typed.max);
    let validity = Validity::typed(&typed.from, &typed.until);
    let terms = match (name, amount, validity) {
        (Some(name), Ok(amount), Ok(validity)) => Ok((name, amount, validity)),
        (name, amount, validity) => Err(CodeWrong { name: name.is_none(), amount: amount.err(), validity: validity.err() }),
    };
    (typed, terms)
}

/// `POST /admin/codes/new`.
pub async fn make(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Form(pairs): Form<Pairs>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let caller = &asking.caller;
    let found = async {
        let Ok(id) = value(&pairs, "for").parse::<AccountId>() else { return Ok(None) };
        let Some(payee) = site.codes.payee(caller, id).await? else { return Ok(None) };
        let forms = site.managers.forms(caller).await?;
        let form = Uuid::parse_str(value(&pairs, "form")).ok();
        let used = forms.iter().find(|used| Some(used.form) == form).cloned();
        Ok::<_, StoreError>(used.map(|used| (payee, used, forms)))
    };
    let (payee, used, forms) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return for_whom(&site, visit, &asking, "", true).await,
        Err(error) => return visit.store_trouble(&error, Some(NEW)),
    };
    let (typed, terms) = read(&pairs);
    let number = match value(&pairs, "number") {
        // A form that sends none is a new one each time.
        "" => fresh::token(),
        sent => sent.chars().take(64).collect(),
    };
    let sent = Typed::from_pairs(pairs.iter().map(|(name, value)| (name, value.clone())));
    let mut sent_before = None;
    let (wrong, errors) = match terms {
        Err(wrong) => (wrong, used.schema.check_presets(&used.schema.presets(&sent, &Typed::default())).err().unwrap_or_default()),
        Ok((name, amount, validity)) => {
            let kind = if typed.is_plate || payee.is_store { CodeKind::Plate } else { CodeKind::App };
            let terms = CodeTerms { name, amount, validity, form: used.form, typed: sent.clone() };
            match site.codes.make(caller, payee.id, kind, terms, &number).await {
                Ok(Ok(Taken::Made(code))) => return back(visit, code, OfficeDone::CodeMade),
                Ok(Ok(Taken::Other(code))) => {
                    sent_before = Some(code);
                    (CodeWrong::default(), vec![])
                }
                Ok(Err(NotSet::Presets(errors))) => (CodeWrong::default(), errors),
                Ok(Err(_)) => return for_whom(&site, visit, &asking, "", true).await,
                Err(error) => return visit.store_trouble(&error, Some(NEW)),
            }
        }
    };
    // Whoever reads that the number was used and sends the form again wants another code.
    let (status, number) = match sent_before {
        Some(_) => (StatusCode::CONFLICT, None),
        None => (StatusCode::UNPROCESSABLE_ENTITY, Some(number)),
    };
    let draft = Draft { typed, wrong, number, sent_before };
    let presets = Presets { schema: used.schema.clone(), typed: sent, kept: vec![], errors };
    show_new(visit, &asking, status, &payee, (used.form, &forms), draft, presets)
}

fn back(visit: Visit, code: CodeId, done: OfficeDone) -> Response {
    visit.redirect(&format!("{CODES}/{code}?done={}", done.word()))
}

/// `GET /admin/codes/{code}`; with `form` the same with another form.
pub async fn code(visit: Visit, uri: Uri, headers: HeaderMap, Path(code): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let file = match find(&visit.site, &asking, &code).await {
        Ok(Some(file)) => file,
        Ok(None) => return missing_part(visit, &asking),
        Err(error) => return visit.store_trouble(&error, Some(CODES)),
    };
    let form = form_in(&uri).unwrap_or(file.form);
    show_code(visit, &asking, StatusCode::OK, file, form, None, done(&uri))
}

async fn find(site: &Site, asking: &Administrator, code: &str) -> Result<Option<CodeFile>, StoreError> {
    let Ok(code) = code.parse::<CodeId>() else { return Ok(None) };
    site.codes.file(&asking.caller, code).await
}

/// What was sent and not taken.
struct Refused {
    typed: CodeTyped,
    sent: Typed,
    wrong: CodeWrong,
    errors: Vec<FieldError>,
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
    if let Some(refused) = refused {
        (presets.typed, presets.errors, wrong) = (refused.sent, refused.errors, refused.wrong);
        typed = CodeTyped { is_plate: typed.is_plate, ..refused.typed };
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
    let file = match find(&site, &asking, &code).await {
        Ok(Some(file)) => file,
        Ok(None) => return missing_part(visit, &asking),
        Err(error) => return visit.store_trouble(&error, Some(CODES)),
    };
    let id = file.found.code.id;
    let form = Uuid::parse_str(value(&pairs, "form")).unwrap_or(file.form);
    let (typed, terms) = read(&pairs);
    let sent = Typed::from_pairs(pairs.iter().map(|(name, value)| (name, value.clone())));
    let (wrong, errors) = match terms {
        Err(wrong) => (wrong, vec![]),
        Ok((name, amount, validity)) => {
            let terms = CodeTerms { name, amount, validity, form, typed: sent.clone() };
            match site.codes.configure(&asking.caller, id, terms).await {
                Ok(Ok(true)) => return back(visit, id, OfficeDone::Saved),
                Ok(Ok(false)) => return back(visit, id, OfficeDone::Same),
                Ok(Err(NotSet::Presets(errors))) => (CodeWrong::default(), errors),
                Ok(Err(_)) => return missing_part(visit, &asking),
                Err(error) => return visit.store_trouble(&error, Some(CODES)),
            }
        }
    };
    show_code(visit, &asking, StatusCode::UNPROCESSABLE_ENTITY, file, form, Some(Refused { typed, sent, wrong, errors }), None)
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
    let found = match find(&visit.site, &asking, &code).await {
        Ok(Some(CodeFile { found, .. })) if found.kind == CodeKind::Plate && choice(&found, &visit).not.is_none() => found,
        Ok(_) => return missing_part(visit, &asking),
        Err(error) => return visit.store_trouble(&error, Some(CODES)),
    };
    let (back, address) = (format!("{CODES}/{code}"), format!("{CODES}/{code}/print"));
    let drawn = Drawn(qr::svg(&format!("{}/p/{}", visit.site.config.public_url, found.token), Wear::PutUp).unwrap_or_default());
    let printing = Printing {
        prefs: visit.prefs,
        nonce: &visit.nonce,
        paper: wanted.of(&PLATE_PAPERS),
        papers: &PLATE_PAPERS,
        address: &address,
        back: &back,
    };
    let html = plate_sheet(printing, &choice(&found, &visit), &drawn);
    visit.screen(StatusCode::OK, html)
}

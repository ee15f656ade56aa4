//! The administrator's pages about stores and their cashiers.

use app::admin::{self, CashierLine, OfficeDone, Place, StoreLine, StoresPage, TitleWrong};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::code_terms::title;
use domain::{AccountId, StoreId};
use serde::Deserialize;

use super::admin::{Administrator, administrator, answer, missing_part, shell};
use super::office::{PAGE_ROWS, done, paged, words};
use super::office_codes::code_line;
use super::visit::Visit;
use crate::site::Site;
use crate::store::StoreError;
use crate::store::stores::{KeptStore, Person};
use crate::stores::{Kept, StoreFile};

/// Where stores are listed.
const STORES: &str = "/admin/stores";

fn line(store: &KeptStore) -> StoreLine {
    StoreLine {
        store: store.id,
        name: store.name.clone(),
        is_open: store.is_open,
        created_at_ms: store.created_at_ms,
        cashiers: store.cashiers,
        watching: store.watching,
        codes: store.codes,
    }
}

fn cashier(person: Person) -> CashierLine {
    let Person { account, name, phone, is_suspended } = person;
    CashierLine { account, name, phone: phone.as_str().to_owned(), is_suspended }
}

async fn page(site: &Site, asking: &Administrator, uri: &Uri) -> Result<(Place, Vec<StoreLine>), StoreError> {
    paged(uri, |words, skip| async move {
        let found = site.stores.page(&asking.caller, &words, skip, PAGE_ROWS).await?;
        Ok((found.stores.iter().map(line).collect(), found.count))
    })
    .await
}

/// `GET /admin/stores`.
pub async fn stores(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    show_stores(&site, visit, &asking, &uri, StatusCode::OK, None).await
}

async fn show_stores(
    site: &Site,
    visit: Visit,
    asking: &Administrator,
    uri: &Uri,
    status: StatusCode,
    typed: Option<(String, TitleWrong)>,
) -> Response {
    let (place, lines) = match page(site, asking, uri).await {
        Ok(found) => found,
        Err(error) => return visit.store_trouble(&error, Some(STORES)),
    };
    let (typed, wrong) = typed.map_or((String::new(), None), |(typed, wrong)| (typed, Some(wrong)));
    let shown = StoresPage { place, lines, typed, wrong, now: visit.now };
    let html = admin::stores_page(shell(&visit, STORES), &asking.signed, &shown);
    answer(visit, status, html)
}

/// What the forms with a name post.
#[derive(Deserialize)]
pub struct NameForm {
    #[serde(default)]
    name: String,
}

impl NameForm {
    fn kept(&self, wrong: TitleWrong) -> (String, TitleWrong) {
        (self.name.chars().take(60).collect(), wrong)
    }
}

/// `POST /admin/stores`.
pub async fn make(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Form(form): Form<NameForm>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let wrong = match title(&form.name) {
        None => TitleWrong::Bad,
        Some(name) => match site.stores.make(&asking.caller, name).await {
            Ok(Some(store)) => return back(visit, store, OfficeDone::StoreMade),
            Ok(None) => TitleWrong::Taken,
            Err(error) => return visit.store_trouble(&error, Some(STORES)),
        },
    };
    show_stores(&site, visit, &asking, &uri, StatusCode::UNPROCESSABLE_ENTITY, Some(form.kept(wrong))).await
}

fn back(visit: Visit, store: StoreId, done: OfficeDone) -> Response {
    visit.redirect(&format!("{STORES}/{store}?done={}", done.word()))
}

/// `GET /admin/stores/{store}`.
pub async fn store(visit: Visit, uri: Uri, headers: HeaderMap, Path(store): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    show_store(visit, &asking, &store, StatusCode::OK, words(&uri), None, done(&uri)).await
}

async fn show_store(
    visit: Visit,
    asking: &Administrator,
    store: &str,
    status: StatusCode,
    sought: Option<String>,
    typed: Option<(String, TitleWrong)>,
    done: Option<OfficeDone>,
) -> Response {
    let Ok(store) = store.parse::<StoreId>() else { return missing_part(visit, asking) };
    let file = match visit.site.stores.one(&asking.caller, store, sought.as_deref()).await {
        Ok(Some(file)) => file,
        Ok(None) => return missing_part(visit, asking),
        Err(error) => return visit.store_trouble(&error, Some(STORES)),
    };
    let StoreFile { store: kept, cashiers, plates, candidates } = file;
    let path = format!("{STORES}/{store}");
    let (typed, wrong) = typed.map_or((kept.name.clone(), None), |(typed, wrong)| (typed, Some(wrong)));
    let shown = admin::StorePage {
        line: line(&kept),
        plates: plates.iter().map(|plate| code_line(plate, visit.now)).collect(),
        cashiers: cashiers.into_iter().map(cashier).collect(),
        sought: sought.map(|words| (words, candidates.into_iter().map(cashier).collect())),
        typed,
        wrong,
        done,
    };
    let html = admin::store_page(shell(&visit, &path), &asking.signed, &shown);
    answer(visit, status, html)
}

/// `POST /admin/stores/{store}/name`.
pub async fn rename(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(store): Path<String>,
    Form(form): Form<NameForm>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(id) = store.parse::<StoreId>() else { return missing_part(visit, &asking) };
    let wrong = match title(&form.name) {
        None => TitleWrong::Bad,
        Some(name) => match site.stores.rename(&asking.caller, id, name).await {
            Ok(Kept::Taken) => TitleWrong::Taken,
            kept => return after(visit, &asking, id, kept, OfficeDone::Saved),
        },
    };
    show_store(visit, &asking, &store, StatusCode::UNPROCESSABLE_ENTITY, None, Some(form.kept(wrong)), None).await
}

/// What the forms with a person post.
#[derive(Deserialize, Default)]
pub struct PersonForm {
    #[serde(default)]
    account: String,
}

/// `POST /admin/stores/{store}/{close,open,add,remove}`.
pub async fn act(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path((store, way)): Path<(String, String)>,
    Form(form): Form<PersonForm>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(store) = store.parse::<StoreId>() else { return missing_part(visit, &asking) };
    let (caller, account) = (&asking.caller, form.account.parse::<AccountId>());
    let (kept, done) = match (way.as_str(), account) {
        ("close", _) => (site.stores.set_open(caller, store, false).await, OfficeDone::Closed),
        ("open", _) => (site.stores.set_open(caller, store, true).await, OfficeDone::Opened),
        ("add", Ok(account)) => (site.stores.add_cashier(caller, store, account).await, OfficeDone::Added),
        ("remove", Ok(account)) => (site.stores.remove_cashier(caller, store, account).await, OfficeDone::Removed),
        _ => return missing_part(visit, &asking),
    };
    after(visit, &asking, store, kept, done)
}

fn after(visit: Visit, asking: &Administrator, store: StoreId, kept: Result<Kept, StoreError>, now: OfficeDone) -> Response {
    let done = match kept {
        Ok(Kept::Now) => now,
        Ok(Kept::Before | Kept::Taken) => OfficeDone::Same,
        Ok(Kept::NotFound) => return missing_part(visit, asking),
        Ok(Kept::NoManager) => OfficeDone::NoManager,
        Ok(Kept::Full) => OfficeDone::Full,
        Err(error) => return visit.store_trouble(&error, Some(STORES)),
    };
    back(visit, store, done)
}

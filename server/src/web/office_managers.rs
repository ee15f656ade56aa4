//! The administrator's pages about managers: the list, registering, and one manager.

use app::admin::{self, ATTENTION, FormChoice, ManagersPage, RegisterPage, RegisterRefusal, Said, Typed};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::account::{Lang, Phone, person_name};
use domain::device::Device;
use domain::letter::MailAddress;
use domain::{AccountId, Caller, Millis};
use serde::Deserialize;
use uuid::Uuid;

use super::admin::{Administrator, administrator, answer, shell};
use super::office::{PAGE_ROWS, words};
use super::visit::{Visit, again_soon, query_value};
use crate::managers::{Done, ManagerFile, NewManager, Registered};
use crate::site::Site;
use crate::store::StoreError;
use crate::store::letters::SentLetter;
use crate::store::managers::{Mark, Part, StoredManager, Turn, UsedForm, Wanted};

/// Where the managers are listed.
const MANAGERS: &str = "/admin/managers";

fn missing_manager(visit: Visit, asking: &Administrator) -> Response {
    let html = admin::missing_page(shell(&visit, MANAGERS), &asking.signed, true);
    answer(visit, StatusCode::NOT_FOUND, html)
}

/// `GET /admin/managers`.
pub async fn managers(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let wanted =
        Wanted { words: words(&uri).unwrap_or_default(), needs_attention: query_value(&uri, "show").as_deref() == Some(ATTENTION) };
    match site.managers.page(&asking.caller, &wanted, turn(&uri), PAGE_ROWS).await {
        Ok((part, count)) => {
            let html = admin::managers_page(shell(&visit, MANAGERS), &asking.signed, shown(&part, count, wanted, visit.now));
            answer(visit, StatusCode::OK, html)
        }
        Err(error) => visit.store_trouble(&error, Some(MANAGERS)),
    }
}

/// Which part of the list an address names; its beginning where that is no place.
fn turn(uri: &Uri) -> Turn {
    let place = |name| query_value(uri, name).and_then(|text| mark(&text));
    match (place("after"), place("before")) {
        (Some(mark), _) => Turn::After(mark),
        (None, Some(mark)) => Turn::Before(mark),
        (None, None) => Turn::First,
    }
}

fn mark(text: &str) -> Option<Mark> {
    let (at, account) = text.split_once('.')?;
    Some(Mark { created_at_ms: Millis::of(at.parse().ok()?), account: account.parse().ok()? })
}

fn mark_text(manager: &StoredManager) -> String {
    let Mark { created_at_ms, account } = manager.mark();
    format!("{}.{account}", created_at_ms.get())
}

fn shown(part: &Part, count: i64, wanted: Wanted, now: Millis) -> ManagersPage {
    let Part { managers, has_before, has_after } = part;
    ManagersPage {
        query: wanted.words,
        is_attention: wanted.needs_attention,
        lines: managers.iter().map(|manager| line(manager, now)).collect(),
        count,
        before: managers.first().filter(|_| *has_before).map(mark_text),
        after: managers.last().filter(|_| *has_after).map(mark_text),
        now,
    }
}

fn line(manager: &StoredManager, now: Millis) -> admin::ManagerLine {
    admin::ManagerLine {
        account: manager.account,
        name: manager.name.clone(),
        phone: manager.phone.as_str().to_owned(),
        mail: manager.mail.as_ref().map(|mail| mail.as_str().to_owned()),
        standing: match (manager.suspended_at_ms, manager.undelivered()) {
            (Some(since_ms), _) => admin::Standing::Suspended { since_ms },
            (None, Some(letter)) => admin::Standing::Unreached(letter.clone()),
            (None, None) => admin::Standing::Free(manager.invitation(now)),
        },
        signed_in_at_ms: manager.signed_in_at_ms,
        live: manager.live.as_ref().map(|(since, agent)| (*since, Device::of_agent(agent))),
    }
}

/// `GET /admin/managers/new`.
pub async fn new_manager(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    match choices(&site, &asking.caller).await {
        Ok(forms) => show_register(visit, &asking, StatusCode::OK, RegisterPage { forms, ..RegisterPage::default() }),
        Err(error) => visit.store_trouble(&error, Some(MANAGERS)),
    }
}

async fn choices(site: &Site, caller: &Caller) -> Result<Vec<FormChoice>, StoreError> {
    let forms = site.managers.forms(caller).await?;
    let choice = |used: UsedForm| FormChoice {
        form: used.form,
        labels: used.schema.asked().map(|field| field.label.clone()).collect(),
        code_name: used.code_name,
    };
    Ok(forms.into_iter().map(choice).collect())
}

fn show_register(visit: Visit, asking: &Administrator, status: StatusCode, typed: RegisterPage) -> Response {
    let html = admin::register_page(shell(&visit, "/admin/managers/new"), &asking.signed, &typed);
    answer(visit, status, html)
}

/// What the page posts that registers somebody.
#[derive(Deserialize)]
pub struct RegisterForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    mail: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    form: String,
}

/// `POST /admin/managers/new`.
pub async fn register(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Form(form): Form<RegisterForm>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (name, phone, mail) = (person_name(&form.name), Phone::parse(&form.phone), MailAddress::parse(&form.mail));
    let mut is_unsaved = false;
    let (lang, chosen) = (Lang::of_word(&form.lang).unwrap_or_default(), Uuid::parse_str(&form.form).ok());
    let mut wrong = RegisterRefusal {
        name: name.is_none(),
        phone: phone.is_none(),
        mail: mail.is_none(),
        form: chosen.is_none(),
        already: None,
        elsewhere: false,
    };
    if let (Some(name), Some(phone), Some(mail), Some(form)) = (name, phone, mail, chosen) {
        let code_name = app::admin::first_code_name(crate::letters::locale(lang)).to_owned();
        match site.managers.register(&asking.caller, NewManager { name, phone, mail, lang, form, code_name }).await {
            Ok(Registered::New(account)) => return visit.redirect(&said(account, Said::Registered)),
            Ok(Registered::Joined(account)) => return visit.redirect(&said(account, Said::Joined)),
            Ok(Registered::Before(account)) => wrong.already = Some(account),
            Ok(Registered::Elsewhere) => wrong.elsewhere = true,
            Ok(Registered::NoForm) => wrong.form = true,
            Err(StoreError::Busy) => is_unsaved = true,
            Err(error) => return visit.store_trouble(&error, Some("/admin/managers/new")),
        }
    }
    let forms = match choices(&site, &asking.caller).await {
        Ok(forms) => forms,
        Err(error) => return visit.store_trouble(&error, Some("/admin/managers/new")),
    };
    let kept = |typed: &str| typed.chars().take(254).collect::<String>();
    let (name, phone, mail) = (kept(&form.name), kept(&form.phone), kept(&form.mail));
    let typed = RegisterPage { name, phone, mail, lang, form: chosen, forms, wrong, is_unsaved };
    if is_unsaved {
        return again_soon(show_register(visit, &asking, StatusCode::SERVICE_UNAVAILABLE, typed));
    }
    show_register(visit, &asking, StatusCode::UNPROCESSABLE_ENTITY, typed)
}

fn said(account: AccountId, said: Said) -> String {
    format!("{MANAGERS}/{account}?said={}", said.word())
}

/// `GET /admin/managers/{account}`.
pub async fn manager(visit: Visit, uri: Uri, headers: HeaderMap, Path(account): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let said = query_value(&uri, "said").and_then(|word| Said::of_word(&word));
    show_manager(visit, &asking, account.parse().ok(), StatusCode::OK, None, said).await
}

async fn show_manager(
    visit: Visit,
    asking: &Administrator,
    account: Option<AccountId>,
    status: StatusCode,
    typed: Option<Typed>,
    said: Option<Said>,
) -> Response {
    let Some(account) = account else { return missing_manager(visit, asking) };
    let ManagerFile { manager, codes, pay_links, letters, is_ours } = match visit.site.managers.one(&asking.caller, account).await {
        Ok(Some(file)) => file,
        Ok(None) => return missing_manager(visit, asking),
        Err(error) => return visit.store_trouble(&error, Some(MANAGERS)),
    };
    let kept = || Typed {
        name: manager.name.clone(),
        mail: manager.mail.as_ref().map(|mail| mail.as_str().to_owned()).unwrap_or_default(),
        lang: manager.lang,
        ..Typed::default()
    };
    let shown = admin::ManagerPage {
        line: line(&manager, visit.now),
        has_password: manager.has_password,
        codes,
        pay_links,
        letters: letters.into_iter().map(letter_line).collect(),
        typed: typed.unwrap_or_else(kept),
        is_ours,
        said,
        now: visit.now,
    };
    let path = format!("{MANAGERS}/{account}");
    let html = admin::manager_page(shell(&visit, &path), &asking.signed, &shown);
    answer(visit, status, html)
}

fn letter_line(sent: SentLetter) -> admin::LetterLine {
    let SentLetter { kind, address, last } = sent;
    admin::LetterLine { kind, address, state: last.state, reason: last.reason, at_ms: last.at_ms, tries: last.tries }
}

/// What the page posts that corrects a contact.
#[derive(Deserialize)]
pub struct ContactForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    mail: String,
    #[serde(default)]
    lang: String,
}

/// `POST /admin/managers/{account}/contact`.
pub async fn contact(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(account): Path<String>,
    Form(form): Form<ContactForm>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(account) = account.parse::<AccountId>() else { return missing_manager(visit, &asking) };
    let lang = Lang::of_word(&form.lang).unwrap_or_default();
    let (Some(name), Some(mail)) = (person_name(&form.name), MailAddress::parse(&form.mail)) else {
        let typed = Typed {
            name: form.name.chars().take(254).collect(),
            mail: form.mail.chars().take(254).collect(),
            lang,
            is_name_wrong: person_name(&form.name).is_none(),
            is_mail_wrong: MailAddress::parse(&form.mail).is_none(),
        };
        return show_manager(visit, &asking, Some(account), StatusCode::UNPROCESSABLE_ENTITY, Some(typed), None).await;
    };
    let before = site.managers.one(&asking.caller, account).await.ok().flatten();
    let is_sent = before.is_some_and(|file| {
        !file.manager.has_password && file.manager.suspended_at_ms.is_none() && file.manager.mail.as_ref() != Some(&mail)
    });
    match site.managers.correct(&asking.caller, account, name, mail, lang).await {
        Ok(Done::Now) => visit.redirect(&said(account, if is_sent { Said::SavedSent } else { Said::Saved })),
        Ok(Done::Before) => visit.redirect(&said(account, Said::Same)),
        other => after(visit, &asking, account, other, Said::Saved),
    }
}

/// `POST /admin/managers/{account}/send`.
pub async fn send(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Path(account): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(account) = account.parse::<AccountId>() else { return missing_manager(visit, &asking) };
    match site.managers.write_again(&asking.caller, account).await {
        Ok(Done::Before) => visit.redirect(&said(account, Said::Just)),
        other => after(visit, &asking, account, other, Said::Sent),
    }
}

/// What the page posts that suspends somebody.
#[derive(Deserialize)]
pub struct SuspendForm {
    #[serde(default)]
    codes: String,
}

/// `POST /admin/managers/{account}/suspend`.
pub async fn suspend(
    State(site): State<Site>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Path(account): Path<String>,
    Form(form): Form<SuspendForm>,
) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(account) = account.parse::<AccountId>() else { return missing_manager(visit, &asking) };
    let done = site.managers.suspend(&asking.caller, account, form.codes == "stop").await;
    after(visit, &asking, account, done, Said::Suspended)
}

/// `POST /admin/managers/{account}/reinstate`.
pub async fn reinstate(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap, Path(account): Path<String>) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Ok(account) = account.parse::<AccountId>() else { return missing_manager(visit, &asking) };
    let done = site.managers.reinstate(&asking.caller, account).await;
    after(visit, &asking, account, done, Said::Reinstated)
}

/// Back to the manager, with what became of it.
fn after(visit: Visit, asking: &Administrator, account: AccountId, done: Result<Done, StoreError>, now: Said) -> Response {
    let word = match done {
        Ok(Done::Now) => now,
        Ok(Done::Before) => Said::Before,
        Ok(Done::NotFound) => return missing_manager(visit, asking),
        Ok(Done::NoAddress) => Said::NoAddress,
        Ok(Done::Suspended) => Said::IsSuspended,
        Ok(Done::NotYours) => Said::NotOurs,
        Err(error) => return visit.store_trouble(&error, Some(MANAGERS)),
    };
    visit.redirect(&said(account, word))
}

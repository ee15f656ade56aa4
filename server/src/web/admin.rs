//! The administrator's pages: signing in and out, and keeping managers. Who asks and for which organisation always comes from the
//! session.

use app::admin::{self, AdminShell, AdminSignIn, AdminWhy, FormChoice, ManagersPage, RegisterPage, RegisterRefusal, Said, Signed, Typed};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use domain::account::{Lang, Phone, person_name};
use domain::device::Device;
use domain::letter::{Invitation, MailAddress};
use domain::{AccountId, Caller, Millis, Role};
use serde::Deserialize;
use uuid::Uuid;

use super::limits::Act;
use super::next::{self, decode, encode};
use super::sign_in::agent;
use super::visit::{Visit, query_value};
use super::{choosing, cookies, headers};
use crate::managers::{Done, ManagerFile, NewManager, Registered};
use crate::sign_in::{Admitted, Shown, SignInRefusal};
use crate::site::Site;
use crate::store::StoreError;
use crate::store::letters::SentLetter;
use crate::store::managers::StoredManager;
use crate::store::sessions::{EndWhy, Session};

/// Where an administrator begins.
const HOME: &str = "/admin";

/// Where the managers are listed.
const MANAGERS: &str = "/admin/managers";

/// Managers on a page of the list.
const PAGE_ROWS: usize = 50;

/// Somebody who may see these pages.
pub(super) struct Administrator {
    pub(super) caller: Caller,
    pub(super) signed: Signed,
}

/// Who asks, or the answer when nobody does.
pub(super) async fn administrator(visit: Visit, uri: &Uri, headers: &HeaderMap) -> Result<(Visit, Administrator), Response> {
    let token = cookies::get(headers, cookies::ADMIN);
    let found = match token {
        None => None,
        Some(token) => match visit.site.sign_ins.session(token).await {
            Ok(found) => found.filter(|session| session.caller.role == Role::Administrator),
            Err(error) => return Err(visit.store_trouble(&error, Some(uri.path()))),
        },
    };
    match found {
        Some(Session { caller, account_name, tenant_name, .. }) => {
            Ok((visit, Administrator { caller, signed: Signed { name: account_name, organisation: tenant_name } }))
        }
        None => {
            let why = if token.is_some() { "ended" } else { "needed" };
            let asked = uri.path_and_query().map_or(HOME, |path| path.as_str());
            Err(visit.redirect(&format!("/admin/sign-in?why={why}&next={}", encode(asked))))
        }
    }
}

pub(super) fn shell<'a>(visit: &'a Visit, path: &'a str) -> AdminShell<'a> {
    AdminShell {
        prefs: visit.prefs,
        css: &visit.site.client.admin_css,
        is_demo: visit.site.demo.is_some(),
        has_mail: visit.site.letters.mailer.is_some(),
        path,
    }
}

pub(super) fn answer(visit: Visit, status: StatusCode, html: String) -> Response {
    visit.app_page(status, html, headers::PLAIN)
}

/// `GET /admin/sign-in`.
pub async fn door(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let why = match query_value(&uri, "why").as_deref() {
        Some("needed") => Some(AdminWhy::Needed),
        Some("signed_out") => Some(AdminWhy::SignedOut),
        Some("ended") => Some(how_it_ended(&visit, &headers).await),
        _ => None,
    };
    let next = next::safe(query_value(&uri, "next").as_deref(), HOME);
    show_door(visit, StatusCode::OK, &AdminSignIn { phone: String::new(), why, next })
}

/// When and with what somebody signed in elsewhere (row E6), where that ended the session.
async fn how_it_ended(visit: &Visit, headers: &HeaderMap) -> AdminWhy {
    let Some(token) = cookies::get(headers, cookies::ADMIN) else { return AdminWhy::Ended };
    match visit.site.sign_ins.ended(token).await {
        Ok(Some(ended)) if ended.why == EndWhy::Elsewhere => {
            let device = Device::of_agent(&ended.by_device.unwrap_or_default());
            AdminWhy::Elsewhere { at_ms: ended.ended_at_ms, device, now: visit.now }
        }
        _ => AdminWhy::Ended,
    }
}

fn show_door(visit: Visit, status: StatusCode, sign_in: &AdminSignIn) -> Response {
    let html = admin::sign_in_page(shell(&visit, "/admin/sign-in"), sign_in);
    let mut response = answer(visit, status, html);
    if let Some(AdminWhy::Later { after_s }) = sign_in.why {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after_s));
    }
    response
}

/// What the sign-in page posts.
#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /admin/sign-in`.
pub async fn sign_in(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(form): Form<SignInForm>) -> Response {
    let next = next::safe(Some(&form.next), HOME);
    let phone: String = form.phone.chars().take(30).collect();
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        let again = AdminSignIn { phone, why: Some(AdminWhy::Later { after_s }), next };
        return show_door(visit, StatusCode::TOO_MANY_REQUESTS, &again);
    }
    let admitted = match site.sign_ins.admit(Role::Administrator, &form.phone, &form.password).await {
        Ok(admitted) => admitted,
        Err(refusal) => return refuse(visit, &refusal, phone, next),
    };
    match choosing::choose(visit, admitted, &next).await {
        Ok((visit, admitted)) => go_on(visit, &headers, admitted, &next).await,
        Err(response) => response,
    }
}

/// On from the right password and the organisation.
pub(super) async fn go_on(mut visit: Visit, headers: &HeaderMap, admitted: Admitted, next: &str) -> Response {
    let phone = admitted.phone.as_str().to_owned();
    let site = visit.site.clone();
    match site.sign_ins.begin(admitted, agent(headers), Shown::Nothing).await {
        Ok(signed_in) => {
            metrics::counter!("shouma_sign_ins_total", "result" => "right").increment(1);
            let lasts_s = site.sign_ins.lasts_ms(Role::Administrator) / 1000;
            visit.cookies.extend(cookies::set(cookies::ADMIN, &signed_in.token, lasts_s));
            visit.redirect(next)
        }
        Err(refusal) => refuse(visit, &refusal, phone, next.to_owned()),
    }
}

/// The sign-in page with the reason why nobody is signed in.
fn refuse(visit: Visit, refusal: &SignInRefusal, phone: String, next: String) -> Response {
    let (status, why) = match refusal {
        // No identity and no code is asked for here.
        SignInRefusal::Wrong | SignInRefusal::OtherWechat | SignInRefusal::NotProven(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, AdminWhy::Wrong)
        }
        SignInRefusal::NoSeat => (StatusCode::UNPROCESSABLE_ENTITY, AdminWhy::NoSeat),
        SignInRefusal::Suspended => (StatusCode::UNPROCESSABLE_ENTITY, AdminWhy::Suspended),
        SignInRefusal::Locked { until } => (StatusCode::UNPROCESSABLE_ENTITY, AdminWhy::Locked { until_ms: *until }),
        SignInRefusal::Busy => (StatusCode::TOO_MANY_REQUESTS, AdminWhy::Later { after_s: 5 }),
        SignInRefusal::Store(error) => return visit.store_trouble(error, Some("/admin/sign-in")),
    };
    metrics::counter!("shouma_sign_ins_total", "result" => "refused").increment(1);
    show_door(visit, status, &AdminSignIn { phone, why: Some(why), next })
}

/// `POST /admin/sign-out`.
pub async fn sign_out(State(site): State<Site>, mut visit: Visit, headers: HeaderMap) -> Response {
    if let Some(token) = cookies::get(&headers, cookies::ADMIN)
        && let Err(error) = site.sign_ins.sign_out(token).await
    {
        return visit.store_trouble(&error, Some(HOME));
    }
    visit.cookies.extend(cookies::forget(cookies::ADMIN));
    visit.redirect("/admin/sign-in?why=signed_out")
}

/// `GET /admin/..`: an address without a page.
pub async fn missing(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    missing_part(visit, &asking)
}

/// The answer to somebody who asks for what their organisation does not have.
pub(super) fn missing_part(visit: Visit, asking: &Administrator) -> Response {
    let html = admin::missing_page(shell(&visit, HOME), &asking.signed, false);
    answer(visit, StatusCode::NOT_FOUND, html)
}

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
    let all = match site.managers.list(&asking.caller).await {
        Ok(all) => all,
        Err(error) => return visit.store_trouble(&error, Some(MANAGERS)),
    };
    let typed = query_value(&uri, "q").unwrap_or_default().replace('+', " ");
    let query: String = decode(&typed).trim().chars().take(60).collect();
    let page = query_value(&uri, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let shown = page_of(all, query, page, visit.now);
    let html = admin::managers_page(shell(&visit, MANAGERS), &asking.signed, shown);
    answer(visit, StatusCode::OK, html)
}

fn page_of(all: Vec<StoredManager>, query: String, page: usize, now: Millis) -> ManagersPage {
    let wanted = query.to_lowercase();
    let fits = |manager: &StoredManager| {
        let mail = manager.mail.as_ref().map_or("", MailAddress::as_str);
        [manager.name.to_lowercase().as_str(), manager.phone.as_str(), mail].iter().any(|text| text.contains(&wanted))
    };
    let found: Vec<StoredManager> = all.into_iter().filter(fits).collect();
    let count = found.len();
    let pages = count.div_ceil(PAGE_ROWS).max(1);
    let page = page.clamp(1, pages);
    let lines = found.into_iter().skip((page - 1) * PAGE_ROWS).take(PAGE_ROWS).map(|manager| line(&manager, now)).collect();
    ManagersPage { query, lines, count, page, pages, now }
}

fn line(manager: &StoredManager, now: Millis) -> admin::ManagerLine {
    let invitation = Invitation::of(manager.has_password, manager.mail.is_some(), manager.letter.as_ref(), now);
    admin::ManagerLine {
        account: manager.account,
        name: manager.name.clone(),
        phone: manager.phone.as_str().to_owned(),
        mail: manager.mail.as_ref().map(|mail| mail.as_str().to_owned()),
        standing: match manager.suspended_at_ms {
            Some(since_ms) => admin::Standing::Suspended { since_ms },
            None => admin::Standing::Free(invitation),
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
    let choice = |used: crate::store::managers::UsedForm| FormChoice {
        form: used.form,
        labels: used.schema.fields.iter().map(|field| field.label.clone()).collect(),
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
            Err(error) => return visit.store_trouble(&error, Some("/admin/managers/new")),
        }
    }
    let forms = match choices(&site, &asking.caller).await {
        Ok(forms) => forms,
        Err(error) => return visit.store_trouble(&error, Some("/admin/managers/new")),
    };
    let kept = |typed: &str| typed.chars().take(254).collect::<String>();
    let typed = RegisterPage { name: kept(&form.name), phone: kept(&form.phone), mail: kept(&form.mail), lang, form: chosen, forms, wrong };
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
    let ManagerFile { manager, pay_links, letters, is_ours } = match visit.site.managers.one(&asking.caller, account).await {
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
        codes: manager.codes,
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

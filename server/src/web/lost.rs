//! `/m/lost` and `/m/not-me`: proving who one is by a text message or a mail, to set a new password.

use app::mobile::{Door, LostPage, Ways, lost_page};
use app::ui::machine::SignInElsewhere;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use domain::account::Phone;
use domain::one_time::Purpose;
use serde::Deserialize;

use super::cookies;
use super::elsewhere::sign_in_elsewhere;
use super::headers::Policy;
use super::limits::Act;
use super::proof;
use super::visit::{Visit, query_value};
use crate::letters::lang;
use crate::proofs::Asked;
use crate::site::Site;
use crate::store::StoreError;
use crate::store::accounts::Account;

/// `GET /m/lost`: the question. The payment page of one's own code leads here with `?code=`, which opens nothing but this page
/// (row B86). The administrators' sign-in leads here with `?door=admin`.
pub async fn ask(visit: Visit, uri: Uri) -> Response {
    let door = Door::of_word(&query_value(&uri, "door").unwrap_or_default());
    let ways = ways(&visit.site, door);
    show(visit, StatusCode::OK, &LostPage::Ask { phone: String::new(), is_wrong: false, later_s: None, ways, door })
}

/// What is set up here. A text message proves no administrator, so none is offered to them.
fn ways(site: &Site, door: Door) -> Ways {
    Ways { sms: door == Door::Manager && site.proofs.is_offered(), mail: site.config.mail.is_some() }
}

/// What the page posts.
#[derive(Deserialize)]
pub struct LostForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    way: String,
    #[serde(default)]
    door: String,
}

/// `POST /m/lost`: the same answer to every number.
pub async fn send(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(form): Form<LostForm>) -> Response {
    let door = Door::of_word(&form.door);
    let ways = ways(&site, door);
    let typed: String = form.phone.chars().take(30).collect();
    let question = |is_wrong, later_s| LostPage::Ask { phone: typed.clone(), is_wrong, later_s, ways, door };
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        return later(visit, after_s, &question(false, Some(after_s)));
    }
    let Some(phone) = Phone::parse(&form.phone) else { return show(visit, StatusCode::UNPROCESSABLE_ENTITY, &question(true, None)) };
    let by_sms = ways.sms && (form.way == "sms" || !ways.mail);
    if by_sms {
        return match proof::ask(&visit, &headers, phone, Purpose::Recovery, String::new()).await {
            Ok(Asked::Made { secret }) => proof::lead_on(visit, &secret),
            Ok(Asked::Wait { after_s }) => later(visit, after_s, &question(false, Some(after_s))),
            Ok(Asked::Over) => visit.redirect(app::mobile::PROOF_PATH),
            Err(error) => visit.store_trouble(&error, Some("/m/lost")),
        };
    }
    if !ways.mail {
        return show(visit, StatusCode::OK, &question(false, None));
    }
    match site.letters.recover(phone, lang(visit.prefs.locale)).await {
        Ok(()) => show(visit, StatusCode::OK, &LostPage::Asked { door }),
        Err(error) => visit.store_trouble(&error, Some("/m/lost")),
    }
}

/// Somebody who may report a foreign sign-in.
struct Reporter {
    account: Account,
    /// The sign-in that ended their session; `None` when they are signed in.
    fact: Option<SignInElsewhere>,
    /// The masked address of a mail.
    mail: Option<String>,
    /// The masked number of a text message.
    phone: Option<String>,
}

impl Reporter {
    fn page(&self, later_s: Option<u32>) -> LostPage {
        LostPage::NotMe { fact: self.fact, mail: self.mail.clone(), phone: self.phone.clone(), later_s }
    }
}

/// `GET /m/not-me`: for the browser whose session a sign-in elsewhere ended, and for whoever is signed in and looks at the history;
/// anybody else is asked for the number.
pub async fn not_me(visit: Visit, headers: HeaderMap) -> Response {
    match reporter(&visit, &headers).await {
        Ok(Some(reporter)) => show(visit, StatusCode::OK, &reporter.page(None)),
        Ok(None) => visit.redirect("/m/lost"),
        Err(error) => visit.store_trouble(&error, Some("/m/lost")),
    }
}

/// What the page posts.
#[derive(Deserialize)]
pub struct ReportForm {
    #[serde(default)]
    way: String,
}

/// `POST /m/not-me`: sends the code or the link; only that proof does anything.
pub async fn report(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(form): Form<ReportForm>) -> Response {
    let reporter = match reporter(&visit, &headers).await {
        Ok(Some(reporter)) => reporter,
        Ok(None) => return visit.redirect("/m/not-me"),
        Err(error) => return visit.store_trouble(&error, Some("/m/not-me")),
    };
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        return later(visit, after_s, &reporter.page(Some(after_s)));
    }
    if reporter.phone.is_some() && (form.way == "sms" || reporter.mail.is_none()) {
        return match proof::ask(&visit, &headers, reporter.account.phone.clone(), Purpose::NotMe, String::new()).await {
            Ok(Asked::Made { secret }) => proof::lead_on(visit, &secret),
            Ok(Asked::Wait { after_s }) => later(visit, after_s, &reporter.page(Some(after_s))),
            Ok(Asked::Over) => visit.redirect(app::mobile::PROOF_PATH),
            Err(error) => visit.store_trouble(&error, Some("/m/not-me")),
        };
    }
    let Some(mail) = reporter.mail else { return visit.redirect("/m/not-me") };
    match site.letters.not_me(reporter.account, lang(visit.prefs.locale)).await {
        Ok(()) => show(visit, StatusCode::OK, &LostPage::Told { mail }),
        Err(error) => visit.store_trouble(&error, Some("/m/not-me")),
    }
}

async fn reporter(visit: &Visit, headers: &HeaderMap) -> Result<Option<Reporter>, StoreError> {
    let site = &visit.site;
    let Some(token) = cookies::get(headers, cookies::SESSION) else { return Ok(None) };
    let (account, fact) = match site.sign_ins.session(token).await? {
        Some(session) => (session.caller.account, None),
        None => {
            let Some((account, fact)) = sign_in_elsewhere(site, token, visit.now).await? else { return Ok(None) };
            (account, Some(fact))
        }
    };
    let Some(account) = site.letters.account(account).await? else { return Ok(None) };
    let mail = account.mail.as_ref().filter(|_| site.config.mail.is_some()).map(|mail| mail.masked());
    let phone = site.proofs.may_prove(account.id).await?.then(|| account.phone.masked());
    Ok(Some(Reporter { account, fact, mail, phone }))
}

fn later(visit: Visit, after_s: u32, page: &LostPage) -> Response {
    let mut response = show(visit, StatusCode::TOO_MANY_REQUESTS, page);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after_s));
    response
}

fn show(visit: Visit, status: StatusCode, page: &LostPage) -> Response {
    let policy = Policy { nonce: &visit.nonce, form_origins: &[], demo_origin: None }.app();
    let html = lost_page(visit.prefs, &visit.nonce, &visit.site.client.mobile, page);
    visit.app_page(status, html, &policy)
}

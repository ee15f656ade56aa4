//! `/m/lost` and `/m/not-me`: a link to set a new password, by mail.

use app::mobile::{LostPage, lost_page};
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::account::Phone;
use domain::device::Device;
use serde::Deserialize;

use super::cookies;
use super::headers::Policy;
use super::limits::Act;
use super::visit::Visit;
use crate::letters::lang;
use crate::site::Site;
use crate::store::StoreError;
use crate::store::sessions::{EndWhy, Ended};

/// `GET /m/lost`: the question. Scanning one's own code leads here with `?code=`, which opens nothing but this page (row B86).
pub async fn ask(visit: Visit) -> Response {
    show(visit, StatusCode::OK, &LostPage::Ask { phone: String::new(), is_wrong: false, later_s: None })
}

/// What the page posts.
#[derive(Deserialize)]
pub struct LostForm {
    #[serde(default)]
    phone: String,
}

/// `POST /m/lost`: the same answer to every number.
pub async fn send(State(site): State<Site>, visit: Visit, Form(form): Form<LostForm>) -> Response {
    let typed: String = form.phone.chars().take(30).collect();
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        return later(visit, typed, after_s);
    }
    let Some(phone) = Phone::parse(&form.phone) else {
        return show(visit, StatusCode::UNPROCESSABLE_ENTITY, &LostPage::Ask { phone: typed, is_wrong: true, later_s: None });
    };
    match site.letters.recover(phone, lang(visit.prefs.locale)).await {
        Ok(()) => show(visit, StatusCode::OK, &LostPage::Asked),
        Err(error) => visit.store_trouble(&error, Some("/m/lost")),
    }
}

fn later(visit: Visit, phone: String, after_s: u32) -> Response {
    let mut response = show(visit, StatusCode::TOO_MANY_REQUESTS, &LostPage::Ask { phone, is_wrong: false, later_s: Some(after_s) });
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after_s));
    response
}

/// `GET /m/not-me`: for the browser whose session a sign-in elsewhere ended; anybody else is asked for the number.
pub async fn not_me(State(site): State<Site>, visit: Visit, headers: HeaderMap) -> Response {
    match evicted(&site, &headers).await {
        Ok(Some((ended, mail))) => {
            let device = Device::of_agent(ended.by_device.as_deref().unwrap_or_default());
            let page = LostPage::NotMe { at_ms: ended.ended_at_ms, device, mail, now: visit.now };
            show(visit, StatusCode::OK, &page)
        }
        Ok(None) => visit.redirect("/m/lost"),
        Err(error) => visit.store_trouble(&error, Some("/m/lost")),
    }
}

/// `POST /m/not-me`: sends the link; it acts only after that proof.
pub async fn report(State(site): State<Site>, visit: Visit, headers: HeaderMap) -> Response {
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        return later(visit, String::new(), after_s);
    }
    let (ended, mail) = match evicted(&site, &headers).await {
        Ok(Some((ended, Some(mail)))) => (ended, mail),
        Ok(_) => return visit.redirect("/m/not-me"),
        Err(error) => return visit.store_trouble(&error, Some("/m/not-me")),
    };
    match site.letters.not_me(&ended, lang(visit.prefs.locale)).await {
        Ok(()) => show(visit, StatusCode::OK, &LostPage::Told { mail }),
        Err(error) => visit.store_trouble(&error, Some("/m/not-me")),
    }
}

/// The session of this browser, if a sign-in elsewhere ended it, and its owner's masked address.
async fn evicted(site: &Site, headers: &HeaderMap) -> Result<Option<(Ended, Option<String>)>, StoreError> {
    let Some(token) = cookies::get(headers, cookies::SESSION) else { return Ok(None) };
    let Some(ended) = site.sign_ins.ended(token).await?.filter(|ended| ended.why == EndWhy::Elsewhere) else { return Ok(None) };
    let owner = site.letters.owner(&ended).await?;
    Ok(Some((ended, owner.and_then(|owner| owner.mail).map(|mail| mail.masked()))))
}

fn show(visit: Visit, status: StatusCode, page: &LostPage) -> Response {
    let policy = Policy { nonce: &visit.nonce, form_origins: &[], demo_origin: None }.app();
    let html = lost_page(visit.prefs, &visit.nonce, &visit.site.client.mobile, page);
    visit.app_page(status, html, &policy)
}

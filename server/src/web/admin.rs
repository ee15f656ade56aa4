//! The administrator's door: signing in and out, and who asks. Who that is and for which organisation always comes from the session.

use app::admin::{self, AdminShell, AdminSignIn, AdminWhy, Signed};
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use domain::{Caller, Role};
use serde::Deserialize;

use super::elsewhere::sign_in_elsewhere;
use super::limits::Act;
use super::next::{self, encode};
use super::sign_in::agent;
use super::visit::{Visit, query_value};
use super::{choosing, cookies, headers, trusting};
use crate::sign_in::{Admitted, Shown, SignInRefusal};
use crate::site::Site;
use crate::store::sessions::{EndWhy, Ended, Session};

/// Where an administrator begins.
const HOME: &str = "/admin";

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
        None => Err(signed_out(visit, uri, headers).await),
    }
}

/// The path that is asked for.
fn asked(uri: &Uri) -> &str {
    uri.path_and_query().map_or(HOME, |path| path.as_str())
}

/// The address of the sign-in page that says `why` and leads on to `next`.
fn to_door(why: &str, next: &str) -> String {
    format!("/admin/sign-in?why={why}&next={}", encode(next))
}

/// To the sign-in page and from there back. What was typed into a form waits meanwhile on the page that answers it.
async fn signed_out(visit: Visit, uri: &Uri, headers: &HeaderMap) -> Response {
    let (had_session, sent) = (cookies::get(headers, cookies::ADMIN).is_some(), visit.sent.as_ref());
    let door = if had_session { "ended" } else { "needed" };
    // Whoever signed out in another tab has no session either, and a form that was open in this one.
    let kept = sent.and_then(|sent| Some((sent.to.clone(), sent.pairs().filter(|pairs| had_session || !pairs.is_empty())?)));
    let Some((to, pairs)) = kept else { return visit.redirect(&to_door(door, asked(uri))) };
    let why = how_it_ended(&visit, headers).await;
    // A form has an address of its own, which shows nothing: back to the page on which it stands.
    let page = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok()?.parse::<Uri>().ok());
    let next = next::safe(page.as_ref().and_then(|page| page.path_and_query()).map(|path| path.as_str()), HOME);
    let html = admin::kept_page(shell(&visit, HOME), why, &to_door(door, &next), &to, &pairs);
    answer(visit, StatusCode::UNAUTHORIZED, html)
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
    let next = next::in_query(&uri, HOME);
    show_door(visit, StatusCode::OK, &AdminSignIn { phone: String::new(), why, next })
}

/// When and with what somebody signed in elsewhere (row E6), where that ended the session, or that it was not used.
async fn how_it_ended(visit: &Visit, headers: &HeaderMap) -> AdminWhy {
    let Some(token) = cookies::get(headers, cookies::ADMIN) else { return AdminWhy::Ended };
    match sign_in_elsewhere(&visit.site, token, visit.now).await {
        Ok(Some((_, elsewhere))) => AdminWhy::Elsewhere(elsewhere),
        _ if was_unused(&visit.site, token).await => AdminWhy::Unused { minutes: visit.site.sign_ins.administrator_idle_ms / 60_000 },
        _ => AdminWhy::Ended,
    }
}

/// Whether a session ended before its time because nobody used it.
async fn was_unused(site: &Site, token: &str) -> bool {
    let lasts_ms = site.sign_ins.lasts_ms(Role::Administrator);
    let is_early = |ended: &Ended| ended.why == EndWhy::Expired && ended.ended_at_ms < ended.created_at_ms.plus_ms(lasts_ms);
    site.sign_ins.ended(token).await.ok().flatten().as_ref().is_some_and(is_early)
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
    let trusts = trusting::held(&visit, &headers);
    let admitted = match site.sign_ins.admit(Role::Administrator, &form.phone, &form.password, &trusts).await {
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
            trusting::keep(&mut visit, headers, &signed_in.trust);
            site.live.signed_in(signed_in.caller.account);
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
    if let Some(token) = cookies::get(&headers, cookies::ADMIN) {
        if let Err(error) = site.sign_ins.sign_out(token).await {
            return visit.store_trouble(&error, Some(HOME));
        }
        site.live.ended(cookies::sha256(token));
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

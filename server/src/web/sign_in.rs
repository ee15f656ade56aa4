//! Signing in to the manager's app, and out of it.

use app::manager::{SignIn, SignInWhy};
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use domain::Role;
use domain::account::Phone;
use serde::Deserialize;

use super::headers::Policy;
use super::limits::Act;
use super::manager::{safe_next, show};
use super::visit::Visit;
use super::{choosing, cookies, identify, trusting};
use crate::sign_in::{Admitted, Shown, SignInRefusal, SignedIn};
use crate::site::Site;

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

/// `POST /m/sign-in`: checks what was typed. Inside WeChat, the trip that tells who it is there comes before the session.
pub async fn sign_in(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(form): Form<SignInForm>) -> Response {
    let next = safe_next(Some(&form.next));
    let phone: String = form.phone.chars().take(30).collect();
    if let Err(after_s) = site.gate.pass(Act::SignIn, visit.address) {
        return door(visit, SignIn { phone, why: Some(SignInWhy::Later { after_s }), next }).await;
    }
    // A slip of the finger is no guess at a password, and is named as what it is.
    if Phone::parse(&form.phone).is_none() {
        return door(visit, SignIn { phone, why: Some(SignInWhy::NotAPhone), next }).await;
    }
    let trusts = trusting::held(&visit, &headers);
    let admitted = match site.sign_ins.admit(Role::Manager, &form.phone, &form.password, &trusts).await {
        Ok(admitted) => admitted,
        Err(refusal) => return refuse(visit, &refusal, &phone, &next).await,
    };
    match choosing::choose(visit, admitted, &next).await {
        Ok((visit, admitted)) => go_on(visit, &headers, admitted, &next).await,
        Err(response) => response,
    }
}

/// On from the right password and the organisation, inside WeChat through WeChat.
pub(super) async fn go_on(visit: Visit, headers: &HeaderMap, admitted: Admitted, next: &str) -> Response {
    if identify::can_tell(headers) {
        return identify::begin(visit, admitted, next);
    }
    let phone = admitted.phone.as_str().to_owned();
    match visit.site.sign_ins.begin(admitted, agent(headers), Shown::Nothing).await {
        Ok(signed_in) => enter(visit, headers, &signed_in, next),
        Err(refusal) => refuse(visit, &refusal, &phone, next).await,
    }
}

/// What the browser calls itself.
pub(super) fn agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default()
}

/// In, and on to `next`.
pub(super) fn enter(mut visit: Visit, headers: &HeaderMap, signed_in: &SignedIn, next: &str) -> Response {
    metrics::counter!("shouma_sign_ins_total", "result" => "right").increment(1);
    visit.site.live.signed_in(signed_in.caller.account);
    visit.cookies.extend(cookies::set(cookies::SESSION, &signed_in.token, visit.site.config.session_ms / 1000));
    trusting::keep(&mut visit, headers, &signed_in.trust);
    visit.redirect(&safe_next(Some(next)))
}

/// The sign-in page with the reason why nobody is signed in.
pub(super) async fn refuse(visit: Visit, refusal: &SignInRefusal, phone: &str, next: &str) -> Response {
    let why = match refusal {
        SignInRefusal::Wrong | SignInRefusal::NotProven(_) => {
            metrics::counter!("shouma_sign_ins_total", "result" => "wrong").increment(1);
            SignInWhy::Wrong
        }
        SignInRefusal::Locked { until } => {
            metrics::counter!("shouma_sign_ins_total", "result" => "locked").increment(1);
            SignInWhy::Locked { until_ms: *until }
        }
        SignInRefusal::NoSeat => SignInWhy::NoSeat,
        SignInRefusal::Suspended => SignInWhy::Suspended,
        SignInRefusal::OtherWechat => SignInWhy::OtherWechat,
        SignInRefusal::Busy => SignInWhy::Later { after_s: 5 },
        SignInRefusal::Store(error) => return visit.store_trouble(error, Some("/m/sign-in")),
    };
    door(visit, SignIn { phone: phone.to_owned(), why: Some(why), next: next.to_owned() }).await
}

/// The sign-in page.
pub(super) async fn door(visit: Visit, sign_in: SignIn) -> Response {
    show(visit, &Uri::from_static("/m/sign-in"), &HeaderMap::new(), None, sign_in).await
}

/// `POST /m/sign-out`.
pub async fn sign_out(State(site): State<Site>, mut visit: Visit, headers: HeaderMap) -> Response {
    if let Some(token) = cookies::get(&headers, cookies::SESSION) {
        if let Err(error) = site.sign_ins.sign_out(token).await {
            return visit.store_trouble(&error, Some("/m/settings"));
        }
        // Other tabs of this browser show the same session.
        site.live.ended(cookies::sha256(token));
    }
    visit.cookies.extend(cookies::forget(cookies::SESSION));
    visit.redirect("/m/sign-in?why=signed_out")
}

/// A page before the door inside WeChat, such as the sign-in page: its form leads through WeChat, which the page's policy has to allow.
pub(super) fn in_wechat(visit: Visit, status: StatusCode, html: String) -> Response {
    let origins = [visit.site.oauth.authorize_origin()];
    let policy = Policy { nonce: &visit.nonce, form_origins: &origins, demo_origin: None }.app();
    visit.app_page(status, html, &policy)
}

//! The manager's app: its pages, signing in and out, preferences, and the server functions of its screens.

use std::sync::Arc;

use app::concerns::Concerns;
use app::manager::{Collecting, SignIn, SignInWhy};
use app::mobile::{self, Answer, Backend, Bundle, KeptForm};
use app::pay::NoticeKind;
use app::receipts::Receipts;
use app::{Locale, Refusal};
use axum::Form;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::{Caller, CodeId, ConcernId, Role};
use leptos::prelude::{AnyView, provide_context};
use leptos::server_fn::error::FromServerFnError;
use serde::Deserialize;

use super::elsewhere::sign_in_elsewhere;
use super::messages::MessagesDesk;
use super::next::{self, encode};
use super::visit::{Visit, prefs_of, query_value};
use super::{cookies, sign_in};
use crate::codes::Kept;
use crate::desk::ManagerDesk;
use crate::qr;
use crate::site::Site;
use crate::store::{StoreError, codes};

/// Where a manager begins.
const HOME: &str = "/m";

/// `GET /m/..`: a screen, or the sign-in page.
pub async fn screen(State(site): State<Site>, visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let caller = match caller(&site, &headers).await {
        Ok(caller) => caller,
        Err(response) => return response,
    };
    if uri.path() == "/m/sign-in" && caller.is_some() && query_value(&uri, "why").is_none() {
        return visit.redirect(&next::in_query(&uri, HOME));
    }
    let why = match query_value(&uri, "why").and_then(|word| SignInWhy::of_word(&word)) {
        Some(SignInWhy::Ended) => Some(how_it_ended(&visit, &headers).await),
        why => why,
    };
    let sign_in = SignIn { phone: String::new(), why, next: next::in_query(&uri, HOME) };
    show(visit, &uri, &headers, caller, sign_in).await
}

/// A plain screen at `address` for which everything was read before.
pub(super) async fn show_plain(
    visit: Visit,
    caller: Caller,
    address: &str,
    status: StatusCode,
    title: &str,
    screen: impl FnOnce(Locale) -> AnyView + Send,
) -> Response {
    let site = visit.site.clone();
    let request = request(&visit, address, "", Some(caller), SignIn::default());
    let html = mobile::answer_with(request, &site.client.mobile, &backend(&visit), &caller, title, screen).await;
    visit.screen(status, html)
}

fn request(visit: &Visit, path: &str, query: &str, caller: Option<Caller>, sign_in: SignIn) -> mobile::Visit {
    mobile::Visit {
        path: path.to_owned(),
        query: query.to_owned(),
        prefs: visit.prefs,
        caller,
        nonce: visit.nonce.clone(),
        is_demo: visit.site.demo.is_some(),
        sign_in,
    }
}

fn backend(visit: &Visit) -> Backend {
    let desk = Arc::new(ManagerDesk::new(visit.site.clone(), visit.prefs.locale));
    let listening = Arc::new(MessagesDesk { site: visit.site.clone(), is_wechat: visit.is_wechat });
    Backend { collecting: desk.clone(), receipts: desk.clone(), concerns: desk, listening }
}

/// When and with what somebody signed in elsewhere (row E6), where that ended this browser's session.
async fn how_it_ended(visit: &Visit, headers: &HeaderMap) -> SignInWhy {
    let Some(token) = cookies::get(headers, cookies::SESSION) else { return SignInWhy::Ended };
    match sign_in_elsewhere(&visit.site, token, visit.now).await {
        Ok(Some((_, elsewhere))) => SignInWhy::Elsewhere(elsewhere),
        _ => SignInWhy::Ended,
    }
}

pub(super) async fn show(visit: Visit, uri: &Uri, headers: &HeaderMap, caller: Option<Caller>, sign_in: SignIn) -> Response {
    let site = visit.site.clone();
    let request = request(&visit, uri.path(), uri.query().unwrap_or_default(), caller, sign_in);
    let backend = backend(&visit);
    let bundle: &Bundle = &site.client.mobile;
    let later = match request.sign_in.why {
        Some(SignInWhy::Later { after_s }) => Some(after_s),
        _ => None,
    };
    match mobile::answer(request, bundle, &backend).await {
        Answer::Page { status, html } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let is_door = uri.path() == "/m/sign-in" && visit.is_wechat;
            let mut response = if is_door { sign_in::in_wechat(visit, status, html) } else { visit.screen(status, html) };
            if let Some(after_s) = later {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after_s));
            }
            response
        }
        Answer::SignIn { next } => visit.redirect(&to_door(headers, &next)),
    }
}

/// Who is signed in, or the answer when the store does not say.
async fn caller(site: &Site, headers: &HeaderMap) -> Result<Option<Caller>, Response> {
    let Some(token) = cookies::get(headers, cookies::SESSION) else { return Ok(None) };
    match site.sign_ins.session(token).await {
        Ok(found) => Ok(found.map(|found| found.caller).filter(|caller| caller.role == Role::Manager)),
        Err(error) => {
            tracing::error!(%error, "a session could not be read");
            Err((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], "busy").into_response())
        }
    }
}

/// The manager who is signed in, or the way to the sign-in page and from there back to `back`.
pub(super) async fn signed_in(visit: Visit, headers: &HeaderMap, back: &str) -> Result<(Visit, Caller), Response> {
    match caller(&visit.site, headers).await? {
        Some(caller) => Ok((visit, caller)),
        None => Err(signed_out(visit, headers, back).await),
    }
}

/// To the sign-in page and from there back. What was typed into a form waits meanwhile on the page that answers it.
async fn signed_out(visit: Visit, headers: &HeaderMap, back: &str) -> Response {
    let door = to_door(headers, back);
    let kept = visit.sent.as_ref().and_then(|sent| Some((sent.to.clone(), sent.pairs().filter(|pairs| !pairs.is_empty())?)));
    let Some((to, pairs)) = kept else { return visit.redirect(&door) };
    let kept = KeptForm { why: how_it_ended(&visit, headers).await, sign_in: &door, to: &to, pairs: &pairs };
    let html = mobile::kept_page(visit.prefs, &visit.nonce, &visit.site.client.mobile, kept);
    visit.screen(StatusCode::UNAUTHORIZED, html)
}

/// The address of the sign-in page that says whether a session has ended, and leads on to `back`.
fn to_door(headers: &HeaderMap, back: &str) -> String {
    let had_session = cookies::get(headers, cookies::SESSION).is_some();
    format!("/m/sign-in?why={}&next={}", if had_session { "ended" } else { "needed" }, encode(back))
}

/// There is no such thing under `list` for whoever asks, which is said of what is somebody else's as well.
pub(super) async fn missing(visit: Visit, caller: Caller, list: &str) -> Response {
    let title = mobile::not_a_page_title(visit.prefs.locale);
    // What was asked for is no part of the answer, but the tab that leads there is.
    let address = format!("{list}/missing");
    show_plain(visit, caller, &address, StatusCode::NOT_FOUND, title, mobile::not_a_page).await
}

/// What the settings page posts: any of the three.
#[derive(Deserialize)]
pub struct Liked {
    lang: Option<String>,
    theme: Option<String>,
    mode: Option<String>,
}

/// `POST /m/settings`: keeps how somebody likes the screens.
pub async fn settings(State(site): State<Site>, mut visit: Visit, Form(liked): Form<Liked>) -> Response {
    let wishes = [
        ("lang", liked.lang, &["zh", "en"][..]),
        ("theme", liked.theme, &["auto", "light", "dark"]),
        ("mode", liked.mode, &["normal", "care"]),
    ];
    for (name, value, allowed) in wishes {
        if let Some(value) = value.filter(|value| allowed.contains(&value.as_str())) {
            visit.cookies.extend(cookies::preference(name, &value, site.is_https()));
        }
    }
    visit.redirect("/m/settings")
}

/// What the button on a concern posts.
#[derive(Deserialize)]
pub struct SeenForm {
    #[serde(default)]
    id: String,
    #[serde(default)]
    next: String,
}

/// `POST /m/concerns/seen`: the caller has seen it; back to where the button stood.
pub async fn seen(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(form): Form<SeenForm>) -> Response {
    let next = Some(safe_next(Some(&form.next))).filter(|next| next != HOME).unwrap_or_else(|| "/m/concerns".to_owned());
    let caller = match caller(&site, &headers).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return visit.redirect(&to_door(&headers, &next)),
        Err(response) => return response,
    };
    let Ok(id) = form.id.parse::<ConcernId>() else { return visit.redirect(&next) };
    match ManagerDesk::new(site, visit.prefs.locale).see(&caller, id).await {
        // Somebody else's is passed over: the list shows what is the caller's.
        Ok(_) | Err(Refusal::NotFound) => visit.redirect(&next),
        Err(_) => visit.notice(StatusCode::SERVICE_UNAVAILABLE, &NoticeKind::Busy, None, Some(&next)),
    }
}

/// What the page posts that asks whether to refresh.
#[derive(Deserialize)]
pub struct RefreshAsk {
    #[serde(default)]
    seen: String,
}

/// `POST /m/refresh`: refreshes the code, as the screen does when it has its program.
pub async fn refresh(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(ask): Form<RefreshAsk>) -> Response {
    keep(visit, &headers, "/m/refresh", async |caller| site.codes.refresh(caller, &ask.seen).await).await
}

/// What the page posts that asks whether to cut an old code.
#[derive(Deserialize)]
pub struct CutAsk {
    #[serde(default)]
    token: String,
}

/// `POST /m/cut`: ends an old code at once.
pub async fn cut(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(ask): Form<CutAsk>) -> Response {
    keep(visit, &headers, "/m", async |caller| site.codes.cut(caller, &ask.token).await).await
}

/// What a choice among the codes posts.
#[derive(Deserialize)]
pub struct ChooseAsk {
    #[serde(default)]
    code: String,
}

/// `POST /m/codes`: shows another code.
pub async fn choose(State(site): State<Site>, visit: Visit, headers: HeaderMap, Form(ask): Form<ChooseAsk>) -> Response {
    let Ok(code) = ask.code.parse::<CodeId>() else {
        return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, Some(HOME));
    };
    keep(visit, &headers, "/m/codes", async |caller| site.codes.choose(caller, code).await).await
}

/// `GET /m/code.png`: the code that is shown, large enough to print, for a phone without the program.
pub async fn picture(State(site): State<Site>, visit: Visit, headers: HeaderMap) -> Response {
    let caller = match caller(&site, &headers).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return visit.redirect(&to_door(&headers, HOME)),
        Err(response) => return response,
    };
    let found = async {
        let mut conn = site.store.read().await?;
        codes::app_code(&mut conn.tx(), caller.tenant, caller.account).await
    };
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return visit.store_trouble(&error, Some(HOME)),
    };
    let png = found.and_then(|found| qr::png(&format!("{}/p/{}", site.config.public_url, found.token), 20));
    match png {
        Some(png) => ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")], png).into_response(),
        None => visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, Some(HOME)),
    }
}

/// Does something to a code of the manager who is signed in, and leads back to the code.
async fn keep(visit: Visit, headers: &HeaderMap, back: &str, act: impl AsyncFnOnce(&Caller) -> Result<Kept, StoreError>) -> Response {
    let caller = match caller(&visit.site, headers).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return visit.redirect(&to_door(headers, HOME)),
        Err(response) => return response,
    };
    match act(&caller).await {
        Ok(Kept::Done(_) | Kept::Before) => visit.redirect(HOME),
        Ok(Kept::NotFound) => visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, Some(HOME)),
        Ok(Kept::Printed) => visit.notice(StatusCode::FORBIDDEN, &NoticeKind::NotFound, None, Some(HOME)),
        Err(error) => visit.store_trouble(&error, Some(back)),
    }
}

/// `POST /api/..`: the server functions of the screens, with the same context as the pages.
pub async fn api(State(site): State<Site>, request: Request<Body>) -> Response {
    let caller = match caller(&site, request.headers()).await {
        Ok(caller) => caller,
        Err(response) => return readable(response),
    };
    let locale = prefs_of(request.uri(), request.headers()).locale;
    let desk = Arc::new(ManagerDesk::new(site, locale));
    let context = move || {
        provide_context::<Arc<dyn Collecting>>(desk.clone());
        provide_context::<Arc<dyn Receipts>>(desk.clone());
        provide_context::<Arc<dyn Concerns>>(desk.clone());
        if let Some(caller) = caller {
            provide_context(caller);
        }
    };
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    let mut response = with_status(response).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The framework answers every refusal with 500. Whoever watches statuses, a proxy or an operator, is told which kind it was.
async fn with_status(response: Response) -> Response {
    /// Far longer than any refusal.
    const MOST_BYTES: usize = 64 * 1024;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, MOST_BYTES).await.unwrap_or_default();
    let refusal = serde_json::from_slice::<Refusal>(&bytes).ok();
    let mut response = Response::from_parts(parts, Body::from(bytes));
    if let Some(refusal) = refusal {
        mark(&mut response, StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &refusal);
    }
    response
}

/// A refusal in the form in which the app reads all of them.
pub fn refused(status: StatusCode, refusal: &Refusal) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], refusal.ser()).into_response();
    mark(&mut response, status, refusal);
    response
}

/// What a layer refused before the function was reached, in the form in which the app reads refusals.
pub fn readable(response: Response) -> Response {
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let refusal = match response.status() {
        _ if is_json => return response,
        StatusCode::FORBIDDEN => Refusal::NotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::Invalid { field: String::new(), why: "too_large".to_owned() },
        StatusCode::SERVICE_UNAVAILABLE => Refusal::TryLater { after_s: 2 },
        _ => return response,
    };
    refused(response.status(), &refusal)
}

fn mark(response: &mut Response, status: StatusCode, refusal: &Refusal) {
    *response.status_mut() = status;
    if let Refusal::TryLater { after_s } = refusal {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*after_s));
    }
}

/// Only a path of the manager's own app is led to after signing in.
pub(super) fn safe_next(next: Option<&str>) -> String {
    next::safe(next, HOME)
}

//! Every route, grouped by who calls it.

use std::time::Duration;

use app::Refusal;
use app::pay::NoticeKind;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::TenantId;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use uuid::Uuid;

use crate::channels::wechat::MOST_NOTICE_BYTES;
use crate::notify;
use crate::sheets;
use crate::site::Site;
use crate::store::{StoreError, payments, photos, tenants};
use crate::web::limits::Act;
use crate::web::visit::{self, Visit};
use crate::web::{
    admin, choosing, claims, deeds, diagnosing, explaining, exporting, headers, identify, importing, install, kept, lost, manager,
    messages, office, office_codes, office_debts, office_live, office_logo, office_managers, office_payments, office_stores, password,
    payer, printing, proof, receivables, refunding, reminding, sign_in, sign_ins, stream, unanswered, unread,
};

/// A file with what a form writes around it; the confirmation, whose text grows when it is encoded, is smaller than the file was.
const MOST_FORM_BYTES: usize = 4 * sheets::MOST_BYTES;

/// The form with a logo: a file that is too large for one is read as well, to a point.
const MOST_LOGO_FORM_BYTES: usize = 16 * 1024 * 1024;

/// The whole site.
pub fn router(site: Site) -> Router {
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_millis(site.config.request_timeout_ms));
    let small = RequestBodyLimitLayer::new(site.config.body_limit_bytes);

    // The payer, and whoever a receipt is shown to. A submit may carry photographs.
    let submit = Router::new()
        .route("/p/{code}", post(payer::submit))
        .layer(DefaultBodyLimit::max(site.config.photo_limit_bytes))
        .layer(RequestBodyLimitLayer::new(site.config.photo_limit_bytes));
    let payer = Router::new()
        .route("/p/{code}", get(payer::form))
        .route("/p/{code}/{payment}", get(payer::waiting))
        .route("/p/{code}/reminders", get(reminding::ask).post(reminding::wish))
        .route("/oauth/wechat", get(payer::landing))
        .route("/r/{token}", get(payer::receipt))
        .route("/r/{token}/photos/{photo}", get(photo))
        .route("/logo/{tenant}/{file}", get(logo))
        .layer(small);

    // A manager's file of receivables, and the rows of it that are confirmed.
    let imports = Router::new()
        .route("/m/receivables/import", get(importing::ask).post(importing::check))
        .route("/m/receivables/import/confirm", post(importing::confirm))
        .layer(middleware::from_fn(kept::keep))
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES))
        .layer(RequestBodyLimitLayer::new(MOST_FORM_BYTES));

    // The business manager.
    let manager = Router::new()
        .route("/m", get(manager::screen))
        .route("/m/{*screen}", get(manager::screen))
        .route("/m/sign-in", get(manager::screen).post(sign_in::sign_in))
        .route("/m/sign-in/organisation", get(choosing::manager).post(choosing::take_manager))
        .route("/m/sign-in/wechat", get(identify::landing))
        .route("/m/proof", get(proof::form).post(proof::check))
        .route("/m/proof/again", post(proof::resend))
        .route("/m/sign-out", post(sign_in::sign_out))
        .route("/m/lost", get(lost::ask).post(lost::send))
        .route("/m/not-me", get(lost::not_me).post(lost::report))
        .route("/m/refresh", get(manager::screen).post(manager::refresh))
        .route("/m/cut", get(manager::screen).post(manager::cut))
        .route("/m/codes", get(manager::screen).post(manager::choose))
        .route("/m/code.png", get(manager::picture))
        .route("/m/manifest.webmanifest", get(install::manifest))
        .route("/m/worker.js", get(install::worker))
        .route("/m/offline", get(install::offline))
        .route("/m/settings", get(manager::screen).post(manager::settings))
        .route("/m/settings/sign-ins", get(sign_ins::history))
        .route("/m/settings/messages/on", get(messages::begin))
        .route("/m/settings/messages/wechat", get(messages::landing))
        .route("/m/settings/messages/consent", get(messages::consent))
        .route("/m/settings/messages/test", post(messages::test))
        .route("/m/settings/messages/off", post(messages::off))
        .route("/admin/messages", get(messages::office))
        .route("/admin/messages/on", get(messages::begin))
        .route("/admin/messages/wechat", get(messages::landing))
        .route("/admin/messages/consent", get(messages::consent))
        .route("/admin/messages/test", post(messages::test))
        .route("/admin/messages/off", post(messages::off))
        .route("/m/concerns/seen", post(manager::seen))
        .route("/m/receipts/export", get(exporting::ask))
        .route("/m/receipts/export/{file}", get(exporting::receipts))
        .route("/m/receipts/{payment}/refund", get(refunding::form).post(refunding::confirm))
        .route("/m/receipts/{payment}/print", get(printing::receipt))
        .route("/m/receipts/{payment}/give", get(printing::give))
        .route("/m/payments", get(claims::find))
        .route("/m/errors", get(explaining::manager))
        .route("/m/payments/{payment}/ask", post(claims::ask))
        .route("/m/receivables", get(receivables::list))
        .route("/m/receivables/ageing", get(receivables::ageing))
        .route("/m/receivables/new", get(receivables::new).post(receivables::raise))
        .route("/m/receivables/{id}", get(receivables::one))
        .route("/m/receivables/{id}/edit", post(receivables::edit))
        .route("/m/receivables/{id}/write-off", post(receivables::write_off))
        .route("/m/receivables/{id}/restore", post(receivables::restore))
        .route("/m/receivables/{id}/remind", post(reminding::remind))
        .route("/m/receivables/{id}/reminders", post(reminding::switch))
        .route("/m/receivables/{id}/phone", post(reminding::phone))
        .route("/m/receivables/{id}/match", post(receivables::confirm))
        .route("/m/receivables/{id}/unmatch", post(receivables::undo))
        .route("/m/receivables/matches", get(receivables::matches))
        .route("/m/receivables/template/{file}", get(importing::template))
        .route("/m/receivables/export/{file}", get(exporting::debts))
        .route("/m/diagnose", get(diagnosing::diagnose))
        .route("/m/plate", get(printing::plates))
        .route("/m/plate/{code}", get(printing::plate))
        .route("/api/{*function}", post(manager::api))
        .layer(middleware::from_fn(kept::keep))
        .layer(small);

    // An administrator's logo: a few photographs' worth is read, so that too large a file is told at its field.
    let logos = Router::new()
        .route("/admin/settings/logo", post(office_logo::set))
        .layer(DefaultBodyLimit::max(MOST_LOGO_FORM_BYTES))
        .layer(RequestBodyLimitLayer::new(MOST_LOGO_FORM_BYTES));

    // The administrator.
    let administrator = Router::new()
        .route("/admin", get(office::home))
        .route("/admin/sign-in", get(admin::door).post(admin::sign_in))
        .route("/admin/sign-in/organisation", get(choosing::administrator).post(choosing::take_administrator))
        .route("/admin/sign-out", post(admin::sign_out))
        .route("/admin/managers", get(office_managers::managers))
        .route("/admin/managers/new", get(office_managers::new_manager).post(office_managers::register))
        .route("/admin/managers/{account}", get(office_managers::manager))
        .route("/admin/managers/{account}/receivables", get(office_debts::list))
        .route("/admin/receivables/{id}", get(office_debts::one))
        .route("/admin/receivables/{id}/write-off", post(office_debts::write_off))
        .route("/admin/receivables/{id}/restore", post(office_debts::restore))
        .route("/admin/managers/{account}/contact", post(office_managers::contact))
        .route("/admin/managers/{account}/send", post(office_managers::send))
        .route("/admin/managers/{account}/suspend", post(office_managers::suspend))
        .route("/admin/managers/{account}/reinstate", post(office_managers::reinstate))
        .route("/admin/payments", get(office_payments::payments))
        .route("/admin/errors", get(explaining::office))
        .route("/admin/payments/{payment}", get(office_payments::payment))
        .route("/admin/payments/{payment}/refund", get(refunding::office_form).post(refunding::office_confirm))
        .route("/admin/payments/{payment}/return", post(office_payments::return_kept))
        .route("/admin/stores", get(office_stores::stores).post(office_stores::make))
        .route("/admin/stores/{store}", get(office_stores::store))
        .route("/admin/stores/{store}/name", post(office_stores::rename))
        .route("/admin/stores/{store}/{way}", post(office_stores::act))
        .route("/admin/codes", get(office_codes::codes))
        .route("/admin/codes/new", get(office_codes::new_code).post(office_codes::make))
        .route("/admin/codes/{code}", get(office_codes::code).post(office_codes::configure))
        .route("/admin/codes/{code}/switch", post(office_codes::switch))
        .route("/admin/codes/{code}/print", get(office_codes::print))
        .route("/admin/settings", get(office::settings))
        .route("/admin/settings/{part}", post(office::set))
        .route("/admin/settings/logo/remove", post(office_logo::remove))
        .route("/admin/{*page}", get(admin::missing))
        .layer(middleware::from_fn(kept::keep))
        .layer(small);

    // Whoever was sent a link to set a password.
    let links = Router::new().route("/password/{secret}", get(password::form).post(password::set)).layer(small);

    // Browsers, for what Trunk built.
    let built = Router::new().route("/pkg/{*file}", get(file)).route("/voice/{*clip}", get(file)).route("/favicon.ico", get(favicon));

    let people = submit
        .merge(payer)
        .merge(manager)
        .merge(imports)
        .merge(administrator)
        .merge(logos)
        .merge(links)
        .route("/", get(front))
        .fallback(nothing_here)
        // One stack, the outermost first: every `layer` by itself would put each request into another box.
        .layer((
            // Around everything that may refuse, because a refusal that comes too early is never read.
            middleware::from_fn(unread::hear_out),
            CompressionLayer::new().quality(CompressionLevel::Precise(5)),
            middleware::from_fn_with_state(site.clone(), at_the_door),
            timeout,
            CsrfLayer::new(),
        ));

    // A stream has no end, so no timeout; it is not compressed, because single events would be held back.
    let streams = Router::new().route("/m/live", get(stream::live)).route("/admin/live", get(office_live::live));

    // Machines. Notices are authenticated by their signature, not by where they come from.
    let machines = Router::new()
        .route("/notify/wechat", post(notify::wechat))
        .route("/notify/account", get(messages::prove).post(messages::event))
        .layer(DefaultBodyLimit::max(MOST_NOTICE_BYTES))
        .layer(RequestBodyLimitLayer::new(MOST_NOTICE_BYTES))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .layer(timeout);

    people
        .merge(built)
        .merge(streams)
        .merge(machines)
        // A panic is caught before the headers are set, so that its answer carries them too.
        .layer((middleware::from_fn_with_state(site.clone(), observe), CatchPanicLayer::custom(panicked)))
        .with_state(site)
}

/// The first page of a site without a path.
async fn front(visit: Visit) -> Response {
    visit.redirect("/m")
}

async fn nothing_here(visit: Visit) -> Response {
    visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None)
}

async fn file(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    site.client.serve(uri.path(), &headers)
}

async fn favicon() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The process lives.
async fn alive() -> &'static str {
    "ok"
}

/// The process can serve: the database answers.
async fn ready(State(site): State<Site>) -> Response {
    match site.store.read().await {
        Ok(_) => "ready".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer").into_response()
        }
    }
}

/// A logo under its name. Another one has another address, so this one is kept for good. A page that was opened before the logo was
/// replaced still asks for the old one: it is led to the present one.
async fn logo(State(site): State<Site>, Path((tenant, file)): Path<(String, String)>) -> Response {
    let named = file.strip_suffix(".png").filter(|hash| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let (Ok(tenant), Some(hash)) = (tenant.parse(), named) else { return StatusCode::NOT_FOUND.into_response() };
    match logo_or_url(&site, tenant, hash).await {
        Ok((Some(png), _)) => {
            ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], png).into_response()
        }
        Ok((None, Some(url))) => {
            (StatusCode::FOUND, [(header::LOCATION, url.as_str()), (header::CACHE_CONTROL, "no-store")]).into_response()
        }
        Ok((None, None)) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The logo of this name; where it is not the organisation's, where the present one lies.
async fn logo_or_url(site: &Site, tenant: TenantId, hash: &str) -> Result<(Option<Vec<u8>>, Option<String>), StoreError> {
    let mut conn = site.store.read().await?;
    let png = tenants::logo(&mut conn.tx(), tenant, hash).await?;
    if png.is_some() {
        return Ok((png, None));
    }
    Ok((None, tenants::by_id(&mut conn.tx(), tenant).await?.and_then(|tenant| tenant.logo_url())))
}

/// A photograph, only by way of the receipt whose payment it belongs to.
async fn photo(State(site): State<Site>, Path((token, photo)): Path<(String, String)>) -> Response {
    let found = async {
        let mut conn = site.store.read().await?;
        let Some((tenant, payment)) = payments::by_receipt_token(&mut conn.tx(), &token).await? else { return Ok(None) };
        let Some(stored) = payments::load(&mut conn.tx(), tenant, payment).await? else { return Ok(None) };
        let named = Uuid::parse_str(&photo).ok();
        match stored.photos().find(|id| Some(*id) == named) {
            Some(id) => photos::load(&mut conn.tx(), tenant, id).await,
            None => Ok(None),
        }
    };
    match found.await {
        Ok(Some(photo)) => {
            let kind = HeaderValue::from_str(&photo.mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"))], photo.bytes)
                .into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Turns away an address that asks too often, before anything is read. What a layer or an extractor behind it refuses without a
/// word for people becomes a page with a sentence. Server functions are called by the app, which has sentences of its own: it is
/// told the reason in the form in which it reads all of them.
async fn at_the_door(State(site): State<Site>, request: Request, next: Next) -> Response {
    let peer = visit::peer(request.extensions());
    if let Err(after_s) = site.gate.pass(Act::View, site.gate.address(peer, request.headers())) {
        if is_function(request.uri()) {
            return manager::refused(StatusCode::TOO_MANY_REQUESTS, &Refusal::TryLater { after_s });
        }
        let visit = Visit::read(&site, request.uri(), request.headers(), peer);
        return visit.notice(StatusCode::TOO_MANY_REQUESTS, &NoticeKind::TooMany { after_s }, None, None);
    }
    // No address of ours has a NUL in its path, and PostgreSQL takes none in a text that it is asked for.
    if request.uri().path().contains("%00") {
        let visit = Visit::read(&site, request.uri(), request.headers(), peer);
        return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None);
    }
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let path = uri.path();
    let response = next.run(request).await;
    if is_page(&response) {
        return response;
    }
    if is_function(&uri) {
        return manager::readable(response);
    }
    let has_words = response.headers().contains_key(header::CONTENT_TYPE);
    // An address with a page of its own never gets here: it does not refuse to be opened.
    let is_deed = response.status() == StatusCode::METHOD_NOT_ALLOWED && method == Method::GET && !has_words;
    if let Some(page) = deeds::page_of(path).filter(|_| is_deed) {
        return Visit::read(&site, &uri, &headers, peer).redirect(page);
    }
    let (kind, back) = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => (NoticeKind::TooLarge, Some(path.to_owned())),
        StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY => {
            (NoticeKind::Forbidden, None)
        }
        StatusCode::METHOD_NOT_ALLOWED if !has_words => (NoticeKind::NotFound, None),
        // The time limit says nothing at all.
        StatusCode::SERVICE_UNAVAILABLE if !has_words => {
            let (kind, back) = unanswered::said(&method, &uri);
            (kind, Some(back))
        }
        _ => return response,
    };
    Visit::read(&site, &uri, &headers, peer).notice(response.status(), &kind, None, back.as_deref())
}

/// Whether the app itself asks, by one of its server functions.
fn is_function(uri: &Uri) -> bool {
    uri.path().starts_with("/api/")
}

fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Counts and times every answer, names it for the log, and sets the headers that every answer carries.
async fn observe(State(site): State<Site>, request: Request, next: Next) -> Response {
    let started = tokio::time::Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<axum::extract::MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    headers::guard(response.headers_mut(), site.is_https());
    let trace = crate::hex::hex(&crate::fresh::bytes::<6>());
    if let Ok(value) = HeaderValue::from_str(&trace) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let status = response.status().as_u16();
    let took = started.elapsed();
    metrics::counter!("shouma_requests_total", "route" => route.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("shouma_request_seconds", "route" => route.clone()).record(took);
    // The route, never the path: paths hold links that only their owner should know.
    tracing::info!(trace, %method, route, status, took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "answered");
    response
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    metrics::counter!("shouma_panics_total").increment(1);
    let words = "收码出了点问题，请稍后再试。付款状态以付款页面为准。\nSomething went wrong here. Please try again; your payment's page says where it stands.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
}

//! What makes the manager's app installable: its manifest, its service worker and the page it shows without a network.

use app::mobile::offline_page;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::headers::Policy;
use super::visit::Visit;
use crate::site::Site;

/// Where the page lies that is shown without a network.
const OFFLINE: &str = "/m/offline";

/// `GET /m/manifest.webmanifest`: name and look of the installed app, in the reader's language.
pub async fn manifest(visit: Visit) -> Response {
    let icon = |file: &str, size: &str, purpose: &str| json!({"src": format!("/pkg/mobile/app/{file}"), "sizes": size, "type": "image/png", "purpose": purpose});
    let (name, short_name) = app::mobile::app_names(visit.prefs.locale);
    let manifest = json!({
        "id": "/m",
        "name": name,
        "short_name": short_name,
        "lang": visit.prefs.html_lang(),
        "start_url": "/m",
        "scope": "/m",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b7a3e",
        "icons": [
            icon("icon-192.png", "192x192", "any"),
            icon("icon-512.png", "512x512", "any"),
            icon("maskable-512.png", "512x512", "maskable"),
        ],
    });
    let headers = [(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, manifest.to_string()).into_response()
}

/// `GET /m/worker.js`: the service worker, with the list of what it keeps.
pub async fn worker(State(site): State<Site>) -> Response {
    let Some(script) = site.client.text("/pkg/mobile/app/worker.js") else { return StatusCode::NOT_FOUND.into_response() };
    let bundle = &site.client.mobile;
    let files: Vec<&String> = bundle.css.iter().chain([&bundle.js, &bundle.wasm]).collect();
    // The names hold the hash of what is in them, so they are the version.
    let shell = json!({"version": files, "files": files, "offline": OFFLINE});
    let shell = shell.to_string().replace('<', "\\u003c");
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        // A browser asks anew each time, so that a new build takes over at the next visit.
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("service-worker-allowed"), "/m"),
        // What the worker itself may ask: it obeys the policy of its own script, not that of the page.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"),
    ];
    (headers, format!("const SHELL = {shell};\n{script}")).into_response()
}

/// `GET /m/offline`: what the worker shows when the server cannot be reached.
pub async fn offline(State(site): State<Site>, visit: Visit) -> Response {
    let html = offline_page(visit.prefs, &site.client.mobile);
    let policy = Policy { nonce: &visit.nonce, form_origins: &[], demo_origin: None }.app();
    visit.app_page(StatusCode::OK, html, &policy)
}

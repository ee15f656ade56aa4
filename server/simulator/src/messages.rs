//! Account messages: template and one-time subscription, filed in the outbox (protocol document, 2.11).

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::gate::query_value;
use crate::oauth::{failed, pause, plain};
use crate::world::{Shared, lock};

pub(crate) async fn template(world: State<Shared>, query: Query<Vec<(String, String)>>, body: Bytes) -> Response {
    send(world, query, &body, "wechat-template").await
}

pub(crate) async fn subscribe(world: State<Shared>, query: Query<Vec<(String, String)>>, body: Bytes) -> Response {
    send(world, query, &body, "wechat-subscribe").await
}

async fn send(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>, body: &Bytes, kind: &'static str) -> Response {
    let fault = world.faults.strike("message", &[&String::from_utf8_lossy(body)]);
    match fault.as_ref().map(|fault| fault.fault.as_str()) {
        None => {}
        Some("slow") => pause(fault.and_then(|fault| fault.ms)).await,
        Some("500") => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(errcode) => return failed(errcode.parse().unwrap_or(-1)),
    }
    let now_ms = world.now_ms();
    let token = query_value(&query, "access_token").unwrap_or_default();
    if !lock(&world.identities).knows_token(&token, now_ms) {
        return failed(40_001);
    }
    let Ok(content) = serde_json::from_slice::<Value>(body) else { return failed(47_001) };
    let text = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
    if text("touser").is_empty() {
        return failed(40_003);
    }
    if text("template_id").is_empty() {
        return failed(40_037);
    }
    if !content["data"].is_object() {
        return failed(47_001);
    }
    let id = lock(&world.outbox).add(kind, &text("touser"), content, now_ms);
    plain(&json!({ "errcode": 0, "errmsg": "ok", "msgid": id }))
}

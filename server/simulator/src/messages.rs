//! Account messages: template and one-time subscription, filed in the outbox (protocol document, 2.11).

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::account::{Judged, finish};
use crate::gate::query_value;
use crate::oauth::{failed, is_openid, pause, plain};
use crate::world::{Shared, lock};

pub(crate) async fn template(world: State<Shared>, query: Query<Vec<(String, String)>>, body: Bytes) -> Response {
    send(world, query, &body, false).await
}

pub(crate) async fn subscribe(world: State<Shared>, query: Query<Vec<(String, String)>>, body: Bytes) -> Response {
    send(world, query, &body, true).await
}

async fn send(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>, body: &Bytes, by_consent: bool) -> Response {
    let fault = world.faults.strike("message", &[&String::from_utf8_lossy(body)]);
    let what = fault.as_ref().map(|fault| fault.fault.as_str());
    match what {
        None | Some("500-after" | "user-block" | "system-failed") => {}
        Some("slow") => pause(fault.as_ref().and_then(|fault| fault.ms)).await,
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
    let (openid, ring) = (text("touser"), world.ring());
    if !is_openid(&openid) {
        return failed(40_003);
    }
    let (kind, template) = match by_consent {
        true => ("wechat-subscribe", &ring.merchant.subscribe_template_id),
        false => ("wechat-template", &ring.merchant.message_template_id),
    };
    if text("template_id") != *template {
        return failed(40_037);
    }
    let mut account = lock(&world.account);
    let id = match account.judge(&openid, &content, by_consent, now_ms) {
        Judged::Refused(errcode) => return failed(errcode),
        Judged::Before(id) => id,
        Judged::New => {
            let id = lock(&world.outbox).add(kind, &openid, content.clone(), now_ms);
            account.sent(&openid, &content, by_consent, id, now_ms);
            drop(account);
            if !by_consent {
                finish(&world, &openid, id, what);
            }
            id
        }
    };
    if what == Some("500-after") {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    plain(&json!({ "errcode": 0, "errmsg": "ok", "msgid": id }))
}

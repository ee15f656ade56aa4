//! `/inbox/wechat`: what followers of the account read, as a page, with a button to follow and one to leave.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Form, Json};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{Follower, Settings, agreed, follow};
use crate::cashier::escape;
use crate::clock::rfc3339;
use crate::gate::text_header;
use crate::oauth::{is_openid, payer};
use crate::outbox::Message;
use crate::world::{Shared, lock};

/// The page shows this many of the newest messages.
const SHOWN: usize = 200;

/// `GET /inbox/wechat`. Whoever opens it finds themselves first, by the cookie that sign-in gave them.
pub(crate) async fn page(State(world): State<Shared>, headers: HeaderMap) -> Response {
    let messages: String =
        lock(&world.outbox).list().iter().filter(|message| message.kind.starts_with("wechat-")).take(SHOWN).map(card).collect();
    let (me, cookie) = payer(&headers);
    let followers = lock(&world.account).followers.clone();
    let others: String =
        followers.iter().filter(|(openid, _)| **openid != me).map(|(openid, follower)| person(openid, "", *follower)).collect();
    let mine = person(&me, "这个浏览器 this browser · ", followers.get(&me).copied().unwrap_or_default());
    let messages = if messages.is_empty() { "<p>还没有消息。 No messages yet.</p>".to_owned() } else { messages };
    let page = Html(format!(
        "<!doctype html><html lang=\"zh\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>公众号消息 · 模拟器</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/cashier/look.css\"></head>\
         <body class=\"wide\"><header><h1>公众号消息 Account messages</h1><a href=\"/_sim\">simulator</a></header>\
         <p class=\"note\">模拟器：不会真的发到微信。 A simulator: nothing reaches the real WeChat.</p><main>\
         <h2>谁关注了公众号 Who follows</h2>{mine}{others}\
         <form method=\"post\" action=\"/inbox/wechat/follow\"><label>openid <input name=\"openid\" required></label> \
         <input type=\"hidden\" name=\"follows\" value=\"true\"><button>关注 Follow</button></form>\
         <h2>消息 Messages</h2>{messages}</main></body></html>"
    ));
    match cookie {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], page).into_response(),
        None => page.into_response(),
    }
}

fn person(openid: &str, who: &str, follower: Follower) -> String {
    let (openid, next) = (escape(openid), !follower.follows);
    let (state, act) =
        if follower.follows { ("已关注 follows", "取消关注 Leave") } else { ("未关注 does not follow", "关注 Follow") };
    format!(
        "<form method=\"post\" action=\"/inbox/wechat/follow\"><p>{who}<code>{openid}</code> {state} <input type=\"hidden\" name=\"openid\" \
         value=\"{openid}\"><input type=\"hidden\" name=\"follows\" value=\"{next}\"><button>{act}</button></p></form>"
    )
}

fn card(message: &Message) -> String {
    let fields = message.content["data"].as_object().into_iter().flatten();
    let rows: String = fields
        .map(|(name, field)| format!("<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(field["value"].as_str().unwrap_or_default())))
        .collect();
    let (to, at) = (escape(&message.to), rfc3339(message.at_ms));
    let address = escape(message.content["url"].as_str().or(message.content["page"].as_str()).unwrap_or_default());
    format!(
        "<article data-message=\"{}\"><p><code>{to}</code> {at}</p><div class=\"scroll\"><table>{rows}</table></div><p><a href=\"{address}\">{address}</a></p></article>",
        message.id
    )
}

/// What the page's buttons post.
#[derive(Deserialize)]
pub(crate) struct FollowForm {
    openid: String,
    follows: bool,
}

/// `POST /inbox/wechat/follow`.
pub(crate) async fn follow_form(State(world): State<Shared>, Form(form): Form<FollowForm>) -> Response {
    if !is_openid(&form.openid) {
        return (StatusCode::BAD_REQUEST, "an openid has 1 to 128 letters, digits, _ and -\n").into_response();
    }
    follow(&world, &form.openid, |follower| {
        follower.follows = form.follows;
    });
    Redirect::to("/inbox/wechat").into_response()
}

/// What somebody answers to a page's button for consent.
#[derive(Deserialize)]
pub(crate) struct ConsentAnswer {
    template: String,
    agrees: bool,
}

/// `POST /_sim/consent`: the person of this browser answers; the account tells its server. A page of any origin may ask, because the
/// window in which the person answers is WeChat's.
pub(crate) async fn consent(State(world): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let origin = text_header(&headers, "origin").unwrap_or_default();
    let Ok(answer) = serde_json::from_slice::<ConsentAnswer>(&body) else {
        return (StatusCode::BAD_REQUEST, "template and agrees are wanted\n").into_response();
    };
    let said = match payer(&headers) {
        (_, Some(_)) => json!({ "errmsg": "fail: nobody is known in this browser; open a page that signs in through WeChat first" }),
        _ if answer.template != world.ring().merchant.subscribe_template_id => json!({ "errmsg": "fail: invalid template" }),
        (openid, None) => {
            agreed(&world, &openid, &answer.template, answer.agrees);
            json!({ "errmsg": "ok" })
        }
    };
    let mut response = Json(said).into_response();
    if let Ok(origin) = HeaderValue::from_str(&origin) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    response
}

/// How somebody is to stand to the account; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowAsk {
    openid: String,
    follows: Option<bool>,
    blocks: Option<bool>,
    consents: Option<u32>,
}

/// `POST /_sim/followers`.
pub(crate) async fn set_follower(State(world): State<Shared>, Json(ask): Json<FollowAsk>) -> Response {
    if !is_openid(&ask.openid) {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "an openid has 1 to 128 letters, digits, _ and -" }))).into_response();
    }
    let after = follow(&world, &ask.openid, |follower| {
        follower.follows = ask.follows.unwrap_or(follower.follows);
        follower.blocks = ask.blocks.unwrap_or(follower.blocks);
        follower.consents = ask.consents.unwrap_or(follower.consents);
    });
    Json(after).into_response()
}

/// `GET /_sim/followers`.
pub(crate) async fn followers(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "items": lock(&world.account).followers }))
}

/// `POST /_sim/account`: sets what is named, answers all.
pub(crate) async fn set_account(State(world): State<Shared>, Json(ask): Json<AccountAsk>) -> Json<Settings> {
    let mut account = lock(&world.account);
    let settings = &mut account.settings;
    settings.push_url = ask.push_url.or(settings.push_url.take()).filter(|url| !url.is_empty());
    settings.finish_ms = ask.finish_ms.unwrap_or(settings.finish_ms);
    settings.quota = ask.quota.unwrap_or(settings.quota);
    Json(settings.clone())
}

/// The account's settings; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountAsk {
    push_url: Option<String>,
    finish_ms: Option<i64>,
    quota: Option<u64>,
}

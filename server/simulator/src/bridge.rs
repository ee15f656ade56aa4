//! The wallet's side of a page's call: a stand-in for `WeixinJSBridge` in ordinary browsers (protocol document, 2.5).

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::sha1;
use crate::bank::pay;
use crate::orders::{Order, PayRefusal, Purse};
use crate::sign::pay_message;
use crate::world::{Shared, World, lock};

/// What the page hands to the wallet, and what the person then does.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    app_id: String,
    /// Text, as the wallet demands; a number is refused.
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: String,
    pay_sign: String,
    /// The page that calls; the wallet knows it by itself.
    #[serde(default)]
    page: String,
    action: Option<String>,
}

/// `GET /bridge.js`.
pub(crate) async fn script() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, include_str!("pages/bridge.js")).into_response()
}

/// `GET /open/js/jweixin-1.6.0.js`.
pub(crate) async fn page_script() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, include_str!("pages/jweixin.js")).into_response()
}

/// What a page tells WeChat's script of itself.
#[derive(Deserialize)]
struct PageConfig {
    app_id: String,
    timestamp: i64,
    nonce: String,
    signature: String,
    url: String,
}

/// `POST /_sim/jssdk`: whether WeChat's script believes the page. Any page may call it.
pub(crate) async fn believe(State(world): State<Shared>, body: Bytes) -> Response {
    let errmsg = match serde_json::from_slice::<PageConfig>(&body) {
        Err(_) => "config:fail, the parameters are incomplete",
        Ok(page) if page.app_id != world.ring().merchant.appid => "config:invalid appid",
        Ok(PageConfig { timestamp, nonce, signature, url, .. }) => {
            let ticket = lock(&world.identities).known_ticket(world.now_ms()).unwrap_or_default();
            let url = url.split('#').next().unwrap_or_default().to_owned();
            let text = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}");
            if !ticket.is_empty() && sha1(&text) == signature { "config:ok" } else { "config:invalid signature" }
        }
    };
    with_cors(axum::Json(json!({ "errmsg": errmsg })).into_response())
}

/// `POST /_sim/bridge`: checks the call as the wallet does; with an `action` also carries it out. Any page may call it.
pub(crate) async fn call(State(world): State<Shared>, body: Bytes) -> Response {
    let answer = match serde_json::from_slice::<Call>(&body) {
        Err(error) => fail(&format!("the parameters are not what getBrandWCPayRequest takes: {error}")),
        Ok(call) => checked(&world, &call),
    };
    with_cors(axum::Json(answer).into_response())
}

/// Browsers ask before they send JSON to another origin.
pub(crate) async fn preflight() -> Response {
    with_cors(StatusCode::NO_CONTENT.into_response())
}

fn checked(world: &World, call: &Call) -> Value {
    let order = match known_order(world, call) {
        Ok(order) => order,
        Err(reason) => return fail(reason),
    };
    match call.action.as_deref() {
        None => json!({ "ok": true, "description": order.description, "amount_fen": order.amount_fen, "out_trade_no": order.out_trade_no }),
        Some("cancel") => results(&["cancel"]),
        Some("pay") => paid(world, &order, true, &["ok"]),
        Some("pay-silently") => paid(world, &order, false, &["ok"]),
        Some("pay-say-fail") => paid(world, &order, true, &["fail"]),
        Some("cancel-then-ok") => paid(world, &order, true, &["cancel", "ok"]),
        Some(_) => fail("action is pay, pay-silently, pay-say-fail, cancel or cancel-then-ok"),
    }
}

fn known_order(world: &World, call: &Call) -> Result<Order, &'static str> {
    if call.sign_type != "RSA" {
        return Err("signType must be RSA");
    }
    if !lock(&world.directories).allow(&call.page, world.now_ms()) {
        return Err("当前页面的URL未注册: the page lies in none of the merchant's payment directories");
    }
    let prepay_id = call.package.strip_prefix("prepay_id=").ok_or("package must be prepay_id=...")?;
    if call.app_id != world.ring().merchant.appid {
        return Err("appId is not the merchant's");
    }
    let message = pay_message(&call.app_id, &call.time_stamp, &call.nonce_str, &call.package);
    if !world.ring().merchant_key.verify(&message, &call.pay_sign) {
        return Err("支付验证签名失败: paySign does not belong to appId, timeStamp, nonceStr and package");
    }
    let mut books = world.books();
    let no = books.by_prepay.get(prepay_id).cloned().ok_or("this prepay_id does not exist")?;
    let owner = books.orders.get(&no).and_then(|order| order.payer_openid.clone()).ok_or("this order is not a JSAPI order")?;
    match books.may_pay(&no, &owner, world.now_ms()) {
        Ok(order) if order.prepay_id == prepay_id => Ok(order.clone()),
        Ok(_) | Err(PayRefusal::Expired) => Err("this prepay_id has expired"),
        Err(PayRefusal::AlreadyPaid) => Err("该订单已支付: the order is paid"),
        Err(PayRefusal::Closed) => Err("订单已关闭: the order is closed"),
        Err(PayRefusal::NoSuchOrder | PayRefusal::OtherPayer) => Err("this order cannot be paid"),
    }
}

fn paid(world: &World, order: &Order, notify: bool, said: &[&str]) -> Value {
    let openid = order.payer_openid.clone().unwrap_or_default();
    let purse = Purse { openid: &openid, bank_type: "OTHERS", amount_fen: None, force: false };
    match pay(world, &order.out_trade_no, &purse, notify) {
        Ok(_) => results(said),
        Err(_) => fail("the order changed meanwhile"),
    }
}

fn results(said: &[&str]) -> Value {
    json!({ "ok": true, "results": said })
}

fn fail(reason: &str) -> Value {
    json!({ "ok": false, "results": ["fail"], "err_desc": reason })
}

fn with_cors(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    answer
}

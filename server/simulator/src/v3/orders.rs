//! Ordering, querying and closing: `/v3/pay/transactions/...` (protocol document, 2.5 and 2.6).

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::{Field, Rule, fen, may, need, read, text};
use crate::clock::parse_rfc3339;
use crate::gate::demand_mchid;
use crate::orders::{Draft, TradeType};
use crate::refusal::{Refusal, number};
use crate::world::{Shared, World};

const COUNT: Rule = Rule::Number { min: 1, max: 1_000_000_000 };

const AMOUNT: &[Field] = &[need("total", fen(1)), may("currency", text(16))];
const GOODS: &[Field] = &[
    need("merchant_goods_id", text(32)),
    may("wechatpay_goods_id", text(32)),
    may("goods_name", text(256)),
    need("quantity", COUNT),
    need("unit_price", fen(0)),
];
const DETAIL: &[Field] = &[may("cost_price", fen(0)), may("invoice_id", text(32)), may("goods_detail", Rule::List(GOODS))];
const STORE: &[Field] = &[need("id", text(32)), may("name", text(256)), may("area_code", text(32)), may("address", text(512))];
const SCENE: &[Field] = &[need("payer_client_ip", text(45)), may("device_id", text(32)), may("store_info", Rule::Object(STORE))];
const SETTLE: &[Field] = &[may("profit_sharing", Rule::Flag)];
const PAYER: &[Field] = &[need("openid", text(128))];

const NUMBER: Rule = Rule::Text { min: 6, max: 32 };

macro_rules! order_fields {
    ($($more:expr),*) => {
        &[
            need("appid", text(32)),
            need("mchid", text(32)),
            need("description", text(127)),
            need("out_trade_no", NUMBER),
            may("time_expire", text(64)),
            may("attach", text(128)),
            need("notify_url", text(255)),
            may("goods_tag", text(32)),
            may("support_fapiao", Rule::Flag),
            may("limit_pay", Rule::Texts { max: 32 }),
            need("amount", Rule::Object(AMOUNT)),
            may("detail", Rule::Object(DETAIL)),
            may("scene_info", Rule::Object(SCENE)),
            may("settle_info", Rule::Object(SETTLE)),
            $($more),*
        ]
    };
}

const NATIVE: &[Field] = order_fields!();
const JSAPI: &[Field] = order_fields!(need("payer", Rule::Object(PAYER)));
const CLOSE: &[Field] = &[need("mchid", text(32))];

#[derive(Deserialize)]
struct OrderBody {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    time_expire: Option<String>,
    attach: Option<String>,
    notify_url: String,
    amount: Amount,
    payer: Option<Payer>,
    scene_info: Option<Value>,
}

#[derive(Deserialize)]
struct Amount {
    total: i64,
    currency: Option<String>,
}

#[derive(Deserialize)]
struct Payer {
    openid: String,
}

#[derive(Deserialize)]
struct CloseBody {
    mchid: String,
}

pub(crate) async fn jsapi(State(world): State<Shared>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let draft = read_order(&world, JSAPI, TradeType::Jsapi, &body)?;
    let prepay_id = world.books().order(draft, world.now_ms())?.prepay_id.clone();
    world.changed.notify_one();
    Ok(Json(json!({ "prepay_id": prepay_id })))
}

pub(crate) async fn native(State(world): State<Shared>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let draft = read_order(&world, NATIVE, TradeType::Native, &body)?;
    let code_url = world.books().order(draft, world.now_ms())?.code_url.clone();
    world.changed.notify_one();
    Ok(Json(json!({ "code_url": code_url })))
}

pub(crate) async fn by_number(
    State(world): State<Shared>,
    Path(out_trade_no): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    demand_mchid(&world, &query)?;
    check_number(&out_trade_no, "uri_template")?;
    let mut books = world.books();
    books.find(&out_trade_no, world.now_ms()).map(|order| Json(order.transaction())).ok_or_else(Refusal::no_such_order)
}

pub(crate) async fn by_transaction(
    State(world): State<Shared>,
    Path(transaction_id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    demand_mchid(&world, &query)?;
    let books = world.books();
    let order = books.by_transaction.get(&transaction_id).and_then(|no| books.orders.get(no));
    order.map(|order| Json(order.transaction())).ok_or_else(Refusal::no_such_order)
}

pub(crate) async fn close(State(world): State<Shared>, Path(out_trade_no): Path<String>, body: Bytes) -> Result<StatusCode, Refusal> {
    let (CloseBody { mchid }, _) = read(CLOSE, &body)?;
    check_mchid(&world, &mchid)?;
    check_number(&out_trade_no, "uri_template")?;
    world.books().close(&out_trade_no, world.now_ms())?;
    world.changed.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

fn read_order(world: &World, fields: &'static [Field], trade_type: TradeType, body: &[u8]) -> Result<Draft, Refusal> {
    let (order, mut request): (OrderBody, Value) = read(fields, body)?;
    check_mchid(world, &order.mchid)?;
    if order.appid != world.ring().merchant.appid {
        let message = "appid和mch_id不匹配，请检查后再试";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "APPID_MCHID_NOT_MATCH", message, number::APPID_MCHID_MISMATCH));
    }
    check_number(&order.out_trade_no, "body")?;
    check_currency(order.amount.currency.as_deref())?;
    check_notify_url("/notify_url", &order.notify_url)?;
    let expires_ms = order.time_expire.as_deref().map(read_expiry).transpose()?;
    if let Some(expires_ms) = expires_ms {
        check_expiry(world, &order, expires_ms)?;
    }
    // The end of an order counts on its first request only, so it may differ in a repetition.
    if let Value::Object(request) = &mut request {
        request.remove("time_expire");
    }
    Ok(Draft {
        appid: order.appid,
        mchid: order.mchid,
        out_trade_no: order.out_trade_no,
        trade_type,
        description: order.description,
        attach: order.attach,
        notify_url: order.notify_url,
        amount_fen: order.amount.total,
        payer_openid: order.payer.map(|payer| payer.openid),
        scene: order.scene_info,
        request,
        expires_ms,
    })
}

fn read_expiry(text: &str) -> Result<i64, Refusal> {
    parse_rfc3339(text).ok_or_else(|| Refusal::field("/time_expire", &json!(text), "须为RFC 3339格式的时间", number::BAD_PARAMETER))
}

/// A new order must leave the payer at least a minute.
fn check_expiry(world: &World, order: &OrderBody, expires_ms: i64) -> Result<(), Refusal> {
    let repeated = world.books().orders.contains_key(&order.out_trade_no);
    if !repeated && expires_ms < world.now_ms() + 60_000 {
        let issue = "与当前时间的间隔须不少于1分钟";
        return Err(Refusal::field("/time_expire", &json!(order.time_expire), issue, number::OUT_OF_RANGE));
    }
    Ok(())
}

pub(super) fn check_mchid(world: &World, mchid: &str) -> Result<(), Refusal> {
    if mchid == world.ring().merchant.mchid {
        return Ok(());
    }
    Err(Refusal::field("/mchid", &json!(mchid), "与签名的商户号不一致", number::MERCHANT_ORDER_MISMATCH))
}

/// Six to thirty-two digits, letters, `_`, `-`, `|` and `*`.
pub(super) fn check_number(out_trade_no: &str, location: &str) -> Result<(), Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    let length = out_trade_no.len();
    let issue = match length {
        0..6 => format!("映射到值字段“商户订单号”字符串规则校验失败，字节数 {length}，小于最小值 6"),
        33.. => format!("映射到值字段“商户订单号”字符串规则校验失败，字节数 {length}，大于最大值 32"),
        _ if out_trade_no.bytes().all(allowed) => return Ok(()),
        _ => "映射到值字段“商户订单号”含有不支持的字符".into(),
    };
    Err(Refusal::located(location, "/out_trade_no", &json!(out_trade_no), issue, number::BAD_PARAMETER))
}

pub(super) fn check_currency(currency: Option<&str>) -> Result<(), Refusal> {
    match currency {
        None | Some("CNY") => Ok(()),
        Some(other) => Err(Refusal::field("/amount/currency", &json!(other), "须为CNY", number::BAD_PARAMETER)),
    }
}

/// A full http or https address with a path and without query. Loopback addresses are fine here, other than at WeChat Pay.
pub(super) fn check_notify_url(at: &str, url: &str) -> Result<(), Refusal> {
    let issue = match reqwest::Url::parse(url) {
        Err(_) => "不是合法的URL",
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "须以http://或https://开头",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "不能携带参数",
        Ok(url) if url.path() == "/" => "须带有路径",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "不能携带登录信息",
        Ok(_) => return Ok(()),
    };
    Err(Refusal::field(at, &json!(url), issue, number::BAD_PARAMETER))
}

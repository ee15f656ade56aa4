//! Asking for bills and fetching them: `/v3/bill/...` (protocol document, 2.9).

use std::io::Write as _;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::bills::{BillKind, Flaw, day, fund_flow_bill as write_fund_flow, ready_ms, trade_bill as write_trade};
use crate::gate::{Strike, Unsigned, query_value};
use crate::refusal::{Refusal, number};
use crate::sign::random_text;
use crate::world::{Shared, World, lock};

/// A bill can be asked for during three months.
const KEPT_MS: i64 = 92 * 86_400_000;
/// Its address works for five minutes.
const ADDRESS_LIFE_MS: i64 = 5 * 60_000;

type Parameters = Query<Vec<(String, String)>>;

pub(crate) async fn trade_bill(
    State(world): State<Shared>,
    Extension(strike): Extension<Strike>,
    Query(query): Parameters,
) -> Result<Json<Value>, Refusal> {
    let kind = match query_value(&query, "bill_type").as_deref() {
        None | Some("ALL") => BillKind::All,
        Some("SUCCESS") => BillKind::Success,
        Some("REFUND") => BillKind::Refund,
        Some(other) => return Err(Refusal::located("query", "/bill_type", &json!(other), "取值错误", number::BAD_PARAMETER)),
    };
    let flaw = match strike.0.as_ref().map(|fault| fault.fault.as_str()) {
        Some("missing") => Some(Flaw::Missing),
        Some("extra") => Some(Flaw::Extra),
        Some("wrong-amount") => Some(Flaw::WrongAmount),
        _ => None,
    };
    let day = asked_day(&world, &query, strike.is("late"))?;
    let text = write_trade(&world.books(), &day, kind, flaw);
    publish(&world, &query, text)
}

pub(crate) async fn fund_flow_bill(
    State(world): State<Shared>,
    Extension(strike): Extension<Strike>,
    Query(query): Parameters,
) -> Result<Json<Value>, Refusal> {
    let day = asked_day(&world, &query, strike.is("late"))?;
    let text = write_fund_flow(&world.books(), &day);
    publish(&world, &query, text)
}

/// The file behind a `download_url`: the one answer that WeChat Pay does not sign.
pub(crate) async fn download(State(world): State<Shared>, Query(query): Parameters) -> Response {
    let token = query_value(&query, "token").unwrap_or_default();
    let file = lock(&world.shelf).take(&token, world.now_ms());
    let mut answer = match file {
        Some((kind, bytes)) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        None => Refusal::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "账单下载链接已失效", number::BAD_PARAMETER).into_response(),
    };
    answer.extensions_mut().insert(Unsigned);
    answer
}

fn asked_day(world: &World, query: &[(String, String)], late: bool) -> Result<std::ops::Range<i64>, Refusal> {
    let date = query_value(query, "bill_date").unwrap_or_default();
    let wrong = |issue: &str| Refusal::located("query", "/bill_date", &json!(date), issue, number::BAD_PARAMETER);
    let day = day(&date).ok_or_else(|| wrong("须为yyyy-MM-dd格式的日期"))?;
    let now_ms = world.now_ms();
    if day.start + KEPT_MS < now_ms {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "NO_STATEMENT_EXIST", "账单文件不存在", number::BAD_PARAMETER));
    }
    if day.end > now_ms {
        return Err(wrong("须早于今天"));
    }
    if late || ready_ms(&day) > now_ms {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "STATEMENT_CREATING", "账单生成中，请于10点后获取", number::BAD_PARAMETER));
    }
    Ok(day)
}

/// Puts the file behind a fresh address. The hash is of the text before compression.
fn publish(world: &World, query: &[(String, String)], text: String) -> Result<Json<Value>, Refusal> {
    let gzip = match query_value(query, "tar_type").as_deref() {
        None => false,
        Some("GZIP") => true,
        Some(other) => return Err(Refusal::located("query", "/tar_type", &json!(other), "取值错误", number::BAD_PARAMETER)),
    };
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let (kind, bytes) = if gzip { ("application/x-gzip", compress(&text)?) } else { ("text/plain; charset=utf-8", text.into_bytes()) };
    let token = random_text(40);
    let until_ms = world.now_ms() + ADDRESS_LIFE_MS;
    lock(&world.shelf).keep(token.clone(), until_ms, kind, bytes);
    let download_url = format!("{}/v3/billdownload/file?token={token}", world.public_url);
    Ok(Json(json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": download_url })))
}

fn compress(text: &str) -> Result<Vec<u8>, Refusal> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).map_err(|_| Refusal::system())
}

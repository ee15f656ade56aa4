//! Giving money back: `/v3/refund/domestic/refunds...` (protocol document, 2.7).

use axum::extract::{Path, State};
use axum::{Extension, Json};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::orders::{check_currency, check_notify_url, check_number};
use crate::agenda::Task;
use crate::body::{Field, Rule, fen, may, need, read, text};
use crate::gate::Strike;
use crate::notices::finish_refund;
use crate::refunds::{Refund, RefundDraft, RefundState, is_change, not_enough};
use crate::refusal::{Refusal, number};
use crate::world::{Shared, World, lock};

const FROM: &[Field] = &[need("account", text(32)), need("amount", fen(1))];
const AMOUNT: &[Field] = &[need("refund", fen(1)), need("total", fen(1)), need("currency", text(16)), may("from", Rule::List(FROM))];
const GOODS: &[Field] = &[
    need("merchant_goods_id", text(32)),
    may("wechatpay_goods_id", text(32)),
    may("goods_name", text(256)),
    need("unit_price", fen(0)),
    need("refund_amount", fen(0)),
    need("refund_quantity", Rule::Number { min: 1, max: 1_000_000 }),
];
const REFUND: &[Field] = &[
    may("transaction_id", text(32)),
    may("out_trade_no", Rule::Text { min: 6, max: 32 }),
    need("out_refund_no", text(64)),
    may("reason", text(80)),
    may("notify_url", text(256)),
    may("funds_account", text(32)),
    need("amount", Rule::Object(AMOUNT)),
    may("goods_detail", Rule::List(GOODS)),
];
const ABNORMAL: &[Field] = &[
    need("out_refund_no", text(64)),
    need("type", text(32)),
    may("bank_type", text(16)),
    may("bank_account", text(1024)),
    may("real_name", text(1024)),
];

#[derive(Deserialize)]
struct RefundBody {
    transaction_id: Option<String>,
    out_trade_no: Option<String>,
    out_refund_no: String,
    reason: Option<String>,
    notify_url: Option<String>,
    funds_account: Option<String>,
    amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    refund: i64,
    total: i64,
    currency: String,
}

#[derive(Deserialize)]
struct AbnormalBody {
    out_refund_no: String,
    r#type: String,
}

pub(crate) async fn create(State(world): State<Shared>, Extension(strike): Extension<Strike>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let draft = read_refund(&body)?;
    if strike.is("not-enough") {
        return Err(not_enough());
    }
    let subject = [draft.out_refund_no.as_str(), draft.out_trade_no.as_deref().unwrap_or_default()];
    let known = world.books().refunds.contains_key(&draft.out_refund_no);
    let fault = if known { None } else { world.faults.strike("refund-result", &subject) };
    let ends_as = match fault.as_ref().map(|fault| fault.fault.as_str()) {
        Some("abnormal") => RefundState::Abnormal,
        Some("closed") => RefundState::Closed,
        _ => RefundState::Success,
    };
    let delays = *lock(&world.refund_delays);
    let delay_ms = |bank_type: &str| if is_change(bank_type) { delays.change_ms } else { delays.card_ms };
    let (refund, new) = world.books().refund(draft, ends_as, delay_ms, world.now_ms())?;
    if new {
        world.agenda.add(refund.due_ms, Task::FinishRefund(refund.out_refund_no.clone()));
        world.changed.notify_one();
    }
    Ok(Json(answer(&world, &refund)))
}

pub(crate) async fn query(State(world): State<Shared>, Path(out_refund_no): Path<String>) -> Result<Json<Value>, Refusal> {
    // Whoever asks after the moment of decision reads the decision, however late the agenda is.
    finish_refund(&world, &out_refund_no);
    let refund = world.books().refunds.get(&out_refund_no).cloned();
    refund.map(|refund| Json(answer(&world, &refund))).ok_or_else(|| Refusal::nothing_there("退款单不存在"))
}

pub(crate) async fn apply_abnormal(
    State(world): State<Shared>,
    Path(refund_id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let (AbnormalBody { out_refund_no, r#type }, _) = read(ABNORMAL, &body)?;
    if !matches!(r#type.as_str(), "USER_BANK_CARD" | "MERCHANT_BANK_CARD") {
        return Err(Refusal::field("/type", &json!(r#type), "须为USER_BANK_CARD或MERCHANT_BANK_CARD", number::BAD_PARAMETER));
    }
    let delay_ms = lock(&world.refund_delays).card_ms;
    let refund = world.books().retry_abnormal(&refund_id, &out_refund_no, delay_ms, world.now_ms())?;
    world.agenda.add(refund.due_ms, Task::FinishRefund(refund.out_refund_no.clone()));
    world.changed.notify_one();
    Ok(Json(answer(&world, &refund)))
}

fn read_refund(body: &[u8]) -> Result<RefundDraft, Refusal> {
    let (refund, _): (RefundBody, Value) = read(REFUND, body)?;
    if let Some(no) = &refund.out_trade_no {
        check_number(no, "body")?;
    }
    check_refund_number(&refund.out_refund_no)?;
    check_currency(Some(&refund.amount.currency))?;
    if let Some(url) = &refund.notify_url {
        check_notify_url("/notify_url", url)?;
    }
    if let Some(account) = refund.funds_account.as_deref().filter(|account| !matches!(*account, "AVAILABLE" | "UNSETTLED")) {
        return Err(Refusal::field("/funds_account", &json!(account), "须为AVAILABLE或UNSETTLED", number::BAD_PARAMETER));
    }
    Ok(RefundDraft {
        transaction_id: refund.transaction_id,
        out_trade_no: refund.out_trade_no,
        out_refund_no: refund.out_refund_no,
        amount_fen: refund.amount.refund,
        total_fen: refund.amount.total,
        reason: refund.reason,
        notify_url: refund.notify_url,
        funds_account: refund.funds_account,
    })
}

/// Up to 64 digits, letters, `_`, `-`, `|`, `*` and `@`.
fn check_refund_number(no: &str) -> Result<(), Refusal> {
    if no.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte)) {
        return Ok(());
    }
    Err(Refusal::field("/out_refund_no", &json!(no), "含有不支持的字符", number::BAD_PARAMETER))
}

fn answer(world: &World, refund: &Refund) -> Value {
    let books = world.books();
    let paid = books.orders.get(&refund.out_trade_no).and_then(|order| order.paid.as_ref());
    refund.answer(paid.map_or(0, |paid| paid.amount_fen), paid.map_or("OTHERS", |paid| paid.bank_type.as_str()))
}

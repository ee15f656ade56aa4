//! The cashier page: a person looks at an order and pays, cancels, or pays and tells nobody. It says on every screen that it is a simulation.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::bank::pay;
use crate::gate::{query_value, text_header};
use crate::oauth::payer;
use crate::orders::{Order, PayRefusal, Purse};
use crate::world::{Shared, World};

/// The words of the page in one language.
struct Words {
    lang: &'static str,
    title: &'static str,
    notice: &'static str,
    payee: &'static str,
    order: &'static str,
    payer: &'static str,
    from: &'static str,
    change: &'static str,
    card: &'static str,
    pay: &'static str,
    silent: &'static str,
    silent_why: &'static str,
    cancel: &'static str,
    back: &'static str,
    returns_to: &'static str,
    paid: &'static str,
    cancelled: &'static str,
    refusals: [&'static str; 5],
    other: (&'static str, &'static str),
}

const ZH: Words = Words {
    lang: "zh-CN",
    title: "模拟收银台",
    notice: "这是开发用的模拟器，不会动用真实的钱。",
    payee: "商户",
    order: "商户订单号",
    payer: "付款身份",
    from: "付款方式",
    change: "零钱",
    card: "银行卡",
    pay: "支付",
    silent: "支付，但不通知任何人",
    silent_why: "钱已付，商户收不到通知，只能自己查单。",
    cancel: "取消",
    back: "返回商户页面",
    returns_to: "完成后返回",
    paid: "已支付",
    cancelled: "已取消，没有扣款。",
    refusals: ["没有这个订单。", "这个订单已支付。", "这个订单已关闭。", "这个订单已过期。", "这个订单属于另一位付款人。"],
    other: ("en", "English"),
};

const EN: Words = Words {
    lang: "en",
    title: "Simulated cashier",
    notice: "A simulator for developers. No real money moves.",
    payee: "Merchant",
    order: "Order number",
    payer: "Paying as",
    from: "Pay from",
    change: "Wallet change",
    card: "Bank card",
    pay: "Pay",
    silent: "Pay, but tell nobody",
    silent_why: "The money is paid, the merchant gets no notice and has to ask.",
    cancel: "Cancel",
    back: "Back to the merchant's page",
    returns_to: "Returns to",
    paid: "Paid",
    cancelled: "Cancelled, nothing was charged.",
    refusals: [
        "There is no such order.",
        "This order is paid.",
        "This order is closed.",
        "This order has expired.",
        "This order belongs to another payer.",
    ],
    other: ("zh", "中文"),
};

/// `GET /cashier?code_url=weixin://...`: what scanning a Native code leads to.
pub(crate) async fn scan(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let code_url = query_value(&query, "code_url").unwrap_or_default();
    let scanned =
        world.books().newest().find(|order| order.code_url.as_deref() == Some(code_url.as_str())).map(|order| order.out_trade_no.clone());
    match scanned {
        Some(no) => Redirect::to(&format!("/cashier/{}", encode(&no))).into_response(),
        None => (StatusCode::NOT_FOUND, "no order has this code\n").into_response(),
    }
}

/// `GET /cashier/{out_trade_no}`.
pub(crate) async fn page(
    State(world): State<Shared>,
    Path(out_trade_no): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::of(&query, &headers);
    let (cookie_openid, cookie) = payer(&headers);
    let known = world.books().orders.get(&out_trade_no).cloned();
    let openid = known.as_ref().and_then(|order| order.payer_openid.clone()).unwrap_or(cookie_openid);
    let result = world.books().may_pay(&out_trade_no, &openid, world.now_ms()).cloned();
    let (status, inner) = match (&result, &known) {
        (Ok(order), _) if query_value(&query, "done").as_deref() == Some("cancel") => {
            (StatusCode::OK, done(&visit, order, visit.words.cancelled))
        }
        (Ok(order), _) => (StatusCode::OK, choices(&world, &visit, order, &openid)),
        (Err(PayRefusal::AlreadyPaid), Some(order)) => (StatusCode::OK, done(&visit, order, visit.words.paid)),
        (Err(refusal), Some(order)) => (StatusCode::OK, done(&visit, order, sentence(visit.words, *refusal))),
        (Err(refusal), None) => (StatusCode::NOT_FOUND, format!("<p class=state>{}</p>", sentence(visit.words, *refusal))),
    };
    let mut answer = (status, Html(frame(&world, &visit, &inner))).into_response();
    protect(&mut answer, &visit);
    if let Some(Ok(cookie)) = cookie.map(|text| HeaderValue::from_str(&text)) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

/// What the person chose.
#[derive(Deserialize)]
pub(crate) struct Choice {
    act: String,
    #[serde(default)]
    bank_type: String,
    #[serde(default, rename = "return")]
    back: String,
    #[serde(default)]
    lang: String,
}

/// `POST /cashier/{out_trade_no}`: pays or cancels, then returns to where the person came from.
pub(crate) async fn act(
    State(world): State<Shared>,
    Path(out_trade_no): Path<String>,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Response {
    let owner = world.books().orders.get(&out_trade_no).and_then(|order| order.payer_openid.clone());
    let openid = owner.unwrap_or_else(|| payer(&headers).0);
    let bank_type = if choice.bank_type == "CMB_DEBIT" { "CMB_DEBIT" } else { "OTHERS" };
    let purse = Purse { openid: &openid, bank_type, amount_fen: None, force: false };
    let done = match choice.act.as_str() {
        "pay" => pay(&world, &out_trade_no, &purse, true).is_ok(),
        "silent" => pay(&world, &out_trade_no, &purse, false).is_ok(),
        "cancel" => true,
        _ => return (StatusCode::BAD_REQUEST, "act is pay, silent or cancel\n").into_response(),
    };
    if let Some(back) = return_address(&choice.back).filter(|_| done) {
        return Redirect::to(back.as_str()).into_response();
    }
    let mark = if choice.act == "cancel" { "&done=cancel" } else { "" };
    let lang = if choice.lang == "en" { "en" } else { "zh" };
    Redirect::to(&format!("/cashier/{}?lang={lang}{mark}", encode(&out_trade_no))).into_response()
}

/// `GET /cashier/look.css`.
pub(crate) async fn look() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("pages/look.css")).into_response()
}

/// Makes text safe inside HTML and its quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Yuan with two decimals.
pub(crate) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

struct Visit {
    words: &'static Words,
    back: Option<reqwest::Url>,
}

impl Visit {
    fn of(query: &[(String, String)], headers: &HeaderMap) -> Self {
        let english = match query_value(query, "lang").as_deref() {
            Some(lang) => lang.starts_with("en"),
            None => prefers_english(&text_header(headers, "accept-language").unwrap_or_default()),
        };
        Self { words: if english { &EN } else { &ZH }, back: query_value(query, "return").as_deref().and_then(return_address) }
    }
}

/// Whether English stands before Chinese in the browser's list.
fn prefers_english(accepted: &str) -> bool {
    let mut languages = accepted.split(',').map(|language| language.trim().to_ascii_lowercase());
    languages.find(|language| language.starts_with("zh") || language.starts_with("en")).is_some_and(|language| language.starts_with("en"))
}

/// Only a full http(s) address is returned to.
fn return_address(text: &str) -> Option<reqwest::Url> {
    reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn sentence(words: &'static Words, refusal: PayRefusal) -> &'static str {
    let index = match refusal {
        PayRefusal::NoSuchOrder => 0,
        PayRefusal::AlreadyPaid => 1,
        PayRefusal::Closed => 2,
        PayRefusal::Expired => 3,
        PayRefusal::OtherPayer => 4,
    };
    words.refusals[index]
}

fn choices(world: &World, visit: &Visit, order: &Order, openid: &str) -> String {
    let w = visit.words;
    let back = visit.back.as_ref().map_or_else(String::new, |url| escape(url.as_str()));
    let returns =
        visit.back.as_ref().map_or_else(String::new, |_| format!("<p class=small>{}<br><span class=url>{back}</span></p>", w.returns_to));
    format!(
        "{summary}<dl><dt>{from_payer}</dt><dd>{openid}</dd></dl>\
         <form method=post action='/cashier/{no}'><input type=hidden name=return value='{back}'><input type=hidden name=lang value='{lang}'>\
         <fieldset><legend>{from}</legend>\
         <label><input type=radio name=bank_type value=OTHERS checked> {change}</label>\
         <label><input type=radio name=bank_type value=CMB_DEBIT> {card}</label></fieldset>\
         <button class=main name=act value=pay>{pay} ¥{amount}</button>\
         <button name=act value=silent aria-describedby=why>{silent}</button><p class=small id=why>{why}</p>\
         <button name=act value=cancel>{cancel}</button></form>{returns}",
        summary = summary(visit, order, world.ring().merchant.mchid.as_str()),
        from_payer = w.payer,
        openid = escape(openid),
        no = encode(&order.out_trade_no),
        lang = if w.lang == "en" { "en" } else { "zh" },
        from = w.from,
        change = w.change,
        card = w.card,
        pay = w.pay,
        amount = yuan(order.amount_fen),
        silent = w.silent,
        why = w.silent_why,
        cancel = w.cancel,
    )
}

fn done(visit: &Visit, order: &Order, sentence: &str) -> String {
    let link = visit.back.as_ref().map_or_else(String::new, |url| {
        format!(
            "<a class='main button' href='{}'>{}</a><p class='small url'>{}</p>",
            escape(url.as_str()),
            visit.words.back,
            escape(url.as_str())
        )
    });
    format!("{}<p class=state role=status>{sentence}</p>{link}", summary(visit, order, &order.mchid))
}

fn summary(visit: &Visit, order: &Order, mchid: &str) -> String {
    let w = visit.words;
    format!(
        "<p class=what>{}</p><p class=money><span>¥</span>{}</p><dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd></dl>",
        escape(&order.description),
        yuan(order.paid.as_ref().map_or(order.amount_fen, |paid| paid.amount_fen)),
        w.payee,
        escape(mchid),
        w.order,
        escape(&order.out_trade_no),
    )
}

fn frame(world: &World, visit: &Visit, inner: &str) -> String {
    let w = visit.words;
    let back = visit.back.as_ref().map_or_else(String::new, |url| format!("&amp;return={}", encode(url.as_str())));
    let demo = if world.demo { "<span class=tag>演示 demo</span>" } else { "" };
    format!(
        "<!doctype html><html lang='{lang}'><head><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>\
         <meta name=robots content=noindex><title>{title}</title><link rel=stylesheet href='/cashier/look.css'></head><body>\
         <header><h1>{title}</h1>{demo}<a href='?lang={other}{back}' lang='{other}'>{other_name}</a></header>\
         <p class=banner>{notice}</p><main>{inner}</main></body></html>",
        lang = w.lang,
        title = w.title,
        notice = w.notice,
        other = w.other.0,
        other_name = w.other.1,
    )
}

/// No script, no frame; the form may lead back to the merchant's page.
fn protect(answer: &mut Response, visit: &Visit) {
    let back = visit.back.as_ref().map_or_else(String::new, |url| format!(" {}", url.origin().ascii_serialization()));
    let policy = format!("default-src 'none'; style-src 'self'; form-action 'self'{back}; base-uri 'none'; frame-ancestors 'none'");
    if let Ok(value) = HeaderValue::from_str(&policy) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    }
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Percent-encodes everything but letters, digits and `-_.~`.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_what_the_browser_prefers() {
        for (accepted, english) in [("", false), ("en-GB,zh;q=0.5", true), ("zh-CN,en;q=0.5", false), ("fr,en;q=0.5", true), ("fr", false)]
        {
            assert_eq!(prefers_english(accepted), english, "{accepted}");
        }
    }

    #[test]
    fn only_web_addresses_are_returned_to() {
        for (text, expected) in [
            ("http://127.0.0.1:3000/p/demo/1", true),
            ("https://example.org/", true),
            ("javascript:alert(1)", false),
            ("/p/demo", false),
            ("", false),
        ] {
            assert_eq!(return_address(text).is_some(), expected, "{text}");
        }
    }
}

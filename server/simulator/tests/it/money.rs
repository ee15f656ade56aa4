//! Orders, refunds and bills through their doors.

use serde_json::{Value, json};

use crate::merchant::{Inbox, Shop};

const NO: &str = "0198f3c1a2b37c4d8e9f001122334455";

#[tokio::test]
async fn an_order_goes_from_unpaid_to_paid_to_refunded() {
    let (shop, inbox) = (Shop::open().await, Inbox::open().await);
    let ordered = shop.order(NO, &inbox.url).await;
    assert_eq!(ordered.status, 200);
    assert!(ordered.json()["prepay_id"].as_str().unwrap().starts_with("wx"));
    assert_eq!(ordered.number(), 0);
    let unpaid = shop.query(NO).await.json();
    assert_eq!(unpaid["trade_state"], "NOTPAY");
    assert_eq!(unpaid["transaction_id"], Value::Null);

    let (status, view) = shop.door("POST", &format!("/orders/{NO}/pay"), json!({ "openid": "oPayer" })).await;
    assert_eq!((status, &view["trade_state"]), (200, &json!("SUCCESS")));
    let paid = shop.query(NO).await.json();
    assert_eq!(paid["trade_state"], "SUCCESS");
    assert_eq!(paid["amount"]["payer_total"], 1250);
    assert_eq!(paid["payer"]["openid"], "oPayer");
    let id = paid["transaction_id"].as_str().unwrap();
    assert_eq!(id.len(), 28);
    assert_eq!(shop.get(&format!("/v3/pay/transactions/id/{id}?mchid={}", shop.merchant.mchid)).await.json(), paid);

    let refund = shop.refund(NO, "R1", 250, &inbox.url).await.json();
    assert_eq!(refund["status"], "PROCESSING");
    let arrived = inbox.wait_for(2).await;
    let mut events: Vec<_> = arrived.iter().map(|notice| notice.opened(&shop.merchant.api_v3_key)).collect();
    events.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(events[0].0, "REFUND.SUCCESS");
    assert_eq!(events[0].1["refund_status"], "SUCCESS");
    assert_eq!(events[0].1["status"], Value::Null);
    assert_eq!(events[1].0, "TRANSACTION.SUCCESS");
    assert_eq!(events[1].1["out_trade_no"], NO);
    assert!(arrived.iter().all(|notice| notice.signature_fits(&shop)));
    assert_eq!(shop.get("/v3/refund/domestic/refunds/R1").await.json()["status"], "SUCCESS");
    assert_eq!(shop.query(NO).await.json()["trade_state"], "REFUND");
    shop.sim.stop().await;
}

#[tokio::test]
async fn a_closed_order_cannot_be_paid_unless_the_payer_was_faster() {
    let shop = Shop::open().await;
    shop.order(NO, "http://127.0.0.1:9/n").await;
    let close = format!("/v3/pay/transactions/out-trade-no/{NO}/close");
    for _ in 0..2 {
        let closed = shop.post(&close, json!({ "mchid": shop.merchant.mchid })).await;
        assert_eq!((closed.status, closed.body.len()), (204, 0));
        assert!(shop.signer(&closed).await.is_some());
    }
    assert_eq!(shop.query(NO).await.json()["trade_state"], "CLOSED");
    let pay = format!("/orders/{NO}/pay");
    assert_eq!(shop.door("POST", &pay, json!({ "openid": "oPayer" })).await, (409, json!({ "error": "closed" })));
    assert_eq!(shop.door("POST", &pay, json!({ "openid": "oPayer", "notify": false, "force": true })).await.0, 200);
    assert_eq!(shop.query(NO).await.json()["trade_state"], "SUCCESS");
    let refused = shop.post(&close, json!({ "mchid": shop.merchant.mchid })).await;
    assert_eq!((refused.status, refused.code().as_str(), refused.number()), (400, "ORDER_PAID", 268_449_538));
}

#[tokio::test]
async fn a_native_order_is_reached_by_its_code() {
    let shop = Shop::open().await;
    let mut body = shop.order_body(NO);
    body.as_object_mut().unwrap().remove("payer");
    let ordered = shop.post("/v3/pay/transactions/native", body.clone()).await.json();
    let code_url = ordered["code_url"].as_str().unwrap();
    assert!(code_url.starts_with("weixin://wxpay/bizpayurl?pr="));
    let scanned = shop.http.get(format!("{}/cashier", shop.sim.base_url())).query(&[("code_url", code_url)]).send().await.unwrap();
    assert_eq!(scanned.headers()["location"], format!("/cashier/{NO}"));
    assert_eq!(shop.post("/v3/pay/transactions/native", body).await.json(), ordered);
}

#[tokio::test]
async fn what_wechat_pay_refuses_is_refused() {
    let shop = Shop::open().await;
    let long = "字".repeat(43);
    let soon = "2026-01-05T12:00:30+08:00";
    let mut wrong = Vec::new();
    let mut case = |pointer: &'static str, value: Value, code: &'static str, number: u32| wrong.push((pointer, value, code, number));
    case("/description", json!(long), "PARAM_ERROR", 268_435_461);
    case("/description", json!(""), "PARAM_ERROR", 268_435_461);
    case("/description", json!("lunch 🍜"), "PARAM_ERROR", 268_435_461);
    case("/description", json!(5), "PARAM_ERROR", 268_435_461);
    case("/out_trade_no", json!("12345"), "PARAM_ERROR", 268_435_461);
    case("/out_trade_no", json!("a".repeat(33)), "PARAM_ERROR", 268_435_461);
    case("/out_trade_no", json!("123 456"), "PARAM_ERROR", 268_435_461);
    case("/attach", Value::Null, "PARAM_ERROR", 268_435_461);
    case("/attach", json!("a".repeat(129)), "PARAM_ERROR", 268_435_461);
    case("/colour", json!("red"), "PARAM_ERROR", 270_924_358);
    case("/amount/tip", json!(1), "PARAM_ERROR", 270_924_358);
    case("/amount/total", json!(0), "PARAM_ERROR", 268_435_464);
    case("/amount/total", json!(1.5), "PARAM_ERROR", 268_435_461);
    case("/amount/total", json!("1"), "PARAM_ERROR", 268_435_461);
    case("/amount/currency", json!("USD"), "PARAM_ERROR", 268_435_461);
    case("/payer", json!({}), "PARAM_ERROR", 268_501_013);
    case("/payer/openid", json!(""), "PARAM_ERROR", 268_501_013);
    case("/appid", json!("wx0000000000000000"), "APPID_MCHID_NOT_MATCH", 268_445_527);
    case("/mchid", json!("1900000000"), "PARAM_ERROR", 268_447_843);
    case("/notify_url", json!("http://127.0.0.1:9/notify?x=1"), "PARAM_ERROR", 268_435_461);
    case("/notify_url", json!("http://127.0.0.1:9"), "PARAM_ERROR", 268_435_461);
    case("/notify_url", json!("ftp://127.0.0.1/notify"), "PARAM_ERROR", 268_435_461);
    case("/time_expire", json!(soon), "PARAM_ERROR", 268_435_464);
    case("/time_expire", json!("tomorrow"), "PARAM_ERROR", 268_435_461);
    for (pointer, value, code, number) in wrong {
        let mut body = shop.order_body(NO);
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value.clone();
        let answer = shop.post("/v3/pay/transactions/jsapi", body).await;
        assert_eq!((answer.status, answer.code().as_str(), answer.number()), (400, code, number), "{pointer} {value}");
        assert!(shop.signer(&answer).await.is_some(), "{pointer}");
    }
    let mut body = shop.order_body(NO);
    body.as_object_mut().unwrap().remove("payer");
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body).await.number(), 268_501_013);
    assert_eq!(shop.query(NO).await.code(), "ORDER_NOT_EXIST");
    assert_eq!(shop.get(&format!("/v3/pay/transactions/out-trade-no/{NO}")).await.code(), "PARAM_ERROR");
}

#[tokio::test]
async fn an_order_with_an_end_is_not_paid_after_it() {
    let shop = Shop::open().await;
    let mut body = shop.order_body(NO);
    body["time_expire"] = json!("2026-01-05T12:05:00+08:00");
    let first = shop.post("/v3/pay/transactions/jsapi", body.clone()).await.json();
    body["time_expire"] = json!("2026-01-05T18:00:00+08:00");
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body.clone()).await.json(), first);
    shop.hands.advance(5 * 60_000);
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body).await.number(), 268_447_914);
    let pay = shop.door("POST", &format!("/orders/{NO}/pay"), json!({ "openid": "oPayer" })).await;
    assert_eq!(pay, (409, json!({ "error": "expired" })));
}

#[tokio::test]
async fn refunds_end_as_the_fault_says_and_abnormal_ones_can_be_sent_another_way() {
    let (shop, inbox) = (Shop::open().await, Inbox::open().await);
    shop.order(NO, &inbox.url).await;
    shop.door("POST", &format!("/orders/{NO}/pay"), json!({ "notify": false })).await;
    shop.fault(json!({ "door": "refund-result", "fault": "abnormal" })).await;
    let refund = shop.refund(NO, "R1", 1250, &inbox.url).await.json();
    assert_eq!(shop.get("/v3/refund/domestic/refunds/R1").await.json()["status"], "ABNORMAL");
    assert_eq!(inbox.wait_for(1).await[0].opened(&shop.merchant.api_v3_key).0, "REFUND.ABNORMAL");
    let apply = format!("/v3/refund/domestic/refunds/{}/apply-abnormal-refund", refund["refund_id"].as_str().unwrap());
    let again = shop.post(&apply, json!({ "out_refund_no": "R1", "type": "MERCHANT_BANK_CARD" })).await;
    assert_eq!((again.status, &again.json()["status"]), (200, &json!("PROCESSING")));
    assert_eq!(inbox.wait_for(2).await[1].opened(&shop.merchant.api_v3_key).0, "REFUND.SUCCESS");
    assert_eq!(shop.refund(NO, "R2", 1, &inbox.url).await.code(), "INVALID_REQUEST");
    shop.fault(json!({ "door": "refund", "fault": "not-enough" })).await;
    let refused = shop.refund(NO, "R3", 1, &inbox.url).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "NOT_ENOUGH"));
    assert_eq!(shop.get("/v3/refund/domestic/refunds/R3").await.code(), "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn refunds_take_their_time_by_the_clock() {
    let shop = Shop::open().await;
    shop.door("POST", "/refund-delays", json!({ "change_ms": 1000, "card_ms": 86_400_000 })).await;
    for (no, bank_type, wait_ms) in [("ORDER1", "OTHERS", 1000), ("ORDER2", "CMB_DEBIT", 86_400_000)] {
        shop.order(no, "http://127.0.0.1:9/n").await;
        shop.door("POST", &format!("/orders/{no}/pay"), json!({ "notify": false, "bank_type": bank_type })).await;
        shop.refund(no, no, 1250, "http://127.0.0.1:9/n").await;
        let query = format!("/v3/refund/domestic/refunds/{no}");
        shop.hands.advance(wait_ms - 1);
        assert_eq!(shop.get(&query).await.json()["status"], "PROCESSING");
        shop.hands.advance(1);
        assert_eq!(shop.get(&query).await.json()["status"], "SUCCESS");
    }
}

#[tokio::test]
async fn the_bill_of_a_day_is_there_at_ten_the_next_morning() {
    let shop = Shop::open().await;
    for no in ["ORDER1", "ORDER2"] {
        shop.order(no, "http://127.0.0.1:9/n").await;
        shop.door("POST", &format!("/orders/{no}/pay"), json!({ "notify": false })).await;
    }
    shop.refund("ORDER2", "R2", 250, "http://127.0.0.1:9/n").await;
    assert_eq!(shop.get("/v3/refund/domestic/refunds/R2").await.json()["status"], "SUCCESS");
    let ask = "/v3/bill/tradebill?bill_date=2026-01-05&bill_type=ALL&tar_type=GZIP";
    shop.hands.advance(22 * 3_600_000 - 1);
    assert_eq!(shop.get(ask).await.code(), "STATEMENT_CREATING");
    shop.hands.advance(1);
    let bill = shop.get(ask).await.json();
    let target = bill["download_url"].as_str().unwrap().strip_prefix(&shop.sim.base_url()).unwrap().to_owned();
    let file = shop.get(&target).await;
    assert_eq!((file.status, file.header("wechatpay-signature")), (200, String::new()));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file.body.as_slice()), &mut text).unwrap();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bill["hash_value"], hash);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 6);
    assert!(lines[0].starts_with("\u{feff}交易时间,公众账号ID,商户号"));
    assert!(lines[1].starts_with("`2026-01-05 12:00:00,`"));
    assert_eq!(lines[1].split(',').count(), lines[0].split(',').count());
    assert!(lines[1].contains(",`SUCCESS,") && lines[1].contains(",`12.50,"));
    assert!(lines[3].contains(",`REFUND,") && lines[3].contains(",`R2,`2.50,"));
    assert_eq!(lines[5], "`3,`25.00,`2.50,`0.00,`0.14000,`25.00,`2.50");
    shop.hands.advance(5 * 60_000);
    assert_eq!(shop.get(&target).await.status, 400);
    let flow = shop.get("/v3/bill/fundflowbill?bill_date=2026-01-05").await.json();
    let target = flow["download_url"].as_str().unwrap().strip_prefix(&shop.sim.base_url()).unwrap().to_owned();
    let flow = String::from_utf8(shop.get(&target).await.body).unwrap();
    assert_eq!(flow.lines().last(), Some("`3,`2,`25.00,`1,`2.50"));
}

#[tokio::test]
async fn a_bill_can_differ_from_the_truth_on_request() {
    let shop = Shop::open().await;
    for no in ["ORDER1", "ORDER2"] {
        shop.order(no, "http://127.0.0.1:9/n").await;
        shop.door("POST", &format!("/orders/{no}/pay"), json!({ "notify": false })).await;
    }
    shop.hands.advance(24 * 3_600_000);
    for (fault, orders, sum) in [("none", 2, "25.00"), ("missing", 1, "12.50"), ("extra", 3, "26.00"), ("wrong-amount", 2, "25.01")] {
        if fault != "none" {
            shop.fault(json!({ "door": "bill", "fault": fault })).await;
        }
        let bill = shop.get("/v3/bill/tradebill?bill_date=2026-01-05").await.json();
        let target = bill["download_url"].as_str().unwrap().strip_prefix(&shop.sim.base_url()).unwrap().to_owned();
        let text = String::from_utf8(shop.get(&target).await.body).unwrap();
        assert!(text.lines().last().unwrap().starts_with(&format!("`{orders},`{sum},")), "{fault}: {text}");
    }
}

#[tokio::test]
async fn the_books_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open_with(|config| config.dir = Some(dir.path().into())).await;
    shop.order(NO, "http://127.0.0.1:9/n").await;
    shop.door("POST", &format!("/orders/{NO}/pay"), json!({ "notify": false })).await;
    shop.door("POST", "/refund-delays", json!({ "change_ms": 1000, "card_ms": 1000 })).await;
    shop.refund(NO, "R1", 250, "http://127.0.0.1:9/n").await;
    let mchid = shop.merchant.merchant_serial_no.clone();
    shop.sim.stop().await;
    let shop = Shop::open_with(|config| config.dir = Some(dir.path().into())).await;
    assert_eq!(shop.merchant.merchant_serial_no, mchid);
    assert_eq!(shop.query(NO).await.json()["trade_state"], "REFUND");
    shop.hands.advance(1000);
    assert_eq!(shop.get("/v3/refund/domestic/refunds/R1").await.json()["status"], "SUCCESS");
}

//! Notices over the wire: the table of repetitions, duplicates, order, probes and bad ones.

use std::time::Duration;

use serde_json::{Value, json};

use crate::merchant::{Inbox, Shop};

/// WeChat Pay's table, in seconds.
const TABLE_S: [i64; 15] = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

async fn paid(shop: &Shop, inbox: &Inbox, no: &str) {
    shop.order(no, &inbox.url).await;
    assert_eq!(shop.door("POST", &format!("/orders/{no}/pay"), json!({})).await.0, 200);
}

async fn notices(shop: &Shop, no: &str) -> Value {
    shop.door("GET", &format!("/orders/{no}"), Value::Null).await.1["notices"].clone()
}

/// Gives deliveries that should not happen the time to happen.
async fn breathe() {
    tokio::time::sleep(Duration::from_millis(120)).await;
}

#[tokio::test]
async fn a_refused_notice_comes_again_by_the_table_and_then_no_more() {
    let (shop, inbox) = (Shop::open_with(|config| config.retry_scale = 1.0).await, Inbox::open().await);
    inbox.answer_with(500);
    paid(&shop, &inbox, "ORDER1").await;
    inbox.wait_for(1).await;
    breathe().await;
    for (index, wait_s) in TABLE_S.iter().enumerate() {
        shop.hands.advance(wait_s * 1000 - 1);
        tokio::time::sleep(Duration::from_millis(40)).await;
        assert_eq!(inbox.arrived().len(), index + 1, "before wait {index}");
        shop.hands.advance(1);
        inbox.wait_for(index + 2).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(TABLE_S.iter().sum::<i64>(), 24 * 3600 + 4 * 60);
    shop.hands.advance(7 * 86_400_000);
    breathe().await;
    let arrived = inbox.arrived();
    assert_eq!(arrived.len(), 16);
    assert!(arrived.iter().all(|notice| notice.body == arrived[0].body && notice.signature_fits(&shop)));
    let mut timestamps: Vec<_> = arrived.iter().map(|notice| &notice.headers["wechatpay-timestamp"]).collect();
    timestamps.dedup();
    assert_eq!(timestamps.len(), 16);
    let filed = notices(&shop, "ORDER1").await;
    assert_eq!((&filed[0]["state"], filed[0]["attempts"].as_array().unwrap().len()), (&json!("given-up"), 16));
    assert_eq!(filed[0]["attempts"][0]["status"], 500);
}

#[tokio::test]
async fn an_accepted_notice_comes_once() {
    let (shop, inbox) = (Shop::open().await, Inbox::open().await);
    for (no, status, total) in [("ORDER1", 200, 1), ("ORDER2", 204, 2)] {
        inbox.answer_with(status);
        paid(&shop, &inbox, no).await;
        inbox.wait_for(total).await;
        breathe().await;
        shop.hands.advance(86_400_000);
        breathe().await;
        assert_eq!(inbox.arrived().len(), total);
        assert_eq!(notices(&shop, no).await[0]["state"], "accepted");
    }
}

#[tokio::test]
async fn a_slow_answer_counts_as_none() {
    let shop = Shop::open_with(|config| config.answer_limit_ms = 50).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    shop.order("ORDER1", &url).await;
    shop.door("POST", "/orders/ORDER1/pay", json!({})).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let filed = notices(&shop, "ORDER1").await;
    assert_eq!((&filed[0]["state"], &filed[0]["attempts"][0]["error"]), (&json!("waiting"), &json!("no answer within 50 ms")));
}

#[tokio::test]
async fn a_dropped_notice_never_comes_by_itself_and_can_be_sent_again() {
    let (shop, inbox) = (Shop::open().await, Inbox::open().await);
    shop.fault(json!({ "door": "notify", "fault": "drop" })).await;
    paid(&shop, &inbox, "ORDER1").await;
    shop.hands.advance(2 * 86_400_000);
    breathe().await;
    assert!(inbox.arrived().is_empty());
    assert_eq!(notices(&shop, "ORDER1").await[0]["state"], "dropped");
    let (status, sent) = shop.door("POST", "/orders/ORDER1/notify", json!({ "copies": 3, "shuffle": true })).await;
    assert_eq!((status, sent["attempts"].as_array().unwrap().len()), (200, 3));
    assert_eq!(inbox.arrived().len(), 3);
    assert_eq!(notices(&shop, "ORDER1").await[0]["state"], "accepted");
}

#[tokio::test]
async fn duplicates_delays_and_wrong_order_come_on_request() {
    let (shop, inbox) = (Shop::open().await, Inbox::open().await);
    shop.fault(json!({ "door": "notify", "fault": "duplicate", "copies": 5 })).await;
    paid(&shop, &inbox, "ORDER1").await;
    inbox.wait_for(5).await;
    breathe().await;
    assert_eq!(inbox.arrived().len(), 5);

    shop.fault(json!({ "door": "notify", "fault": "delay", "ms": 3_600_000 })).await;
    paid(&shop, &inbox, "ORDER2").await;
    shop.hands.advance(3_599_999);
    breathe().await;
    assert_eq!(inbox.arrived().len(), 5);
    shop.hands.advance(1);
    inbox.wait_for(6).await;

    shop.fault(json!({ "door": "notify", "fault": "out-of-order" })).await;
    paid(&shop, &inbox, "ORDER3").await;
    breathe().await;
    shop.refund("ORDER3", "R3", 1250, &inbox.url).await;
    let events: Vec<_> = inbox.wait_for(8).await[6..].iter().map(|notice| notice.opened(&shop.merchant.api_v3_key).0).collect();
    assert_eq!(events, ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]);
}

#[tokio::test]
async fn bad_notices_do_not_verify_and_the_right_one_follows() {
    let (shop, inbox) = (Shop::open().await, Inbox::open().await);
    let mut seen = 0;
    for fault in ["wrong-signature", "unknown-serial", "unsigned", "garbled"] {
        inbox.answer_with(401);
        shop.fault(json!({ "door": "notify", "fault": fault })).await;
        paid(&shop, &inbox, &format!("ORDER-{fault}")).await;
        let bad = inbox.wait_for(seen + 1).await[seen].clone();
        assert!(!bad.signature_fits(&shop), "{fault}");
        breathe().await;
        inbox.answer_with(204);
        shop.hands.advance(15);
        let good = inbox.wait_for(seen + 2).await[seen + 1].clone();
        assert!(good.signature_fits(&shop), "{fault}");
        seen += 2;
    }
    shop.fault(json!({ "door": "notify", "fault": "stale" })).await;
    paid(&shop, &inbox, "ORDER-stale").await;
    let stale = inbox.wait_for(seen + 1).await[seen].clone();
    assert_eq!(stale.headers["wechatpay-timestamp"], (shop.hands.now_ms() / 1000 - 600).to_string());
}

#[tokio::test]
async fn a_probe_goes_before_the_notice_and_counts_for_nothing() {
    let (shop, inbox) = (Shop::open().await, Inbox::open().await);
    shop.fault(json!({ "door": "notify", "fault": "signtest" })).await;
    paid(&shop, &inbox, "ORDER1").await;
    let arrived = inbox.wait_for(2).await;
    assert!(arrived[0].headers["wechatpay-signature"].starts_with("WECHATPAY/SIGNTEST/"));
    assert!(arrived[1].signature_fits(&shop));
    breathe().await;
    let attempts = notices(&shop, "ORDER1").await[0]["attempts"].clone();
    assert_eq!((&attempts[0]["kind"], &attempts[1]["kind"]), (&json!("probe"), &json!("notice")));
    assert!(attempts[0]["error"].as_str().unwrap().contains("accepted a probe"));
}

#[tokio::test]
async fn copies_can_be_spread_over_several_instances() {
    let (shop, first, second) = (Shop::open().await, Inbox::open().await, Inbox::open().await);
    paid(&shop, &first, "ORDER1").await;
    first.wait_for(1).await;
    let ask = json!({ "copies": 10, "shuffle": true, "signtest": true, "urls": [first.url, second.url] });
    assert_eq!(shop.door("POST", "/orders/ORDER1/notify", ask).await.0, 200);
    assert_eq!((first.arrived().len(), second.arrived().len()), (11, 10));
}
